//! Further details: what a PUT and a deactivation keep, what a location leads to, times, minimal users, parameters
//! that nobody knows, and the ends of pages.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::details::{parts_lost, rich};
use crate::checks::active::{
    Answer, Call, Capability, ENTERPRISE, Made, Probe, Session, Stop, USER, completed, probe, query,
};
use crate::checks::json::{at, items, shown, texts};
use crate::checks::requirement::requirements;
use crate::exchange::percent_encode;

requirements! {
    PUT_PARTS = "replace.parts-kept", Must, "RFC 7644 §3.5.1; RFC 7643 §7",
        "A PUT keeps every part of a value that a creation keeps, attributes of extensions among them.",
        "Read a PUT with the code that reads a creation.";
    ALTERED = "create.values-unaltered", Should, "RFC 7644 §3.3; RFC 7643 §2.3.1",
        "Attributes that are stored come back as they were sent.",
        "Store what the client sends; derive a value only where none was sent.";
    MINIMAL = "discovery.required-is-true", Should, "RFC 7643 §7, §4.1.1",
        "A user with what the published schema requires, and with no more, is created.",
        "Publish required true for every attribute that a creation is refused without.";
    HOST = "resource.location-host", Should, "RFC 7643 §3.1; RFC 7644 §3.3",
        "Locations lead to the host that the client speaks to.",
        "Take the public base URL for locations, not the name that the server has behind its proxy.";
    NOW = "resource.times-are-true", Should, "RFC 7643 §3.1, §2.3.5",
        "meta.created of a new resource is the time of its creation, by the service's own Date.",
        "Write times in UTC; Z does not stand for the local time.";
    PARAMETER = "query.unknown-parameter", Should, "RFC 7644 §3.4.2",
        "A query parameter that the service does not know is ignored.",
        "Ignore parameters that you do not know.";
    HUGE = "paging.huge-values", Should, "RFC 7644 §3.4.2.4, §3.12",
        "A startIndex or count beyond all numbers is answered with an empty page, the largest page, or 400.",
        "Limit the value before you calculate with it.";
    ENDS = "cursor.ends", Must, "RFC 9865 §2",
        "Following nextCursor comes to an end: the last page has none.",
        "Leave nextCursor out of the last page.";
    MEMBERSHIPS = "lifecycle.keeps-memberships", Should, "RFC 7644 §3.5.2; okta-client §3.10",
        "A user who is deactivated stays a member of the groups, which nobody asked to change.",
        "Leave memberships alone; Okta removes them itself where its administrator wants that.", [Rfc, Okta];
    WITHOUT_PART = "projection.excluded-sub-attribute", Must, "RFC 7644 §3.9, §3.10",
        "excludedAttributes=name.familyName leaves that part out and keeps the others.",
        "Take sub-attributes in excludedAttributes.";
    BY_PRIMARY = "sort.primary", Must, "RFC 7644 §3.4.2.3",
        "Sorting by emails.value goes by the primary address, or by the first where none is primary.",
        "Sort by the primary value.";
    ABSENT_LAST = "sort.absent-last", Must, "RFC 7644 §3.4.2.3",
        "Resources without the attribute that is sorted by come last when ascending, and first when descending.",
        "Put absent values behind all others.";
    BARE_UNKNOWN = "patch.unknown-attribute-without-path", Should, "RFC 7644 §3.5.2, §3.12",
        "An unknown attribute in the value of an operation without a path is refused with a 4xx or ignored.",
        "Ignore it, or answer 400 invalidPath.";
}

probe!(PUTS, "further.puts", Writes, [PUT_PARTS, ALTERED], puts);
probe!(MADE, "further.made", Writes, [MINIMAL, HOST, NOW], made);
probe!(ASKED, "further.asked", Writes, [PARAMETER, HUGE, WITHOUT_PART, BY_PRIMARY, ABSENT_LAST], asked);
probe!(ENDED, "further.ended", Writes, [ENDS], ended);
probe!(KEPT, "further.kept", Writes, [MEMBERSHIPS, BARE_UNKNOWN], kept);

pub(in crate::checks) static PROBES: &[&Probe] = &[&PUTS, &MADE, &ASKED, &ENDED, &KEPT];

