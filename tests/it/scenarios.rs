//! Every scenario of the project, as the program runs it, and every snapshot, as insta reads it.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use rstest::rstest;
use scimulate::snapshot::Snapshot;

#[rstest]
fn a_scenario_leads_to_the_reviewed_state_in_both_dialects(#[files("scenarios/**/*.yaml")] path: PathBuf) {
    let run = Command::cargo_bin("scimulate")
        .unwrap()
        .args(["run", "--update", "no", "--color", "never"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
}

#[rstest]
fn a_snapshot_is_one_for_insta_too(#[files("snapshots/**/*.snap")] path: PathBuf) {
    let own = Snapshot::read(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let read = insta::Snapshot::from_file(&path).unwrap();
    assert_eq!(read.metadata().source(), Some(own.source.as_str()));
    let insta::internals::SnapshotContents::Text(text) = read.contents() else { panic!("text expected") };
    assert_eq!(text.to_string().trim_end(), own.body.trim_end());
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join(&own.source);
    assert!(scenario.exists(), "no scenario takes this snapshot any more; remove it");
}

#[test]
fn the_schema_for_editors_is_the_one_that_the_program_prints() {
    let printed = Command::cargo_bin("scimulate").unwrap().args(["schema", "scenario"]).output().unwrap();
    let kept = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/scimulate.schema.json"),
    )
    .unwrap();
    assert_eq!(
        kept,
        String::from_utf8(printed.stdout).unwrap(),
        "run `scimulate schema scenario > scenarios/scimulate.schema.json`"
    );
}

#[rstest]
fn a_scenario_is_valid_by_the_schema_for_editors(#[files("scenarios/**/*.yaml")] path: PathBuf) {
    let schema: serde_json::Value = serde_json::from_str(
        &std::fs::read_to_string(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/scimulate.schema.json"),
        )
        .unwrap(),
    )
    .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let value: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    let errors: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn every_statement_of_the_guide_is_executed_by_a_scenario_or_has_a_reason_but_not_both() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let folders = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    let files = folders.filter(|path| path.is_dir()).flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    let scenarios: Vec<_> = files
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().with_extension("").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            scimulate::scenario::parse(&text, &path, &name).unwrap()
        })
        .collect();
    let statements = scimulate::scenario::statements();
    let numbers: Vec<String> = statements.iter().map(|statement| statement.id.clone()).collect();
    let wanted: Vec<String> = (1..=118).map(|number| format!("S{number}")).collect();
    assert_eq!(numbers, wanted);
    let wrong: Vec<String> = statements
        .iter()
        .filter(|statement| statement.executed_by(&scenarios).is_empty() == statement.unexecuted.is_none())
        .map(|statement| format!("{}: {}", statement.id, statement.text))
        .collect();
    assert!(wrong.is_empty(), "neither a scenario nor a reason, or both:\n{}", wrong.join("\n"));
    for scenario in &scenarios {
        let unknown: Vec<&String> = scenario.covers.iter().filter(|id| !numbers.contains(id)).collect();
        assert!(unknown.is_empty(), "{} covers {unknown:?}, which the guide does not have", scenario.name);
    }
}
