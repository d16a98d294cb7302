//! The report files that `run` and `check` write.

use std::io::Write as _;
use std::path::PathBuf;

use super::Failed;
use crate::report;
use crate::result::RunResult;

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
    /// Write the result as Markdown.
    #[arg(long, value_name = "FILE")]
    report_markdown: Option<PathBuf>,
    /// Print annotations for GitHub Actions.
    #[arg(long)]
    report_github: bool,
}

/// From a result to the text of a report.
type Render = fn(&RunResult) -> String;

impl ReportArgs {
    /// Writes them.
    pub(super) fn write(&self, result: &RunResult) -> Result<(), Failed> {
        let files: [(&Option<PathBuf>, Render); 4] = [
            (&self.report_json, report::json),
            (&self.report_junit, report::junit),
            (&self.report_tap, report::tap),
            (&self.report_markdown, report::markdown),
        ];
        for (path, render) in files {
            let Some(path) = path else { continue };
            let failed = |error: std::io::Error| {
                Failed::io(format!("the report {} cannot be written: {error}", path.display()))
            };
            if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                std::fs::create_dir_all(parent).map_err(failed)?;
            }
            std::fs::write(path, render(result)).map_err(failed)?;
        }
        if self.report_github {
            let _ = std::io::stdout().write_all(report::github(result).as_bytes());
        }
        Ok(())
    }
}
