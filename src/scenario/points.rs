//! The points at which a scenario's state or conversation is compared with a reviewed snapshot.

use super::model::{Scenario, Step};
use super::observe;
use super::options::RunOptions;
use super::{entra, judge};
use crate::clients::Dialect;
use crate::exchange::{Exchange, Masker};
use crate::result::Failure;
use crate::snapshot::{Info, Normaliser, Seen, Snapshot, Verdict, Write, decide, diff, parse, render};
use serde_json::Value;

/// What a comparison led to.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) failures: Vec<Failure>,
    pub(super) not_observed: Vec<String>,
}

pub(super) struct Points<'a> {
    scenario: &'a Scenario,
    dialect: Dialect,
    options: &'a RunOptions,
    normaliser: Normaliser,
    fresh: bool,
    states: Vec<(String, String)>,
}

impl<'a> Points<'a> {
    pub(super) fn new(
        scenario: &'a Scenario,
        dialect: Dialect,
        options: &'a RunOptions,
        normaliser: Normaliser,
        fresh: bool,
    ) -> Self {
        Self { scenario, dialect, options, normaliser, fresh, states: Vec::new() }
    }

    pub(super) fn normaliser(&mut self) -> &mut Normaliser {
        &mut self.normaliser
    }

    pub(super) fn into_states(self) -> Vec<(String, String)> {
        self.states
    }

    /// Compares the state at `point`.
    pub(super) fn compare(&mut self, point: &str, state: &Value) -> Result<Taken, String> {
        let mut state = self.normaliser.value(state);
        if !self.dialect.is_okta() {
            return self.compare_as_entra(point, state);
        }
        let name = if self.scenario.dialects_differ.is_some() {
            format!("{point}.{}", self.dialect.as_str())
        } else {
            point.to_owned()
        };
        let mut not_observed = Vec::new();
        let mut fitted = false;
        if !self.fresh
            && let Some(text) =
                self.options.snapshots.read(&self.file(&name)).map_err(|error| error.to_string())?
        {
            let reviewed = Snapshot::read(&text).map_err(|error| format!("{}: {error}", self.file(&name)))?;
            let reviewed = parse(&reviewed.body).map_err(|error| format!("{}: {error}", self.file(&name)))?;
            not_observed = observe::fit(&reviewed, &mut state);
            fitted = true;
        }
        let text = render(&state);
        if self.fresh || fitted {
            self.states.push((point.to_owned(), text.clone()));
        }
        let failures = self.assert(&name, text)?;
        Ok(Taken { failures, not_observed })
    }

    /// In dialect `entra` the snapshots are the ones that were reviewed for Okta's: nothing is ever written,
    /// and what Entra keeps in ways of its own is left out of both sides and named in the result.
    fn compare_as_entra(&self, point: &str, mut state: Value) -> Result<Taken, String> {
        if self.scenario.dialects_differ.is_some() {
            let why = "snapshots: this scenario's are one for each of Okta's dialects".to_owned();
            return Ok(Taken { failures: Vec::new(), not_observed: vec![why] });
        }
        let file = self.file(point);
        let Some(text) = self.options.snapshots.read(&file).map_err(|error| error.to_string())? else {
            let why = format!("snapshots: {file} is not there yet, and is created in Okta's dialects");
            return Ok(Taken { failures: Vec::new(), not_observed: vec![why] });
        };
        let reviewed = Snapshot::read(&text).map_err(|error| format!("{file}: {error}"))?;
        let mut reviewed = parse(&reviewed.body).map_err(|error| format!("{file}: {error}"))?;
        let mut not_observed = vec![entra::OWN.to_owned()];
        if !self.fresh {
            not_observed.extend(observe::fit(&reviewed, &mut state));
        }
        entra::without_its_own(&mut reviewed);
        entra::without_its_own(&mut state);
        let failures = match diff(&render(&reviewed), &render(&state)) {
            None => Vec::new(),
            Some(diff) => vec![Failure {
                summary: format!("the state differs from the reviewed snapshot {file}"),
                diff: Some(diff),
                advice: Some(
                    "The state must be the one that Okta's dialects lead to; look at the exchanges with -v."
                        .into(),
                ),
                ..Failure::new()
            }],
        };
        Ok(Taken { failures, not_observed })
    }

