//! Media types of requests and answers (RFC 7644 §3.1, §3.8).

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    ACCEPT_JSON = "negotiation.accept-json", Should, "RFC 7644 §3.8",
        "Accept: application/json is answered with JSON.",
        "Take application/json for application/scim+json.";
    ACCEPT_ABSENT = "negotiation.accept-absent", Must, "RFC 7644 §3.8",
        "Without Accept, and with */*, the answer is JSON.",
        "Default to application/scim+json.";
    ACCEPT_SCIM = "negotiation.accept-scim", Must, SyncStops, "RFC 7644 §3.8",
        "Accept: application/scim+json is taken, with parameters and among others too.",
        "Parse Accept as a list of media ranges with parameters.";
    BODY_CHARSET = "negotiation.body-charset", Okta, "okta-client §2.1; RFC 7644 §3.8",
        "A body labelled application/scim+json; charset=utf-8, as Okta labels it, is taken.",
        "Ignore the parameters of Content-Type.", [Rfc, Okta];
    BODY_JSON = "negotiation.body-json", Should, "RFC 7644 §3.1, §3.8; okta-client §9",
        "A body labelled application/json is taken; Okta's test suite sends one.",
        "Take application/json for application/scim+json.";
    UTF_8 = "negotiation.utf-8", Must, DataLoss, "RFC 7644 §3.8; RFC 7643 §2.3.1",
        "Text in any script comes back as it was sent.",
        "Read and write UTF-8 throughout.";
}
