//! The world outside: exit codes, the terminal, the environment, the clock, random numbers, Ctrl-C. No other file
//! touches them.

use clap::ValueEnum;

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

/// A flag that the first Ctrl-C raises, so that what was made can be deleted; the second ends the program.
/// `what` is what made it: `this run`.
pub(super) fn interruption(
    runtime: &tokio::runtime::Runtime,
    what: &'static str,
) -> std::sync::Arc<std::sync::atomic::AtomicBool> {
    let flag = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let raised = std::sync::Arc::clone(&flag);
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            raised.store(true, std::sync::atomic::Ordering::Relaxed);
            say_error(&format!(
                "\ninterrupted: deleting what {what} made; press Ctrl-C again to leave it there"
            ));
            if tokio::signal::ctrl_c().await.is_ok() {
                give_up();
            }
        }
    });
    flag
}

/// Ends the program at once, at the user's second request.
#[expect(clippy::disallowed_methods, reason = "the user asked for it twice")]
pub(super) fn give_up() -> ! {
    std::process::exit(i32::from(EXIT_IO))
}

/// A number that nobody can foretell.
pub(super) fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_i128(now().as_nanosecond());
    hasher.finish()
}
