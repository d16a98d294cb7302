//! What a capture becomes is read back as it was drafted, whatever stands in it.

use std::path::Path;

use bytes::Bytes;
use proptest::prelude::*;

use super::super::model::{Located, Scenario};
use super::super::parse::parse;
use super::super::template::Names;
use super::*;
use crate::capture::Part;

const BASE_URL: &str = "https://service.test/scim/v2";

/// Texts that mean something to YAML, to JSON or to a scenario, and any other.
fn text() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "",
        " ",
        "-",
        "- a",
        "? a",
        "a: b",
        "#",
        "a # b",
        "{{x}}",
        "{{{",
        "}}",
        "[a]",
        "*a",
        "&a",
        "!a",
        "|",
        ">",
        "'",
        "\"",
        "\\",
        "%",
        "@",
        "`",
        "~",
        "<<",
        "=",
        "true",
        "No",
        "null",
        "1",
        "0x1F",
        "1e3",
        ".inf",
        "2024-01-01",
        "a\nb",
        "\n",
        "\r\n",
        "\t",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{1b}[2J",
        "é",
        "---",
        "...",
    ]);
    prop_oneof![
        odd.prop_map(str::to_owned),
        prop::collection::vec(any::<char>(), 0..12).prop_map(|characters| characters.into_iter().collect()),
        "[a-z]{1,8}(@example\\.com)?",
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e12..1e12).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..4)
                .prop_map(|fields| fields.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

fn user() -> impl Strategy<Value = Map<String, Value>> {
    (text(), text(), text(), text(), text()).prop_map(|(login, given, title, department, nickname)| {
        let user = json!({
            "userName": login,
            "name": { "givenName": given, "familyName": "King" },
            "title": title,
            "nickName": nickname,
            ENTERPRISE: { "department": department },
        });
        user.as_object().cloned().unwrap_or_default()
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    let kinds = prop::sample::select(vec![
        K::TestCredentials,
        K::Save,
        K::Assign,
        K::Update,
        K::Deactivate,
        K::Reactivate,
        K::ChangePassword,
        K::DeleteUser,
        K::PushGroup,
        K::ChangeMembers,
        K::RenameGroup,
        K::PushNow,
        K::DeleteGroup,
        K::Import,
        K::Discovery,
        K::Read,
        K::Other,
    ]);
    let before = prop::option::of(user());
    (kinds, text(), prop::option::of(user()), before, prop::collection::vec(text(), 0..3), any::<bool>())
        .prop_map(|(kind, subject, written, before, names, created)| {
            let mut operation = Operation::new(kind, &subject);
            let what = if created { "create" } else { "other" };
            operation.parts =
                vec![Part { number: 0, what: what.into(), line: format!("POST /{subject}\n- a") }];
            operation.written = written;
            operation.before = before;
            operation.id = Some(format!("{subject}-id"));
            operation.new_name = Some(names.concat());
            operation.members = created.then(|| names.clone());
            operation.joined = names;
            operation
        })
}

/// The scenario of the operations, each with a request of its own, as a file has it.
fn parsed(operations: &[Operation], requests: &HashMap<usize, Request>) -> (Draft, Scenario) {
    let draft = Draft::new("any.har", BASE_URL, operations, requests, &Traits::default());
    let text = draft.text().unwrap();
    let scenario = parse(&text, Path::new("any.yaml"), "any").unwrap_or_else(|errors| {
        panic!("{}\n{text}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    (draft, scenario)
}

fn values<T: Clone>(parts: &IndexMap<String, Located<T>>) -> Vec<(String, T)> {
    parts.iter().map(|(name, part)| (name.clone(), part.value.clone())).collect()
}

fn written<T: Clone>(parts: &IndexMap<String, Spanned<T>>) -> Vec<(String, T)> {
    parts.iter().map(|(name, part)| (name.clone(), part.value.clone())).collect()
}

fn request(url: &str, body: &str) -> Request {
    Request {
        method: "POST".into(),
        url: url.into(),
        headers: Vec::new(),
        body: Some(Bytes::from(body.to_owned())),
    }
}

/// The body that the only raw request of a scenario sends.
fn sent(scenario: &Scenario) -> String {
    let mut names = Names::default();
    scenario.variables.iter().for_each(|(name, value)| names.set(name, value));
    let step = scenario.steps.iter().find(|step| matches!(step.value, Step::Scim(_))).unwrap();
    let body = names.fill_value(&step.value.arguments().unwrap()["body"]).unwrap();
    body.as_str().map_or_else(|| body.to_string(), str::to_owned)
}

proptest! {
    #[test]
    fn a_scenario_of_a_capture_is_read_as_it_was_drafted(
        operations in prop::collection::vec(operation(), 0..6),
        body in json_value(),
    ) {
        let mut operations = operations;
        for (number, operation) in operations.iter_mut().enumerate() {
            operation.parts[0].number = number;
        }
        let url = format!("{BASE_URL}/Users/{{{{x}}}}?a=%20");
        let requests = (0..operations.len()).map(|number| (number, request(&url, &body.to_string())));
        let (draft, scenario) = parsed(&operations, &requests.collect());
        let file = draft.file();
        prop_assert_eq!(&scenario.title, &file.title);
        prop_assert_eq!(&scenario.description, &file.description);
        prop_assert_eq!(&scenario.tags, &file.tags);
        prop_assert_eq!(&scenario.variables, &file.variables);
        prop_assert_eq!(values(&scenario.people), written(&file.people));
        prop_assert_eq!(values(&scenario.groups), written(&file.groups));
        prop_assert_eq!(&scenario.app, &file.app);
        let drafted: Vec<&Step> = file.steps.iter().map(|step| &step.value).collect();
        prop_assert_eq!(scenario.steps.iter().map(|step| &step.value).collect::<Vec<_>>(), drafted);
    }

    #[test]
    fn a_raw_request_sends_what_the_capture_has(body in json_value()) {
        let mut operation = Operation::new(K::Other, "");
        operation.parts = vec![Part { number: 1, what: String::new(), line: String::new() }];
        let url = format!("{BASE_URL}/Users");
        let requests = HashMap::from([(1, request(&url, &body.to_string()))]);
        let (_, scenario) = parsed(&[operation], &requests);
        prop_assert_eq!(sent(&scenario), body.to_string());
    }
}

#[rstest::rstest]
#[case::many_members(json!({ "members": vec![json!({ "value": "1" }); 130_000] }))]
#[case::a_long_name(json!({ ("n".repeat(3_000)): { ("m ".repeat(3_000)): ["long"] } }))]
#[case::a_long_text(json!({ "title": "one two\n".repeat(100_000) }))]
#[case::a_deep_value((0..120).fold(json!("end"), |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({ "a": inner }) }))]
fn no_body_is_too_large_for_a_scenario(#[case] body: Value) {
    let mut operation = Operation::new(K::Other, "");
    operation.parts = vec![Part { number: 1, what: String::new(), line: String::new() }];
    let requests = HashMap::from([(1, request(&format!("{BASE_URL}/Users"), &body.to_string()))]);
    let (_, scenario) = parsed(&[operation], &requests);
    let captured = body.to_string();
    assert!(sent(&scenario) == captured, "the body differs");
}
