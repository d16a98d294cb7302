//! Passive rules about refused credentials.

use super::CHALLENGE;
use crate::checks::engine::{About, Memory, Seen, Verdicts, Watch};

pub(in crate::checks) static WATCH: Watch = Watch { judges: &[&CHALLENGE], judge };

fn judge(seen: &Seen<'_>, _: &Memory, verdicts: &mut Verdicts<'_>) {
    let challenged = seen.response.header("WWW-Authenticate").is_some();
    if seen.about != About::Other && seen.response.status == 401 && !challenged {
        verdicts.fail(&CHALLENGE, &["a WWW-Authenticate header field"], "none", None);
    }
}
