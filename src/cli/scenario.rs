//! `scimulate scenario from`: a capture as a scenario file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::explain::CaptureArgs;
use super::{EXIT_NOTHING, EXIT_OK, Failed, say, say_error};
use crate::capture::{Recogniser, base_of, place};
use crate::scenario::{Draft, parse};

/// Arguments of `scenario`.
#[derive(Debug, clap::Args)]
pub(super) struct ScenarioArgs {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, clap::Subcommand)]
enum Kind {
    /// Write a scenario of what a capture shows, with expectations of the right outcome.
    From(FromArgs),
}

#[derive(Debug, clap::Args)]
struct FromArgs {
    /// Capture: HAR, curl commands, JSON lines of a request log, or an access log.
    file: PathBuf,
    #[command(flatten)]
    capture: CaptureArgs,
    /// File to write; standard output without it.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write over the file if it exists.
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub(super) fn scenario(args: ScenarioArgs) -> Result<u8, Failed> {
    let Kind::From(args) = args.kind;
    let mut base_url = args.capture.base_url.clone().map(|url| url.trim_end_matches('/').to_owned());
    let mut recogniser: Option<Recogniser> = None;
    let mut requests = HashMap::new();
    let mut operations = Vec::new();
    let mut number = 0;
    let (_, ending) = args.capture.read(&args.file, &mut |captured| {
        number += 1;
        if base_url.is_none() {
            base_url = base_of(&captured.exchange.request.url);
        }
        let Some(base) = &base_url else { return true };
        if place(base, &captured.exchange.request).is_none() {
            return true;
        }
        let recogniser = recogniser.get_or_insert_with(|| Recogniser::new(base, "App"));
        let done = recogniser.observe(number, &captured);
        requests.insert(number, captured.exchange.request);
        for operation in &done {
            forget(&mut requests, operation);
        }
        operations.extend(done);
        true
    })?;
    for note in ending.notes() {
        say_error(&note);
    }
    let (Some(base_url), Some(mut recogniser)) = (base_url, recogniser) else {
        return Err(Failed {
            code: EXIT_NOTHING,
            message: format!(
                "{} contains no SCIM exchange, so no scenario can be written; look at --base-url",
                args.file.display()
            ),
        });
    };
    let rest = recogniser.finish();
    rest.iter().for_each(|operation| forget(&mut requests, operation));
    operations.extend(rest);
    operations.sort_by_key(|operation| operation.parts.first().map(|part| part.number));
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let draft = Draft::new(&name, &base_url, &operations, &requests, recogniser.traits());
    let text = draft.text().map_err(|error| Failed::io(error.to_string()))?;
    let path = args.output.clone().unwrap_or_else(|| PathBuf::from("scenario.yaml"));
    if let Err(errors) = parse(&text, &path, "scenario") {
        let reasons: Vec<String> = errors.iter().map(ToString::to_string).collect();
        return Err(Failed::io(format!(
            "the scenario that was written does not parse, which is a mistake of scimulate: {}\n{text}",
            reasons.join("; ")
        )));
    }
    match &args.output {
        None => say(text.trim_end()),
        Some(path) => {
            written(path, &text, args.force)?;
            say(&format!(
                "{} operations in {}; run it with `scimulate run {}`",
                operations.len(),
                path.display(),
                path.display()
            ));
        }
    }
    Ok(EXIT_OK)
}

/// Only requests that become raw steps are needed later.
fn forget(requests: &mut HashMap<usize, crate::exchange::Request>, operation: &crate::capture::Operation) {
    if !Draft::is_raw(operation.kind) {
        operation.parts.iter().for_each(|part| drop(requests.remove(&part.number)));
    }
}

fn written(path: &Path, text: &str, force: bool) -> Result<(), Failed> {
    use std::io::Write as _;
    let mut options = std::fs::File::options();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failed::usage(format!(
            "{} exists; choose another file with --output, or write over it with --force",
            path.display()
        )),
        _ => Failed::io(format!("{} cannot be written: {error}", path.display())),
    };
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)
}
