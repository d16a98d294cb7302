//! `scimulate list` and `scimulate show`.

use serde_json::Value;

use super::files;
use super::{EXIT_NOTHING, EXIT_OK, Failed, say};
use crate::checks::{Cover, coverage, requirements};
use crate::clients::operation::Switches;
use crate::scenario::statements;

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// What to list.
    #[arg(value_enum, default_value_t = What::Scenarios)]
    what: What,
    /// Scenario files or folders; the built-in scenarios when there is none.
    paths: Vec<std::path::PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    Scenarios,
    Requirements,
    Faults,
    /// The switches for behaviour of which the public evidence is split, with their defaults.
    Switches,
    /// The statements of the guide, with the scenarios that execute each, or why none can.
    Statements,
    /// The normative sentences of the RFCs, with the requirements that cover each, or why none can.
    Coverage,
}

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    /// Name of a built-in scenario, or slug of a requirement.
    name: String,
}

pub(super) fn list(args: &ListArgs) -> Result<u8, Failed> {
    match args.what {
        What::Scenarios => {
            for scenario in files::load(&args.paths, None, None)?.scenarios {
                let requires: Vec<&str> =
                    scenario.requires.iter().map(|requirement| requirement.as_str()).collect();
                let note = if requires.is_empty() {
                    String::new()
                } else {
                    format!(" (requires {})", requires.join(", "))
                };
                say(&format!("{}: {}{note}", scenario.name, scenario.title));
            }
        }
        What::Faults => {
            for fault in crate::checks::dictionary::all() {
                let defects = if fault.defects.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", fault.defects.join(", "))
                };
                say(&format!("{}: {}{defects}", fault.name, fault.title));
            }
            for fault in crate::reference::faults::SERVICE {
                say(&format!("{}: {}", fault.name, fault.title));
            }
            for trouble in &super::defects::TROUBLES {
                say(&format!("{}: {}", trouble.name, trouble.title));
            }
            for (defect, reason) in crate::checks::dictionary::UNSHOWN {
                say(&format!("{defect}: no fault; {reason}"));
            }
        }
        What::Switches => switches()?,
        What::Coverage => sentences(),
        What::Statements => {
            let scenarios = files::load(&args.paths, None, None)?.scenarios;
            let mut part = "";
            for statement in statements() {
                if statement.part != part {
                    say(&format!("{}{}", if part.is_empty() { "" } else { "\n" }, statement.part));
                    part = &statement.part;
                }
                let by = statement.executed_by(&scenarios);
                let how = match &statement.unexecuted {
                    Some(reason) => format!("no scenario: {reason}"),
                    None if by.is_empty() => "no scenario".to_owned(),
                    None => by.join(", "),
                };
                say(&format!("{}: {}\n    {how}", statement.id, statement.text));
            }
        }
        What::Requirements => {
            for requirement in requirements() {
                say(&format!(
                    "{} ({}, {}): {}",
                    requirement.slug,
                    requirement.level.as_str(),
                    requirement.citation,
                    requirement.text
                ));
            }
        }
    }
    Ok(EXIT_OK)
}

/// Each switch with its values, from the same description that editors show.
fn switches() -> Result<(), Failed> {
    let schema = schemars::schema_for!(Switches).to_value();
    let defaults =
        serde_json::to_value(Switches::default()).map_err(|error| Failed::io(error.to_string()))?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for (name, default) in defaults.as_object().into_iter().flatten() {
        let property = &schema["properties"][name];
        let about = property["description"].as_str().unwrap_or_default().replace('\n', " ");
        say(&format!("{name} ({}): {about}", text(default)));
        let kind = property["$ref"].as_str().and_then(|path| schema.pointer(path.trim_start_matches('#')));
        for value in kind.and_then(|kind| kind["oneOf"].as_array()).into_iter().flatten() {
            let about = value["description"].as_str().unwrap_or_default().replace('\n', " ");
            say(&format!("    {}: {about}", text(&value["const"])));
        }
    }
    Ok(())
}

/// The table of the RFCs' sentences, then its sum.
fn sentences() {
    let table = coverage();
    for out in &table.left_out {
        say(&format!("RFC {} §{}: left out, {}", out.rfc, out.section, out.reason));
    }
    let mut section = ("", "");
    let (mut covered, mut uncovered, mut nothing) = (0, 0, 0);
    for sentence in &table.sentences {
        if section != (sentence.rfc, sentence.section) {
            section = (sentence.rfc, sentence.section);
            say(&format!("\nRFC {} §{}", sentence.rfc, sentence.section));
        }
        let by = match sentence.cover {
            Cover::Requirements(slugs) => {
                covered += 1;
                slugs.to_owned()
            }
            Cover::Uncovered(probe) => {
                uncovered += 1;
                format!("no requirement; what would show it: {probe}")
            }
            Cover::Reason(reason) => {
                nothing += 1;
                format!("no requirement: {reason}")
            }
        };
        let head = match sentence.keyword {
            Some(keyword) => format!("{:>3} {keyword}", sentence.ordinal),
            None => "    besides".to_owned(),
        };
        say(&format!("{head}: {}\n      {by}", sentence.text));
    }
    say(&format!(
        "\n{} sentences: {covered} covered, {uncovered} that a probe could see and none does, {nothing} with nothing to judge or to see",
        table.sentences.len()
    ));
}

/// `; did you mean this?` with the names that resemble it, or nothing.
pub(super) fn resembling(name: &str, known: &[&str]) -> String {
    let near = similar::get_close_matches(name, known, 3, 0.6);
    let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}

pub(super) fn show(args: &ShowArgs) -> Result<u8, Failed> {
    if let Some(requirement) = requirements().iter().find(|known| known.slug == args.name) {
        say(&format!(
            "{}\n\n  level:      {}\n  cost:       {}\n  profiles:   {}\n  source:     {}\n  rule:       {}\n  what to do: {}",
            requirement.slug,
            requirement.level.as_str(),
            requirement.importance.as_str(),
            requirement.held_by().iter().map(|profile| profile.as_str()).collect::<Vec<_>>().join(", "),
            requirement.citation,
            requirement.text,
            requirement.advice
        ));
        return Ok(EXIT_OK);
    }
    let scenarios = files::load(&[], None, None)?.scenarios;
    let Some(scenario) = scenarios.iter().find(|scenario| scenario.name == args.name) else {
        let names = scenarios.iter().map(|scenario| scenario.name.as_str());
        let known: Vec<&str> = names.chain(requirements().iter().map(|known| known.slug)).collect();
        return Err(Failed {
            code: EXIT_NOTHING,
            message: format!(
                "there is no scenario or requirement `{}`{}; `scimulate list scenarios` and `scimulate list requirements` show what there is",
                args.name,
                resembling(&args.name, &known)
            ),
        });
    };
    say(&format!("{}\n{}\n", scenario.name, scenario.title));
    if let Some(description) = &scenario.description {
        say(&format!("{}\n", description.trim()));
    }
    if !scenario.covers.is_empty() {
        say(&format!("covers: {}", scenario.covers.join(", ")));
    }
    for (number, located) in scenario.steps.iter().enumerate() {
        say(&format!("{:>3}. {}", number + 1, located.value.title()));
    }
    Ok(EXIT_OK)
}
