//! What the program says where no other test looks at it in passing: help, lists, the starter, reports of a run,
//! and what is wrong with a command line or a file.

use std::path::Path;
use std::process::Command;

use rstest::{Context, rstest};
use tempfile::TempDir;

use crate::support::program::{self, Ended};
use crate::support::texts::{reads, transcript};

/// As a person has it at a terminal of a hundred columns.
fn program(folder: &Path) -> Command {
    let mut command = program::program();
    command.current_dir(folder).env_remove("CI").env_remove("GITHUB_STEP_SUMMARY").env("COLUMNS", "100");
    command
}

fn scimulate(folder: &Path, arguments: &[&str]) -> Ended {
    program::end(program(folder).args(arguments))
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// The name of the snapshot of a case.
fn named(topic: &str, context: &Context) -> String {
    format!("{topic}@{}", context.description.unwrap())
}

/// A command, all its subcommands, and theirs.
fn help(command: &[String]) {
    let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
    arguments.push("--help");
    let ended = scimulate(folder(&[]).path(), &arguments);
    assert_eq!(ended.code, 0, "{}", ended.err);
    reads(&format!("help{}", command.iter().map(|name| format!("-{name}")).collect::<String>()), &ended.out);
    let listed = ended.out.split("\nCommands:\n").nth(1).and_then(|rest| rest.split("\n\n").next());
    let names = listed.into_iter().flat_map(str::lines).filter_map(|line| {
        // The lines that go on with a description stand further in.
        let name = line.strip_prefix("  ")?.split(' ').next()?;
        (!name.is_empty() && name != "help").then_some(name)
    });
    for name in names {
        help(&[command, &[name.to_owned()]].concat());
    }
}

#[test]
fn the_help_of_the_program_and_of_each_command() {
    help(&[]);
}

/// A list is as long as what it lists; how it reads is in its first lines.
#[rstest]
fn a_list_begins_readably(
    #[values("scenarios", "requirements", "faults", "switches", "statements", "coverage")] what: &str,
) {
    let ended = scimulate(folder(&[]).path(), &["list", what]);
    let mut lines: Vec<&str> = ended.out.lines().collect();
    assert!(lines.len() > 10, "{}", ended.text());
    if lines.len() > 30 {
        lines.truncate(12);
        lines.push("…");
    }
    reads(&format!("list-{what}"), &format!("{}\n", lines.join("\n")));
}

#[rstest]
#[case::a_requirement("list.schema")]
#[case::a_scenario("groups/replace-members")]
fn one_of_them_is_shown(#[context] context: Context, #[case] name: &str) {
    let arguments = ["show", name];
    reads(&named("show", &context), &transcript(&arguments, &scimulate(folder(&[]).path(), &arguments)));
}

#[test]
fn the_starter_is_what_a_newcomer_reads_first() {
    let folder = folder(&[]);
    let said = |arguments: &[&str]| transcript(arguments, &scimulate(folder.path(), arguments));
    reads(
        "init",
        &format!(
            "{}\n{}\n{}",
            said(&["init", "--force"]),
            said(&["run", "scenarios"]),
            said(&["init", "--force"])
        ),
    );
    for (name, file) in [
        ("init-config", "scimulate.toml"),
        ("init-scenario", "scenarios/first.yaml"),
        ("init-workflow", ".github/workflows/scim.yml"),
    ] {
        reads(name, &std::fs::read_to_string(folder.path().join(file)).unwrap());
    }
}

#[rstest]
#[case::a_typo_in_a_step("title: T\nsteps:\n  - okta.asign: { user: ada }\n")]
#[case::a_typo_in_a_field("title: T\nsteps:\n  - okta.assign: { usr: ada }\n")]
#[case::a_tab("title: T\nsteps:\n\t- okta.assign: { user: ada }\n")]
#[case::an_unknown_person(
    "title: T\npeople:\n  ada: { login: a@b.c }\nsteps:\n  - okta.assign: { user: eve }\n"
)]
#[case::an_unknown_group("title: T\nsteps:\n  - okta.push-group: { group: team }\n")]
#[case::a_duration("title: T\nsteps:\n  - clock.advance: soon\n")]
#[case::a_snapshot_twice("title: T\nsteps:\n  - snapshot: a\n  - snapshot: a\n")]
#[case::an_undefined_placeholder("title: T\nsteps:\n  - scim.request: { path: '/Users/{{users.eve.id}}' }\n")]
#[case::no_steps("title: T\nsteps: []\n")]
#[case::no_yaml("title: [\n")]
#[case::nothing("")]
#[case::a_duplicate_key("title: T\ntitle: U\nsteps: []\n")]
fn a_wrong_scenario_is_shown_with_its_place_and_a_remedy(#[context] context: Context, #[case] text: &str) {
    let good = "title: Good\nsteps:\n  - okta.test-credentials: {}\n";
    let folder = folder(&[("scenarios/bad.yaml", text), ("scenarios/good.yaml", good)]);
    let arguments = ["run", "scenarios"];
    let ended = scimulate(folder.path(), &arguments);
    assert_eq!((ended.code, ended.out.as_str()), (2, ""), "nothing runs when a file is wrong");
    reads(&named("wrong-scenario", &context), &transcript(&arguments, &ended));
}

