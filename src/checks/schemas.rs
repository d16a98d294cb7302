//! The messages and resources of the RFCs as JSON Schemas, and how a body is held against them.
//!
//! The schemas say less than a service provider's own: every attribute may be missing unless the RFC
//! requires it, further ones may be there, names are compared in any letter case (RFC 7643 §2.1), and
//! null means the same as absent (RFC 7643 §2.5).

use std::sync::LazyLock;

use jsonschema::Validator;
use regex::Regex;
use serde_json::{Map, Value};

/// A document of the RFCs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// RFC 7643 §4.1, §4.3.
    User,
    /// RFC 7643 §4.2.
    Group,
    /// RFC 7644 §3.4.2.
    ListResponse,
    /// RFC 7644 §3.12.
    Error,
    /// RFC 7644 §3.5.2.
    PatchOp,
    /// RFC 7643 §5.
    ServiceProviderConfig,
    /// RFC 7643 §6.
    ResourceType,
    /// RFC 7643 §7.
    Schema,
}

struct Compiled {
    schema: Value,
    validator: Validator,
}

#[expect(clippy::expect_used, reason = "documents of this crate, compiled by a test")]
fn compile(text: &str) -> Compiled {
    let schema: Value = serde_json::from_str(text).expect("a schema of this crate is JSON");
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .with_format("xsd-date-time", is_date_time)
        .build(&schema)
        .expect("a schema of this crate is a JSON Schema");
    Compiled { schema, validator }
}

/// Whether a text is a dateTime of XML Schema, of which the zone may be absent (RFC 7643 §2.3.5: "The attribute value MUST
/// be encoded as a valid xsd:dateTime").
fn is_date_time(text: &str) -> bool {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let zone = r"(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)?";
        Regex::new(&format!(r"^(-?\d{{4,}}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?{zone}$")).ok()
    });
    let parts = FORM.as_ref().and_then(|form| form.captures(text));
    parts.is_some_and(|parts| parts[1].parse::<jiff::civil::DateTime>().is_ok())
}

macro_rules! compiled {
    ($($name:ident = $file:literal),* $(,)?) => {
        $(static $name: LazyLock<Compiled> = LazyLock::new(|| compile(include_str!(concat!("schema/", $file, ".json"))));)*
    };
}

compiled! {
    USER = "user",
    GROUP = "group",
    LIST = "list-response",
    ERROR = "error",
    PATCH = "patch-op",
    CONFIG = "service-provider-config",
    RESOURCE_TYPE = "resource-type",
    SCHEMA = "schema",
}

/// One disagreement with a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// JSON Pointer into the body.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl Document {
    fn compiled(self) -> &'static Compiled {
        match self {
            Self::User => &USER,
            Self::Group => &GROUP,
            Self::ListResponse => &LIST,
            Self::Error => &ERROR,
            Self::PatchOp => &PATCH,
            Self::ServiceProviderConfig => &CONFIG,
            Self::ResourceType => &RESOURCE_TYPE,
            Self::Schema => &SCHEMA,
        }
    }

    /// Everything in which `body` is not such a document.
    #[must_use]
    pub fn mismatches(self, body: &Value) -> Vec<Mismatch> {
        let compiled = self.compiled();
        let canonical = canonical(&compiled.schema, body);
        compiled
            .validator
            .iter_errors(&canonical)
            .map(|error| {
                let mut message = error.to_string();
                if message.chars().count() > 200 {
                    message = message.chars().take(200).chain(['…']).collect();
                }
                Mismatch { pointer: error.instance_path().to_string(), message }
            })
            .collect()
    }
}

/// `value` with the schema's spelling of the names that it knows, without nulls.
fn canonical(schema: &Value, value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let mut renamed = Map::new();
            for (key, value) in fields {
                if value.is_null() {
                    continue;
                }
                let known = properties
                    .and_then(|known| known.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)));
                match known {
                    Some((name, schema)) => renamed.insert(name.clone(), canonical(schema, value)),
                    None => renamed.insert(key.clone(), value.clone()),
                };
            }
            Value::Object(renamed)
        }
        Value::Array(items) => {
            let schema = schema.get("items").unwrap_or(&Value::Null);
            items.iter().map(|item| canonical(schema, item)).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// XML Schema part 2, §3.2.7.1 and §3.2.7.3.
    #[rstest::rstest]
    #[case("2008-01-23T04:56:22Z", true)]
    #[case("2008-01-23T04:56:22", true)]
    #[case("2002-10-10T12:00:00.1234567-05:00", true)]
    #[case("2002-10-10T12:00:00+14:00", true)]
    #[case("2002-10-10T12:00:00+14:30", false)]
    #[case("2002-10-10 12:00:00Z", false)]
    #[case("2002-10-10T12:00Z", false)]
    #[case("2002-10-10", false)]
    #[case("2002-02-30T12:00:00Z", false)]
    #[case("yesterday", false)]
    fn a_date_time_is_one_of_xml_schema(#[case] text: &str, #[case] is: bool) {
        assert_eq!(is_date_time(text), is);
    }
}
