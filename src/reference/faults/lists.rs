//! Faults in lists: envelope, filters, paging, order, projection, search, cursors.

use serde_json::{Value, json};

use super::{Answering, Asked, Inner, Reply, faults};

fn envelope(asked: &Asked, reply: &mut Reply, act: impl Fn(&mut serde_json::Map<String, Value>)) {
    if (asked.list() || asked.path.ends_with("/.search"))
        && let Some(body) = reply.body.as_mut().and_then(Value::as_object_mut)
        && body.contains_key("totalResults")
    {
        act(body);
    }
}

fn rename(members: &mut serde_json::Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = members.shift_remove(from) {
        members.insert(to.into(), value);
    }
}

/// Rewrites the filter of a request.
fn refilter(asked: &mut Asked, act: impl Fn(&str) -> String) -> Option<Reply> {
    if let Some(filter) = asked.parameter("filter") {
        let changed = act(&filter);
        if changed != filter {
            asked.set("filter", Some(&changed));
        }
    }
    None
}

/// A word of a filter that stands between blanks.
fn word(filter: &str, from: &str, to: &str) -> String {
    filter.replace(&format!(" {from} "), &format!(" {to} "))
}

fn refuse(asked: &Asked, wanted: impl Fn(&str) -> bool) -> Option<Reply> {
    asked
        .parameter("filter")
        .filter(|filter| wanted(filter))
        .map(|_| Reply::error(400, Some("invalidFilter"), "The filter is not supported."))
}

/// A list whose resources are those that `keep` keeps.
fn kept(asked: &Asked, reply: &mut Reply, keep: impl Fn(&Value) -> bool) {
    envelope(asked, reply, |body| {
        let Some(resources) = body.get_mut("Resources").and_then(Value::as_array_mut) else { return };
        let before = resources.len();
        resources.retain(|resource| keep(resource));
        let (lost, now) = ((before - resources.len()) as u64, resources.len());
        let total = body.get("totalResults").and_then(Value::as_u64).unwrap_or_default();
        body.insert("totalResults".into(), json!(total.saturating_sub(lost)));
        body.insert("itemsPerPage".into(), json!(now));
    });
}

/// Asks for everything and answers with what fits.
fn whole<'a>(
    asked: &'a Asked,
    inner: &'a Inner,
    fits: fn(&Value, &str, &str) -> bool,
) -> Option<Answering<'a>> {
    let filter = asked.parameter("filter")?;
    let mut parts = filter.splitn(3, ' ');
    let (name, operator, value) = (parts.next()?.to_owned(), parts.next()?, parts.next()?);
    let value: String = serde_json::from_str(value).ok()?;
    if operator != "eq" || !asked.list() || !["userName", "displayName", "nickName"].contains(&name.as_str())
    {
        return None;
    }
    let mut all = asked.clone();
    all.query = "count=1000".into();
    Some(Box::pin(async move {
        let mut reply = inner.ask(&all).await;
        kept(&all, &mut reply, |resource| fits(resource, &name, &value));
        reply
    }))
}

fn text<'a>(resource: &'a Value, name: &str) -> &'a str {
    resource[name].as_str().unwrap_or_default()
}

/// Answers lists of groups after longer than Okta's suite waits.
fn late<'a>(asked: &'a Asked, inner: &'a Inner) -> Option<Answering<'a>> {
    (asked.list() && asked.groups()).then(|| {
        let answering: Answering<'_> = Box::pin(async move {
            tokio::time::sleep(std::time::Duration::from_millis(650)).await;
            inner.ask(asked).await
        });
        answering
    })
}

