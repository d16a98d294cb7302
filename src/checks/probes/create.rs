//! Creation: what the service assigns, what it stores, what it refuses (RFC 7644 §3.3).

use serde_json::{Value, json};

use crate::checks::active::{Capability, ENTERPRISE, Probe, Session, Stop, USER, probe};
use crate::checks::json::{at, shown, texts};
use crate::checks::requirement::requirements;

requirements! {
    OWN_ID = "create.service-assigns-id", Must, "RFC 7643 §3.1; RFC 7644 §3.3",
        "The service assigns the id; an id that the client sends is ignored.",
        "Take no id from a client: it is readOnly, and must be ignored.";
    READ_ONLY = "create.read-only-ignored", Must, "RFC 7644 §3.3",
        "readOnly attributes in a creation, such as meta and groups, are ignored.",
        "Ignore readOnly attributes; neither refuse the request nor store them.";
    SAME_TIME = "create.modified-is-created", Must, "RFC 7643 §3.1",
        "meta.lastModified of a resource that was never changed equals meta.created.",
        "Set both to the same instant on creation.";
    AGREES = "create.answer-is-the-store", Must, "RFC 7644 §3.3, §3.4.1",
        "The answer to a creation shows the resource as the next read shows it.",
        "Answer from what was stored rather than from the request.";
    STORED = "create.stores-okta-attributes", Okta, "okta-client §5; RFC 7644 §3.3",
        "userName, name.givenName, name.familyName, the primary e-mail and active are stored as sent.",
        "Store and return what Okta sends in every creation.";
    EXTERNAL_ID = "create.stores-external-id", Should, "RFC 7643 §3.1",
        "An externalId that the client gave is stored and returned.",
        "Keep externalId: it is the client's own key for the resource.";
    INACTIVE = "create.inactive", Must, "RFC 7643 §4.1.1; RFC 7644 §3.3",
        "A user created with active false is inactive.",
        "Store active as it was sent.";
    NO_NAME = "create.user-name-required", Must, "RFC 7643 §4.1.1; RFC 7644 §3.12",
        "A user without a userName is refused with 400.",
        "Answer 400 with scimType invalidValue.";
    NO_NAME_TYPE = "create.required-scim-type", Should, "RFC 7644 §3.12 table 9",
        "The 400 for a missing required attribute has the scimType invalidValue.",
        "Add \"scimType\": \"invalidValue\" to the error.";
    NO_GROUP_NAME = "create.group-name-required", Must, "RFC 7643 §4.2, erratum 5368",
        "A group without a displayName is refused with 400.",
        "Answer 400 with scimType invalidValue.";
    WRONG_TYPE = "create.wrong-type-refused", Must, "RFC 7643 §2.3; RFC 7644 §3.12",
        "An object where the schema has a string is refused with 400.",
        "Hold values against their type, and answer 400 with invalidValue or invalidSyntax.";
    FIRST_STAYS = "create.duplicate-changes-nothing", Must, "RFC 7644 §3.3",
        "A creation with a userName that is taken leaves the first user as it is.",
        "Refuse the second creation before anything is stored.";
    ANY_CASE = "create.attribute-names-any-case", Must, "RFC 7643 §2.1",
        "Attribute names in a request are matched in any letter case.",
        "Compare attribute names without regard to case.";
    ENTERPRISE_STORED = "create.enterprise-extension", Must, "RFC 7643 §4.3, §3.3",
        "Attributes of the enterprise extension are stored where the service publishes that schema.",
        "Store the members of the object under the extension's URN.";
    NO_PRIMARY = "create.email-without-primary", Must, "RFC 7643 §2.4, §4.1.2",
        "An e-mail address without primary is stored; primary is optional.",
        "Treat a missing primary as false.";
    TWO_EMAILS = "create.several-emails", Should, "RFC 7643 §4.1.2",
        "A user can have several e-mail addresses.",
        "Store every value of emails.";
    NULL_ABSENT = "create.null-is-absent", Must, "RFC 7643 §2.5",
        "null and an empty array in a request mean the same as an absent attribute.",
        "Treat null and [] as unassigned; do not refuse or store them.";
    CONTENT = "create.readable-at-location", Must, "RFC 7644 §3.3; RFC 7643 §3.1",
        "The Location of a creation leads to the resource.",
        "Put the resource's own URI into Location.";
    DISTINCT = "create.distinct-ids", Must, "RFC 7643 §3.1",
        "Two resources have different ids, also when one of them is a group.",
        "Make ids unique over everything that the service holds.";
}

