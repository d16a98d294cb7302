//! What holds for every answer, whatever was asked (RFC 7644 §3.1, RFC 9110).

#[cfg(test)]
pub(in crate::checks) mod cases;
pub(in crate::checks) mod faults;
pub(in crate::checks) mod watch;

use crate::checks::requirement::requirements;

requirements! {
    JSON = "response.json", Must, SyncStops, "RFC 7644 §3.1",
        "A success with a body carries JSON.",
        "Answer with JSON, and let no proxy or login page answer in the service's place.";
    CONTENT_TYPE = "response.content-type", OktaTolerates, "RFC 7644 §3.1, §3.8",
        "Bodies are labelled application/scim+json when the client accepts that type.",
        "Set Content-Type to application/scim+json.";
    NO_CONTENT = "response.no-content", Must, "RFC 9110 §15.3.5",
        "A 204 has no body.",
        "Send no body with a 204, or answer 200.";
    ANSWERED = "response.answered", Must, SyncStops, "RFC 9110 §15; okta-client §2.1",
        "Every request gets an HTTP answer within the time that Okta waits.",
        "Catch what goes wrong while a request is handled, and answer with a SCIM error.";
    // "Implementers SHOULD handle the identified HTTP status codes as described" (§3.12).
    NO_SERVER_ERROR = "response.no-server-error", Should, "RFC 7644 §3.12 table 8; RFC 9110 §15.6.1",
        "What is asked is done, or refused with a 4xx; a 500 says that the service itself failed.",
        "Catch the failure; answer 400 with a scimType for what the client got wrong, 501 for what is not implemented.";
}
