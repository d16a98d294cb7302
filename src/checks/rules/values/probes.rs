//! Probes of the rules in this area.

use serde_json::{Value, json};

use crate::checks::engine::{Answer, Call, Capability, SCIM_JSON, Session, Stop, filtered, path_to, probes};
use crate::checks::json::{at, items, shown};
use crate::checks::rules::replace;
use crate::checks::rules::values::{
    BLANKS, COMBINING_FORMS, CONTROL_CHARACTERS, DEEP_NESTING, EMPTY, EMPTY_USER_NAME, FOUND_BY_FILTER,
    GROUP_NAMES, JSON_ESCAPES, LARGE_BODIES, LINES, LONG, LONG_FILTER, LONG_NAMES, LOOK_ALIKES, MANY_VALUES,
    NULL_COMPLEX, NULL_IN_PUT, PUNCTUATION, SCRIPTS, USER_NAMES,
};
use crate::urn::{ENTERPRISE, GROUP, USER};

probes! {
    "values.texts", Writes, [SCRIPTS, PUNCTUATION, LONG, EMPTY], values;
    "values.logins", Writes, [USER_NAMES], logins;
    "values.groups", Writes, [GROUP_NAMES, COMBINING_FORMS], group_names;
    "values.user-names", Writes, [FOUND_BY_FILTER, BLANKS, EMPTY_USER_NAME, USER_NAMES], user_names;
    "values.odd", Writes, [CONTROL_CHARACTERS, JSON_ESCAPES], odd;
    "values.sizes", Writes, [LONG_NAMES, LONG_FILTER, DEEP_NESTING, MANY_VALUES], sizes;
    "values.nulls", Writes, [NULL_IN_PUT, NULL_COMPLEX], nulls;
    "values.look-alikes", Writes, [LOOK_ALIKES], look_alikes;
    "values.lines", Writes, [LINES], line_breaks;
    "values.bodies", Writes, [LARGE_BODIES], bodies;
}

async fn values(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let cases = [
        (&SCRIPTS, "Zoë Łukasiewicz"),
        (&SCRIPTS, "李小龍 山田太郎"),
        (&SCRIPTS, "محمد עברית"),
        (&SCRIPTS, "नमस्ते สวัสดี"),
        (&SCRIPTS, "Ada 👩🏽‍🚀🚀"),
        (&SCRIPTS, "e\u{301}clair e\u{327}"),
        (&PUNCTUATION, "O'Brien \"Bob\" \\ back"),
        (&PUNCTUATION, "<b>&amp; 100% {{7*7}} ${x}"),
        (&PUNCTUATION, "Robert'); DROP TABLE users;--"),
        (&PUNCTUATION, "a\u{a0}b – “c”"),
    ];
    for (requirement, text) in cases {
        let ada = session
            .user_with(json!({"name": {"givenName": "Ada", "familyName": text}, "title": text}))
            .await?;
        let read = session.get(&ada.path).await?;
        let (family, title) = (read.text("name.familyName"), read.text("title"));
        // A service that stores neither has nothing to be held against.
        if family.is_none() && title.is_none() {
            continue;
        }
        let right = family.is_none_or(|now| now == text) && title.is_none_or(|now| now == text);
        session.require(requirement, right, &read, &[&format!("`{text}`")], || {
            format!("familyName {}, title {}", shown(read.at("name.familyName")), shown(read.at("title")))
        });
    }
    let long = "x".repeat(5000);
    let body = session.user_body(json!({"title": long, "nickName": long}));
    let answer = session.post("/Users", &body).await?;
    if let Some(id) = answer.id().filter(|_| answer.ok()) {
        let read = session.get(&path_to("/Users", &id)?).await?;
        let cut = |name: &str| read.text(name).is_some_and(|now| !now.is_empty() && now != long);
        session.require(
            &LONG,
            !cut("title") && !cut("nickName"),
            &read,
            &["the whole value", "a 4xx"],
            || {
                format!(
                    "{} of 5000 characters",
                    read.text("title").or(read.text("nickName")).unwrap_or_default().len()
                )
            },
        );
    } else {
        session.require(&LONG, answer.refused(), &answer, &["the whole value", "a 4xx"], || answer.outcome());
    }
    let body = session.user_body(json!({"title": "", "nickName": ""}));
    let answer = session.post("/Users", &body).await?;
    session.require(&EMPTY, answer.ok(), &answer, &["201"], || answer.outcome());
    Ok(())
}

