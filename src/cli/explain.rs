//! `scimulate explain`: a capture, or a message that Okta showed.

use std::fmt::Write as _;
use std::fs::File;
use std::io::BufReader;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use super::{Color, EXIT_FAILED, EXIT_NOTHING, EXIT_OK, EXIT_PARSE, Failed, say};
use crate::capture::{self, Ending, Fields, Source, shown};
use crate::explain::{Broken, Cause, Explainer, Explanation, Message, Report, Root, candidates, nearest};

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A message is recognized with its names and figures in it, e.g.
  scimulate explain \"Automatic profile push of user John Doe to app Code42 failed: Error while trying to push profile update for john@example.com: Bad Request. Errors reported by remote server: …\"")]
pub(super) struct ExplainArgs {
    /// Capture (HAR, curl commands, JSON lines, access log), or the text of an error that Okta shows.
    #[arg(value_name = "FILE|MESSAGE")]
    what: String,
    #[command(flatten)]
    capture: CaptureArgs,
    /// Name of the app in Okta, for the messages.
    #[arg(long, value_name = "NAME", default_value = "App")]
    app: String,
    /// Your endpoint, to be put into the commands that test it.
    #[arg(long, value_name = "URL|NAME")]
    target: Option<String>,
    /// Write the explanation as JSON too; its schema: `scimulate schema explanation`.
    #[arg(long, value_name = "FILE")]
    report_json: Option<PathBuf>,
}

impl ExplainArgs {
    fn write(&self, report: &Report) -> Result<(), Failed> {
        let Some(path) = &self.report_json else { return Ok(()) };
        let text = serde_json::to_string_pretty(report).map_err(|error| Failed::io(error.to_string()))?;
        super::reports::write(path, &format!("{text}\n"))
    }
}

/// How a capture is read.
#[derive(Debug, clap::Args)]
pub(super) struct CaptureArgs {
    /// SCIM base URL of the conversation, when the capture has several; that of the first SCIM request
    /// without it.
    #[arg(long, value_name = "URL")]
    pub(super) base_url: Option<String>,
    /// Where a JSON line has a part of the exchange, e.g. `url=/request/path`; may be repeated. Parts are
    /// method, url, status, request-body, response-body, request-headers, response-headers, time.
    #[arg(long = "field", value_name = "PART=POINTER", value_parser = super::run::assignment)]
    fields: Vec<(String, String)>,
    /// Scheme and host of a log that has paths only.
    #[arg(long, value_name = "URL", default_value = "https://log.invalid")]
    origin: String,
}

impl CaptureArgs {
    /// Reads the capture; a sentence for each thing that is wrong with it is in the ending.
    pub(super) fn read(
        &self,
        path: &Path,
        each: &mut dyn FnMut(capture::Captured) -> bool,
    ) -> Result<(Source, Ending), Failed> {
        let mut fields = Fields::new(&self.origin);
        for (part, pointer) in &self.fields {
            fields.set(part, pointer).map_err(Failed::usage)?;
        }
        let file = File::open(path)
            .map_err(|error| Failed::io(format!("{} cannot be read: {error}", path.display())))?;
        let unusable = |reason: String| Failed {
            code: EXIT_PARSE,
            message: format!("{} cannot be read as a capture: {reason}", path.display()),
        };
        let read = capture::read(BufReader::with_capacity(1 << 16, file), &fields, each);
        let (source, ending) = read.map_err(unusable)?;
        if ending.exchanges == 0
            && let Some(stopped) = &ending.stopped
        {
            return Err(unusable(stopped.clone()));
        }
        if ending.exchanges == 0
            && let Some(first) = ending.unreadable.first()
        {
            return Err(unusable(format!("it holds no exchange; {}", shown(first))));
        }
        Ok((source, ending))
    }
}

/// Runs the command.
pub(super) fn explain(args: &ExplainArgs, color: Color) -> Result<u8, Failed> {
    let paint = Paint(color.on(std::io::stdout().is_terminal()));
    let path = Path::new(&args.what);
    // Not only ordinary files: a capture may come through a pipe.
    if path.exists() && !path.is_dir() {
        return file(args, path, paint);
    }
    if looks_like_a_path(&args.what) {
        return Err(Failed::io(format!("{} cannot be read: there is no such file", path.display())));
    }
    let version = env!("CARGO_PKG_VERSION");
    args.write(&Report::of_message(&args.what, args.target.as_deref(), version))?;
    Ok(message(args, paint))
}

