//! Pending snapshots: list, accept, reject, and the conversation that does it one by one.

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use super::compare::diff;
use crate::text::{Unreadable, read_text};

/// A snapshot that waits for review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Name below the root, e.g. `guide/walkthrough@assigned.snap`.
    pub name: String,
    /// The `.snap.new` file.
    pub new: PathBuf,
    /// The `.snap` file, which may not exist yet.
    pub current: PathBuf,
}

impl Pending {
    /// The difference from the reviewed snapshot.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn diff(&self) -> io::Result<String> {
        let now = read_text(&self.new).map_err(io::Error::other)?;
        let reviewed = match read_text(&self.current) {
            Ok(text) => text,
            Err(Unreadable::Io { reason, .. }) if reason.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(io::Error::other(error)),
        };
        Ok(diff(&reviewed, &now).unwrap_or_default())
    }
}

/// A review that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The operating system refuses.
    #[error("{}: {reason}", path.display())]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// The terminal is gone.
    #[error("the review ended: {0}")]
    Terminal(#[from] io::Error),
}

/// All pending snapshots below `root`, in order of name.
///
/// # Errors
/// When a directory cannot be read.
pub fn pending(root: &Path) -> Result<Vec<Pending>, ReviewError> {
    let mut found = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        let failed =
            |error: io::Error| ReviewError::Io { path: directory.clone(), reason: error.to_string() };
        let entries = match std::fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                directories.push(path);
            } else if let Some(current) = path.to_str().and_then(|text| text.strip_suffix(".new"))
                && current.ends_with(".snap")
            {
                let current = PathBuf::from(current);
                let name = current.strip_prefix(root).unwrap_or(&current).to_string_lossy().into_owned();
                found.push(Pending { name, new: path, current });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Makes the pending snapshot the reviewed one.
///
/// # Errors
/// When the file cannot be moved.
pub fn accept(pending: &Pending) -> Result<(), ReviewError> {
    std::fs::rename(&pending.new, &pending.current)
        .map_err(|error| ReviewError::Io { path: pending.new.clone(), reason: error.to_string() })
}

/// Throws the pending snapshot away.
///
/// # Errors
/// When the file cannot be removed.
pub fn reject(pending: &Pending) -> Result<(), ReviewError> {
    std::fs::remove_file(&pending.new)
        .map_err(|error| ReviewError::Io { path: pending.new.clone(), reason: error.to_string() })
}

/// What was decided about one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Accepted.
    Accepted,
    /// Rejected.
    Rejected,
    /// Left pending.
    Skipped,
}

/// Shows each pending snapshot and asks what to do with it.
///
/// # Errors
/// When a file or the terminal fails.
pub fn review(
    all: &[Pending],
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<Vec<Choice>, ReviewError> {
    let mut choices = Vec::new();
    for (index, one) in all.iter().enumerate() {
        writeln!(output, "\n{} ({} of {})\n", one.name, index + 1, all.len())?;
        writeln!(output, "{}", one.diff()?)?;
        loop {
            write!(output, "[a]ccept, [r]eject, [s]kip, [q]uit? ")?;
            output.flush()?;
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Ok(choices);
            }
            match line.trim() {
                "a" | "accept" => {
                    accept(one)?;
                    choices.push(Choice::Accepted);
                }
                "r" | "reject" => {
                    reject(one)?;
                    choices.push(Choice::Rejected);
                }
                "s" | "skip" => choices.push(Choice::Skipped),
                "q" | "quit" => return Ok(choices),
                _ => continue,
            }
            break;
        }
    }
    Ok(choices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_snapshots_are_found_shown_and_decided() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        std::fs::create_dir(path("a")).unwrap();
        std::fs::write(path("a/one@x.snap"), "old\n").unwrap();
        std::fs::write(path("a/one@x.snap.new"), "new\n").unwrap();
        std::fs::write(path("two@x.snap.new"), "fresh\n").unwrap();
        std::fs::write(path("zzz@x.snap.new"), "left\n").unwrap();
        let all = pending(root.path()).unwrap();
        assert_eq!(
            all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
            ["a/one@x.snap", "two@x.snap", "zzz@x.snap"]
        );
        let mut output = Vec::new();
        let choices = review(&all, &mut "what\na\nr\nq\n".as_bytes(), &mut output).unwrap();
        assert_eq!(choices, [Choice::Accepted, Choice::Rejected]);
        assert!(String::from_utf8(output).unwrap().contains("-old\n+new\n"));
        assert_eq!(std::fs::read_to_string(path("a/one@x.snap")).unwrap(), "new\n");
        assert!(!path("two@x.snap.new").exists() && !path("two@x.snap").exists());
        assert!(path("zzz@x.snap.new").exists());
    }
}
