//! What holds for every request of an examination, whatever it asks: it is answered, and a mistake of the
//! client is not called a mistake of the server.

use crate::checks::requirement::requirements;

requirements! {
    ANSWERED = "response.answered", Must, "RFC 9110 §15; okta-client §2.1",
        "Every request gets an HTTP answer within the time that Okta waits.",
        "Catch what goes wrong while a request is handled, and answer with a SCIM error.";
    SERVER_ERROR = "response.no-server-error", Must, "RFC 7644 §3.12 table 8; RFC 9110 §15.6.1",
        "What is asked is done, or refused with a 4xx; a 500 says that the service itself failed.",
        "Catch the failure; answer 400 with a scimType for what the client got wrong, 501 for what is not implemented.";
}