probe!(ASSIGNED, "create.assigned", Writes, [OWN_ID, READ_ONLY, SAME_TIME, CONTENT, DISTINCT], assigned);
probe!(KEPT, "create.kept", Writes, [AGREES, STORED, EXTERNAL_ID, FIRST_STAYS], kept);
probe!(INACTIVES, "create.inactive", Writes, [INACTIVE], inactive);
probe!(REFUSED, "create.refused", Writes, [NO_NAME, NO_NAME_TYPE, NO_GROUP_NAME, WRONG_TYPE], refused);
probe!(FORMS, "create.forms", Writes, [ANY_CASE, NULL_ABSENT], forms);
probe!(EXTENSION, "create.extension", Writes, [ENTERPRISE_STORED], extension);
probe!(EMAILS, "create.emails", Writes, [NO_PRIMARY, TWO_EMAILS], emails);

pub(in crate::checks) static PROBES: &[&Probe] =
    &[&ASSIGNED, &KEPT, &INACTIVES, &REFUSED, &FORMS, &EXTENSION, &EMAILS];

async fn assigned(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let wanted = session.name();
    let body = session.user_body(json!({
        "id": wanted,
        "meta": {"created": "1999-01-01T00:00:00Z", "lastModified": "1999-01-01T00:00:00Z", "resourceType": "Group"},
        "groups": [{"value": "nobody", "display": "Nobody"}],
    }));
    let answer = session.post("/Users", &body).await?;
    if !answer.ok() {
        // Which of the three it minds shows when each is sent alone.
        let body = session.user_body(json!({"id": wanted}));
        let alone = session.post("/Users", &body).await?;
        session.hold(&OWN_ID, alone.ok(), &alone, &["201, the id ignored"], || alone.outcome());
        let body = session.user_body(json!({"meta": {"created": "1999-01-01T00:00:00Z"}}));
        let alone = session.post("/Users", &body).await?;
        session.hold(&READ_ONLY, alone.ok(), &alone, &["201, meta ignored"], || alone.outcome());
        return Err(Stop::Blocked(if alone.ok() { OWN_ID.slug } else { READ_ONLY.slug }.to_owned()));
    }
    let id = answer.id();
    session.hold(
        &OWN_ID,
        id.as_deref() != Some(wanted.as_str()),
        &answer,
        &["an id of the service's own"],
        || format!("the client's id {wanted}"),
    );
    let (created, modified) = (answer.text("meta.created"), answer.text("meta.lastModified"));
    let own = created.is_none_or(|created| !created.starts_with("1999"))
        && answer.text("meta.resourceType") != Some("Group")
        && texts(&answer.body, "groups", "value").is_empty();
    session.hold(&READ_ONLY, own, &answer, &["meta and groups as the service has them"], || {
        format!("meta {}, groups {}", shown(answer.at("meta")), shown(answer.at("groups")))
    });
    match (created, modified) {
        (Some(created), Some(modified)) if own => {
            session.hold(
                &SAME_TIME,
                instant(created) == instant(modified),
                &answer,
                &["equal times"],
                || format!("created {created}, lastModified {modified}"),
            );
        }
        _ => session.skip(&SAME_TIME, "the service does not return created and lastModified"),
    }
    let location = answer.header("Location").map(str::to_owned);
    match location.as_deref().and_then(|location| below(&session.base_path(), location)) {
        Some(path) => {
            let read = session.get(&path).await?;
            let same = read.status == 200 && read.id() == id;
            session.hold(&CONTENT, same, &read, &["200 with the resource"], || read.outcome());
        }
        None => session.skip(&CONTENT, "there is no Location below the base URL"),
    }
    let second = session.user().await?;
    let mut all = vec![id.unwrap_or_default(), second.id];
    if session.need(Capability::CreateGroup).is_ok() {
        all.push(session.group(&[]).await?.id);
    }
    let mut different = all.clone();
    different.sort();
    different.dedup();
    session.hold(&DISTINCT, different.len() == all.len(), &answer, &["ids that differ"], || all.join(", "));
    Ok(())
}

