//! Files that somebody names: read whole, up to a size.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::problem::Problem;

/// Most bytes of a file that is read whole.
pub const LARGEST: u64 = 64 << 20;

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The operating system refuses.
    #[error("{} cannot be read: {reason}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
    /// It is no file.
    #[error("{} is a folder; give a file", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
    },
    /// It is larger than what is read of such files.
    #[error("{} has more than {most} bytes, and no more is read of such a file; give a smaller one", path.display())]
    Large {
        /// Which file.
        path: PathBuf,
        /// Most bytes.
        most: u64,
    },
    /// It is no text.
    #[error("{0}")]
    NoText(Problem),
}

/// The bytes of a file, at most so many. A pipe is read until it is closed.
///
/// # Errors
/// When it cannot be read, is a folder, or has more bytes.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, Unreadable> {
    let failed = |reason| Unreadable::Io { path: path.to_owned(), reason };
    if path.is_dir() {
        return Err(Unreadable::Folder { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(Unreadable::Large { path: path.to_owned(), most });
    }
    Ok(bytes)
}

/// The text of a file in UTF-8, at most [`LARGEST`] bytes, without a byte order mark.
///
/// # Errors
/// As [`read`], and where it is no UTF-8.
pub fn read_text(path: &Path) -> Result<String, Unreadable> {
    let mut text = String::from_utf8(read(path, LARGEST)?).map_err(|error| {
        let bytes = error.as_bytes();
        let good = error.utf8_error().valid_up_to();
        let line_start = bytes[..good].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = bytes[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = String::from_utf8_lossy(&bytes[line_start..good]).chars().count() + 1;
        let kind = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            "the file is text in UTF-16".to_owned()
        } else {
            format!("the byte 0x{:02x} here is no UTF-8", bytes[good])
        };
        let help = Some("give a text file, and save it as UTF-8".to_owned());
        Unreadable::NoText(Problem::new(path, "", (line as u64, column as u64), &kind, help))
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert!(matches!(read(&path, 4), Err(Unreadable::Large { most: 4, .. })));
        assert!(matches!(read(directory.path(), 4), Err(Unreadable::Folder { .. })));
    }

    #[rstest::rstest]
    #[case::utf16(b"\xff\xfea\0", "a:1:1: the file is text in UTF-16")]
    #[case::latin(b"one\n\xc3\xa4 \xe4", "a:2:3: the byte 0xe4 here is no UTF-8")]
    fn what_is_no_text_is_told_with_its_place(#[case] bytes: &[u8], #[case] told: &str) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        std::fs::write(&path, bytes).unwrap();
        let message = read_text(&path).unwrap_err().to_string();
        assert!(message.ends_with(&format!("{told}; give a text file, and save it as UTF-8")), "{message}");
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        std::fs::write(&path, "\u{feff}title: a").unwrap();
        assert_eq!(read_text(&path).unwrap(), "title: a");
    }
}
