//! Okta's requests for people.

use std::time::Duration;

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{Answer, Capability, Session, Stop, is_list, path_to, probes};
use crate::checks::json::{at, equivalent, items, member, shown};
use crate::checks::rules::okta::probes::{look, okta, okta_id, reachable};
use crate::checks::rules::okta::{
    ANSWER_TIME, CONTENT_CODING, CREATE_CATALOGUE, CREATE_WIZARD, DEFAULT_ATTRIBUTES,
    EMPTY_LIST_HAS_RESOURCES, ENTERPRISE_ACCEPTED, EXTERNAL_ID_OPTIONAL, LOCALE_FORMS, LOOK_UP_FINDS_ONE,
    LOOK_UP_SHOWS_THE_USER, LOOK_UP_WITH_PLUS_SIGNS, NOT_FOUND_IS_UNDERSTOOD, PARAMETER_ORDER,
    PASSWORD_BY_PATCH, PASSWORD_BY_PUT, PASSWORD_CHANGES_NOTHING_ELSE, PLACEHOLDER_PASSWORD, PRIMARY_EMAIL,
    PUBLISHED_ATTRIBUTES_KEPT, PUT_EMPTY_VALUES, PUT_EXTERNAL_ID, PUT_STALE_FORMATTED, REQUEST_HEADERS,
};
use crate::checks::rules::{create, error, replace};
use crate::checks::stage::Created;
use crate::exchange::percent_encode;
use crate::urn::{ENTERPRISE, USER};

probes! {
    "okta.wire", Writes,
        [REQUEST_HEADERS, CONTENT_CODING, PARAMETER_ORDER, EMPTY_LIST_HAS_RESOURCES,
         NOT_FOUND_IS_UNDERSTOOD, ANSWER_TIME],
        wire;
    "okta.look-up", Writes, [LOOK_UP_FINDS_ONE, LOOK_UP_SHOWS_THE_USER, LOOK_UP_WITH_PLUS_SIGNS], look_up;
    "okta.create", Writes,
        [CREATE_CATALOGUE, CREATE_WIZARD, PLACEHOLDER_PASSWORD, EXTERNAL_ID_OPTIONAL, LOCALE_FORMS,
         PRIMARY_EMAIL, error::DETAIL],
        create;
    "okta.profile", Writes, [DEFAULT_ATTRIBUTES, PUBLISHED_ATTRIBUTES_KEPT, ENTERPRISE_ACCEPTED], profile;
    "okta.update", Writes, [PUT_STALE_FORMATTED, PUT_EMPTY_VALUES, PUT_EXTERNAL_ID], update;
    "okta.password", Writes, [PASSWORD_BY_PATCH, PASSWORD_BY_PUT, PASSWORD_CHANGES_NOTHING_ELSE], password;
}

/// The body of an app of Okta's catalogue, its members in their order.
pub(super) fn catalogue(session: &mut Session, password: &str) -> Value {
    let login = session.login();
    let id = okta_id(&session.name());
    let body = json!({
        "schemas": [USER],
        "userName": login,
        "name": {"givenName": "Obi-Wan", "familyName": "Kenobi"},
        "emails": [{"primary": true, "value": login, "type": "work"}],
        "displayName": "Obi-Wan Kenobi",
        "locale": "en-US",
        "externalId": id,
        "groups": [],
        "password": password,
        "active": true,
    });
    session.completed(body)
}

fn without(mut body: Value, names: &[&str]) -> Value {
    if let Some(all) = body.as_object_mut() {
        all.retain(|name, _| !names.contains(&name.as_str()));
    }
    body
}

