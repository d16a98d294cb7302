//! For a person at a terminal: a line for each scenario as it ends, then every failure in full, then the
//! counts. On a TTY a last line says what runs at the moment and why a step waits.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::text::{Paint, broken, changes, table};
use super::view::{NOT_DELETED, Row, Weight, counted, rows, some_of};
use crate::result::{Event, Failure, Outcome, RunResult, ScenarioResult};
use crate::text::{plain, plain_lines, printable};

/// How to show things.
#[derive(Debug, Clone, Copy)]
pub struct TerminalOptions {
    /// Colours.
    pub color: bool,
    /// A live line at the end, which is overwritten.
    pub progress: bool,
    /// Real durations; off where the text must be the same each time.
    pub durations: bool,
    /// 0: as described; above: notes and exchanges in full; below: only failures and counts.
    pub verbosity: i8,
}

/// Writes to a terminal, or to anything that takes text.
pub struct Terminal<W: Write> {
    out: W,
    options: TerminalOptions,
    running: Vec<String>,
    /// Reasons by scenario run.
    waiting: BTreeMap<String, String>,
    /// The live line as it stands there.
    live: String,
    /// What is said about the event.
    page: Vec<u8>,
    /// Whether anything was written.
    begun: bool,
}

impl<W: Write> Terminal<W> {
    /// A reporter on `out`.
    pub fn new(out: W, options: TerminalOptions) -> Self {
        Self {
            out,
            options,
            running: Vec::new(),
            waiting: BTreeMap::new(),
            live: String::new(),
            page: Vec::new(),
            begun: false,
        }
    }

