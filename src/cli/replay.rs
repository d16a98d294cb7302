//! `scimulate replay`: a captured conversation, sent again.

use std::cell::OnceCell;
use std::fs::File;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Runtime;

use super::explain::{CaptureArgs, Paint};
use super::reports::code;
use super::targets::{Examined, TargetArgs};
use super::{Color, EXIT_FAILED, EXIT_NOTHING, Failed, say};
use crate::capture::{
    Captured, Destination, Ending, HarWriter, Pace, Privacy, Replay, Replayed, Versions, base_of, minimised,
    place, shown,
};
use crate::exchange::Masker;
use crate::target::Ledger;
use crate::target::names::{PREFIX, mark};

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
    /// Leave on the target what the replay made; without it what was made is deleted at the end.
    #[arg(long)]
    keep: bool,
    /// Write what was sent and answered, or with --minimize the part that was found, as HAR.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show only exchanges that differ, and the counts.
    #[arg(short, long)]
    quiet: bool,
}

/// The conversation, read anew from its file each time it is needed, and where it goes.
struct Conversation<'a> {
    args: &'a ReplayArgs,
    runtime: Runtime,
    paint: Paint,
    /// The target, once something was sent to it, if it is a lasting one.
    lasting: OnceCell<Examined>,
}

/// Runs the command.
pub(super) fn replay(args: &ReplayArgs, color: Color) -> Result<u8, Failed> {
    let paint = Paint(color.on(std::io::stdout().is_terminal()));
    let same = |output: &PathBuf| {
        let real = [output, &args.file].map(|path| path.canonicalize().ok());
        real[0].is_some() && real[0] == real[1]
    };
    if args.output.as_ref().is_some_and(same) {
        return Err(Failed::usage(format!(
            "{} is being read and cannot be written at once; choose another file with --output",
            args.file.display()
        )));
    }
    let conversation = Conversation { args, runtime: super::runtime()?, paint, lasting: OnceCell::new() };
    if args.minimize { conversation.minimize() } else { conversation.once() }
}

/// A replay that has begun.
struct Begun {
    name: String,
    replay: Replay,
    masker: Masker,
    ledger: Ledger,
}

