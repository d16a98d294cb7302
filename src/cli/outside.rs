//! The world outside: exit codes, the terminal, the environment, the clock, random numbers, signals. No other file
//! touches them.

use clap::ValueEnum;

use crate::exchange::Interruption;
use crate::target::{CLEAN_UP_TIME, Ledger};
use crate::text::printable;

/// Everything was as expected.
pub const EXIT_OK: u8 = 0;

/// Wrong usage or configuration.
pub const EXIT_USAGE: u8 = 1;

/// A scenario or another file does not parse.
pub const EXIT_PARSE: u8 = 2;

/// Could not run: network, files.
pub const EXIT_IO: u8 = 3;

/// An expectation, a check or a snapshot failed.
pub const EXIT_FAILED: u8 = 4;

/// Nothing was selected.
pub const EXIT_NOTHING: u8 = 5;

/// Something that was created on the target could not be deleted again. Where several codes fit, what failed comes
/// first: 4, then 6, then 3, then 5, then 0.
pub const EXIT_LEFT: u8 = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    pub(super) fn on(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => terminal && env("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}

/// What went wrong, with its exit code.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) code: u8,
    pub(super) message: String,
}

impl Failed {
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { code: EXIT_USAGE, message: message.into() }
    }

    pub(super) fn io(message: impl Into<String>) -> Self {
        Self { code: EXIT_IO, message: message.into() }
    }
}

/// Lines on standard output, in which nothing of anybody else speaks to the terminal or to a CI system. A reader that has gone away is no error.
pub(super) fn say(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout().lock(), "{}", printable(text));
}

/// Likewise on standard error.
pub(super) fn say_error(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(text));
}

/// The one place where the environment is read.
#[expect(clippy::disallowed_methods, reason = "cli owns the environment")]
pub(super) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Whether this is CI, by the environment variable `CI`.
pub(super) fn is_ci() -> bool {
    env("CI").is_some_and(|value| !["", "0", "false"].contains(&value.as_str()))
}

/// Refuses to write in the project in CI, where nobody would look at what was written.
pub(super) fn may_write(force: bool, command: &str) -> Result<(), Failed> {
    if force || !is_ci() {
        return Ok(());
    }
    Err(Failed::usage(format!(
        "the environment variable CI is set, and in CI nothing is written in the project; run `scimulate {command}` elsewhere, or with --force"
    )))
}

/// The one place where the wall clock is read.
#[expect(clippy::disallowed_methods, reason = "cli owns the wall clock")]
pub(super) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Time since the program began to ask.
pub(super) fn stopwatch() -> crate::scenario::Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "cli measures real time")]
    let began = std::time::Instant::now();
    std::sync::Arc::new(move || began.elapsed())
}

/// What runs everything that waits for something.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::io(error.to_string()))
}

/// Raises `interruption` at the first signal that ends programs, so that what was made is deleted; the second ends the
/// program at once. `what` is what made it: `this run`.
pub(super) fn on_signals(
    runtime: &tokio::runtime::Runtime,
    what: &'static str,
    interruption: &Interruption,
    ledger: Option<&Ledger>,
) {
    let (interruption, ledger) = (interruption.clone(), ledger.cloned());
    let signals = {
        // Signals are heard from here on.
        let _inside = runtime.enter();
        Signals::new()
    };
    runtime.spawn(async move {
        let Ok(mut signals) = signals else { return };
        signals.next().await;
        interruption.raise();
        say_error(&format!(
            "\ninterrupted: deleting what {what} made, for at most {} s; a second signal ends it at once",
            CLEAN_UP_TIME.as_secs()
        ));
        signals.next().await;
        let left = ledger.map(|ledger| ledger.left()).unwrap_or_default();
        if !left.is_empty() {
            say_error(&not_deleted(&left));
        }
        give_up(if left.is_empty() { EXIT_IO } else { EXIT_LEFT });
    });
}

/// What could not be deleted, in a sentence.
pub(super) fn not_deleted(left: &[String]) -> String {
    format!("could not be deleted, please remove by hand: {}", left.join(", "))
}

/// Ends the program at once, at the user's second request.
#[expect(clippy::disallowed_methods, reason = "the user asked for it twice")]
fn give_up(code: u8) -> ! {
    std::process::exit(i32::from(code))
}

/// The signals that ask a program to end: Ctrl-C, what service managers and CI send, and a terminal that is closed.
pub(super) struct Signals {
    #[cfg(unix)]
    kinds: [tokio::signal::unix::Signal; 3],
}

impl Signals {
    /// From now on signals wait for [`Signals::next`].
    #[cfg(unix)]
    pub(super) fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [interrupt, terminate, hangup] = kinds.map(signal);
        Ok(Self { kinds: [interrupt?, terminate?, hangup?] })
    }

    /// From now on signals wait for [`Signals::next`].
    #[cfg(not(unix))]
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate, hangup] = &mut self.kinds;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// A number that nobody can foretell.
pub(super) fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_i128(now().as_nanosecond());
    hasher.finish()
}