faults! {
    "groups-slow", "Lists of groups are answered after more than half a second.", [], Whole(late);
    "list-no-schemas", "Lists have no schemas.", ["D069"],
        After(|asked, reply| envelope(asked, reply, |body| { body.shift_remove("schemas"); }));
    "list-lower-case", "Resources is spelt resources.", ["D069"],
        After(|asked, reply| envelope(asked, reply, |body| rename(body, "Resources", "resource")));
    "list-no-resources", "An empty list has no Resources, and neither has any other.", ["D068"],
        After(|asked, reply| envelope(asked, reply, |body| { body.shift_remove("Resources"); }));
    "list-bare-array", "Lists are bare arrays.", ["D069"],
        After(|asked, reply| if asked.list() && reply.ok() { reply.body = reply.body.as_ref().map(|body| body.get("Resources").cloned().unwrap_or_else(|| json!([]))); });
    "list-numbers-text", "The counters of lists are texts.", ["D079"],
        After(|asked, reply| envelope(asked, reply, |body| for name in ["totalResults", "startIndex", "itemsPerPage"] {
            if let Some(number) = body.get(name).and_then(Value::as_i64) { body.insert(name.into(), json!(number.to_string())); }
        }));
    "list-no-counters", "Lists have neither startIndex nor itemsPerPage.", [],
        After(|asked, reply| envelope(asked, reply, |body| { body.shift_remove("startIndex"); body.shift_remove("itemsPerPage"); }));
    "total-is-page-size", "totalResults is the number of resources on the page.", ["D080"],
        After(|asked, reply| envelope(asked, reply, |body| {
            let page = body.get("Resources").and_then(Value::as_array).map_or(0, Vec::len);
            body.insert("totalResults".into(), json!(page));
        }));
    "total-too-large", "totalResults is one too large.", [],
        After(|asked, reply| envelope(asked, reply, |body| {
            let total = body.get("totalResults").and_then(Value::as_u64).unwrap_or_default();
            body.insert("totalResults".into(), json!(total + 1));
        }));
    "total-is-of-everything", "totalResults counts everything, whatever the filter says.", [],
        After(|asked, reply| if asked.parameter("filter").is_some() { envelope(asked, reply, |body| {
            let total = body.get("totalResults").and_then(Value::as_u64).unwrap_or_default();
            if total > 0 { body.insert("totalResults".into(), json!(total + 40)); }
        }) });
    "items-per-page-echoed", "itemsPerPage is the count that was asked for.", ["D085"],
        After(|asked, reply| if let Some(count) = asked.parameter("count").and_then(|count| count.parse::<i64>().ok()) {
            envelope(asked, reply, |body| { body.insert("itemsPerPage".into(), json!(count)); });
        });
    "start-index-from-zero", "startIndex is counted from 0 in answers.", [],
        After(|asked, reply| envelope(asked, reply, |body| {
            let start = body.get("startIndex").and_then(Value::as_i64).unwrap_or(1);
            body.insert("startIndex".into(), json!(start - 1));
        }));
    "paging-from-zero", "startIndex is taken for an offset.", [],
        Before(|asked| { if asked.list() && let Some(start) = asked.parameter("startIndex").and_then(|start| start.parse::<i64>().ok()) && start > 1 {
            asked.set("startIndex", Some(&(start + 1).to_string()));
        } None });
    "paging-ignored", "startIndex and count are ignored.", ["D154"],
        Before(|asked| { if asked.list() { asked.set("startIndex", None); asked.set("count", None); } None });
    "start-index-ignored", "startIndex is ignored.", [],
        Before(|asked| { if asked.list() { asked.set("startIndex", None); } None });
    "count-off-by-one", "A page holds one resource less than asked for, and the next begins after the gap.", ["D081"],
        After(|asked, reply| if asked.parameter("filter").is_none() && asked.parameter("count").is_some_and(|count| count.parse::<i64>().is_ok_and(|count| count > 1)) {
            envelope(asked, reply, |body| if let Some(resources) = body.get_mut("Resources").and_then(Value::as_array_mut) && resources.len() > 1 { resources.remove(0); let now = resources.len(); body.insert("itemsPerPage".into(), json!(now)); });
        });
    "count-zero-refused", "count=0 is refused.", [],
        Before(|asked| (asked.list() && asked.parameter("count").as_deref() == Some("0")).then(|| Reply::error(400, Some("invalidValue"), "count must be positive.")));
    "count-zero-is-all", "count=0 means no limit.", [],
        Before(|asked| { if asked.list() && asked.parameter("count").as_deref() == Some("0") { asked.set("count", None); } None });
    "count-negative-refused", "A negative count is refused.", [],
        Before(|asked| (asked.list() && asked.parameter("count").is_some_and(|count| count.starts_with('-'))).then(|| Reply::error(400, Some("invalidValue"), "count must be positive.")));
    "start-zero-refused", "startIndex=0 is refused.", [],
        Before(|asked| (asked.list() && asked.parameter("startIndex").is_some_and(|start| start == "0" || start.starts_with('-'))).then(|| Reply::error(400, Some("invalidValue"), "startIndex must be positive.")));
    "past-the-end-404", "A page past the end is answered with 404.", [],
        After(|asked, reply| if asked.list() && asked.parameter("filter").is_none() && asked.parameter("startIndex").is_some()
            && reply.body.as_ref().is_some_and(|body| body["Resources"].as_array().is_none_or(Vec::is_empty) && body["totalResults"].as_i64().is_some_and(|total| total > 0)) && asked.parameter("count").as_deref() != Some("0") && asked.parameter("count").as_deref() != Some("-1") {
            *reply = Reply::error(404, None, "No such page.");
        });
    "parameters-needed", "Lists are empty unless both paging parameters are sent.", ["D084"],
        After(|asked, reply| if asked.parameter("filter").is_none() && (asked.parameter("count").is_none() || asked.parameter("startIndex").is_none()) { kept(asked, reply, |_| false); });
    "order-differs", "Every second list comes in another order.", ["D087"],
        After(|asked, reply| if asked.list() && asked.parameter("sortBy").is_none() {
            static LISTS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
            let odd = LISTS.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 2 == 1;
            envelope(asked, reply, |body| if odd && let Some(resources) = body.get_mut("Resources").and_then(Value::as_array_mut) { resources.reverse(); });
        });
    "list-doubled", "The first resource of a list comes twice.", ["D078"],
        After(|asked, reply| envelope(asked, reply, |body| if let Some(resources) = body.get_mut("Resources").and_then(Value::as_array_mut) && let Some(first) = resources.first().cloned() {
            resources.push(first);
            let now = resources.len();
            body.insert("itemsPerPage".into(), json!(now));
        }));
    "list-drops-members", "Groups in lists have no members.", ["D089"],
        After(|asked, reply| if asked.list() && asked.groups() { reply.each(|group| { group.as_object_mut().map(|group| group.shift_remove("members")); }); });
    "list-hides-inactive", "Lists leave inactive users out.", ["D108"],
        After(|asked, reply| if asked.list() && asked.users() { kept(asked, reply, |user| user["active"] != json!(false)); });
    "filter-hides-inactive", "Filters do not find inactive users.", ["D132"],
        After(|asked, reply| if asked.users() && asked.parameter("filter").is_some() { kept(asked, reply, |user| user["active"] != json!(false)); });
    "filter-ignored", "Filters are ignored.", [],
        Before(|asked| { asked.set("filter", None); None });
    "filter-not-found-404", "A filter that fits nothing is answered with 404.", ["D067"],
        After(|asked, reply| if asked.parameter("filter").is_some() && reply.body.as_ref().is_some_and(|body| body["totalResults"] == json!(0)) { *reply = Reply::error(404, None, "Not found."); });
    "filter-nothing-is-null", "A filter that fits nothing is answered with an empty object.", ["D067"],
        After(|asked, reply| if asked.parameter("filter").is_some() && reply.body.as_ref().is_some_and(|body| body["totalResults"] == json!(0)) { reply.body = Some(json!({})); });
    "filter-500", "A filter that is not supported is answered with 500.", ["D073"],
        After(|asked, reply| if asked.parameter("filter").is_some() && reply.status == 400 { *reply = Reply::error(500, None, "Internal error."); });
    "filter-malformed-ignored", "A filter that does not parse is ignored.", [],
        Whole(|asked, inner| { asked.parameter("filter").filter(|_| asked.list())?; Some(Box::pin(async move {
            let reply = inner.ask(asked).await;
            if reply.status != 400 { return reply; }
            let mut all = asked.clone();
            all.set("filter", None);
            inner.ask(&all).await
        })) });
    "filter-malformed-empty", "A filter that does not parse finds nothing.", [],
        After(|asked, reply| if asked.list() && asked.parameter("filter").is_some() && reply.status == 400 {
            reply.status = 200;
            reply.body = Some(json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []}));
        });
    "filter-eq-contains", "eq finds what contains the value.", ["D076"],
        Before(|asked| refilter(asked, |filter| word(filter, "eq", "co").replace(" co true", " eq true").replace(" co false", " eq false")));
    "filter-eq-starts", "eq finds what starts with the value.", ["D076"],
        Before(|asked| refilter(asked, |filter| word(filter, "eq", "sw").replace(" sw true", " eq true").replace(" sw false", " eq false")));
    "filter-case-exact", "userName eq compares with regard to case.", ["D111"],
        Whole(|asked, inner| whole(asked, inner, |resource, name, value| text(resource, name) == value));
    "filter-wildcards", "% and _ are wildcards.", ["D149"],
        Whole(|asked, inner| whole(asked, inner, |resource, name, value| {
            let pattern = regex::escape(&value.to_lowercase()).replace('%', ".*").replace('_', ".");
            regex::Regex::new(&format!("^{pattern}$")).is_ok_and(|pattern| pattern.is_match(&text(resource, name).to_lowercase()))
        }));
    "filter-plus-is-blank", "A plus sign in a filter becomes a blank.", ["D149"],
        Before(|asked| refilter(asked, |filter| filter.replace('+', " ")));
    "filter-no-escapes", "Values with quotes or backslashes are refused.", ["D075"],
        Before(|asked| refuse(asked, |filter| filter.contains('\\')));
    "filter-escapes-kept", "Escapes in values are taken as they stand.", ["D075"],
        Before(|asked| refilter(asked, |filter| filter.replace("\\\"", "\\\\\\\"").replace("\\\\ ", "\\\\\\\\ ")));
    "filter-ascii-only", "Values beyond ASCII are refused.", ["D148"],
        Before(|asked| refuse(asked, |filter| !filter.is_ascii()));
    "filter-name-case", "Attribute names in filters are matched with regard to case.", ["D070", "D110"],
        Before(|asked| refuse(asked, |filter| filter.starts_with("USERNAME") || filter.starts_with("username ")));
    "filter-operator-case", "Operators are matched with regard to case.", ["D070"],
        Before(|asked| refuse(asked, |filter| filter.contains(" EQ ") || filter.contains(" Eq ")));
    "filter-unknown-attribute-all", "A filter by an unknown attribute finds everything.", [],
        Before(|asked| { if asked.parameter("filter").is_some_and(|filter| filter.starts_with("scimulateUnknown")) { asked.set("filter", None); } None });
    "filter-and-is-or", "and finds what either side finds.", [],
        Before(|asked| refilter(asked, |filter| word(filter, "and", "or")));
    "filter-or-is-and", "or finds what both sides find.", [],
        Before(|asked| refilter(asked, |filter| word(filter, "or", "and")));
    "filter-or-first", "or binds tighter than and.", [],
        Before(|asked| refilter(asked, |filter| match filter.split_once(" or ") {
            Some((left, right)) if !filter.contains(['(', '[']) && filter.contains(" and ") => match right.split_once(" and ") {
                Some((middle, end)) => format!("({left} or {middle}) and {end}"),
                None => match left.split_once(" and ") {
                    Some((first, middle)) => format!("{first} and ({middle} or {right})"),
                    None => filter.to_owned(),
                },
            },
            _ => filter.to_owned(),
        }));
    "filter-parentheses-ignored", "Parentheses are ignored.", [],
        Before(|asked| refilter(asked, |filter| if filter.contains(['[', '"']) && filter.starts_with('(') && !filter.contains("not") { filter.replace(['(', ')'], "") } else { filter.to_owned() }));
    "filter-not-ignored", "not is ignored.", [],
        Before(|asked| refilter(asked, |filter| filter.replace("not (", "(")));
    "filter-ne-is-eq", "ne works as eq.", [],
        Before(|asked| refilter(asked, |filter| word(filter, "ne", "eq")));
    "filter-co-is-sw", "co works as sw.", [],
        Before(|asked| refilter(asked, |filter| word(filter, "co", "sw")));
    "filter-sw-is-co", "sw works as co.", [],
        Before(|asked| refilter(asked, |filter| word(filter, "sw", "co")));
    "filter-ew-is-co", "ew works as co.", [],
        Before(|asked| refilter(asked, |filter| word(filter, "ew", "co")));
    "filter-gt-is-ge", "gt works as ge.", [],
        Before(|asked| refilter(asked, |filter| word(filter, "gt", "ge")));
    "filter-le-is-lt", "le works as lt.", [],
        Before(|asked| refilter(asked, |filter| word(filter, "le", "lt")));
    "filter-gt-is-lt", "gt and lt are exchanged.", [],
        Before(|asked| refilter(asked, |filter| word(&word(&word(filter, "gt", "#"), "lt", "gt"), "#", "lt")));
    "filter-pr-always", "pr is always true.", [],
        Before(|asked| refilter(asked, |filter| filter.replace("title pr", "userName pr")));
    "filter-boolean-text", "active eq false finds nothing.", [],
        Before(|asked| refilter(asked, |filter| filter.replace("active eq false", "active eq false and id eq \"0\"")));
    "filter-boolean-order", "An order of booleans is taken.", [],
        Before(|asked| refilter(asked, |filter| filter.replace("active gt false", "active eq true")));
    "filter-date-as-text", "Times are compared as text.", [],
        Before(|asked| refilter(asked, |filter| {
            let zoned = regex::Regex::new(r#""(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)[+-]\d\d:\d\d""#);
            zoned.map_or_else(|_| filter.to_owned(), |zoned| zoned.replace_all(filter, "\"${1}Z\"").into_owned())
        }));
    "filter-value-path-across", "The conditions in brackets may hold for different values.", [],
        Before(|asked| refilter(asked, |filter| match filter.strip_prefix("emails[type eq ").and_then(|rest| rest.strip_suffix(']')) {
            Some(rest) if rest.contains(" and value eq ") => format!("emails.type eq {}", rest.replacen(" and value eq ", " and emails.value eq ", 1)),
            _ => filter.to_owned(),
        }));
    "filter-value-path-refused", "Value paths are refused.", [],
        Before(|asked| refuse(asked, |filter| filter.contains('[')));
    "filter-first-value", "Only the first value of a multi-valued attribute is compared.", [],
        After(|asked, reply| if let Some(filter) = asked.parameter("filter") && let Some(value) = filter.strip_prefix("emails.value eq ") && let Ok(value) = serde_json::from_str::<String>(value) {
            kept(asked, reply, |user| user.pointer("/emails/0/value").and_then(Value::as_str) == Some(value.as_str()));
        });
    "filter-sub-attribute-empty", "Filters by name.familyName find nothing.", [],
        After(|asked, reply| if asked.parameter("filter").is_some_and(|filter| filter.starts_with("name.")) { kept(asked, reply, |_| false); });
    "filter-urn-empty", "Filters by names with a URN find nothing.", [],
        After(|asked, reply| if asked.parameter("filter").is_some_and(|filter| filter.starts_with("urn:")) { kept(asked, reply, |_| false); });
    "filter-id-empty", "Filters by id find nothing.", [],
        After(|asked, reply| if asked.parameter("filter").is_some_and(|filter| filter.starts_with("id eq")) { kept(asked, reply, |_| false); });
    "filter-external-id-empty", "Filters by externalId find nothing.", [],
        After(|asked, reply| if asked.parameter("filter").is_some_and(|filter| filter.starts_with("externalId")) { kept(asked, reply, |_| false); });
    "filter-external-id-any-case", "externalId is compared without regard to case.", [],
        Before(|asked| refilter(asked, |filter| if filter.starts_with("externalId eq") && !filter.contains("-Ext\"") { filter.to_lowercase().replace("externalid", "externalId").replace("-ext\"", "-Ext\"") } else { filter.to_owned() }));
    "filter-group-name-empty", "Filters of groups find nothing.", [],
        After(|asked, reply| if asked.groups() && asked.parameter("filter").is_some() { kept(asked, reply, |_| false); });
    "filter-group-member-all", "A filter of groups by member finds every group.", [],
        Before(|asked| { if asked.parameter("filter").is_some_and(|filter| filter.starts_with("members")) { asked.set("filter", None); } None });
    "filter-new-user-unseen", "A user is found by filters only once it was changed.", [],
        After(|asked, reply| if asked.users() && asked.parameter("filter").is_some() { kept(asked, reply, |user| user["meta"]["created"] != user["meta"]["lastModified"]); });
    "sort-ignored", "sortBy is ignored.", [],
        Before(|asked| { asked.set("sortBy", None); None });
    "sort-descending-ignored", "sortOrder is ignored.", [],
        Before(|asked| { asked.set("sortOrder", None); None });
    "sort-500", "sortBy is answered with 500.", ["D088"],
        Before(|asked| asked.parameter("sortBy").map(|_| Reply::error(500, None, "Internal error.")));
    "sort-case", "Capitals are sorted before other letters.", [],
        After(|asked, reply| if asked.parameter("sortBy").as_deref() == Some("name.familyName") { envelope(asked, reply, |body| if let Some(resources) = body.get_mut("Resources").and_then(Value::as_array_mut) {
            resources.sort_by_key(|user| user["name"]["familyName"].as_str().unwrap_or_default().to_owned());
        }) });
    "attributes-ignored", "attributes is ignored.", [],
        Before(|asked| { asked.set("attributes", None); None });
    "attributes-case", "attributes is matched with regard to case.", ["D091"],
        Before(|asked| { if asked.parameter("attributes").as_deref() == Some("USERNAME") { asked.set("attributes", Some("nothing")); } None });
    "attributes-drop-id", "attributes leaves id out.", [],
        After(|asked, reply| if asked.parameter("attributes").is_some() { reply.each(|resource| { resource.as_object_mut().map(|members| members.shift_remove("id")); }); });
    "attributes-sub-whole", "A sub-attribute in attributes returns the whole attribute.", [],
        Before(|asked| { if asked.parameter("attributes").as_deref() == Some("name.familyName") { asked.set("attributes", Some("name")); } None });
    "attributes-not-in-lists", "attributes is ignored in lists.", [],
        Before(|asked| { if asked.list() { asked.set("attributes", None); } None });
    "excluded-ignored", "excludedAttributes is ignored.", ["D090"],
        Before(|asked| { asked.set("excludedAttributes", None); None });
    "excluded-drops-id", "excludedAttributes=id leaves id out.", [],
        After(|asked, reply| if asked.parameter("excludedAttributes").is_some_and(|names| names.starts_with("id")) { reply.each(|resource| { resource.as_object_mut().map(|members| members.shift_remove("id")); }); });
    "excluded-members-ignored", "excludedAttributes=members is ignored.", ["D090"],
        Before(|asked| { if asked.groups() { asked.set("excludedAttributes", None); } None });
    "search-ignores-filter", "A query by POST ignores its filter.", ["D035"],
        Before(|asked| { if asked.path.ends_with("/.search") && let Some(body) = asked.body.as_mut().and_then(Value::as_object_mut) { body.shift_remove("filter"); } None });
    "search-ignores-count", "A query by POST ignores count.", ["D035"],
        Before(|asked| { if asked.path.ends_with("/.search") && let Some(body) = asked.body.as_mut().and_then(Value::as_object_mut) { body.shift_remove("count"); } None });
    "search-ignores-attributes", "A query by POST ignores attributes.", ["D035"],
        Before(|asked| { if asked.path.ends_with("/.search") && let Some(body) = asked.body.as_mut().and_then(Value::as_object_mut) { body.shift_remove("attributes"); } None });
    "cursor-last-page-has-next", "The last page by cursor has a nextCursor.", [],
        After(|asked, reply| if asked.parameter("cursor").is_some() { envelope(asked, reply, |body| if !body.contains_key("nextCursor") { body.insert("nextCursor".into(), json!("the+end")); }) });
    "cursor-invalid-is-first", "A cursor that was never given leads to the first page.", [],
        Before(|asked| { if asked.parameter("cursor").is_some_and(|cursor| cursor.starts_with("scimulate")) { asked.set("cursor", Some("")); } None });
    "cursor-no-next", "Pages by cursor have no nextCursor.", [],
        After(|asked, reply| envelope(asked, reply, |body| { body.shift_remove("nextCursor"); }));
}