fn looks_like_a_path(text: &str) -> bool {
    let ends = [".har", ".json", ".jsonl", ".log", ".txt", ".sh"];
    !text.contains(char::is_whitespace) && (text.contains('/') || ends.iter().any(|end| text.ends_with(end)))
}

fn message(args: &ExplainArgs, paint: Paint) -> u8 {
    let Some(message) = Message::parse(&args.what) else {
        say("This is no message that Okta is known to show. The nearest is");
        say(&format!("  {}", nearest(&args.what)));
        say(
            "\nGive the whole text, from `Automatic provisioning of user …`, `Unable to update Group Push mapping …` or `Error authenticating: …` on.",
        );
        return EXIT_PARSE;
    };
    let mut out = String::new();
    let phrase = message
        .activity
        .map_or("doing something that the message does not name", |activity| activity.phrase());
    let _ = write!(out, "Okta was {phrase}");
    if let Some(subject) = &message.subject {
        let _ = write!(out, " ({})", shown(subject));
    }
    if let Some(app) = &message.app {
        let _ = write!(out, " in the app {}", shown(app));
    }
    let _ = writeln!(out, ".");
    if let Some(activity) = message.activity {
        let _ = writeln!(out, "Its requests for that: {}", activity.requests());
    }
    if let Some(status) = message.status {
        let _ = writeln!(out, "The answer had the status {status}.");
    }
    if let Some(said) = &message.said {
        let _ = writeln!(out, "The service said: {}", shown(said));
    }
    let causes = candidates(&message);
    let _ = writeln!(out, "\n{}", paint.strong("What may be behind it, likeliest first"));
    for (index, cause) in causes.iter().enumerate() {
        out.push('\n');
        told(&mut out, index + 1, cause, args.target.as_deref(), paint);
    }
    say(out.trim_end());
    EXIT_OK
}

fn told(out: &mut String, number: usize, cause: &Cause, target: Option<&str>, paint: Paint) {
    let _ = writeln!(out, "{}", paint.strong(&format!("{number}. {}", cause.title)));
    wrapped(out, "   ", "   ", cause.why);
    wrapped(out, "   what to do: ", "     ", cause.fix);
    let _ = writeln!(out, "   see it here: {}", cause.reproducing());
    let _ = writeln!(out, "   test your endpoint: {}", cause.testing(target));
    let _ = writeln!(out, "   written in: {}", cause.citations.join("; "));
}

fn file(args: &ExplainArgs, path: &Path, paint: Paint) -> Result<u8, Failed> {
    let mut explainer = Explainer::new(&args.app, args.capture.base_url.as_deref());
    let (_, ending) = args.capture.read(path, &mut |captured| {
        explainer.observe(&captured);
        true
    })?;
    let explanation = explainer.finish();
    if explanation.exchanges == 0 {
        return Err(Failed {
            code: EXIT_NOTHING,
            message: format!(
                "{} holds {} exchanges and none of them is SCIM: no URL has /Users, /Groups or another endpoint of the protocol in it. Is it the right capture, or is --base-url wrong?",
                path.display(),
                explanation.others
            ),
        });
    }
    let version = env!("CARGO_PKG_VERSION");
    args.write(&Report::of_capture(&explanation, ending.notes(), args.target.as_deref(), version))?;
    say(story(&explanation, &ending, args.target.as_deref(), paint).trim_end());
    Ok(if explanation.fails() { EXIT_FAILED } else { EXIT_OK })
}

