//! Attributes in filters: how they are named, and of which resources.

use serde_json::{Value, json};

use crate::checks::engine::{Answer, Capability, Session, Stop, probes};
use crate::checks::json::member;
use crate::checks::rules::filter::probes::{People, can_filter, quoted};
use crate::checks::rules::filter::{
    AND, ATTRIBUTE_NAMES_ANY_CASE, BY_EXTERNAL_ID, BY_ID, DEFAULTED_VALUE, EXTENSION_ATTRIBUTE,
    EXTERNAL_ID_EXACT, GROUP_BY_MEMBER, GROUP_DISPLAY_NAME, GROUP_NAME_ANY_CASE, NOT_OF_ABSENT,
    OPERATORS_ANY_CASE, PR, PR_COMPLEX, PR_OF_ABSENT, SCHEMAS, SUB_ATTRIBUTE, URN_NAME, VALUE_ANY_CASE,
};
use crate::checks::rules::{create, resource};
use crate::checks::stage::Created;
use crate::urn::{ENTERPRISE, GROUP, USER};

probes! {
    "filter.names", Writes,
        [ATTRIBUTE_NAMES_ANY_CASE, OPERATORS_ANY_CASE, SUB_ATTRIBUTE, URN_NAME, BY_ID, BY_EXTERNAL_ID,
         EXTERNAL_ID_EXACT, VALUE_ANY_CASE],
        names;
    "filter.groups", Writes, [GROUP_DISPLAY_NAME, GROUP_BY_MEMBER], groups;
    "filter.extension", Writes, [EXTENSION_ATTRIBUTE], extension;
    "filter.group-names", Writes, [GROUP_NAME_ANY_CASE], group_case;
    "filter.complex-present", Writes, [PR_COMPLEX], pr_complex;
    "filter.given-values", Writes, [SCHEMAS, DEFAULTED_VALUE], given_values;
    "filter.absent", Writes, [NOT_OF_ABSENT, PR_OF_ABSENT], filters;
}

async fn names(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let external = format!("{}-Ext", session.name());
    let family = format!("{}-family", session.name());
    let ada = session
        .user_with(json!({"externalId": external, "name": {"givenName": "Ada", "familyName": family}}))
        .await?;
    let other = session.user().await?;
    let login = ada.text("userName");
    let read = session.get(&ada.path).await?;
    let people = People { users: vec![ada, other] };
    people.judge(session, &ATTRIBUTE_NAMES_ANY_CASE, &format!("USERNAME eq {}", quoted(&login)), "A").await?;
    people.judge(session, &ATTRIBUTE_NAMES_ANY_CASE, &format!("username eq {}", quoted(&login)), "A").await?;
    people.judge(session, &OPERATORS_ANY_CASE, &format!("userName EQ {}", quoted(&login)), "A").await?;
    people.judge(session, &OPERATORS_ANY_CASE, &format!("userName Eq {}", quoted(&login)), "A").await?;
    people
        .judge(session, &VALUE_ANY_CASE, &format!("userName eq {}", quoted(&login.to_uppercase())), "A")
        .await?;
    people.judge(session, &URN_NAME, &format!("{USER}:userName eq {}", quoted(&login)), "A").await?;
    let id = people.users[0].id.clone();
    people.judge(session, &BY_ID, &format!("id eq {}", quoted(&id)), "A").await?;
    if read.text("name.familyName") == Some(family.as_str()) {
        people
            .judge(session, &SUB_ATTRIBUTE, &format!("name.familyName eq {}", quoted(&family)), "A")
            .await?;
    } else {
        session.skip(&SUB_ATTRIBUTE, "the service does not store name.familyName");
    }
    if read.text("externalId") == Some(external.as_str()) {
        people.judge(session, &BY_EXTERNAL_ID, &format!("externalId eq {}", quoted(&external)), "A").await?;
        people
            .judge(
                session,
                &EXTERNAL_ID_EXACT,
                &format!("externalId eq {}", quoted(&external.to_uppercase())),
                "",
            )
            .await?;
    } else {
        session.skip(&BY_EXTERNAL_ID, "the service does not store externalId");
        session.skip(&EXTERNAL_ID_EXACT, "the service does not store externalId");
    }
    Ok(())
}

