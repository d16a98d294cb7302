//! Where snapshots are: a directory that can be written, or anything else that can be read by name.

use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::text::{Unreadable, read_text};

/// Gives snapshots by name, e.g. `guide/walkthrough@assigned.snap`.
pub trait Source: Send + Sync {
    /// The file's text, or `None` when there is no such snapshot.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    fn read(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// The directory to write to, when there is one.
    fn directory(&self) -> Option<&Directory> {
        None
    }
}

/// A snapshot that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refuses.
    #[error("the snapshot {} cannot be {action}: {reason}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// `read` or `written`.
        action: &'static str,
        /// What the operating system said.
        reason: String,
    },
    /// It cannot be read.
    #[error("the snapshot {0}")]
    Unreadable(Unreadable),
    /// The name leads out of the directory.
    #[error("`{name}` is not a snapshot's name; it must stay below its directory")]
    Outside {
        /// The name.
        name: String,
    },
}

/// A directory of snapshots, with an optional one in front of it that overrides single files.
#[derive(Debug, Clone)]
pub struct Directory {
    root: PathBuf,
    overrides: Option<PathBuf>,
}

impl Directory {
    /// Snapshots below `root`.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), overrides: None }
    }

    /// With a target's own directory in front.
    #[must_use]
    pub fn with_overrides(mut self, overrides: Option<PathBuf>) -> Self {
        self.overrides = overrides;
        self
    }

    /// Where snapshots are written.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.overrides.as_deref().unwrap_or(&self.root)
    }

    fn path(root: &Path, name: &str) -> Result<PathBuf, StoreError> {
        let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if inside { Ok(root.join(name)) } else { Err(StoreError::Outside { name: name.to_owned() }) }
    }

    /// Writes the snapshot itself and removes what was pending for it.
    ///
    /// # Errors
    /// When it cannot be written; an existing file is then as it was.
    pub fn write(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let path = Self::path(self.root(), name)?;
        written(&path, text)?;
        self.clear(name)
    }

    /// Writes `NAME.new` beside the snapshot, for review.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_pending(&self, name: &str, text: &str) -> Result<(), StoreError> {
        written(&Self::path(self.root(), &format!("{name}.new"))?, text)
    }

    /// Removes what is pending for the snapshot.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub fn clear(&self, name: &str) -> Result<(), StoreError> {
        let path = Self::path(self.root(), &format!("{name}.new"))?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::Io { path, action: "removed", reason: error.to_string() })
            }
            _ => Ok(()),
        }
    }
}

impl Source for Directory {
    fn read(&self, name: &str) -> Result<Option<String>, StoreError> {
        for root in self.overrides.iter().chain([&self.root]) {
            let path = Self::path(root, name)?;
            match read_text(&path) {
                Ok(text) => return Ok(Some(text)),
                Err(Unreadable::Io { reason, .. }) if reason.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::Unreadable(error)),
            }
        }
        Ok(None)
    }

    fn directory(&self) -> Option<&Directory> {
        Some(self)
    }
}

/// Writes a file with the folders that it needs, so that it is there whole or as it was: the text goes into a file beside
/// it, which is then moved to its place. A link is followed.
///
/// # Errors
/// When it cannot be written; nothing is left beside it then.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent)?;
    }
    // What is no file, such as /dev/stdout, has no place to be moved to.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return std::fs::write(path, text);
    }
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    // Both dialects may write the same snapshot at the same time, and so may several programs.
    static SERIAL: AtomicUsize = AtomicUsize::new(0);
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.{}.tmp", std::process::id(), SERIAL.fetch_add(1, Ordering::Relaxed)));
    let beside = PathBuf::from(beside);
    let written = std::fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        if let Ok(found) = std::fs::metadata(&path) {
            file.set_permissions(found.permissions())?;
        }
        file.sync_all()
    });
    let moved = written.and_then(|()| std::fs::rename(&beside, &path));
    if moved.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    moved
}

fn written(path: &Path, text: &str) -> Result<(), StoreError> {
    write_whole(path, text).map_err(|error| StoreError::Io {
        path: path.to_owned(),
        action: "written",
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_the_file_that_is_written_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_whole(&link, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        // A disk that is full.
        assert!(write_whole(Path::new("/dev/full"), "new").is_err());
    }

    #[test]
    fn a_snapshot_is_written_read_overridden_and_kept_inside() {
        let root = tempfile::tempdir().unwrap();
        let own = tempfile::tempdir().unwrap();
        let store = Directory::new(root.path());
        assert_eq!(store.read("a/b@c.snap").unwrap(), None);
        store.write_pending("a/b@c.snap", "new").unwrap();
        assert!(root.path().join("a/b@c.snap.new").exists());
        store.write("a/b@c.snap", "text").unwrap();
        assert!(!root.path().join("a/b@c.snap.new").exists());
        assert_eq!(store.read("a/b@c.snap").unwrap().as_deref(), Some("text"));
        let overriding = store.clone().with_overrides(Some(own.path().into()));
        overriding.write("a/b@c.snap", "own").unwrap();
        assert_eq!(overriding.read("a/b@c.snap").unwrap().as_deref(), Some("own"));
        assert_eq!(store.read("a/b@c.snap").unwrap().as_deref(), Some("text"));
        assert!(matches!(store.write("../x.snap", ""), Err(StoreError::Outside { .. })));
        assert!(matches!(store.read("/etc/passwd"), Err(StoreError::Outside { .. })));
    }
}
