//! What is wrong in a file, with its place, the lines around it and what to do.

use std::path::{Path, PathBuf};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};

use super::{shortened, visible};

/// Most bytes of what is wrong, and of what to do.
const MESSAGE: usize = 600;
/// Most characters of a line that are shown.
const WIDTH: usize = 120;

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// One-based line; 0 when the problem is about the file as a whole.
    pub line: u64,
    /// One-based column, in characters.
    pub column: u64,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    excerpt: Option<Box<Excerpt>>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.told())?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// A problem of the text at line and column, both from one; at line 0 it is about the file as a whole.
    #[must_use]
    pub fn new(path: &Path, text: &str, at: (u64, u64), message: &str, help: Option<String>) -> Self {
        let (line, column) = at;
        Self {
            path: path.to_owned(),
            line,
            column,
            message: shortened(&visible(message), MESSAGE),
            help: help.map(|help| shortened(&visible(&help), MESSAGE)),
            excerpt: Excerpt::of(path, text, at).map(Box::new),
        }
    }

    /// What `serde_json` does not take.
    #[must_use]
    pub fn json(path: &Path, text: &str, error: &serde_json::Error, help: &str) -> Self {
        let told = error.to_string();
        let message = told.rsplit_once(" at line ").map_or(told.as_str(), |(message, _)| message);
        // It counts bytes.
        let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
        let before = line.floor_char_boundary(error.column().saturating_sub(1));
        let column = line[..before].chars().count() + 1;
        let message = format!("this is not the JSON that is read here: {message}");
        Self::new(path, text, (error.line() as u64, column as u64), &message, Some(help.to_owned()))
    }

    /// What does not parse as TOML.
    #[must_use]
    pub fn toml(path: &Path, text: &str, error: &toml::de::Error, help: &str) -> Self {
        let at = text.floor_char_boundary(error.span().map_or(0, |span| span.start));
        let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
        let line = text[..start].matches('\n').count() + 1;
        let column = text[start..at].chars().count() + 1;
        Self::new(path, text, (line as u64, column as u64), error.message(), Some(help.to_owned()))
    }

    fn told(&self) -> String {
        if self.line == 0 {
            format!("{}: {}", self.path.display(), self.message)
        } else {
            format!("{}:{}:{}: {}", self.path.display(), self.line, self.column, self.message)
        }
    }

    /// With the lines around it, for a terminal.
    #[must_use]
    pub fn rendered(&self) -> String {
        let mut diagnostic = MietteDiagnostic::new(self.told());
        if let Some(help) = &self.help {
            diagnostic = diagnostic.with_help(help.clone());
        }
        let report = match &self.excerpt {
            Some(excerpt) => {
                let label = LabeledSpan::at_offset(excerpt.at, "here");
                miette::Report::new(diagnostic.with_label(label)).with_source_code((**excerpt).clone())
            }
            None => miette::Report::new(diagnostic),
        };
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
            .with_wrap_lines(false)
            .with_width(110);
        let mut text = String::new();
        match handler.render_report(&mut text, report.as_ref()) {
            Ok(()) => text.trim_end().to_owned(),
            Err(_) => self.to_string(),
        }
    }
}

/// A line of a file with its neighbours, as much of each as can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    name: String,
    text: String,
    /// The byte of `text` that it is about.
    at: usize,
    /// The line and the column of the file with which `text` begins, from zero.
    line: usize,
    column: usize,
}

impl Excerpt {
    fn of(path: &Path, text: &str, (line, column): (u64, u64)) -> Option<Self> {
        let (line, column) = (usize::try_from(line).ok()?, usize::try_from(column).ok()?);
        let (wanted, column) = (line.checked_sub(1)?, column.saturating_sub(1));
        let first = wanted.saturating_sub(1);
        // Where the line is long, the place stands in the middle.
        let from = if column < WIDTH { 0 } else { column - WIDTH / 2 };
        let (mut shown, mut at) = (String::new(), None);
        for (number, line) in text.lines().enumerate().skip(first).take(3) {
            if !shown.is_empty() || number > first {
                shown.push('\n');
            }
            let part = |from: usize, most: usize| {
                let part: String = line.chars().skip(from).take(most).collect();
                visible(&part)
            };
            if number == wanted {
                at = Some(shown.len() + part(from, column - from).len());
            }
            shown.push_str(&part(from, WIDTH));
        }
        let at = at.unwrap_or(shown.len()).min(shown.len());
        Some(Self { name: path.display().to_string(), text: shown, at, line: first, column: from })
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let within = self.text.read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            within.data(),
            *within.span(),
            within.line() + self.line,
            within.column() + self.column,
            within.line_count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_shown_wherever_it_is_in_a_line_however_long() {
        for column in [1_u64, 100, 70_000, 1_000_000] {
            let text = format!("a\n{}!{}\nb", "x".repeat(column as usize - 1), "x".repeat(100_000));
            let shown = Problem::new(Path::new("f"), &text, (2, column), "it is wrong", None).rendered();
            assert!(shown.contains(&format!("[f:2:{column}]")), "{shown}");
            assert!(shown.len() < 1_500, "{} bytes", shown.len());
            let lines: Vec<&str> = shown.lines().collect();
            let at = |c: char| lines.iter().find_map(|line| line.chars().position(|other| other == c));
            assert_eq!(at('!'), at('▲'), "{shown}");
        }
    }

    #[rstest::rstest]
    #[case::behind_the_end("a: 1\n", (2, 1))]
    #[case::in_nothing("", (1, 1))]
    #[case::far_away("a", (9, 9))]
    fn a_place_that_is_not_there_is_told_all_the_same(#[case] text: &str, #[case] at: (u64, u64)) {
        let shown = Problem::new(Path::new("f"), text, at, "it ends", None).rendered();
        assert!(shown.contains(&format!("f:{}:{}: it ends", at.0, at.1)), "{shown}");
    }

    #[test]
    fn nothing_of_the_file_reaches_the_terminal_as_it_is() {
        let problem = Problem::new(Path::new("f"), "\u{1b}[2J\u{202e}x", (1, 3), "\u{7}", None);
        let shown = problem.rendered();
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        assert!(shown.contains("\\u{1b}[2J\\u{202e}x"), "{shown}");
    }
}