/// To the second: some services keep the two with different precision.
fn instant(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

/// The path below the base URL of a Location, absolute or relative.
fn below(base_path: &str, location: &str) -> Option<String> {
    let path = match location.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => location,
    };
    let below = path.strip_prefix(base_path).unwrap_or(path);
    below.starts_with('/').then(|| below.to_owned())
}

async fn kept(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let external = session.name();
    let body = session.user_body(json!({"externalId": external}));
    let answer = session.post("/Users", &body).await?;
    let Some(id) = answer.id().filter(|_| answer.ok()) else {
        return Err(Stop::Blocked("create.user".into()));
    };
    let read = session.get(&format!("/Users/{}", crate::exchange::percent_encode(&id))).await?;
    let mut differs = Vec::new();
    if answer.body.is_object() {
        for name in
            ["id", "userName", "name", "displayName", "emails", "active", "externalId", "meta.created"]
        {
            if answer.at(name) != read.at(name) {
                differs.push(format!("{name} {} and {}", shown(answer.at(name)), shown(read.at(name))));
            }
        }
    }
    session.hold(&AGREES, differs.is_empty(), &read, &["the same attributes in both"], || {
        format!("in the 201 and in the 200: {}", differs.join("; "))
    });
    let mut lost = Vec::new();
    for name in ["userName", "name.givenName", "name.familyName", "active"] {
        let (sent, got) = (at(&body, name), read.at(name));
        let same = match (sent.and_then(Value::as_str), got.and_then(Value::as_str)) {
            (Some(sent), Some(got)) if name == "userName" => sent.eq_ignore_ascii_case(got),
            _ => sent == got,
        };
        if !same {
            lost.push(format!("{name} {} for {}", shown(got), shown(sent)));
        }
    }
    let mail = body["emails"][0]["value"].as_str().unwrap_or_default().to_owned();
    let stored = texts(&read.body, "emails", "value");
    if !stored.iter().any(|value| value.eq_ignore_ascii_case(&mail)) {
        lost.push(format!("emails {} for {mail}", shown(read.at("emails"))));
    }
    session.hold(&STORED, lost.is_empty(), &read, &["the values that were sent"], || lost.join("; "));
    session.hold(
        &EXTERNAL_ID,
        read.text("externalId") == Some(external.as_str()),
        &read,
        &[&format!("externalId {external}")],
        || format!("externalId {}", shown(read.at("externalId"))),
    );
    // The same name again, with other attributes.
    let mut second = body.clone();
    second["displayName"] = json!("Somebody else");
    second["name"] = json!({"givenName": "Somebody", "familyName": "Else"});
    let again = session.post("/Users", &second).await?;
    let shouted = body["userName"].as_str().unwrap_or_default().to_uppercase();
    second["userName"] = json!(shouted);
    session.post("/Users", &second).await?;
    let after = session.get(&format!("/Users/{}", crate::exchange::percent_encode(&id))).await?;
    let untouched = after.status == 200
        && ["displayName", "name", "userName"].iter().all(|name| after.at(name) == read.at(name));
    session.hold(&FIRST_STAYS, untouched, &again, &["the first user as before"], || {
        format!(
            "{} for the second creation, then displayName {}, name {}",
            again.outcome(),
            shown(after.at("displayName")),
            shown(after.at("name"))
        )
    });
    Ok(())
}

async fn inactive(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user_with(json!({"active": false})).await?;
    let read = session.get(&ada.path).await?;
    if read.at("active").is_none() {
        session.skip(&INACTIVE, "the service does not return active");
        return Ok(());
    }
    session.hold(&INACTIVE, read.at("active") == Some(&json!(false)), &read, &["active false"], || {
        format!("active {}", shown(read.at("active")))
    });
    Ok(())
}

