//! The story of a capture: the root cause first, then what was done in order, then every requirement that
//! was broken, with the exchanges that show it. Exchanges are taken one by one and not kept.

use indexmap::IndexMap;

use super::losses::Ledger;
use super::{Cause, Message, candidates};
use crate::capture::{Captured, Operation, Recogniser, Traits, base_of, place, shown};
use crate::checks::{Finding, PassiveJudge};
use crate::exchange::Masker;

/// Most operations that are told one by one; what is beyond is counted.
const TOLD: usize = 500;
/// Most exchanges that are named under one requirement.
const NAMED: usize = 5;

/// A requirement that was broken, once or more often.
#[derive(Debug, Clone)]
pub struct Broken {
    /// The first breach.
    pub finding: Finding,
    /// Numbers of the exchanges, the first few.
    pub numbers: Vec<usize>,
    /// How often in all.
    pub count: usize,
}

/// What everything else follows from.
#[derive(Debug, Clone)]
pub struct Root {
    /// Number of the exchange where it shows.
    pub number: usize,
    /// That exchange on one line.
    pub line: String,
    /// The operation that it stopped.
    pub operation: Option<String>,
    /// What the administrator saw; empty when Okta showed nothing.
    pub message: String,
    /// What may be behind it, likeliest first.
    pub causes: Vec<&'static Cause>,
    /// The requirement that was broken there, or that led there.
    pub broken: Option<Finding>,
}

/// The whole story.
#[derive(Debug)]
pub struct Explanation {
    /// Exchanges with the service.
    pub exchanges: usize,
    /// Exchanges with others.
    pub others: usize,
    /// The service's base URL.
    pub base_url: Option<String>,
    /// Dialect and settings.
    pub traits: Traits,
    /// What was done, in order.
    pub operations: Vec<Operation>,
    /// Operations beyond those.
    pub untold: usize,
    /// What was broken, in the order of its first breach.
    pub broken: Vec<Broken>,
    /// What the capture leaves out, with the number of the exchange.
    pub gaps: Vec<(usize, String)>,
    /// Why it went wrong.
    pub root: Option<Root>,
}

impl Explanation {
    /// Whether something failed in Okta's eyes, or a requirement that counts was broken.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.operations.iter().any(|operation| operation.stop.is_some())
            || self.broken.iter().any(|broken| broken.finding.level.fails())
            || self.root.is_some()
    }
}

/// Takes exchanges and explains them.
pub struct Explainer {
    label: String,
    base_url: Option<String>,
    heard: Option<(PassiveJudge, Recogniser)>,
    ledger: Ledger,
    masker: Masker,
    number: usize,
    exchanges: usize,
    others: usize,
    operations: Vec<Operation>,
    untold: usize,
    broken: IndexMap<String, Broken>,
    gaps: Vec<(usize, String)>,
    first_stop: Option<(Operation, Vec<Finding>)>,
    /// Findings of the latest exchanges, for what led to a stop.
    recent: Vec<(usize, Finding)>,
}

impl Explainer {
    /// Messages name the app `label`. Without a base URL that of the first SCIM request is taken.
    #[must_use]
    pub fn new(label: &str, base_url: Option<&str>) -> Self {
        let mut explainer = Self {
            label: label.to_owned(),
            base_url: None,
            heard: None,
            ledger: Ledger::default(),
            masker: Masker::new(),
            number: 0,
            exchanges: 0,
            others: 0,
            operations: Vec::new(),
            untold: 0,
            broken: IndexMap::new(),
            gaps: Vec::new(),
            first_stop: None,
            recent: Vec::new(),
        };
        if let Some(base_url) = base_url {
            explainer.listen_to(base_url.trim_end_matches('/'));
        }
        explainer
    }

    fn listen_to(&mut self, base_url: &str) {
        self.base_url = Some(base_url.to_owned());
        self.heard = Some((PassiveJudge::new(base_url), Recogniser::new(base_url, &self.label)));
    }

