//! The reference as the guide has it departs from the RFCs only where the kept baseline says so, and every
//! entry of that file is still needed.

use std::path::Path;

use assert_cmd::Command;
use scimulate::checks::Baseline;
use serde_json::Value;

fn kept() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seed-baseline.toml")
}

#[test]
fn the_seed_preset_is_clean_but_for_its_baseline_and_nothing_in_that_is_stale() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::cargo_bin("scimulate")
        .unwrap()
        .current_dir(folder.path())
        .args(["check", "--preset", "seed", "--report-json", "result.json", "--baseline"])
        .arg(kept())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(folder.path().join("result.json")).unwrap();
    let result: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(result.get("baseline"), None, "the baseline no longer fits: {}", result["baseline"]);
    let baseline: Baseline = toml::from_str(&std::fs::read_to_string(kept()).unwrap()).unwrap();
    for accepted in &baseline.accepted {
        let entries = result["requirements"].as_array().unwrap();
        let entry = entries.iter().find(|entry| entry["requirement"] == accepted.requirement.as_str());
        let entry = entry.unwrap_or_else(|| panic!("{} is not checked", accepted.requirement));
        assert_eq!(entry["verdict"], "accepted", "{} is not needed any more", accepted.requirement);
    }
}

#[test]
fn every_reason_names_a_statement_of_the_guide() {
    let baseline: Baseline = toml::from_str(&std::fs::read_to_string(kept()).unwrap()).unwrap();
    assert!(!baseline.accepted.is_empty());
    for accepted in &baseline.accepted {
        let id = accepted.reason.split_once(':').map_or("", |(id, _)| id);
        let known = scimulate::scenario::statements().iter().any(|statement| statement.id == id);
        assert!(known, "{}: `{id}` is no statement of the guide", accepted.requirement);
    }
}
