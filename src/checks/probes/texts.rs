//! More values that trip programs up (RFC 7643 §2.3, §2.5; RFC 8259 §7; okta-client §8.16): found again by
//! filter, blanks, control characters, escapes, lengths, null and empty. The plainest are in `stress`.

use serde_json::{Value, json};

use super::stress;
use crate::checks::active::{
    Answer, Call, Capability, GROUP, Probe, SCIM_JSON, Session, Stop, filtered, probe,
};
use crate::checks::json::{at, items, shown};
use crate::checks::requirement::requirements;
use crate::exchange::percent_encode;

requirements! {
    GROUPS = "values.group-names", Must, "RFC 7643 §2.3.1; RFC 7644 §3.8",
        "A displayName of a group in any script, with accents, emoji and punctuation, comes back as it was sent.",
        "Store text as Unicode, without escaping, normalising or cutting it.", [Rfc, Okta];
    FOUND = "values.found-by-filter", Must, "RFC 7644 §3.4.2.2; RFC 7643 §2.3.1",
        "A user whose userName is in any script, or holds marks that mean something elsewhere, is found by it.",
        "Decode the query as UTF-8, once; compare text as it is stored.", [Rfc, Okta];
    FORMS = "values.combining-forms", May, "RFC 7644 §5; RFC 7643 §2.3.1",
        "A name whose accents are letters of their own, and one with the accents combined, are each found as they were sent.",
        "Compare both in one normalisation form, or both as they are.";
    BLANKS = "values.blanks", Must, "RFC 7644 §3.4.2.2, §3.3",
        "A user whose userName was sent with blanks around it is refused, or is found by the name that the service shows.",
        "Trim before you store and before you compare, or in neither place.";
    CONTROL = "values.control-characters", Must, "RFC 8259 §7; okta-client §8.16",
        "Control characters and invisible letters in a value are stored, taken away or refused; what is returned is JSON.",
        "Escape control characters when you write JSON; answer 400 invalidValue for what you do not take.", [Rfc, Okta];
    ESCAPES = "values.json-escapes", Must, "RFC 8259 §7; RFC 7644 §3.8",
        "Escapes of JSON, \\u00e9 and surrogate pairs among them, mean the letters that they stand for.",
        "Parse requests with a JSON parser.";
    LONG_NAME = "values.long-names", Should, "RFC 7644 §3.12",
        "A very long userName, displayName of a group or e-mail address is stored whole, or refused with a 4xx.",
        "Answer 400 with scimType invalidValue, or 413; cut nothing off.";
    LONG_FILTER = "values.long-filter", Should, "RFC 7644 §3.12, §7.5.2; RFC 9110 §15.5.15",
        "A very long filter is evaluated, or refused with a 4xx.",
        "Answer 400 invalidFilter, 414 or 431.";
    NESTED = "values.deep-nesting", Should, "RFC 8259 §9; RFC 7644 §3.12",
        "A body that is nested very deep, sent to a user that does not exist, is refused with a 4xx.",
        "Limit the depth that is parsed, and answer 400 invalidSyntax.";
    MANY = "values.many-values", Should, "RFC 7643 §2.4; RFC 7644 §3.12",
        "Fifty values of one attribute are stored, or refused with a 4xx; the rest is not dropped.",
        "Store all values, or answer 400 invalidValue.";
    NO_NAME = "values.empty-user-name", Must, "RFC 7643 §4.1.1",
        "An empty userName is refused with 400: it must not be empty.",
        "Answer 400 with scimType invalidValue.";
    NULL_PUT = "values.null-in-put", Must, "RFC 7643 §2.5; RFC 7644 §3.5.1",
        "null and empty arrays in a PUT mean the same as an absent attribute.",
        "Treat null and [] as unassigned; do not refuse or store them.";
    NULL_COMPLEX = "values.null-complex", Must, "RFC 7643 §2.5",
        "null for a complex attribute, for one of its parts or for an extension is the same as its absence.",
        "Treat null as unassigned at every level.";
}

probe!(GROUP_NAMES, "values.groups", Writes, [GROUPS, FORMS], group_names);
probe!(USER_NAMES, "values.user-names", Writes, [FOUND, BLANKS, NO_NAME, stress::LOGINS], user_names);
probe!(ODD, "values.odd", Writes, [CONTROL, ESCAPES], odd);
probe!(SIZES, "values.sizes", Writes, [LONG_NAME, LONG_FILTER, NESTED, MANY], sizes);
probe!(NULLS, "values.nulls", Writes, [NULL_PUT, NULL_COMPLEX], nulls);

