//! Scenarios and snapshots: the built-in ones, which are the project's own embedded in the program, or
//! those below a path.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use super::{EXIT_NOTHING, EXIT_PARSE, EXIT_USAGE, Failed};
use crate::exchange::TcpSetupError;
use crate::scenario::{Scenario, parse};
use crate::snapshot::{Directory, Source, StoreError};
use crate::text::{self, Problem, Unreadable};

static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");
static SNAPSHOTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/snapshots");

/// The snapshots that are embedded in the program.
struct BuiltIn;

impl Source for BuiltIn {
    fn read(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(SNAPSHOTS.get_file(name).and_then(|file| file.contents_utf8()).map(str::to_owned))
    }
}

impl From<Unreadable> for Failed {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::NoText(problem) => Self::wrong(&problem),
            Unreadable::Folder { .. } => Self { code: EXIT_USAGE, message: error.to_string() },
            Unreadable::Large { .. } => Self { code: EXIT_PARSE, message: error.to_string() },
            Unreadable::Io { .. } => Self::io(error.to_string()),
        }
    }
}

impl Failed {
    /// A file in which something is wrong.
    pub(super) fn wrong(problem: &Problem) -> Self {
        Self { code: EXIT_PARSE, message: format!("the file cannot be read\n\n{}", problem.rendered()) }
    }
}

/// What is said of a connection that cannot be made so, with the file where it is about that.
pub(super) fn unusable(error: &TcpSetupError, certificates: Option<&Path>) -> Failed {
    match (error, certificates) {
        (TcpSetupError::CaCert(_), Some(path)) => Failed::usage(format!("{}: {error}", path.display())),
        _ => Failed::usage(error.to_string()),
    }
}

/// The text of a file, in UTF-8.
pub(super) fn text(path: &Path) -> Result<String, Failed> {
    Ok(text::read_text(path)?)
}

/// The same of a file that an option names: one that is not there is wrong usage.
fn of_option(error: Unreadable) -> Failed {
    match error {
        Unreadable::Io { .. } => Failed::usage(error.to_string()),
        error => error.into(),
    }
}

/// A file of JSON that an option names, as what it is read as. `help` says what to do where it is something else.
pub(super) fn json<T: serde::de::DeserializeOwned>(path: &Path, help: &str) -> Result<T, Failed> {
    let text = text::read_text(path).map_err(of_option)?;
    serde_json::from_str(&text).map_err(|error| Failed::wrong(&Problem::json(path, &text, &error, help)))
}

/// A file of TOML, likewise.
pub(super) fn toml<T: serde::de::DeserializeOwned>(path: &Path, help: &str) -> Result<T, Failed> {
    let text = text::read_text(path).map_err(of_option)?;
    ::toml::from_str(&text).map_err(|error| Failed::wrong(&Problem::toml(path, &text, &error, help)))
}

/// Its bytes.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Failed> {
    text::read(path, text::LARGEST).map_err(of_option)
}

/// Scenarios with the place of their snapshots.
pub(super) struct Loaded {
    pub(super) scenarios: Vec<Arc<Scenario>>,
    pub(super) snapshots: Arc<dyn Source>,
}

struct Text {
    name: String,
    path: PathBuf,
    source: String,
}

/// Reads the scenarios below `paths`, or the built-in ones when there are none.
pub(super) fn load(
    paths: &[PathBuf],
    snapshots: Option<&Path>,
    overrides: Option<PathBuf>,
) -> Result<Loaded, Failed> {
    let (texts, directory) = if let Some(texts) = named(paths) {
        (texts, snapshots.map(Path::to_owned))
    } else {
        let mut texts = Vec::new();
        let mut root = None;
        for path in paths {
            let found = below(path)?;
            root.get_or_insert_with(|| found.0.clone());
            texts.extend(found.1);
        }
        let beside = root.map(|root| snapshots_of(&root));
        (texts, snapshots.map(Path::to_owned).or(beside))
    };
    if texts.is_empty() {
        return Err(Failed {
            code: EXIT_NOTHING,
            message: "no scenario was found; scenarios are files that end in .yaml".into(),
        });
    }
    let mut scenarios = Vec::new();
    let mut wrong = Vec::new();
    for text in texts {
        match parse(&text.source, &text.path, &text.name) {
            Ok(scenario) => scenarios.push(Arc::new(scenario)),
            Err(errors) => wrong.extend(errors),
        }
    }
    if !wrong.is_empty() {
        let reports: Vec<String> = wrong.iter().map(Problem::rendered).collect();
        let message = format!("the scenarios cannot be read\n\n{}", reports.join("\n\n"));
        return Err(Failed { code: EXIT_PARSE, message });
    }
    let snapshots: Arc<dyn Source> = match (&directory, overrides) {
        (Some(directory), overrides) => Arc::new(Directory::new(directory).with_overrides(overrides)),
        (None, Some(overrides)) => Arc::new(Overridden { own: Directory::new(overrides) }),
        (None, None) => Arc::new(BuiltIn),
    };
    Ok(Loaded { scenarios, snapshots })
}

