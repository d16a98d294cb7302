//! Several results as one: shards of a run put together, and runs of the same things compared.

use std::collections::{BTreeMap, BTreeSet};

use super::{Changes, Outcome, RunResult, ScenarioResult};
use crate::checks::{Leftover, RequirementResult, Verdict, requirements};

/// How something fared, as far as a comparison cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fared {
    Well,
    Badly,
    /// Broken only by what is told elsewhere already.
    Following,
    /// Broken, and accepted by a baseline.
    Accepted,
    Unjudged,
}

impl Fared {
    fn judged(self) -> bool {
        self != Self::Unjudged
    }

    fn of_scenario(scenario: &ScenarioResult) -> Self {
        match scenario.outcome {
            Outcome::Passed => Self::Well,
            Outcome::Failed if scenario.fails_by_findings_only() => Self::Following,
            Outcome::Failed => Self::Badly,
            Outcome::Error { .. } | Outcome::Skipped { .. } | Outcome::Blocked { .. } => Self::Unjudged,
        }
    }

    fn of_requirement(entry: &RequirementResult) -> Self {
        match entry.verdict {
            Verdict::Passed | Verdict::Warning | Verdict::Note => Self::Well,
            Verdict::Failed if entry.follows.is_some() => Self::Following,
            Verdict::Failed => Self::Badly,
            Verdict::Accepted { .. } => Self::Accepted,
            Verdict::Skipped { .. } | Verdict::Blocked { .. } | Verdict::NotObserved => Self::Unjudged,
        }
    }
}

impl Changes {
    fn note(&mut self, name: &str, before: Fared, now: Fared) {
        self.compared += usize::from(before.judged() && now.judged());
        let list = match (before, now) {
            (Fared::Badly | Fared::Accepted, Fared::Well) => &mut self.fixed,
            (Fared::Badly, Fared::Badly | Fared::Following) | (Fared::Following, Fared::Badly) => {
                &mut self.still_failing
            }
            (_, Fared::Badly) => &mut self.new,
            (Fared::Badly, Fared::Unjudged) => &mut self.no_longer_judged,
            _ => return,
        };
        list.push(name.to_owned());
    }
}

/// A value with the number of the file that it comes from.
type Numbered<T> = (usize, T);

/// Everything that several results say about the same things, each in the order of the files.
fn by_key<K: Ord, T>(all: impl Iterator<Item = (K, Numbered<T>)>) -> BTreeMap<K, Vec<Numbered<T>>> {
    let mut map: BTreeMap<K, Vec<Numbered<T>>> = BTreeMap::new();
    for (key, value) in all {
        map.entry(key).or_default().push(value);
    }
    map
}

