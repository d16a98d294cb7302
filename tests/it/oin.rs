//! `scimulate oin` as a user meets it, and its table held against Okta's own plan and against what there is
//! to judge with.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use assert_cmd::Command;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use rstest::rstest;
use scimulate::report::{OinCase, oin_cases};

use crate::support::service::{resources, service};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The case numbers in the first column of the sheet.
fn numbers(sheet: &Path) -> Vec<String> {
    let strings = texts(&unzipped(sheet, "xl/sharedStrings.xml"), "si");
    let cells = unzipped(sheet, "xl/worksheets/sheet1.xml");
    let mut found = Vec::new();
    for cell in cells.split("<c ").skip(1) {
        let cell = cell.split("</c>").next().unwrap();
        let column = cell.split("r=\"").nth(1).unwrap();
        let first = column.starts_with('A') && column[1..].starts_with(|c: char| c.is_ascii_digit());
        let Some(value) = cell.split("<v>").nth(1).filter(|_| first) else { continue };
        let value = value.split("</v>").next().unwrap();
        let text = if cell.contains("t=\"s\"") {
            strings[value.parse::<usize>().unwrap()].clone()
        } else {
            value.into()
        };
        if text.starts_with('C') {
            found.push(text);
        }
    }
    found
}

/// The texts of all elements of that name, without markup.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let elements = xml.split(&open).skip(1).map(|rest| rest.split(&close).next().unwrap());
    elements
        .map(|element| {
            let parts = element.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
            parts.collect::<String>()
        })
        .collect()
}

/// One file out of a zip archive.
fn unzipped(archive: &Path, name: &str) -> String {
    let bytes = std::fs::read(archive).unwrap();
    let number = |at: usize, length: usize| -> usize {
        bytes[at..at + length].iter().rev().fold(0, |sum, byte| sum * 256 + usize::from(*byte))
    };
    // The central directory, from the record at the end (APPNOTE 4.3.12, 4.3.16).
    let end = (0..bytes.len() - 21).rev().find(|at| bytes[*at..].starts_with(b"PK\x05\x06")).unwrap();
    let mut at = number(end + 16, 4);
    for _ in 0..number(end + 10, 2) {
        let (length, extra, comment) = (number(at + 28, 2), number(at + 30, 2), number(at + 32, 2));
        if &bytes[at + 46..at + 46 + length] == name.as_bytes() {
            let (packed, local) = (number(at + 20, 4), number(at + 42, 4));
            let begin = local + 30 + number(local + 26, 2) + number(local + 28, 2);
            let data = &bytes[begin..begin + packed];
            let mut text = String::new();
            match number(at + 10, 2) {
                0 => text.push_str(std::str::from_utf8(data).unwrap()),
                _ => drop(flate2::read::DeflateDecoder::new(data).read_to_string(&mut text).unwrap()),
            }
            return text;
        }
        at += 46 + length + extra + comment;
    }
    panic!("{} has no {name}", archive.display());
}

#[test]
fn the_table_has_every_case_of_the_plan_once() {
    let ids: Vec<&str> = oin_cases().iter().map(|case| case.id.as_str()).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!((ids.len(), unique.len()), (61, 61));
    let plan = root().join("../shared/okta-spec/okta-scim-test-plan-v2.xlsx");
    if !plan.exists() {
        eprintln!("Okta's plan is not here, so that only the number of cases is compared");
        return;
    }
    let numbers = numbers(&plan);
    assert_eq!(numbers.len(), 61);
    assert_eq!(numbers.iter().map(String::as_str).collect::<BTreeSet<_>>(), unique);
}

#[test]
fn what_the_table_names_is_there_and_each_case_is_judged_or_says_why_not() {
    let known: BTreeSet<&str> =
        scimulate::checks::requirements().iter().map(|requirement| requirement.slug).collect();
    for OinCase { id, scenarios, requirements, by_hand, .. } in oin_cases() {
        for name in scenarios {
            let path = root().join(format!("scenarios/{name}.yaml"));
            let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{id}: no scenario {name}"));
            let scenario = scimulate::scenario::parse(&text, &path, name).unwrap();
            assert!(scenario.dialects.contains(&scimulate::clients::Dialect::Oin), "{id}: {name}");
            let told = scenario.description.unwrap_or_default();
            assert!(!name.starts_with("oin/") || told.contains(id.as_str()), "{name} does not name {id}");
        }
        for slug in requirements {
            assert!(known.contains(slug.as_str()), "{id}: no requirement {slug}");
        }
        assert!(
            by_hand.is_some() || !scenarios.is_empty() || !requirements.is_empty(),
            "{id} is neither judged nor to be done by hand"
        );
    }
    let files = std::fs::read_dir(root().join("scenarios/oin")).unwrap();
    for name in files.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()) {
        let named = oin_cases().iter().any(|case| case.scenarios.contains(&format!("oin/{name}")));
        assert!(named, "no case names oin/{name}");
    }
}

fn rehearse(arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::cargo_bin("scimulate")
        .unwrap()
        .current_dir(folder.path())
        .args(["oin", "--markdown", "out/plan.md"])
        .args(arguments)
        .output()
        .unwrap();
    let page = std::fs::read_to_string(folder.path().join("out/plan.md")).unwrap_or_default();
    let told = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), told, page)
}

#[rstest]
fn on_the_reference_no_case_fails_and_none_is_left_out(#[values("seed", "rfc")] preset: &str) {
    let (code, told, page) = rehearse(&["--preset", preset]);
    assert_eq!(code, 0, "{told}");
    let by_hand =
        oin_cases().iter().filter(|case| case.scenarios.is_empty() && case.requirements.is_empty()).count();
    let sum =
        format!("61 cases: {} passed, 0 failed, {by_hand} to be tried by hand, 0 not observed", 61 - by_hand);
    assert!(told.contains(&sum), "{told}");
    assert!(page.contains(&sum) && !page.contains("## Why"), "{page}");
    for case in oin_cases() {
        assert!(page.contains(&format!("| {} |", case.id)), "{} is missing", case.id);
    }
}

/// Groups are deleted in words only.
async fn keeps_groups(request: Request, next: Next) -> Response {
    if request.method() == "DELETE" && request.uri().path().contains("/Groups/") {
        return axum::http::StatusCode::NO_CONTENT.into_response();
    }
    next.run(request).await
}

#[test]
fn a_service_that_keeps_deleted_groups_fails_the_cases_about_that_and_no_other() {
    let service = service(keeps_groups);
    let user = format!("{}:{}", service.username, service.password);
    let (code, told, page) = rehearse(&["--target", &service.base_url, "--user", &user]);
    assert_eq!(code, 4, "{told}");
    let failed: Vec<&str> = page
        .lines()
        .filter(|line| line.contains("| **failed** |"))
        .map(|line| line.split(" | ").next().unwrap().trim_start_matches("| "))
        .collect();
    assert_eq!(failed, ["C9318", "C9325", "C9327"], "{told}");
    assert!(page.contains("- C9318 failed\n  - `oin/unlink-and-delete: expect.group pioneers: "), "{page}");
    assert!(!page.contains(&service.password) && !told.contains(&service.password));
    assert_eq!(resources(&service, "/Users"), 0, "something was left behind");
}

#[test]
fn a_target_that_is_not_there_is_told_and_no_case_is_judged() {
    let (code, told, page) = rehearse(&["--target", "http://127.0.0.1:9/scim/v2"]);
    assert_eq!((code, page.as_str()), (3, ""), "{told}");
    assert!(told.contains("cannot be reached"), "{told}");
}
