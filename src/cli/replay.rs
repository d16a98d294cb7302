//! `scimulate replay`: a captured conversation, sent again.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use super::explain::{CaptureArgs, Paint, notes};
use super::targets::TargetArgs;
use super::{Color, EXIT_FAILED, EXIT_NOTHING, EXIT_OK, Failed, say};
use crate::capture::{
    Captured, Destination, HarWriter, Privacy, Replay, Replayed, Versions, base_of, minimised, place, shown,
};
use crate::exchange::Masker;

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub(super) struct ReplayArgs {
    /// Capture: HAR, curl commands, JSON lines of a request log, or an access log.
    file: PathBuf,
    #[command(flatten)]
    capture: CaptureArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// Keep the pauses of the capture; without it everything is sent at once, one after the other.
    #[arg(long)]
    timing: bool,
    /// Stop after the first answer that Okta would take for a failure.
    #[arg(long)]
    until_failure: bool,
    /// Number of the first exchange.
    #[arg(long, value_name = "N", default_value_t = 1)]
    from: usize,
    /// Number of the last exchange.
    #[arg(long, value_name = "N")]
    to: Option<usize>,
    /// Look for the smallest part of the conversation that still leads to the first failure.
    #[arg(long, conflicts_with_all = ["timing", "until_failure"])]
    minimize: bool,
    /// Delete at the end what the replay made on the target.
    #[arg(long)]
    clean_up: bool,
    /// Write what was sent and answered, or with --minimize the part that was found, as HAR.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show only exchanges that differ, and the counts.
    #[arg(short, long)]
    quiet: bool,
}

/// The conversation, and where it goes.
struct Conversation<'a> {
    args: &'a ReplayArgs,
    base_url: String,
    entries: Vec<(usize, Captured)>,
}

/// Runs the command.
pub(super) fn replay(args: &ReplayArgs, color: Color) -> Result<u8, Failed> {
    let paint = Paint(color.on(std::io::stdout().is_terminal()));
    let mut entries = Vec::new();
    let mut base_url = args.capture.base_url.clone().map(|url| url.trim_end_matches('/').to_owned());
    let mut number = 0;
    let (_, ending) = args.capture.read(&args.file, &mut |captured| {
        number += 1;
        if base_url.is_none() {
            base_url = base_of(&captured.exchange.request.url);
        }
        let wanted = number >= args.from && args.to.is_none_or(|to| number <= to);
        let ours = base_url.as_ref().is_some_and(|base| place(base, &captured.exchange.request).is_some());
        if wanted && ours {
            entries.push((number, captured));
        }
        args.to.is_none_or(|to| number < to)
    })?;
    for note in notes(&ending) {
        say(&paint.warn(&note));
    }
    let Some(base_url) = base_url.filter(|_| !entries.is_empty()) else {
        return Err(Failed {
            code: EXIT_NOTHING,
            message: format!(
                "{} holds no SCIM exchange that could be sent again; look at --base-url, --from and --to, or at what `scimulate explain` says of it",
                args.file.display()
            ),
        });
    };
    let conversation = Conversation { args, base_url, entries };
    let runtime = super::runtime()?;
    runtime.block_on(async {
        if args.minimize { conversation.minimize(paint).await } else { conversation.once(paint).await }
    })
}

