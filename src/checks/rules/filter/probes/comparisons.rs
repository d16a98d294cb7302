//! Operators, logic, kinds of values, and filters that are wrong.

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{Answer, Session, Stop, probes};
use crate::checks::json::at;
use crate::checks::rules::create;
use crate::checks::rules::filter::probes::{People, can_filter, quoted};
use crate::checks::rules::filter::{
    ALL_OPERATORS, AND, BOOLEAN_HAS_NO_ORDER, CO, DATE_TIME, EQ, ESCAPES, EW, GROUPING, MALFORMED,
    MALFORMED_SCIM_TYPE, MULTI_VALUED, NE, NO_WILDCARDS, NOT, NOTHING, OR, PR, PRECEDENCE,
    SPECIAL_CHARACTERS, STRING_ORDER, SW, TOTAL, UNKNOWN_ATTRIBUTE, VALUE_PATH, VALUE_PATH_LOGIC,
};
use crate::checks::stage::Created;

probes! {
    "filter.operators", Writes,
        [EQ, NE, CO, SW, EW, PR, STRING_ORDER, ALL_OPERATORS, TOTAL, NOTHING],
        operators;
    "filter.logic", Writes, [AND, OR, NOT, PRECEDENCE, GROUPING, ALL_OPERATORS], logic;
    "filter.types", Writes, [DATE_TIME, BOOLEAN_HAS_NO_ORDER], types;
    "filter.values", Writes, [MULTI_VALUED, VALUE_PATH, VALUE_PATH_LOGIC, ALL_OPERATORS], values;
    "filter.characters", Writes, [ESCAPES, SPECIAL_CHARACTERS, NO_WILDCARDS], characters;
    "filter.wrong", Writes, [MALFORMED, MALFORMED_SCIM_TYPE, UNKNOWN_ATTRIBUTE], wrong;
}

/// Tells which operators were refused, with the answer to the first; where none was, what to look at instead.
fn every(session: &mut Session, mut refused: Vec<(&str, Answer)>, otherwise: &Answer) {
    refused.dedup_by_key(|(operator, _)| *operator);
    let shows = refused.first().map_or(otherwise, |(_, answer)| answer);
    session.require(&ALL_OPERATORS, refused.is_empty(), shows, &["every operator"], || {
        let operators: Vec<&str> = refused.iter().map(|(operator, _)| *operator).collect();
        format!("these are refused: {}", operators.join(", "))
    });
}

const NOT_COMPARABLE: &str =
    "the service stores no attribute that could be compared, or takes none in a filter";