async fn wire(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ListUsers)?;
    if session.facts.works(Capability::CreateUser) {
        // So that there is something to list.
        session.user().await?;
    }
    let path = "/Users?startIndex=1&count=2";
    let plain = session.get(path).await?;
    let answer = okta(session, "GET", path, None).await?;
    if is_list(&plain) {
        let right = session.require(
            &REQUEST_HEADERS,
            is_list(&answer),
            &answer,
            &["200 with a list, as without them"],
            || answer.outcome(),
        );
        if !right {
            session.seen_as("Error authenticating: …; the test of the credentials fails.");
            return Err(Stop::Blocked(&REQUEST_HEADERS));
        }
    }
    let coding = answer.header("Content-Encoding").map(str::to_ascii_lowercase);
    let known = coding
        .as_deref()
        .is_none_or(|coding| ["gzip", "x-gzip", "deflate", "identity", ""].contains(&coding.trim()));
    session.require(&CONTENT_CODING, known, &answer, &["no coding, gzip or deflate"], || {
        format!("Content-Encoding {}", coding.clone().unwrap_or_default())
    });
    let swapped = okta(session, "GET", "/Users?count=2&startIndex=1", None).await?;
    let listed = swapped.resources().len();
    let whole = is_list(&swapped)
        && listed <= 2
        && (listed == 2
            || swapped
                .total()
                .is_some_and(|total| i64::try_from(listed).is_ok_and(|listed| total <= listed)));
    if is_list(&plain) && plain.resources().len() > 2 {
        session.skip(&PARAMETER_ORDER, "count is not followed in the other order either");
    } else {
        session.require(&PARAMETER_ORDER, whole, &swapped, &["a list of two, or of all"], || {
            format!("{} with {listed} users", swapped.outcome())
        });
    }
    let nobody = session.login();
    let answer = look(session, "/Users", "userName", &nobody).await?;
    let empty = is_list(&answer) && answer.total() == Some(0);
    let told = answer.status == 404 && answer.body.is_object();
    let right = session.require(
        &NOT_FOUND_IS_UNDERSTOOD,
        empty || told,
        &answer,
        &["200 with totalResults 0", "404 with a JSON error"],
        || format!("{}, {}", answer.outcome(), shown(Some(&answer.body))),
    );
    if !right {
        session.seen_as("Sync user in external application FAILURE, without a reason; no user is created.");
    }
    if empty {
        session.require(
            &EMPTY_LIST_HAS_RESOURCES,
            answer.at("Resources").is_some_and(Value::is_array),
            &answer,
            &["\"Resources\": []"],
            || format!("Resources {}", shown(answer.at("Resources"))),
        );
    } else {
        session.blocked(&EMPTY_LIST_HAS_RESOURCES, &NOT_FOUND_IS_UNDERSTOOD);
    }
    if session.need(Capability::CreateGroup).is_err() {
        session.skip(&ANSWER_TIME, "the service has no groups");
        return Ok(());
    }
    let mut least: Option<Duration> = None;
    let mut shows = answer;
    for _ in 0..2 {
        shows = okta(session, "GET", "/Groups?count=100&startIndex=1", None).await?;
        let took = shows.exchange.duration;
        least = Some(least.map_or(took, |least| least.min(took)));
    }
    let least = least.unwrap_or_default();
    session.require(&ANSWER_TIME, least <= Duration::from_millis(600), &shows, &["600 ms or less"], || {
        format!("{} ms", least.as_millis())
    });
    Ok(())
}

async fn look_up(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::FilterUser)?;
    reachable(session).await?;
    // A filter that is ignored finds this one as well.
    session.user().await?;
    let body = catalogue(session, "Scimulate-7-placeholder!");
    let ada = session.make("/Users", body, &create::USER).await?;
    let name = ada.text("userName");
    let found = look(session, "/Users", "userName", &name).await?;
    let one = found.total() == Some(1) && found.ids() == [ada.id.clone()];
    let right = session.require(&LOOK_UP_FINDS_ONE, one, &found, &["totalResults 1, and that user"], || {
        format!(
            "{}, totalResults {}, {} users listed",
            found.outcome(),
            shown(found.at("totalResults")),
            found.resources().len()
        )
    });
    if !right {
        session.seen_as("Nothing: Okta links the first user of the list, who may be somebody else.");
    }
    let read = session.get(&ada.path).await?;
    let listed =
        found.resources().iter().find(|user| crate::checks::json::id(user).as_deref() == Some(&ada.id));
    if let (Some(listed), 200) = (listed, read.status) {
        let names = [
            "schemas",
            "id",
            "externalId",
            "userName",
            "name",
            "displayName",
            "emails",
            "active",
            "locale",
            "meta.resourceType",
            "meta.location",
        ];
        let differs: Vec<String> = names
            .iter()
            .filter(|name| !equivalent(at(listed, name), read.at(name)))
            .map(|name| {
                format!("{name} {} in the list, {} when read", shown(at(listed, name)), shown(read.at(name)))
            })
            .collect();
        session.require(
            &LOOK_UP_SHOWS_THE_USER,
            differs.is_empty(),
            &found,
            &["the attributes as they are read"],
            || differs.join("; "),
        );
    }
    let filter = percent_encode(&format!("userName eq \"{name}\"")).replace("%20", "+");
    let found = okta(session, "GET", &format!("/Users?filter={filter}&startIndex=1&count=100"), None).await?;
    session.require(&LOOK_UP_WITH_PLUS_SIGNS, found.lists(&ada.id), &found, &["the user"], || {
        format!("{} with {} users", found.outcome(), found.resources().len())
    });
    Ok(())
}

