//! Passive rules about every answer; during a check also that there is one.

use super::{ANSWERED, CONTENT_TYPE, JSON, NO_CONTENT, NO_SERVER_ERROR};
use crate::checks::engine::{About, DuringCheck, Memory, Seen, Verdicts, Watch, WatchDuringCheck};

pub(in crate::checks) static WATCH: Watch = Watch { judges: &[&NO_CONTENT, &JSON, &CONTENT_TYPE], judge };

pub(in crate::checks) static WATCH_DURING_CHECK: WatchDuringCheck =
    WatchDuringCheck { judges: &[&ANSWERED, &NO_SERVER_ERROR], judge: judge_during_check };

fn judge(seen: &Seen<'_>, _: &Memory, verdicts: &mut Verdicts<'_>) {
    let response = seen.response;
    let empty = response.body.is_empty();
    if response.status == 204 && !empty {
        verdicts.fail(&NO_CONTENT, &["no body"], format!("{} bytes", response.body.len()), None);
    }
    if seen.about == About::Other || !response.is_success() || empty {
        return;
    }
    if seen.body.is_none() {
        let start: String = String::from_utf8_lossy(&response.body).chars().take(60).collect();
        verdicts.fail(&JSON, &["a JSON body"], format!("a body that begins with `{start}`"), None);
        return;
    }
    let named = seen.media_type();
    // Who asks for plain JSON may get it (RFC 7644 §3.8).
    let plain = seen.exchange.request.header("Accept").is_some_and(|accept| {
        let accept = accept.to_ascii_lowercase();
        accept.contains("application/json") && !accept.contains("scim+json")
    });
    if named.as_deref() != Some("application/scim+json")
        && !(plain && named.as_deref() == Some("application/json"))
    {
        let actual =
            named.map_or_else(|| "no Content-Type".to_owned(), |name| format!("Content-Type: {name}"));
        verdicts.fail(&CONTENT_TYPE, &["Content-Type: application/scim+json"], actual, None);
    }
}

fn judge_during_check(during: &DuringCheck<'_>, verdicts: &mut Verdicts<'_>) {
    let response = match &during.exchange.outcome {
        Ok(response) => response,
        Err(error) => {
            verdicts.fail(&ANSWERED, &["an HTTP answer"], error.to_string(), None);
            return;
        }
    };
    // 501 says truly that something is not there, and 503 that it is not there now.
    if response.status >= 500 && ![501, 503].contains(&response.status) {
        let start: String = String::from_utf8_lossy(&response.body).chars().take(120).collect();
        let actual = format!("{} with a body that begins with `{start}`", response.status);
        verdicts.fail(&NO_SERVER_ERROR, &["a success", "a 4xx with a SCIM error"], actual, None);
    }
}