impl Conversation<'_> {
    /// Hands over each exchange that is to be sent, with its number and the base URL of then, until `act` says
    /// `false` or fails.
    fn each(
        &self,
        act: &mut dyn FnMut(usize, &str, Captured) -> Result<bool, Failed>,
    ) -> Result<Ending, Failed> {
        let args = self.args;
        let mut base_url = args.capture.base_url.clone().map(|url| url.trim_end_matches('/').to_owned());
        let mut number = 0;
        let mut outcome = Ok(true);
        let (_, ending) = args.capture.read(&args.file, &mut |captured| {
            number += 1;
            if base_url.is_none() {
                base_url = base_of(&captured.exchange.request.url);
            }
            let wanted = number >= args.from && args.to.is_none_or(|to| number <= to);
            if let Some(base_url) = base_url.as_ref().filter(|_| wanted)
                && place(base_url, &captured.exchange.request).is_some()
            {
                outcome = act(number, base_url, captured);
            }
            matches!(outcome, Ok(true)) && args.to.is_none_or(|to| number < to)
        })?;
        outcome?;
        Ok(ending)
    }

    /// A fresh reference, or the target as it is.
    fn begun(&self, base_url: &str, timing: bool) -> Result<Begun, Failed> {
        let Examined { name, subject, masker, ledger } = match self.lasting.get() {
            Some(lasting) => lasting.clone(),
            None => {
                let examined = self.args.target.subject(&mark(PREFIX, super::random()))?;
                if self.args.target.is_remote() {
                    let ledger = &examined.ledger;
                    super::on_signals(&self.runtime, "this replay", &ledger.interruption(), Some(ledger));
                    let _ = self.lasting.set(examined.clone());
                }
                examined
            }
        };
        let interruption = ledger.interruption();
        let destination = Destination {
            base_url: subject.base_url,
            authorization: subject.authorization,
            headers: subject.headers,
            transport: ledger.unguarded(),
        };
        let pace = timing.then(|| Pace {
            elapsed: super::stopwatch(),
            wait: Arc::new(move |pause| {
                let interruption = interruption.clone();
                Box::pin(async move { interruption.sleep(pause).await })
            }),
        });
        Ok(Begun { name, replay: Replay::new(base_url, destination, pace), masker, ledger })
    }

    fn is_interrupted(&self) -> bool {
        self.lasting.get().is_some_and(|lasting| lasting.ledger.interruption().is_raised())
    }

    /// Deletes what was made on a lasting target; gives what is left.
    fn clean_up(&self, ledger: &Ledger) -> Vec<String> {
        if self.args.target.is_remote() && !self.args.keep {
            self.runtime.block_on(ledger.clean_up())
        } else {
            Vec::new()
        }
    }

    fn nothing(&self) -> Failed {
        Failed {
            code: EXIT_NOTHING,
            message: format!(
                "{} holds no SCIM exchange that could be sent again; look at --base-url, --from and --to, or at what `scimulate explain` says of it",
                self.args.file.display()
            ),
        }
    }

    fn warn(&self, ending: &Ending) {
        for note in ending.notes() {
            say(&self.paint.warn(&note));
        }
    }

    fn once(&self) -> Result<u8, Failed> {
        let mut begun = None;
        let mut output = None;
        let (mut sent, mut differing) = (0, 0);
        let mut stopped = None;
        let ending = self.each(&mut |number, base_url, captured| {
            let Begun { replay, masker, .. } = match &mut begun {
                Some(begun) => begun,
                none => {
                    let fresh = self.begun(base_url, self.args.timing)?;
                    say(&format!("Sent again to {}\n", shown(&fresh.name)));
                    output = self.args.output.as_deref().map(Output::new).transpose()?;
                    none.insert(fresh)
                }
            };
            let Some(replayed) = self.runtime.block_on(replay.send(number, &captured)) else {
                return Ok(true);
            };
            if self.is_interrupted() {
                return Ok(false);
            }
            sent += 1;
            differing += usize::from(!replayed.differences.is_empty());
            if !self.args.quiet || !replayed.differences.is_empty() {
                self.told(&replayed, masker);
            }
            let failed = replayed.fails();
            if let Some(output) = &mut output {
                output.add(&Captured {
                    started: Some(super::now()),
                    exchange: replayed.exchange,
                    gaps: Vec::new(),
                    versions: Versions::default(),
                })?;
            }
            if failed && self.args.until_failure {
                stopped = Some(number);
            }
            Ok(stopped.is_none())
        })?;
        let Some(Begun { ledger, .. }) = begun else { return Err(self.nothing()) };
        if let Some(number) = stopped {
            say(&format!("\nstopped at exchange {number}, the first that fails"));
        }
        let left = self.clean_up(&ledger);
        left_behind(&left);
        self.warn(&ending);
        let same = sent - differing;
        say(&format!("\n{sent} sent: {same} answered as then, {differing} otherwise"));
        Ok(code(differing > 0, &left, self.is_interrupted(), true))
    }

    fn told(&self, replayed: &Replayed, masker: &Masker) {
        let line = masker.text(&replayed.now);
        if replayed.differences.is_empty() {
            say(&format!("{:>6}  {line}", replayed.number));
            return;
        }
        say(&format!("{:>6}  {}", replayed.number, self.paint.bad(&line)));
        for difference in &replayed.differences {
            say(&format!("          {}", masker.text(difference)));
        }
    }

    /// Sends these exchanges, which stand in their order, to a fresh destination; gives the last one as it went.
    fn trial(&self, numbers: &[usize]) -> Result<Option<Replayed>, Failed> {
        let mut begun = None;
        let mut last = None;
        self.each(&mut |number, base_url, captured| {
            if numbers.contains(&number) {
                let Begun { replay, .. } = match &mut begun {
                    Some(begun) => begun,
                    none => none.insert(self.begun(base_url, false)?),
                };
                last = self.runtime.block_on(replay.send(number, &captured));
            }
            Ok(numbers.last().is_some_and(|end| number < *end))
        })?;
        if self.args.target.is_remote()
            && let Some(Begun { ledger, .. }) = begun
        {
            let left = self.runtime.block_on(ledger.clean_up());
            if self.is_interrupted() {
                left_behind(&left);
                return Err(Failed {
                    code: code(false, &left, true, false),
                    message: "it was interrupted".into(),
                });
            }
            if !left.is_empty() {
                return Err(Failed::io(format!(
                    "the target keeps {}, so that no second attempt would begin as the first did; minimize against the built-in reference, or against a target where deletion works",
                    left.join(", ")
                )));
            }
        }
        Ok(last)
    }

    fn minimize(&self) -> Result<u8, Failed> {
        let mut before = Vec::new();
        let mut failing = None;
        let mut begun = None;
        let ending = self.each(&mut |number, base_url, captured| {
            let Begun { replay, .. } = match &mut begun {
                Some(begun) => begun,
                none => none.insert(self.begun(base_url, false)?),
            };
            match self.runtime.block_on(replay.send(number, &captured)) {
                Some(replayed) if replayed.fails() => failing = Some(replayed),
                Some(_) => before.push(number),
                None => {}
            }
            Ok(failing.is_none())
        })?;
        let Some(Begun { name, masker, ledger, .. }) = begun else { return Err(self.nothing()) };
        self.warn(&ending);
        let left = self.clean_up(&ledger);
        left_behind(&left);
        if self.is_interrupted() {
            return Ok(code(false, &left, true, false));
        }
        let Some(failing) = failing else {
            say(&format!(
                "Nothing fails when the {} exchanges are sent to {}, so there is nothing to make smaller.",
                before.len(),
                shown(&name)
            ));
            return Ok(code(false, &left, false, true));
        };
        let signature = failing.signature();
        let mut trouble = None;
        let mut trials = 0;
        let mut kept = minimised(&before, |some: &[usize]| {
            if trouble.is_some() {
                return false;
            }
            trials += 1;
            let mut numbers = some.to_vec();
            numbers.push(failing.number);
            match self.trial(&numbers) {
                Ok(last) => last.is_some_and(|last| last.fails() && last.signature() == signature),
                Err(failed) => {
                    trouble = Some(failed);
                    false
                }
            }
        });
        if let Some(failed) = trouble {
            return Err(failed);
        }
        say(&format!(
            "{} of the {} exchanges before it are enough for the failure of exchange {} ({trials} attempts):\n",
            kept.len(),
            before.len(),
            failing.number
        ));
        kept.push(failing.number);
        let mut output = self.args.output.as_deref().map(Output::new).transpose()?;
        self.each(&mut |number, _, captured| {
            if kept.contains(&number) {
                let line = shown(&crate::exchange::percent_decode(captured.exchange.request.target()));
                let line = masker.text(&format!("{} {line}", captured.exchange.request.method));
                say(&format!("{number:>6}  {line}"));
                if let Some(output) = &mut output {
                    output.add(&captured)?;
                }
            }
            Ok(number < failing.number)
        })?;
        say(&format!("\n        {}", self.paint.bad(&masker.text(&failing.now))));
        if let Some(output) = &output {
            say(&format!("\nwritten to {}", output.path.display()));
        }
        Ok(EXIT_FAILED)
    }
}

fn left_behind(paths: &[String]) {
    if !paths.is_empty() {
        say(&shown(&super::not_deleted(paths)));
    }
}

/// A file to which exchanges are written as they come.
struct Output<'a> {
    path: &'a Path,
    writer: HarWriter<File>,
    privacy: Privacy,
}

impl<'a> Output<'a> {
    fn new(path: &'a Path) -> Result<Self, Failed> {
        let writer = File::create(path).and_then(|file| HarWriter::new(file, env!("CARGO_PKG_VERSION")));
        let writer = writer.map_err(|error| Self::failed(path, &error))?;
        Ok(Self { path, writer, privacy: Privacy::new(false) })
    }

    fn add(&mut self, captured: &Captured) -> Result<(), Failed> {
        let clean = self.privacy.clean(captured);
        self.writer.append(&clean).map_err(|error| Self::failed(self.path, &error))
    }

    fn failed(path: &Path, error: &std::io::Error) -> Failed {
        Failed::io(format!("{} cannot be written: {error}", path.display()))
    }
}
