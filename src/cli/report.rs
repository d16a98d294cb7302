//! `scimulate report`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use super::reports::{ReportArgs, exit_code};
use super::{Color, EXIT_PARSE, Failed, env, say};
use crate::report::{self, RequirementsOptions, Terminal, TerminalOptions};
use crate::result::{Event, RunResult};

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
pub(super) struct ReportOptions {
    /// Results that --report-json wrote, the oldest first. Those of different scenarios or requirements
    /// are put together; of what occurs more than once the last counts, and is compared with the one
    /// before.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    reports: ReportArgs,
    /// Show everything, not only what is broken.
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    /// Show only what fails and the counts.
    #[arg(short, long)]
    quiet: bool,
}

/// Runs the command.
pub(super) fn report(args: &ReportOptions, color: Color) -> Result<u8, Failed> {
    let mut results = args.files.iter().map(|path| stored(path)).collect::<Result<Vec<_>, _>>()?;
    let first = results.remove(0);
    let result = RunResult::merged(first, results);
    let color = color.on(std::io::stdout().is_terminal());
    let durations = env("SCIMULATE_NO_DURATIONS").is_none();
    let verbosity = i8::from(args.verbose) - i8::from(args.quiet);
    if result.scenarios.is_empty() {
        let text = report::requirements(&result, RequirementsOptions { color, verbosity, durations });
        say(text.trim_end());
    } else {
        let mut terminal = Terminal::new(
            std::io::stdout(),
            TerminalOptions { color, progress: false, durations, verbosity },
        );
        // The look at discovery documents is none of the scenarios that were selected.
        let selected = result.scenarios.iter().filter(|scenario| scenario.key.dialect != "any").count();
        let finished = result.scenarios.iter().cloned();
        let events = std::iter::once(Event::RunStarted { target: result.target.clone(), selected })
            .chain(finished.map(|result| Event::ScenarioFinished { result: Box::new(result) }))
            .chain(std::iter::once(Event::RunFinished { result: Box::new(result.clone()) }));
        for event in events {
            // A reader that has gone away is no error.
            let _ = terminal.event(&event);
        }
        if !result.left_behind.is_empty() {
            say(&format!("could not be deleted, please remove by hand: {}", result.left_behind.join(", ")));
        }
        result.baseline.sentences().iter().for_each(|sentence| say(sentence));
    }
    args.reports.write(&result)?;
    Ok(exit_code(&result, false))
}

fn stored(path: &Path) -> Result<RunResult, Failed> {
    RunResult::parse(&super::files::text(path)?).map_err(|error| Failed {
        code: EXIT_PARSE,
        message: format!("{} cannot be shown: {error}", path.display()),
    })
}
