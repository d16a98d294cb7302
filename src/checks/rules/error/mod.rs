//! Error answers: status, body and keyword (RFC 7644 §3.12). The text of `detail` is left open.

#[cfg(test)]
pub(in crate::checks) mod cases;
pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;
pub(in crate::checks) mod watch;

use crate::checks::requirement::requirements;

requirements! {
    CONTENT_TYPE = "error.content-type", Should, Pedantry, "RFC 7644 §3.12, §8.1",
        "The JSON of an error is labelled as JSON.",
        "Set Content-Type to application/scim+json on errors too.";
    FORMAT = "error.format", Must, "RFC 7644 §3.12",
        "An error is a JSON body of the Error schema, with the status as a string.",
        "Return schemas, status (a string) and detail for every error, the 401 and the 404 included.";
    STATUS_MATCHES = "error.status-matches", Must, Pedantry, "RFC 7644 §3.12, erratum 6893",
        "The status in an error is the status of the response.",
        "Take both from one place.";
    SCIM_TYPE = "error.scim-type", Should, Pedantry, "RFC 7644 §3.12 table 9",
        "scimType is one of the keywords of table 9.",
        "Use a keyword of the table, or leave scimType out.";
    MALFORMED_BODY = "error.malformed-body", Should, "RFC 7644 §3.12 table 8, §3.8",
        "A body that is not a JSON object is refused with 400.",
        "Answer 400 with scimType invalidSyntax, whatever the body is.";
    MALFORMED_SCIM_TYPE = "error.malformed-scim-type", Should, Pedantry, "RFC 7644 §3.12 table 9",
        "The 400 for a body that cannot be parsed has the scimType invalidSyntax.",
        "Add \"scimType\": \"invalidSyntax\".";
    DETAIL = "error.detail", Oin, "okta-client §5, §6",
        "Errors have a detail that says what is wrong; Okta shows it to the administrator.",
        "Write one sentence into detail for every error.";
    UNKNOWN_ENDPOINT = "error.unknown-endpoint", Should, "RFC 7644 §3.12 table 8",
        "A path that does not exist is answered with 404.",
        "Answer 404 with a SCIM error below the base URL.";
    UNSUPPORTED_METHOD = "error.unsupported-method", Should, "RFC 7644 §3.2; RFC 9110 §15.5.6, §15.6.2",
        "A method that an endpoint does not have is refused.",
        "Answer 405, or 501 for what is not implemented.";
    // "The origin server MUST generate an Allow header field in a 405 response".
    ALLOW_FIELD = "error.allow-field", Must, Pedantry, "RFC 9110 §15.5.6",
        "A 405 has an Allow header field.",
        "List the methods of the resource in Allow.";
    NO_INTERNALS = "error.no-internals", Should, Leak, "RFC 7644 §7; RFC 9110 §17.9; IPSIE AL §8",
        "Errors tell nothing of the service's inside: no stack trace, no SQL, no file path.",
        "Catch the failure and answer with a sentence of your own.";
}
