//! `scimulate redact`: a capture that exists, without what nobody else may see.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{EXIT_OK, Failed, say_error};
use crate::capture::Privacy;
use crate::text;

/// Most bytes of a capture: it is held in memory as a whole.
const LARGEST: u64 = 1 << 30;

/// Arguments of `redact`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Masked is what the names of header fields, parameters, members of JSON, paths of PATCH operations, elements of XML
and options of commands say to be secret, what shows itself as a credential, and each of these secrets wherever else
it stands in the file, in whatever encoding. Look through the result before you give it away: a secret under a name
that tells nothing, and one that was hashed or encrypted, looks like any other text.")]
pub(super) struct RedactArgs {
    /// Capture to read: HAR, JSON lines, an access log, curl commands, or any other text.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// File to write; standard output without it.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write over the capture itself.
    #[arg(long, conflicts_with = "output")]
    in_place: bool,
    /// Write over the output file if it exists.
    #[arg(long, requires = "output")]
    force: bool,
    /// Write names, addresses and other personal data under pseudonyms, the same one everywhere.
    #[arg(long)]
    pseudonymize: bool,
}

/// Runs the command.
pub(super) fn redact(args: &RedactArgs) -> Result<u8, Failed> {
    let bytes = text::read(&args.file, LARGEST)?;
    let output = match &args.output {
        Some(output) => Some(target(&args.file, output, args.force)?),
        None => args.in_place.then_some(args.file.as_path()),
    };
    let text = String::from_utf8(bytes).unwrap_or_else(|error| {
        say_error("what is no UTF-8 in the file is written as U+FFFD");
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    });
    let clean = Privacy::new(args.pseudonymize).document(&text);
    match output {
        Some(path) => {
            let failed = |error| Failed::io(format!("{} cannot be written: {error}", path.display()));
            let permissions = fs::metadata(&args.file).map_err(failed)?.permissions();
            replace(path, &clean, permissions).map_err(failed)?;
            say_error(&format!("{} is written; look through it before you give it away", path.display()));
        }
        None => {
            // A reader that has gone away is no error.
            let _ = std::io::stdout().lock().write_all(clean.as_bytes());
        }
    }
    Ok(EXIT_OK)
}

/// The file to write, if it may be written.
fn target<'a>(input: &Path, output: &'a Path, force: bool) -> Result<&'a Path, Failed> {
    let same = fs::canonicalize(input).ok().zip(fs::canonicalize(output).ok()).is_some_and(|(a, b)| a == b);
    if same {
        return Err(Failed::usage(format!(
            "{} is the capture itself; choose another file with --output, or write over it with --in-place",
            output.display()
        )));
    }
    if output.exists() && !force {
        return Err(Failed::usage(format!(
            "{} exists; choose another file with --output, or write over it with --force",
            output.display()
        )));
    }
    Ok(output)
}

/// Writes the file beside its place and moves it there, so that it is there whole or not at all.
fn replace(path: &Path, text: &str, permissions: fs::Permissions) -> std::io::Result<()> {
    // Where a link leads, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:x}.new", super::random()));
    let beside = path.with_file_name(name);
    let written = File::create_new(&beside).and_then(|mut file| {
        file.set_permissions(permissions)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let moved = written.and_then(|()| fs::rename(&beside, &path));
    if moved.is_err() {
        let _ = fs::remove_file(&beside);
    }
    moved
}
