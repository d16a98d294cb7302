//! Deliberate defects are noticed by the scenarios, as the program tells it; what each is meant to break is in the
//! reviewed matrix; none knows who asks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use regex::Regex;
use rstest::rstest;
use scimulate::checks::{self, Profile, dictionary};

#[rstest]
#[case("deactivation-repeat-restarts", "lifecycle/repeat-does-not-extend")]
#[case("single-org-reasserted", "organizations/moved-users-remain")]
#[case("local-user-found", "local-users/protected")]
#[case("total-is-page-size", "rfc/totals")]
fn a_defect_of_the_service_is_noticed_by_its_scenario(#[case] fault: &str, #[case] scenario: &str) {
    let ran = Command::cargo_bin("scimulate")
        .unwrap()
        .args(["faults", "--scenarios", "--fault", fault])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{told}");
    let line = told.lines().find(|line| line.starts_with(&format!("{fault}, in scenarios: ")));
    assert!(line.is_some_and(|line| line.contains(scenario)), "{told}");
}

/// The reviewed matrix: by fault, the requirements that notice it, with a mark where a race decides.
fn matrix() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(root("tests/kill-matrix.txt")).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    lines.map(|(name, told)| (name.to_owned(), told.split(", ").map(slug).collect())).collect()
}

/// `~` stays, the verdict goes.
fn slug(told: &str) -> String {
    told.split(' ').next().unwrap().to_owned()
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn what_a_fault_is_meant_to_break_is_a_requirement_and_notices_it() {
    let matrix = matrix();
    let known: BTreeSet<&str> = checks::requirements().iter().map(|requirement| requirement.slug).collect();
    for fault in dictionary::all() {
        assert!(!fault.trips.is_empty(), "{} is meant to break nothing", fault.name);
        let noticed = matrix.get(fault.name).unwrap_or_else(|| panic!("{} is not in the matrix", fault.name));
        for slug in fault.trips {
            assert!(known.contains(slug), "{} trips {slug}, which is no requirement", fault.name);
            assert!(noticed.contains(*slug), "{} trips {slug}, which the matrix does not say", fault.name);
        }
    }
    assert_eq!(matrix.len(), dictionary::all().len(), "the matrix has lines of faults that are no more");
}

#[test]
fn every_requirement_is_tripped_or_has_a_reason_but_not_both() {
    const PROFILES: [Profile; 3] = [Profile::Rfc, Profile::Okta, Profile::Oin];
    let tripped: BTreeSet<String> = matrix().into_values().flatten().collect();
    let reasons: BTreeMap<&str, &str> = dictionary::UNTRIPPED.iter().copied().collect();
    for requirement in checks::requirements() {
        if requirement.profiles.iter().any(|profile| PROFILES.contains(profile)) {
            let (slug, reason) = (requirement.slug, reasons.contains_key(requirement.slug));
            assert!(
                tripped.contains(slug) != reason,
                "{slug} is tripped, or has a reason in dictionary::UNTRIPPED"
            );
        }
    }
}

/// The texts in a Rust source; those with a full stop are sentences for people, and left out.
fn texts(source: &str) -> impl Iterator<Item = String> {
    let token = r##"(?s)//[^\n]*|r#"(.*?)"#|\br"([^"]*)"|"((?:[^"\\]|\\.)*)"|'(?:\\.[^']*|[^'\\])'"##;
    let token = Regex::new(token).unwrap();
    let found: Vec<String> = token
        .captures_iter(source)
        .filter_map(|found| found.iter().skip(1).flatten().next().map(|text| text.as_str().to_owned()))
        .filter(|text| !text.ends_with('.'))
        .collect();
    found.into_iter()
}

/// The words of a text, without what is filled in, times of day and escapes.
fn words(text: &str) -> Vec<String> {
    let noise = Regex::new(r"\{[^{}]*\}|T[\d:]+Z|\\.").unwrap();
    let word = Regex::new("[A-Za-z0-9]{3,}").unwrap();
    word.find_iter(&noise.replace_all(text, " ")).map(|word| word.as_str().to_owned()).collect()
}

/// Files below a folder whose path is so.
fn files(below: &str, is: impl Fn(&str) -> bool) -> Vec<(PathBuf, String)> {
    let (mut files, mut pending) = (Vec::new(), vec![root(below)]);
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if is(&path.to_string_lossy().replace('\\', "/")) {
            let text = std::fs::read_to_string(&path).unwrap();
            files.push((path, text));
        }
    }
    files
}

