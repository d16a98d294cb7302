//! Probes of the rules in this area.

use serde_json::{Value, json};

use crate::checks::engine::{Answer, Call, Capability, Session, Stop, probes, query};
use crate::checks::json::{at, items, texts};
use crate::checks::rules::filter;
use crate::checks::rules::sort::{ABSENT_LAST, ASCENDING, DESCENDING, LETTER_CASE, PRIMARY, SUB_ATTRIBUTE};
use crate::checks::stage::Created;

probes! {
    "sort.orders", Writes, [ASCENDING, DESCENDING, LETTER_CASE, SUB_ATTRIBUTE], sorts;
    "sort.primary", Writes, [PRIMARY], by_primary;
    "sort.absent", Writes, [ABSENT_LAST], absent_last;
}

async fn sorts(session: &mut Session) -> Result<(), Stop> {
    match session.facts.claims("sort") {
        Some(true) => {}
        _ => return session.absent("the service does not claim sorting in ServiceProviderConfig"),
    }
    session.need(Capability::FilterUser)?;
    let name = session.name();
    let mut users: Vec<(String, Created)> = Vec::new();
    // Written in an order of their own; the capitals come first anyway, with regard to case and without.
    for (text, family) in [("mango", "y"), ("Apple", "Z"), ("zebra", "x"), ("Banana", "W")] {
        let made = session
            .user_with(json!({
                "userName": format!("{name}-{text}@example.com"),
                "name": {"givenName": "Ada", "familyName": format!("{name}-{family}")},
            }))
            .await?;
        users.push((text.to_lowercase(), made));
    }
    let any: Vec<String> =
        users.iter().map(|(_, user)| format!("id eq {}", Value::from(user.id.clone()))).collect();
    let by_prefix = format!("userName sw {}", Value::from(name.clone()));
    let mut filter = by_prefix;
    let found = session.filter("/Users", &filter).await?;
    if found.ids().len() != users.len() {
        filter = any.join(" or ");
        if session.filter("/Users", &filter).await?.ids().len() != users.len() {
            return Err(Stop::Blocked(&filter::SW));
        }
    }
    let order = |answer: &Answer| -> Vec<String> {
        answer
            .ids()
            .iter()
            .filter_map(|id| users.iter().find(|(_, user)| &user.id == id).map(|(text, _)| text.clone()))
            .collect()
    };
    let ask = |by: &'static str, way: Option<&'static str>| {
        let mut parameters = vec![("filter", filter.as_str()), ("sortBy", by)];
        parameters.extend(way.map(|way| ("sortOrder", way)));
        query("/Users", &parameters)
    };
    let up = ["apple", "banana", "mango", "zebra"];
    let down = ["zebra", "mango", "banana", "apple"];
    for way in [None, Some("ascending")] {
        let answer = session.send(Call::get(ask("userName", way))).await?;
        let found = order(&answer);
        session.require(&ASCENDING, found == up, &answer, &[&up.join(", ")], || {
            format!("{}: {}", answer.outcome(), found.join(", "))
        });
    }
    let answer = session.send(Call::get(ask("userName", Some("descending")))).await?;
    let found = order(&answer);
    session.require(&DESCENDING, found == down, &answer, &[&down.join(", ")], || {
        format!("{}: {}", answer.outcome(), found.join(", "))
    });
    if session
        .get(&users[0].1.path)
        .await?
        .text("name.familyName")
        .is_some_and(|text| text.starts_with(&name))
    {
        let answer = session.send(Call::get(ask("name.familyName", None))).await?;
        let found = order(&answer);
        // W, x, y, Z: only where letter case does not count.
        let right = ["banana", "zebra", "mango", "apple"];
        let with_case = ["banana", "apple", "zebra", "mango"];
        session.require(
            &SUB_ATTRIBUTE,
            found == right || found == with_case,
            &answer,
            &[&right.join(", ")],
            || format!("{}: {}", answer.outcome(), found.join(", ")),
        );
        if found == right || found == with_case {
            session.require(&LETTER_CASE, found == right, &answer, &["w, X, y, Z in this order"], || {
                "capitals first".to_owned()
            });
        }
    } else {
        session.skip(&SUB_ATTRIBUTE, "the service does not store name.familyName");
        session.skip(&LETTER_CASE, "the service does not store name.familyName");
    }
    Ok(())
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
        session.require(
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
        session.skip(&PRIMARY, "the service does not claim sorting in ServiceProviderConfig");
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
        session.skip(&PRIMARY, "the service does not keep two addresses, one of them primary");
        return Ok(());
    }
    let filter = format!("id eq {} or id eq {}", Value::from(early.id.clone()), Value::from(late.id.clone()));
    for (order, wanted) in [("ascending", [&early.id, &late.id]), ("descending", [&late.id, &early.id])] {
        let parameters = [("filter", filter.as_str()), ("sortBy", "emails.value"), ("sortOrder", order)];
        let answer = session.send(Call::get(query("/Users", &parameters))).await?;
        if answer.status != 200 || answer.ids().len() != 2 {
            session.skip(&PRIMARY, format!("the service answers such a query with {}", answer.outcome()));
            continue;
        }
        let right = answer.ids().iter().eq(wanted);
        session.require(&PRIMARY, right, &answer, &["the order of the primary addresses"], || {
            format!("the other order, {order}")
        });
    }
    Ok(())
}
