//! Passive rules about the discovery documents.

use serde_json::Value;

use super::{AVAILABLE, RESOURCE_TYPES, SCHEMAS, SERVICE_PROVIDER_CONFIG};
use crate::checks::engine::{About, Memory, Seen, Verdicts, Watch};
use crate::checks::json::member;
use crate::checks::schemas::Document;

pub(in crate::checks) static WATCH: Watch =
    Watch { judges: &[&AVAILABLE, &SERVICE_PROVIDER_CONFIG, &RESOURCE_TYPES, &SCHEMAS], judge };

const SCHEMA_OF_SCHEMAS: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// One finding for each document, however much is wrong with it.
fn judge(seen: &Seen<'_>, _: &Memory, verdicts: &mut Verdicts<'_>) {
    let (About::Discovery(path), "GET", response) = (&seen.about, seen.method(), seen.response) else {
        return;
    };
    if response.status == 304 {
        return;
    }
    // To keep it from whom one does not know is allowed, and no matter of its form.
    if [401, 403].contains(&response.status) {
        return;
    }
    if !response.is_success() {
        verdicts.fail(&AVAILABLE, &["200 OK with the document"], response.status.to_string(), None);
        return;
    }
    let Some(body) = seen.body else { return };
    let (requirement, document) = match *path {
        "/ServiceProviderConfig" => (&SERVICE_PROVIDER_CONFIG, Document::ServiceProviderConfig),
        "/ResourceTypes" => (&RESOURCE_TYPES, Document::ResourceType),
        _ => (&SCHEMAS, Document::Schema),
    };
    let mut mismatches = Vec::new();
    if document == Document::ServiceProviderConfig {
        mismatches = document.mismatches(body);
    } else {
        mismatches.extend(Document::ListResponse.mismatches(body));
        let resources = member(body, "Resources").and_then(Value::as_array);
        for (index, resource) in resources.into_iter().flatten().enumerate() {
            // The schema of schemas nests deeper than schemas may (RFC 7643 §8.7.2 prints it so).
            if member(resource, "id").and_then(Value::as_str) == Some(SCHEMA_OF_SCHEMAS) {
                continue;
            }
            mismatches.extend(document.mismatches(resource).into_iter().map(|mut mismatch| {
                mismatch.pointer = format!("/Resources/{index}{}", mismatch.pointer);
                mismatch
            }));
        }
    }
    if let Some(first) = mismatches.first() {
        let more = match mismatches.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let actual = format!("at `{}`: {}{more}", first.pointer, first.message);
        verdicts.fail(requirement, &["a document of the schema"], actual, Some(first.pointer.clone()));
    }
}