impl RunResult {
    /// Several results as one. Of what occurs in more than one of them the last counts, and is compared
    /// with the one before it; [`RunResult::changes`] is there only if something was. Exchanges and time
    /// of a result of which nothing is left do not count.
    #[must_use]
    pub fn merged(first: Self, more: Vec<Self>) -> Self {
        if more.is_empty() {
            return first;
        }
        let mut targets: Vec<String> = Vec::new();
        let mut results: Vec<Self> = vec![first];
        results.extend(more);
        for result in &results {
            if !targets.contains(&result.target) {
                targets.push(result.target.clone());
            }
        }
        let mut changes = Changes::default();
        let mut twice = false;

        let scenarios = by_key(results.iter_mut().enumerate().flat_map(|(file, result)| {
            let taken = std::mem::take(&mut result.scenarios);
            taken.into_iter().map(move |scenario| (scenario.key.clone(), (file, scenario)))
        }));
        let entries = by_key(results.iter_mut().enumerate().flat_map(|(file, result)| {
            let taken = std::mem::take(&mut result.requirements);
            taken.into_iter().map(move |entry| (entry.requirement.clone(), (file, entry)))
        }));
        for (key, versions) in &scenarios {
            if let [.., (_, before), (_, now)] = versions.as_slice() {
                twice = true;
                changes.note(&key.to_string(), Fared::of_scenario(before), Fared::of_scenario(now));
            }
        }
        let pairs = scenarios.values().filter_map(|versions| match versions.as_slice() {
            [.., (_, before), (_, now)] => Some((before, now)),
            _ => None,
        });
        for (slug, before, now) in found(pairs) {
            // A check says it of itself.
            if !entries.contains_key(slug) {
                changes.note(slug, before, now);
            }
        }
        for (slug, versions) in &entries {
            if let [.., (_, before), (_, now)] = versions.as_slice() {
                twice = true;
                changes.note(slug, Fared::of_requirement(before), Fared::of_requirement(now));
            }
        }

        let mut used: BTreeSet<usize> = BTreeSet::new();
        let mut checked: BTreeSet<usize> = BTreeSet::new();
        let scenarios: Vec<ScenarioResult> = scenarios
            .into_values()
            .filter_map(|mut versions| versions.pop())
            .map(|(file, scenario)| {
                used.insert(file);
                scenario
            })
            .collect();
        let mut told_by: BTreeMap<String, usize> = BTreeMap::new();
        let mut entries: Vec<RequirementResult> = entries
            .into_values()
            .filter_map(|mut versions| versions.pop())
            .map(|(file, entry)| {
                used.insert(file);
                checked.insert(file);
                told_by.insert(entry.requirement.clone(), file);
                entry
            })
            .collect();
        let order: BTreeMap<&str, usize> =
            requirements().iter().enumerate().map(|(index, known)| (known.slug, index)).collect();
        entries.sort_by_key(|entry| order.get(entry.requirement.as_str()).copied().unwrap_or(usize::MAX));

        let mut merged = Self {
            format_version: Self::FORMAT_VERSION,
            scimulate_version: String::new(),
            target: targets.join(", "),
            scenarios,
            requirements: entries,
            left_behind: Vec::new(),
            to_attest: Vec::new(),
            exchanges: 0,
            baseline: Leftover::default(),
            changes: twice.then_some(changes),
            duration: std::time::Duration::ZERO,
        };
        for (file, result) in results.into_iter().enumerate() {
            // What was left behind is still there, whatever came later.
            add(&mut merged.left_behind, result.left_behind, |_| true);
            for demand in result.to_attest {
                if !merged.to_attest.contains(&demand) {
                    merged.to_attest.push(demand);
                }
            }
            if used.contains(&file) {
                merged.duration += result.duration;
            }
            if checked.contains(&file) || result.exchanges == 0 {
                merged.exchanges += result.exchanges;
                let current = |slug: &String| told_by.get(slug).is_none_or(|teller| *teller == file);
                add(&mut merged.baseline.fixed, result.baseline.fixed, current);
                add(&mut merged.baseline.expired, result.baseline.expired, current);
                add(&mut merged.baseline.unknown, result.baseline.unknown, current);
            }
            merged.scimulate_version = result.scimulate_version;
        }
        merged
    }
}

/// What the judge found in scenarios that ran more than once: each slug with how it fared before and now.
fn found<'a>(
    pairs: impl Iterator<Item = (&'a ScenarioResult, &'a ScenarioResult)>,
) -> Vec<(&'a str, Fared, Fared)> {
    let mut before: BTreeSet<&str> = BTreeSet::new();
    let mut now: BTreeSet<&str> = BTreeSet::new();
    // Slugs of which at least one scenario that showed them was judged again.
    let mut again: BTreeSet<&str> = BTreeSet::new();
    for (earlier, later) in pairs {
        let slugs: Vec<&str> =
            earlier.failing_findings().map(|finding| finding.requirement.as_str()).collect();
        if Fared::of_scenario(later).judged() {
            again.extend(&slugs);
        }
        before.extend(slugs);
        now.extend(later.failing_findings().map(|finding| finding.requirement.as_str()));
    }
    before
        .union(&now)
        .map(|slug| {
            let fared = |there: bool| if there { Fared::Badly } else { Fared::Well };
            let later = match now.contains(slug) {
                false if !again.contains(slug) => Fared::Unjudged,
                there => fared(there),
            };
            (*slug, fared(before.contains(slug)), later)
        })
        .collect()
}

