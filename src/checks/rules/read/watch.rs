//! The passive rule about reading one resource.

use super::STATUS_200;
use crate::checks::engine::{About, Memory, Seen, Verdicts, Watch};

pub(in crate::checks) static WATCH: Watch = Watch { judges: &[&STATUS_200], judge };

fn judge(seen: &Seen<'_>, _: &Memory, verdicts: &mut Verdicts<'_>) {
    let response = seen.response;
    if let (About::One(..), "GET") = (&seen.about, seen.method())
        && response.is_success()
        && response.status != 200
    {
        verdicts.fail(&STATUS_200, &["200 OK"], response.status.to_string(), None);
    }
}
