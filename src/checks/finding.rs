//! What a broken requirement looks like in a result.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Importance, Level, Requirement};
use crate::exchange::{Exchange, Masker, Record, curl_line};

/// One breach of one requirement, with everything a reader needs to see that it is true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Slug of the requirement.
    pub requirement: String,
    /// Its level.
    pub level: Level,
    /// What a breach of it costs.
    #[serde(default)]
    pub importance: Importance,
    /// Where the rule is written.
    pub citation: String,
    /// The rule.
    pub text: String,
    /// All outcomes that would have been right.
    pub expected: Vec<String>,
    /// What came instead.
    pub actual: String,
    /// JSON Pointer into the response body, where one applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// `GET /scim/v2/Users → 200 OK`: the exchange that shows it.
    pub exchange: String,
    /// The same request for a shell, secrets masked.
    pub curl: String,
    /// What an Okta administrator would see because of it, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_message: Option<String>,
    /// What to do.
    pub advice: String,
    /// The exchanges that led there, in order, each on one line; the last is the one that shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conversation: Vec<String>,
    /// The same exchanges in full, at most the last [`Finding::IN_FULL`] of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Arc<Record>>,
}

/// An exchange as its findings keep it.
pub(super) struct Shown {
    summary: String,
    curl: String,
    record: Arc<Record>,
}

impl Shown {
    pub(super) fn new(exchange: &Exchange, masker: &Masker) -> Self {
        Self {
            summary: masker.text(&exchange.summary()),
            curl: curl_line(&exchange.request, masker),
            record: Arc::new(exchange.record(masker)),
        }
    }
}

impl Finding {
    /// Most exchanges that a finding keeps in full.
    pub const IN_FULL: usize = 8;

    /// The breach of `requirement` that `exchange` shows; secrets are masked.
    #[must_use]
    pub fn new(
        requirement: &Requirement,
        exchange: &Exchange,
        masker: &Masker,
        expected: &[&str],
        actual: &str,
    ) -> Self {
        Self::of(requirement, &Shown::new(exchange, masker), masker, expected, actual)
    }

    /// The breach of `requirement` that an exchange shows, of which this is known.
    pub(super) fn of(
        requirement: &Requirement,
        shown: &Shown,
        masker: &Masker,
        expected: &[&str],
        actual: &str,
    ) -> Self {
        Self {
            requirement: requirement.slug.to_owned(),
            level: requirement.level,
            importance: requirement.importance,
            citation: requirement.citation.to_owned(),
            text: requirement.text.to_owned(),
            expected: expected.iter().map(|text| masker.text(text)).collect(),
            actual: masker.shown(actual),
            pointer: None,
            exchange: shown.summary.clone(),
            curl: shown.curl.clone(),
            admin_message: None,
            advice: requirement.advice.to_owned(),
            conversation: Vec::new(),
            evidence: vec![Arc::clone(&shown.record)],
        }
    }

    /// The exchange that shows it, in full, where it was kept.
    #[must_use]
    pub fn shown(&self) -> Option<&Record> {
        self.evidence.iter().rev().find(|record| record.summary() == self.exchange).map(AsRef::as_ref)
    }
}