async fn groups(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    let (ada, grace) = (session.user().await?, session.user().await?);
    let (first, second) = (session.group(&[&ada]).await?, session.group(&[&grace]).await?);
    let name = first.text("displayName");
    let path = format!(
        "/Groups?filter={}&startIndex=1&count=100",
        crate::exchange::percent_encode(&format!("displayName eq {}", quoted(&name)))
    );
    let found = session.get(&path).await?;
    let right = found.status == 200 && found.lists(&first.id) && !found.lists(&second.id);
    session.require(&GROUP_DISPLAY_NAME, right, &found, &["the group of that name alone"], || {
        format!("{} with {} groups", found.outcome(), found.resources().len())
    });
    if session.facts.claims("filter") == Some(false) {
        session.skip(&GROUP_BY_MEMBER, "the service says that it does not support filters");
        return Ok(());
    }
    let found = session.filter("/Groups", &format!("members.value eq {}", quoted(&ada.id))).await?;
    if found.status == 200 {
        let right = found.lists(&first.id) && !found.lists(&second.id);
        session.require(&GROUP_BY_MEMBER, right, &found, &["the group of that member alone"], || {
            format!(
                "{} groups, the right one {}",
                found.resources().len(),
                if found.lists(&first.id) { "among them" } else { "not among them" }
            )
        });
    } else {
        session.skip(&GROUP_BY_MEMBER, format!("the service refuses such a filter with {}", found.outcome()));
    }
    Ok(())
}

async fn extension(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let urn = ENTERPRISE;
    let department = session.name();
    let ada = session.user_with(json!({urn: {"department": department}})).await?;
    let other = session.user().await?;
    let read = session.get(&ada.path).await?;
    if read.text(&format!("{urn}:department")) != Some(department.as_str()) {
        return session.absent("the service does not store the enterprise extension");
    }
    let people = People { users: vec![ada, other] };
    people
        .judge(session, &EXTENSION_ATTRIBUTE, &format!("{urn}:department eq {}", quoted(&department)), "A")
        .await?;
    Ok(())
}

async fn group_case(session: &mut Session) -> Result<(), Stop> {
    if session.facts.claims("filter") == Some(false) {
        return session.absent("the service does not claim filters in ServiceProviderConfig");
    }
    if let Some(definition) = session.facts.attribute(GROUP, "displayName").cloned()
        // "If not otherwise stated […] "caseExact" is "false"" (RFC 7643 §2.2).
        && member(&definition, "caseExact") != Some(&json!(true))
        && session.facts.works(Capability::CreateGroup)
    {
        let name = format!("{}-Crew", session.name());
        let body = json!({"schemas": [GROUP], "displayName": name});
        let made = session.make("/Groups", body, &create::GROUP).await?;
        let plain =
            session.filter("/Groups", &format!("displayName eq {}", Value::from(name.clone()))).await?;
        if !any_case(session).await? {
            // A service that compares everything exactly is told so once.
            session.blocked(&GROUP_NAME_ANY_CASE, &VALUE_ANY_CASE);
        } else if plain.lists(&made.id) {
            let filter = format!("displayName eq {}", Value::from(name.to_uppercase()));
            let answer = session.filter("/Groups", &filter).await?;
            session.require(&GROUP_NAME_ANY_CASE, answer.lists(&made.id), &answer, &["the group"], || {
                format!("{}, {} groups", answer.outcome(), answer.resources().len())
            });
        } else {
            session.blocked(&GROUP_NAME_ANY_CASE, &GROUP_DISPLAY_NAME);
        }
    } else {
        session.skip(
            &GROUP_NAME_ANY_CASE,
            "the published schema does not say that letter case does not count in it",
        );
    }
    Ok(())
}