async fn logins(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::FilterUser)?;
    for mark in ["plus+tag", "o'brien", "under_score", "dash-dot.x"] {
        let login = format!("{}.{mark}@example.com", session.name());
        let body = session.user_body(
            json!({"userName": login, "emails": [{"value": login, "type": "work", "primary": true}]}),
        );
        let answer = session.post("/Users", &body).await?;
        // Which names a service takes is its own affair, but for what it says it took.
        let Some(id) = answer.id().filter(|_| answer.ok()) else { continue };
        if answer.text("userName").is_some_and(|now| !now.eq_ignore_ascii_case(&login)) {
            session.fail(
                &USER_NAMES,
                &answer,
                &[&format!("userName {login}")],
                format!("userName {}", shown(answer.at("userName"))),
            );
            continue;
        }
        let found = session.filter("/Users", &format!("userName eq {}", Value::from(login.clone()))).await?;
        session.require(&USER_NAMES, found.ids() == [id], &found, &["that user alone"], || {
            format!("{}, {} users for {login}", found.outcome(), found.resources().len())
        });
    }
    Ok(())
}

async fn group_names(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateGroup)?;
    session.need(Capability::ReadGroup)?;
    for mark in [
        "Zoë Łukasiewicz",
        "開発 部",
        "مجموعة",
        "קבוצה",
        "दल",
        "Crew 👩🏽‍🚀",
        "R&D <b>\"x\"</b> O'Neil \\ / 100%",
        "a;b,c=d|e",
    ] {
        let name = format!("{} {mark}", session.name());
        let answer = session.post("/Groups", &json!({"schemas": [GROUP], "displayName": name})).await?;
        let Some(id) = answer.id().filter(|_| answer.ok()) else { continue };
        let read = session.get(&path_to("/Groups", &id)?).await?;
        session.require(
            &GROUP_NAMES,
            read.text("displayName") == Some(name.as_str()),
            &read,
            &[&format!("displayName `{name}`")],
            || format!("displayName {}", shown(read.at("displayName"))),
        );
    }
    // é as one letter, and as e with an accent of its own.
    let base = session.name();
    for name in [format!("{base} caf\u{e9}"), format!("{base} caf\u{65}\u{301}")] {
        let answer = session.post("/Groups", &json!({"schemas": [GROUP], "displayName": name})).await?;
        let Some(id) = answer.id().filter(|_| answer.ok()) else { continue };
        let found =
            session.filter("/Groups", &format!("displayName eq {}", Value::from(name.as_str()))).await?;
        if found.status == 200 {
            session.require(&COMBINING_FORMS, found.lists(&id), &found, &["the group"], || {
                format!("{} groups without it", found.ids().len())
            });
        }
    }
    Ok(())
}

/// Creates a user of that name, when the service takes it: its id, and the name that it shows.
async fn named(session: &mut Session, name: &str) -> Result<(Answer, Option<(String, String)>), Stop> {
    let mail = session.login();
    let body = session
        .user_body(json!({"userName": name, "emails": [{"value": mail, "type": "work", "primary": true}]}));
    // What the service makes of the name is judged here, once.
    let answer = session.send(Call::new("POST", "/Users").json(&body).unwatched()).await?;
    let shown = answer.text("userName").unwrap_or(name).to_owned();
    let made = answer.id().filter(|_| answer.ok()).map(|id| (id, shown));
    Ok((answer, made))
}

