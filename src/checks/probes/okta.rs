//! What Okta's client does with users (okta-client §2 to §5): its header fields, its look-up, the bodies of
//! both kinds of apps, its updates and passwords. What a requirement of the RFC says already is not said
//! again here; the chains of several requests are in `okta_chains`.

use std::time::Duration;

use serde_json::{Value, json};

use super::robust;
use crate::checks::Requirement;
use crate::checks::active::{
    Answer, Call, Capability, ENTERPRISE, Made, Probe, Session, Stop, USER, is_list, probe,
};
use crate::checks::json::{at, items, member, shown};
use crate::checks::requirement::requirements;
use crate::exchange::percent_encode;

requirements! {
    HEADERS = "okta.request-headers", Okta, "okta-client §2.1",
        "A request with the header fields of Okta's client, Accept-Charset among them, is answered as one without.",
        "Ignore header fields that you do not know; refuse nothing because of Accept-Charset.";
    CODING = "okta.content-coding", Okta, "okta-client §2.1; RFC 9110 §12.5.3",
        "Answers to Accept-Encoding: gzip,deflate are plain, or coded by one of the two.",
        "Code answers only as the client asks for it.", [Rfc, Okta];
    PARAMETERS = "okta.parameter-order", Oin, "okta-client §2.2, §9; RFC 3986 §3.4",
        "count before startIndex, as Okta's test suite writes them, is answered like the other order.",
        "Read query parameters by name.";
    EMPTY = "okta.empty-list-has-resources", Oin, "okta-client §3.3, §5",
        "A list without results has an empty Resources, which the RFC leaves open and Okta's support asks for.",
        "Send \"Resources\": [] when nothing is found.";
    MISSING = "okta.not-found-is-understood", Okta, "okta-client §3.3, §12.8",
        "A look-up that finds nothing is answered with an empty list, or with 404 and a JSON error; anything else stops the creation.",
        "Answer 200 with totalResults 0.";
    FIRST = "okta.look-up-finds-one", Okta, "okta-client §3.3",
        "The look-up by userName gives exactly one user: Okta links the first that is listed.",
        "Compare userName as a whole, and list each user once.";
    SAME = "okta.look-up-shows-the-user", Okta, "okta-client §3.3, §3.16, §5",
        "The user in a list is the one that is read by its id, in each attribute that Okta takes from it.",
        "Build the resource in one place, for lists and for single answers.", [Rfc, Okta];
    PLUS = "okta.look-up-with-plus-signs", OktaTolerates, "okta-client §2.2",
        "A look-up whose blanks are written as plus signs, as older connectors of Okta did, finds the user.",
        "Decode plus signs in a query as blanks, as forms do; %2B is the plus sign.";
    TIME = "okta.answer-time", OktaTolerates, "okta-client §9",
        "GET /Groups is answered within 600 milliseconds, which Okta's test suite asks for as an option.",
        "Read no more from the store than the page holds.";
    CATALOGUE = "okta.create-catalogue", Okta, "okta-client §3.4",
        "A user is created from the body that apps of Okta's catalogue send, with their header fields.",
        "Take the attributes that RFC 7643 defines, in any order, and ignore groups.";
    WIZARD = "okta.create-wizard", Okta, "okta-client §3.4",
        "A user is created from the body that apps of the wizard send: an e-mail address without type, no displayName, no locale.",
        "Ask for userName alone; treat everything else as optional.";
    PLACEHOLDER = "okta.placeholder-password", Okta, "okta-client §3.4, §8.4",
        "The placeholder of eight characters that Okta sends as password with every creation is no reason to refuse it.",
        "Ignore password where passwords are not synchronised, and hold no policy against it.";
    NO_EXTERNAL = "okta.external-id-optional", Oin, "okta-client §3.4, §9; RFC 7643 §3.1",
        "A user without externalId, as Okta's test suite sends one, is created.",
        "externalId is optional.", [Rfc, Oin];
    LOCALE = "okta.locale-forms", Okta, "okta-client §3.4",
        "A locale with a hyphen or with an underline, which depends on the mapping in Okta, is no reason to refuse a creation.",
        "Take en-US and en_US, or ignore locale.";
    DEFAULTS = "okta.default-attributes", Okta, "okta-client §4",
        "A creation with every attribute of Okta's default mapping is accepted.",
        "Store the attributes that you know and ignore the others.";
    KEPT = "okta.published-attributes-kept", Oin, "okta-client §4, §3.18; RFC 7643 §7",
        "Attributes of the default mapping that /Schemas publishes as writable are stored.",
        "Store what the schema promises, or take it out of the schema.";
    EXTENSION = "okta.enterprise-accepted", Okta, "okta-client §3.4, §4",
        "A creation with attributes of the enterprise extension is accepted, whether they are stored or not.",
        "Ignore an extension that you do not have; do not refuse the user.";
    PRIMARY = "okta.primary-email", Oin, "okta-client §4, §5",
        "The e-mail address that was sent as primary comes back as primary, which is the one that Okta reads.",
        "Keep primary, and return it.";
    STALE = "okta.put-stale-formatted", Okta, "okta-client §3.8, §8.6",
        "A PUT with new parts of the name beside the old name.formatted, which Okta sends back as it was, takes the new parts.",
        "Derive formatted from the parts, or store it; do not refuse the difference.";
    EMPTY_VALUES = "okta.put-empty-values", Oin, "okta-client §3.8, §9",
        "A PUT with empty texts, nulls and empty arrays, which stand for cleared attributes in Okta, is accepted.",
        "Treat them as absent.";
    EXTERNAL = "okta.put-external-id", OktaTolerates, "okta-client §3.8, §8.7",
        "A PUT of an account that had no externalId stores the one that Okta adds.",
        "Store externalId from a PUT.";
    PATCH_PASSWORD = "okta.password-by-patch", Okta, "okta-client §3.14",
        "A password in a replace without a path, the password sync of apps from the catalogue, is accepted.",
        "Set the password, or ignore it where passwords are not synchronised.";
    PUT_PASSWORD = "okta.password-by-put", Okta, "okta-client §3.14",
        "A password in a PUT, the password sync of apps from the wizard, is accepted.",
        "Set the password, or ignore it where passwords are not synchronised.";
    PASSWORD_ALONE = "okta.password-changes-nothing-else", Okta, "okta-client §3.14",
        "A new password changes no other attribute of the user, active among them.",
        "Set the password and nothing beside it.";
}