fn story(explanation: &Explanation, ending: &Ending, target: Option<&str>, paint: Paint) -> String {
    let mut out = String::new();
    match &explanation.root {
        Some(root) => told_root(&mut out, root, target, paint),
        None => {
            let _ = writeln!(
                out,
                "{}",
                paint.strong(
                    "Nothing in this capture fails in Okta's eyes, and no requirement that counts is broken."
                )
            );
        }
    }
    let _ = writeln!(out, "\n{}", paint.strong("The conversation"));
    let base = explanation.base_url.as_deref().map(shown).unwrap_or_default();
    let _ = writeln!(out, "  {} exchanges with {base}", explanation.exchanges);
    if explanation.others > 0 {
        let _ = writeln!(out, "  {} exchanges with others were left out", explanation.others);
    }
    let _ = writeln!(out, "  client: {}", explanation.traits.client());
    for line in explanation.traits.settings() {
        let _ = writeln!(out, "  {line}");
    }
    for note in ending.notes() {
        let _ = writeln!(out, "  {}", paint.warn(&note));
    }
    let _ = writeln!(out, "\n{}", paint.strong("What was done"));
    for operation in &explanation.operations {
        let numbers = operation.parts.iter().map(|part| part.number);
        let (first, last) = (numbers.clone().min().unwrap_or_default(), numbers.max().unwrap_or_default());
        let range = if first == last { format!("{first}") } else { format!("{first}–{last}") };
        match &operation.stop {
            None => {
                let _ = writeln!(out, "  {range:>9}  {}", operation.title());
            }
            Some(stop) => {
                let _ =
                    writeln!(out, "  {range:>9}  {}", paint.bad(&format!("{}  failed", operation.title())));
                let line = operation.parts.iter().find(|part| part.number == stop.number);
                if let Some(part) = line {
                    let _ = writeln!(out, "             at exchange {}: {}", part.number, part.line);
                }
                let message = stop.message.text().map_or_else(
                    || "nothing but a failed sync without a reason in System Log".to_owned(),
                    |text| shown(&text),
                );
                wrapped(&mut out, "             an administrator sees: ", "               ", &message);
            }
        }
    }
    if explanation.untold > 0 {
        let _ = writeln!(out, "  … and {} more", explanation.untold);
    }
    if !explanation.broken.is_empty() {
        let _ = writeln!(out, "\n{}", paint.strong("Requirements that were broken"));
        for broken in &explanation.broken {
            told_broken(&mut out, broken, paint);
        }
    }
    if !explanation.gaps.is_empty() {
        let _ =
            writeln!(out, "\n{}", paint.strong("What the capture does not show, and nobody was judged by"));
        for (number, gap) in explanation.gaps.iter().take(10) {
            let _ = writeln!(out, "  exchange {number}: {}", shown(gap));
        }
        if explanation.gaps.len() > 10 {
            let _ = writeln!(out, "  … and {} more", explanation.gaps.len() - 10);
        }
    }
    out
}

fn told_root(out: &mut String, root: &Root, target: Option<&str>, paint: Paint) {
    let title = match (root.causes.first(), &root.broken) {
        (Some(cause), _) => cause.title.to_owned(),
        (None, Some(finding)) => format!("broken: {}", finding.text),
        (None, None) => "Okta's job failed".to_owned(),
    };
    let _ = writeln!(out, "{}", paint.bad(&format!("Root cause: {title}")));
    let _ = writeln!(out, "  at exchange {}: {}", root.number, root.line);
    if let Some(operation) = &root.operation {
        let _ = writeln!(out, "  it stopped: {operation}");
    }
    if let Some(cause) = root.causes.first() {
        wrapped(out, "  ", "  ", cause.why);
    }
    if let Some(finding) = &root.broken {
        let level = finding.level.as_str();
        let rule = format!("{} ({level}, {}): {}", finding.requirement, finding.citation, finding.text);
        wrapped(out, "  broken there: ", "    ", &rule);
        wrapped(out, "  expected: ", "    ", &finding.expected.join(", or "));
        wrapped(out, "  came: ", "    ", &shown(&finding.actual));
    }
    let message = match (root.message.as_str(), &root.operation) {
        ("", Some(_)) => "nothing: Okta stops, and System Log has a failure without a reason".to_owned(),
        ("", None) => "nothing: Okta takes the answer and goes on".to_owned(),
        (message, _) => shown(message),
    };
    wrapped(out, "  an administrator saw: ", "    ", &message);
    match (root.causes.first(), &root.broken) {
        (Some(cause), _) => {
            wrapped(out, "  what to do: ", "    ", cause.fix);
            let _ = writeln!(out, "  see it here: {}", cause.reproducing());
            let _ = writeln!(out, "  test your endpoint: {}", cause.testing(target));
            let _ = writeln!(out, "  written in: {}", cause.citations.join("; "));
        }
        (None, Some(finding)) => wrapped(out, "  what to do: ", "    ", &finding.advice),
        (None, None) => {}
    }
    let others: Vec<&str> = root.causes.iter().skip(1).take(3).map(|cause| cause.title).collect();
    if !others.is_empty() {
        let _ = writeln!(out, "  if it is not that:");
        for title in others {
            let _ = writeln!(out, "    - {title}");
        }
    }
}

