//! Passive rules about lists: their form, their counters, and that no resource is in one twice.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    COUNTERS_PRESENT, COUNTERS_WHEN_PARTIAL, ITEMS_PER_PAGE, NO_DUPLICATES, PAGE_SIZE, RESOURCES_PRESENT,
    SCHEMA, START_INDEX, TOTAL_RESULTS,
};
use crate::checks::engine::{Memory, Query, Seen, Verdicts, Watch};
use crate::checks::json::member;

pub(in crate::checks) static WATCH: Watch = Watch {
    judges: &[
        &SCHEMA,
        &COUNTERS_WHEN_PARTIAL,
        &COUNTERS_PRESENT,
        &TOTAL_RESULTS,
        &ITEMS_PER_PAGE,
        &PAGE_SIZE,
        &START_INDEX,
        &RESOURCES_PRESENT,
        &NO_DUPLICATES,
    ],
    judge,
};

fn judge(seen: &Seen<'_>, _: &Memory, verdicts: &mut Verdicts<'_>) {
    for mismatch in &seen.list_mismatches {
        verdicts.fail(
            &SCHEMA,
            &["a ListResponse with integers as counters"],
            mismatch.message.clone(),
            Some(mismatch.pointer.clone()),
        );
        if ["/totalResults", "/startIndex", "/itemsPerPage"].contains(&mismatch.pointer.as_str()) {
            verdicts.seen_as(
                "Nothing: Okta stops after the look-up, and System Log shows a failed sync without a reason.",
            );
        }
    }
    let Some((_, list)) = seen.list() else { return };
    counters(list, &seen.query, verdicts);
    let mut ids = BTreeSet::new();
    for (_, pointer, resource) in seen.representations() {
        let id = member(resource, "id").and_then(Value::as_str).unwrap_or_default();
        if !id.is_empty() && !ids.insert(id) {
            verdicts.fail(&NO_DUPLICATES, &["each resource once"], format!("`{id}` twice"), Some(pointer));
        }
    }
}

fn counters(list: &Value, query: &Query, verdicts: &mut Verdicts<'_>) {
    let number = |name: &str| member(list, name).and_then(Value::as_i64);
    let given = member(list, "Resources").and_then(Value::as_array);
    let listed = i64::try_from(given.map_or(0, Vec::len)).unwrap_or(i64::MAX);
    let total = number("totalResults").unwrap_or(listed);
    let (start, items) = (number("startIndex"), number("itemsPerPage"));
    let at = |name: &str| Some(format!("/{name}"));
    if total < listed {
        verdicts.fail(
            &TOTAL_RESULTS,
            &[&format!("at least {listed}")],
            format!("totalResults {total} with {listed} resources on the page"),
            at("totalResults"),
        );
    }
    if let Some(items) = items
        && items != listed
    {
        verdicts.fail(
            &ITEMS_PER_PAGE,
            &[&format!("{listed}, the number of resources on the page")],
            format!("itemsPerPage {items}"),
            at("itemsPerPage"),
        );
    }
    let asked = query.count.map(|count| count.max(0));
    if let Some(asked) = asked
        && listed > asked
    {
        verdicts.fail(
            &PAGE_SIZE,
            &[&format!("at most {asked} resources")],
            format!("{listed} resources"),
            at("Resources"),
        );
    }
    let first = query.start_index.unwrap_or(1).max(1);
    if let Some(start) = start
        && start != first
        && listed > 0
        && !query.cursor
    {
        verdicts.fail(
            &START_INDEX,
            &[&format!("startIndex {first}")],
            format!("startIndex {start}"),
            at("startIndex"),
        );
    }
    if given.is_none() && total > 0 && asked != Some(0) && first <= total {
        verdicts.fail(&RESOURCES_PRESENT, &["Resources"], "no Resources", at("Resources"));
    }
    // Pages by cursor have no index (RFC 9865 §2).
    if (start.is_none() || items.is_none()) && !query.cursor {
        let partial = listed > 0 && listed < total;
        let requirement = if partial { &COUNTERS_WHEN_PARTIAL } else { &COUNTERS_PRESENT };
        verdicts.fail(requirement, &["startIndex and itemsPerPage"], "at least one is missing", None);
    }
}
