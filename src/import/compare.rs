//! The comparisons of Runscope's assertions: what the answer holds against what the file says.

use serde_json::Value;

/// How an actual value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Comparison {
    Empty,
    NotEmpty,
    Equal,
    NotEqual,
    Contains,
    DoesNotContain,
    HasKey,
    HasValue,
    IsNull,
    IsANumber,
    EqualNumber,
    IsLessThan,
    IsLessThanOrEqual,
    IsGreaterThan,
    IsGreaterThanOrEqual,
}

impl Comparison {
    /// Every word of a file.
    pub(super) const WORDS: &'static str = "empty, not_empty, equal, not_equal, contains, does_not_contain, has_key, has_value, is_null, is_a_number, equal_number, is_less_than, is_less_than_or_equal, is_greater_than, is_greater_than_or_equal";

    /// As a sentence fragment: `equals "x"`.
    pub(super) fn told(self, target: &str) -> String {
        match self {
            Self::Empty => "empty".into(),
            Self::NotEmpty => "not empty".into(),
            Self::Equal => format!("equal to {target}"),
            Self::NotEqual => format!("not equal to {target}"),
            Self::Contains => format!("containing {target}"),
            Self::DoesNotContain => format!("not containing {target}"),
            Self::HasKey => format!("with the key {target}"),
            Self::HasValue => format!("with the value {target}"),
            Self::IsNull => "null".into(),
            Self::IsANumber => "a number".into(),
            Self::EqualNumber => format!("the number {target}"),
            Self::IsLessThan => format!("less than {target}"),
            Self::IsLessThanOrEqual => format!("at most {target}"),
            Self::IsGreaterThan => format!("greater than {target}"),
            Self::IsGreaterThanOrEqual => format!("at least {target}"),
        }
    }

    /// Whether it holds. `actual` is `None` where the answer has no such thing; then only the negative
    /// comparisons can hold.
    pub(super) fn holds(self, actual: Option<&Value>, target: &str) -> bool {
        let Some(actual) = actual else {
            return matches!(self, Self::DoesNotContain | Self::NotEqual);
        };
        let text = text(actual);
        let compare = |test: fn(f64, f64) -> bool| match (number(actual), target.trim().parse::<f64>()) {
            (Some(actual), Ok(target)) => test(actual, target),
            _ => false,
        };
        match self {
            Self::Empty => actual.is_null() || text.is_empty(),
            Self::NotEmpty => !actual.is_null() && !text.is_empty(),
            Self::Equal => text == target,
            Self::NotEqual => text != target,
            Self::Contains => text.contains(target),
            Self::DoesNotContain => !text.contains(target),
            Self::HasKey => actual.as_object().is_some_and(|members| members.contains_key(target)),
            Self::HasValue => match actual {
                Value::Array(items) => items.iter().any(|item| self::text(item) == target),
                Value::Object(members) => members.values().any(|item| self::text(item) == target),
                _ => false,
            },
            Self::IsNull => actual.is_null(),
            // A number in quotes is none: SCIM counters in quotes fail Okta's suite, as they fail Okta.
            Self::IsANumber => actual.is_number(),
            Self::EqualNumber => compare(|actual, target| (actual - target).abs() < f64::EPSILON),
            Self::IsLessThan => compare(|actual, target| actual < target),
            Self::IsLessThanOrEqual => compare(|actual, target| actual <= target),
            Self::IsGreaterThan => compare(|actual, target| actual > target),
            Self::IsGreaterThanOrEqual => compare(|actual, target| actual >= target),
        }
    }
}

/// A value as text: what is no string is compact JSON.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Follows a path in JavaScript's notation: `Resources[0].name.givenName`, `a["b.c"]`, `list.length`.
/// `None` when something on the way is missing.
///
/// # Errors
/// When the path is none.
pub(super) fn reach(value: &Value, path: &str) -> Result<Option<Value>, String> {
    let keys = keys(path)?;
    let mut at = value;
    for (index, key) in keys.iter().enumerate() {
        let last = index + 1 == keys.len();
        let next = match at {
            Value::Array(items) => match key.parse::<usize>() {
                Ok(place) => items.get(place),
                Err(_) if key == "length" && last => return Ok(Some(items.len().into())),
                Err(_) => None,
            },
            Value::Object(members) => members.get(key),
            Value::String(text) if key == "length" && last => return Ok(Some(text.chars().count().into())),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at.clone()))
}

