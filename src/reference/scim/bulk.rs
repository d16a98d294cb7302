//! Bulk requests (RFC 7644 §3.7): reading and checking one, and resolving the references that its operations
//! make to resources which the same request creates. Performing the operations is up to the caller.

use std::collections::BTreeMap;

use serde_json::Value;

use super::read::lookup;
use super::{ResourceKind, ScimError, json};
use crate::urn::BULK_REQUEST;

/// The most operations in a request, as discovery says.
pub(crate) const MAX_OPERATIONS: usize = 1_000;
/// The most bytes of a request, as discovery says.
pub(crate) const MAX_PAYLOAD: usize = 1_048_576;

const REFERENCE: &str = "bulkId:";

/// A checked request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BulkRequest {
    /// How many errors end the request; all operations are tried when absent.
    pub(crate) fail_on_errors: Option<u64>,
    pub(crate) operations: Vec<BulkOperation>,
}

/// One operation as the client wrote it. What is wrong with it alone is told when its turn comes, so that
/// the others go on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BulkOperation {
    pub(crate) method: String,
    pub(crate) bulk_id: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) path: String,
    pub(crate) data: Value,
}

impl BulkRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// 413 over a limit; 400 for what makes the whole request senseless.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, ScimError> {
        let too_large = |detail: String| Err(ScimError::new(413, None, detail, "PAYLOAD_TOO_LARGE"));
        if body.len() > MAX_PAYLOAD {
            return too_large(format!(
                "The request has {} bytes, and a bulk request may have {MAX_PAYLOAD} (maxPayloadSize).",
                body.len()
            ));
        }
        let request = json::object(body)?;
        json::demand_schema(&request, BULK_REQUEST)?;
        let fail_on_errors = match lookup(&request, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_u64().filter(|limit| *limit > 0).ok_or_else(|| {
                ScimError::value("`failOnErrors` must be an integer of at least 1.", "INVALID_VALUE")
            })?),
        };
        let Some(Value::Array(listed)) = lookup(&request, "Operations") else {
            return Err(ScimError::syntax("`Operations` must be an array of operations."));
        };
        if listed.len() > MAX_OPERATIONS {
            return too_large(format!(
                "The request has {} operations, and a bulk request may have {MAX_OPERATIONS} (maxOperations).",
                listed.len()
            ));
        }
        let mut operations = Vec::with_capacity(listed.len());
        let mut seen = BTreeMap::new();
        for (index, operation) in listed.iter().enumerate() {
            let Value::Object(operation) = operation else {
                return Err(ScimError::syntax(format!("Operations[{index}] must be an object.")));
            };
            let text = |name: &str| -> Result<Option<String>, ScimError> {
                match lookup(operation, name) {
                    None | Some(Value::Null) => Ok(None),
                    Some(Value::String(text)) => Ok(Some(text.clone())),
                    Some(other) => Err(ScimError::syntax(format!(
                        "Operations[{index}].{name} must be a string, not {}.",
                        json::kind(other)
                    ))),
                }
            };
            let demanded = |name: &str| {
                text(name)?
                    .ok_or_else(|| ScimError::syntax(format!("Operations[{index}].{name} is missing.")))
            };
            let operation = BulkOperation {
                method: demanded("method")?.to_ascii_uppercase(),
                bulk_id: text("bulkId")?,
                version: text("version")?,
                path: demanded("path")?,
                data: lookup(operation, "data").cloned().unwrap_or(Value::Null),
            };
            if let Some(id) = &operation.bulk_id
                && let Some(first) = seen.insert(id.clone(), index)
            {
                return Err(ScimError::value(
                    format!(
                        "Operations[{index}].bulkId `{id}` is that of Operations[{first}] too; it must be unique."
                    ),
                    "INVALID_VALUE",
                ));
            }
            operations.push(operation);
        }
        Ok(Self { fail_on_errors, operations })
    }
}

/// Resource type, and identifier when there is one, of an operation's path.
pub(crate) fn target(path: &str) -> Option<(ResourceKind, Option<&str>)> {
    let below = path.strip_prefix('/').unwrap_or(path);
    let (endpoint, id) = match below.split_once('/') {
        Some((endpoint, id)) => (endpoint, Some(id)),
        None => (below, None),
    };
    let kind = match endpoint {
        "Users" => ResourceKind::User,
        "Groups" => ResourceKind::Group,
        _ => return None,
    };
    match id {
        Some(id) if id.is_empty() || id.contains('/') => None,
        _ => Some((kind, id)),
    }
}

