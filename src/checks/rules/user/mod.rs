//! What happens to a user beside the attribute that a request names.

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    REFUSED_CHANGE_CHANGES_NOTHING = "user.refused-change-changes-nothing", Must, DataLoss, "RFC 7644 §3.5.1, §3.5.2; RFC 9110 §15.5",
        "A PUT or PATCH that is refused because its userName is taken changes nothing else either.",
        "Check for conflicts before anything is stored, or roll back.";
    RELEASED_NAME_IS_FREE = "user.released-name-is-free", Should, "RFC 7644 §3.3",
        "A userName that its user gave up in a rename does not conflict with a new user.",
        "Look for conflicts among the names that are in use.", [Rfc, Okta];
}
