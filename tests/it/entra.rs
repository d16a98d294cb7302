//! Dialect `entra`: the bytes that Microsoft's pages "Known issues and resolutions with SCIM 2.0 protocol
//! compliance" and "Tutorial: develop and plan provisioning for a SCIM endpoint" print, and the program as a
//! user meets it. What they print and the simulator's own order of attributes differ only in which attributes
//! take part.

use std::path::Path;
use std::sync::{Arc, Mutex};

use assert_cmd::Command;
use rstest::rstest;
use scimulate::clients::operation::{
    AddMember, App, Assign, Attribute, EntraPatch, Group, Person, PushGroup, RemoveMember, RenameGroup,
    Switches, TestCredentials, Unassign, UnlinkGroup, UpdateProfile,
};
use scimulate::clients::{Definition, Dialect, Operation, Pacing, Report, Simulator};
use scimulate::exchange::Auth;
use scimulate::exchange::{BoxFuture, Request, Response, Transport, TransportError};
use serde_json::{Value, json};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

struct NoWaiting;

impl Pacing for NoWaiting {
    fn wait<'a>(&'a self, _: &'a str, _: u64) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

/// Keeps what it is sent as it came, and answers as told.
struct Service {
    refuses_patch: Option<(u16, &'static str)>,
    seen: Mutex<Vec<Request>>,
}

impl Service {
    fn new(refuses_patch: Option<(u16, &'static str)>) -> Arc<Self> {
        Arc::new(Self { refuses_patch, seen: Mutex::default() })
    }

    /// Method, target and body of each request since the last time.
    fn take(&self) -> Vec<(String, String)> {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        let line = |request: &Request| {
            format!("{} {}", request.method, request.url.strip_prefix("https://s.test").unwrap())
        };
        let body =
            |request: &Request| String::from_utf8(request.body.clone().unwrap_or_default().to_vec()).unwrap();
        seen.iter().map(|request| (line(request), body(request))).collect()
    }

    /// The operations of the latest PATCH, byte for byte.
    fn patched(&self) -> String {
        let (line, body) = self.take().pop().unwrap();
        assert!(line.starts_with("PATCH "), "{line}");
        let before = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":["#;
        body.strip_prefix(before)
            .and_then(|rest| rest.strip_suffix("]}"))
            .unwrap_or_else(|| panic!("{body}"))
            .to_owned()
    }
}

impl Transport for Service {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            self.seen.lock().unwrap().push(request.clone());
            let path = request.url.strip_prefix("https://s.test").unwrap();
            let (status, json) = match (request.method.as_str(), path) {
                ("GET", path) if path.contains("filter=") => {
                    (200, json!({ "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": [] }))
                }
                ("GET", "/Users/48af03ac") => (200, stored()),
                ("POST", "/Users") => (201, json!({ "id": "48af03ac" })),
                ("POST", "/Groups") => (201, json!({ "id": "927fa2c0" })),
                ("PATCH", _) => match self.refuses_patch {
                    Some((status, detail)) => (status, json!({ "detail": detail })),
                    None => (204, Value::Null),
                },
                ("DELETE", "/Groups/927fa2c0") => (204, Value::Null),
                other => panic!("not foreseen: {other:?}"),
            };
            let body = if json.is_null() { String::new() } else { json.to_string() };
            Ok(Response { status, reason: "Reason".into(), headers: vec![], body: body.into() })
        })
    }
}

/// What the service has of the person before the profile changes.
fn stored() -> Value {
    json!({
        "id": "48af03ac",
        "userName": "pvlo@x.test",
        "displayName": "P",
        "active": true,
        "name": { "givenName": "G", "familyName": "F" },
        "emails": [{ "primary": true, "type": "work", "value": "old@x.test" }],
        "externalId": "00000000-0000-0000-0000-000000000001",
        (ENTERPRISE): { "employeeNumber": "1" }
    })
}

