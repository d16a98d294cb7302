//! From the text of a scenario file to a checked [`Scenario`]. Every
//! error carries line and column and says what was expected.

use std::collections::BTreeSet;
use std::path::Path;

use indexmap::IndexMap;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::model::{
    Located, Position, Requirement, Scenario, ScenarioFile, ScimAction, SnapshotAction, Step,
};
use crate::clients::operation::{Attribute, Group, Person};
use crate::clients::{Dialect, Operation};
use crate::text::Problem;

/// Most errors of one file that are told.
const MOST: usize = 10;

/// Reads one scenario.
///
/// # Errors
/// Everything that is wrong with the file: the first syntax or shape error, or else all errors of meaning.
pub fn parse(source: &str, path: &Path, name: &str) -> Result<Scenario, Vec<Problem>> {
    let error = |at: Position, message: &str, help: Option<String>| {
        Problem::new(path, source, (at.line, at.column), message, help)
    };
    if let Some((line, column)) = tab_indentation(source) {
        return Err(vec![error(
            Position { line, column },
            "a tab indents this line, and YAML allows only spaces there",
            Some("replace the tab by spaces".into()),
        )]);
    }
    // A file without aliases has at most as many parts as bytes; what aliases multiply has limits of its own.
    let parts = |usual: usize| usual.max(source.len());
    let defaults = serde_saphyr::Budget::default();
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: parts(defaults.max_events),
            max_nodes: parts(defaults.max_nodes),
            max_total_scalar_bytes: parts(defaults.max_total_scalar_bytes),
        },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    let file: ScenarioFile = serde_saphyr::from_str_with_options(source, options).map_err(|problem| {
        let (line, column) = problem.location().map_or((0, 0), |at| (at.line(), at.column()));
        let message = first_line(&problem.without_snippet().to_string());
        let (message, help) = explained(&message);
        vec![error(Position { line, column }, &message, help)]
    })?;
    let (mut errors, mut more) = (Vec::new(), 0);
    let mut wrong = |at: Position, message: String, help: &str| {
        if errors.len() < MOST {
            errors.push(error(at, &message, Some(help.to_owned())));
        } else {
            more += 1;
        }
    };
    let top = Position { line: 1, column: 1 };

    if file.title.trim().is_empty() {
        wrong(top, "the title is empty".into(), "say in one sentence what the scenario shows");
    }
    if file.steps.is_empty() {
        wrong(top, "the scenario has no steps".into(), "add steps such as `- okta.assign: { user: ada }`");
    }
    let mut dialects = file.dialects.clone().unwrap_or_else(|| Dialect::ALL.to_vec());
    if dialects.is_empty() {
        wrong(top, "`dialects` is empty".into(), "name some of `oin`, `aiw` and `entra`, or leave it out");
    }
    if let Some(reason) = &file.not_in_entra {
        if reason.trim().is_empty() {
            wrong(top, "`notInEntra` is empty".into(), "say why the scenario makes no sense in that dialect");
        }
        if file.dialects.as_ref().is_some_and(|dialects| dialects.contains(&Dialect::Entra)) {
            wrong(
                top,
                "`dialects` names `entra`, and `notInEntra` says why it does not run there".into(),
                "keep one of the two",
            );
        }
        dialects.retain(|dialect| *dialect != Dialect::Entra);
    }
    for problem in file.app.problems() {
        wrong(top, problem, "correct the mapping or the external name under `app`");
    }
    let people: IndexMap<String, Located<Person>> = located(file.people);
    let groups: IndexMap<String, Located<Group>> = located(file.groups);
    for (key, group) in &groups {
        for member in group.value.members.iter().filter(|member| !people.contains_key(*member)) {
            let help = format!(
                "{}; add the person there or correct the name",
                known("the people are", people.keys())
            );
            let what = format!("the group `{key}` has the member `{member}`, who is not under `people`");
            wrong(group.at, what, &help);
        }
    }
    let steps: Vec<Located<Step>> = file.steps.into_iter().map(Located::from).collect();
    let mut points = BTreeSet::new();
    let mut saved = BTreeSet::new();
    for Located { at, value: step } in &steps {
        let Ok(arguments) = step.arguments() else { continue };
        match step {
            Step::Okta(operation) => {
                for (field, noun, plural, declared) in [
                    ("group", "group", "groups", groups.keys().collect::<Vec<_>>()),
                    ("user", "person", "people", people.keys().collect()),
                ] {
                    // Whoever an operation names is in the directory, whatever the operation is.
                    let Some(name) = arguments.get(field).and_then(Value::as_str) else { continue };
                    if !declared.iter().any(|declared| *declared == name) {
                        let what = known(&format!("the {plural} are"), declared.into_iter());
                        wrong(
                            *at,
                            format!("there is no {noun} `{name}` in this scenario"),
                            &format!("{what}; declare `{name}` under `{plural}` or correct the name"),
                        );
                    }
                }
                if let Operation::SaveMappings(mappings) = operation {
                    for problem in mappings.attributes.iter().filter_map(Attribute::problem) {
                        wrong(*at, problem, "correct the mapping or the external name");
                    }
                }
            }
            Step::Snapshot(SnapshotAction::Compare(point)) => {
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                if point.is_empty() || !point.chars().all(plain) {
                    let what = format!("`{point}` cannot name a snapshot");
                    wrong(*at, what, "use lower-case letters, digits and hyphens");
                }
                if !points.insert(point.clone()) {
                    let what = format!("the snapshot `{point}` is taken twice");
                    wrong(*at, what, "give each snapshot of a scenario a name of its own");
                }
            }
            Step::Console(_) | Step::Clock(_) | Step::Scim(_) | Step::Expect(_) => {}
        }
        for variable in placeholders(&arguments) {
            let name_of = |rest: &str| rest.split('.').next().unwrap_or_default().to_owned();
            let defined = match variable.split_once('.') {
                Some(("users" | "people", rest)) => people.contains_key(&name_of(rest)),
                Some(("groups", rest)) => groups.contains_key(&name_of(rest)),
                Some(("saved", rest)) => saved.contains(rest),
                // Variables may still come from the command line; the runner knows.
                _ => true,
            };
            if !defined {
                wrong(
                    *at,
                    format!("nothing defines `{{{{{variable}}}}}`"),
                    "use `{{users.NAME.id}}`, `{{people.NAME.login}}`, `{{groups.NAME.id}}`, `{{groups.NAME.name}}`, `{{saved.NAME}}` of an earlier step, or a variable",
                );
            }
        }
        if let Step::Scim(ScimAction::Request(request)) = step {
            saved.extend(request.save.keys().cloned());
        }
    }
    if more > 0 {
        errors.push(error(Position { line: 0, column: 0 }, &format!("{more} more are wrong"), None));
    }
    if !errors.is_empty() {
        return Err(errors);
    }

    let mut requires: BTreeSet<Requirement> = file.requires.iter().copied().collect();
    requires.extend(steps.iter().flat_map(|located| located.value.requires().iter().copied()));
    Ok(Scenario {
        name: name.to_owned(),
        path: path.to_owned(),
        title: file.title,
        description: file.description,
        covers: file.covers,
        requires: requires.into_iter().collect(),
        tags: file.tags,
        dialects,
        not_in_entra: file.not_in_entra,
        dialects_differ: file.dialects_differ,
        variables: file.variables,
        people,
        groups,
        app: file.app,
        steps,
    })
}

