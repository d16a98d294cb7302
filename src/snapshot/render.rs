//! A value as text that a person reads and a diff shows well: YAML, keys in the given order.

use serde_json::Value;

/// Renders `value` as YAML.
#[must_use]
pub fn render(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

/// Reads what [`render`] wrote.
///
/// # Errors
/// When it is not YAML; the message carries the line.
pub fn parse(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.without_snippet().to_string())
}

fn block(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                pad(indent, text);
                entry(key, value, indent, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                pad(indent, text);
                text.push_str("- ");
                match item {
                    Value::Object(fields) if !fields.is_empty() => {
                        for (index, (key, value)) in fields.iter().enumerate() {
                            if index > 0 {
                                pad(indent + 2, text);
                            }
                            entry(key, value, indent + 2, text);
                        }
                    }
                    Value::Array(inner) if !inner.is_empty() => {
                        // JSON is YAML, and lists of lists are rare.
                        text.push_str(&item.to_string());
                        text.push('\n');
                    }
                    other => {
                        text.push_str(&scalar(other));
                        text.push('\n');
                    }
                }
            }
        }
        other => {
            pad(indent, text);
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
}

fn entry(key: &str, value: &Value, indent: usize, text: &mut String) {
    text.push_str(&string(key));
    text.push(':');
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push('\n');
            block(value, indent + 2, text);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            block(value, indent + 2, text);
        }
        other => {
            text.push(' ');
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
}

fn pad(indent: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', indent));
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        other => other.to_string(),
    }
}

/// Plain where no YAML reader can take it for anything else, else as a JSON string.
fn string(text: &str) -> String {
    let starts_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let stays_plain = text.chars().all(|c| c.is_alphanumeric() || " _./@:+-()$".contains(c));
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n" | "nan" | "inf"
    );
    let ambiguous = word || text.contains(": ") || text.ends_with(':') || text.ends_with(' ');
    if starts_plain && stays_plain && !ambiguous { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_state_is_readable() {
        let value = json!({ "users": [{ "userName": "a@b.c", "id": "[user-1]", "roles": [], "x": null, "name": { "a": 1 } }], "log": "not observed" });
        assert_eq!(
            render(&value),
            "users:\n  - userName: a@b.c\n    id: \"[user-1]\"\n    roles: []\n    x: null\n    name:\n      a: 1\nlog: not observed\n"
        );
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            prop::sample::select(vec![
                "no",
                "010",
                "1_000",
                "~",
                "a: b",
                "- a",
                "2020-01-01",
                "0x1f",
                ".5",
                "#"
            ])
            .prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-zA-Z:. ]{1,8}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_rendered_is_read_back(value in any_value()) {
            prop_assert_eq!(parse(&render(&value)).unwrap(), value);
        }
    }
}