fn attribute(name: &str, from: &str, namespace: &str) -> Attribute {
    serde_json::from_value(json!({
        "variable": name, "externalName": name, "externalNamespace": namespace, "from": from
    }))
    .unwrap()
}

fn okta(shape: EntraPatch, service: &Arc<Service>) -> Simulator {
    let app = App {
        attributes: vec![
            attribute("employeeNumber", "employeeNumber", ENTERPRISE),
            attribute("nickName", "nickName", CORE),
        ],
        switches: Switches { entra_patch: shape, ..Switches::default() },
        ..App::default()
    };
    let person = Person {
        login: "pvlo@x.test".into(),
        first_name: Some("G".into()),
        last_name: Some("F".into()),
        email: Some("old@x.test".into()),
        display_name: Some("P".into()),
        employee_number: Some("1".into()),
        custom: [("nickName".to_owned(), String::new())].into_iter().collect(),
        ..Person::default()
    };
    let team = Group { name: "displayName".into(), members: Vec::new() };
    let definition = Definition {
        dialect: Dialect::Entra,
        app,
        people: [("pvlo".to_owned(), person)].into_iter().collect(),
        groups: [("team".to_owned(), team)].into_iter().collect(),
        seed: 0,
    };
    let mut okta = Simulator::new(definition, service.clone(), Arc::new(NoWaiting));
    okta.connect("https://s.test", &Auth::Bearer { token: "secret".into() });
    okta
}

async fn done(okta: &mut Simulator, operation: Operation) -> Report {
    okta.perform(&operation).await.unwrap()
}

async fn assigned(shape: EntraPatch, service: &Arc<Service>) -> Simulator {
    let mut okta = okta(shape, service);
    let report = done(&mut okta, Operation::Assign(Assign { user: "pvlo".into() })).await;
    assert_eq!(report.tasks, []);
    okta
}

/// A profile in which these attributes are other ones, pushed.
async fn updated(shape: EntraPatch, set: &[(&str, &str)]) -> String {
    let service = Service::new(None);
    let mut okta = assigned(shape, &service).await;
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    done(&mut okta, Operation::UpdateProfile(UpdateProfile { user: "pvlo".into(), set })).await;
    service.patched()
}

/// The operation for the external id, which is the simulator's own and so always differs from the stored one.
fn external_id(operations: &str) -> String {
    let id = operations.split("externalId").nth(1).unwrap();
    id.split("00u").nth(1).unwrap().split('"').next().map(|rest| format!("00u{rest}")).unwrap()
}

#[rstest]
#[case(EntraPatch::TextBooleans, r#"{"op":"Replace","path":"active","value":"False"}"#)]
#[case(EntraPatch::Booleans, r#"{"op":"Replace","path":"active","value":false}"#)]
#[case(EntraPatch::Compliant, r#"{"op":"replace","path":"active","value":false}"#)]
#[tokio::test]
async fn a_person_is_disabled_in_the_three_documented_ways(
    #[case] shape: EntraPatch,
    #[case] operation: &str,
) {
    let service = Service::new(None);
    let mut okta = assigned(shape, &service).await;
    done(&mut okta, Operation::Unassign(Unassign { user: "pvlo".into() })).await;
    assert_eq!(service.patched(), operation);
}

#[test]
fn what_is_sent_without_a_flag_is_the_default() {
    assert_eq!(Switches::default().entra_patch, EntraPatch::TextBooleans);
}

