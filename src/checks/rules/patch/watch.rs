//! The passive rule about answers to PATCH.

use super::STATUS;
use crate::checks::engine::{About, Memory, Seen, Verdicts, Watch};

pub(in crate::checks) static WATCH: Watch = Watch { judges: &[&STATUS], judge };

fn judge(seen: &Seen<'_>, _: &Memory, verdicts: &mut Verdicts<'_>) {
    let (response, empty) = (seen.response, seen.response.body.is_empty());
    if let (About::One(..), "PATCH") = (&seen.about, seen.method())
        && response.is_success()
        && !(response.status == 204 || response.status == 200 && !empty)
    {
        let without = if empty { " without a body" } else { "" };
        let actual = format!("{}{without}", response.status);
        verdicts.fail(&STATUS, &["200 OK with the resource", "204 No Content"], actual, None);
    }
}
