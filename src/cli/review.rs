//! `scimulate review`, `accept`, `reject` and `pending`.

use std::path::PathBuf;

use super::{EXIT_IO, EXIT_NOTHING, EXIT_OK, Failed, say};
use crate::snapshot::{self, Choice, Pending, ReviewError};

/// Where snapshots are.
#[derive(Debug, clap::Args)]
pub(super) struct RootArgs {
    /// Folder of the snapshots.
    #[arg(default_value = "snapshots")]
    root: PathBuf,
}

/// Which snapshots.
#[derive(Debug, clap::Args)]
pub(super) struct SelectArgs {
    /// Names as `scimulate pending` lists them; all when there is none.
    names: Vec<String>,
    /// Folder of the snapshots.
    #[arg(long, value_name = "DIR", default_value = "snapshots")]
    snapshots: PathBuf,
    /// Write also where the environment variable CI is set.
    #[arg(long)]
    force: bool,
}

fn failed(error: ReviewError) -> Failed {
    Failed { code: EXIT_IO, message: error.to_string() }
}

fn selected(args: &SelectArgs) -> Result<Vec<Pending>, Failed> {
    let all = snapshot::pending(&args.snapshots).map_err(failed)?;
    if args.names.is_empty() {
        return Ok(all);
    }
    for name in &args.names {
        if !all.iter().any(|pending| pending.name == *name) {
            return Err(Failed {
                code: EXIT_NOTHING,
                message: format!("`{name}` is not pending; `scimulate pending` lists what is"),
            });
        }
    }
    Ok(all.into_iter().filter(|pending| args.names.contains(&pending.name)).collect())
}

pub(super) fn pending(args: &RootArgs) -> Result<u8, Failed> {
    for pending in snapshot::pending(&args.root).map_err(failed)? {
        say(&pending.name);
    }
    Ok(EXIT_OK)
}

pub(super) fn accept(args: &SelectArgs) -> Result<u8, Failed> {
    super::may_write(args.force, "accept")?;
    for pending in selected(args)? {
        snapshot::accept(&pending).map_err(failed)?;
        say(&format!("accepted {}", pending.name));
    }
    Ok(EXIT_OK)
}

pub(super) fn reject(args: &SelectArgs) -> Result<u8, Failed> {
    super::may_write(args.force, "reject")?;
    for pending in selected(args)? {
        snapshot::reject(&pending).map_err(failed)?;
        say(&format!("rejected {}", pending.name));
    }
    Ok(EXIT_OK)
}

pub(super) fn review(args: &RootArgs) -> Result<u8, Failed> {
    let all = snapshot::pending(&args.root).map_err(failed)?;
    if all.is_empty() {
        say("No snapshot waits for review.");
        return Ok(EXIT_OK);
    }
    let choices = snapshot::review(&all, &mut std::io::stdin().lock(), &mut std::io::stdout().lock())
        .map_err(failed)?;
    let count = |choice: Choice| choices.iter().filter(|known| **known == choice).count();
    say(&format!(
        "\n{} accepted, {} rejected, {} left pending",
        count(Choice::Accepted),
        count(Choice::Rejected),
        all.len() - count(Choice::Accepted) - count(Choice::Rejected)
    ));
    Ok(EXIT_OK)
}