/// Texts that a service has no reason to change.
const TEXTS: [(&str, &str); 6] = [
    ("nickName", "Babs"),
    ("title", "Vice President"),
    ("userType", "Employee"),
    ("locale", "en-US"),
    ("preferredLanguage", "en-US"),
    ("timezone", "America/Los_Angeles"),
];

async fn puts(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let mut sent = rich();
    sent[ENTERPRISE] = json!({"department": "Engines", "costCenter": "4130", "employeeNumber": "00701984"});
    for (name, text) in TEXTS {
        sent[name] = json!(text);
    }
    let body = session.user_body(sent.clone());
    let created = session.post("/Users", &body).await?;
    let Some(id) = created.id().filter(|_| created.ok()) else {
        return session.absent(format!("the service refuses such a user with {}", created.outcome()));
    };
    let path = format!("/Users/{}", percent_encode(&id));
    let read = session.get(&path).await?;
    let number = format!("{ENTERPRISE}:employeeNumber");
    let changed: Vec<String> = TEXTS
        .iter()
        .copied()
        .chain([(number.as_str(), "00701984")])
        .filter(|(name, text)| read.at(name).is_some_and(|now| now != *text))
        .map(|(name, text)| format!("{name} was {text} and is {}", shown(read.at(name))))
        .collect();
    session.hold(&ALTERED, changed.is_empty(), &read, &["each text as it was sent"], || changed.join("; "));
    session.need(Capability::PutUser)?;
    let mut whole = read.object();
    whole["title"] = json!("President");
    let put = session.put(&path, &whole).await?;
    if !put.ok() {
        session.blocked(&PUT_PARTS, "replace.user");
        return Ok(());
    }
    let after = session.get(&path).await?;
    // Only what the creation kept can be lost.
    let before: Vec<String> = parts_lost(session, &sent, &read).1;
    let mut lost: Vec<String> =
        parts_lost(session, &sent, &after).1.into_iter().filter(|part| !before.contains(part)).collect();
    for name in ["department", "costCenter"] {
        let of = format!("{ENTERPRISE}:{name}");
        if read.at(&of).is_some() && after.at(&of) != read.at(&of) {
            lost.push(format!("{name} of the enterprise extension is {}", shown(after.at(&of))));
        }
    }
    for attribute in ["phoneNumbers", "addresses", "ims", "photos"] {
        let (then, now) = (items(&read.body, attribute).len(), items(&after.body, attribute).len());
        if then != now {
            lost.push(format!("{attribute} has {now} values after {then}"));
        }
    }
    session.hold(&PUT_PARTS, lost.is_empty(), &after, &["what was there before"], || lost.join("; "));
    Ok(())
}

async fn made(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let user = session.facts.schema(USER).cloned();
    match user {
        None => session.blocked(&MINIMAL, "discovery.schemas"),
        Some(schema) => {
            let least = json!({"schemas": [USER], "userName": session.login()});
            let least = session.completed(completed(&least, items(&schema, "attributes")));
            let answer = session
                .send(Call::new("POST", "/Users").raw(least.to_string(), crate::checks::active::SCIM_JSON))
                .await?;
            session.hold(&MINIMAL, answer.ok(), &answer, &["201"], || answer.outcome());
        }
    }
    let body = session.user_body(json!({}));
    let answer = session.post("/Users", &body).await?;
    if !answer.ok() {
        return Err(Stop::Blocked("create.user".into()));
    }
    let host = |url: &str| {
        url.split_once("://")
            .map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or_default().to_ascii_lowercase())
    };
    let own = host(&answer.exchange.request.url).unwrap_or_default();
    let locations = [answer.header("Location"), answer.text("meta.location")];
    let foreign: Vec<String> = locations
        .into_iter()
        .flatten()
        .filter_map(host)
        .filter(|there| without_port(there) != without_port(&own) && !(loopback(there) && loopback(&own)))
        .collect();
    session.hold(&HOST, foreign.is_empty(), &answer, &[&format!("the host {own}")], || foreign.join(", "));
    let date = answer.header("Date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let created = answer.text("meta.created").and_then(|text| text.parse::<Timestamp>().ok());
    match (date, created) {
        (Some(date), Some(created)) => {
            let apart = created.duration_since(date.timestamp()).abs().as_secs();
            session.hold(&NOW, apart <= 300, &answer, &["meta.created within minutes of Date"], || {
                format!("meta.created {created}, Date {}", date.timestamp())
            });
        }
        _ => session.skip(&NOW, "the answer to a creation has no Date, or no meta.created"),
    }
    Ok(())
}

