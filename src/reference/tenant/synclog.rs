//! The sync log (code42-service §5): what provisioning did, in order, never edited. Reads, failed
//! sign-ins, no-ops and console edits write nothing.

use serde_json::{Value, json};

use super::model::Id;
use super::{Tenant, view};

/// What an entry is about.
pub(super) enum About<'a> {
    User(Id, &'a str),
    Group(Id, &'a str),
    None,
}

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Actor {
    Provider(Id),
    Console(Id),
    Clock(Id),
}

impl Tenant {
    /// Writes an entry and gives it back for what only some kinds carry.
    pub(super) fn write_log(
        &mut self,
        actor: Actor,
        event: &str,
        result: &str,
        about: &About<'_>,
    ) -> &mut Value {
        let provider = match actor {
            Actor::Provider(id) | Actor::Console(id) | Actor::Clock(id) => id,
        };
        let name = self.providers.iter().find(|known| known.id == provider);
        let mut entry = json!({
            "id": self.log.len() + 1,
            "occurredAt": view::time(self.now),
            "providerName": name.map(|provider| provider.display_name.clone()),
            "actor": match actor {
                Actor::Provider(_) => name.map(|provider| provider.username.clone()).unwrap_or_default(),
                Actor::Console(_) => "console".into(),
                Actor::Clock(_) => "SYSTEM".into(),
            },
            "requestId": if matches!(actor, Actor::Provider(_)) { self.request } else { None },
            "event": event,
            "result": result,
        });
        match about {
            About::User(id, username) => {
                entry["targetType"] = json!("USER");
                entry["targetId"] = json!(id.to_string());
                entry["username"] = json!(username);
            }
            About::Group(id, name) => {
                entry["targetType"] = json!("GROUP");
                entry["targetId"] = json!(id.to_string());
                entry["targetName"] = json!(name);
            }
            About::None => entry["targetType"] = json!("PROVIDER"),
        }
        self.log.push(entry);
        let last = self.log.len() - 1;
        &mut self.log[last]
    }

    pub(crate) fn sync_log(&self) -> &[Value] {
        &self.log
    }
}
