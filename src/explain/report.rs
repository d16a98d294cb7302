//! An explanation as data, for programs. It holds what the terminal shows and neither bodies nor header fields,
//! so that no credential of a capture gets into it.

use schemars::JsonSchema;
use serde::Serialize;

use super::narrative::{Broken, Explanation, Root};
use super::{Cause, Message, candidates, nearest};
use crate::capture::{Operation, shown};
use crate::checks::{Finding, Level};

/// What `explain --report-json` writes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of this format; changes when a field changes its meaning.
    pub format_version: u32,
    /// Version of the program.
    pub scimulate_version: String,
    /// What was explained.
    pub explained: Explained,
}

/// A message or a capture.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Explained {
    /// A text that Okta showed.
    Message(MessageReport),
    /// A text that Okta is not known to show.
    #[serde(rename_all = "camelCase")]
    UnknownMessage {
        /// The form of message that is most like it.
        nearest: String,
    },
    /// A conversation.
    Capture(Box<CaptureReport>),
}

/// A message, taken apart, and what may be behind it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageReport {
    /// What Okta was about, to complete "Okta was …".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doing: Option<String>,
    /// The requests that it consists of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<String>,
    /// The app's label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The person or group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The status behind the reason phrase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What the service said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// Likeliest first.
    pub causes: Vec<CauseReport>,
}

/// One thing that leads to a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CauseReport {
    /// In one line.
    pub title: String,
    /// Why it leads to the message.
    pub why: String,
    /// What to do.
    pub fix: String,
    /// The command that shows the same on the built-in reference.
    pub reproduce: String,
    /// The command that tests an endpoint for it.
    pub test: String,
    /// Where it is written.
    pub citations: Vec<String>,
}

/// The story of a capture.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaptureReport {
    /// Whether something failed in Okta's eyes, or a requirement that counts was broken.
    pub fails: bool,
    /// What everything else follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_cause: Option<RootReport>,
    /// The service's base URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Exchanges with the service.
    pub exchanges: usize,
    /// Exchanges with others, which were left out.
    pub other_exchanges: usize,
    /// Who spoke to the service, in a sentence.
    pub client: String,
    /// Settings of the app that show in the requests.
    pub settings: Vec<String>,
    /// What was wrong with the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What was done, in order.
    pub operations: Vec<OperationReport>,
    /// Operations beyond those.
    pub operations_left_out: usize,
    /// What was broken, in the order of its first breach.
    pub broken: Vec<BrokenReport>,
    /// What the capture leaves out, which nobody was judged by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<GapReport>,
}

/// Why it went wrong.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RootReport {
    /// Number of the exchange where it shows, from 1.
    pub exchange: usize,
    /// That exchange on one line.
    pub line: String,
    /// The operation that it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// What the administrator saw; empty when Okta showed nothing.
    pub admin_message: String,
    /// What may be behind it, likeliest first.
    pub causes: Vec<CauseReport>,
    /// The requirement that was broken there, or that led there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
}

/// One operation of Okta.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperationReport {
    /// In one line.
    pub title: String,
    /// Numbers of its exchanges, from 1.
    pub exchanges: Vec<usize>,
    /// Where Okta stopped, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureReport>,
}

/// Where Okta stopped.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailureReport {
    /// Number of the exchange.
    pub exchange: usize,
    /// What the administrator saw; empty when Okta showed nothing.
    pub admin_message: String,
}

/// A requirement that was broken, once or more often.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrokenReport {
    /// Slug of the requirement.
    pub requirement: String,
    /// Its level.
    pub level: Level,
    /// Where the rule is written.
    pub citation: String,
    /// The rule.
    pub text: String,
    /// All outcomes that would have been right.
    pub expected: Vec<String>,
    /// What came instead.
    pub actual: String,
    /// What an administrator would see because of it, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_message: Option<String>,
    /// What to do.
    pub advice: String,
    /// Numbers of exchanges that show it, the first few.
    pub exchanges: Vec<usize>,
    /// How often in all.
    pub count: usize,
}