    /// Keeps the state at the end for the comparison between dialects.
    pub(super) fn end(&mut self, state: &Value) {
        if !self.dialect.is_okta() {
            return;
        }
        let state = self.normaliser.value(state);
        // No snapshot of a scenario can have this name.
        self.states.push(("the end".into(), render(&state)));
    }

    /// Compares the whole conversation of this dialect.
    pub(super) fn wire(
        &mut self,
        steps: &[(String, Vec<Exchange>)],
        base_path: &str,
        masker: &Masker,
    ) -> Result<Taken, String> {
        // The reviewed conversations are Okta's.
        if !self.dialect.is_okta() {
            return Ok(Taken::default());
        }
        // A scenario that takes no snapshot needs none of its conversation either.
        let name = format!("{}.wire", self.dialect.as_str());
        let takes_any = self.scenario.steps.iter().any(|located| matches!(located.value, Step::Snapshot(_)));
        let reviewed = self.options.snapshots.read(&self.file(&name)).map_err(|error| error.to_string())?;
        if !takes_any && reviewed.is_none() {
            return Ok(Taken::default());
        }
        let mut text = String::new();
        for (title, exchanges) in steps {
            text.push_str(&format!("# {title}\n\n"));
            for exchange in exchanges {
                let (_, line) = judge::request_line(exchange, base_path, &[]);
                text.push_str(&format!("{}\n", self.normaliser.text(&line)));
                for (name, value) in &exchange.request.headers {
                    text.push_str(&format!("{name}: {}\n", masker.header(name, value)));
                }
                if let Some(body) = &exchange.request.body {
                    let body = masker.text(&String::from_utf8_lossy(body));
                    text.push_str(&format!("\n{}\n", self.normaliser.text(&body)));
                }
                let outcome = match &exchange.outcome {
                    Ok(response) => format!("{} {}", response.status, response.reason),
                    Err(error) => error.to_string(),
                };
                text.push_str(&format!("→ {outcome}\n\n"));
            }
        }
        let failures = self.assert(&name, text)?;
        Ok(Taken { failures, not_observed: Vec::new() })
    }

    fn file(&self, point: &str) -> String {
        format!("{}@{point}.snap", self.scenario.name)
    }

    fn assert(&self, point: &str, body: String) -> Result<Vec<Failure>, String> {
        let name = self.file(point);
        let snapshots = &self.options.snapshots;
        let reviewed = match snapshots.read(&name).map_err(|error| error.to_string())? {
            Some(text) => Some(Snapshot::read(&text).map_err(|error| format!("{name}: {error}"))?),
            None => None,
        };
        let mut body = body.trim_end_matches('\n').to_owned();
        body.push('\n');
        let seen = match &reviewed {
            None => Seen::Missing,
            Some(reviewed) if reviewed.body == body => Seen::Same,
            Some(_) => Seen::Differs,
        };
        let directory = snapshots.directory();
        // On a lasting target nothing is written unless the target has snapshots of its own.
        let action = decide(self.options.update, self.options.ci || directory.is_none() || !self.fresh, seen);
        let snapshot = Snapshot {
            source: format!("scenarios/{}.yaml", self.scenario.name),
            info: Info {
                scenario: self.scenario.name.clone(),
                point: point.to_owned(),
                title: self.scenario.title.clone(),
            },
            body,
        };
        if let Some(directory) = directory {
            match action.write {
                Write::Nothing => {}
                Write::Pending => {
                    directory.write_pending(&name, &snapshot.write()).map_err(|error| error.to_string())?;
                }
                Write::Snapshot => {
                    directory.write(&name, &snapshot.write()).map_err(|error| error.to_string())?
                }
            }
        }
        if action.verdict == Verdict::Pass {
            return Ok(Vec::new());
        }
        let advice = match (action.write, seen) {
            (Write::Pending, _) => "Run `scimulate review` to look at it and accept or reject it.".to_owned(),
            (_, Seen::Missing) => {
                "Run again with --update unseen on a machine of yours, and commit the snapshot.".to_owned()
            }
            _ => "If the new state is right, run with --update new and then `scimulate review`.".to_owned(),
        };
        Ok(vec![Failure {
            summary: match seen {
                Seen::Missing => format!("there is no reviewed snapshot {name}"),
                Seen::Same | Seen::Differs => format!("the state differs from the reviewed snapshot {name}"),
            },
            diff: diff(reviewed.as_ref().map_or("", |reviewed| &reviewed.body), &snapshot.body),
            advice: Some(advice),
            ..Failure::new()
        }])
    }
}
