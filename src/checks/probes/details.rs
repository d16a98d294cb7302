//! What is easily right in the plain case and wrong one step further: parts of values, removal of one part, values
//! that look like something else, and pages of what was filtered or sorted.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::effects::expect;
use super::paging::by_index;
use crate::checks::Requirement;
use crate::checks::active::{
    Answer, Call, Capability, ENTERPRISE, GROUP, Made, Probe, Session, Stop, USER, probe, query,
};
use crate::checks::json::{items, member, shown};
use crate::checks::requirement::requirements;

requirements! {
    PARTS = "create.parts-kept", Must, "RFC 7643 §7; RFC 7644 §3.3",
        "Of a value that is stored, every part is stored that the published schema lists as writable.",
        "Store all sub-attributes that you publish, of every multi-valued attribute.";
    LISTED = "discovery.extensions-listed", Must, "RFC 7643 §6; RFC 7644 §4",
        "An extension that users carry is among the schemaExtensions of their resource type.",
        "List each extension in /ResourceTypes.";
    CLAIMED = "discovery.unclaimed-filter", May, "RFC 7643 §5",
        "Filters that work are claimed in ServiceProviderConfig.",
        "Set filter.supported to true; clients that read it send no filter otherwise.";
    REMOVE_PART = "patch.remove-sub-attribute", Must, "RFC 7644 §3.5.2.2",
        "remove with name.middleName takes that sub-attribute away and keeps the others.",
        "Make the one sub-attribute unassigned.";
    NOTHING_LEFT = "patch.remove-leaves-nothing", Should, "RFC 7644 §3.5.2.2; RFC 7643 §2.5",
        "An attribute that was removed is absent or null afterwards, not an empty text.",
        "Take the attribute away; an empty text is a value.";
    GROUP_CASE = "filter.group-name-any-case", Must, "RFC 7643 §2.2, §8.7.1; RFC 7644 §3.4.2.2",
        "A group is found by its displayName in another letter case, where the published schema says that case does not count.",
        "Compare by caseExact of the attribute, or publish caseExact true.";
    PR_COMPLEX = "filter.pr-complex", Must, "RFC 7644 §3.4.2.2 table 3",
        "pr of a complex or multi-valued attribute fits when it has a value that is not empty.",
        "Look for a node that is not empty, not for a text.";
    CURSOR_FILTER = "cursor.keeps-filter", Must, "RFC 9865 §2",
        "The pages that cursors lead to hold only what fits the filter, and all of it.",
        "Keep the query with the cursor, or take it from each request.";
    PAGED_FILTER = "paging.keeps-filter", Must, "RFC 7644 §3.4.2.4, §3.4.2.2",
        "The pages of a filtered list together hold what fits the filter, each resource once.",
        "Filter first, and cut the pages from the result.";
    SORTED_PAGES = "sort.pages", Must, "RFC 7644 §3.4.2.3, §3.4.2.4",
        "The pages of a sorted list, one after the other, are in order.",
        "Sort first, and cut the pages from the result.";
    LOOK_ALIKES = "values.look-alikes", Must, "RFC 7643 §2.3.1, §7",
        "Texts that look like numbers, booleans, times or nothing come back as they were sent.",
        "Keep a string a string; convert nothing on its way in or out.";
}

probe!(STORED, "details.stored", Writes, [PARTS, LISTED, LOOK_ALIKES], stored);
probe!(REMOVED, "details.removed", Writes, [REMOVE_PART, NOTHING_LEFT], removed);
probe!(FOUND, "details.found", Writes, [GROUP_CASE, PR_COMPLEX, CLAIMED], found);
probe!(PAGES, "details.pages", Writes, [PAGED_FILTER, SORTED_PAGES], pages);
probe!(CURSORS, "details.cursors", Writes, [CURSOR_FILTER], cursors);

pub(in crate::checks) static PROBES: &[&Probe] = &[&STORED, &REMOVED, &FOUND, &PAGES, &CURSORS];