#[tokio::test]
async fn several_attributes_are_replaced_one_by_one() {
    let set = [
        ("displayName", "Pvlo"),
        ("email", "TestBcwqnm@test.microsoft.com"),
        ("firstName", "Gtfd"),
        ("lastName", "Pkqf"),
        ("employeeNumber", "Eqpj"),
    ];
    let operations = updated(EntraPatch::TextBooleans, &set).await;
    let id = external_id(&operations);
    assert_eq!(
        operations,
        [
            r#"{"op":"Replace","path":"displayName","value":"Pvlo"}"#.to_owned(),
            r#"{"op":"Replace","path":"emails[type eq \"work\"].value","value":"TestBcwqnm@test.microsoft.com"}"#.to_owned(),
            r#"{"op":"Replace","path":"name.givenName","value":"Gtfd"}"#.to_owned(),
            r#"{"op":"Replace","path":"name.familyName","value":"Pkqf"}"#.to_owned(),
            format!(r#"{{"op":"Replace","path":"externalId","value":"{id}"}}"#),
            format!(r#"{{"op":"Replace","path":"{ENTERPRISE}:employeeNumber","value":"Eqpj"}}"#),
        ]
        .join(",")
    );
}

#[tokio::test]
async fn with_the_flag_several_attributes_are_members_of_one_value_and_a_filter_stays_a_path() {
    let set = [
        ("displayName", "Bjfe"),
        ("email", "TestMhvaes@test.microsoft.com"),
        ("firstName", "Kkom"),
        ("lastName", "Unua"),
        ("employeeNumber", "Aklq"),
    ];
    let operations = updated(EntraPatch::Compliant, &set).await;
    let id = external_id(&operations);
    assert_eq!(
        operations,
        [
            r#"{"op":"replace","path":"emails[type eq \"work\"].value","value":"TestMhvaes@test.microsoft.com"}"#.to_owned(),
            format!(
                r#"{{"op":"replace","value":{{"displayName":"Bjfe","name.givenName":"Kkom","name.familyName":"Unua","externalId":"{id}","{ENTERPRISE}:employeeNumber":"Aklq"}}}}"#
            ),
        ]
        .join(",")
    );
}

#[rstest]
#[case(EntraPatch::TextBooleans, "Add", "Replace")]
#[case(EntraPatch::Compliant, "add", "replace")]
#[tokio::test]
async fn an_attribute_that_is_new_is_added_by_its_path(
    #[case] shape: EntraPatch,
    #[case] add: &str,
    #[case] replace: &str,
) {
    let operations = updated(shape, &[("nickName", "Babs")]).await;
    let id = external_id(&operations);
    let externals = format!(r#"{{"op":"{replace}","path":"externalId","value":"{id}"}}"#);
    let nick = format!(r#"{{"op":"{add}","path":"nickName","value":"Babs"}}"#);
    assert_eq!(operations, format!("{externals},{nick}"));
}

#[rstest]
#[case(
    EntraPatch::TextBooleans,
    r#"{"op":"Add","path":"members","value":[{"value":"48af03ac"}]}"#,
    r#"{"op":"Remove","path":"members","value":[{"value":"48af03ac"}]}"#
)]
#[case(
    EntraPatch::Booleans,
    r#"{"op":"Add","path":"members","value":[{"$ref":null,"value":"48af03ac"}]}"#,
    r#"{"op":"Remove","path":"members","value":[{"$ref":null,"value":"48af03ac"}]}"#
)]
#[case(
    EntraPatch::Compliant,
    r#"{"op":"add","path":"members","value":[{"value":"48af03ac"}]}"#,
    r#"{"op":"remove","path":"members[value eq \"48af03ac\"]"}"#
)]
#[tokio::test]
async fn members_come_and_go_as_printed(
    #[case] shape: EntraPatch,
    #[case] added: &str,
    #[case] removed: &str,
) {
    let service = Service::new(None);
    let mut okta = assigned(shape, &service).await;
    done(&mut okta, Operation::PushGroup(PushGroup { group: "team".into() })).await;
    service.take();
    done(&mut okta, Operation::AddMember(AddMember { group: "team".into(), user: "pvlo".into() })).await;
    assert_eq!(service.patched(), added);
    done(&mut okta, Operation::RemoveMember(RemoveMember { group: "team".into(), user: "pvlo".into() }))
        .await;
    assert_eq!(service.patched(), removed);
}

