//! The directory sync report (code42-service §1.5, §5.2): what provisioning did in the last 24 hours, and
//! whether it is mailed to the customer cloud admins.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::requests::EmailFrequency;
use super::synclog::LogQuery;
use super::{ConsoleError, Tenant, time};

impl Tenant {
    pub(crate) fn email_frequency(&self) -> Value {
        json!({ "frequency": self.email.as_str() })
    }

    pub(crate) fn set_email_frequency(
        &mut self,
        frequency: Option<EmailFrequency>,
    ) -> Result<(), ConsoleError> {
        self.email = frequency.ok_or_else(|| {
            ConsoleError::new(
                400,
                "FREQUENCY_REQUIRED",
                "`frequency` is required: DAILY, ERRORS_ONLY or NEVER.",
            )
        })?;
        Ok(())
    }

    /// The report of a day in UTC (`2026-01-31`), or of the last 24 hours.
    pub(crate) fn sync_report(&self, date: Option<&str>) -> Result<Value, ConsoleError> {
        let (from, until) = match date {
            Some(date) => {
                let from: Timestamp = format!("{date}T00:00:00Z").parse().map_err(|_| {
                    ConsoleError::new(
                        400,
                        "INVALID_DATE",
                        format!("`date` must be a day such as 2026-01-31, not `{date}`."),
                    )
                })?;
                (from, from.saturating_add(SignedDuration::from_hours(24)).unwrap_or(from))
            }
            // The instant of the report itself is part of it.
            None => (
                self.now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(self.now),
                self.now.saturating_add(SignedDuration::from_millis(1)).unwrap_or(self.now),
            ),
        };
        let inside = LogQuery { not_before: Some(from), before: Some(until), ..LogQuery::default() };
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut errors = Vec::new();
        for entry in self.sync_log(&inside) {
            *counts.entry(entry["event"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
            if entry["result"] == "ERROR" {
                errors.push(entry);
            }
        }
        let mut recipients: Vec<&str> = self
            .store
            .users()
            .filter(|user| user.active && user.roles.contains("customer-cloud-admin"))
            .map(|user| user.username())
            .collect();
        recipients.sort_unstable();
        let mailed = match self.email {
            EmailFrequency::Daily => true,
            EmailFrequency::ErrorsOnly => !errors.is_empty(),
            EmailFrequency::Never => false,
        };
        Ok(json!({
            "from": time(from),
            "until": time(until),
            "counts": counts,
            "errors": errors,
            "recipients": recipients,
            "mailed": mailed,
        }))
    }
}