async fn user_names(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::FilterUser)?;
    let look = |name: &str| format!("userName eq {}", Value::from(name));
    for mark in [
        "zoë",
        "élan",
        "łukasz",
        "小龙",
        "иван",
        "علي",
        "a&b",
        "a=b",
        "a#b",
        "100%25",
        "a%2Bb",
        "a+b",
        "semi;colon",
        "comma,name",
        "(round)",
        "[square]",
        "star*",
        "dollar$x",
        "back\\slash",
        "quo\"te",
        "pipe|x",
        "tilde~",
        "caret^",
        "o’neil",
    ] {
        let name = format!("{}.{mark}@example.com", session.name());
        let (answer, made) = named(session, &name).await?;
        // Which names a service takes is its own affair, but what it says it took must be found.
        let Some((id, shows)) = made else { continue };
        if shows.to_lowercase() != name.to_lowercase() {
            session.fail(&USER_NAMES, &answer, &[&format!("userName {name}")], format!("userName {shows}"));
            continue;
        }
        let found = session.send(Call::get(filtered("/Users", &look(&name))).unwatched()).await?;
        session.require(&FOUND_BY_FILTER, found.ids() == [id], &found, &["that user alone"], || {
            format!("{}, {} users for `{name}`", found.outcome(), found.ids().len())
        });
    }
    for (before, after) in [(" ", ""), ("", " "), ("  ", "  ")] {
        let name = format!("{before}{}{after}", session.login());
        let (answer, made) = named(session, &name).await?;
        let Some((id, shows)) = made else {
            session.require(&BLANKS, answer.refused(), &answer, &["400", "201"], || answer.outcome());
            continue;
        };
        let found = session.send(Call::get(filtered("/Users", &look(&shows))).unwatched()).await?;
        session.require(&BLANKS, found.lists(&id), &found, &[&format!("the user, by `{shows}`")], || {
            format!("{}, {} users", found.outcome(), found.ids().len())
        });
    }
    let (answer, made) = named(session, "").await?;
    // A name that the service gives is a name.
    let held = answer.refused() || made.is_some_and(|(_, shows)| !shows.is_empty());
    session.require(
        &EMPTY_USER_NAME,
        held,
        &answer,
        &["400 invalidValue", "a userName of the service's"],
        || answer.outcome(),
    );
    Ok(())
}

/// A creation whose `title` is this piece of JSON, taken as it is.
async fn titled(session: &mut Session, raw: &str) -> Result<Answer, Stop> {
    let body = session.user_body(json!({"title": "@@"})).to_string().replacen("\"@@\"", raw, 1);
    session.send(Call::new("POST", "/Users").raw(body, SCIM_JSON).header("Connection", "close")).await
}