/// Attributes with parts, as RFC 7643 §4.1.2 and §8.2 have them.
pub(super) fn rich() -> Value {
    json!({
        "phoneNumbers": [
            {"value": "555-555-5555", "type": "work"},
            {"value": "555-555-4444", "type": "mobile"},
        ],
        "addresses": [{
            "type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "region": "CA",
            "postalCode": "91608", "country": "US", "primary": true,
        }],
        "ims": [{"value": "someaimhandle", "type": "aim"}],
        "photos": [{"value": "https://photos.example.com/profilephoto/72930000000Ccne/F", "type": "photo"}],
        "name": {
            "givenName": "Barbara", "familyName": "Jensen", "middleName": "Jane", "honorificPrefix": "Ms.",
            "honorificSuffix": "III",
        },
    })
}

/// Whether the published schema has that sub-attribute, and clients may write it.
fn publishes(session: &Session, attribute: &str, sub: &str) -> bool {
    session.facts.attribute(USER, &format!("{attribute}.{sub}")).is_some_and(|definition| {
        member(definition, "mutability").and_then(Value::as_str) != Some("readOnly")
            && member(definition, "returned")
                .and_then(Value::as_str)
                .is_none_or(|word| word == "default" || word == "always")
    })
}

async fn stored(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let sent = rich();
    let answer = {
        let body = session.user_body(sent.clone());
        session.post("/Users", &body).await?
    };
    match answer.id().filter(|_| answer.ok()) {
        None => session.skip(&PARTS, format!("the service refuses such a user with {}", answer.outcome())),
        Some(id) => {
            let read = session.get(&format!("/Users/{}", crate::exchange::percent_encode(&id))).await?;
            parts(session, &sent, &read);
        }
    }
    extensions(session).await?;
    look_alikes(session).await
}

fn parts(session: &mut Session, sent: &Value, read: &Answer) {
    let (seen, lost) = parts_lost(session, sent, read);
    if seen {
        session.hold(&PARTS, lost.is_empty(), read, &["every part as it was sent"], || lost.join("; "));
    } else {
        session.skip(&PARTS, "the service stores none of these attributes, or publishes no parts of them");
    }
}

/// Whether there is a value whose published parts can be looked at, and which parts are not there.
pub(super) fn parts_lost(session: &Session, sent: &Value, read: &Answer) -> (bool, Vec<String>) {
    let mut lost = Vec::new();
    let mut seen = false;
    for (attribute, given) in sent.as_object().into_iter().flatten() {
        let (given, kept) = match given {
            Value::Array(values) => (values.clone(), items(&read.body, attribute).to_vec()),
            one => (vec![one.clone()], read.at(attribute).cloned().into_iter().collect()),
        };
        for value in &given {
            // The value is recognised by its main part; where that is not there, nothing of it was stored.
            let main =
                ["value", "streetAddress", "familyName"].into_iter().find(|name| value.get(name).is_some());
            let Some(main) = main else { continue };
            let Some(found) = kept.iter().find(|one| member(one, main) == value.get(main)) else { continue };
            for (part, wanted) in value.as_object().into_iter().flatten() {
                if publishes(session, attribute, part) {
                    seen = true;
                    if member(found, part) != Some(wanted) {
                        lost.push(format!("{attribute}.{part} is {}", shown(member(found, part))));
                    }
                }
            }
        }
    }
    (seen, lost)
}

async fn extensions(session: &mut Session) -> Result<(), Stop> {
    if session.facts.resource_types.is_empty() {
        session.blocked(&LISTED, "discovery.resource-types");
        return Ok(());
    }
    let body = session.user_body(json!({ENTERPRISE: {"department": "Engines"}}));
    let answer = session.post("/Users", &body).await?;
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        session
            .skip(&LISTED, format!("the service refuses the enterprise extension with {}", answer.outcome()));
        return Ok(());
    };
    let read = session.get(&format!("/Users/{}", crate::exchange::percent_encode(&id))).await?;
    let carried: Vec<String> = read
        .body
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, value)| {
            name.to_ascii_lowercase().starts_with("urn:")
                && !name.eq_ignore_ascii_case(USER)
                && value.as_object().is_some_and(|members| !members.is_empty())
        })
        .map(|(name, _)| name.clone())
        .collect();
    let unlisted: Vec<&String> = carried.iter().filter(|urn| !session.facts.extends(USER, urn)).collect();
    let told = unlisted.iter().map(|urn| urn.as_str()).collect::<Vec<_>>().join(", ");
    session.hold(&LISTED, unlisted.is_empty(), &read, &["extensions that the resource type lists"], || {
        format!("users carry {told}, which the resource type does not list")
    });
    Ok(())
}

