//! Credentials: what is refused without one, and how (RFC 7644 §2, RFC 9110 §11). Which scheme a service takes is left open.

#[cfg(test)]
pub(in crate::checks) mod cases;
pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;
pub(in crate::checks) mod watch;

use crate::checks::requirement::requirements;

requirements! {
    CHALLENGE = "auth.challenge", Must, Pedantry, "RFC 9110 §15.5.2",
        "A 401 has a WWW-Authenticate header field.",
        "Add WWW-Authenticate with the schemes that the service takes.";
    READ_NEEDS_CREDENTIAL = "auth.read-needs-credential", Must, Leak, "RFC 7644 §2, §3.12 table 8",
        "Reading users and groups without a credential is refused.",
        "Ask for the credential on every request but discovery.";
    WRITE_NEEDS_CREDENTIAL = "auth.write-needs-credential", Must, Leak, "RFC 7644 §2, §3.12 table 8",
        "Changing and deleting without a credential is refused, and changes nothing.",
        "Check the credential before anything else, for every method.";
    // "it MAY be acceptable to permit unauthenticated (anonymous) requests -- for example, a user self-registration
    // request" (§2.2), yet "the service provider SHOULD consider the subject performing the request" (§2).
    ANONYMOUS_CREATION = "auth.anonymous-creation", Should, AccessKept, "RFC 7644 §2, §2.2, §7.6",
        "Creating a user without a credential is refused.",
        "Check the credential for POST too, unless people are meant to register themselves here.";
    WRONG_CREDENTIAL = "auth.wrong-credential", Must, Leak, "RFC 7644 §3.12 table 8",
        "A wrong credential is refused, also one that only begins like the right one, or that has its letters in the other case.",
        "Compare the whole credential.";
    EVERY_ENDPOINT = "auth.every-endpoint", Must, Leak, "RFC 7644 §2, §3.12 table 8",
        "Queries by POST, bulk requests and /Me are refused without a credential, and with a wrong one.",
        "Check the credential before a request is routed, for every path but discovery.";
    STATUS_401 = "auth.status-401", Should, "RFC 7644 §3.12 table 8; okta-client §9",
        "The refusal of a missing or wrong credential is a 401.",
        "Answer 401 with a SCIM error and WWW-Authenticate.";
    SCHEME_ANY_CASE = "auth.scheme-any-case", Should, Pedantry, "RFC 9110 §11.1",
        "The name of the authentication scheme is matched in any letter case.",
        "Compare Bearer and Basic without regard to case.";
}