fn keys(path: &str) -> Result<Vec<String>, String> {
    let mut keys = Vec::new();
    let mut rest = path.trim();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let quote = inner.chars().next().filter(|c| matches!(c, '"' | '\''));
            let (key, after) = match quote {
                Some(quote) => {
                    let end = inner[1..].find(quote).ok_or_else(|| format!("`{path}` has an open quote"))?;
                    let after = inner[end + 2..].strip_prefix(']');
                    (&inner[1..=end], after.ok_or_else(|| format!("`{path}` lacks a ]"))?)
                }
                None => inner.split_once(']').ok_or_else(|| format!("`{path}` lacks a ]"))?,
            };
            keys.push(key.to_owned());
            rest = after.strip_prefix('.').unwrap_or(after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("`{path}` is no path; write it like Resources[0].id"));
            }
            keys.push(rest[..end].to_owned());
            rest = &rest[end..];
            rest = rest.strip_prefix('.').unwrap_or(rest);
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(Comparison::Equal, json!(true), "true", true)]
    #[case(Comparison::Equal, json!(0), "0", true)]
    #[case(Comparison::Equal, json!("401"), "401", true)]
    #[case(Comparison::NotEqual, json!("a"), "a", false)]
    #[case(Comparison::NotEmpty, json!(false), "", true)]
    #[case(Comparison::NotEmpty, json!(""), "", false)]
    #[case(Comparison::NotEmpty, json!(null), "", false)]
    #[case(Comparison::Empty, json!(""), "", true)]
    #[case(Comparison::Contains, json!(["urn:a", "urn:b"]), "urn:b", true)]
    #[case(Comparison::DoesNotContain, json!("abc"), "b", false)]
    #[case(Comparison::HasValue, json!(["urn:a"]), "urn", false)]
    #[case(Comparison::HasValue, json!(["urn:a"]), "urn:a", true)]
    #[case(Comparison::HasValue, json!("urn:a"), "urn:a", false)]
    #[case(Comparison::HasKey, json!({ "a": 1 }), "a", true)]
    #[case(Comparison::IsNull, json!(null), "", true)]
    #[case(Comparison::IsANumber, json!(5), "", true)]
    #[case(Comparison::IsANumber, json!("5"), "", false)]
    #[case(Comparison::EqualNumber, json!(200), "200", true)]
    #[case(Comparison::EqualNumber, json!("0"), "0", true)]
    #[case(Comparison::IsLessThan, json!(599), "600", true)]
    #[case(Comparison::IsLessThan, json!("x"), "600", false)]
    #[case(Comparison::IsGreaterThanOrEqual, json!(2), "2", true)]
    fn comparisons(
        #[case] comparison: Comparison,
        #[case] actual: Value,
        #[case] target: &str,
        #[case] holds: bool,
    ) {
        assert_eq!(comparison.holds(Some(&actual), target), holds);
        assert!(
            !comparison.holds(None, target)
                || matches!(comparison, Comparison::NotEqual | Comparison::DoesNotContain)
        );
    }

    #[rstest]
    #[case("Resources[0].id", Some(json!("1")))]
    #[case("Resources.0.id", Some(json!("1")))]
    #[case("Resources[1].id", None)]
    #[case("Resources.length", Some(json!(1)))]
    #[case(r#"["urn:x.y"].z"#, Some(json!(2)))]
    #[case("", Some(json!({ "Resources": [{ "id": "1" }], "urn:x.y": { "z": 2 } })))]
    fn paths(#[case] path: &str, #[case] found: Option<Value>) {
        let value = json!({ "Resources": [{ "id": "1" }], "urn:x.y": { "z": 2 } });
        assert_eq!(reach(&value, path), Ok(found));
    }

    #[test]
    fn a_path_that_is_none_is_told() {
        assert!(reach(&json!({}), "a[0").unwrap_err().contains("lacks a ]"));
        assert!(reach(&json!({}), "..a").unwrap_err().contains("no path"));
    }
}