async fn look_alikes(session: &mut Session) -> Result<(), Stop> {
    let mark = session.name();
    let sent = |name: &str| format!("{mark} {name}");
    let texts =
        json!({"nickName": sent("nickName"), "title": sent("title"), "displayName": sent("displayName")});
    let tried = session.user_with(texts).await?;
    let read = session.get(&tried.path).await?;
    let Some(name) = ["nickName", "title", "displayName"]
        .into_iter()
        .find(|name| read.text(name) == Some(sent(name).as_str()))
    else {
        session.skip(&LOOK_ALIKES, "the service stores no text to try this with");
        return Ok(());
    };
    for text in ["00123", "1e5", "0x10", "true", "null", "NaN", "2011-05-13", "+44 20 1", "007.50"] {
        let body = session.user_body(json!({name: text}));
        let answer = session.post("/Users", &body).await?;
        let Some(id) = answer.id().filter(|_| answer.ok()) else { continue };
        let read = session.get(&format!("/Users/{}", crate::exchange::percent_encode(&id))).await?;
        session.hold(
            &LOOK_ALIKES,
            read.at(name) == Some(&json!(text)),
            &read,
            &[&format!("{name} \"{text}\"")],
            || format!("{name} {}", shown(read.at(name))),
        );
    }
    Ok(())
}

async fn removed(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    session.need(Capability::ReadUser)?;
    let name = json!({"givenName": "Barbara", "familyName": "Jensen", "middleName": "Jane"});
    let made = session.user_with(json!({"name": name, "title": "Countess"})).await?;
    let read = session.get(&made.path).await?;
    if read.text("name.middleName") == Some("Jane") && read.text("name.givenName") == Some("Barbara") {
        let operation = json!({"op": "remove", "path": "name.middleName"});
        let wanted = [
            ("name.middleName", Value::Null),
            ("name.givenName", json!("Barbara")),
            ("name.familyName", json!("Jensen")),
        ];
        expect(session, &REMOVE_PART, &made, operation, &wanted).await?;
    } else {
        session.skip(&REMOVE_PART, "the service does not store name.middleName");
    }
    let Some(simple) = ["title", "displayName"].into_iter().find(|name| read.text(name).is_some()) else {
        session.skip(&NOTHING_LEFT, "the service stores no simple attribute to try this with");
        return Ok(());
    };
    let answer = session.patch(&made.path, json!({"op": "remove", "path": simple})).await?;
    if !answer.ok() {
        session.blocked(&NOTHING_LEFT, "patch.remove-simple");
        return Ok(());
    }
    let after = session.get(&made.path).await?;
    session.hold(&NOTHING_LEFT, after.text(simple) != Some(""), &after, &[&format!("no {simple}")], || {
        format!("{simple} \"\"")
    });
    Ok(())
}

