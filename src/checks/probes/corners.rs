//! Corners of filters, paths, pages, bodies and conditions that programs cut: what an absent attribute means, brackets
//! inside a value, pages that begin anywhere, bodies larger than one read (RFC 7644 §3.4.2, §3.5.2, §3.14).

use serde_json::json;

use super::batches::tag;
use super::paging::by_index;
use crate::checks::active::{Answer, Call, Capability, Probe, SCIM_JSON, Session, Stop, probe, query};
use crate::checks::json::shown;
use crate::checks::requirement::requirements;

requirements! {
    NOT_ABSENT = "filter.not-of-absent", Must, "RFC 7644 §3.4.2.2 table 4",
        "not(…) is true of a user who does not have the attribute inside.",
        "Negate the result; in SQL, a comparison with NULL is neither true nor false.";
    NOT_PRESENT = "filter.pr-of-absent", Must, "RFC 7644 §3.4.2.2 table 3",
        "pr does not match a user without a value, also for attributes with several values.",
        "Match where there is at least one value that is not empty.";
    BRACKET = "patch.path-brackets-in-value", Must, "RFC 7644 §3.5.2 figure 7, §3.4.2.2",
        "A path whose filter compares with a text that holds brackets selects by that text.",
        "Parse strings as a whole; a bracket between quotes is no end of the filter.";
    ANYWHERE = "paging.starts-anywhere", Must, "RFC 7644 §3.4.2.4",
        "A page begins at startIndex, also where that is no multiple of count.",
        "Skip startIndex - 1 results; do not compute a page number.";
    LARGE = "values.large-bodies", Should, "RFC 7644 §3.12; RFC 8259 §2",
        "A body of 40 000 bytes is read to its end, or refused with 413.",
        "Read until Content-Length is reached; raise the limit of the framework.", [Rfc, Okta];
    NEVER = "projection.password-never", Must, "RFC 7643 §4.1.1, §7; RFC 7644 §3.9",
        "The password is not returned, also when attributes asks for it.",
        "Leave out what is returned never before attributes is looked at.", [Rfc, Okta];
    ANY_VERSION = "version.if-match-any", Must, "RFC 7644 §3.14; RFC 9110 §13.1.1",
        "If-Match: * lets a change of an existing resource pass.",
        "Compare with the version only where If-Match has versions.";
    VERSIONS = "version.if-match-several", Must, "RFC 7644 §3.14; RFC 9110 §13.1.1",
        "If-Match with several versions lets a change pass when one of them is the present one.",
        "Split the field at its commas.";
}

probe!(FILTERS, "corners.filters", Writes, [NOT_ABSENT, NOT_PRESENT], filters);
probe!(PATHS, "corners.paths", Writes, [BRACKET], paths);
probe!(PAGES, "corners.pages", Writes, [ANYWHERE], pages);
probe!(BODIES, "corners.bodies", Writes, [LARGE], bodies);
probe!(SECRETS, "corners.secrets", Writes, [NEVER], secrets);
probe!(CONDITIONS, "corners.conditions", Writes, [ANY_VERSION, VERSIONS], conditions);

pub(in crate::checks) static PROBES: &[&Probe] = &[&FILTERS, &PATHS, &PAGES, &BODIES, &SECRETS, &CONDITIONS];

async fn filters(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::FilterUser)?;
    let phone = json!([{"value": "+1 555 0100", "type": "work"}]);
    let with = session.user_with(json!({"nickName": "scimulate", "phoneNumbers": phone})).await?;
    let without = session.user().await?;
    let (shows, lacks) = (session.get(&with.path).await?, session.get(&without.path).await?);
    for (attribute, requirement) in
        [("nickName", &NOT_ABSENT), ("nickName", &NOT_PRESENT), ("phoneNumbers", &NOT_PRESENT)]
    {
        if shows.at(attribute).is_none() || lacks.at(attribute).is_some() {
            continue;
        }
        let condition = if requirement.slug == NOT_ABSENT.slug {
            "not (nickName eq \"else\")".to_owned()
        } else {
            format!("{attribute} pr")
        };
        let name = |answer: &Answer| answer.at("userName").cloned().unwrap_or_default();
        let one = session.filter("/Users", &format!("userName eq {} and {condition}", name(&shows))).await?;
        if one.ids() != [with.id.clone()] {
            // Whether such filters work at all is judged elsewhere.
            session.skip(requirement, "the service does not evaluate such filters");
            continue;
        }
        let neither = format!("userName eq {} and userName eq {}", name(&lacks), name(&shows));
        if !session.filter("/Users", &neither).await?.ids().is_empty() {
            return Err(Stop::Blocked("filter.and".into()));
        }
        let other =
            session.filter("/Users", &format!("userName eq {} and {condition}", name(&lacks))).await?;
        let wanted = if requirement.slug == NOT_ABSENT.slug { vec![without.id.clone()] } else { vec![] };
        session.hold(
            requirement,
            other.ids() == wanted,
            &other,
            &[&format!("{} users", wanted.len())],
            || {
                format!(
                    "{}, {} users for `{condition}` of a user without {attribute}",
                    other.outcome(),
                    other.resources().len()
                )
            },
        );
    }
    Ok(())
}