#[tokio::test]
async fn a_group_is_looked_for_without_members_made_without_members_renamed_and_deleted() {
    let service = Service::new(None);
    let mut okta = assigned(EntraPatch::TextBooleans, &service).await;
    service.take();
    done(&mut okta, Operation::PushGroup(PushGroup { group: "team".into() })).await;
    let seen = service.take();
    let lines: Vec<&str> = seen.iter().map(|(line, _)| line.as_str()).collect();
    assert_eq!(
        lines,
        ["GET /Groups?excludedAttributes=members&filter=displayName+eq+%22displayName%22", "POST /Groups"]
    );
    let body: Value = serde_json::from_str(&seen[1].1).unwrap();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["schemas", "externalId", "displayName", "meta"]);
    assert_eq!(body["meta"], json!({ "resourceType": "Group" }));
    let to = "1879db59-3bdf-4490-ad68-ab880a269474updatedDisplayName";
    done(&mut okta, Operation::RenameGroup(RenameGroup { group: "team".into(), to: to.into() })).await;
    assert_eq!(service.patched(), format!(r#"{{"op":"Replace","path":"displayName","value":"{to}"}}"#));
    done(&mut okta, Operation::UnlinkGroup(UnlinkGroup { group: "team".into(), delete: true })).await;
    assert_eq!(service.take(), [("DELETE /Groups/927fa2c0".to_owned(), String::new())]);
}

#[tokio::test]
async fn a_person_is_made_in_the_printed_order_and_oktas_name_is_nowhere() {
    let service = Service::new(None);
    let mut okta = okta(EntraPatch::TextBooleans, &service);
    done(&mut okta, Operation::TestCredentials(TestCredentials {})).await;
    done(&mut okta, Operation::Assign(Assign { user: "pvlo".into() })).await;
    let requests = service.seen.lock().unwrap().clone();
    let agents: Vec<_> = requests.iter().filter(|request| request.header("User-Agent").is_some()).collect();
    assert!(agents.is_empty());
    let body: Value = serde_json::from_slice(requests[2].body.as_ref().unwrap()).unwrap();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    // displayName and the extension are of the mapping; the rest is the printed body.
    assert_eq!(
        keys,
        ["schemas", "externalId", "userName", "active", "displayName", "emails", "meta", "name", ENTERPRISE]
    );
    assert_eq!(body["active"], true, "a POST has a JSON boolean");
    assert_eq!(body["emails"], json!([{ "primary": true, "type": "work", "value": "old@x.test" }]));
}

#[rstest]
#[case(EntraPatch::TextBooleans, 400, true)]
#[case(EntraPatch::TextBooleans, 500, true)]
#[case(EntraPatch::TextBooleans, 401, false)]
#[case(EntraPatch::TextBooleans, 404, false)]
#[case(EntraPatch::Compliant, 400, false)]
#[tokio::test]
async fn a_refusal_of_a_text_for_a_boolean_names_the_cause(
    #[case] shape: EntraPatch,
    #[case] status: u16,
    #[case] named: bool,
) {
    let service = Service::new(Some((status, "no")));
    let mut okta = assigned(shape, &service).await;
    let report = done(&mut okta, Operation::Unassign(Unassign { user: "pvlo".into() })).await;
    let message = &report.tasks[0].message;
    assert!(message.contains("Errors reported by remote server: no"), "{message}");
    assert_eq!(message.contains(r#"sets "active" to the text "False""#), named, "{message}");
    assert_eq!(message.contains("entraPatch=compliant"), named, "{message}");
}

struct Ended {
    code: i32,
    out: String,
    err: String,
}

fn scimulate(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::cargo_bin("scimulate").unwrap();
    command
        .current_dir(folder)
        .env("CI", "true")
        .env("SCIMULATE_NO_DURATIONS", "1")
        .env_remove("SCIMULATE_UPDATE");
    let output = command.args(["--color", "never"]).args(arguments).output().unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The built-in scenarios that Entra has no counterpart for, apart from those that are for dialect `oin` only.
const WITHOUT_COUNTERPART: [&str; 10] = [
    "lifecycle/suspend-is-not-deactivate",
    "okta/delete-person",
    "okta/discover-entitlements",
    "okta/import",
    "okta/import-user-schema",
    "okta/link-group",
    "troubleshooting/attributes-not-as-expected",
    "troubleshooting/server-error",
    "troubleshooting/server-error-by-the-rfcs",
    "values/password-is-swallowed",
];

#[rstest]
fn every_scenario_that_applies_holds_on_both_presets(
    #[values("seed", "rfc")] preset: &str,
    #[values(
        &["--lenient", "text-booleans"],
        &["--switch", "entraPatch=booleans"],
        &["--switch", "entraPatch=compliant"]
    )]
    way: &[&str],
) {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec!["run", "--dialect", "entra", "--preset", preset, "--report-json", "r.json"];
    arguments.extend(way);
    let ended = scimulate(folder.path(), &arguments);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("less attested: dialect entra is Microsoft Entra's client"), "{}", ended.out);
    assert!(ended.out.contains("which requests are sent (scenarios expect Okta's"), "{}", ended.out);
    let result: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    let mut without = Vec::new();
    let mut passed = 0;
    for scenario in result["scenarios"].as_array().unwrap() {
        assert_eq!(scenario["dialect"], "entra");
        let name = scenario["name"].as_str().unwrap();
        match scenario["outcome"].as_str().unwrap() {
            "passed" => passed += 1,
            "skipped" => {
                let reason = scenario["reason"].as_str().unwrap();
                assert!(reason.len() > 20, "{name}: {reason}");
                if !reason.starts_with("it requires") && reason != "it is for dialect oin only" {
                    without.push(name.to_owned());
                }
            }
            other => panic!("{name}: {other}"),
        }
    }
    without.sort();
    assert_eq!(without, WITHOUT_COUNTERPART);
    assert!(passed >= 55, "{passed}");
}

#[rstest]
fn texts_for_booleans_fail_on_a_service_that_keeps_to_the_rfc_and_the_cause_is_named(
    #[values("seed", "rfc")] preset: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    let ended =
        scimulate(folder.path(), &["run", "okta/assign-groups", "--dialect", "entra", "--preset", preset]);
    assert_eq!(ended.code, 4, "{}", ended.out);
    let cause = r#"The request sets "active" to the text "False", as Entra does by default; RFC 7643 §2.3.2"#;
    assert!(ended.out.contains(cause), "{}", ended.out);
}

#[test]
fn nothing_is_of_entra_unless_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["run", "--dry-run"][..], &["run", "--dry-run", "--dialect", "all"]] {
        let ended = scimulate(folder.path(), arguments);
        assert_eq!(ended.code, 0);
        assert!(ended.out.contains("[oin]") && ended.out.contains("[aiw]"), "{}", ended.out);
        assert!(!ended.out.contains("entra]"), "{}", ended.out);
    }
    let ended = scimulate(folder.path(), &["run", "okta/delete-person", "--report-json", "r.json"]);
    assert_eq!(ended.code, 0, "{}", ended.out);
    assert!(!ended.out.contains("less attested") && !ended.out.contains("entra"), "{}", ended.out);
    let result: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    let dialects: Vec<&Value> =
        result["scenarios"].as_array().unwrap().iter().map(|scenario| &scenario["dialect"]).collect();
    assert_eq!(dialects, ["oin", "aiw"]);
}