    /// Takes the next exchange.
    pub fn observe(&mut self, captured: &Captured) {
        self.number += 1;
        let number = self.number;
        let request = &captured.exchange.request;
        if self.heard.is_none()
            && let Some(base_url) = base_of(&request.url)
        {
            self.listen_to(&base_url);
        }
        let place = self.base_url.as_ref().and_then(|base_url| place(base_url, request));
        let (Some((judge, recogniser)), Some(place)) = (self.heard.as_mut(), place) else {
            self.others += 1;
            return;
        };
        self.exchanges += 1;
        self.masker.learn_from(&captured.exchange);
        for gap in &captured.gaps {
            if self.gaps.len() < TOLD {
                self.gaps.push((number, gap.clone()));
            }
        }
        let done = recogniser.observe(number, captured);
        // What the capture cut off must not count against the service.
        let findings = if captured.gaps.is_empty() {
            let mut findings = judge.observe(&captured.exchange, &self.masker);
            // The judge says the same of some; of what it has noticed, a second sign adds nothing.
            for lost in self.ledger.observe(&place, &captured.exchange, &self.masker) {
                let slug = &lost.requirement;
                if !self.broken.contains_key(slug) && findings.iter().all(|one| one.requirement != *slug) {
                    findings.push(lost);
                }
            }
            findings
        } else {
            judge.forget();
            Vec::new()
        };
        for finding in findings {
            if self.recent.len() == 64 {
                self.recent.remove(0);
            }
            self.recent.push((number, finding.clone()));
            let broken = self.broken.entry(finding.requirement.clone()).or_insert_with(|| Broken {
                finding,
                numbers: Vec::new(),
                count: 0,
            });
            broken.count += 1;
            if broken.numbers.len() < NAMED {
                broken.numbers.push(number);
            }
        }
        self.take(done);
    }

    fn take(&mut self, done: Vec<Operation>) {
        for operation in done {
            if let Some(stop) = &operation.stop
                && self.first_stop.as_ref().is_none_or(|(first, _)| {
                    first.stop.as_ref().is_some_and(|first| stop.number < first.number)
                })
            {
                let numbers: Vec<usize> = operation.parts.iter().map(|part| part.number).collect();
                let led = self.recent.iter().filter(|(number, _)| numbers.contains(number));
                let led = led.map(|(_, finding)| finding.clone()).collect();
                self.first_stop = Some((operation.clone(), led));
            }
            if self.operations.len() < TOLD {
                self.operations.push(operation);
            } else {
                self.untold += 1;
            }
        }
    }

    /// The story, once all exchanges were taken.
    #[must_use]
    pub fn finish(mut self) -> Explanation {
        let left = self.heard.as_mut().map(|(_, recogniser)| recogniser.finish()).unwrap_or_default();
        self.take(left);
        self.operations.sort_by_key(|operation| operation.parts.first().map(|part| part.number));
        let traits =
            self.heard.as_ref().map(|(_, recogniser)| recogniser.traits().clone()).unwrap_or_default();
        let broken: Vec<Broken> = self.broken.into_values().collect();
        let root = root(self.first_stop.as_ref(), &broken);
        Explanation {
            exchanges: self.exchanges,
            others: self.others,
            base_url: self.base_url,
            traits,
            operations: self.operations,
            untold: self.untold,
            broken,
            gaps: self.gaps,
            root,
        }
    }
}

/// The first job that failed; else the first breach by which Okta is deceived; else the first that counts.
fn root(stopped: Option<&(Operation, Vec<Finding>)>, broken: &[Broken]) -> Option<Root> {
    if let Some((operation, led)) = stopped
        && let Some(stop) = &operation.stop
    {
        let mut causes = candidates(&Message::from(&stop.message));
        // A requirement that was seen broken on the way decides between causes.
        causes.sort_by_key(|cause| {
            let proven = led.iter().any(|finding| cause.tests.contains(&finding.requirement.as_str()));
            !proven
        });
        let line = operation.parts.iter().find(|part| part.number == stop.number);
        let weight = |finding: &&Finding| (!finding.level.fails(), finding.importance);
        return Some(Root {
            number: stop.number,
            line: line.map(|part| part.line.clone()).unwrap_or_default(),
            operation: Some(operation.title()),
            message: stop.message.text().unwrap_or_default(),
            causes,
            broken: led.iter().min_by_key(weight).cloned(),
        });
    }
    let deceived = |broken: &&Broken| broken.finding.admin_message.is_some() && broken.finding.level.fails();
    let first =
        broken.iter().find(deceived).or_else(|| broken.iter().find(|one| one.finding.level.fails()))?;
    Some(Root {
        number: first.numbers.first().copied().unwrap_or_default(),
        line: shown(&crate::exchange::percent_decode(&first.finding.exchange)),
        operation: None,
        message: first.finding.admin_message.clone().unwrap_or_default(),
        causes: Vec::new(),
        broken: Some(first.finding.clone()),
    })
}
