//! Accepted failures: each with a reason and, if wanted, a day on which the acceptance ends.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{RequirementResult, Verdict};

/// A file of accepted failures.
///
/// ```toml
/// [[accepted]]
/// requirement = "list.items-per-page"
/// reason = "fixed in 4.2, which customers get in March"
/// expires = "2027-03-31"
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The accepted failures.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
}

/// One accepted failure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// Slug of the requirement.
    pub requirement: String,
    /// Why it is accepted.
    pub reason: String,
    /// The last day on which it is.
    #[serde(default)]
    pub expires: Option<Date>,
}

/// What a baseline did not fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leftover {
    /// Accepted, but not broken any more; to be taken out of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
    /// Accepted up to a day that is past, and still broken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expired: Vec<String>,
    /// Slugs that no requirement has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

impl Leftover {
    /// Whether the file fits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fixed.is_empty() && self.expired.is_empty() && self.unknown.is_empty()
    }

    /// One sentence for each kind of misfit.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        [
            (&self.fixed, "not broken any more; take it out of the baseline"),
            (&self.expired, "accepted up to a day that is past; mend it or give another day"),
            (
                &self.unknown,
                "in the baseline and no requirement of this check; look at `scimulate list requirements`",
            ),
        ]
        .into_iter()
        .filter(|(slugs, _)| !slugs.is_empty())
        .map(|(slugs, told)| format!("{}: {told}", slugs.join(", ")))
        .collect()
    }
}

impl Baseline {
    /// Turns failures and warnings that are accepted into [`Verdict::Accepted`].
    pub fn apply(&self, results: &mut [RequirementResult], today: Date) -> Leftover {
        let mut leftover = Leftover::default();
        for entry in &self.accepted {
            if !super::requirements().iter().any(|known| known.slug == entry.requirement) {
                leftover.unknown.push(entry.requirement.clone());
                continue;
            }
            let Some(result) = results.iter_mut().find(|result| result.requirement == entry.requirement)
            else {
                continue;
            };
            match result.verdict {
                Verdict::Failed | Verdict::Warning | Verdict::Note => {
                    if entry.expires.is_some_and(|last| last < today) {
                        leftover.expired.push(entry.requirement.clone());
                    } else {
                        result.verdict = Verdict::Accepted { reason: entry.reason.clone() };
                    }
                }
                Verdict::Passed => leftover.fixed.push(entry.requirement.clone()),
                _ => {}
            }
        }
        leftover
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn an_acceptance_holds_up_to_its_last_day_and_is_told_once_it_is_not_needed() {
        let baseline: Baseline = toml::from_str(
            r#"
            [[accepted]]
            requirement = "list.schema"
            reason = "known"
            [[accepted]]
            requirement = "list.total-results"
            reason = "known"
            expires = "2026-01-31"
            [[accepted]]
            requirement = "resource.id"
            reason = "known"
            [[accepted]]
            requirement = "no.such"
            reason = "a slip"
            "#,
        )
        .unwrap();
        let mut results = [
            RequirementResult::new("list.schema", Verdict::Failed),
            RequirementResult::new("list.total-results", Verdict::Failed),
            RequirementResult::new("resource.id", Verdict::Passed),
        ];
        let leftover = baseline.apply(&mut results, Date::constant(2026, 2, 1));
        assert_eq!(results[0].verdict, Verdict::Accepted { reason: "known".into() });
        assert_eq!(results[1].verdict, Verdict::Failed);
        assert_eq!(leftover.expired, ["list.total-results"]);
        assert_eq!(leftover.fixed, ["resource.id"]);
        assert_eq!(leftover.unknown, ["no.such"]);
        let mut again = [RequirementResult::new("list.total-results", Verdict::Failed)];
        baseline.apply(&mut again, Date::constant(2026, 1, 31));
        assert!(matches!(again[0].verdict, Verdict::Accepted { .. }));
    }
}
