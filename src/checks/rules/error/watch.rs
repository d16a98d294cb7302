//! Passive rules about error answers.

use serde_json::Value;

use super::{CONTENT_TYPE, FORMAT, SCIM_TYPE, STATUS_MATCHES};
use crate::checks::engine::{About, Memory, Seen, Verdicts, Watch};
use crate::checks::json::member;
use crate::checks::schemas::Document;

pub(in crate::checks) static WATCH: Watch =
    Watch { judges: &[&CONTENT_TYPE, &FORMAT, &STATUS_MATCHES, &SCIM_TYPE], judge };

const SCIM_TYPES: [&str; 13] = [
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
    "sensitive",
    // RFC 9865 §2.1 adds these.
    "invalidCount",
    "invalidCursor",
    "expiredCursor",
];

fn judge(seen: &Seen<'_>, _: &Memory, verdicts: &mut Verdicts<'_>) {
    // A discovery document that is not there is reported once, as not there.
    if matches!(seen.about, About::Other | About::Discovery(_)) || seen.response.status < 400 {
        return;
    }
    form(seen, verdicts);
    // A body that is no JSON is reported by its format.
    let named = seen.media_type();
    let right = ["application/scim+json", "application/json"];
    if seen.body.is_some() && !named.as_deref().is_some_and(|name| right.contains(&name)) {
        let actual =
            named.map_or_else(|| "no Content-Type".to_owned(), |name| format!("Content-Type: {name}"));
        verdicts.fail(&CONTENT_TYPE, &["Content-Type: application/scim+json"], actual, None);
    }
}

fn form(seen: &Seen<'_>, verdicts: &mut Verdicts<'_>) {
    let response = seen.response;
    let expected = "an Error body: schemas, status as a string, detail";
    let Some(body) = seen.body else {
        let actual = if response.body.is_empty() { "no body" } else { "a body that is not JSON" };
        verdicts.fail(&FORMAT, &[expected], actual, None);
        return;
    };
    if let Some(mismatch) = Document::Error.mismatches(body).into_iter().next() {
        verdicts.fail(&FORMAT, &[expected], mismatch.message, Some(mismatch.pointer));
    }
    let status = member(body, "status")
        .map(|status| status.as_str().map_or_else(|| status.to_string(), str::to_owned));
    if let Some(status) = status
        && status != response.status.to_string()
    {
        verdicts.fail(
            &STATUS_MATCHES,
            &[&format!("status \"{}\"", response.status)],
            format!("status \"{status}\""),
            Some("/status".into()),
        );
    }
    if let Some(scim_type) = member(body, "scimType").and_then(Value::as_str)
        && !SCIM_TYPES.contains(&scim_type)
        && response.status == 400
    {
        verdicts.fail(
            &SCIM_TYPE,
            &["a keyword of RFC 7644 table 9", "no scimType"],
            format!("scimType \"{scim_type}\""),
            Some("/scimType".into()),
        );
    }
}