async fn found(session: &mut Session) -> Result<(), Stop> {
    if session.facts.claims("filter") == Some(false) {
        if session.facts.works(Capability::FilterUser) {
            let (made, other) = (session.user().await?, session.user().await?);
            let filter = format!("userName eq {}", Value::from(made.text("userName")));
            let answer = session.filter("/Users", &filter).await?;
            let filters = answer.lists(&made.id) && !answer.lists(&other.id);
            session.hold(&CLAIMED, !filters, &answer, &["filter.supported true"], || {
                "a filter that works although filter.supported is false".to_owned()
            });
        }
        return Ok(());
    }
    session.pass(&CLAIMED);
    if let Some(definition) = session.facts.attribute(GROUP, "displayName").cloned()
        && member(&definition, "caseExact") == Some(&json!(false))
        && session.facts.works(Capability::CreateGroup)
    {
        let name = format!("{}-Crew", session.name());
        let body = json!({"schemas": [GROUP], "displayName": name});
        let made = session.make("/Groups", body, "create.group").await?;
        let plain =
            session.filter("/Groups", &format!("displayName eq {}", Value::from(name.clone()))).await?;
        if !any_case(session).await? {
            // A service that compares everything exactly is told so once.
            session.blocked(&GROUP_CASE, "filter.value-any-case");
        } else if plain.lists(&made.id) {
            let filter = format!("displayName eq {}", Value::from(name.to_uppercase()));
            let answer = session.filter("/Groups", &filter).await?;
            session.hold(&GROUP_CASE, answer.lists(&made.id), &answer, &["the group"], || {
                format!("{}, {} groups", answer.outcome(), answer.resources().len())
            });
        } else {
            session.blocked(&GROUP_CASE, "filter.group-display-name");
        }
    } else {
        session.skip(&GROUP_CASE, "the published schema does not say that letter case does not count in it");
    }
    session.need(Capability::FilterUser)?;
    let made = session.user().await?;
    let own = format!("userName eq {}", Value::from(made.text("userName")));
    let read = session.get(&made.path).await?;
    for attribute in ["name", "emails"] {
        if read.at(attribute).is_none_or(|value| value == &json!([]) || value == &json!({})) {
            continue;
        }
        let answer = session.filter("/Users", &format!("{own} and {attribute} pr")).await?;
        if answer.refused() || answer.status == 501 {
            session.skip(&PR_COMPLEX, format!("the service refuses such a filter with {}", answer.outcome()));
            continue;
        }
        // What `and` gets wrong has a requirement of its own.
        let simple = session.filter("/Users", &format!("{own} and userName pr")).await?;
        if !simple.lists(&made.id) {
            session.blocked(&PR_COMPLEX, "filter.pr");
            continue;
        }
        session.hold(&PR_COMPLEX, answer.lists(&made.id), &answer, &["the user"], || {
            format!("{}, {} users for `{attribute} pr`", answer.outcome(), answer.resources().len())
        });
    }
    Ok(())
}

/// Whether a user is found by its userName in other letters.
async fn any_case(session: &mut Session) -> Result<bool, Stop> {
    if !session.facts.works(Capability::FilterUser) {
        return Ok(true);
    }
    let made = session.user().await?;
    let filter = format!("userName eq {}", Value::from(made.text("userName").to_uppercase()));
    Ok(session.filter("/Users", &filter).await?.lists(&made.id))
}

/// Five users and a filter that fits just them, when the service has one.
async fn cast(session: &mut Session) -> Result<(Vec<Made>, String), Stop> {
    session.need(Capability::FilterUser)?;
    let name = session.name();
    let mut users = Vec::new();
    // Made in another order than that of their names.
    for letter in ["d", "b", "e", "a", "c"] {
        let login = format!("{name}-{letter}@example.com");
        users.push(session.user_with(json!({"userName": login})).await?);
    }
    for filter in [
        format!("userName sw {}", Value::from(name.clone())),
        users
            .iter()
            .map(|user| format!("id eq {}", Value::from(user.id.clone())))
            .collect::<Vec<_>>()
            .join(" or "),
    ] {
        let answer = session.filter("/Users", &filter).await?;
        let ids: BTreeSet<String> = answer.ids().into_iter().collect();
        if answer.status == 200 && ids == users.iter().map(|user| user.id.clone()).collect() {
            return Ok((users, filter));
        }
    }
    session.absent("the service has no filter that fits several users of this check and no others")
}