fn told_broken(out: &mut String, broken: &Broken, paint: Paint) {
    let finding = &broken.finding;
    let numbers: Vec<String> = broken.numbers.iter().map(ToString::to_string).collect();
    let more = broken.count - broken.numbers.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let heading = format!(
        "{} ({}, {}) at exchange {}{more}",
        finding.requirement,
        finding.level.as_str(),
        finding.citation,
        numbers.join(", ")
    );
    let heading = if finding.level.fails() { paint.bad(&heading) } else { paint.warn(&heading) };
    let _ = writeln!(out, "  {heading}");
    wrapped(out, "    ", "    ", &finding.text);
    wrapped(out, "    expected: ", "      ", &finding.expected.join(", or "));
    wrapped(out, "    came: ", "      ", &shown(&finding.actual));
    if let Some(message) = &finding.admin_message {
        wrapped(out, "    in Okta: ", "      ", &shown(message));
    }
    wrapped(out, "    what to do: ", "      ", &finding.advice);
}

/// Text in lines of a width that a terminal has.
fn wrapped(out: &mut String, first: &str, rest: &str, text: &str) {
    const WIDTH: usize = 110;
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + word.chars().count() >= WIDTH {
            let _ = writeln!(out, "{}", line.trim_end());
            rest.clone_into(&mut line);
        }
        line.push_str(word);
        line.push(' ');
        empty = false;
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

/// Puts colours on text, or does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    fn on(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(super) fn strong(self, text: &str) -> String {
        self.on("1", text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.on("31", text)
    }

    pub(super) fn warn(self, text: &str) -> String {
        self.on("33", text)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Cli, Command, defects, files};
    use crate::checks;
    use crate::explain::CAUSES;

    /// What stands after each `name` in the command.
    fn values<'a>(command: &'a str, name: &str) -> Vec<&'a str> {
        let words: Vec<&str> = command.split(' ').collect();
        words.windows(2).filter(|pair| pair[0] == name).map(|pair| pair[1]).collect()
    }

    #[test]
    fn both_commands_of_every_cause_are_ones_that_the_program_takes() {
        for cause in CAUSES {
            let command = cause.reproducing();
            let cli = Cli::try_parse_from(command.split(' ')).unwrap_or_else(|error| panic!("{error}"));
            let Command::Run(run) = cli.command else { panic!("{command} is not `run`") };
            let loaded = files::load(&run.paths, None, None);
            let scenarios = loaded.unwrap_or_else(|failed| panic!("{command}: {}", failed.message)).scenarios;
            assert!(!run.paths.is_empty() && !scenarios.is_empty(), "{command} names no scenario");
            for fault in values(&command, "--fault") {
                assert!(defects::Defect::named(fault).is_ok(), "{command}: there is no fault {fault}");
            }

            let command = cause.testing(Some("https://scim.example.com/scim/v2"));
            let cli = Cli::try_parse_from(command.split(' ')).unwrap_or_else(|error| panic!("{error}"));
            assert!(matches!(cli.command, Command::Check(_)), "{command} is not `check`");
            let slugs = values(&command, "--only");
            assert!(!slugs.is_empty(), "{command} names no requirement");
            for slug in slugs {
                let area = format!("{slug}.");
                let known = checks::requirements()
                    .iter()
                    .any(|known| known.slug == slug || known.slug.starts_with(&area));
                assert!(known, "{command}: there is no requirement {slug}");
            }
        }
    }
}