fn without_port(authority: &str) -> &str {
    authority
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(authority, |(host, _)| host)
}

/// Whether a host is this machine, under whichever name.
fn loopback(authority: &str) -> bool {
    let host = without_port(authority);
    host == "localhost" || host.starts_with("127.") || host == "[::1]" || host == "0.0.0.0"
}

async fn asked(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ListUsers)?;
    let answer = session.get("/Users?count=1&scimulateUnknown=1").await?;
    session.hold(&PARAMETER, answer.status == 200, &answer, &["200"], || answer.outcome());
    for form in ["startIndex=99999999999999999999&count=1", "startIndex=1&count=99999999999999999999"] {
        // The counters of such a page may be larger than any number that is read here.
        let answer = session.send(Call::get(format!("/Users?{form}")).unwatched()).await?;
        let right = answer.status == 200 || answer.refused();
        session.hold(&HUGE, right, &answer, &["200", "400"], || answer.outcome());
    }
    let ada = session.user().await?;
    let whole = session.get(&ada.path).await?;
    if whole.at("name.givenName").is_some() && whole.at("name.familyName").is_some() {
        let plain = session.get(&format!("{}?excludedAttributes=displayName", ada.path)).await?;
        let answer = session.get(&format!("{}?excludedAttributes=name.familyName", ada.path)).await?;
        if whole.at("displayName").is_some() && plain.at("displayName").is_some() {
            session.blocked(&WITHOUT_PART, "projection.excluded-attributes");
        } else {
            let right = answer.ok()
                && answer.at("name.familyName").is_none()
                && answer.at("name.givenName") == whole.at("name.givenName");
            session.hold(&WITHOUT_PART, right, &answer, &["name without familyName"], || {
                format!("{}, name {}", answer.outcome(), shown(answer.at("name")))
            });
        }
    } else {
        session.skip(&WITHOUT_PART, "the service does not store name");
    }
    by_primary(session).await?;
    absent_last(session).await
}

async fn absent_last(session: &mut Session) -> Result<(), Stop> {
    if session.facts.claims("sort") != Some(true) {
        session.skip(&ABSENT_LAST, "the service does not claim sorting in ServiceProviderConfig");
        return Ok(());
    }
    let named = session.user_with(json!({"nickName": "Babs"})).await?;
    let plain = session.user_with(json!({"nickName": null})).await?;
    if session.get(&named.path).await?.text("nickName").is_none()
        || session.get(&plain.path).await?.at("nickName").is_some()
    {
        session.skip(&ABSENT_LAST, "the service does not store nickName, or gives one to everybody");
        return Ok(());
    }
    let filter =
        format!("id eq {} or id eq {}", Value::from(named.id.clone()), Value::from(plain.id.clone()));
    for (order, wanted) in [("ascending", [&named.id, &plain.id]), ("descending", [&plain.id, &named.id])] {
        let parameters = [("filter", filter.as_str()), ("sortBy", "nickName"), ("sortOrder", order)];
        let answer = session.send(Call::get(query("/Users", &parameters))).await?;
        if answer.status != 200 || answer.ids().len() != 2 {
            session.skip(&ABSENT_LAST, format!("the service answers such a query with {}", answer.outcome()));
            continue;
        }
        session.hold(
            &ABSENT_LAST,
            answer.ids().iter().eq(wanted),
            &answer,
            &["absent values in their place"],
            || format!("the user without a nickName on the other side, {order}"),
        );
    }
    Ok(())
}

