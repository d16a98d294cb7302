//! Reading a result that was written as JSON, and saying what a file is that is none.

use serde::Deserialize;
use serde_json::Value;

use super::RunResult;

/// Why a text is no result. The messages complete "FILE: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoResult {
    /// There is nothing in it.
    #[error("it is empty; the run that should have written it did not come to its end")]
    Empty,
    /// One of our other reports, or something else that is known by its beginning.
    #[error("it is {0}; give the file that --report-json wrote")]
    Other(&'static str),
    /// It breaks off or is malformed.
    #[error(
        "it is no JSON at line {line}, column {column}: {reason}; give the file that --report-json wrote, whole"
    )]
    Malformed {
        /// One-based.
        line: usize,
        /// One-based.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// JSON of another kind.
    #[error("it is JSON but no result: {0}; give the file that --report-json wrote")]
    OtherJson(String),
    /// Of another version of this program.
    #[error(
        "it is a result in format {found}, written by scimulate {by}, and this program reads format {reads}; \
         make the report with that version, or run again with this one",
        reads = RunResult::FORMAT_VERSION
    )]
    OtherFormat {
        /// Its format.
        found: String,
        /// The version of the program that wrote it.
        by: String,
    },
    /// The right format by its number, and yet not what is written there.
    #[error("it is a result that was changed or damaged; at line {line}, column {column}: {reason}")]
    Damaged {
        /// One-based.
        line: usize,
        /// One-based.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
}

/// `serde_json`'s message without the place at its end.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned())
}

/// What a text is by its beginning.
fn other(text: &str) -> Option<&'static str> {
    let begins = |word: &str| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    if begins("<!doctype html") || begins("<html") {
        Some("an HTML page")
    } else if begins("<!-- scimulate -->") {
        Some("a Markdown report")
    } else if begins("<") {
        Some("XML, as JUnit reports are")
    } else if begins("TAP version") {
        Some("a TAP report")
    } else {
        None
    }
}

fn other_json(json: &Value) -> String {
    match json {
        Value::Object(members) if members.contains_key("runs") && members.contains_key("version") => {
            "it looks like SARIF".into()
        }
        Value::Object(members) if members.get("log").is_some_and(Value::is_object) => {
            "it looks like an HTTP archive".into()
        }
        Value::Object(members) if members.is_empty() => "an empty object".into(),
        Value::Object(members) => {
            let names: Vec<String> = members.keys().take(4).map(|name| format!("`{name}`")).collect();
            let more = if members.len() > names.len() { ", …" } else { "" };
            format!("an object without `formatVersion`, with {}{more}", names.join(", "))
        }
        Value::Array(_) => "an array".into(),
        Value::String(_) => "a string".into(),
        Value::Number(_) => "a number".into(),
        Value::Bool(_) | Value::Null => format!("`{json}`"),
    }
}

impl RunResult {
    /// Reads what [`crate::report::json`] wrote.
    ///
    /// # Errors
    /// When it is something else; see [`NoResult`].
    pub fn parse(text: &str) -> Result<Self, NoResult> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let begun = text.trim_start();
        if begun.is_empty() {
            return Err(NoResult::Empty);
        }
        if let Some(kind) = other(begun) {
            return Err(NoResult::Other(kind));
        }
        let json: Value = serde_json::from_str(text).map_err(|error| NoResult::Malformed {
            line: error.line(),
            column: error.column(),
            reason: reason(&error),
        })?;
        let Some(format) = json.get("formatVersion") else {
            return Err(NoResult::OtherJson(other_json(&json)));
        };
        if *format != Self::FORMAT_VERSION {
            let by = json.get("scimulateVersion").and_then(Value::as_str).unwrap_or("of an unknown version");
            return Err(NoResult::OtherFormat { found: format.to_string(), by: by.to_owned() });
        }
        // From the text again: only there are lines and columns.
        let mut reader = serde_json::Deserializer::from_str(text);
        Self::deserialize(&mut reader).map_err(|error| NoResult::Damaged {
            line: error.line(),
            column: error.column(),
            reason: reason(&error),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"formatVersion":1,"scimulateVersion":"0.1.0","target":"T","scenarios":[],"duration":{"secs":1,"nanos":0}}"#;

    #[test]
    fn what_was_written_is_read_also_with_a_mark_before_it() {
        assert_eq!(RunResult::parse(WHOLE).unwrap().target, "T");
        assert!(RunResult::parse(&format!("\u{feff}{WHOLE}\n")).is_ok());
    }

    #[rstest::rstest]
    #[case(" \n", "it is empty")]
    #[case("<?xml version=\"1.0\"?>", "it is XML")]
    #[case("<!DOCTYPE html>", "it is an HTML page")]
    #[case("<!-- scimulate -->\n## x", "it is a Markdown report")]
    #[case("TAP version 14", "it is a TAP report")]
    #[case("{\n  \"a\": ]", "line 2, column 8")]
    #[case("{\"formatVersion\":1,", "line 1, column 19: EOF while parsing")]
    #[case("{} x", "line 1, column 4: trailing characters")]
    #[case("[]", "an array")]
    #[case("{}", "an empty object")]
    #[case("{\"version\":\"2.1.0\",\"runs\":[]}", "it looks like SARIF")]
    #[case("{\"log\":{\"entries\":[]}}", "it looks like an HTTP archive")]
    #[case(
        "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5}",
        "without `formatVersion`, with `a`, `b`, `c`, `d`, …"
    )]
    #[case(
        "{\"formatVersion\":2,\"scimulateVersion\":\"9.1\"}",
        "format 2, written by scimulate 9.1, and this program reads format 1"
    )]
    #[case("{\"formatVersion\":\"1\"}", "format \"1\", written by scimulate of an unknown version")]
    #[case("{\"formatVersion\":1,\n\"target\":7}", "line 2, column 10: invalid type: integer `7`")]
    #[case("{\"formatVersion\":1}", "line 1, column 19: missing field `scimulateVersion`")]
    fn what_is_none_is_told_with_what_it_is_and_where(#[case] text: &str, #[case] told: &str) {
        let message = RunResult::parse(text).unwrap_err().to_string();
        assert!(message.contains(told), "{message}");
    }
}