#[test]
fn the_help_and_the_reports_say_that_it_is_less_attested() {
    let folder = tempfile::tempdir().unwrap();
    let help = scimulate(folder.path(), &["run", "--help"]).out.replace('\n', " ");
    let help: String = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("`entra` (Microsoft Entra's client; less attested"), "{help}");
    let ended = scimulate(
        folder.path(),
        &[
            "run",
            "okta/assign-groups",
            "--dialect",
            "entra",
            "--lenient",
            "text-booleans",
            "--report-markdown",
            "r.md",
            "--report-html",
            "r.html",
        ],
    );
    assert_eq!(ended.code, 0, "{}", ended.out);
    for file in ["r.md", "r.html"] {
        let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
        assert!(text.contains("less attested than Okta"), "{file}");
    }
}

const OWN: &str = "\
title: A person is assigned
notInEntra: because of the moon
people:
  ada: { login: ada@example.com, firstName: Ada, lastName: Lovelace }
steps:
  - okta.assign: { user: ada }
  - expect.user: { user: ada, active: true }
";

#[test]
fn a_scenario_says_why_it_is_not_for_entra_and_cannot_say_both() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.yaml"), OWN).unwrap();
    let ended = scimulate(folder.path(), &["run", "own.yaml", "--dialect", "entra"]);
    assert_eq!(ended.code, 5, "{}{}", ended.out, ended.err);
    assert!(ended.err.contains("because of the moon"), "{}", ended.err);
    let both = OWN.replace("people:", "dialects: [oin, entra]\npeople:");
    std::fs::write(folder.path().join("own.yaml"), both).unwrap();
    let ended = scimulate(folder.path(), &["run", "own.yaml"]);
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert!(ended.err.contains("keep one of the two"), "{}", ended.err);
    let only = OWN.replace("notInEntra: because of the moon", "dialects: [entra]");
    std::fs::write(folder.path().join("own.yaml"), only).unwrap();
    let ended = scimulate(folder.path(), &["run", "own.yaml", "--dialect", "entra"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("own [entra]"), "{}", ended.out);
}