/// An attribute of users that the service stores as it is sent and takes in a filter: its name.
async fn comparable(session: &mut Session, names: &[&'static str]) -> Result<Option<&'static str>, Stop> {
    let name = session.name();
    let mut extra = json!({});
    for known in names.iter().filter(|known| **known != "userName") {
        extra[*known] = json!(name);
    }
    let body = session.user_body(extra);
    let user = session.make("/Users", body.clone(), &create::USER).await?;
    let read = session.get(&user.path).await?;
    for known in names {
        let Some(value) = at(&body, known).filter(|value| read.at(known) == Some(value)) else { continue };
        let answer = session.filter("/Users", &format!("{known} eq {value}")).await?;
        if !answer.refused() && answer.status != 501 {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

async fn operators(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let Some(attribute) = comparable(session, &["displayName", "nickName", "userName"]).await? else {
        return session.absent(NOT_COMPARABLE);
    };
    let name = session.name();
    let mut users = Vec::new();
    // The bodies that were sent are kept, since answers may hold other things.
    for (text, title) in [("alpha", Some("x")), ("beta", None), ("gamma", Some("y"))] {
        let value = format!("{name}-{text}-end");
        let mut extra = json!({attribute: value, "userName": format!("{value}@example.com")});
        if let Some(title) = title {
            extra["title"] = json!(format!("{name}-{title}"));
        }
        let body = session.user_body(extra);
        let made = session.make("/Users", body.clone(), &create::USER).await?;
        users.push(Created { body, ..made });
    }
    let people = People { users };
    let tail = if attribute == "userName" { "@example.com" } else { "" };
    let value = |text: &str| quoted(&format!("{name}-{text}-end{tail}"));
    let own = format!("{attribute} co {}", quoted(&name));
    let mut refused = Vec::new();
    let cases: Vec<(&'static Requirement, &str, String, &str)> = vec![
        (&EQ, "eq", format!("{attribute} eq {}", value("beta")), "B"),
        (&EQ, "eq", format!("{attribute} eq {}", quoted(&format!("{name}-beta"))), ""),
        (&EQ, "eq", format!("{attribute} eq {}", quoted("beta-end")), ""),
        (&CO, "co", own.clone(), "ABC"),
        (&CO, "co", format!("{attribute} co {}", quoted(&format!("{}-gam", &name[3..]))), "C"),
        (&SW, "sw", format!("{attribute} sw {}", quoted(&format!("{name}-al"))), "A"),
        (&SW, "sw", format!("{attribute} sw {}", quoted(&name[2..])), ""),
        (&EW, "ew", format!("{attribute} ew {}", quoted(&format!("{}-beta-end{tail}", &name[3..]))), "B"),
        (&EW, "ew", format!("{attribute} ew {}", quoted(&format!("{name}-beta"))), ""),
        (&NE, "ne", format!("{attribute} ne {} and {own}", value("beta")), "AC"),
        (&STRING_ORDER, "gt", format!("{attribute} gt {} and {own}", value("beta")), "C"),
        (&STRING_ORDER, "ge", format!("{attribute} ge {} and {own}", value("beta")), "BC"),
        (&STRING_ORDER, "lt", format!("{attribute} lt {} and {own}", value("beta")), "A"),
        (&STRING_ORDER, "le", format!("{attribute} le {} and {own}", value("beta")), "AB"),
    ];
    // What must be narrowed by `and` says nothing where `and` itself is wrong.
    let narrowed = session.filter("/Users", &format!("{attribute} eq {} and {own}", value("beta"))).await?;
    let apart = session
        .filter("/Users", &format!("{attribute} eq {} and {attribute} eq {}", value("beta"), value("gamma")))
        .await?;
    let narrows = people.found(&narrowed) == "B" && people.found(&apart).is_empty();
    // Where `co` is refused there is nothing to narrow with, and `and` may be right all the same.
    let unnarrowed = (narrowed.refused() || narrowed.status == 501)
        .then(|| format!("the service refuses the filter that would narrow it with {}", narrowed.outcome()));
    for (requirement, operator, filter, wanted) in cases {
        if filter.contains(" and ") && !narrows {
            match &unnarrowed {
                Some(reason) => session.skip(requirement, reason.clone()),
                None => session.blocked(requirement, &AND),
            }
        } else if let Some(answer) = people.judge(session, requirement, &filter, wanted).await? {
            refused.push((operator, answer));
        }
    }
    let title = session.get(&people.users[0].path).await?.text("title") == Some(format!("{name}-x").as_str());
    if title && !narrows {
        match unnarrowed {
            Some(reason) => session.skip(&PR, reason),
            None => session.blocked(&PR, &AND),
        }
    } else if title {
        if let Some(answer) = people.judge(session, &PR, &format!("title pr and {own}"), "AC").await? {
            refused.push(("pr", answer));
        }
    } else {
        session.skip(&PR, "the service does not store title");
    }
    let whole = session.filter("/Users", &own).await?;
    if whole.status == 200 {
        session.require(&TOTAL, whole.total() == Some(3), &whole, &["totalResults 3"], || {
            format!("totalResults {} with {} resources", whole.total().unwrap_or(-1), whole.resources().len())
        });
    }
    let one = session.filter("/Users", &format!("{attribute} eq {}", value("gamma"))).await?;
    if one.status == 200 {
        session.require(&TOTAL, one.total() == Some(1), &one, &["totalResults 1"], || {
            format!("totalResults {} with {} resources", one.total().unwrap_or(-1), one.resources().len())
        });
    }
    let none = session
        .filter("/Users", &format!("userName eq {}", quoted(&format!("{name}-nobody@example.com"))))
        .await?;
    let empty = none.status == 200 && none.total() == Some(0) && none.resources().is_empty();
    // A 404 there has a passive rule of its own.
    if none.status != 404 {
        session.require(&NOTHING, empty, &none, &["200 with totalResults 0"], || {
            format!(
                "{}, totalResults {}, {} resources",
                none.outcome(),
                none.total().unwrap_or(-1),
                none.resources().len()
            )
        });
    }
    every(session, refused, &none);
    Ok(())
}

/// Three users, and the filter that finds each by its userName.
async fn three(session: &mut Session) -> Result<(People, [String; 3]), Stop> {
    let mut users = Vec::new();
    for _ in 0..3 {
        users.push(session.user().await?);
    }
    let filters = [0, 1, 2].map(|at: usize| format!("userName eq {}", quoted(&users[at].text("userName"))));
    Ok((People { users }, filters))
}

async fn logic(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let (people, [a, b, c]) = three(session).await?;
    let external = format!("id eq {}", quoted(&people.users[0].id));
    let all = format!("({a} or {b} or {c})");
    let cases: Vec<(&'static Requirement, &str, String, &str)> = vec![
        (&OR, "or", format!("{a} or {b}"), "AB"),
        (&AND, "and", format!("{a} and {external}"), "A"),
        (&AND, "and", format!("{a} and {b}"), ""),
        (&PRECEDENCE, "or", format!("{a} or {b} and {c}"), "A"),
        (&PRECEDENCE, "or", format!("{b} and {c} or {a}"), "A"),
        (&GROUPING, "( )", format!("({a} or {b}) and {c}"), ""),
        (&GROUPING, "( )", format!("({a} or {b}) and ({b} or {c})"), "B"),
        (&NOT, "not", format!("{all} and not ({a})"), "BC"),
        (&NOT, "not", format!("not ({a} or {b}) and {all}"), "C"),
    ];
    let mut refused = Vec::new();
    for (requirement, operator, filter, wanted) in cases {
        if let Some(answer) = people.judge(session, requirement, &filter, wanted).await? {
            refused.push((operator, answer));
        }
    }
    let answer = session.filter("/Users", &a).await?;
    every(session, refused, &answer);
    Ok(())
}

async fn types(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let ada = session.user().await?;
    let read = session.get(&ada.path).await?;
    let own = format!("userName eq {}", quoted(&ada.text("userName")));
    let people = People { users: vec![ada] };
    let created = read.text("meta.created").and_then(|text| text.parse::<jiff::Timestamp>().ok());
    match created {
        Some(created) => {
            let hour = jiff::SignedDuration::from_hours(1);
            let zoned = |shift: jiff::SignedDuration, offset: i8| {
                let at = created.checked_add(shift).unwrap_or(created);
                let time = jiff::tz::Offset::constant(offset).to_datetime(at);
                format!("{}{offset:+03}:00", time.strftime("%Y-%m-%dT%H:%M:%S"))
            };
            // As text the first of each pair is on the wrong side.
            let cases = [
                (format!("meta.created gt {}", quoted("2011-05-13T04:42:34Z")), "A"),
                (format!("meta.created lt {}", quoted("2011-05-13T04:42:34Z")), ""),
                (format!("meta.created gt {}", quoted(&zoned(-hour, 14))), "A"),
                (format!("meta.created gt {}", quoted(&zoned(hour, -11))), ""),
                (format!("meta.created le {}", quoted(&zoned(hour, -11))), "A"),
                (format!("meta.created le {}", quoted(&zoned(-hour, 14))), ""),
            ];
            for (filter, wanted) in cases {
                people.judge(session, &DATE_TIME, &format!("{filter} and {own}"), wanted).await?;
            }
        }
        None => session.skip(&DATE_TIME, "the service does not return meta.created"),
    }
    if read.at("active").is_some_and(Value::is_boolean) {
        let answer = session.filter("/Users", &format!("active gt false and {own}")).await?;
        session.require(&BOOLEAN_HAS_NO_ORDER, answer.status == 400, &answer, &["400 invalidFilter"], || {
            answer.outcome()
        });
    } else {
        session.skip(&BOOLEAN_HAS_NO_ORDER, "the service does not return active");
    }
    Ok(())
}

async fn values(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let (work, home, other) = (session.login(), session.login(), session.login());
    let mails = |first: (&str, &str), second: (&str, &str)| json!([{"value": first.1, "type": first.0, "primary": true}, {"value": second.1, "type": second.0}]);
    let ada = session.user_with(json!({"emails": mails(("work", &work), ("home", &home))})).await?;
    let bob = session.user_with(json!({"emails": mails(("work", &other), ("home", &work))})).await?;
    let both = session.get(&ada.path).await?.at("emails").and_then(Value::as_array).map_or(0, Vec::len) == 2
        && session.get(&bob.path).await?.at("emails").and_then(Value::as_array).map_or(0, Vec::len) == 2;
    if !both {
        return session.absent("the service keeps one e-mail address only");
    }
    let people = People { users: vec![ada, bob] };
    let (w, h, o) = (quoted(&work), quoted(&home), quoted(&other));
    people.judge(session, &MULTI_VALUED, &format!("emails.value eq {h}"), "A").await?;
    people.judge(session, &MULTI_VALUED, &format!("emails.value eq {w}"), "AB").await?;
    let mut refused = Vec::new();
    for (filter, wanted) in [
        (format!("emails[type eq \"work\" and value eq {w}]"), "A"),
        (format!("emails[type eq \"home\" and value eq {w}]"), "B"),
        (format!("emails[type eq \"home\" and value eq {o}]"), ""),
    ] {
        if let Some(answer) = people.judge(session, &VALUE_PATH, &filter, wanted).await? {
            refused.push(("attribute[filter]", answer));
        }
    }
    people.judge(session, &VALUE_PATH_LOGIC, &format!("emails[value eq {h} or value eq {o}]"), "AB").await?;
    people
        .judge(
            session,
            &VALUE_PATH_LOGIC,
            &format!("emails[type eq \"home\" and (value eq {o} or value eq {h})]"),
            "A",
        )
        .await?;
    let answer = session.filter("/Users", &format!("emails.value eq {h}")).await?;
    every(session, refused, &answer);
    Ok(())
}

async fn characters(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let Some(attribute) = comparable(session, &["displayName", "nickName"]).await? else {
        return session.absent(NOT_COMPARABLE);
    };
    let name = session.name();
    let cases = [
        (&ESCAPES, format!("{name} \"quoted\" \\ back")),
        (&SPECIAL_CHARACTERS, format!("{name} O'Brien + Søn & 李 #1 50% ünï=?/;,")),
    ];
    for (requirement, value) in cases {
        let body = session.user_body(json!({attribute: value}));
        let made = session.make("/Users", body.clone(), &create::USER).await?;
        let plain = session.user().await?;
        let user = Created { body, ..made };
        let people = People { users: vec![user, plain] };
        people.judge(session, requirement, &format!("{attribute} eq {}", quoted(&value)), "A").await?;
    }
    let value = format!("{name}aXbYc");
    let body = session.user_body(json!({attribute: value}));
    let made = session.make("/Users", body.clone(), &create::USER).await?;
    let user = Created { body, ..made };
    let people = People { users: vec![user] };
    for pattern in
        [format!("{name}a%c"), format!("{name}a_b_c"), format!("{name}a*c"), format!("{name}a.b.c")]
    {
        people.judge(session, &NO_WILDCARDS, &format!("{attribute} eq {}", quoted(&pattern)), "").await?;
    }
    for (operator, pattern) in [
        ("sw", format!("{name}a_b")),
        ("sw", format!("{name}a.b")),
        ("co", format!("{name}a.b.")),
        ("co", format!("{name}a_b_")),
        ("co", format!("{name}%c")),
        ("ew", "a_b_c".into()),
    ] {
        people
            .judge(session, &NO_WILDCARDS, &format!("{attribute} {operator} {}", quoted(&pattern)), "")
            .await?;
    }
    Ok(())
}

async fn wrong(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let ada = session.user().await?;
    let login = quoted(&ada.text("userName"));
    let texts = [
        "userName eq".to_owned(),
        "userName".to_owned(),
        format!("eq {login}"),
        format!("userName zz {login}"),
        format!("userName eq {}", &login[..login.len() - 1]),
        format!("(userName eq {login}"),
        format!("userName eq {login})"),
        format!("userName eq {login} and"),
        format!("userName eq {login} userName eq {login}"),
        "emails[type eq \"work\"".to_owned(),
        ")(".to_owned(),
    ];
    for text in texts {
        let answer = session.filter("/Users", &text).await?;
        // "return an HTTP 400 error with a "scimType" error of "invalidFilter"" binds for an operator that is not
        // recognized (§3.4.2.2); for the rest the status is a SHOULD (§3.12).
        let operator = text.contains(" zz ");
        let refused = session.require(
            &MALFORMED,
            if operator { answer.status == 400 } else { answer.refused() },
            &answer,
            &["400 invalidFilter"],
            || format!("{} for `{text}`", answer.outcome()),
        );
        if refused && operator {
            session.require(
                &MALFORMED_SCIM_TYPE,
                answer.scim_type() == Some("invalidFilter"),
                &answer,
                &["scimType invalidFilter"],
                || format!("{} for `{text}`", answer.outcome()),
            );
        }
    }
    let answer = session.filter("/Users", "scimulateUnknown eq \"7\"").await?;
    let right = answer.refused() || answer.ok() && answer.resources().is_empty();
    session.require(&UNKNOWN_ATTRIBUTE, right, &answer, &["400 invalidFilter", "an empty list"], || {
        format!("{} with {} resources", answer.outcome(), answer.resources().len())
    });
    Ok(())
}