/// The ids of three pages of two. Blocked where the second page is the first again, or holds everything: what
/// then goes wrong with filters and order is told by the rules of paging.
async fn three(
    session: &mut Session,
    filter: &str,
    more: &[(&str, &str)],
) -> Result<(Vec<String>, Answer), Stop> {
    let mut pages: Vec<Answer> = Vec::new();
    for start in ["1", "3", "5"] {
        let mut parameters = vec![("filter", filter), ("startIndex", start), ("count", "2")];
        parameters.extend(more);
        pages.push(session.send(Call::get(query("/Users", &parameters))).await?);
    }
    let same = |a: &Answer, b: &Answer| !a.ids().is_empty() && a.ids() == b.ids();
    if same(&pages[0], &pages[1]) || pages.iter().any(|page| page.ids().len() > 2) {
        return Err(Stop::Blocked("paging.walk-is-complete".to_owned()));
    }
    let ids = pages.iter().flat_map(Answer::ids).collect();
    Ok((ids, pages.swap_remove(2)))
}

fn told(
    session: &mut Session,
    requirement: &'static Requirement,
    answer: &Answer,
    ids: &[String],
    users: &[Made],
    ordered: bool,
) -> bool {
    let letter = |id: &String| {
        let found = users.iter().find(|user| &user.id == id)?;
        found.text("userName").split('@').next()?.chars().last()
    };
    let letters: String = ids.iter().map(|id| letter(id).unwrap_or('?')).collect();
    let mut sorted: Vec<char> = letters.chars().collect();
    sorted.sort_unstable();
    let right = if ordered { letters == "abcde" } else { sorted.iter().collect::<String>() == "abcde" };
    let wanted =
        if ordered { "the users a, b, c, d, e in this order" } else { "the users a to e, each once" };
    session.hold(requirement, right && answer.status == 200, answer, &[wanted], || {
        format!("{}, over the pages {letters}", answer.outcome())
    })
}

async fn pages(session: &mut Session) -> Result<(), Stop> {
    let (users, filter) = cast(session).await?;
    if by_index(session).is_err() {
        session.skip(&PAGED_FILTER, "the service does not page by index");
        session.skip(&SORTED_PAGES, "the service does not page by index");
    } else {
        let (ids, last) = three(session, &filter, &[]).await?;
        if !told(session, &PAGED_FILTER, &last, &ids, &users, false) {
            session.blocked(&SORTED_PAGES, PAGED_FILTER.slug);
        } else if session.facts.claims("sort") == Some(true) {
            let whole = session
                .send(Call::get(query("/Users", &[("filter", &filter), ("sortBy", "userName")])))
                .await?;
            let in_order: Vec<String> = {
                let mut sorted: Vec<&Made> = users.iter().collect();
                sorted.sort_by_key(|user| user.text("userName"));
                sorted.into_iter().map(|user| user.id.clone()).collect()
            };
            if whole.ids() == in_order {
                let (ids, last) = three(session, &filter, &[("sortBy", "userName")]).await?;
                told(session, &SORTED_PAGES, &last, &ids, &users, true);
            } else {
                session.blocked(&SORTED_PAGES, "sort.ascending");
            }
        } else {
            session.skip(&SORTED_PAGES, "the service does not claim sorting in ServiceProviderConfig");
        }
    }
    Ok(())
}

async fn cursors(session: &mut Session) -> Result<(), Stop> {
    if session.facts.configured("pagination.cursor").and_then(Value::as_bool) != Some(true) {
        session.skip(&CURSOR_FILTER, "the service does not claim cursors in ServiceProviderConfig");
        return Ok(());
    }
    let (users, filter) = cast(session).await?;
    let mut cursor = String::new();
    let mut ids = Vec::new();
    let mut last = None;
    for _ in 0..6 {
        let parameters = [("filter", filter.as_str()), ("count", "2"), ("cursor", &cursor)];
        let answer = session.send(Call::get(query("/Users", &parameters))).await?;
        ids.extend(answer.ids());
        let next = answer.text("nextCursor").map(str::to_owned);
        let ok = answer.status == 200;
        last = Some(answer);
        match next.filter(|_| ok) {
            Some(next) => cursor = next,
            None => break,
        }
    }
    if let Some(last) = last {
        told(session, &CURSOR_FILTER, &last, &ids, &users, false);
    }
    Ok(())
}
