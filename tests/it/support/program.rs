//! The real program, and how it ended.

use std::process::{Command, Output};

/// How the program ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Everything that it said.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The program, in an environment in which it writes no snapshots and tells no durations.
pub(crate) fn program() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("scimulate"));
    command.env("SCIMULATE_NO_DURATIONS", "1").env("CI", "true").env_remove("SCIMULATE_UPDATE");
    command
}

/// Runs the command to its end.
pub(crate) fn end(command: &mut Command) -> Ended {
    command.output().unwrap().into()
}

/// Runs the program with these arguments.
pub(crate) fn scimulate(arguments: &[&str]) -> Ended {
    end(program().args(arguments))
}
