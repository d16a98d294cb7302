//! Files of strangers: whatever a file is, every command that reads it says what is wrong with it in a few lines.

use std::path::Path;

use rstest::rstest;

use crate::support::program::{Ended, end, program};

fn scimulate(folder: &Path, arguments: &[&str]) -> Ended {
    end(program().current_dir(folder).args(arguments))
}

/// What a file is called, and how it is made.
type Kind = (&'static str, fn() -> Vec<u8>);

/// Files that are no input of any command.
const KINDS: [Kind; 14] = [
    ("empty", Vec::new),
    ("a list that is not closed", || b"title: [".to_vec()),
    ("a key twice", || b"title: a\ntitle: b\n".to_vec()),
    ("TOML with a key twice", || b"a = 1\na = 2\n".to_vec()),
    ("one long line", || [b"title: \"".to_vec(), vec![b'x'; 10 << 20]].concat()),
    ("an error far to the right", || [b"title: \"", vec![b'x'; 70_000].as_slice(), b"\" ]: [\n"].concat()),
    ("lists in lists", || vec![b'['; 100_000]),
    ("objects in objects", || b"{\"a\":".repeat(100_000)),
    ("mappings in mappings", || [b"title: ".to_vec(), b"{a: ".repeat(100_000)].concat()),
    ("aliases of aliases", aliases),
    ("a zero", || b"title: a\0b\n".to_vec()),
    ("UTF-16", || b"\xff\xfet\0i\0t\0l\0e\0".to_vec()),
    ("no text", || (0..=255).cycle().take(5000).collect()),
    ("controls", || "\u{1b}[2J\u{9b}31m\u{202e}\r::error::x\n##[group]y: \"\u{7}\n".as_bytes().to_vec()),
];

fn aliases() -> Vec<u8> {
    let mut text = "title: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, of) in ('b'..='j').zip('a'..) {
        let list = vec![format!("*{of}"); 9].join(", ");
        text.push_str(&format!("{name}: &{name} [{list}]\n"));
    }
    text.into_bytes()
}

/// Whether a terminal shows nothing else than the text.
fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t' || matches!(c, '\u{202a}'..='\u{202e}'))
}

#[rstest]
#[case::run(&["run", "FILE"])]
#[case::list(&["list", "scenarios", "FILE"])]
#[case::configuration(&["run", "--target", "mine"])]
#[case::baseline(&["check", "--baseline", "FILE"])]
#[case::template(&["check", "--user-template", "FILE"])]
#[case::certificates(&["check", "--target", "https://scim.invalid", "--cacert", "FILE"])]
#[case::runscope(&["import", "runscope", "FILE"])]
#[case::postman(&["import", "postman", "FILE"])]
#[case::report(&["report", "FILE"])]
#[case::explain(&["explain", "FILE"])]
#[case::replay(&["replay", "FILE"])]
#[case::scenario(&["scenario", "from", "FILE"])]
#[case::tls(&["serve", "--tls-cert", "FILE", "--tls-key", "FILE"])]
fn a_file_of_any_kind_is_told_in_a_few_plain_lines(#[case] arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let configuration = !arguments.contains(&"FILE");
    let name = if configuration { "scimulate.toml" } else { "strange.yaml" };
    let arguments: Vec<&str> =
        arguments.iter().map(|word| if *word == "FILE" { name } else { word }).collect();
    for (kind, bytes) in KINDS {
        // An empty baseline accepts nothing, and is one.
        if kind == "empty" && arguments.contains(&"--baseline") {
            continue;
        }
        std::fs::write(folder.path().join(name), bytes()).unwrap();
        let ended = scimulate(folder.path(), &arguments);
        let told = format!("{arguments:?} of {kind}: {}\n{}", ended.code, shown(&ended.err));
        assert!([1, 2].contains(&ended.code), "{told}");
        assert!(ended.err.len() <= 4096, "{} bytes: {told}", ended.err.len());
        assert!(is_plain(&ended.err), "{told}");
        assert!(!ended.err.lines().any(|line| line.trim_start().starts_with("::")), "{told}");
        assert!(ended.err.contains(name), "{told}");
    }
}

fn shown(text: &str) -> String {
    text.chars().take(2000).flat_map(char::escape_debug).collect()
}

#[rstest]
#[case(&["check", "--baseline", "."])]
#[case(&["check", "--user-template", "."])]
#[case(&["import", "postman", "."])]
#[case(&["report", "."])]
#[case(&["redact", "."])]
fn a_folder_is_no_file(#[case] arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let ended = scimulate(folder.path(), arguments);
    assert_eq!((ended.code, ended.err.as_str()), (1, "error: . is a folder; give a file\n"));
}

#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_read_up_to_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let ended = scimulate(folder.path(), &["check", "--baseline", "/dev/zero"]);
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert!(ended.err.contains("/dev/zero has more than 67108864 bytes"), "{}", ended.err);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_a_file_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seed-baseline.toml");
    let ended = end(program()
        .current_dir(folder.path())
        .args(["check", "--dry-run", "--baseline", "/dev/stdin"])
        .stdin(std::fs::File::open(baseline).unwrap()));
    assert_eq!(ended.code, 0, "{}", ended.err);
}

#[test]
fn check_names_what_resembles_a_requirement_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let ended = scimulate(folder.path(), &["check", "--only", "creat.status"]);
    assert_eq!((ended.code, ended.out.as_str()), (5, ""));
    assert!(
        ended.err.starts_with("error: --only creat.status names no requirement; did you mean `create."),
        "{}",
        ended.err
    );
}
