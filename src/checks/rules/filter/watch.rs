//! Passive rules about filters as far as Okta uses them: look-ups by one attribute.

use serde_json::Value;

use super::{FINDS_EXISTING, MATCHES, NO_MATCH_IS_200};
use crate::checks::engine::{About, Kind, Memory, Seen, Verdicts, Watch};
use crate::checks::json::member;

pub(in crate::checks) static WATCH: Watch =
    Watch { judges: &[&NO_MATCH_IS_200, &MATCHES, &FINDS_EXISTING], judge };

fn judge(seen: &Seen<'_>, memory: &Memory, verdicts: &mut Verdicts<'_>) {
    let query = matches!(seen.about, About::Collection(_)) && seen.method() == "GET";
    if query && seen.query.filtered && seen.response.status == 404 {
        verdicts.fail(&NO_MATCH_IS_200, &["200 OK with totalResults 0"], "404", None);
    }
    let (Some((kind, list)), Some(asked)) = (seen.list(), &seen.query.equality) else { return };
    for (_, pointer, resource) in seen.representations() {
        fits(kind, &asked.attribute, &asked.value, resource, &pointer, verdicts);
    }
    if let Some(wanted) = seen.okta_look_up()
        && member(list, "totalResults").and_then(Value::as_u64) == Some(0)
        && memory.holds_exactly(wanted)
    {
        verdicts.fail(
            &FINDS_EXISTING,
            &["the user, who was created before"],
            "totalResults 0",
            Some("/totalResults".into()),
        );
        verdicts.seen_as(
            "Okta creates the user again and shows the error that the service answers, e.g. a conflict.",
        );
    }
}

fn fits(kind: Kind, attribute: &str, wanted: &str, resource: &Value, at: &str, verdicts: &mut Verdicts<'_>) {
    // Only attributes of which the RFC says that letter case does not matter, and that are no lists.
    let known = match kind {
        Kind::User => attribute.eq_ignore_ascii_case("userName"),
        Kind::Group => attribute.eq_ignore_ascii_case("displayName"),
    };
    let actual = member(resource, kind.required()).and_then(Value::as_str);
    if let (true, Some(actual)) = (known, actual)
        && actual.to_lowercase() != wanted.to_lowercase()
        // Beyond ASCII a service may compare normalised text (RFC 7644 §5, RFC 8264 §5.2.2), so that two
        // spellings of one name fit each other.
        && (actual.is_ascii() || wanted.is_ascii())
    {
        verdicts.fail(
            &MATCHES,
            &[&format!("only resources whose {} is \"{wanted}\"", kind.required())],
            format!("one whose {} is \"{actual}\"", kind.required()),
            Some(at.to_owned()),
        );
        verdicts.seen_as(
            "Nothing: Okta takes the first resource of the list for the person and links the wrong account.",
        );
    }
}