async fn pr_complex(session: &mut Session) -> Result<(), Stop> {
    if session.facts.claims("filter") == Some(false) {
        return session.absent("the service does not claim filters in ServiceProviderConfig");
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
            session.blocked(&PR_COMPLEX, &PR);
            continue;
        }
        session.require(&PR_COMPLEX, answer.lists(&made.id), &answer, &["the user"], || {
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

/// The attributes that a creation did not name and whose values the service gave itself: name and value.
fn defaults(session: &Session, sent: &Value, read: &Value) -> Vec<(String, Value)> {
    let published = session.facts.schema(USER).is_some();
    let own = ["schemas", "id", "externalId", "meta", "password", "groups"];
    let members = read.as_object().into_iter().flatten();
    members
        .filter(|(name, value)| {
            !own.iter().any(|known| known.eq_ignore_ascii_case(name))
                && member(sent, name).is_none()
                && (!published || session.facts.attribute(USER, name).is_some())
                && !name.contains(':')
                && match value {
                    Value::Bool(_) => true,
                    Value::String(text) => !text.is_empty(),
                    _ => false,
                }
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

async fn given_values(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::FilterUser)?;
    session.need(Capability::ReadUser)?;
    let sent = session.user_body(json!({"active": null}));
    let ada = session.make("/Users", sent.clone(), &create::USER).await?;
    let whole = session.get(&ada.path).await?;
    let own = format!("id eq {}", Value::from(ada.id.clone()));
    let by_id = session.filter("/Users", &own).await?.lists(&ada.id);
    if by_id {
        by_schemas(session, &ada, &whole, &own).await?;
        let given = defaults(session, &sent, &whole.body);
        if given.is_empty() {
            session.skip(&DEFAULTED_VALUE, "the service gives no attribute a value of its own");
        }
        for (name, value) in given {
            for filter in [format!("{name} eq {value} and {own}"), format!("{name} pr and {own}")] {
                let answer = session.filter("/Users", &filter).await?;
                if answer.refused() || answer.status == 501 {
                    session.skip(
                        &DEFAULTED_VALUE,
                        format!("filters by {name} are refused: {}", answer.outcome()),
                    );
                    continue;
                }
                session.require(
                    &DEFAULTED_VALUE,
                    answer.lists(&ada.id),
                    &answer,
                    &[&format!("the user whose {name} is {value}")],
                    || format!("{} with {} users", answer.outcome(), answer.resources().len()),
                );
            }
        }
    } else {
        session.blocked(&SCHEMAS, &BY_ID);
        session.blocked(&DEFAULTED_VALUE, &BY_ID);
    }
    Ok(())
}

async fn by_schemas(session: &mut Session, ada: &Created, whole: &Answer, own: &str) -> Result<(), Stop> {
    let listed = whole.at("schemas").and_then(Value::as_array).is_some_and(|all| all.contains(&json!(USER)));
    if !listed {
        session.blocked(&SCHEMAS, &resource::SCHEMAS);
        return Ok(());
    }
    let narrowed = session.filter("/Users", &format!("{own} and userName eq \"nobody\"")).await?;
    if narrowed.status != 200 || narrowed.lists(&ada.id) {
        session.blocked(&SCHEMAS, &AND);
        return Ok(());
    }
    let answer = session.filter("/Users", &format!("schemas eq \"{USER}\" and {own}")).await?;
    if answer.refused() || answer.status == 501 {
        session.skip(&SCHEMAS, format!("filters by schemas are refused: {}", answer.outcome()));
        return Ok(());
    }
    session.require(&SCHEMAS, answer.lists(&ada.id), &answer, &["the user, which has that schema"], || {
        format!("{} with {} users", answer.outcome(), answer.resources().len())
    });
    let none = session.filter("/Users", &format!("schemas eq \"urn:scimulate:none\" and {own}")).await?;
    if none.status == 200 {
        session.require(&SCHEMAS, !none.lists(&ada.id), &none, &["no user"], || {
            "a user without that schema".to_owned()
        });
    }
    Ok(())
}

async fn filters(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::FilterUser)?;
    let phone = json!([{"value": "+1 555 0100", "type": "work"}]);
    let with = session.user_with(json!({"nickName": "scimulate", "phoneNumbers": phone})).await?;
    let without = session.user().await?;
    let (shows, lacks) = (session.get(&with.path).await?, session.get(&without.path).await?);
    for (attribute, requirement) in
        [("nickName", &NOT_OF_ABSENT), ("nickName", &PR_OF_ABSENT), ("phoneNumbers", &PR_OF_ABSENT)]
    {
        if shows.at(attribute).is_none() || lacks.at(attribute).is_some() {
            continue;
        }
        let condition = if requirement.slug == NOT_OF_ABSENT.slug {
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
            return Err(Stop::Blocked(&AND));
        }
        let other =
            session.filter("/Users", &format!("userName eq {} and {condition}", name(&lacks))).await?;
        let wanted = if requirement.slug == NOT_OF_ABSENT.slug { vec![without.id.clone()] } else { vec![] };
        session.require(
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