probe!(WIRE, "okta.wire", Writes, [HEADERS, CODING, PARAMETERS, EMPTY, MISSING, TIME], wire);
probe!(LOOK_UP, "okta.look-up", Writes, [FIRST, SAME, PLUS], look_up);
probe!(
    CREATE,
    "okta.create",
    Writes,
    [CATALOGUE, WIZARD, PLACEHOLDER, NO_EXTERNAL, LOCALE, PRIMARY, robust::DETAIL],
    create
);
probe!(PROFILE, "okta.profile", Writes, [DEFAULTS, KEPT, EXTENSION], profile);
probe!(UPDATE, "okta.update", Writes, [STALE, EMPTY_VALUES, EXTERNAL], update);
probe!(PASSWORD, "okta.password", Writes, [PATCH_PASSWORD, PUT_PASSWORD, PASSWORD_ALONE], password);

pub(in crate::checks) static PROBES: &[&Probe] = &[&WIRE, &LOOK_UP, &CREATE, &PROFILE, &UPDATE, &PASSWORD];

/// A request as Okta's client sends it.
pub(super) async fn okta(
    session: &mut Session,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Result<Answer, Stop> {
    session.send(Call::okta(method, path, body)).await
}

/// Goes on only where requests in Okta's form are answered at all, so that a service that refuses its
/// header fields is told so once.
pub(super) async fn reachable(session: &mut Session) -> Result<(), Stop> {
    let answer = okta(session, "GET", "/Users?startIndex=1&count=2", None).await?;
    if session.facts.works(Capability::ListUsers) && !is_list(&answer) {
        return Err(Stop::Blocked(HEADERS.slug.to_owned()));
    }
    Ok(())
}

/// The look-up before each creation: `attribute eq "value"` with startIndex and count.
pub(super) async fn look(
    session: &mut Session,
    endpoint: &str,
    attribute: &str,
    value: &str,
) -> Result<Answer, Stop> {
    let filter = percent_encode(&format!("{attribute} eq {}", Value::from(value)));
    okta(session, "GET", &format!("{endpoint}?filter={filter}&startIndex=1&count=100"), None).await
}

/// An Okta user id for a name that nobody else has.
pub(super) fn okta_id(name: &str) -> String {
    format!("00u{}", name.chars().filter(char::is_ascii_alphanumeric).collect::<String>())
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
        let right =
            session.hold(&HEADERS, is_list(&answer), &answer, &["200 with a list, as without them"], || {
                answer.outcome()
            });
        if !right {
            session.seen_as("Error authenticating: …; the test of the credentials fails.");
            return Err(Stop::Blocked(HEADERS.slug.to_owned()));
        }
    }
    let coding = answer.header("Content-Encoding").map(str::to_ascii_lowercase);
    let known = coding
        .as_deref()
        .is_none_or(|coding| ["gzip", "x-gzip", "deflate", "identity", ""].contains(&coding.trim()));
    session.hold(&CODING, known, &answer, &["no coding, gzip or deflate"], || {
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
        session.skip(&PARAMETERS, "count is not followed in the other order either");
    } else {
        session.hold(&PARAMETERS, whole, &swapped, &["a list of two, or of all"], || {
            format!("{} with {listed} users", swapped.outcome())
        });
    }
    let nobody = session.login();
    let answer = look(session, "/Users", "userName", &nobody).await?;
    let empty = is_list(&answer) && answer.total() == Some(0);
    let told = answer.status == 404 && answer.body.is_object();
    let right = session.hold(
        &MISSING,
        empty || told,
        &answer,
        &["200 with totalResults 0", "404 with a JSON error"],
        || format!("{}, {}", answer.outcome(), shown(Some(&answer.body))),
    );
    if !right {
        session.seen_as("Sync user in external application FAILURE, without a reason; no user is created.");
    }
    if empty {
        session.hold(
            &EMPTY,
            answer.at("Resources").is_some_and(Value::is_array),
            &answer,
            &["\"Resources\": []"],
            || format!("Resources {}", shown(answer.at("Resources"))),
        );
    } else {
        session.blocked(&EMPTY, MISSING.slug);
    }
    if session.need(Capability::CreateGroup).is_err() {
        session.skip(&TIME, "the service has no groups");
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
    session.hold(&TIME, least <= Duration::from_millis(600), &shows, &["600 ms or less"], || {
        format!("{} ms", least.as_millis())
    });
    Ok(())
}

async fn look_up(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::FilterUser)?;
    reachable(session).await?;
    let body = catalogue(session, "Scimulate-7-placeholder!");
    let ada = session.make("/Users", body, "create.user").await?;
    let name = ada.text("userName");
    let found = look(session, "/Users", "userName", &name).await?;
    let one = found.total() == Some(1) && found.ids() == [ada.id.clone()];
    let right = session.hold(&FIRST, one, &found, &["totalResults 1, and that user"], || {
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
            .filter(|name| at(listed, name) != read.at(name))
            .map(|name| {
                format!("{name} {} in the list, {} when read", shown(at(listed, name)), shown(read.at(name)))
            })
            .collect();
        session.hold(&SAME, differs.is_empty(), &found, &["the attributes as they are read"], || {
            differs.join("; ")
        });
    }
    let filter = percent_encode(&format!("userName eq \"{name}\"")).replace("%20", "+");
    let found = okta(session, "GET", &format!("/Users?filter={filter}&startIndex=1&count=100"), None).await?;
    session.hold(&PLUS, found.lists(&ada.id), &found, &["the user"], || {
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
        session.pass(&PLACEHOLDER);
    } else {
        // Refused for the password alone, or for something else?
        let plain = okta(session, "POST", "/Users", Some(&without(body.clone(), &["password"]))).await?;
        if plain.ok() {
            refuse_password(session, &answer);
            answer = plain;
        } else {
            session.blocked(&PLACEHOLDER, CATALOGUE.slug);
        }
    }
    let id = answer.id();
    let made = session
        .hold(&CATALOGUE, answer.ok() && id.is_some(), &answer, &["201 with the user"], || answer.outcome());
    if made {
        let read = session.get(&format!("/Users/{}", percent_encode(&id.unwrap_or_default()))).await?;
        let mail = body["emails"][0]["value"].as_str().unwrap_or_default();
        let kept = items(&read.body, "emails").iter().find(|item| {
            member(item, "value")
                .and_then(Value::as_str)
                .is_some_and(|value| value.eq_ignore_ascii_case(mail))
        });
        if let Some(kept) = kept {
            session.hold(
                &PRIMARY,
                member(kept, "primary") == Some(&json!(true)),
                &read,
                &["primary true"],
                || shown(Some(kept)),
            );
        }
        let again = okta(session, "POST", "/Users", Some(&body)).await?;
        if again.refused() {
            let told = again.text("detail").is_some_and(|detail| !detail.trim().is_empty());
            session.hold(&robust::DETAIL, told, &again, &["a detail"], || {
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
            session.pass(&PLACEHOLDER);
        } else if made {
            refuse_password(session, &answer);
        }
    }
    let body = catalogue(session, "4a9XuKkx");
    let mut wizard = without(body, &["displayName", "locale"]);
    wizard["emails"] = json!([{"primary": true, "value": wizard["userName"]}]);
    wizard["name"] = json!({"givenName": "test", "familyName": "joiner"});
    let bare = session.completed(wizard);
    forms(session, &WIZARD, bare, made).await?;
    let body = without(catalogue(session, "4a9XuKkx"), &["externalId", "password", "groups", "locale"]);
    forms(session, &NO_EXTERNAL, body, made).await?;
    for locale in ["en-US", "en_US", "de"] {
        let mut body = catalogue(session, "4a9XuKkx");
        body["locale"] = json!(locale);
        forms(session, &LOCALE, body, made).await?;
    }
    Ok(())
}

fn refuse_password(session: &mut Session, answer: &Answer) {
    session.fail(&PLACEHOLDER, answer, &["201, the password ignored or set"], answer.outcome());
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
        session.hold(requirement, answer.ok(), &answer, &["201 with the user"], || answer.outcome());
    } else {
        session.blocked(requirement, CATALOGUE.slug);
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
        session.pass(&DEFAULTS);
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
            return Err(Stop::Blocked(CATALOGUE.slug.to_owned()));
        }
        let named = if guilty.is_empty() { "all of them together".to_owned() } else { guilty.join(", ") };
        session.fail(
            &DEFAULTS,
            &answer,
            &["201 with the user"],
            format!("{} because of {named}", answer.outcome()),
        );
    }
    let mut body = without(catalogue(session, ""), &["password"]);
    body["schemas"] = json!([USER, ENTERPRISE]);
    body[ENTERPRISE] = json!({"employeeNumber": "501", "costCenter": "4130", "organization": "Jedi Order", "division": "Temple", "department": "Council"});
    let answer = okta(session, "POST", "/Users", Some(&body)).await?;
    session.hold(&EXTENSION, answer.ok(), &answer, &["201 with the user"], || answer.outcome());
    Ok(())
}

/// Whether what the schema publishes was stored.
async fn kept(session: &mut Session, created: &Answer, wanted: &Value) -> Result<(), Stop> {
    if session.facts.schema(USER).is_none() {
        session.skip(&KEPT, "the service publishes no schema of users");
        return Ok(());
    }
    let read = session.get(&format!("/Users/{}", percent_encode(&created.id().unwrap_or_default()))).await?;
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
    session.hold(&KEPT, lost.is_empty(), &read, &["every attribute that the schema publishes"], || {
        format!("without {}", lost.join(", "))
    });
    Ok(())
}

/// A user whose own representation the service takes back.
async fn settled(session: &mut Session) -> Result<(Made, Answer), Stop> {
    session.need(Capability::PutUser)?;
    reachable(session).await?;
    let ada = session.user().await?;
    let read = session.get(&ada.path).await?;
    if !okta(session, "PUT", &ada.path, Some(&read.object())).await?.ok() {
        return Err(Stop::Blocked("replace.round-trip".into()));
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
        session.hold(&STALE, right, &put, &["200, then the new names"], || {
            format!("{}, then name {}", put.outcome(), shown(after.at("name")))
        });
    } else {
        session.skip(&STALE, "the service returns no name.formatted");
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
    session.hold(&EMPTY_VALUES, put.ok(), &put, &["200"], || put.outcome());
    let mut body = session.get(&ada.path).await?.object();
    let id = okta_id(&session.name());
    body["externalId"] = json!(id);
    let put = okta(session, "PUT", &ada.path, Some(&body)).await?;
    let after = session.get(&ada.path).await?;
    session.hold(
        &EXTERNAL,
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
        sync(session, &PATCH_PASSWORD, &ada, &before, &answer, promised).await?;
    }
    let (ada, before) = settled(session).await?;
    let mut body = before.object();
    body["password"] = json!("Scimulate-7!xR");
    let answer = okta(session, "PUT", &ada.path, Some(&body)).await?;
    sync(session, &PUT_PASSWORD, &ada, &before, &answer, promised).await
}

/// Judges one way to set a password.
async fn sync(
    session: &mut Session,
    requirement: &'static Requirement,
    ada: &Made,
    before: &Answer,
    answer: &Answer,
    promised: bool,
) -> Result<(), Stop> {
    if !promised && (answer.refused() || answer.status == 501) {
        session.skip(requirement, "the service does not say that it can change passwords, and refuses one");
        return Ok(());
    }
    session.hold(requirement, answer.ok(), answer, &["200 or 204"], || answer.outcome());
    if answer.ok() {
        let after = session.get(&ada.path).await?;
        let names = ["userName", "name", "displayName", "emails", "active", "externalId"];
        let changed: Vec<&str> = names.into_iter().filter(|name| before.at(name) != after.at(name)).collect();
        session.hold(
            &PASSWORD_ALONE,
            after.status == 200 && changed.is_empty(),
            &after,
            &["the other attributes as before"],
            || format!("{}, changed: {}", after.outcome(), changed.join(", ")),
        );
    }
    Ok(())
}