/// The built-in snapshots with a target's own in front.
struct Overridden {
    own: Directory,
}

impl Source for Overridden {
    fn read(&self, name: &str) -> Result<Option<String>, StoreError> {
        match self.own.read(name)? {
            Some(text) => Ok(Some(text)),
            None => BuiltIn.read(name),
        }
    }

    fn directory(&self) -> Option<&Directory> {
        Some(&self.own)
    }
}

/// The built-in scenarios, or those of them that `paths` name; nothing when a path names something else or
/// is there on the disk.
fn named(paths: &[PathBuf]) -> Option<Vec<Text>> {
    let mut texts = built_in();
    if paths.is_empty() {
        return Some(texts);
    }
    let mut names = Vec::new();
    for path in paths {
        let name = path.with_extension("").to_string_lossy().replace('\\', "/");
        let name = name.strip_prefix("scenarios/").unwrap_or(&name).trim_end_matches('/').to_owned();
        if path.exists() || !texts.iter().any(|text| is_named(&text.name, &name)) {
            return None;
        }
        names.push(name);
    }
    texts.retain(|text| names.iter().any(|name| is_named(&text.name, name)));
    Some(texts)
}

/// Whether the scenario is that one, or in that folder.
fn is_named(scenario: &str, name: &str) -> bool {
    scenario == name || scenario.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'))
}

fn built_in() -> Vec<Text> {
    let mut texts = Vec::new();
    let mut directories = vec![&SCENARIOS];
    while let Some(directory) = directories.pop() {
        directories.extend(directory.dirs());
        for file in directory.files() {
            if let (Some(name), Some(source)) = (name_of(file.path()), file.contents_utf8()) {
                let path = Path::new("scenarios").join(file.path());
                texts.push(Text { name, path, source: source.to_owned() });
            }
        }
    }
    texts.sort_by(|a, b| a.name.cmp(&b.name));
    texts
}

/// The root of the scenarios and all texts below `path`.
fn below(path: &Path) -> Result<(PathBuf, Vec<Text>), Failed> {
    let unreadable = |path: &Path, error: std::io::Error| {
        Failed::io(format!(
            "{} cannot be read: {error}. Give a file or folder of scenarios; `scimulate list` names the built-in ones",
            path.display()
        ))
    };
    let is_dir = std::fs::metadata(path).map_err(|error| unreadable(path, error))?.is_dir();
    let start = if is_dir { path } else { path.parent().unwrap_or(path) };
    let root = start
        .ancestors()
        .find(|directory| directory.file_name().is_some_and(|name| name == "scenarios"))
        .unwrap_or(start)
        .to_owned();
    let mut files = Vec::new();
    let mut pending = vec![path.to_owned()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            for entry in std::fs::read_dir(&path).map_err(|error| unreadable(&path, error))? {
                pending.push(entry.map_err(|error| unreadable(&path, error))?.path());
            }
        } else if name_of(&path).is_some() || !is_dir {
            files.push(path);
        }
    }
    files.sort();
    let mut texts = Vec::new();
    for path in files {
        let source = text::read_text(&path).map_err(Failed::from)?;
        let relative = path.strip_prefix(&root).unwrap_or(&path);
        let name = name_of(relative).unwrap_or_else(|| relative.to_string_lossy().into_owned());
        texts.push(Text { name, path, source });
    }
    Ok((root, texts))
}

/// `guide/walkthrough` for `guide/walkthrough.yaml`; nothing for other files.
fn name_of(path: &Path) -> Option<String> {
    let extension = path.extension()?.to_str()?;
    ["yaml", "yml"].contains(&extension).then(|| path.with_extension("").to_string_lossy().replace('\\', "/"))
}

/// Beside `scenarios/`, else inside the folder of the scenarios.
fn snapshots_of(root: &Path) -> PathBuf {
    if root.file_name().is_some_and(|name| name == "scenarios") {
        root.with_file_name("snapshots")
    } else {
        root.join("snapshots")
    }
}
