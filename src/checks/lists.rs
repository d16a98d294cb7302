//! Rules about lists: counters, paging, and filters as far as Okta uses them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::catalogue as c;
use super::json::member;
use super::judge::{Kind, Verdicts};
use super::memory::Memory;
use super::resources;
use super::schemas::Document;
use crate::exchange::{Exchange, Response, percent_decode};

/// The parameters of a list request that the rules look at.
struct Query {
    start_index: Option<i64>,
    count: Option<i64>,
    /// Attribute and value of a filter that is one `eq` on a string.
    equality: Option<(String, String)>,
    filtered: bool,
    partial: bool,
    cursor: bool,
}

impl Query {
    fn read(exchange: &Exchange) -> Self {
        let mut query = Self {
            start_index: None,
            count: None,
            equality: None,
            filtered: false,
            partial: false,
            cursor: false,
        };
        for pair in exchange.request.query().unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decode(&value.replace('+', " "));
            match name.to_ascii_lowercase().as_str() {
                "startindex" => query.start_index = value.parse().ok(),
                "count" => query.count = value.parse().ok(),
                "attributes" | "excludedattributes" => query.partial = true,
                "cursor" => query.cursor = true,
                "filter" => {
                    query.filtered = true;
                    query.equality = equality(&value);
                }
                _ => {}
            }
        }
        query
    }
}

/// `attribute eq "value"` and nothing else.
fn equality(filter: &str) -> Option<(String, String)> {
    let mut parts = filter.trim().splitn(3, ' ');
    let (attribute, operator, value) = (parts.next()?, parts.next()?, parts.next()?.trim());
    if !operator.eq_ignore_ascii_case("eq") {
        return None;
    }
    let value: String = serde_json::from_str(value).ok()?;
    Some((attribute.to_owned(), value))
}

pub(super) fn judge(
    kind: Kind,
    exchange: &Exchange,
    response: &Response,
    body: Option<&Value>,
    memory: &mut Memory,
    verdicts: &mut Verdicts<'_>,
) {
    let mut query = Query::read(exchange);
    if query.filtered && response.status == 404 {
        verdicts.broken(&c::FILTER_NOTHING, &["200 OK with totalResults 0"], "404", None);
        return;
    }
    let Some(list) = body.filter(|_| response.is_success()) else { return };
    // "Service providers implementing cursor pagination that are unable to estimate totalResults MAY choose to
    // omit the totalResults attribute." (RFC 9865 §2)
    // A service may page by cursor unasked (§2.3).
    query.cursor |= ["nextCursor", "previousCursor"].iter().any(|name| member(list, name).is_some());
    let uncounted = query.cursor && list.is_object() && member(list, "totalResults").is_none();
    let counted = uncounted.then(|| {
        let mut counted = list.clone();
        counted["totalResults"] = Value::from(0);
        counted
    });
    let mismatches = Document::ListResponse.mismatches(counted.as_ref().unwrap_or(list));
    for mismatch in &mismatches {
        verdicts.broken(
            &c::LIST_SCHEMA,
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
    if !mismatches.is_empty() {
        return;
    }
    counters(list, &query, verdicts);
    let resources = member(list, "Resources").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut ids = BTreeSet::new();
    for (index, resource) in resources.iter().enumerate() {
        let at = format!("/Resources/{index}");
        resources::one(kind, resource, &at, query.partial, verdicts);
        let id = member(resource, "id").and_then(Value::as_str).unwrap_or_default();
        if !id.is_empty() && !ids.insert(id) {
            verdicts.broken(
                &c::LIST_DUPLICATES,
                &["each resource once"],
                format!("`{id}` twice"),
                Some(at.clone()),
            );
        }
        if let Some((attribute, wanted)) = &query.equality {
            fits(kind, attribute, wanted, resource, &at, verdicts);
        }
        if !query.partial {
            memory.seen(kind, resource, verdicts);
        }
    }
    if let Some((attribute, wanted)) = &query.equality
        && attribute.eq_ignore_ascii_case("userName")
        && kind == Kind::User
        && member(list, "totalResults").and_then(Value::as_u64) == Some(0)
        && memory.holds_exactly(wanted)
    {
        verdicts.broken(
            &c::FILTER_FINDS,
            &["the user, who was created before"],
            "totalResults 0",
            Some("/totalResults".into()),
        );
        verdicts.seen_as(
            "Okta creates the user again and shows the error that the service answers, e.g. a conflict.",
        );
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
        verdicts.broken(
            &c::LIST_TOTAL,
            &[&format!("at least {listed}")],
            format!("totalResults {total} with {listed} resources on the page"),
            at("totalResults"),
        );
    }
    if let Some(items) = items
        && items != listed
    {
        verdicts.broken(
            &c::LIST_ITEMS,
            &[&format!("{listed}, the number of resources on the page")],
            format!("itemsPerPage {items}"),
            at("itemsPerPage"),
        );
    }
    let asked = query.count.map(|count| count.max(0));
    if let Some(asked) = asked
        && listed > asked
    {
        verdicts.broken(
            &c::LIST_PAGE_SIZE,
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
        verdicts.broken(
            &c::LIST_START,
            &[&format!("startIndex {first}")],
            format!("startIndex {start}"),
            at("startIndex"),
        );
    }
    if given.is_none() && total > 0 && asked != Some(0) && first <= total {
        verdicts.broken(&c::LIST_RESOURCES, &["Resources"], "no Resources", at("Resources"));
    }
    // Pages by cursor have no index (RFC 9865 §2).
    if (start.is_none() || items.is_none()) && !query.cursor {
        let partial = listed > 0 && listed < total;
        let requirement = if partial { &c::LIST_COUNTERS } else { &c::LIST_COUNTERS_OKTA };
        verdicts.broken(requirement, &["startIndex and itemsPerPage"], "at least one is missing", None);
    }
}

fn fits(kind: Kind, attribute: &str, wanted: &str, resource: &Value, at: &str, verdicts: &mut Verdicts<'_>) {
    // Only attributes of which the RFC says that letter case does not matter, and that are no lists.
    let known = match kind {
        Kind::User => attribute.eq_ignore_ascii_case("userName"),
        Kind::Group => attribute.eq_ignore_ascii_case("displayName"),
    };
    let actual = member(resource, kind.required()).and_then(Value::as_str);
    if let (true, Some(actual)) = (known, actual)
        && actual.to_lowercase() != wanted.to_lowercase()
        // Beyond ASCII a service may compare normalised text (RFC 7644 §5, RFC 8264 §5.2.2), so that two
        // spellings of one name fit each other.
        && (actual.is_ascii() || wanted.is_ascii())
    {
        verdicts.broken(
            &c::FILTER_MATCHES,
            &[&format!("only resources whose {} is \"{wanted}\"", kind.required())],
            format!("one whose {} is \"{actual}\"", kind.required()),
            Some(at.to_owned()),
        );
        verdicts.seen_as(
            "Nothing: Okta takes the first resource of the list for the person and links the wrong account.",
        );
    }
}