pub(in crate::checks) static PROBES: &[&Probe] = &[&GROUP_NAMES, &USER_NAMES, &ODD, &SIZES, &NULLS];

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
        let read = session.get(&format!("/Groups/{}", percent_encode(&id))).await?;
        session.hold(
            &GROUPS,
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
            session.hold(&FORMS, found.lists(&id), &found, &["the group"], || {
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
            session.fail(
                &stress::LOGINS,
                &answer,
                &[&format!("userName {name}")],
                format!("userName {shows}"),
            );
            continue;
        }
        let found = session.send(Call::get(filtered("/Users", &look(&name))).unwatched()).await?;
        session.hold(&FOUND, found.ids() == [id], &found, &["that user alone"], || {
            format!("{}, {} users for `{name}`", found.outcome(), found.ids().len())
        });
    }
    for (before, after) in [(" ", ""), ("", " "), ("  ", "  ")] {
        let name = format!("{before}{}{after}", session.login());
        let (answer, made) = named(session, &name).await?;
        let Some((id, shows)) = made else {
            session.hold(&BLANKS, answer.refused(), &answer, &["400", "201"], || answer.outcome());
            continue;
        };
        let found = session.send(Call::get(filtered("/Users", &look(&shows))).unwatched()).await?;
        session.hold(&BLANKS, found.lists(&id), &found, &[&format!("the user, by `{shows}`")], || {
            format!("{}, {} users", found.outcome(), found.ids().len())
        });
    }
    let (answer, _) = named(session, "").await?;
    session.hold(&NO_NAME, answer.status == 400, &answer, &["400 invalidValue"], || answer.outcome());
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
                    &ESCAPES,
                    &answer,
                    &["201, as for the letters themselves"],
                    format!("{} for the title {raw}", answer.outcome()),
                );
            }
            continue;
        }
        let read =
            session.get(&format!("/Users/{}", percent_encode(&answer.id().unwrap_or_default()))).await?;
        let Some(now) = read.text("title").map(str::to_owned) else {
            session.skip(&ESCAPES, "the service does not store title");
            break;
        };
        session.hold(&ESCAPES, now == wanted, &read, &[&format!("title `{wanted}`")], || {
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
                let read = session.get(&format!("/Users/{}", percent_encode(&id))).await?;
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
        session.hold(&CONTROL, right, &shows, &["the value", "a 4xx"], || {
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
                let read = session.get(&format!("/Users/{}", percent_encode(&id))).await?;
                let whole = read.text("userName").is_some_and(|now| now.eq_ignore_ascii_case(&name));
                session.hold(&LONG_NAME, whole, &read, &["the whole userName", "a 4xx"], || {
                    format!(
                        "{} of {} characters",
                        read.text("userName").unwrap_or_default().len(),
                        name.len()
                    )
                });
            }
            None => {
                session.hold(&LONG_NAME, answer.refused(), &answer, &["the whole userName", "a 4xx"], || {
                    answer.outcome()
                });
            }
        }
    }
    let many: Vec<Value> = (0..50).map(|number| json!({"value": format!("{start}-{number}@example.org"), "type": if number == 0 { "work" } else { "other" }})).collect();
    let body = session.user_body(json!({"emails": many}));
    let answer = session.post("/Users", &body).await?;
    if let Some(id) = answer.id().filter(|_| answer.ok()) {
        let read = session.get(&format!("/Users/{}", percent_encode(&id))).await?;
        let kept = items(&read.body, "emails").len();
        if kept <= 1 {
            session.skip(&MANY, "the service keeps one e-mail address only");
        } else {
            session
                .hold(&MANY, kept == 50, &read, &["50 addresses", "a 4xx"], || format!("{kept} addresses"));
        }
    } else {
        session.hold(&MANY, answer.refused(), &answer, &["50 addresses", "a 4xx"], || answer.outcome());
    }
    let filter = format!("userName eq \"{}\"", "y".repeat(6000));
    let answer = session.get(&filtered("/Users", &filter)).await?;
    session.hold(&LONG_FILTER, answer.status == 200 || answer.refused(), &answer, &["200", "a 4xx"], || {
        answer.outcome()
    });
    // To a user that does not exist, so that nothing of it can be stored.
    let deep = format!("{{\"title\":{}7{}}}", "[".repeat(3000), "]".repeat(3000));
    let nobody = format!("/Users/{}", session.name());
    let call = Call::new("PATCH", nobody).raw(deep, SCIM_JSON).header("Connection", "close");
    let answer = session.send(call).await?;
    let held = answer.refused() || answer.status == 501;
    session.hold(&NESTED, held, &answer, &["400 invalidSyntax", "404"], || answer.outcome());
    if session.need(Capability::CreateGroup).is_ok() {
        let name = format!("{start}-{}", "g".repeat(2000));
        let answer = session.post("/Groups", &json!({"schemas": [GROUP], "displayName": name})).await?;
        match answer.id().filter(|_| answer.ok()) {
            Some(id) => {
                let read = session.get(&format!("/Groups/{}", percent_encode(&id))).await?;
                session.hold(
                    &LONG_NAME,
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
                session.hold(
                    &LONG_NAME,
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
        return Err(Stop::Blocked("replace.round-trip".into()));
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
    session.hold(
        &NULL_PUT,
        answer.ok() && kept.is_empty(),
        &answer,
        &["200, the attributes without a value"],
        || format!("{}, then still {}", answer.outcome(), kept.join(", ")),
    );
    let extension = crate::checks::active::ENTERPRISE;
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
        session.hold(&NULL_COMPLEX, answer.ok(), &answer, &["201"], || {
            format!("{} for {}", answer.outcome(), shown(Some(&form)))
        });
    }
    if session.facts.extends(crate::checks::active::USER, extension) {
        let mut body = session.user_body(json!({extension: {}}));
        body[extension] = json!({"department": null, "manager": null});
        let answer = session.post("/Users", &body).await?;
        session.hold(&NULL_COMPLEX, answer.ok(), &answer, &["201"], || {
            format!("{} for an extension of nulls", answer.outcome())
        });
    }
    Ok(())
}