    /// Shows one event.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStarted { target, selected } if self.options.verbosity >= 0 => {
                self.clear_live()?;
                writeln!(self.page, "{selected} scenario runs against {target}\n")?;
            }
            Event::ScenarioStarted { key, .. } => self.running.push(key.to_string()),
            Event::StepStarted { key, .. } => drop(self.waiting.remove(&key.to_string())),
            Event::StepWaiting { key, reason, .. } => {
                drop(self.waiting.insert(key.to_string(), reason.clone()))
            }
            Event::ScenarioFinished { result } => {
                let name = result.key.to_string();
                self.running.retain(|known| *known != name);
                self.waiting.remove(&name);
                self.clear_live()?;
                self.scenario(result)?;
            }
            Event::RunFinished { result } => {
                self.running.clear();
                self.clear_live()?;
                self.summary(result)?;
            }
            Event::RunStarted { .. } => {}
        }
        self.turn_page()?;
        self.show_live()?;
        self.out.flush()
    }

    /// Writes what was said about the event; nothing of anybody else speaks to the terminal or to a CI system in it.
    fn turn_page(&mut self) -> io::Result<()> {
        let page = std::mem::take(&mut self.page);
        let text = printable(&String::from_utf8_lossy(&page));
        // No blank line before everything.
        let text = if self.begun { text.as_str() } else { text.trim_start_matches('\n') };
        self.begun |= !text.is_empty();
        self.out.write_all(text.as_bytes())
    }

    fn clear_live(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.live).is_empty() {
            write!(self.out, "\r\x1b[2K")?;
        }
        Ok(())
    }

    /// What waits and why, else what runs; written again only when it changes.
    fn show_live(&mut self) -> io::Result<()> {
        let text = match (self.waiting.iter().next(), self.running.first()) {
            _ if !self.options.progress => String::new(),
            (Some((name, reason)), _) => format!("{name}: {reason}"),
            (None, Some(name)) if self.running.len() > 1 => {
                format!("running {name} and {} more", self.running.len() - 1)
            }
            (None, Some(name)) => format!("running {name}"),
            (None, None) => String::new(),
        };
        let text: String = plain(&text).chars().take(78).collect();
        if text != self.live {
            self.clear_live()?;
            write!(self.out, "{text}")?;
            self.live = text;
        }
        Ok(())
    }

    fn paint(&self, code: &str, text: &str) -> String {
        Paint(self.options.color).on(code, text)
    }

    fn scenario(&mut self, result: &ScenarioResult) -> io::Result<()> {
        let (label, color, detail) = match &result.outcome {
            Outcome::Passed => ("ok", "32", String::new()),
            Outcome::Failed => ("FAILED", "31;1", String::new()),
            Outcome::Error { .. } => ("ERROR", "31;1", String::new()),
            Outcome::Skipped { reason } => ("skipped", "33", format!(": {reason}")),
            Outcome::Blocked { reason } => ("blocked", "33", format!(": {reason}")),
        };
        let bad = matches!(result.outcome, Outcome::Failed | Outcome::Error { .. });
        if self.options.verbosity < 0 && !bad {
            return Ok(());
        }
        let time = if self.options.durations && result.exchanges > 0 {
            format!("  {} exchanges, {} ms", result.exchanges, result.duration.as_millis())
        } else {
            String::new()
        };
        writeln!(
            self.page,
            "{:>7} {}{detail}{}",
            self.paint(color, label),
            result.key,
            self.paint("2", &time)
        )?;
        if self.options.verbosity > 0 {
            for step in &result.steps {
                writeln!(self.page, "          {}", step.title)?;
                for exchange in &step.exchanges {
                    writeln!(self.page, "            {}", self.paint("2", &plain(exchange)))?;
                }
            }
        }
        Ok(())
    }

    fn summary(&mut self, result: &RunResult) -> io::Result<()> {
        for scenario in &result.scenarios {
            self.failures(scenario)?;
        }
        let least = if self.options.verbosity < 0 { Weight::Failed } else { Weight::Note };
        let paint = Paint(self.options.color);
        write!(self.page, "{}{}", broken(result, least, paint), changes(result, paint))?;
        self.not_observed(result)?;
        if let Some(caveat) = result.caveat().filter(|_| self.options.verbosity >= 0) {
            writeln!(self.page, "\n{}: {caveat}", self.paint("33", "less attested"))?;
        }
        let table = table(result, paint);
        if !table.is_empty() && (self.options.verbosity > 0 || !rows(result).iter().all(Row::is_good)) {
            write!(self.page, "\n{table}")?;
        }
        if !result.left_behind.is_empty() {
            let left = plain(&some_of(&result.left_behind));
            writeln!(self.page, "\n{}: {left}", self.paint("31;1", NOT_DELETED))?;
        }
        let counts = result.counts();
        let bad = counts.failed + counts.errors + result.left_behind.len() > 0;
        let exchanges: usize =
            result.exchanges + result.scenarios.iter().map(|scenario| scenario.exchanges).sum::<usize>();
        let time = if self.options.durations {
            format!(" in {:.2} s", result.duration.as_secs_f64())
        } else {
            String::new()
        };
        let line = format!("{}; {exchanges} exchanges judged{time}", counted(result));
        writeln!(self.page, "\n{}", self.paint(if bad { "31;1" } else { "32;1" }, &line))
    }

    fn failures(&mut self, scenario: &ScenarioResult) -> io::Result<()> {
        if let Outcome::Error { message } = &scenario.outcome {
            let message = plain_lines(message);
            writeln!(self.page, "\n{} {}\n  {message}", self.paint("31;1", "could not run"), scenario.key)?;
        }
        for step in &scenario.steps {
            for failure in &step.failures {
                let head = format!("{}: {}", scenario.key, step.title);
                writeln!(self.page, "\n{} {head}", self.paint("31;1", "failed"))?;
                writeln!(self.page, "  at {}", step.location)?;
                self.failure(failure)?;
            }
        }
        let blocked =
            scenario.steps.iter().filter(|step| matches!(step.outcome, Outcome::Blocked { .. })).count();
        if blocked > 0 {
            let noun = if blocked == 1 { "step says" } else { "steps say" };
            writeln!(self.page, "  {blocked} later {noun} nothing because of it")?;
        }
        Ok(())
    }

    fn failure(&mut self, failure: &Failure) -> io::Result<()> {
        writeln!(self.page, "  {}", plain(&failure.summary))?;
        for expected in &failure.expected {
            self.field("expected", expected)?;
        }
        if let Some(actual) = &failure.actual {
            self.field("actual", actual)?;
        }
        if let Some(diff) = &failure.diff {
            for line in plain_lines(diff).lines() {
                let painted = match line.chars().next() {
                    Some('+') => self.paint("32", line),
                    Some('-') => self.paint("31", line),
                    _ => line.to_owned(),
                };
                writeln!(self.page, "    {painted}")?;
            }
        }
        let rest = [
            ("exchange", &failure.exchange),
            ("reproduce with", &failure.curl),
            ("an Okta administrator sees", &failure.admin_message),
            ("what to do", &failure.advice),
        ];
        for (name, value) in rest {
            if let Some(value) = value {
                self.field(name, value)?;
            }
        }
        Ok(())
    }

    fn field(&mut self, name: &str, value: &str) -> io::Result<()> {
        let value = plain_lines(value);
        let mut lines = value.lines();
        writeln!(self.page, "    {}: {}", self.paint("1", name), lines.next().unwrap_or_default())?;
        for line in lines {
            writeln!(self.page, "      {line}")?;
        }
        Ok(())
    }

    fn not_observed(&mut self, result: &RunResult) -> io::Result<()> {
        let mut all: Vec<&str> =
            result.scenarios.iter().flat_map(|scenario| &scenario.not_observed).map(String::as_str).collect();
        all.sort_unstable();
        all.dedup();
        if !all.is_empty() && self.options.verbosity >= 0 {
            let shown = if self.options.verbosity > 0 { all.len() } else { all.len().min(6) };
            let more = all.len() - shown;
            let rest = if more > 0 { format!(" and {more} more (-v shows all)") } else { String::new() };
            writeln!(
                self.page,
                "\n{} on this target, and so not judged: {}{rest}",
                self.paint("33", "not observed"),
                all[..shown].join(", ")
            )?;
        }
        Ok(())
    }
}