async fn paths(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    session.need(Capability::ReadUser)?;
    for text in ["scim [1] ulate", "a] eq \"b", "end]"] {
        let login = session.login();
        let mails = json!([{"value": login, "type": "work", "primary": true, "display": "plain"}]);
        let ada = session.user_with(json!({"emails": mails})).await?;
        let step = |from: &str, to: &str| json!({"op": "replace", "path": format!("emails[display eq {}].display", json!(from)), "value": to});
        session.patch(&ada.path, step("plain", text)).await?;
        let read = session.get(&ada.path).await?;
        let display =
            |answer: &Answer| answer.at("emails").and_then(|all| all.get(0)?.get("display").cloned());
        if display(&read) != Some(json!(text)) {
            session.skip(&BRACKET, "e-mail addresses are not selected by display");
            return Ok(());
        }
        let answer = session.patch(&ada.path, step(text, "done")).await?;
        let after = session.get(&ada.path).await?;
        let held = answer.ok() && display(&after) == Some(json!("done"));
        session.hold(&BRACKET, held, &answer, &["success, then display \"done\""], || {
            format!("{}, then display {}", answer.outcome(), shown(display(&after).as_ref()))
        });
    }
    Ok(())
}

async fn pages(session: &mut Session) -> Result<(), Stop> {
    by_index(session)?;
    session.need(Capability::FilterUser)?;
    let mark = session.name();
    for index in 0..5 {
        let login = format!("{mark}-{index}@example.com");
        let mut body = session.user_body(json!({}));
        body["userName"] = json!(login);
        if let Some(first) = body.pointer_mut("/emails/0/value") {
            *first = json!(login);
        }
        session.make("/Users", body, "create.user").await?;
    }
    let filter = format!("userName sw {}", json!(format!("{mark}-")));
    let page = |start: &str, count: &str| {
        query("/Users", &[("filter", &filter), ("startIndex", start), ("count", count)])
    };
    let whole = session.get(&page("1", "5")).await?;
    let all = whole.ids();
    if all.len() != 5 || whole.total() != Some(5) {
        session.skip(&ANYWHERE, "the users of this probe are not found together");
        return Ok(());
    }
    for (start, count) in [(3, 2), (2, 2), (2, 3), (4, 3)] {
        let path = page(&start.to_string(), &count.to_string());
        let some = session.get(&path).await?;
        let wanted: Vec<String> = all.iter().skip(start - 1).take(count).cloned().collect();
        let (repeated, again) = (session.get(&path).await?, session.get(&page("1", "5")).await?);
        if again.ids() != all || repeated.ids() != some.ids() || some.ids().is_empty() {
            // Another order each time, or a limit of its own.
            session.skip(&ANYWHERE, "the order of the service is not the same each time");
            return Ok(());
        }
        if start % count == 1 && !wanted.starts_with(&some.ids()) {
            return Err(Stop::Blocked("paging.walk-is-complete".into()));
        }
        // Fewer than asked for are allowed.
        let held = wanted.starts_with(&some.ids());
        session.hold(&ANYWHERE, held, &some, &[&format!("the results from number {start} on")], || {
            let places: Vec<String> = some
                .ids()
                .iter()
                .map(|id| {
                    all.iter().position(|known| known == id).map_or("?".into(), |at| (at + 1).to_string())
                })
                .collect();
            format!("results number {}", places.join(", "))
        });
    }
    Ok(())
}

async fn bodies(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let body = session.user_body(json!({}));
    // Space between tokens means nothing, so that only the size is tried.
    let text = body.to_string().replacen('{', &format!("{{{}", " ".repeat(40_000)), 1);
    let answer = session.send(Call::new("POST", "/Users").raw(text, SCIM_JSON)).await?;
    if answer.refused() && answer.status != 413 {
        let small = session.send(Call::new("POST", "/Users").raw(body.to_string(), SCIM_JSON)).await?;
        if !small.ok() {
            return session.absent("the service refuses this user in any size");
        }
    }
    let held = answer.ok() || answer.status == 413;
    session.hold(&LARGE, held, &answer, &["201 Created", "413"], || answer.outcome());
    Ok(())
}

async fn conditions(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PutUser)?;
    let ada = session.user().await?;
    let read = session.get(&ada.path).await?;
    let Some(first) = tag(&read) else { return session.absent("resources have no versions") };
    let put = |body: &serde_json::Value, condition: String| {
        Call::new("PUT", ada.path.clone()).json(body).header("If-Match", condition)
    };
    let mut body = read.object();
    body["displayName"] = json!("First");
    if !session.send(put(&body, first)).await?.ok() {
        return session.absent("a change under If-Match with the present version is refused");
    }
    body["displayName"] = json!("Second");
    let answer = session.send(put(&body, "*".into())).await?;
    session.hold(&ANY_VERSION, answer.ok(), &answer, &["success"], || answer.outcome());
    for last in [true, false] {
        let Some(now) = tag(&session.get(&ada.path).await?) else { return Ok(()) };
        body["displayName"] = json!(format!("Third {last}"));
        let other = "W/\"scimulate-other\"";
        let condition = if last { format!("{other}, {now}") } else { format!("{now}, {other}") };
        let answer = session.send(put(&body, condition)).await?;
        session.hold(&VERSIONS, answer.ok(), &answer, &["success"], || answer.outcome());
    }
    Ok(())
}

async fn secrets(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let body = session.user_body(json!({"password": "s8-Kx!scimulate-2Qv"}));
    let answer = session.post("/Users", &body).await?;
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        return session.absent("the service takes no passwords");
    };
    let path = format!("/Users/{}", crate::exchange::percent_encode(&id));
    let found = crate::checks::active::filtered("/Users", &format!("userName eq {}", body["userName"]));
    for path in [query(&path, &[("attributes", "userName,password")]), format!("{found}&attributes=password")]
    {
        let answer = session.get(&path).await?;
        let shown = answer.at("password").is_some()
            || answer.resources().iter().any(|one| one.get("password").is_some_and(|value| !value.is_null()));
        session.hold(&NEVER, !shown, &answer, &["no password"], || "a password".to_owned());
    }
    Ok(())
}
