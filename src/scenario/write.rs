//! From a [`ScenarioFile`] to its text: people, groups and steps on a line each, with comments between them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::ScenarioFile;
use crate::clients::operation::App;

/// Comments of a scenario that is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Comments {
    /// Above fields of the file, by name.
    pub(super) fields: BTreeMap<&'static str, String>,
    /// Above steps, each with the number of steps before it.
    pub(super) steps: Vec<(usize, String)>,
}

/// YAML ends what may be a key after so many characters; a longer key needs a mark.
const LONGEST_PLAIN_KEY: usize = 1_000;

/// The text of a scenario file, which parses to the same scenario.
///
/// # Errors
/// When a value has no form in JSON, which no value of a scenario lacks.
pub(super) fn write(file: &ScenarioFile, comments: &Comments) -> serde_json::Result<String> {
    let Value::Object(mut fields) = serde_json::to_value(file)? else { return Ok(String::new()) };
    let steps = fields.shift_remove("steps");
    if let Some(app) = fields.get_mut("app") {
        leave_out_defaults(app, &serde_json::to_value(App::default())?);
    }
    fields.retain(|_, value| !is_empty(value));
    let mut out = String::new();
    for (name, value) in &fields {
        if let Some(text) = comments.fields.get(name.as_str()) {
            comment(&mut out, "", text);
        }
        if let Value::Object(entries) = value
            && entries.values().any(is_container)
        {
            out.push_str(&format!("{name}:\n"));
            entries.iter().for_each(|(key, entry)| block_entry(&mut out, key, entry));
        } else {
            out.push_str(&format!("{name}: {}\n", flow(value)));
        }
    }
    out.push_str("steps:\n");
    let steps = steps.as_ref().and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut remarks = comments.steps.iter().peekable();
    for number in 0..=steps.len() {
        while let Some((_, text)) = remarks.next_if(|(before, _)| *before <= number) {
            comment(&mut out, "  ", text);
        }
        for (name, arguments) in steps.get(number).and_then(Value::as_object).into_iter().flatten() {
            out.push_str(&format!("  - {}: {}\n", key(name), flow(arguments)));
        }
    }
    Ok(out)
}

fn leave_out_defaults(value: &mut Value, defaults: &Value) {
    if let (Value::Object(fields), Value::Object(defaults)) = (value, defaults) {
        fields.retain(|name, field| defaults.get(name) != Some(field));
        for (name, field) in fields {
            leave_out_defaults(field, defaults.get(name).unwrap_or(&Value::Null));
        }
    }
}

/// Whether a field of the file says as much as one that is left out.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn is_container(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

/// One entry below a field of the file; a list of mappings has a line for each.
fn block_entry(out: &mut String, name: &str, value: &Value) {
    if let Value::Array(items) = value
        && items.iter().any(is_container)
    {
        out.push_str(&format!("  {}:\n", key(name)));
        items.iter().for_each(|item| out.push_str(&format!("    - {}\n", flow(item))));
    } else {
        out.push_str(&format!("  {}: {}\n", key(name), flow(value)));
    }
}

fn comment(out: &mut String, indentation: &str, text: &str) {
    out.push_str(&format!("{indentation}# {}\n", escaped(text, false)));
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => scalar(text),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) if fields.is_empty() => "{}".into(),
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{}: {}", key(name), flow(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

fn key(name: &str) -> String {
    let mark = if name.len() > LONGEST_PLAIN_KEY { "? " } else { "" };
    format!("{mark}{}", scalar(name))
}

fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { format!("\"{}\"", escaped(text, true)) }
}

/// Whether a text needs no quotes: neither a mark of YAML nor another value can be meant.
pub(super) fn is_plain(text: &str) -> bool {
    const VALUES: [&str; 12] =
        ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity"];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && !VALUES.contains(&text.to_ascii_lowercase().as_str())
}

/// Escapes what may not stand in YAML (1.2, section 5.1), would end the line, or hides from readers.
fn escaped(text: &str, quotes: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' if quotes => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if is_visible(c) => out.push(c),
            _ if u32::from(c) <= 0xFF => out.push_str(&format!("\\x{:02X}", u32::from(c))),
            _ if u32::from(c) <= 0xFFFF => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            _ => out.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    out
}

fn is_visible(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}
