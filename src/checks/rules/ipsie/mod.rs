//! IPSIE account lifecycle (OpenID IPSIE AL SCIM 2.0 Profile 1.0, draft 00).

pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    BEARER_CHALLENGE = "ipsie.bearer-challenge", Ipsie, "IPSIE AL §4.1; RFC 6750 §3",
        "A request without a token is answered with 401 and a challenge for a bearer token.",
        "Send WWW-Authenticate: Bearer with the 401.";
    BULK = "ipsie.bulk", Ipsie, "IPSIE AL §4.3",
        "ServiceProviderConfig says that bulk requests are supported.",
        "Implement /Bulk, and set bulk.supported to true.";
    USER_ATTRIBUTES = "ipsie.user-attributes", Ipsie, "IPSIE AL §6.1.1",
        "The published schema of users has userName, displayName and active.",
        "Support and publish all three.", [IpsieAl2, IpsieAl3];
    NO_PASSWORD = "ipsie.no-password", Ipsie, "IPSIE AL §6.1.2",
        "There is no password: neither in the published schema nor in ServiceProviderConfig.",
        "Take password out of the schema, and set changePassword.supported to false.", [IpsieAl2, IpsieAl3];
    GROUP_NAME_UNIQUE = "ipsie.group-name-unique", Should, "IPSIE AL §6.2.1",
        "A second group of the same displayName is refused with 409.",
        "Keep the names of groups unique.", [IpsieAl2, IpsieAl3];
}
