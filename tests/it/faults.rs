//! Deliberate defects of the service are noticed by the scenarios, as the program tells it.

use assert_cmd::Command;
use rstest::rstest;

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

#[rstest]
#[case(&["serve", "--fault", "base-url-wrong"], "the fault `base-url-wrong` is none of those that `serve` can switch on")]
#[case(&["serve", "--fault", "deactivation-repeat-restarts"], "scimulate run --fault deactivation-repeat-restarts")]
#[case(&["faults", "--fault", "too-many-requests"], "the fault `too-many-requests` is none of those that the matrix holds")]
#[case(&["serve", "--fault", "nope"], "there is no fault `nope`; `scimulate list faults` shows them")]
fn a_fault_that_a_command_cannot_take_is_told_from_one_that_does_not_exist(
    #[case] arguments: &[&str],
    #[case] sentence: &str,
) {
    let ran = Command::cargo_bin("scimulate").unwrap().args(arguments).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(!ran.status.success());
    assert!(told.contains(sentence), "{told}");
}
