//! Probes of the rules in this area.

use serde_json::{Value, json};

use crate::checks::engine::{
    Answer, Call, Capability, Credential, Session, Stop, patch_call, path_to, probes,
};
use crate::checks::json::{at, items, member, shown};
use crate::checks::rules::interop::{
    BASIC_DISCOURAGED, COMPLEX_REPLACE_IS_WHOLE, COUNT_OVER_LIMIT, ENDPOINTS_DISTINCT,
    EXTERNAL_ID_LETTER_CASE, FLAG_IS_BOOLEAN, ID_LETTER_CASE, NO_OTHER_URI, PATCH_NEEDS_PATH,
    RESOURCE_TYPE_ID_IS_NAME, TLS, TYPE_VALUES_PUBLISHED, UNKNOWN_ATTRIBUTE_IN_FILTER,
    UNKNOWN_ATTRIBUTE_IN_PATCH_REFUSED, UNKNOWN_ATTRIBUTE_REFUSED, UNKNOWN_SCHEMA_IN_PATCH_REFUSED,
    UNKNOWN_SCHEMA_REFUSED, UNKNOWN_SCIM_TYPE,
};
use crate::checks::rules::{discovery, ipsie};
use crate::checks::stage::effects::is;
use crate::urn::{GROUP, USER};

probes! {
    "interop.published", Reads,
        [FLAG_IS_BOOLEAN, RESOURCE_TYPE_ID_IS_NAME, TYPE_VALUES_PUBLISHED, ENDPOINTS_DISTINCT, TLS,
         BASIC_DISCOURAGED, ipsie::BEARER_CHALLENGE, ipsie::BULK, ipsie::USER_ATTRIBUTES,
         ipsie::NO_PASSWORD, COUNT_OVER_LIMIT],
        published;
    "interop.unknown", Writes,
        [UNKNOWN_ATTRIBUTE_REFUSED, UNKNOWN_ATTRIBUTE_IN_PATCH_REFUSED, UNKNOWN_SCHEMA_REFUSED,
         UNKNOWN_SCHEMA_IN_PATCH_REFUSED, UNKNOWN_SCIM_TYPE],
        unknown;
    "interop.names", Writes,
        [ID_LETTER_CASE, EXTERNAL_ID_LETTER_CASE, NO_OTHER_URI, UNKNOWN_ATTRIBUTE_IN_FILTER],
        names;
    "interop.patch", Writes, [PATCH_NEEDS_PATH, COMPLEX_REPLACE_IS_WHOLE], patches;
}

/// An attribute and a schema that nobody has.
const NOBODYS: &str = "scimulateUnknown";

const NOBODYS_URN: &str = "urn:example:params:scim:schemas:extension:scimulate-unknown:2.0:User";