impl Conversation<'_> {
    /// A fresh reference, or the target as it is; how it is called, and who knows its secrets.
    fn destination(&self) -> Result<(String, Destination, Masker), Failed> {
        let (name, subject, masker) = self.args.target.subject(super::random())?;
        let destination = Destination {
            base_url: subject.base_url,
            authorization: subject.authorization,
            headers: subject.headers,
            transport: subject.transport,
        };
        Ok((name, destination, masker))
    }

    async fn once(&self, paint: Paint) -> Result<u8, Failed> {
        let (name, destination, masker) = self.destination()?;
        let mut replay = Replay::new(&self.base_url, destination, self.args.timing);
        let (mut sent, mut differing) = (0, 0);
        let mut kept = Vec::new();
        say(&format!("{} exchanges, sent again to {}\n", self.entries.len(), shown(&name)));
        for (number, captured) in &self.entries {
            let Some(replayed) = replay.send(*number, captured).await else { continue };
            sent += 1;
            differing += usize::from(!replayed.differences.is_empty());
            if !self.args.quiet || !replayed.differences.is_empty() {
                self.told(&replayed, &masker, paint);
            }
            let failed = replayed.fails();
            if self.args.output.is_some() {
                kept.push(Captured {
                    started: Some(super::now()),
                    exchange: replayed.exchange,
                    gaps: Vec::new(),
                    versions: Versions { request: "HTTP/1.1".into(), response: "HTTP/1.1".into() },
                });
            }
            if failed && self.args.until_failure {
                say(&format!("\nstopped at exchange {number}, the first that fails"));
                break;
            }
        }
        if self.args.clean_up {
            left_behind(&replay.clean_up().await);
        }
        if let Some(path) = &self.args.output {
            written(path, &kept)?;
        }
        let same = sent - differing;
        say(&format!("\n{sent} sent: {same} answered as then, {differing} otherwise"));
        Ok(if differing == 0 { EXIT_OK } else { EXIT_FAILED })
    }

    fn told(&self, replayed: &Replayed, masker: &Masker, paint: Paint) {
        let line = masker.text(&replayed.now);
        if replayed.differences.is_empty() {
            say(&format!("{:>6}  {line}", replayed.number));
            return;
        }
        say(&format!("{:>6}  {}", replayed.number, paint.bad(&line)));
        for difference in &replayed.differences {
            say(&format!("          {}", masker.text(difference)));
        }
    }

    /// Sends these exchanges to a fresh destination; gives the last one as it went.
    async fn trial(&self, numbers: &[usize]) -> Result<Option<Replayed>, Failed> {
        let (_, destination, _) = self.destination()?;
        let mut replay = Replay::new(&self.base_url, destination, false);
        let mut last = None;
        for (number, captured) in self.entries.iter().filter(|(number, _)| numbers.contains(number)) {
            last = replay.send(*number, captured).await;
        }
        if self.args.target.is_remote() {
            let left = replay.clean_up().await;
            if !left.is_empty() {
                return Err(Failed::io(format!(
                    "the target keeps {}, so that no second attempt would begin as the first did; minimize against the built-in reference, or against a target where deletion works",
                    left.join(", ")
                )));
            }
        }
        Ok(last)
    }

    async fn minimize(&self, paint: Paint) -> Result<u8, Failed> {
        let mut before = Vec::new();
        let mut failing = None;
        let (name, destination, masker) = self.destination()?;
        let mut replay = Replay::new(&self.base_url, destination, false);
        for (number, captured) in &self.entries {
            let Some(replayed) = replay.send(*number, captured).await else { continue };
            if replayed.fails() {
                failing = Some(replayed);
                break;
            }
            before.push(*number);
        }
        if self.args.target.is_remote() {
            left_behind(&replay.clean_up().await);
        }
        let Some(failing) = failing else {
            say(&format!(
                "Nothing fails when the {} exchanges are sent to {}, so there is nothing to make smaller.",
                self.entries.len(),
                shown(&name)
            ));
            return Ok(EXIT_OK);
        };
        let signature = failing.signature();
        let mut trouble = None;
        let mut trials = 0;
        let kept = minimised(&before, async |some: &[usize]| {
            if trouble.is_some() {
                return false;
            }
            trials += 1;
            let mut numbers = some.to_vec();
            numbers.push(failing.number);
            match self.trial(&numbers).await {
                Ok(last) => last.is_some_and(|last| last.fails() && last.signature() == signature),
                Err(failed) => {
                    trouble = Some(failed);
                    false
                }
            }
        })
        .await;
        if let Some(failed) = trouble {
            return Err(failed);
        }
        say(&format!(
            "{} of the {} exchanges before it are enough for the failure of exchange {} ({trials} attempts):\n",
            kept.len(),
            before.len(),
            failing.number
        ));
        let wanted = |number: &usize| kept.contains(number) || *number == failing.number;
        let part: Vec<&(usize, Captured)> =
            self.entries.iter().filter(|(number, _)| wanted(number)).collect();
        for (number, captured) in &part {
            let line = shown(&crate::exchange::percent_decode(captured.exchange.request.target()));
            let line = masker.text(&format!("{} {line}", captured.exchange.request.method));
            say(&format!("{number:>6}  {line}"));
        }
        say(&format!("\n        {}", paint.bad(&masker.text(&failing.now))));
        if let Some(path) = &self.args.output {
            let kept: Vec<Captured> = part.into_iter().map(|(_, captured)| captured.clone()).collect();
            written(path, &kept)?;
            say(&format!("\nwritten to {}", path.display()));
        }
        Ok(EXIT_FAILED)
    }
}

fn left_behind(paths: &[String]) {
    if !paths.is_empty() {
        say(&format!("could not be deleted, please remove by hand: {}", shown(&paths.join(", "))));
    }
}

fn written(path: &Path, entries: &[Captured]) -> Result<(), Failed> {
    let failed = |error: std::io::Error| Failed::io(format!("{} cannot be written: {error}", path.display()));
    let file = std::fs::File::create(path).map_err(failed)?;
    let mut writer = HarWriter::new(file, env!("CARGO_PKG_VERSION")).map_err(failed)?;
    let mut privacy = Privacy::new(false);
    for captured in entries {
        writer.append(&privacy.clean(captured)).map_err(failed)?;
    }
    Ok(())
}
