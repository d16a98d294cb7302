//! The table of the RFCs' normative sentences holds together with the registry of requirements, and with the
//! texts of the RFCs where they are there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use assert_cmd::Command;
use regex::Regex;
use scimulate::checks::{Cover, Requirement, coverage, requirements};

const RFCS: [&str; 3] = ["7643", "7644", "9865"];

#[test]
fn every_slug_in_the_table_is_one_of_the_registry() {
    let known: BTreeSet<&str> = requirements().iter().map(|requirement| requirement.slug).collect();
    for sentence in &coverage().sentences {
        for slug in sentence.cover.slugs() {
            assert!(
                known.contains(slug),
                "RFC {} §{}, {}: no requirement {slug}",
                sentence.rfc,
                sentence.section,
                sentence.ordinal
            );
        }
    }
}

#[test]
fn every_requirement_that_cites_one_of_the_rfcs_covers_a_sentence_of_it() {
    let mut covering: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for sentence in &coverage().sentences {
        for slug in sentence.cover.slugs() {
            covering.entry(slug).or_default().insert(sentence.rfc);
        }
    }
    let missing: Vec<String> = requirements()
        .iter()
        .filter(|requirement| {
            let cited = cited(requirement);
            let covered = covering.get(requirement.slug);
            !cited.is_empty() && !covered.is_some_and(|rfcs| rfcs.iter().any(|rfc| cited.contains(rfc)))
        })
        .map(|requirement| format!("{} ({})", requirement.slug, requirement.citation))
        .collect();
    assert!(missing.is_empty(), "in no line of src/checks/coverage/:\n{}", missing.join("\n"));
}

/// The RFCs of the table that a requirement cites.
fn cited(requirement: &Requirement) -> Vec<&'static str> {
    RFCS.into_iter().filter(|rfc| requirement.citation.contains(&format!("RFC {rfc}"))).collect()
}

#[test]
fn every_line_is_short_numbered_in_order_and_has_a_cover_or_a_reason() {
    let mut last: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for sentence in &coverage().sentences {
        let place = format!("RFC {} §{}, {}", sentence.rfc, sentence.section, sentence.ordinal);
        let words = sentence.text.split(' ').count();
        assert!((2..=12).contains(&words), "{place} has {words} words");
        assert_eq!(sentence.keyword.is_none(), sentence.ordinal == 0, "{place}");
        if sentence.ordinal > 0 {
            let last = last.entry((sentence.rfc, sentence.section)).or_default();
            *last += 1;
            assert_eq!(*last, sentence.ordinal, "{place} is out of order");
        }
        match sentence.cover {
            Cover::Requirements(slugs) => assert!(!slugs.is_empty(), "{place}"),
            Cover::Uncovered(told) | Cover::Reason(told) => {
                assert!(told.split(' ').count() > 1, "{place} has no reason");
                // What an RFC demands of a service and a rule without a key word are here to be judged.
                assert_ne!(sentence.ordinal, 0, "{place} covers nothing");
            }
        }
    }
    for section in &coverage().left_out {
        let also = last.contains_key(&(section.rfc, section.section));
        assert!(!also && section.reason.len() > 10, "RFC {} §{}", section.rfc, section.section);
    }
}

/// The key words of each section, in order.
fn key_words(text: &str) -> BTreeMap<String, Vec<String>> {
    let heading = Regex::new(r"^(\d+(?:\.\d+)*)\.  +\S").unwrap();
    // What stands at the foot and the head of a page, and what ends the last section.
    let page = Regex::new(r"^RFC \d+|\[Page \d+\]|\x0c").unwrap();
    let end = Regex::new("^(Appendix|Acknowledg|Authors|Contributors)").unwrap();
    let words = Regex::new(
        r"\b(MUST NOT|MUST|SHALL NOT|SHALL|REQUIRED|SHOULD NOT|SHOULD|NOT RECOMMENDED|RECOMMENDED|MAY|OPTIONAL)\b",
    )
    .unwrap();
    let mut sections: BTreeMap<String, String> = BTreeMap::new();
    let mut section = None;
    for line in text.trim_start_matches('\u{feff}').lines() {
        if page.is_match(line) {
            continue;
        }
        if let Some(found) = heading.captures(line) {
            section = Some(found[1].to_owned());
        } else if end.is_match(line) {
            section = None;
        } else if let Some(section) = &section {
            let text = sections.entry(section.clone()).or_default();
            text.push_str(line.trim());
            text.push(' ');
        }
    }
    sections
        .into_iter()
        .map(|(section, text)| {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            (section, words.find_iter(&text).map(|found| found.as_str().to_owned()).collect())
        })
        .filter(|(_, words): &(String, Vec<String>)| !words.is_empty())
        .collect()
}

#[test]
fn the_reader_of_the_texts_sees_sections_and_key_words() {
    let text = "\u{feff}1.  First\n\n   It MUST\n   NOT be; it MAY.\n\nRFC 1  Title  MUST\n   Author [Page 1] MUST\n\
                1.1.  Second\n   SHOULD-be, not MUSTARD.\nAppendix A.\n   MUST\n";
    let read = key_words(text);
    assert_eq!(read["1"], ["MUST NOT", "MAY"]);
    assert_eq!(read["1.1"], ["SHOULD"]);
    assert_eq!(read.len(), 2);
}

#[test]
fn every_key_word_of_the_texts_has_its_line() {
    for rfc in RFCS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/rfc/rfc{rfc}.txt"));
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("RFC {rfc} is not here, so that the table is not held against its text");
            continue;
        };
        let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for sentence in coverage().sentences.iter().filter(|sentence| sentence.rfc == rfc) {
            let words = told.entry(sentence.section.to_owned()).or_default();
            words.extend(sentence.keyword.map(str::to_owned));
        }
        let left_out =
            |section: &str| coverage().left_out.iter().any(|out| out.rfc == rfc && out.section == section);
        for (section, words) in key_words(&text) {
            if !left_out(&section) {
                assert_eq!(told.get(&section), Some(&words), "RFC {rfc} §{section}");
            }
        }
    }
}

#[test]
fn the_table_is_listed_with_its_sum() {
    let output = Command::cargo_bin("scimulate").unwrap().args(["list", "coverage"]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(told.contains("RFC 7644 §3.6\n"), "{told}");
    assert!(
        told.contains("  4 SHOULD NOT: what is deleted conflicts with nothing\n      delete.name-is-free\n"),
        "{told}"
    );
    assert!(told.contains("RFC 7643 §1.1: left out, how the key words are meant\n"), "{told}");
    let sum = told.lines().last().unwrap();
    let uncovered =
        coverage().sentences.iter().filter(|line| matches!(line.cover, Cover::Uncovered(_))).count();
    assert!(sum.contains(&format!("{uncovered} that a probe could see and none does")), "{sum}");
}