async fn create(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    reachable(session).await?;
    let body = catalogue(session, "gl^m&qWZ");
    let mut answer = okta(session, "POST", "/Users", Some(&body)).await?;
    if answer.ok() {
        session.pass(&PLACEHOLDER_PASSWORD);
    } else {
        // Refused for the password alone, or for something else?
        let plain = okta(session, "POST", "/Users", Some(&without(body.clone(), &["password"]))).await?;
        if plain.ok() {
            refuse_password(session, &answer);
            answer = plain;
        } else {
            session.blocked(&PLACEHOLDER_PASSWORD, &CREATE_CATALOGUE);
        }
    }
    let id = answer.id();
    let made = session.require(
        &CREATE_CATALOGUE,
        answer.ok() && id.is_some(),
        &answer,
        &["201 with the user"],
        || answer.outcome(),
    );
    if made {
        let read = session.get(&path_to("/Users", &id.unwrap_or_default())?).await?;
        let mail = body["emails"][0]["value"].as_str().unwrap_or_default();
        let kept = items(&read.body, "emails").iter().find(|item| {
            member(item, "value")
                .and_then(Value::as_str)
                .is_some_and(|value| value.eq_ignore_ascii_case(mail))
        });
        if let Some(kept) = kept {
            session.require(
                &PRIMARY_EMAIL,
                member(kept, "primary") == Some(&json!(true)),
                &read,
                &["primary true"],
                || shown(Some(kept)),
            );
        }
        let again = okta(session, "POST", "/Users", Some(&body)).await?;
        if again.refused() {
            let told = again.text("detail").is_some_and(|detail| !detail.trim().is_empty());
            session.require(&error::DETAIL, told, &again, &["a detail"], || {
                format!("{}, detail {}", again.outcome(), shown(again.at("detail")))
            });
        }
    } else {
        session.seen_as("Automatic provisioning of user … to app … failed: Error while creating user …");
    }
    for sample in ["1mz050nq", "4a9XuKkx", "wA&&cprB"] {
        let body = catalogue(session, sample);
        let answer = okta(session, "POST", "/Users", Some(&body)).await?;
        if answer.ok() {
            session.pass(&PLACEHOLDER_PASSWORD);
        } else if made {
            refuse_password(session, &answer);
        }
    }
    let body = catalogue(session, "4a9XuKkx");
    let mut wizard = without(body, &["displayName", "locale"]);
    wizard["emails"] = json!([{"primary": true, "value": wizard["userName"]}]);
    wizard["name"] = json!({"givenName": "test", "familyName": "joiner"});
    let bare = session.completed(wizard);
    forms(session, &CREATE_WIZARD, bare, made).await?;
    let body = without(catalogue(session, "4a9XuKkx"), &["externalId", "password", "groups", "locale"]);
    forms(session, &EXTERNAL_ID_OPTIONAL, body, made).await?;
    for locale in ["en-US", "en_US", "de"] {
        let mut body = catalogue(session, "4a9XuKkx");
        body["locale"] = json!(locale);
        forms(session, &LOCALE_FORMS, body, made).await?;
    }
    Ok(())
}

fn refuse_password(session: &mut Session, answer: &Answer) {
    session.fail(&PLACEHOLDER_PASSWORD, answer, &["201, the password ignored or set"], answer.outcome());
    session.seen_as("Automatic provisioning of user … to app … failed: Error while creating user …: Bad Request. Errors reported by remote server: …");
}

/// A creation in another form; where the usual one fails already, that tells it.
async fn forms(
    session: &mut Session,
    requirement: &'static Requirement,
    body: Value,
    usual: bool,
) -> Result<(), Stop> {
    let answer = okta(session, "POST", "/Users", Some(&body)).await?;
    if answer.ok() || usual {
        // What falls to the placeholder is told there.
        let answer = if answer.ok() || body.get("password").is_none() {
            answer
        } else {
            okta(session, "POST", "/Users", Some(&without(body, &["password"]))).await?
        };
        session.require(requirement, answer.ok(), &answer, &["201 with the user"], || answer.outcome());
    } else {
        session.blocked(requirement, &CREATE_CATALOGUE);
    }
    Ok(())
}