fn add(to: &mut Vec<String>, from: Vec<String>, wanted: impl Fn(&String) -> bool) {
    for one in from {
        if wanted(&one) && !to.contains(&one) {
            to.push(one);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::ScenarioKey;
    use super::*;
    use crate::checks::{Finding, Importance, Level};

    fn entry(slug: &str, verdict: Verdict) -> RequirementResult {
        RequirementResult::new(slug, verdict)
    }

    fn scenario(name: &str, outcome: Outcome, broken: &[&str]) -> ScenarioResult {
        let finding = |slug: &&str| Finding {
            requirement: (*slug).to_owned(),
            level: Level::Must,
            importance: Importance::Interoperability,
            citation: String::new(),
            text: String::new(),
            expected: Vec::new(),
            actual: String::new(),
            pointer: None,
            exchange: String::new(),
            curl: String::new(),
            admin_message: None,
            advice: String::new(),
            conversation: Vec::new(),
            evidence: Vec::new(),
        };
        ScenarioResult {
            key: ScenarioKey { name: name.into(), dialect: "oin".into() },
            title: String::new(),
            covers: Vec::new(),
            outcome,
            steps: Vec::new(),
            findings: broken.iter().map(finding).collect(),
            not_observed: Vec::new(),
            exchanges: 1,
            duration: Duration::ZERO,
        }
    }

    fn run(scenarios: Vec<ScenarioResult>, requirements: Vec<RequirementResult>) -> RunResult {
        RunResult {
            format_version: 1,
            scimulate_version: "0".into(),
            target: "T".into(),
            scenarios,
            exchanges: if requirements.is_empty() { 0 } else { 10 },
            requirements,
            left_behind: Vec::new(),
            to_attest: Vec::new(),
            baseline: Leftover::default(),
            changes: None,
            duration: Duration::from_secs(1),
        }
    }

    fn skipped() -> Verdict {
        Verdict::Skipped { reason: "r".into() }
    }

    fn accepted() -> Verdict {
        Verdict::Accepted { reason: "r".into() }
    }

    /// Before, now, and the lists that it stands in then.
    #[rstest::rstest]
    #[case(Verdict::Failed, Verdict::Passed, "fixed", 1)]
    #[case(Verdict::Failed, Verdict::Warning, "fixed", 1)]
    #[case(accepted(), Verdict::Passed, "fixed", 1)]
    #[case(Verdict::Passed, Verdict::Failed, "new", 1)]
    #[case(skipped(), Verdict::Failed, "new", 0)]
    #[case(accepted(), Verdict::Failed, "new", 1)]
    #[case(Verdict::Failed, Verdict::Failed, "still", 1)]
    #[case(Verdict::Failed, skipped(), "unjudged", 0)]
    #[case(Verdict::Failed, Verdict::NotObserved, "unjudged", 0)]
    #[case(Verdict::Failed, accepted(), "", 1)]
    #[case(Verdict::Passed, Verdict::Passed, "", 1)]
    #[case(skipped(), Verdict::Passed, "", 0)]
    fn a_requirement_that_occurs_twice_is_compared(
        #[case] before: Verdict,
        #[case] now: Verdict,
        #[case] list: &str,
        #[case] compared: usize,
    ) {
        let merged = RunResult::merged(
            run(vec![], vec![entry("list.schema", before)]),
            vec![run(vec![], vec![entry("list.schema", now.clone())])],
        );
        assert_eq!(merged.requirements, [entry("list.schema", now)]);
        let changes = merged.changes.unwrap();
        let lists = [
            ("fixed", &changes.fixed),
            ("new", &changes.new),
            ("still", &changes.still_failing),
            ("unjudged", &changes.no_longer_judged),
        ];
        for (name, slugs) in lists {
            assert_eq!(slugs.len(), usize::from(name == list), "{name}");
        }
        assert_eq!(changes.compared, compared);
    }

    #[test]
    fn shards_have_nothing_to_compare_and_the_registry_gives_the_order() {
        let merged = RunResult::merged(
            run(
                vec![scenario("b", Outcome::Passed, &[])],
                vec![entry("of.another-version", Verdict::Passed), entry("list.schema", Verdict::Passed)],
            ),
            vec![run(
                vec![scenario("a", Outcome::Failed, &[])],
                vec![entry("create.location", Verdict::Failed)],
            )],
        );
        assert_eq!(merged.changes, None);
        let names: Vec<&str> = merged.scenarios.iter().map(|scenario| scenario.key.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        let slugs: Vec<&str> = merged.requirements.iter().map(|entry| entry.requirement.as_str()).collect();
        assert_eq!(slugs, ["create.location", "list.schema", "of.another-version"]);
        assert_eq!((merged.exchanges, merged.duration), (20, Duration::from_secs(2)));
        assert_eq!(merged.target, "T");
    }

    #[test]
    fn of_what_a_later_file_replaces_only_what_lies_about_remains() {
        let mut old = run(vec![], vec![entry("list.schema", Verdict::Passed)]);
        old.target = "before".into();
        old.left_behind = vec!["/Users/1".into()];
        old.baseline.fixed = vec!["list.schema".into()];
        let merged = RunResult::merged(old, vec![run(vec![], vec![entry("list.schema", Verdict::Failed)])]);
        assert_eq!((merged.exchanges, merged.duration), (10, Duration::from_secs(1)));
        assert!(merged.baseline.is_empty());
        assert_eq!(merged.left_behind, ["/Users/1"]);
        assert_eq!(merged.target, "before, T");
    }

    #[test]
    fn what_the_judge_found_in_scenarios_is_compared_too_and_once() {
        let failed = || Outcome::Failed;
        let before = run(
            vec![
                scenario("a", failed(), &["list.schema", "resource.id", "error.format"]),
                scenario("b", failed(), &["create.status"]),
                scenario("c", Outcome::Passed, &[]),
            ],
            vec![],
        );
        let now = run(
            vec![
                scenario("a", failed(), &["resource.id"]),
                scenario("b", Outcome::Skipped { reason: "r".into() }, &[]),
                scenario("c", failed(), &["resource.id", "read.status-200"]),
            ],
            vec![entry("error.format", Verdict::Passed)],
        );
        let changes = RunResult::merged(before, vec![now]).changes.unwrap();
        assert_eq!(changes.fixed, ["list.schema"]);
        assert_eq!(changes.new, ["read.status-200"]);
        assert_eq!(changes.still_failing, ["resource.id"]);
        assert_eq!(changes.no_longer_judged, ["create.status"]);
    }

    #[test]
    fn a_consequence_that_was_a_failure_still_fails_and_a_new_one_is_not_told() {
        let following = |slug: &str| RequirementResult {
            follows: Some("response.no-server-error".into()),
            ..entry(slug, Verdict::Failed)
        };
        let before = vec![
            entry("list.schema", Verdict::Failed),
            entry("resource.id", Verdict::Passed),
            following("create.status"),
        ];
        let now =
            vec![following("list.schema"), following("resource.id"), entry("create.status", Verdict::Passed)];
        let changes = RunResult::merged(run(vec![], before), vec![run(vec![], now)]).changes.unwrap();
        assert_eq!(changes.still_failing, ["list.schema"]);
        assert_eq!((changes.new.len(), changes.fixed.len(), changes.compared), (0, 0, 3));
    }
}
