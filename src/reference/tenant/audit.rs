//! The audit log (code42-service §1.5): what was done by hand in the console, failed sign-ins of providers,
//! and those entries of the sync log that have a name there too. Kept as long as the sync log.

use serde_json::{Value, json};

use super::audit_log::Act;
use super::audit_log::{Entry, MOST};
use super::id::Id;
use super::log::RETENTION;
use super::model::User;
use super::synclog::LogQuery;
use super::{Tenant, time};

impl Tenant {
    fn write_audit(&mut self, actor: &'static str, act: Act, about: Value) {
        let Value::Object(about) = about else { return };
        if self.audit.entries.len() == MOST {
            self.audit.entries.pop_front();
        }
        let (at, after) = (self.now, self.log_count());
        self.audit.entries.push_back(Entry { at, after, actor, act, about });
    }

    /// An administrator's act, on a user where there is one.
    pub(super) fn audit(&mut self, act: Act, user: Option<&User>) {
        let about = match user {
            Some(user) => json!({ "userId": user.id.to_string(), "username": user.username() }),
            None => json!({}),
        };
        self.write_audit("console", act, about);
    }

    /// What time itself did.
    pub(super) fn audit_clock(&mut self, act: Act, user: &User) {
        let about = json!({ "userId": user.id.to_string(), "username": user.username() });
        self.write_audit("SYSTEM", act, about);
    }

    pub(super) fn audit_organization(&mut self, act: Act, index: usize) {
        let organization = &self.organizations[index];
        let about = json!({ "orgId": organization.id.to_string(), "orgName": &*organization.name });
        self.write_audit("console", act, about);
    }

    pub(super) fn audit_provider(&mut self, act: Act, id: Id) {
        let about = json!({ "providerId": id.to_string(), "providerName": self.provider_name(id) });
        self.write_audit("console", act, about);
    }

    pub(super) fn audit_matter(&mut self, act: Act, name: &str) {
        self.write_audit("console", act, json!({ "matter": name }));
    }

    pub(super) fn audit_watchlist(&mut self, title: &str) {
        self.write_audit("console", Act::WatchlistChanged, json!({ "watchlist": title }));
    }

    /// Somebody came to the SCIM routes with wrong credentials or without any.
    pub(crate) fn audit_refused_sign_in(&mut self) {
        self.write_audit("unknown", Act::SignInFailed, json!({ "code": "AUTH_FAILED" }));
    }

    /// Both kinds of entries in the order in which they came about.
    pub(crate) fn audit_log(&self) -> Vec<Value> {
        let mut own = self.audit.entries.iter().peekable();
        let mut events = Vec::new();
        let show = |entry: &Entry| {
            let mut event = json!({
                "occurredAt": time(entry.at),
                "type": entry.act.as_str(),
                "actor": entry.actor,
            });
            for (key, value) in &entry.about {
                event[key] = value.clone();
            }
            event
        };
        for entry in self.sync_log(&LogQuery::default()) {
            let number = entry["id"].as_u64().unwrap_or_default();
            while let Some(earlier) = own.next_if(|own| own.after < number) {
                events.push(show(earlier));
            }
            if let Some(name) = entry.get("auditEventType").filter(|name| name.is_string()) {
                events.push(json!({
                    "occurredAt": entry["occurredAt"],
                    "type": name,
                    "actor": entry["actor"],
                    "userId": entry["targetId"],
                    "username": entry["username"],
                    "syncLogId": number,
                }));
            }
        }
        events.extend(own.map(show));
        events
    }

    /// Drops what is older than the retention.
    pub(super) fn forget_old_entries(&mut self) {
        if let Ok(limit) = self.now.checked_sub(RETENTION) {
            self.log.forget(limit);
            self.audit.forget(limit);
        }
    }
}