/// The attributes of Okta's default mapping beside those of every creation.
fn mapped() -> Value {
    json!({
        "nickName": "Ben",
        "profileUrl": "https://example.com/obi-wan",
        "title": "Knight",
        "userType": "Employee",
        "preferredLanguage": "en-US",
        "timezone": "Europe/London",
        "phoneNumbers": [{"primary": true, "value": "+1-202-555-0143", "type": "work"}],
        "addresses": [{"primary": true, "streetAddress": "1 Temple Way", "locality": "Bristol", "region": "Avon", "postalCode": "BS1", "country": "GB", "type": "work"}],
    })
}

async fn profile(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    reachable(session).await?;
    let wanted = mapped();
    let mut body = without(catalogue(session, ""), &["password"]);
    let mut name = body["name"].clone();
    for (part, text) in [("middleName", "B"), ("honorificPrefix", "Mr"), ("honorificSuffix", "Jr")] {
        name[part] = json!(text);
    }
    body["name"] = name;
    for (attribute, value) in wanted.as_object().into_iter().flatten() {
        body[attribute] = value.clone();
    }
    let answer = okta(session, "POST", "/Users", Some(&body)).await?;
    if answer.ok() {
        session.pass(&DEFAULT_ATTRIBUTES);
        kept(session, &answer, &wanted).await?;
    } else {
        // Which of them is it?
        let mut guilty = Vec::new();
        let mut plain = true;
        for (attribute, value) in wanted.as_object().into_iter().flatten() {
            let mut body = without(catalogue(session, ""), &["password"]);
            body[attribute] = value.clone();
            if !okta(session, "POST", "/Users", Some(&body)).await?.ok() {
                guilty.push(attribute.clone());
            }
        }
        if guilty.len() == wanted.as_object().map_or(0, serde_json::Map::len) {
            let body = without(catalogue(session, ""), &["password"]);
            plain = okta(session, "POST", "/Users", Some(&body)).await?.ok();
        }
        if !plain {
            return Err(Stop::Blocked(&CREATE_CATALOGUE));
        }
        let named = if guilty.is_empty() { "all of them together".to_owned() } else { guilty.join(", ") };
        session.fail(
            &DEFAULT_ATTRIBUTES,
            &answer,
            &["201 with the user"],
            format!("{} because of {named}", answer.outcome()),
        );
    }
    let mut body = without(catalogue(session, ""), &["password"]);
    body["schemas"] = json!([USER, ENTERPRISE]);
    body[ENTERPRISE] = json!({"employeeNumber": "501", "costCenter": "4130", "organization": "Jedi Order", "division": "Temple", "department": "Council"});
    let answer = okta(session, "POST", "/Users", Some(&body)).await?;
    session.require(&ENTERPRISE_ACCEPTED, answer.ok(), &answer, &["201 with the user"], || answer.outcome());
    Ok(())
}

/// Whether what the schema publishes was stored.
async fn kept(session: &mut Session, created: &Answer, wanted: &Value) -> Result<(), Stop> {
    if session.facts.schema(USER).is_none() {
        session.skip(&PUBLISHED_ATTRIBUTES_KEPT, "the service publishes no schema of users");
        return Ok(());
    }
    let read = session.get(&path_to("/Users", &created.id().unwrap_or_default())?).await?;
    let mut lost = Vec::new();
    for (name, value) in wanted.as_object().into_iter().flatten() {
        let Some(published) = session.facts.attribute(USER, name) else { continue };
        let mutability = member(published, "mutability").and_then(Value::as_str).unwrap_or("readWrite");
        let returned = member(published, "returned").and_then(Value::as_str).unwrap_or("default");
        if mutability != "readWrite" || returned == "never" || returned == "request" {
            continue;
        }
        let now = read.at(name);
        let there = match value {
            Value::String(_) => now.and_then(Value::as_str).is_some_and(|now| !now.is_empty()),
            _ => now.and_then(Value::as_array).is_some_and(|now| !now.is_empty()),
        };
        if !there {
            lost.push(name.clone());
        }
    }
    session.require(
        &PUBLISHED_ATTRIBUTES_KEPT,
        lost.is_empty(),
        &read,
        &["every attribute that the schema publishes"],
        || format!("without {}", lost.join(", ")),
    );
    Ok(())
}