async fn by_primary(session: &mut Session) -> Result<(), Stop> {
    if session.facts.claims("sort") != Some(true) {
        session.skip(&BY_PRIMARY, "the service does not claim sorting in ServiceProviderConfig");
        return Ok(());
    }
    let name = session.name();
    let mail = |letter: &str| format!("{letter}-{name}@example.com");
    let first =
        json!([{"value": mail("z"), "type": "home"}, {"value": mail("a"), "type": "work", "primary": true}]);
    let second = json!([{"value": mail("m"), "type": "work", "primary": true}]);
    let early = session.user_with(json!({"emails": first})).await?;
    let late = session.user_with(json!({"emails": second})).await?;
    let read = session.get(&early.path).await?;
    if texts(&read.body, "emails", "value").len() != 2
        || !items(&read.body, "emails").iter().any(|one| {
            at(one, "value").and_then(Value::as_str) == Some(mail("a").as_str())
                && at(one, "primary") == Some(&json!(true))
        })
    {
        session.skip(&BY_PRIMARY, "the service does not keep two addresses, one of them primary");
        return Ok(());
    }
    let filter = format!("id eq {} or id eq {}", Value::from(early.id.clone()), Value::from(late.id.clone()));
    for (order, wanted) in [("ascending", [&early.id, &late.id]), ("descending", [&late.id, &early.id])] {
        let parameters = [("filter", filter.as_str()), ("sortBy", "emails.value"), ("sortOrder", order)];
        let answer = session.send(Call::get(query("/Users", &parameters))).await?;
        if answer.status != 200 || answer.ids().len() != 2 {
            session.skip(&BY_PRIMARY, format!("the service answers such a query with {}", answer.outcome()));
            continue;
        }
        let right = answer.ids().iter().eq(wanted);
        session.hold(&BY_PRIMARY, right, &answer, &["the order of the primary addresses"], || {
            format!("the other order, {order}")
        });
    }
    Ok(())
}

async fn ended(session: &mut Session) -> Result<(), Stop> {
    if session.facts.configured("pagination.cursor").and_then(Value::as_bool) != Some(true) {
        return session.absent("the service does not claim cursors in ServiceProviderConfig");
    }
    session.need(Capability::FilterUser)?;
    let users = [session.user().await?, session.user().await?, session.user().await?];
    let filter: Vec<String> =
        users.iter().map(|user| format!("id eq {}", Value::from(user.id.clone()))).collect();
    let filter = filter.join(" or ");
    let mut cursor = String::new();
    let mut shows: Option<Answer> = None;
    // Two pages, and as many again for a service that finds out late that nothing follows.
    for _ in 0..4 {
        let parameters = [("filter", filter.as_str()), ("count", "2"), ("cursor", &cursor)];
        let answer = session.send(Call::get(query("/Users", &parameters))).await?;
        if answer.status != 200 {
            return session
                .absent(format!("the service answers a filter with cursors with {}", answer.outcome()));
        }
        // More than the filter fits would be a longer walk.
        if answer.ids().iter().any(|id| users.iter().all(|user| user.id != *id)) {
            return Err(Stop::Blocked("cursor.keeps-filter".into()));
        }
        let next = answer.text("nextCursor").map(str::to_owned);
        shows = Some(answer);
        match next {
            Some(next) => cursor = next,
            None => {
                session.pass(&ENDS);
                return Ok(());
            }
        }
    }
    if let Some(answer) = shows {
        session.fail(
            &ENDS,
            &answer,
            &["a last page without nextCursor"],
            "nextCursor after all three users were shown",
        );
    }
    Ok(())
}

async fn kept(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    let ada = session.user().await?;
    let value = json!({"displayName": "Augusta", "scimulateUnknown": "x"});
    let answer = session.patch(&ada.path, json!({"op": "replace", "value": value})).await?;
    let right = answer.ok() || answer.refused() || answer.status == 501;
    session.hold(&BARE_UNKNOWN, right, &answer, &["200 or 204", "400"], || answer.outcome());
    session.need(Capability::ReadGroup)?;
    let group: Made = session.group(&[&ada]).await?;
    let off = session.patch(&ada.path, json!({"op": "replace", "path": "active", "value": false})).await?;
    let inactive = off.ok() && session.get(&ada.path).await?.at("active") == Some(&json!(false));
    if !inactive {
        session.blocked(&MEMBERSHIPS, "patch.boolean");
        return Ok(());
    }
    let after = session.get(&group.path).await?;
    let stays = texts(&after.body, "members", "value").contains(&ada.id);
    session.hold(&MEMBERSHIPS, stays, &after, &["the group with its member"], || {
        format!("members {}", shown(after.at("members")))
    });
    Ok(())
}
