//! Spans of time as scenario files write them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A span of time such as `14m 59s`, `1h`, `90d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Whole seconds.
    pub seconds: i64,
}

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not a span of time; write it like `14m 59s`, `1h` or `90d`");
        let mut seconds: i64 = 0;
        let mut parts = 0;
        let mut rest = text.trim();
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let number: i64 = rest[..digits].parse().map_err(|_| wrong())?;
            let after = rest[digits..].trim_start();
            let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
            let unit = match &after[..end] {
                "s" | "sec" | "seconds" | "second" => 1,
                "m" | "min" | "minutes" | "minute" => 60,
                "h" | "hours" | "hour" => 3_600,
                "d" | "days" | "day" => 86_400,
                _ => return Err(wrong()),
            };
            seconds = number.checked_mul(unit).and_then(|n| seconds.checked_add(n)).ok_or_else(wrong)?;
            parts += 1;
            rest = after[end..].trim_start();
        }
        if parts == 0 || seconds > 400 * 86_400 {
            return Err(wrong());
        }
        Ok(Self { seconds })
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut left = self.seconds;
        let mut parts = Vec::new();
        for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
            if left >= size {
                parts.push(format!("{}{unit}", left / size));
                left %= size;
            }
        }
        f.write_str(&if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") })
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A span of time such as `14m 59s`, `1h` or `90d`.",
            "pattern": r"^\s*(\d+\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)\s*)+$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("14m 59s", 899)]
    #[case("1s", 1)]
    #[case("90d", 90 * 86_400)]
    #[case("1h30m", 5_400)]
    #[case(" 2 hours ", 7_200)]
    fn spans_of_time_are_read(#[case] text: &str, #[case] seconds: i64) {
        assert_eq!(text.parse::<Span>().unwrap().seconds, seconds);
    }

    #[rstest::rstest]
    #[case("")]
    #[case("15")]
    #[case("m")]
    #[case("15 fortnights")]
    #[case("-1m")]
    #[case("99999999999999999999s")]
    #[case("9223372036854775807d")]
    fn what_is_no_span_of_time_is_refused_with_an_example(#[case] text: &str) {
        assert!(text.parse::<Span>().unwrap_err().contains("14m 59s"));
    }

    #[test]
    fn a_span_is_written_in_its_largest_units() {
        assert_eq!("899s".parse::<Span>().unwrap().to_string(), "14m 59s");
    }
}