async fn odd(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let cases = [
        (r#""caf\u00e9""#, "café"),
        (r#""\ud83d\ude80 go""#, "🚀 go"),
        (r#""a\/b""#, "a/b"),
        (r#""\u0041\u0042""#, "AB"),
        (r#""tab\there""#, "tab\there"),
        (r#""q\"q""#, "q\"q"),
    ];
    for (raw, wanted) in cases {
        let answer = titled(session, raw).await?;
        if !answer.ok() {
            // A letter that is not taken has no escape to judge.
            let plain = session.user_body(json!({"title": wanted}));
            if session.post("/Users", &plain).await?.ok() {
                session.fail(
                    &JSON_ESCAPES,
                    &answer,
                    &["201, as for the letters themselves"],
                    format!("{} for the title {raw}", answer.outcome()),
                );
            }
            continue;
        }
        let read = session.get(&path_to("/Users", &answer.id().unwrap_or_default())?).await?;
        let Some(now) = read.text("title").map(str::to_owned) else {
            session.skip(&JSON_ESCAPES, "the service does not store title");
            break;
        };
        session.require(&JSON_ESCAPES, now == wanted, &read, &[&format!("title `{wanted}`")], || {
            format!("title `{now}` for {raw}")
        });
    }
    for raw in [
        r#""a\u0001b""#,
        r#""a\u0000b""#,
        r#""line\nbreak""#,
        r#""bell\u0007""#,
        r#""zero\u200bwidth""#,
        r#""\u202eright""#,
        r#""\ufeffbom""#,
    ] {
        let answer = titled(session, raw).await?;
        let sent: String = serde_json::from_str(raw).unwrap_or_default();
        let visible: String = sent.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect();
        let (right, shows) = match answer.id().filter(|_| answer.ok()) {
            Some(id) => {
                let read = session.get(&path_to("/Users", &id)?).await?;
                let title = read.text("title").map(str::to_owned);
                // Whole, without the letter in question, or not stored at all; but not cut off there.
                let kept = title.is_none_or(|title| {
                    let now: String = title.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect();
                    now.is_empty() || now.contains(&visible)
                });
                (read.status == 200 && read.body.is_object() && kept, read)
            }
            None => (answer.refused(), answer),
        };
        session.require(&CONTROL_CHARACTERS, right, &shows, &["the value", "a 4xx"], || {
            format!("{}, title {} for {raw}", shows.outcome(), shown(shows.at("title")))
        });
    }
    Ok(())
}

async fn sizes(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let start = session.name();
    for length in [300, 2000] {
        let name = format!("{start}-{}@example.com", "x".repeat(length));
        let (answer, made) = named(session, &name).await?;
        match made {
            Some((id, _)) => {
                let read = session.get(&path_to("/Users", &id)?).await?;
                let whole = read.text("userName").is_some_and(|now| now.eq_ignore_ascii_case(&name));
                session.require(&LONG_NAMES, whole, &read, &["the whole userName", "a 4xx"], || {
                    format!(
                        "{} of {} characters",
                        read.text("userName").unwrap_or_default().len(),
                        name.len()
                    )
                });
            }
            None => {
                session.require(
                    &LONG_NAMES,
                    answer.refused(),
                    &answer,
                    &["the whole userName", "a 4xx"],
                    || answer.outcome(),
                );
            }
        }
    }
    let many: Vec<Value> = (0..50).map(|number| json!({"value": format!("{start}-{number}@example.org"), "type": if number == 0 { "work" } else { "other" }})).collect();
    let body = session.user_body(json!({"emails": many}));
    let answer = session.post("/Users", &body).await?;
    if let Some(id) = answer.id().filter(|_| answer.ok()) {
        let read = session.get(&path_to("/Users", &id)?).await?;
        let kept = items(&read.body, "emails").len();
        if kept <= 1 {
            session.skip(&MANY_VALUES, "the service keeps one e-mail address only");
        } else {
            session.require(&MANY_VALUES, kept == 50, &read, &["50 addresses", "a 4xx"], || {
                format!("{kept} addresses")
            });
        }
    } else {
        session.require(&MANY_VALUES, answer.refused(), &answer, &["50 addresses", "a 4xx"], || {
            answer.outcome()
        });
    }
    let filter = format!("userName eq \"{}\"", "y".repeat(6000));
    let answer = session.get(&filtered("/Users", &filter)).await?;
    session.require(
        &LONG_FILTER,
        answer.status == 200 || answer.refused(),
        &answer,
        &["200", "a 4xx"],
        || answer.outcome(),
    );
    // To a user that does not exist, so that nothing of it can be stored.
    let deep = format!("{{\"title\":{}7{}}}", "[".repeat(3000), "]".repeat(3000));
    let nobody = format!("/Users/{}", session.name());
    let call = Call::new("PATCH", nobody).raw(deep, SCIM_JSON).header("Connection", "close");
    let answer = session.send(call).await?;
    let held = answer.refused() || answer.status == 501;
    session.require(&DEEP_NESTING, held, &answer, &["400 invalidSyntax", "404"], || answer.outcome());
    if session.need(Capability::CreateGroup).is_ok() {
        let name = format!("{start}-{}", "g".repeat(2000));
        let answer = session.post("/Groups", &json!({"schemas": [GROUP], "displayName": name})).await?;
        match answer.id().filter(|_| answer.ok()) {
            Some(id) => {
                let read = session.get(&path_to("/Groups", &id)?).await?;
                session.require(
                    &LONG_NAMES,
                    read.text("displayName") == Some(name.as_str()),
                    &read,
                    &["the whole displayName", "a 4xx"],
                    || {
                        format!(
                            "{} of {} characters",
                            read.text("displayName").unwrap_or_default().len(),
                            name.len()
                        )
                    },
                );
            }
            None => {
                session.require(
                    &LONG_NAMES,
                    answer.refused(),
                    &answer,
                    &["the whole displayName", "a 4xx"],
                    || answer.outcome(),
                );
            }
        }
    }
    Ok(())
}

fn unassigned(resource: &Value, name: &str) -> bool {
    at(resource, name).is_none_or(|now| now == "" || now == &json!([]) || now == &json!({}))
}

async fn nulls(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PutUser)?;
    let extra = json!({"nickName": "Countess", "title": "Analyst", "phoneNumbers": [{"value": "+1-202-555-0101", "type": "work"}]});
    let ada = session.user_with(extra).await?;
    let read = session.get(&ada.path).await?;
    if !session.put(&ada.path, &read.object()).await?.ok() {
        return Err(Stop::Blocked(&replace::ROUND_TRIP));
    }
    let mut body = read.object();
    for (name, value) in [("nickName", Value::Null), ("title", Value::Null), ("phoneNumbers", json!([]))] {
        body[name] = value;
    }
    let answer = session.put(&ada.path, &body).await?;
    let after = session.get(&ada.path).await?;
    // What is absent from a PUT may be cleared or kept (RFC 7644 §3.5.1); what is null is unassigned.
    let kept: Vec<&str> = ["nickName", "title", "phoneNumbers"]
        .into_iter()
        .filter(|name| !unassigned(&after.body, name))
        .collect();
    session.require(
        &NULL_IN_PUT,
        answer.ok() && kept.is_empty(),
        &answer,
        &["200, the attributes without a value"],
        || format!("{}, then still {}", answer.outcome(), kept.join(", ")),
    );
    let extension = ENTERPRISE;
    let forms = [
        json!({"addresses": null}),
        json!({"name": {"givenName": "Ada", "familyName": "Lovelace", "middleName": null, "formatted": null}}),
        json!({"phoneNumbers": null}),
        json!({"roles": null}),
    ];
    for form in forms {
        let mut body = session.user_body(json!({}));
        for (name, value) in form.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let answer = session.post("/Users", &body).await?;
        session.require(&NULL_COMPLEX, answer.ok(), &answer, &["201"], || {
            format!("{} for {}", answer.outcome(), shown(Some(&form)))
        });
    }
    if session.facts.extends(USER, extension) {
        let mut body = session.user_body(json!({extension: {}}));
        body[extension] = json!({"department": null, "manager": null});
        let answer = session.post("/Users", &body).await?;
        session.require(&NULL_COMPLEX, answer.ok(), &answer, &["201"], || {
            format!("{} for an extension of nulls", answer.outcome())
        });
    }
    Ok(())
}

async fn look_alikes(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
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
        let read = session.get(&path_to("/Users", &id)?).await?;
        session.require(
            &LOOK_ALIKES,
            read.at(name) == Some(&json!(text)),
            &read,
            &[&format!("{name} \"{text}\"")],
            || format!("{name} {}", shown(read.at(name))),
        );
    }
    Ok(())
}

async fn line_breaks(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let address = json!({"type": "work", "streetAddress": "100 Universal City Plaza\nSuite 5", "locality": "Hollywood"});
    let body = session.user_body(json!({"addresses": [address]}));
    let created = session.post("/Users", &body).await?;
    let Some(id) = created.id().filter(|_| created.ok()) else {
        session.skip(&LINES, format!("the service refuses such a user with {}", created.outcome()));
        return Ok(());
    };
    let read = session.get(&path_to("/Users", &id)?).await?;
    match items(&read.body, "addresses").iter().find_map(|one| at(one, "streetAddress")?.as_str()) {
        None => session.skip(&LINES, "the service does not store streetAddress"),
        Some(street) => {
            let lines: Vec<&str> = street.lines().collect();
            let right = lines == ["100 Universal City Plaza", "Suite 5"];
            let street = street.to_owned();
            session.require(
                &LINES,
                right,
                &read,
                &["100 Universal City Plaza, a line break, Suite 5"],
                || street,
            );
        }
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
    session.require(&LARGE_BODIES, held, &answer, &["201 Created", "413"], || answer.outcome());
    Ok(())
}