/// The bulkIds that an operation refers to.
pub(crate) fn references(operation: &BulkOperation) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => found.extend(in_text(text)),
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            Value::Object(fields) => fields.values().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found: Vec<String> = operation.path.split('/').filter_map(in_text).collect();
    collect(&operation.data, &mut found);
    found
}

/// A whole value, or the one inside the quotation marks of a path such as `members[value eq "bulkId:x"]`.
fn in_text(text: &str) -> Option<String> {
    text.strip_prefix(REFERENCE).map(str::to_owned).or_else(|| {
        let (_, rest) = text.split_once("\"bulkId:")?;
        rest.split_once('"').map(|(id, _)| id.to_owned())
    })
}

/// Puts identifiers in the place of references. Those that are not known stay as they are.
pub(crate) fn resolve(operation: &mut BulkOperation, known: &BTreeMap<String, String>) {
    fn replace(value: &mut Value, known: &BTreeMap<String, String>) {
        match value {
            Value::String(text) => {
                if let Some(bulk_id) = in_text(text)
                    && let Some(id) = known.get(&bulk_id)
                {
                    *text = text.replacen(&format!("{REFERENCE}{bulk_id}"), id, 1);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| replace(item, known)),
            Value::Object(fields) => fields.values_mut().for_each(|value| replace(value, known)),
            _ => {}
        }
    }
    let segments: Vec<String> = operation
        .path
        .split('/')
        .map(|segment| {
            segment
                .strip_prefix(REFERENCE)
                .and_then(|id| known.get(id))
                .map_or(segment, String::as_str)
                .to_owned()
        })
        .collect();
    operation.path = segments.join("/");
    replace(&mut operation.data, known);
}

/// A resource without the values that refer to what does not exist yet, for the first of the two steps in
/// which a circle of references is made (RFC 7644 §3.7.1).
pub(crate) fn without_references(value: &Value) -> Value {
    let open = |value: &Value| value.as_str().is_some_and(|text| text.starts_with(REFERENCE));
    match value {
        Value::Array(items) => Value::Array(
            items
                .iter()
                .filter(|item| !open(item) && !item.get("value").is_some_and(open))
                .map(without_references)
                .collect(),
        ),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .filter(|(_, value)| !open(value) && !value.get("value").is_some_and(open))
                .map(|(key, value)| (key.clone(), without_references(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_found_and_resolved_wherever_they_stand() {
        // RFC 7644 §3.7.2, and the path of §3.7.2's PATCH.
        let mut operation = BulkOperation {
            method: "PATCH".into(),
            bulk_id: None,
            version: None,
            path: "/Groups/bulkId:g".into(),
            data: json!({ "Operations": [
                { "op": "add", "path": "members", "value": [{ "value": "bulkId:u" }] },
                { "op": "remove", "path": "members[value eq \"bulkId:v\"]" }
            ] }),
        };
        assert_eq!(references(&operation), ["g", "u", "v"]);
        let known = [("g", "1"), ("u", "2"), ("v", "3")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        resolve(&mut operation, &known.into());
        assert_eq!(operation.path, "/Groups/1");
        assert_eq!(operation.data["Operations"][0]["value"], json!([{ "value": "2" }]));
        assert_eq!(operation.data["Operations"][1]["path"], json!("members[value eq \"3\"]"));
    }

    #[test]
    fn open_references_can_be_left_out() {
        let data = json!({ "displayName": "A", "members": [{ "value": "bulkId:x" }, { "value": "7" }],
            "urn:e": { "manager": { "value": "bulkId:y" }, "department": "D" } });
        assert_eq!(
            without_references(&data),
            json!({ "displayName": "A", "members": [{ "value": "7" }], "urn:e": { "department": "D" } })
        );
    }

    #[rstest::rstest]
    #[case("/Users", Some((ResourceKind::User, None)))]
    #[case("Groups/7", Some((ResourceKind::Group, Some("7"))))]
    #[case("/Users/", None)]
    #[case("/Users/7/x", None)]
    #[case("/Me", None)]
    #[case("", None)]
    fn paths_lead_to_resources(#[case] path: &str, #[case] to: Option<(ResourceKind, Option<&str>)>) {
        assert_eq!(target(path), to);
    }
}
