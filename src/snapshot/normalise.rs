//! Makes states comparable: identifiers become `[user-1]`, the same one everywhere; times count from the
//! start; versions and passwords vanish.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use regex::{Captures, Regex};
use serde_json::{Map, Value};

#[expect(clippy::unwrap_used, reason = "a constant pattern, tested below")]
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})").unwrap()
});

#[expect(clippy::unwrap_used, reason = "a constant pattern, tested below")]
static PASSWORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""password":"(?:[^"\\]|\\.)*""#).unwrap());

#[expect(clippy::unwrap_used, reason = "a constant pattern, tested below")]
static VERSION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""version":"(?:[^"\\]|\\.)*""#).unwrap());

/// Shorter identifiers are replaced only where they are the whole text.
const SHORTEST_IN_TEXT: usize = 6;

/// Replaces what differs from run to run.
#[derive(Debug, Clone)]
pub struct Normaliser {
    start: Timestamp,
    tokens: HashMap<String, String>,
    /// Longest first, so that one that contains another is replaced whole.
    order: Vec<String>,
    counters: HashMap<String, usize>,
    stripped: Vec<String>,
}

impl Normaliser {
    /// Times are shown relative to `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self {
            start,
            tokens: HashMap::new(),
            order: Vec::new(),
            counters: HashMap::new(),
            stripped: Vec::new(),
        }
    }

    /// Removes `part` wherever it stands; used for what keeps runs apart on a lasting target.
    pub fn strip(&mut self, part: &str) {
        if !part.is_empty() {
            self.stripped.push(part.to_owned());
        }
    }

    /// Gives `raw` the next token of that kind, unless it has one: `[user-1]`, `[user-2]` …
    pub fn register(&mut self, raw: &str, kind: &str) {
        if raw.is_empty() || self.tokens.contains_key(raw) {
            return;
        }
        let counter = self.counters.entry(kind.to_owned()).or_insert(0);
        *counter += 1;
        self.tokens.insert(raw.to_owned(), format!("[{kind}-{counter}]"));
        self.order.push(raw.to_owned());
        self.order.sort_by_key(|raw| std::cmp::Reverse(raw.len()));
    }

    /// Registers the identifiers of a list of objects, in the order of the text under `name`, which does
    /// not depend on them.
    pub fn register_all(&mut self, items: &Value, id: &str, name: &str, kind: &str) {
        let mut found: Vec<(&str, &str)> = items
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|item| {
                Some((item.get(name).and_then(Value::as_str).unwrap_or(""), item.get(id)?.as_str()?))
            })
            .collect();
        found.sort_unstable();
        for (_, raw) in found {
            self.register(raw, kind);
        }
    }

    /// `value` with everything replaced, keys included.
    #[must_use]
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => {
                let mut normal = Map::new();
                for (key, value) in fields {
                    let shown = match (key.as_str(), value) {
                        ("password", Value::String(_)) => Value::from("[password]"),
                        ("version", Value::String(_)) => Value::from("[version]"),
                        _ => self.value(value),
                    };
                    normal.insert(self.text(key), shown);
                }
                Value::Object(normal)
            }
            other => other.clone(),
        }
    }

    /// Running text with everything replaced.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut normal = text.to_owned();
        for part in &self.stripped {
            if normal.contains(part.as_str()) {
                normal = normal.replace(part.as_str(), "");
            }
        }
        if let Some(token) = self.tokens.get(&normal) {
            return token.clone();
        }
        for raw in self.order.iter().filter(|raw| raw.len() >= SHORTEST_IN_TEXT) {
            if normal.contains(raw.as_str()) {
                normal = replace_whole(&normal, raw, &self.tokens[raw]);
            }
        }
        let normal = TIME.replace_all(&normal, |found: &Captures<'_>| self.relative(&found[0]));
        let normal = PASSWORD.replace_all(&normal, r#""password":"[password]""#);
        VERSION.replace_all(&normal, r#""version":"[version]""#).into_owned()
    }

    fn relative(&self, time: &str) -> String {
        let Ok(at) = time.parse::<Timestamp>() else { return time.to_owned() };
        let seconds = at.duration_since(self.start).as_secs();
        if seconds == 0 {
            return "[t0]".into();
        }
        let sign = if seconds < 0 { '-' } else { '+' };
        let mut left = seconds.unsigned_abs();
        let mut shown = String::new();
        for (unit, size) in [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)] {
            if left >= size {
                shown.push_str(&format!("{}{unit}", left / size));
                left %= size;
            }
        }
        format!("[t0{sign}{shown}]")
    }
}

/// Replaces `raw` where it is not part of a longer word.
fn replace_whole(text: &str, raw: &str, token: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    let mut before: Option<char> = None;
    while let Some(at) = rest.find(raw) {
        let preceding = rest[..at].chars().next_back().or(before);
        let following = rest[at + raw.len()..].chars().next();
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric());
        replaced.push_str(&rest[..at]);
        replaced.push_str(if part(preceding) || part(following) { raw } else { token });
        before = raw.chars().next_back();
        rest = &rest[at + raw.len()..];
    }
    replaced.push_str(rest);
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn normaliser() -> Normaliser {
        let mut normaliser = Normaliser::new("2026-01-01T00:00:00Z".parse().unwrap());
        normaliser.register_all(
            &json!([{ "id": "911162111513111325", "userName": "b@x" }, { "id": "911162111513111326", "userName": "a@x" }]),
            "id",
            "userName",
            "user",
        );
        normaliser
    }

    #[test]
    fn the_same_identifier_gets_the_same_token_everywhere_in_the_order_of_names() {
        let shown = normaliser().value(&json!({
            "id": "911162111513111326",
            "location": "http://h/Users/911162111513111325",
            "path": "members[value eq \"911162111513111325\"]",
            "longer": "9111621115131113259"
        }));
        assert_eq!(
            shown,
            json!({
                "id": "[user-1]",
                "location": "http://h/Users/[user-2]",
                "path": "members[value eq \"[user-2]\"]",
                "longer": "9111621115131113259"
            })
        );
    }

    #[rstest::rstest]
    #[case("2026-01-01T00:00:00.000Z", "[t0]")]
    #[case("2026-01-01T00:15:00.000Z", "[t0+15m]")]
    #[case("2026-01-01T01:14:59+01:00", "[t0+14m59s]")]
    #[case("2026-01-31T02:00:00Z", "[t0+30d2h]")]
    #[case("2025-12-31T23:59:00Z", "[t0-1m]")]
    fn times_count_from_the_start(#[case] time: &str, #[case] shown: &str) {
        assert_eq!(normaliser().text(time), shown);
    }

    #[test]
    fn versions_and_passwords_vanish_and_what_keeps_runs_apart_is_stripped() {
        let mut normaliser = normaliser();
        normaliser.strip("scimulate-1f0c9a3b-7-");
        assert_eq!(
            normaliser.value(
                &json!({ "version": "W/\"3\"", "password": "x\"y", "userName": "scimulate-1f0c9a3b-7-ada@x" })
            ),
            json!({ "version": "[version]", "password": "[password]", "userName": "ada@x" })
        );
        assert_eq!(
            normaliser.text(r#"{"password":"a\"b","version":"W/\"1\"","x":1}"#),
            r#"{"password":"[password]","version":"[version]","x":1}"#
        );
    }

    proptest::proptest! {
        #[test]
        fn normalising_twice_changes_nothing_more(text in "\\PC{0,60}") {
            let normaliser = normaliser();
            let once = normaliser.text(&text);
            proptest::prop_assert_eq!(normaliser.text(&once), once);
        }
    }
}
