//! The sync log (code42-service §5): what provisioning did, in order, never edited, for 90 days. Reads,
//! failed sign-ins, no-ops and console edits write nothing. Holds entries compactly: a million users leave a
//! million of them.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::log::{About, Actor, Entry, Target};
use super::{ConsoleError, Tenant};

/// Which entries are wanted; what is absent admits all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LogQuery {
    pub(crate) after: Option<Timestamp>,
    /// At that instant or after it.
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) before: Option<Timestamp>,
    pub(crate) event: Option<String>,
    pub(crate) result: Option<String>,
    pub(crate) user: Option<String>,
    /// From 1.
    pub(super) page: usize,
    pub(super) page_size: Option<usize>,
}

/// The console's parameters of a look into the sync log.
pub(crate) const LOG_PARAMETERS: [&str; 7] =
    ["eventOccurredAfter", "eventOccurredBefore", "event", "result", "user", "page", "pageSize"];

impl LogQuery {
    /// From the console's parameters, [`LOG_PARAMETERS`].
    pub(crate) fn parse(parameters: &[(String, String)]) -> Result<Self, ConsoleError> {
        let mut query = Self::default();
        for (name, value) in parameters {
            let time = || {
                value.parse::<Timestamp>().map(Some).map_err(|_| {
                    ConsoleError::new(
                        400,
                        "INVALID_DATE",
                        format!("`{name}` must be a date and time of RFC 3339, such as 2026-01-31T00:00:00Z, not `{value}`."),
                    )
                })
            };
            match name.as_str() {
                "eventOccurredAfter" => query.after = time()?,
                "eventOccurredBefore" => query.before = time()?,
                "event" => query.event = Some(value.to_uppercase()),
                "result" => query.result = Some(value.to_uppercase()),
                "user" => query.user = Some(value.to_lowercase()),
                "page" => query.page = super::error::count(name, value)?,
                "pageSize" => query.page_size = Some(super::error::count(name, value)?),
                _ => {
                    return Err(ConsoleError::new(
                        400,
                        "UNKNOWN_PARAMETER",
                        format!("`{name}` is no parameter here; those are {}.", LOG_PARAMETERS.join(", ")),
                    ));
                }
            }
        }
        Ok(query)
    }

    fn admits(&self, entry: &Entry) -> bool {
        let user = match &entry.target {
            Target::User(_, username) => Some(username.to_lowercase()),
            _ => None,
        };
        self.after.is_none_or(|after| entry.at > after)
            && self.not_before.is_none_or(|from| entry.at >= from)
            && self.before.is_none_or(|before| entry.at < before)
            && self.event.as_deref().is_none_or(|event| entry.event == event)
            && self.result.as_deref().is_none_or(|result| entry.result == result)
            && self.user.as_ref().is_none_or(|wanted| user.as_ref() == Some(wanted))
    }
}

/// The columns of the CSV (code42-service §5.1).
const COLUMNS: [&str; 20] = [
    "Date",
    "Provider",
    "Actor",
    "Event",
    "Result",
    "Target type",
    "Target",
    "Username",
    "Attribute",
    "Old value",
    "New value",
    "Organization before",
    "Organization after",
    "Roles added",
    "Roles removed",
    "Due",
    "Cause",
    "Code",
    "Message",
    "Request id",
];

impl Tenant {
    /// Writes an entry and gives it back for what only some kinds carry.
    pub(super) fn write_log(
        &mut self,
        actor: Actor,
        event: &'static str,
        result: &'static str,
        about: &About<'_>,
    ) -> &mut Entry {
        let provider = actor.provider();
        self.log_count += 1;
        let entry = Entry {
            id: self.log_count,
            at: self.now,
            actor,
            provider: self
                .providers
                .iter()
                .find(|known| known.id == provider)
                .map(|known| (Arc::clone(&known.display_name), Arc::clone(&known.username))),
            request: if matches!(actor, Actor::Provider(_)) { self.request } else { None },
            event,
            result,
            target: match about {
                About::User(id, username) => Target::User(*id, (*username).into()),
                About::Group(id, name) => Target::Group(*id, (*name).into()),
                About::Organization(id, name) => Target::Organization(*id, (*name).into()),
                About::None => Target::Provider,
            },
            cause: None,
            org_after: None,
            more: None,
        };
        self.log.push(entry)
    }

    pub(crate) fn sync_log(&self, query: &LogQuery) -> Vec<Value> {
        let all = self.log.iter().filter(|entry| query.admits(entry));
        match query.page_size {
            Some(size) => {
                let skipped = query.page.saturating_sub(1).saturating_mul(size);
                all.skip(skipped).take(size).map(Entry::to_json).collect()
            }
            None => all.map(Entry::to_json).collect(),
        }
    }

    /// A page of entries, the newest first.
    pub(crate) fn sync_log_newest(&self, query: &LogQuery, page: usize, size: usize) -> Vec<Value> {
        let skipped = page.saturating_sub(1).saturating_mul(size);
        let fitting = self.log.iter().rev().filter(|entry| query.admits(entry));
        fitting.skip(skipped).take(size).map(Entry::to_json).collect()
    }

    /// The entries that these requests of providers left, the oldest first.
    pub(crate) fn sync_log_of(&self, requests: &[u64]) -> Vec<Value> {
        let Some(first) = requests.iter().min() else { return Vec::new() };
        let recent =
            self.log.iter().rev().take_while(|entry| entry.request.is_none_or(|number| number >= *first));
        let theirs = recent.filter(|entry| entry.request.is_some_and(|number| requests.contains(&number)));
        let mut entries: Vec<Value> = theirs.map(Entry::to_json).collect();
        entries.reverse();
        entries
    }

    /// How many entries there are, whatever the page.
    pub(crate) fn sync_log_total(&self, query: &LogQuery) -> usize {
        self.log.iter().filter(|entry| query.admits(entry)).count()
    }

    /// The entries as CSV (RFC 4180): one row for each changed attribute.
    pub(crate) fn sync_log_csv(&self, query: &LogQuery) -> String {
        let mut csv = row(&COLUMNS.map(str::to_owned));
        for entry in self.sync_log(query) {
            let text = |key: &str| plain(entry.get(key));
            let place = |key: &str| plain(entry.get(key).and_then(|place| place.get("orgName")));
            let changes = entry["changes"].as_array().cloned().unwrap_or_else(|| vec![Value::Null]);
            for change in changes {
                csv += &row(&[
                    text("occurredAt"),
                    text("providerName"),
                    text("actor"),
                    text("event"),
                    text("result"),
                    text("targetType"),
                    text("targetName"),
                    text("username"),
                    plain(change.get("attribute")),
                    plain(change.get("oldValue")),
                    plain(change.get("newValue")),
                    place("orgBefore"),
                    place("orgAfter"),
                    text("rolesAdded"),
                    text("rolesRemoved"),
                    text("dueAt"),
                    text("cause"),
                    text("code"),
                    text("message"),
                    text("requestId"),
                ]);
            }
        }
        csv
    }
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().map(|item| plain(Some(item))).collect::<Vec<_>>().join(" "),
        Some(other) => other.to_string(),
    }
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells
        .iter()
        .map(|cell| {
            // A cell that a spreadsheet would take for a formula gets an apostrophe (code42-service §5.1).
            let cell = if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell.clone() };
            if cell.contains(['"', ',', '\r', '\n']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell
            }
        })
        .collect();
    cells.join(",") + "\r\n"
}