#[rstest]
#[case::a_typo_in_a_key("[target.mine]\nbase-ur = \"http://h\"\n")]
#[case::a_table_that_is_not_closed("[target.mine\nbase-url = \"http://h\"\n")]
#[case::an_unknown_type(
    "[target.mine]\nbase-url = \"http://h\"\nauth = { type = \"beaer\", token-env = \"X\" }\n"
)]
#[case::no_url("[target.mine]\nbase-url = \"h\"\n")]
#[case::another_target("[target.yours]\nbase-url = \"http://h\"\n")]
#[case::a_token_that_is_not_there(
    "[target.mine]\nbase-url = \"http://h\"\nauth = { type = \"bearer\", token-env = \"SCIMULATE_TEST_NO_SUCH\" }\n"
)]
fn a_wrong_configuration_is_shown_with_its_place(#[context] context: Context, #[case] text: &str) {
    let arguments = ["run", "--target", "mine"];
    let ended = scimulate(folder(&[("scimulate.toml", text)]).path(), &arguments);
    assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{}", ended.err);
    reads(&named("wrong-config", &context), &transcript(&arguments, &ended));
}

#[rstest]
#[case::an_unknown_option(1, &["run", "--nonsense"])]
#[case::an_unknown_command(1, &["rum"])]
#[case::an_unknown_update_mode(1, &["run", "--update", "sometimes"])]
#[case::a_wrong_partition(1, &["run", "--partition", "3/4"])]
#[case::a_target_without_a_scheme(1, &["run", "--target", "mine"])]
#[case::another_scheme(1, &["run", "--target", "ftp://host/scim"])]
#[case::a_missing_token(1, &["run", "--target", "http://127.0.0.1:1", "--bearer-env", "SCIMULATE_TEST_NO_SUCH"])]
#[case::a_user_without_password(1, &["run", "--target", "http://127.0.0.1:1", "--user", "me"])]
#[case::a_missing_certificate(1, &["run", "--target", "http://127.0.0.1:1", "--cacert", "none.pem"])]
#[case::a_missing_path(3, &["run", "nowhere"])]
#[case::an_unknown_tag(5, &["run", "--tag", "nonsense"])]
#[case::an_unreachable_target(3, &["run", "guide/walkthrough", "--target", "http://127.0.0.1:1/scim/v2"])]
#[case::an_unknown_name(5, &["show", "nonsense"])]
#[case::an_unknown_requirement(5, &["check", "--only", "nonsense"])]
#[case::a_missing_baseline(1, &["check", "--baseline", "none.toml"])]
#[case::an_unknown_fault(1, &["serve", "--fault", "nope"])]
#[case::a_fault_that_is_not_for_serve(1, &["serve", "--fault", "deactivation-repeat-restarts"])]
#[case::a_fault_that_is_not_for_the_matrix(1, &["faults", "--fault", "too-many-requests"])]
fn wrong_usage_is_told_from_what_could_not_run(
    #[context] context: Context,
    #[case] code: i32,
    #[case] arguments: &[&str],
) {
    let ended = scimulate(folder(&[]).path(), arguments);
    assert_eq!(ended.code, code, "{}", ended.text());
    reads(&named("wrong-usage", &context), &transcript(arguments, &ended));
}

const SCENARIOS: [(&str, &str); 3] = [
    (
        "scenarios/a-right-one.yaml",
        "\
title: A person who is assigned is there
people:
  ada: { login: ada@example.com, firstName: Ada, lastName: Lovelace }
steps:
  - okta.assign: { user: ada }
  - expect.user: { user: ada, active: true }
",
    ),
    (
        "scenarios/b-wrong-one.yaml",
        "\
title: A test of the credentials makes nobody
people:
  ada: { login: ada@example.com, firstName: Ada, lastName: Lovelace }
steps:
  - okta.test-credentials: {}
  - expect.exchange: { status: 204 }
  - okta.assign: { user: ada }
  - expect.user: { user: ada, active: false }
",
    ),
    (
        "scenarios/c-elsewhere.yaml",
        "title: Only where the guide's rules hold\nrequires: [guide]\nsteps:\n  - okta.test-credentials: {}\n",
    ),
];

/// One scenario run after the other, so that they are told in their order.
const RUN: [&str; 7] = ["run", "scenarios", "--preset", "rfc", "--dialect", "oin", "--jobs=1"];

#[rstest]
#[case::plain(&[])]
#[case::verbose(&["--verbose"])]
#[case::quiet(&["--quiet"])]
#[case::dry(&["--dry-run"])]
fn a_run_is_told_at_the_terminal(#[context] context: Context, #[case] more: &[&str]) {
    for (outcome, scenarios) in [("passing", &SCENARIOS[..1]), ("failing", &SCENARIOS[..])] {
        let arguments = [&RUN[..], more].concat();
        let said = transcript(&arguments, &scimulate(folder(scenarios).path(), &arguments));
        reads(&named(&format!("run-{outcome}"), &context), &said);
    }
}

#[rstest]
fn a_run_is_written_to_a_file(#[values("markdown", "tap")] kind: &str) {
    let folder = folder(&SCENARIOS);
    let ended = scimulate(folder.path(), &[&RUN[..], &[&format!("--report-{kind}"), "report"]].concat());
    assert_eq!(ended.code, 4, "{}", ended.text());
    reads(&format!("run-failing@{kind}"), &std::fs::read_to_string(folder.path().join("report")).unwrap());
}

#[test]
fn a_run_annotates_the_lines_on_github() {
    let arguments = [&RUN[..], &["--quiet", "--report-github"]].concat();
    let ended = scimulate(folder(&SCENARIOS).path(), &arguments);
    let annotations: Vec<&str> = ended.out.lines().filter(|line| line.starts_with("::")).collect();
    reads("run-failing@github", &annotations.join("\n"));
}

#[test]
fn what_each_defect_trips_is_told() {
    let arguments = ["faults", "--fault", "total-is-page-size"];
    reads("faults", &transcript(&arguments, &scimulate(folder(&[]).path(), &arguments)));
}