async fn refused(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let body = session.user_body(json!({"userName": null}));
    let answer = session.post("/Users", &body).await?;
    session.hold(&NO_NAME, answer.status == 400, &answer, &["400 invalidValue"], || answer.outcome());
    if answer.status == 400 {
        let right = ["invalidValue", "invalidSyntax"].contains(&answer.scim_type().unwrap_or_default());
        session.hold(&NO_NAME_TYPE, right, &answer, &["scimType invalidValue"], || answer.outcome());
    }
    if session.need(Capability::CreateGroup).is_ok() {
        let mut body = session.group_body(&[]);
        if let Some(members) = body.as_object_mut() {
            members.shift_remove("displayName");
        }
        let answer = session.post("/Groups", &body).await?;
        session
            .hold(&NO_GROUP_NAME, answer.status == 400, &answer, &["400 invalidValue"], || answer.outcome());
    } else {
        session.skip(&NO_GROUP_NAME, "groups cannot be created");
    }
    let body = session.user_body(json!({"userName": {"first": "Ada"}}));
    let answer = session.post("/Users", &body).await?;
    session.hold(
        &WRONG_TYPE,
        answer.status == 400,
        &answer,
        &["400 invalidValue", "400 invalidSyntax"],
        || answer.outcome(),
    );
    Ok(())
}

async fn forms(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let body = session.user_body(json!({}));
    let mut shouted = json!({});
    for (name, value) in body.as_object().into_iter().flatten() {
        let name = if name == "schemas" { name.clone() } else { name.to_uppercase() };
        shouted[name] = value.clone();
    }
    let answer = session.post("/Users", &shouted).await?;
    let right = answer.ok()
        && answer.text("userName").is_some_and(|name| {
            body["userName"].as_str().is_some_and(|sent| sent.eq_ignore_ascii_case(name))
        })
        && answer.text("name.familyName") == body["name"]["familyName"].as_str();
    session.hold(&ANY_CASE, right, &answer, &["201 with the attributes stored"], || {
        format!("{}, userName {}", answer.outcome(), shown(answer.at("userName")))
    });
    let mut body = session.user_body(json!({}));
    body["nickName"] = Value::Null;
    body["title"] = Value::Null;
    body["phoneNumbers"] = json!([]);
    let answer = session.post("/Users", &body).await?;
    let absent = answer.ok()
        && answer.at("nickName").is_none_or(|value| value == "")
        && answer.at("phoneNumbers").is_none_or(|value| value == &json!([]));
    session.hold(&NULL_ABSENT, absent, &answer, &["201 without those attributes"], || {
        format!("{}, nickName {}", answer.outcome(), shown(answer.at("nickName")))
    });
    Ok(())
}

async fn extension(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    if session.facts.schema(ENTERPRISE).is_none() || !session.facts.extends(USER, ENTERPRISE) {
        return session.absent("the service does not publish the enterprise extension for users");
    }
    let ada = session
        .user_with(json!({ENTERPRISE: {"employeeNumber": "701984", "department": "Analytical Engines"}}))
        .await?;
    let read = session.get(&ada.path).await?;
    let mut lost = Vec::new();
    for (name, value) in [("employeeNumber", "701984"), ("department", "Analytical Engines")] {
        let path = format!("{ENTERPRISE}:{name}");
        if session.facts.attribute(ENTERPRISE, name).is_some() && read.text(&path) != Some(value) {
            lost.push(format!("{name} {}", shown(read.at(&path))));
        }
    }
    session
        .hold(&ENTERPRISE_STORED, lost.is_empty(), &read, &["the values that were sent"], || lost.join(", "));
    Ok(())
}

async fn emails(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let mail = session.login();
    let body = session.user_body(json!({"emails": [{"value": mail, "type": "work"}]}));
    let answer = session.post("/Users", &body).await?;
    let right = answer.ok()
        && texts(&answer.body, "emails", "value").iter().any(|value| value.eq_ignore_ascii_case(&mail));
    session.hold(&NO_PRIMARY, right, &answer, &["201 with the address"], || {
        format!("{}, emails {}", answer.outcome(), shown(answer.at("emails")))
    });
    let (work, home) = (session.login(), session.login());
    let both = json!([
        {"value": work, "type": "work", "primary": true},
        {"value": home, "type": "home"},
    ]);
    let body = session.user_body(json!({"emails": both}));
    let answer = session.post("/Users", &body).await?;
    let stored = texts(&answer.body, "emails", "value").len();
    session.hold(&TWO_EMAILS, answer.ok() && stored == 2, &answer, &["201 with both addresses"], || {
        format!("{}, emails {}", answer.outcome(), shown(answer.at("emails")))
    });
    Ok(())
}
