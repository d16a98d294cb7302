//! Passive rules about deletions; during a check also that no id is given twice.

use std::sync::PoisonError;

use super::{GONE, ID_NOT_REUSED, STATUS_204};
use crate::checks::engine::{About, DuringCheck, Memory, Seen, Verdicts, Watch, WatchDuringCheck};
use crate::checks::json;

pub(in crate::checks) static WATCH: Watch = Watch { judges: &[&STATUS_204, &GONE], judge };

pub(in crate::checks) static WATCH_DURING_CHECK: WatchDuringCheck =
    WatchDuringCheck { judges: &[&ID_NOT_REUSED], judge: judge_during_check };

fn judge(seen: &Seen<'_>, memory: &Memory, verdicts: &mut Verdicts<'_>) {
    let (About::One(kind, id), response) = (&seen.about, seen.response) else { return };
    if !response.is_success() || seen.method() == "POST" {
        return;
    }
    if seen.method() == "DELETE" && response.status != 204 {
        verdicts.fail(&STATUS_204, &["204 No Content"], response.status.to_string(), None);
    }
    if memory.is_deleted(*kind, id) {
        let actual = format!("{} after the resource was deleted", response.status);
        verdicts.fail(&GONE, &["404 Not Found"], actual, None);
    }
}

fn judge_during_check(during: &DuringCheck<'_>, verdicts: &mut Verdicts<'_>) {
    let Some(response) = during.exchange.response().filter(|response| response.is_success()) else { return };
    match (during.exchange.request.method.as_str(), during.about) {
        ("DELETE", About::One(kind, id)) => {
            let mut deleted = during.deleted.lock().unwrap_or_else(PoisonError::into_inner);
            deleted.insert((*kind, id.clone()));
        }
        // That ids of users and groups are different has a rule of its own.
        ("POST", About::Collection(kind)) if response.status == 201 => {
            let Some(id) = response.json().as_ref().and_then(json::id) else { return };
            let deleted = during.deleted.lock().unwrap_or_else(PoisonError::into_inner);
            let reused = deleted.contains(&(*kind, id.clone()));
            drop(deleted);
            if reused {
                let new = "an id that no resource had before";
                verdicts.fail(&ID_NOT_REUSED, &[new], format!("the id {id} of a deleted resource"), None);
            }
        }
        _ => {}
    }
}