#[test]
fn switches_are_listed_with_their_values_and_a_wrong_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let listed = scimulate(folder.path(), &["list", "switches"]);
    assert_eq!(listed.code, 0);
    assert!(listed.out.contains("entraPatch (textBooleans): "), "{}", listed.out);
    assert!(
        listed.out.contains("    compliant: With `aadOptscim062020` in the tenant URL"),
        "{}",
        listed.out
    );
    assert!(listed.out.contains("membersPerPatch (100): "), "{}", listed.out);
    let ended = scimulate(folder.path(), &["run", "--switch", "entrapatch=compliant"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.err.contains("there is no switch `entrapatch`; the switches are getBeforePatch, "),
        "{}",
        ended.err
    );
    let ended = scimulate(folder.path(), &["run", "--switch", "entraPatch=strict"]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("`strict` is no value of the switch `entraPatch`"), "{}", ended.err);
    assert!(ended.err.contains("textBooleans"), "{}", ended.err);
}

#[test]
fn a_switch_on_the_command_line_changes_oktas_requests_too() {
    // okta-client §3.17d: by the switch no rename accompanies a membership.
    let folder = tempfile::tempdir().unwrap();
    let scenario = "\
title: A member joins
people:
  ada: { login: ada@example.com, firstName: Ada, lastName: Lovelace }
groups:
  team: { name: Team, members: [] }
steps:
  - okta.assign: { user: ada }
  - okta.push-group: { group: team }
  - okta.add-member: { group: team, user: ada }
  - expect.requests: { oin: [\"PATCH /Groups/{team}\"] }
";
    std::fs::write(folder.path().join("own.yaml"), scenario).unwrap();
    let plain = scimulate(folder.path(), &["run", "own.yaml", "--dialect", "oin"]);
    assert_eq!(plain.code, 4, "{}", plain.out);
    let switched = ["run", "own.yaml", "--dialect", "oin", "--switch", "renameWithMembership=false"];
    let ended = scimulate(folder.path(), &switched);
    assert_eq!(ended.code, 0, "{}", ended.out);
}
