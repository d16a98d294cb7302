//! The report files that `run` and `check` write.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Color, EXIT_FAILED, EXIT_IO, EXIT_LEFT, EXIT_NOTHING, EXIT_OK, Failed, env};
use crate::exchange::Masker;
use crate::report::{self, Terminal, TerminalOptions};
use crate::result::{Event, RunResult};
use crate::snapshot::write_whole;

/// Which reports to write.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Reports")]
pub(super) struct ReportArgs {
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    report_json: Option<PathBuf>,
    /// Write the result as JUnit XML.
    #[arg(long, value_name = "FILE")]
    report_junit: Option<PathBuf>,
    /// Write the result as TAP.
    #[arg(long, value_name = "FILE")]
    report_tap: Option<PathBuf>,
    /// Write the result as SARIF 2.1.0, for code scanning.
    #[arg(long, value_name = "FILE")]
    report_sarif: Option<PathBuf>,
    /// Write the result as Markdown, short enough for a comment on a pull request.
    #[arg(long, value_name = "FILE")]
    report_markdown: Option<PathBuf>,
    /// Write the result as one HTML page, with every exchange.
    #[arg(long, value_name = "FILE")]
    report_html: Option<PathBuf>,
    /// Print annotations for GitHub Actions, and add a summary to the job's page.
    #[arg(long)]
    report_github: bool,
}

/// The same value with every secret blotted out of its texts, whoever put it there: the last gate before
/// something is shown or written.
pub(super) fn masked<T: Serialize + DeserializeOwned>(value: &T, masker: &Masker) -> Result<T, Failed> {
    // Members that hold words of this program only, which a password may happen to be.
    const OWN_WORDS: [&str; 6] = ["event", "verdict", "outcome", "level", "importance", "profiles"];
    fn walk(value: &mut Value, masker: &Masker) {
        match value {
            Value::String(text) => *text = masker.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, masker)),
            Value::Object(members) => {
                let members = members.iter_mut().filter(|(name, _)| !OWN_WORDS.contains(&name.as_str()));
                members.for_each(|(_, member)| walk(member, masker));
            }
            _ => {}
        }
    }
    let failed = |error: serde_json::Error| Failed::io(format!("the result cannot be masked: {error}"));
    let mut json = serde_json::to_value(value).map_err(failed)?;
    walk(&mut json, masker);
    serde_json::from_value(json).map_err(failed)
}

/// Shows events on the terminal, without secrets.
pub(super) fn told(
    color: Color,
    verbose: bool,
    quiet: bool,
    masker: &Masker,
) -> impl Fn(Event) + Send + Sync + 'static {
    let terminal = std::io::stdout().is_terminal();
    let options = TerminalOptions {
        color: color.on(terminal),
        progress: terminal && !quiet,
        durations: env("SCIMULATE_NO_DURATIONS").is_none(),
        verbosity: i8::from(verbose) - i8::from(quiet),
    };
    let reporter = Mutex::new(Terminal::new(std::io::stdout(), options));
    let masker = masker.clone();
    move |event| {
        let Ok(event) = masked(&event, &masker) else { return };
        // A terminal that has gone away must not end the run.
        let _ = reporter.lock().unwrap_or_else(PoisonError::into_inner).event(&event);
    }
}

/// What the program ends with after such a result.
pub(super) fn exit_code(result: &RunResult, interrupted: bool) -> u8 {
    let counts = result.counts();
    code(counts.failed > 0, &result.left_behind, interrupted || counts.errors > 0, counts.passed > 0)
}

/// The first code that fits, in the order that [`EXIT_LEFT`] says.
pub(super) fn code(failed: bool, left: &[String], broken: bool, passed: bool) -> u8 {
    if failed {
        EXIT_FAILED
    } else if !left.is_empty() {
        EXIT_LEFT
    } else if broken {
        EXIT_IO
    } else if passed {
        EXIT_OK
    } else {
        EXIT_NOTHING
    }
}

/// From a result to the text of a report.
type Render = fn(&RunResult) -> String;

/// Writes one report, with the folders that it needs.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failed> {
    let failed = |error: std::io::Error| {
        Failed::io(format!("the report {} cannot be written: {error}", path.display()))
    };
    write_whole(path, text).map_err(failed)
}

impl ReportArgs {
    /// Writes them.
    pub(super) fn write(&self, result: &RunResult) -> Result<(), Failed> {
        let files: [(&Option<PathBuf>, Render); 6] = [
            (&self.report_json, report::json),
            (&self.report_junit, report::junit),
            (&self.report_tap, report::tap),
            (&self.report_sarif, report::sarif),
            (&self.report_markdown, report::markdown),
            (&self.report_html, report::html),
        ];
        for (path, render) in files {
            if let Some(path) = path {
                write(path, &render(result))?;
            }
        }
        if self.report_github {
            let _ = std::io::stdout().write_all(report::github(result).as_bytes());
            if let Some(path) = env("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
                std::fs::OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(&path)
                    .and_then(|mut file| file.write_all(report::markdown(result).as_bytes()))
                    .map_err(|error| {
                        Failed::io(format!("the job's summary {path} cannot be written: {error}"))
                    })?;
            }
        }
        Ok(())
    }
}
