//! What to do with a snapshot: one pure function of mode, CI and what was found, as in insta.

use std::str::FromStr;

/// How snapshots are updated; the names are insta's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UpdateMode {
    /// `new` on a person's machine, `no` in CI.
    #[default]
    Auto,
    /// Differences are written beside the snapshot, as `.snap.new`, for review.
    New,
    /// Snapshots are overwritten.
    Always,
    /// Missing snapshots are written, differences go to `.snap.new`.
    Unseen,
    /// Nothing is written.
    No,
    /// Snapshots are overwritten even when they agree.
    Force,
}

impl FromStr for UpdateMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "auto" => Self::Auto,
            "new" => Self::New,
            "always" => Self::Always,
            "unseen" => Self::Unseen,
            "no" => Self::No,
            "force" => Self::Force,
            other => {
                return Err(format!(
                    "`{other}` is no update mode; use auto, new, always, unseen, no or force"
                ));
            }
        })
    }
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// There is no such snapshot.
    Missing,
    /// It agrees.
    Same,
    /// It differs.
    Differs,
}

/// Whether the assertion holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// Nothing.
    Nothing,
    /// A `.snap.new`.
    Pending,
    /// The `.snap` itself.
    Snapshot,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// Whether the assertion holds.
    pub verdict: Verdict,
    /// What is written.
    pub write: Write,
}

/// What to do in `mode`, in CI or not, with what was found. In CI nothing is ever written.
#[must_use]
pub fn decide(mode: UpdateMode, ci: bool, seen: Seen) -> Action {
    let write = match (mode, seen) {
        _ if ci => Write::Nothing,
        (UpdateMode::Force, _) | (UpdateMode::Always, Seen::Missing | Seen::Differs) => Write::Snapshot,
        (UpdateMode::Unseen, Seen::Missing) => Write::Snapshot,
        (UpdateMode::Auto | UpdateMode::New, Seen::Missing | Seen::Differs)
        | (UpdateMode::Unseen, Seen::Differs) => Write::Pending,
        (UpdateMode::No, _) | (_, Seen::Same) => Write::Nothing,
    };
    let verdict = if seen == Seen::Same || write == Write::Snapshot { Verdict::Pass } else { Verdict::Fail };
    Action { verdict, write }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Seen::{Differs, Missing, Same};
    use UpdateMode::{Always, Auto, Force, New, No, Unseen};
    use Verdict::{Fail, Pass};

    #[rstest::rstest]
    #[case(Auto, false, Missing, Fail, Write::Pending)]
    #[case(Auto, false, Differs, Fail, Write::Pending)]
    #[case(Auto, false, Same, Pass, Write::Nothing)]
    #[case(Auto, true, Differs, Fail, Write::Nothing)]
    #[case(New, false, Missing, Fail, Write::Pending)]
    #[case(Always, false, Missing, Pass, Write::Snapshot)]
    #[case(Always, false, Differs, Pass, Write::Snapshot)]
    #[case(Always, false, Same, Pass, Write::Nothing)]
    #[case(Unseen, false, Missing, Pass, Write::Snapshot)]
    #[case(Unseen, false, Differs, Fail, Write::Pending)]
    #[case(No, false, Missing, Fail, Write::Nothing)]
    #[case(No, false, Same, Pass, Write::Nothing)]
    #[case(Force, false, Same, Pass, Write::Snapshot)]
    fn the_mode_decides(
        #[case] mode: UpdateMode,
        #[case] ci: bool,
        #[case] seen: Seen,
        #[case] verdict: Verdict,
        #[case] write: Write,
    ) {
        assert_eq!(decide(mode, ci, seen), Action { verdict, write });
    }

    #[rstest::rstest]
    fn ci_never_writes(
        #[values(Auto, New, Always, Unseen, No, Force)] mode: UpdateMode,
        #[values(Missing, Same, Differs)] seen: Seen,
    ) {
        let action = decide(mode, true, seen);
        assert_eq!(action.write, Write::Nothing);
        assert_eq!(action.verdict == Pass, seen == Same);
    }
}