async fn published(session: &mut Session) -> Result<(), Stop> {
    let config = session.get("/ServiceProviderConfig").await?;
    match member(&config.body, "interopProfileConformant") {
        None => session.skip(&FLAG_IS_BOOLEAN, "the service does not claim to conform"),
        Some(flag) => {
            session.require(&FLAG_IS_BOOLEAN, flag.is_boolean(), &config, &["true or false"], || {
                shown(Some(flag))
            });
        }
    }
    let secure = config.exchange.request.url.to_ascii_lowercase().starts_with("https://");
    session.require(&TLS, secure, &config, &["a base URL that begins with https"], || {
        "a base URL that begins with http".to_owned()
    });
    let schemes = items(&config.body, "authenticationSchemes");
    let basic = schemes.iter().any(|scheme| {
        member(scheme, "type")
            .and_then(Value::as_str)
            .is_some_and(|kind| kind.eq_ignore_ascii_case("httpbasic"))
    });
    session.require(&BASIC_DISCOURAGED, !basic, &config, &["no scheme httpbasic"], || {
        shown(member(&config.body, "authenticationSchemes"))
    });
    let supported = |feature: &str| at(&config.body, &format!("{feature}.supported")).cloned();
    session.require(
        &ipsie::BULK,
        supported("bulk") == Some(json!(true)),
        &config,
        &["bulk.supported true"],
        || format!("bulk.supported {}", shown(supported("bulk").as_ref())),
    );

    let types = session.get("/ResourceTypes").await?;
    if types.resources().is_empty() {
        session.blocked(&RESOURCE_TYPE_ID_IS_NAME, &discovery::RESOURCE_TYPES);
        session.blocked(&ENDPOINTS_DISTINCT, &discovery::RESOURCE_TYPES);
    } else {
        let text = |value: &Value, name: &str| {
            member(value, name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let odd: Vec<String> = types
            .resources()
            .iter()
            .filter(|kind| text(kind, "id") != text(kind, "name") || text(kind, "id").is_empty())
            .map(|kind| format!("{} has the id {}", text(kind, "name"), shown(member(kind, "id"))))
            .collect();
        session.require(
            &RESOURCE_TYPE_ID_IS_NAME,
            odd.is_empty(),
            &types,
            &["an id that is the name"],
            || odd.join("; "),
        );
        let mut endpoints: Vec<String> =
            types.resources().iter().map(|kind| text(kind, "endpoint").to_ascii_lowercase()).collect();
        endpoints.sort();
        let all = endpoints.len();
        endpoints.dedup();
        session.require(
            &ENDPOINTS_DISTINCT,
            endpoints.len() == all,
            &types,
            &["an endpoint for each type"],
            || format!("{all} types and {} endpoints", endpoints.len()),
        );
    }

    let schemas = session.get("/Schemas").await?;
    if schemas.resources().is_empty() {
        for requirement in [&TYPE_VALUES_PUBLISHED, &ipsie::USER_ATTRIBUTES, &ipsie::NO_PASSWORD] {
            session.blocked(requirement, &discovery::SCHEMAS);
        }
    } else {
        published_attributes(session, &schemas, supported("changePassword"));
    }

    let many = session.get("/Users?count=100000").await?;
    session.require(&COUNT_OVER_LIMIT, many.status == 200, &many, &["200"], || many.outcome());
    if session.authorization().is_none() {
        session.skip(&ipsie::BEARER_CHALLENGE, "requests carry no credential in Authorization");
        return Ok(());
    }
    let bare = session.send(Call::get("/Users?count=1").credential(Credential::None).unwatched()).await?;
    let challenge = bare.header("WWW-Authenticate").unwrap_or_default().to_ascii_lowercase();
    let right = bare.status == 401 && challenge.split([' ', ',']).any(|word| word == "bearer");
    session.require(&ipsie::BEARER_CHALLENGE, right, &bare, &["401 with WWW-Authenticate: Bearer"], || {
        format!(
            "{} with WWW-Authenticate {}",
            bare.status,
            if challenge.is_empty() { "absent" } else { &challenge }
        )
    });
    Ok(())
}

fn published_attributes(session: &mut Session, schemas: &Answer, change_password: Option<Value>) {
    let name = |value: &Value| member(value, "name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let of = |urn: &str| {
        let found = schemas.resources().iter().find(|schema| {
            member(schema, "id").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(urn))
        });
        found.map_or(&[][..], |schema| items(schema, "attributes"))
    };
    let open: Vec<String> = [USER, GROUP]
        .into_iter()
        .flat_map(&of)
        .filter(|attribute| member(attribute, "multiValued") == Some(&json!(true)))
        .filter(|attribute| {
            items(attribute, "subAttributes")
                .iter()
                .any(|sub| name(sub) == "type" && items(sub, "canonicalValues").is_empty())
        })
        .map(name)
        .collect();
    session.require(
        &TYPE_VALUES_PUBLISHED,
        open.is_empty(),
        schemas,
        &["canonicalValues for each type"],
        || format!("none for {}", open.join(", ")),
    );
    let has = |wanted: &str| of(USER).iter().any(|attribute| name(attribute).eq_ignore_ascii_case(wanted));
    let missing: Vec<&str> =
        ["userName", "displayName", "active"].into_iter().filter(|wanted| !has(wanted)).collect();
    session.require(
        &ipsie::USER_ATTRIBUTES,
        missing.is_empty(),
        schemas,
        &["userName, displayName and active"],
        || format!("no {}", missing.join(", no ")),
    );
    let changes = change_password == Some(json!(true));
    session.require(&ipsie::NO_PASSWORD, !has("password") && !changes, schemas, &["no password"], || {
        let published = if has("password") { "password is published" } else { "password is not published" };
        format!("{published}, changePassword.supported is {}", shown(change_password.as_ref()))
    });
}

/// Refused with 400, and with the scimType of the profile.
fn refused(
    session: &mut Session,
    requirement: &'static crate::checks::Requirement,
    answer: &Answer,
    left: Option<String>,
) {
    let right = answer.status == 400 && left.is_none();
    session.require(requirement, right, answer, &["400, and nothing is done"], || match &left {
        Some(left) => format!("{}, and {left}", answer.outcome()),
        None => answer.outcome(),
    });
    if answer.status == 400 {
        session.require(
            &UNKNOWN_SCIM_TYPE,
            answer.scim_type() == Some("invalidSyntax"),
            answer,
            &["400 invalidSyntax"],
            || answer.outcome(),
        );
    }
}

async fn unknown(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let with_urn = json!({"schemas": [USER, NOBODYS_URN], NOBODYS_URN: {"level": "one"}});
    for (requirement, extra) in [
        (&UNKNOWN_ATTRIBUTE_REFUSED, json!({NOBODYS: "x"})),
        (
            &UNKNOWN_ATTRIBUTE_REFUSED,
            json!({"name": {"givenName": "Ada", "familyName": "Lovelace", NOBODYS: "x"}}),
        ),
        (&UNKNOWN_SCHEMA_REFUSED, with_urn),
    ] {
        let body = session.user_body(extra);
        let login = body["userName"].as_str().unwrap_or_default().to_owned();
        let answer = session.post("/Users", &body).await?;
        let made = session.filter("/Users", &format!("userName eq \"{login}\"")).await?.total();
        let left = (made != Some(0)).then(|| "the user is there".to_owned());
        refused(session, requirement, &answer, left);
    }
    session.need(Capability::PatchUser)?;
    let made = session.user().await?;
    for (requirement, path) in [
        (&UNKNOWN_ATTRIBUTE_IN_PATCH_REFUSED, NOBODYS.to_owned()),
        (&UNKNOWN_SCHEMA_IN_PATCH_REFUSED, format!("{NOBODYS_URN}:level")),
    ] {
        let operation = json!({"op": "replace", "path": path, "value": "x"});
        let answer = session.patch(&made.path, operation).await?;
        refused(session, requirement, &answer, None);
    }
    Ok(())
}

async fn names(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    for filter in [format!("{NOBODYS} eq \"x\""), "members.value eq \"x\"".to_owned()] {
        let answer = session.filter("/Users", &filter).await?;
        let right = answer.status == 400 && answer.scim_type() == Some("invalidFilter");
        session.require(&UNKNOWN_ATTRIBUTE_IN_FILTER, right, &answer, &["400 invalidFilter"], || {
            answer.outcome()
        });
    }
    let made = session.user().await?;
    let swapped: String = made
        .id
        .chars()
        .map(|letter| match letter {
            'a'..='z' => letter.to_ascii_uppercase(),
            'A'..='Z' => letter.to_ascii_lowercase(),
            other => other,
        })
        .collect();
    if swapped == made.id {
        session.skip(&ID_LETTER_CASE, "ids of this service have no letters");
    } else {
        let answer = session.get(&path_to("/Users", &swapped)?).await?;
        session.require(&ID_LETTER_CASE, answer.status == 404, &answer, &["404"], || answer.outcome());
    }
    let login = made.text("userName");
    if login.is_empty() || login == made.id {
        session.skip(&NO_OTHER_URI, "the id of a user is its userName here");
    } else {
        let answer = session.get(&path_to("/Users", &login)?).await?;
        session.require(&NO_OTHER_URI, answer.status == 404, &answer, &["404"], || answer.outcome());
    }
    let name = session.name();
    let (upper, lower) = (format!("{name}-ABC"), format!("{name}-abc"));
    let first = session.user_with(json!({"externalId": upper})).await?;
    if session.get(&first.path).await?.text("externalId") != Some(upper.as_str()) {
        session.skip(&EXTERNAL_ID_LETTER_CASE, "the service does not store externalId");
        return Ok(());
    }
    let body = session.user_body(json!({"externalId": lower}));
    let second = session.post("/Users", &body).await?;
    session.require(&EXTERNAL_ID_LETTER_CASE, second.ok(), &second, &["201"], || second.outcome());
    Ok(())
}

async fn patches(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchUser)?;
    session.need(Capability::ReadUser)?;
    let made = session.user().await?;
    let before = session.get(&made.path).await?;
    let title = session.name();
    let operations = json!([
        {"op": "replace", "path": "displayName", "value": title},
        {"op": "replace", "value": {"displayName": title}},
    ]);
    let answer = session.send(patch_call(&made.path, operations)).await?;
    let after = session.get(&made.path).await?;
    let same = after.at("displayName") == before.at("displayName");
    let right = answer.status == 400 && answer.scim_type() == Some("invalidSyntax") && same;
    session.require(&PATCH_NEEDS_PATH, right, &answer, &["400 invalidSyntax, and nothing is done"], || {
        format!("{}, and displayName {}", answer.outcome(), if same { "as before" } else { "changed" })
    });
    if before.text("name.givenName").is_none() || before.text("name.familyName").is_none() {
        session.skip(&COMPLEX_REPLACE_IS_WHOLE, "the service does not store the parts of name");
        return Ok(());
    }
    let operation = json!({"op": "replace", "path": "name", "value": {"givenName": "Augusta"}});
    let answer = session.patch(&made.path, operation).await?;
    let after = session.get(&made.path).await?;
    let right = answer.ok()
        && is(&after.body, "name.givenName", &json!("Augusta"))
        && is(&after.body, "name.familyName", &Value::Null);
    session.require(
        &COMPLEX_REPLACE_IS_WHOLE,
        right,
        &answer,
        &["200 or 204, then name with givenName alone"],
        || format!("{}, then name {}", answer.outcome(), shown(after.at("name"))),
    );
    Ok(())
}
