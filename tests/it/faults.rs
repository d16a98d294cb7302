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
