//! What people read, held against reviewed snapshots in `tests/it/snapshots`. What differs from run to run is
//! replaced first, so that each word of the rest is asserted.

use std::path::Path;

use super::program::Ended;

/// What differs, and what stands for it.
const CHANGING: &[(&str, &str)] = &[
    // Whole numbers of so many digits are identifiers of the service.
    (r"\b\d{15,}\b", "[id]"),
    (r"\b00[a-z][0-9A-Za-z]{17}\b", "[okta-id]"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
    (r"(scimulate[ /])\d+\.\d+\.\d+", "$1[version]"),
    // What a check and a run put into the names of what they make.
    (r"\bscimulate-[0-9a-f]{5}-\d+-", "scimulate-[run]-"),
    (r"-r[0-9a-f]{5}x\d+", "-[run]"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
    (r"\(os error \d+\)", "(os error [n])"),
    // The folder of the test.
    (r#"[^\s"'`]*/\.tmp[0-9A-Za-z]{6}\b"#, "[folder]"),
];

/// Asserts that the text is the reviewed one.
pub(crate) fn reads(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (changing, stand_in) in CHANGING {
        settings.add_filter(changing, *stand_in);
    }
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The command as people type it, with all that it says.
pub(crate) fn transcript(arguments: &[&str], ended: &Ended) -> String {
    let typed: Vec<String> = arguments
        .iter()
        .map(
            |argument| {
                if argument.contains([' ', '"']) { format!("'{argument}'") } else { (*argument).to_owned() }
            },
        )
        .collect();
    let code = ended.code;
    format!("$ scimulate {}\n{}{}[exit code {code}]\n", typed.join(" "), ended.out, ended.err)
}