/// A user whose own representation the service takes back.
async fn settled(session: &mut Session) -> Result<(Created, Answer), Stop> {
    session.need(Capability::PutUser)?;
    reachable(session).await?;
    let ada = session.user().await?;
    let read = session.get(&ada.path).await?;
    if !okta(session, "PUT", &ada.path, Some(&read.object())).await?.ok() {
        return Err(Stop::Blocked(&replace::ROUND_TRIP));
    }
    Ok((ada, read))
}

async fn update(session: &mut Session) -> Result<(), Stop> {
    let (ada, read) = settled(session).await?;
    if read.text("name.formatted").is_some() && read.text("name.familyName").is_some() {
        let mut body = read.object();
        body["name"]["familyName"] = json!("Byron");
        body["name"]["givenName"] = json!("Augusta");
        let put = okta(session, "PUT", &ada.path, Some(&body)).await?;
        let after = session.get(&ada.path).await?;
        let right = put.ok()
            && after.text("name.familyName") == Some("Byron")
            && after.text("name.givenName") == Some("Augusta");
        session.require(&PUT_STALE_FORMATTED, right, &put, &["200, then the new names"], || {
            format!("{}, then name {}", put.outcome(), shown(after.at("name")))
        });
    } else {
        session.skip(&PUT_STALE_FORMATTED, "the service returns no name.formatted");
    }
    let mut body = session.get(&ada.path).await?.object();
    for (name, value) in [
        ("title", json!("")),
        ("nickName", json!(null)),
        ("phoneNumbers", json!([])),
        ("userType", json!("")),
    ] {
        body[name] = value;
    }
    let put = okta(session, "PUT", &ada.path, Some(&body)).await?;
    session.require(&PUT_EMPTY_VALUES, put.ok(), &put, &["200"], || put.outcome());
    let mut body = session.get(&ada.path).await?.object();
    let id = okta_id(&session.name());
    body["externalId"] = json!(id);
    let put = okta(session, "PUT", &ada.path, Some(&body)).await?;
    let after = session.get(&ada.path).await?;
    session.require(
        &PUT_EXTERNAL_ID,
        put.ok() && after.text("externalId") == Some(id.as_str()),
        &put,
        &[&format!("externalId {id}")],
        || format!("{}, then externalId {}", put.outcome(), shown(after.at("externalId"))),
    );
    Ok(())
}

async fn password(session: &mut Session) -> Result<(), Stop> {
    reachable(session).await?;
    let promised = session.facts.claims("changePassword") == Some(true);
    if session.need(Capability::PatchUser).is_ok() {
        let ada = session.user().await?;
        let before = session.get(&ada.path).await?;
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "value": {"password": "Scimulate-7!xQ"}}]});
        let answer = okta(session, "PATCH", &ada.path, Some(&body)).await?;
        sync(session, &PASSWORD_BY_PATCH, &ada, &before, &answer, promised).await?;
    }
    let (ada, before) = settled(session).await?;
    let mut body = before.object();
    body["password"] = json!("Scimulate-7!xR");
    let answer = okta(session, "PUT", &ada.path, Some(&body)).await?;
    sync(session, &PASSWORD_BY_PUT, &ada, &before, &answer, promised).await
}

/// Judges one way to set a password.
async fn sync(
    session: &mut Session,
    requirement: &'static Requirement,
    ada: &Created,
    before: &Answer,
    answer: &Answer,
    promised: bool,
) -> Result<(), Stop> {
    if !promised && (answer.refused() || answer.status == 501) {
        session.skip(requirement, "the service does not say that it can change passwords, and refuses one");
        return Ok(());
    }
    session.require(requirement, answer.ok(), answer, &["200 or 204"], || answer.outcome());
    if answer.ok() {
        let after = session.get(&ada.path).await?;
        let names = ["userName", "name", "displayName", "emails", "active", "externalId"];
        let changed: Vec<&str> = names.into_iter().filter(|name| before.at(name) != after.at(name)).collect();
        session.require(
            &PASSWORD_CHANGES_NOTHING_ELSE,
            after.status == 200 && changed.is_empty(),
            &after,
            &["the other attributes as before"],
            || format!("{}, changed: {}", after.outcome(), changed.join(", ")),
        );
    }
    Ok(())
}