/// What the capture leaves out of an exchange.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GapReport {
    /// Number of the exchange.
    pub exchange: usize,
    /// What is missing.
    pub gap: String,
}

impl Report {
    fn new(version: &str, explained: Explained) -> Self {
        Self { format_version: 1, scimulate_version: version.to_owned(), explained }
    }

    /// Of a text that Okta showed. `target` is put into the commands that test an endpoint.
    #[must_use]
    pub fn of_message(text: &str, target: Option<&str>, version: &str) -> Self {
        let Some(message) = Message::parse(text) else {
            return Self::new(version, Explained::UnknownMessage { nearest: nearest(text).to_owned() });
        };
        let causes = candidates(&message).into_iter().map(|cause| cause.report(target)).collect();
        let explained = MessageReport {
            doing: message.activity.map(|activity| activity.phrase().to_owned()),
            requests: message.activity.map(|activity| activity.requests().to_owned()),
            app: message.app,
            subject: message.subject,
            status: message.status,
            said: message.said,
            causes,
        };
        Self::new(version, Explained::Message(explained))
    }

    /// Of a capture. `notes` say what was wrong with the file.
    #[must_use]
    pub fn of_capture(
        explanation: &Explanation,
        notes: Vec<String>,
        target: Option<&str>,
        version: &str,
    ) -> Self {
        let gap = |(exchange, gap): &(usize, String)| GapReport { exchange: *exchange, gap: gap.clone() };
        let explained = CaptureReport {
            fails: explanation.fails(),
            root_cause: explanation.root.as_ref().map(|root| of_root(root, target)),
            base_url: explanation.base_url.clone(),
            exchanges: explanation.exchanges,
            other_exchanges: explanation.others,
            client: explanation.traits.client(),
            settings: explanation.traits.settings(),
            notes,
            operations: explanation.operations.iter().map(of_operation).collect(),
            operations_left_out: explanation.untold,
            broken: explanation.broken.iter().map(of_broken).collect(),
            gaps: explanation.gaps.iter().map(gap).collect(),
        };
        Self::new(version, Explained::Capture(Box::new(explained)))
    }
}

fn of_root(root: &Root, target: Option<&str>) -> RootReport {
    RootReport {
        exchange: root.number,
        line: root.line.clone(),
        operation: root.operation.clone(),
        admin_message: root.message.clone(),
        causes: root.causes.iter().map(|cause| cause.report(target)).collect(),
        requirement: root.broken.as_ref().map(|finding| finding.requirement.clone()),
    }
}

fn of_operation(operation: &Operation) -> OperationReport {
    OperationReport {
        title: operation.title(),
        exchanges: operation.parts.iter().map(|part| part.number).collect(),
        failure: operation.stop.as_ref().map(|stop| FailureReport {
            exchange: stop.number,
            admin_message: stop.message.text().unwrap_or_default(),
        }),
    }
}

fn of_broken(broken: &Broken) -> BrokenReport {
    let Finding { requirement, level, citation, text, expected, actual, admin_message, advice, .. } =
        broken.finding.clone();
    BrokenReport {
        requirement,
        level,
        citation,
        text,
        expected,
        actual,
        admin_message,
        advice,
        exchanges: broken.numbers.clone(),
        count: broken.count,
    }
}

impl Cause {
    /// The command that shows the same on the built-in reference.
    #[must_use]
    pub fn reproducing(&self) -> String {
        format!("scimulate {}", self.reproduce)
    }

    /// The command that tests an endpoint for it.
    #[must_use]
    pub fn testing(&self, target: Option<&str>) -> String {
        let only: Vec<String> = self.tests.iter().map(|slug| format!("--only {slug}")).collect();
        format!("scimulate check --target {} {}", shown(target.unwrap_or("URL")), only.join(" "))
    }

    fn report(&self, target: Option<&str>) -> CauseReport {
        CauseReport {
            title: self.title.to_owned(),
            why: self.why.to_owned(),
            fix: self.fix.to_owned(),
            reproduce: self.reproducing(),
            test: self.testing(target),
            citations: self.citations.iter().map(|citation| (*citation).to_owned()).collect(),
        }
    }
}
