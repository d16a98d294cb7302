//! `/api/v1/logs`: System Log of the directory and of provisioning.

use serde_json::{Value, json};

use super::filter::Filter;
use super::request::OrgRequest;
use super::response::{OrgError, OrgResponse};
use super::state::OrgState;

/// Entries of a page when none are asked for, and most (Okta's default and limit).
const PAGE: (usize, usize) = (100, 1000);
/// Longer reasons are cut, as Okta's field is.
const LONGEST_REASON: usize = 255;

/// What an entry is about.
pub(super) struct Target {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) alternate: String,
    pub(super) name: String,
}

impl OrgState {
    /// An entry about what an administrator did.
    pub(super) fn log_event(&mut self, event: &str, targets: &[Target]) {
        self.entry(event, targets, "SUCCESS", None);
    }

    /// An entry about what provisioning came to.
    pub(super) fn log_provisioning(&mut self, entry: &Value, targets: &[Target]) {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let (event, outcome) = (text("event").unwrap_or_default(), text("outcome").unwrap_or("SUCCESS"));
        self.entry(event, targets, outcome, text("reason"));
    }

    fn entry(&mut self, event: &str, targets: &[Target], result: &str, reason: Option<&str>) {
        let provisioning = event.starts_with("application.provision.");
        let actor = if provisioning {
            json!({ "id": "system", "type": "SystemPrincipal", "alternateId": "system@okta.com", "displayName": "Okta System", "detailEntry": null })
        } else {
            json!({ "id": "api-token", "type": "PublicClientApp", "alternateId": "unknown", "displayName": "API token", "detailEntry": null })
        };
        let targets: Vec<Value> = targets
            .iter()
            .map(|Target { id, kind, alternate, name }| {
                json!({ "id": id, "type": kind, "alternateId": alternate, "displayName": name, "detailEntry": null })
            })
            .collect();
        let reason: Option<String> = reason.map(|reason| reason.chars().take(LONGEST_REASON).collect());
        let severity = if result == "SUCCESS" { "INFO" } else { "WARN" };
        let entry = json!({
            "uuid": self.identifier(""),
            "published": self.now(),
            "eventType": event,
            "version": "0",
            "severity": severity,
            "legacyEventType": null,
            "displayMessage": words(event),
            "actor": actor,
            "outcome": { "result": result, "reason": reason },
            "target": targets,
            "transaction": { "type": if provisioning { "JOB" } else { "WEB" }, "id": self.identifier(""), "detail": {} },
            "debugContext": { "debugData": {} },
            "request": { "ipChain": [] },
        });
        self.log.push(entry);
    }

    pub(super) fn list_log(&self, request: &OrgRequest) -> Result<OrgResponse, OrgError> {
        let filter =
            request.query("filter").filter(|text| !text.is_empty()).map(Filter::parse).transpose()?;
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let words: Vec<String> =
            request.query("q").unwrap_or_default().split_whitespace().map(str::to_lowercase).collect();
        let chosen = self.log.iter().filter(|entry| {
            let published = text(entry, "published");
            let whole = entry.to_string().to_lowercase();
            request.query("since").is_none_or(|since| published.as_str() >= since)
                && request.query("until").is_none_or(|until| published.as_str() < until)
                && filter.as_ref().is_none_or(|filter| filter.matches(entry))
                && words.iter().all(|word| whole.contains(word))
        });
        let mut entries: Vec<(String, Value)> =
            chosen.map(|entry| (text(entry, "uuid"), entry.clone())).collect();
        if request.query("sortOrder").is_some_and(|order| order.eq_ignore_ascii_case("descending")) {
            entries.reverse();
        }
        OrgResponse::page(entries, request, &self.options.origin, PAGE)
    }
}

/// What an event says to people.
fn words(event: &str) -> String {
    let known = match event {
        "user.lifecycle.create" => "Create okta user",
        "user.lifecycle.activate" => "Activate Okta user",
        "user.lifecycle.reactivate" => "Reactivate Okta user",
        "user.lifecycle.deactivate" => "Deactivate Okta user",
        "user.lifecycle.suspend" => "Suspend Okta user",
        "user.lifecycle.unsuspend" => "Unsuspend Okta user",
        "user.lifecycle.delete.initiated" => "Delete Okta user",
        "user.account.update_profile" => "Update user profile for Okta",
        "application.user_membership.add" => "Add user to application membership",
        "application.user_membership.remove" => "Remove user's application membership",
        "group.user_membership.add" => "Add user to group membership",
        "group.user_membership.remove" => "Remove user from group membership",
        "application.provision.user.verify_exists" => "Verify user exists in external application",
        "application.provision.user.push" => "Push new user to external application",
        "application.provision.user.push_profile" => "Push user's profile to external application",
        "application.provision.user.reactivate" => "Push user reactivation in external application",
        "application.provision.user.deactivate" => "Push user deactivation in external application",
        other => return other.replace(['.', '_'], " "),
    };
    known.to_owned()
}
