//! What holds the areas of the judge together: the cases of every area run through all passive rules, each rule is
//! judged by something, and everything about a rule lies at its slug.

use std::collections::BTreeSet;
use std::path::Path;

use rstest::rstest;
use serde_json::{Value, json};

use super::cases::{BASE, Case, LIST, ONE, PATCH, created, deactivate, get, list, user, with};
use super::engine::Watcher as _;
use super::*;
use crate::exchange::Masker;

/// The slugs of what a conversation breaks.
fn broken(case: Case) -> BTreeSet<String> {
    let masker = Masker::new();
    let (mut plain, mut during) = (PassiveJudge::new(BASE), passive::CheckWatcher::new(BASE));
    let exchanges = case.lines.into_iter().map(cases::Line::exchange);
    exchanges
        .flat_map(|exchange| {
            if case.during_check {
                during.observe(&exchange, false, &masker)
            } else {
                plain.observe(&exchange, &masker)
            }
        })
        .map(|finding| finding.requirement)
        .collect()
}

#[test]
fn each_case_breaks_just_what_it_says() {
    let mut wrong = Vec::new();
    for (area, cases) in rules::cases() {
        for case in cases {
            let (name, wanted) = (case.name, case.breaks.iter().map(|slug| (*slug).to_owned()).collect());
            let found = broken(case);
            if found != wanted {
                wrong.push(format!("{area}, {name}: breaks {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Who speaks up about which conversation, reviewed as one list.
#[test]
fn the_list_of_who_speaks_up_is_reviewed() {
    let mut lines = Vec::new();
    for (area, cases) in rules::cases() {
        for case in cases {
            let name = case.name;
            let found: Vec<String> = broken(case).into_iter().collect();
            lines.push(format!(
                "{area}: {name}: {}",
                if found.is_empty() { "-".into() } else { found.join(" ") }
            ));
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_passive_rule_is_broken_by_a_case_and_its_area_has_one_that_keeps_the_rules() {
    let cases = rules::cases();
    let breaking: BTreeSet<&str> = cases
        .iter()
        .flat_map(|(_, cases)| cases.iter().flat_map(|case| case.breaks.iter().copied()))
        .collect();
    let during = rules::watches_during_check().flat_map(|watch| watch.judges);
    for requirement in rules::watches().flat_map(|watch| watch.judges).chain(during) {
        let slug = requirement.slug;
        assert!(breaking.contains(slug), "no case breaks {slug}");
        let own = cases.iter().find(|(area, _)| *area == requirement.area());
        let keeps = own.is_some_and(|(_, cases)| cases.iter().any(|case| case.breaks.is_empty()));
        assert!(keeps, "no case of the area keeps {slug}");
    }
}

#[test]
fn everything_about_a_rule_lies_at_its_slug() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks/rules");
    let mut seen = BTreeSet::new();
    for requirements in rules::areas() {
        let area = requirements[0].area();
        assert!(rules.join(area).join("mod.rs").exists(), "no folder for {area}");
        let declared = std::fs::read_to_string(rules.join(area).join("mod.rs")).unwrap();
        for requirement in requirements {
            let slug = requirement.slug;
            assert_eq!(requirement.area(), area, "{slug} is declared in {area}");
            assert!(declared.contains(&format!("\"{slug}\"")), "{slug} is not declared in {area}/mod.rs");
            assert!(seen.insert(slug), "{slug} twice");
            assert!(requirement.text.ends_with('.') && requirement.advice.ends_with('.'), "{slug}");
            let sources = ["RFC ", "okta-client ", "draft-zollner-scim-interop-profile-01 ", "IPSIE AL "];
            assert!(sources.iter().any(|source| requirement.citation.starts_with(source)), "{slug}");
        }
    }
    let mut names = BTreeSet::new();
    for probe in rules::probes() {
        let area = probe.name.split('.').next().unwrap();
        assert!(rules.join(area).exists(), "no folder for the probe {}", probe.name);
        assert!(names.insert(probe.name), "two probes are named {}", probe.name);
    }
}

#[test]
fn every_requirement_is_judged() {
    let probed = rules::probes().flat_map(|probe| probe.judges);
    let judged: BTreeSet<&str> =
        probed.chain(orientation::JUDGES).copied().chain(rules::watched()).map(|known| known.slug).collect();
    for requirement in requirements() {
        assert!(judged.contains(requirement.slug), "nothing judges {}", requirement.slug);
    }
}

#[rstest]
#[case(Level::Must, Severity::Failure)]
#[case(Level::Okta, Severity::Failure)]
#[case(Level::Interop, Severity::Failure)]
#[case(Level::Ipsie, Severity::Failure)]
#[case(Level::Should, Severity::Warning)]
#[case(Level::Oin, Severity::Warning)]
#[case(Level::May, Severity::Note)]
#[case(Level::OktaTolerates, Severity::Note)]
fn a_level_has_one_severity(#[case] level: Level, #[case] severity: Severity) {
    assert_eq!(level.severity(), severity);
    assert_eq!(level.fails(), severity == Severity::Failure);
}

#[test]
fn what_somebody_else_changed_is_no_defect_once_the_judge_was_told() {
    let mut judge = PassiveJudge::new(BASE);
    let masker = Masker::new();
    assert_eq!(judge.observe(&deactivate(204, None).exchange(), &masker), vec![]);
    judge.forget();
    assert_eq!(judge.observe(&get(ONE, user()).exchange(), &masker), vec![]);
}

#[test]
fn a_request_without_an_answer_leaves_nothing_known() {
    let mut judge = PassiveJudge::new(BASE);
    let masker = Masker::new();
    judge.observe(&created(user()).exchange(), &masker);
    let lost = deactivate(204, None).lost().exchange();
    assert_eq!(judge.observe(&lost, &masker), vec![]);
    assert_eq!(judge.observe(&get(ONE, with(user(), "/active", json!(false))).exchange(), &masker), vec![]);
}

#[test]
fn a_finding_shows_the_exchange_and_hides_the_credential() {
    let mut judge = PassiveJudge::new(BASE);
    let findings = judge
        .observe(&get("/Users", with(list(vec![]), "/startIndex", json!("1"))).exchange(), &Masker::new());
    let finding = &findings[0];
    assert_eq!(finding.pointer.as_deref(), Some("/startIndex"));
    assert_eq!(finding.exchange, "GET /v2/Users → 200");
    assert!(
        finding.curl.contains("Bearer ***") && !finding.curl.contains("secret-token"),
        "{}",
        finding.curl
    );
    assert!(finding.admin_message.is_some(), "Okta stops silently, and the reader should know");
}

#[rstest]
#[case(json!({ "schemas": [PATCH], "Operations": [{ "op": "Replace", "value": { "active": false } }] }), true)]
#[case(json!({ "schemas": [PATCH], "Operations": [] }), false)]
#[case(json!({ "schemas": [PATCH], "Operations": [{ "op": "move", "path": "a" }] }), false)]
#[case(json!({ "schemas": [LIST], "Operations": [{ "op": "add", "value": {} }] }), false)]
#[case(json!({ "Operations": [{ "op": "add", "value": {} }] }), false)]
fn patch_requests_can_be_held_against_the_schema(#[case] body: Value, #[case] valid: bool) {
    assert_eq!(Document::PatchOp.mismatches(&body).is_empty(), valid);
}
