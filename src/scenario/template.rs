//! `{{name}}` in steps: what the names stand for, and how they are put in.

use indexmap::IndexMap;
use serde_json::Value;

/// Values by name: variables of the file and the command line, and what a run has come to know
/// (`users.ada.id`, `groups.sales.name`, `saved.x`).
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    values: IndexMap<String, String>,
}

impl Names {
    pub(super) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.values.insert(name.into(), value.into());
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// `text` with every `{{name}}` replaced.
    ///
    /// # Errors
    /// The first name that stands for nothing.
    pub(super) fn fill(&self, text: &str) -> Result<String, String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find("{{") {
            let Some(close) = rest[open..].find("}}") else { break };
            let name = rest[open + 2..open + close].trim();
            let value = self.get(name).ok_or_else(|| {
                format!(
                    "`{{{{{name}}}}}` stands for nothing at this point; set it with --variable {name}=VALUE, under `variables`, or in an earlier step"
                )
            })?;
            filled.push_str(&rest[..open]);
            filled.push_str(value);
            rest = &rest[open + close + 2..];
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// `value` with every string filled.
    ///
    /// # Errors
    /// The first name that stands for nothing.
    pub(super) fn fill_value(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => Value::String(self.fill(text)?),
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.fill_value(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, item)| Ok((self.fill(key)?, self.fill_value(item)?)))
                    .collect::<Result<_, String>>()?,
            ),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_and_the_rest_is_kept() {
        let mut names = Names::default();
        names.set("users.ada.id", "42");
        assert_eq!(names.fill("/Users/{{users.ada.id}}?a={b}").unwrap(), "/Users/42?a={b}");
    }

    #[test]
    fn an_unknown_name_is_an_error_that_names_it() {
        assert!(Names::default().fill("{{nobody}}").unwrap_err().contains("{{nobody}}"));
    }
}
