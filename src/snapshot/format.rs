//! insta's `.snap` format: metadata between two `---` lines, then the body. Our own metadata is under
//! `info:`, since `cargo insta` drops other keys when it rewrites a file.

use std::fmt::Write as _;

use serde::Deserialize;

/// What a snapshot says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Info {
    /// The scenario's name.
    #[serde(default)]
    pub scenario: String,
    /// The point in the scenario, e.g. `assigned`, or `oin.wire`.
    #[serde(default)]
    pub point: String,
    /// The scenario's title.
    #[serde(default)]
    pub title: String,
}

/// A snapshot file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Path of the scenario, for `cargo insta`.
    pub source: String,
    /// What it is.
    pub info: Info,
    /// The state or the conversation; ends with a line break.
    pub body: String,
}

/// A file that is no snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The first line is not `---`, or there is no second one.
    #[error("it does not begin with metadata between two lines `---`; write it anew with --update always")]
    NoMetadata,
    /// The metadata does not parse.
    #[error("its metadata does not parse at line {line}: {reason}")]
    Metadata {
        /// Line in the file.
        line: u64,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    source: String,
    #[serde(default)]
    info: Info,
}

impl Snapshot {
    /// Reads a file's text.
    ///
    /// # Errors
    /// When it has no metadata or the metadata does not parse.
    pub fn read(text: &str) -> Result<Self, FormatError> {
        let text = text.replace("\r\n", "\n");
        let rest = text.strip_prefix("---\n").ok_or(FormatError::NoMetadata)?;
        let (metadata, body) = rest.split_once("\n---\n").ok_or(FormatError::NoMetadata)?;
        let metadata: Metadata = serde_saphyr::from_str(metadata).map_err(|error| FormatError::Metadata {
            line: error.location().map_or(0, |at| at.line() + 1),
            reason: error.without_snippet().to_string(),
        })?;
        let mut body = body.trim_end_matches('\n').to_owned();
        body.push('\n');
        Ok(Self { source: metadata.source, info: metadata.info, body })
    }

    /// The file's text.
    #[must_use]
    pub fn write(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let mut text = String::from("---\n");
        let _ = writeln!(text, "source: {}", quoted(&self.source));
        let _ = writeln!(text, "expression: {}", quoted(&self.info.point));
        let _ = writeln!(text, "info:");
        let _ = writeln!(text, "  scenario: {}", quoted(&self.info.scenario));
        let _ = writeln!(text, "  point: {}", quoted(&self.info.point));
        let _ = writeln!(text, "  title: {}", quoted(&self.info.title));
        text.push_str("---\n");
        text.push_str(self.body.trim_end_matches('\n'));
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Snapshot {
        Snapshot {
            source: "scenarios/a: b.yaml".into(),
            info: Info { scenario: "a".into(), point: "end".into(), title: "It \"works\"".into() },
            body: "users:\n  - userName: a@b.c\n".into(),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(Snapshot::read(&sample().write()).unwrap(), sample());
    }

    #[test]
    fn insta_reads_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a@end.snap");
        std::fs::write(&path, sample().write()).unwrap();
        let read = insta::Snapshot::from_file(&path).unwrap();
        assert_eq!(read.metadata().source(), Some("scenarios/a: b.yaml"));
        assert_eq!(read.metadata().expression(), Some("end"));
        let insta::internals::SnapshotContents::Text(text) = read.contents() else { panic!("text expected") };
        assert_eq!(text.to_string().trim_end(), sample().body.trim_end());
    }

    #[rstest::rstest]
    #[case("", FormatError::NoMetadata)]
    #[case("---\nsource: a\nbody\n", FormatError::NoMetadata)]
    fn what_is_no_snapshot_is_refused(#[case] text: &str, #[case] error: FormatError) {
        assert_eq!(Snapshot::read(text), Err(error));
    }
}
