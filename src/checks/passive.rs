//! The passive judge: hands every exchange of a conversation, in order, to the watching rules of each area.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::engine::{About, DuringCheck, Kind, Memory, Seen, Verdicts, Watcher};
use super::{Finding, rules};
use crate::exchange::{Exchange, Masker};

/// Judges every exchange of a conversation with one service.
#[derive(Debug)]
pub struct PassiveJudge {
    base_path: String,
    memory: Memory,
}

impl PassiveJudge {
    /// A judge of the conversation with the service at `base_url`.
    #[must_use]
    pub fn new(base_url: &str) -> Self {
        let rest = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        Self { base_path: path.trim_end_matches('/').to_owned(), memory: Memory::default() }
    }

    /// Forgets what the service is known to hold, since somebody else may have changed it.
    pub fn forget(&mut self) {
        self.memory = Memory::default();
    }

    /// What is wrong with the next exchange.
    pub fn observe(&mut self, exchange: &Exchange, masker: &Masker) -> Vec<Finding> {
        let mut verdicts = Verdicts::new(exchange, masker);
        match &exchange.outcome {
            Ok(response) => {
                let body: Option<Value> = serde_json::from_slice(&response.body).ok();
                let seen = Seen::read(exchange, response, body.as_ref(), self.about(exchange));
                self.memory.notice(&seen);
                for watch in rules::watches() {
                    (watch.judge)(&seen, &self.memory, &mut verdicts);
                }
                self.memory.learn(&seen);
            }
            // Whether the service did what was asked is unknown now.
            Err(_) => {
                if exchange.request.method != "GET" {
                    self.forget();
                }
            }
        }
        verdicts.found()
    }

    fn about(&self, exchange: &Exchange) -> About {
        About::of(exchange.request.path(), &self.base_path)
    }
}

/// The passive judge of one probe: it also has the rules that hold only during a check.
pub(super) struct CheckWatcher {
    base_url: String,
    judge: PassiveJudge,
    /// What any probe has deleted.
    deleted: Arc<Mutex<BTreeSet<(Kind, String)>>>,
}

impl CheckWatcher {
    pub(super) fn new(base_url: &str) -> Self {
        Self { base_url: base_url.to_owned(), judge: PassiveJudge::new(base_url), deleted: Arc::default() }
    }

    /// The watcher of another probe of the same check.
    pub(super) fn another(&self) -> Self {
        Self { deleted: Arc::clone(&self.deleted), ..Self::new(&self.base_url) }
    }
}

impl Watcher for CheckWatcher {
    fn observe(&mut self, exchange: &Exchange, unwatched: bool, masker: &Masker) -> Vec<Finding> {
        let mut found = if unwatched { Vec::new() } else { self.judge.observe(exchange, masker) };
        let about = self.judge.about(exchange);
        let during = DuringCheck { exchange, about: &about, deleted: &self.deleted };
        let mut verdicts = Verdicts::new(exchange, masker);
        for watch in rules::watches_during_check() {
            (watch.judge)(&during, &mut verdicts);
        }
        found.append(&mut verdicts.found());
        found
    }

    fn forget(&mut self) {
        self.judge.forget();
    }
}
