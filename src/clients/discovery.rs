//! What Okta reads from the app: users and groups of an import, the user schema, roles and entitlements
//! (okta-client §3.16, §3.18).

use serde_json::{Value, json};

use super::engine::field;
use super::model::{OperationError, Refusal};
use super::simulator::Simulator;
use super::wire;

/// Schemas of resource types that Okta reads as roles and entitlements (§3.18).
const ENTITLEMENTS: [&str; 2] =
    ["urn:okta:scim:schemas:core:1.0:Role", "urn:okta:scim:schemas:core:1.0:Entitlement"];

impl Simulator {
    /// §3.16: accounts that are not active are left out.
    pub(super) async fn import_now(&mut self) -> Result<(), OperationError> {
        self.engine.connected()?;
        if !self.engine.client.imports() || !self.engine.app.features.import_users {
            self.journal.note("nothing is sent: Import New Users and Profile Updates is off");
            return Ok(());
        }
        match self.engine.all_pages("/Users").await {
            Ok(users) => {
                self.imported_users = users
                    .into_iter()
                    .filter(|user| user.get("active") != Some(&json!(false)))
                    .map(|user| json!({ "userName": user.get("userName"), "externalId": user.get("id") }))
                    .collect();
                self.journal.event("user.import", "Users", None);
            }
            Err(Refusal { reason, .. }) => {
                self.import_failed("user.import", "Users", "users", &reason);
                return Ok(());
            }
        }
        if self.engine.app.features.import_groups {
            match self.engine.all_pages("/Groups").await {
                Ok(groups) => {
                    self.imported_groups = groups
                        .into_iter()
                        .map(|group| json!({ "group": group.get("displayName"), "externalId": group.get("id") }))
                        .collect();
                    self.journal.event("group.import", "Groups", None);
                }
                Err(Refusal { reason, .. }) => {
                    self.import_failed("group.import", "Groups", "groups", &reason);
                }
            }
        }
        Ok(())
    }

    fn import_failed(&mut self, event: &str, target: &str, what: &str, reason: &str) {
        self.journal.event(event, target, Some(reason));
        self.journal
            .app_failed(format!("Error while importing {what} from app {}: {reason}", self.engine.app.label));
    }

    /// Import User Schema: the core attributes, and those of the extensions that the User resource type
    /// names (§3.18).
    pub(super) async fn import_user_schema(&mut self) -> Result<(), OperationError> {
        self.engine.connected()?;
        if !self.engine.app.features.import_user_schema {
            self.journal.note("nothing is sent: Import User Schema is off");
            return Ok(());
        }
        let read = async {
            let schemas = self.engine.call("GET", "/Schemas", None).await?;
            let types = self.engine.call("GET", "/ResourceTypes", None).await?;
            Ok::<_, Refusal>((schemas, types))
        };
        let (schemas, types) = match read.await {
            Ok(read) => read,
            Err(refusal) => return self.schema_failed(&refusal.reason),
        };
        let extensions: Vec<String> = resources(&types)
            .iter()
            .filter(|kind| text(kind, "schema") == Some(wire::USER))
            .flat_map(|kind| {
                kind.get("schemaExtensions").and_then(Value::as_array).cloned().unwrap_or_default()
            })
            .filter_map(|extension| text(&extension, "schema").map(str::to_owned))
            .collect();
        let known = resources(&schemas);
        let of = |urn: &str| known.iter().find(|schema| text(schema, "id") == Some(urn));
        if of(wire::USER).is_none() {
            return self.schema_failed("the service's schemas do not include the core User schema");
        }
        let mut attributes = Vec::new();
        for urn in std::iter::once(wire::USER).chain(extensions.iter().map(String::as_str)) {
            let Some(schema) = of(urn) else {
                self.journal
                    .note(format!("the schema {urn} is named by the User resource type, and missing"));
                continue;
            };
            let listed = schema.get("attributes").and_then(Value::as_array).cloned().unwrap_or_default();
            for attribute in listed {
                attributes.push(json!({
                    "externalNamespace": urn,
                    "externalName": attribute.get("name"),
                    "type": attribute.get("type"),
                }));
            }
        }
        self.imported_schema = attributes;
        Ok(())
    }

    fn schema_failed(&mut self, reason: &str) -> Result<(), OperationError> {
        let app = &self.engine.app.label;
        self.journal.app_failed(format!("Error while importing the user schema from app {app}: {reason}"));
        Ok(())
    }

    /// Governance with entitlements: resource types, schemas, then every role and entitlement (§3.18).
    pub(super) async fn discover_entitlements(&mut self) -> Result<(), OperationError> {
        self.engine.connected()?;
        let mut found = Vec::new();
        let outcome = async {
            let types = self.engine.call("GET", "/ResourceTypes", None).await?;
            self.engine.call("GET", "/Schemas", None).await?;
            for kind in resources(&types) {
                let schema = text(kind, "schema").unwrap_or_default();
                if !ENTITLEMENTS.contains(&schema) {
                    continue;
                }
                let unnamed = || Refusal {
                    status: None,
                    reason: format!("the resource type of schema {schema} has no endpoint"),
                };
                let endpoint = text(kind, "endpoint").ok_or_else(unnamed)?;
                // The endpoint's text comes from the service (§3.18), with or without the leading slash.
                let path = format!("/{}", endpoint.trim_start_matches('/'));
                for resource in self.engine.all_pages(&path).await? {
                    found.push(json!({
                        "resourceType": kind.get("name"),
                        "id": resource.get("id"),
                        "displayName": resource.get("displayName"),
                    }));
                }
            }
            Ok::<_, Refusal>(())
        };
        if let Err(refusal) = outcome.await {
            let app = &self.engine.app.label;
            let reason = refusal.reason;
            self.journal.app_failed(format!("Error while importing entitlements from app {app}: {reason}"));
            return Ok(());
        }
        let incomplete =
            found.iter().find(|entry| !entry["id"].is_string() || !entry["displayName"].is_string());
        if let Some(entry) = incomplete {
            let app = &self.engine.app.label;
            let kind = entry["resourceType"].as_str().unwrap_or_default();
            self.journal.app_failed(format!(
                "Error while importing entitlements from app {app}: a resource of type {kind} has no id or no displayName"
            ));
            return Ok(());
        }
        self.imported_entitlements = found;
        Ok(())
    }
}

fn resources(list: &Value) -> &[Value] {
    field(list, "Resources").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}