/// Names and values in a document.
fn names_in(document: &serde_json::Value, names: &mut BTreeSet<String>) {
    match document {
        serde_json::Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| name.as_str() != "description") {
                names.extend(words(name));
                names_in(value, names);
            }
        }
        serde_json::Value::Array(all) => all.iter().for_each(|one| names_in(one, names)),
        serde_json::Value::String(text) => names.extend(words(text)),
        _ => {}
    }
}

/// Words of HTTP and of the RFCs' protocol that no schema holds.
const PROTOCOL: &str = "GET POST PUT PATCH DELETE accept allow authorization charset content date encoding etag lang \
    location match none authenticate Basic Bearer application text html plain json utf https example com \
    Users Groups Bulk Schemas ResourceTypes ServiceProviderConfig search scim urn ietf params api messages \
    PatchOp ListResponse BulkResponse Error add remove replace and not true false null \
    attributes excludedAttributes filter sortBy sortOrder ascending descending startIndex count cursor \
    invalidCursor bulkId failOnErrors data method response nextCursor previousCursor defaultPaginationMethod \
    pagination index uniqueness externalId invalidFilter invalidSyntax invalidPath \
    noTarget invalidValue resource 400";

/// Words that a fault writes and the judge reads, with the reason why it is no recognition.
const WRITTEN: &[(&str, &str)] = &[("java", "a stack trace has to look like one")];

#[test]
fn no_fault_recognises_what_the_probes_send() {
    let mut protocol: BTreeSet<String> = words(PROTOCOL).into_iter().collect();
    let discovery = |path: &str| ["/8.5", "/8.6", "/8.7"].iter().any(|start| path.contains(start));
    let mut documents = files("tests/fixtures/rfc7643", discovery);
    documents.extend(files("src/checks", |path| path.ends_with(".json")));
    for (_, document) in documents {
        names_in(&serde_json::from_str(&document).unwrap(), &mut protocol);
    }
    protocol.extend(WRITTEN.iter().map(|(word, _)| (*word).to_owned()));
    let probes = files("src/checks", |path| path.contains("/probes"));
    let sent: BTreeSet<String> =
        probes.iter().flat_map(|(_, text)| texts(text)).flat_map(|text| words(&text)).collect();
    let declaration = Regex::new(r"(?ms)^fault! \{.*?\}$").unwrap();
    let mut faults = files("src/faults", |path| !path.ends_with("/mod.rs"));
    faults.extend(files("src/checks", |path| path.contains("/faults")));
    assert!(sent.len() > 500 && faults.len() > 20, "{} words, {} files", sent.len(), faults.len());
    let mut recognised = Vec::new();
    for (path, source) in &faults {
        for text in texts(&declaration.replace_all(source, "")) {
            for word in
                words(&text).into_iter().filter(|word| sent.contains(word) && !protocol.contains(word))
            {
                recognised.push(format!("{}: `{word}` in {text:?}", path.display()));
            }
        }
    }
    assert!(
        recognised.is_empty(),
        "the judge's probes send these words as well; a fault has to be about what a service gets wrong:\n{}",
        recognised.join("\n")
    );
}

#[rstest]
#[case(r#"filter.contains("-CREW")"#, &["CREW"])]
#[case(r##"path == r#"a"b/Analyst"# // "unseen""##, &["Analyst"])]
#[case(r#"json!("It is refused.") == '"'"#, &[])]
#[case(r#"format!("{name}-{count}-1999T00:00:00Z")"#, &["1999"])]
fn the_scanner_of_texts_sees_what_it_must(#[case] source: &str, #[case] found: &[&str]) {
    let found_words: Vec<String> = texts(source).flat_map(|text| words(&text)).collect();
    assert_eq!(found_words, found);
}