/// All `{{name}}` in the strings of `value`.
pub(super) fn placeholders(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    visit_strings(value, &mut |text| {
        let mut rest = text;
        while let Some(open) = rest.find("{{") {
            let Some(close) = rest[open..].find("}}") else { break };
            found.push(rest[open + 2..open + close].trim().to_owned());
            rest = &rest[open + close + 2..];
        }
    });
    found
}

fn visit_strings(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter().for_each(|item| visit_strings(item, visit)),
        Value::Object(fields) => fields.values().for_each(|item| visit_strings(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn located<T>(parts: IndexMap<String, Spanned<T>>) -> IndexMap<String, Located<T>> {
    parts.into_iter().map(|(name, part)| (name, part.into())).collect()
}

/// The first line that a tab indents. YAML 1.2 §6.1 forbids it, and parsers report it far away.
fn tab_indentation(source: &str) -> Option<(u64, u64)> {
    source.lines().zip(1..).find_map(|(line, number)| {
        let indentation = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        let tab = indentation.find('\t')?;
        (indentation.len() < line.len()).then(|| (number, tab as u64 + 1))
    })
}

/// The first line without the place, which is shown beside it.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    line.split(" at line ").next().unwrap_or(line).trim_end_matches('.').to_owned()
}

fn known<'a>(lead: &str, names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() { "there are none yet".into() } else { format!("{lead} {}", names.join(", ")) }
}

/// For "unknown variant `x`, expected one of a, b": what it is not, and the nearest of what was expected.
fn explained(message: &str) -> (String, Option<String>) {
    // The library speaks to programmers there.
    if let Some(key) = message.strip_prefix("duplicate mapping key: ") {
        let key = key.split(", set ").next().unwrap_or(key);
        return (
            format!("the key `{key}` stands twice in one mapping"),
            Some("remove one of the two, or rename it".into()),
        );
    }
    let parts = message.split_once(", expected ");
    let Some((unknown, expected)) = parts.filter(|(unknown, _)| unknown.starts_with("unknown ")) else {
        return (message.to_owned(), None);
    };
    let wrong = unknown.split('`').nth(1).unwrap_or_default();
    let what = if unknown.starts_with("unknown variant") && wrong.contains('.') {
        "step"
    } else {
        "name that fits here"
    };
    let candidates: Vec<&str> = expected
        .trim_start_matches("one of ")
        .split([',', ' '])
        .map(|name| name.trim_matches('`'))
        .filter(|name| !name.is_empty() && *name != "or")
        .collect();
    let help = match similar::get_close_matches(wrong, &candidates, 1, 0.6).first() {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("possible are {}", candidates.join(", ")),
    };
    (format!("`{wrong}` is no {what}"), Some(help))
}
