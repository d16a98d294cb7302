//! What the interoperability profile and IPSIE ask for beyond the RFCs, or against them (`checks::profiles` has
//! the whole of both). Judged only where one of these profiles is asked for.

use serde_json::{Value, json};

use super::effects::is;
use crate::checks::active::{
    Answer, Call, Capability, Credential, GROUP, Probe, Session, Stop, USER, patch_call, probe,
};
use crate::checks::json::{at, items, member, shown};
use crate::checks::requirement::requirements;

requirements! {
    FLAG = "interop.flag-is-boolean", Interop, "draft-zollner-scim-interop-profile-01 §4",
        "interopProfileConformant, where ServiceProviderConfig has it, is a boolean.",
        "Publish true or false, not a text.";
    ID_NAME = "interop.resource-type-id-is-name", Interop, "draft-zollner-scim-interop-profile-01 §5.1",
        "Each resource type has an id, and it is its name.",
        "Give each resource type its name as id.";
    ID_CASE = "interop.id-letter-case", Interop, "draft-zollner-scim-interop-profile-01 §5.2",
        "An id in another letter case is another id: it is answered with 404.",
        "Compare ids exactly.";
    EXTERNAL_CASE = "interop.external-id-letter-case", Interop, "draft-zollner-scim-interop-profile-01 §5.2",
        "Two users may have values of externalId that differ in letter case alone.",
        "Compare externalId exactly.";
    UNKNOWN = "interop.unknown-attribute-refused", Interop, "draft-zollner-scim-interop-profile-01 §5.3",
        "A creation with an attribute that no published schema has is refused with 400, and makes nothing.",
        "Refuse what the schemas do not have.";
    UNKNOWN_PATCH = "interop.unknown-attribute-in-patch-refused", Interop, "draft-zollner-scim-interop-profile-01 §5.3",
        "A PATCH of an attribute that no published schema has is refused with 400.",
        "Refuse what the schemas do not have.";
    URN = "interop.unknown-schema-refused", Interop, "draft-zollner-scim-interop-profile-01 §5.3",
        "A creation with an extension that is not published is refused with 400, and makes nothing.",
        "Refuse extensions that the resource type does not list.";
    URN_PATCH = "interop.unknown-schema-in-patch-refused", Interop, "draft-zollner-scim-interop-profile-01 §5.3",
        "A PATCH whose path has the URN of an extension that is not published is refused with 400.",
        "Refuse extensions that the resource type does not list.";
    UNKNOWN_TYPE = "interop.unknown-scim-type", Interop, "draft-zollner-scim-interop-profile-01 §5.3",
        "The 400 for what no published schema has carries the scimType invalidSyntax.",
        "Add \"scimType\": \"invalidSyntax\" to the error.";
    TYPES = "interop.type-values-published", Interop, "draft-zollner-scim-interop-profile-01 §5.4",
        "The type of each multi-valued complex attribute has canonicalValues in the published schema.",
        "List the values of type that the service takes.";
    ENDPOINTS = "interop.endpoints-distinct", Interop, "draft-zollner-scim-interop-profile-01 §6.1",
        "No two resource types have one endpoint.",
        "Give each resource type an endpoint of its own.";
    OTHER_URI = "interop.no-other-uri", Interop, "draft-zollner-scim-interop-profile-01 §6.1",
        "A resource is addressed by its id and by no other of its values.",
        "Answer 404 to /Users/{userName}.";
    FILTER = "interop.unknown-attribute-in-filter", Interop, "draft-zollner-scim-interop-profile-01 §6.3",
        "A filter by an attribute that the resource type does not have is refused with 400 invalidFilter.",
        "Answer 400 invalidFilter rather than an empty list.";
    OVER = "interop.count-over-limit", Interop, "draft-zollner-scim-interop-profile-01 §6.4",
        "A count above the limit gives fewer resources, and is no error.",
        "Take the limit in place of a larger count.";
    NEEDS_PATH = "interop.patch-needs-path", Interop, "draft-zollner-scim-interop-profile-01 §6.5.1.1",
        "An operation without a path is refused with 400 invalidSyntax, and nothing of its request is done.",
        "Refuse it, where only clients of this profile are served; Okta's and Entra's leave the path out.";
    WHOLE = "interop.complex-replace-is-whole", Interop, "draft-zollner-scim-interop-profile-01 §6.5.2.1",
        "replace of a complex attribute leaves only the sub-attributes that its value has.",
        "Take the value in place of all that was there; RFC 7644 §3.5.2.3 says otherwise.";
    TLS = "interop.tls", Interop, "draft-zollner-scim-interop-profile-01 §7.1",
        "The service is reached over TLS.",
        "Serve https, and give its URL to clients.";
    BASIC = "interop.basic-discouraged", Should, "draft-zollner-scim-interop-profile-01 §7.2",
        "HTTP Basic is not among the authentication schemes.",
        "Offer bearer tokens of OAuth.", [Interop, IpsieAl1, IpsieAl2, IpsieAl3];
    CHALLENGE = "ipsie.bearer-challenge", Ipsie, "IPSIE AL §4.1; RFC 6750 §3",
        "A request without a token is answered with 401 and a challenge for a bearer token.",
        "Send WWW-Authenticate: Bearer with the 401.";
    BULK = "ipsie.bulk", Ipsie, "IPSIE AL §4.3",
        "ServiceProviderConfig says that bulk requests are supported.",
        "Implement /Bulk, and set bulk.supported to true.";
    ATTRIBUTES = "ipsie.user-attributes", Ipsie, "IPSIE AL §6.1.1",
        "The published schema of users has userName, displayName and active.",
        "Support and publish all three.", [IpsieAl2, IpsieAl3];
    PASSWORD = "ipsie.no-password", Ipsie, "IPSIE AL §6.1.2",
        "There is no password: neither in the published schema nor in ServiceProviderConfig.",
        "Take password out of the schema, and set changePassword.supported to false.", [IpsieAl2, IpsieAl3];
    ONE_NAME = "ipsie.group-name-unique", Should, "IPSIE AL §6.2.1",
        "A second group of the same displayName is refused with 409.",
        "Keep the names of groups unique.", [IpsieAl2, IpsieAl3];
}

probe!(
    PUBLISHED,
    "interop.published",
    Reads,
    [FLAG, ID_NAME, TYPES, ENDPOINTS, TLS, BASIC, CHALLENGE, BULK, ATTRIBUTES, PASSWORD, OVER],
    published
);
probe!(UNKNOWNS, "interop.unknown", Writes, [UNKNOWN, UNKNOWN_PATCH, URN, URN_PATCH, UNKNOWN_TYPE], unknown);
probe!(NAMES, "interop.names", Writes, [ID_CASE, EXTERNAL_CASE, OTHER_URI, FILTER], names);
probe!(PATCHES, "interop.patch", Writes, [NEEDS_PATH, WHOLE], patches);
probe!(GROUP_NAMES, "ipsie.group-names", Writes, [ONE_NAME], group_names);

pub(in crate::checks) static PROBES: &[&Probe] = &[&PUBLISHED, &UNKNOWNS, &NAMES, &PATCHES, &GROUP_NAMES];

/// An attribute and a schema that nobody has.
const NOBODYS: &str = "scimulateUnknown";
const NOBODYS_URN: &str = "urn:example:params:scim:schemas:extension:scimulate-unknown:2.0:User";

async fn published(session: &mut Session) -> Result<(), Stop> {
    let config = session.get("/ServiceProviderConfig").await?;
    match member(&config.body, "interopProfileConformant") {
        None => session.skip(&FLAG, "the service does not claim to conform"),
        Some(flag) => {
            session.hold(&FLAG, flag.is_boolean(), &config, &["true or false"], || shown(Some(flag)));
        }
    }
    let secure = config.exchange.request.url.to_ascii_lowercase().starts_with("https://");
    session.hold(&TLS, secure, &config, &["a base URL that begins with https"], || {
        "a base URL that begins with http".to_owned()
    });
    let schemes = items(&config.body, "authenticationSchemes");
    let basic = schemes.iter().any(|scheme| {
        member(scheme, "type")
            .and_then(Value::as_str)
            .is_some_and(|kind| kind.eq_ignore_ascii_case("httpbasic"))
    });
    session.hold(&BASIC, !basic, &config, &["no scheme httpbasic"], || {
        shown(member(&config.body, "authenticationSchemes"))
    });
    let supported = |feature: &str| at(&config.body, &format!("{feature}.supported")).cloned();
    session.hold(&BULK, supported("bulk") == Some(json!(true)), &config, &["bulk.supported true"], || {
        format!("bulk.supported {}", shown(supported("bulk").as_ref()))
    });

    let types = session.get("/ResourceTypes").await?;
    if types.resources().is_empty() {
        session.blocked(&ID_NAME, "discovery.resource-types");
        session.blocked(&ENDPOINTS, "discovery.resource-types");
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
        session.hold(&ID_NAME, odd.is_empty(), &types, &["an id that is the name"], || odd.join("; "));
        let mut endpoints: Vec<String> =
            types.resources().iter().map(|kind| text(kind, "endpoint").to_ascii_lowercase()).collect();
        endpoints.sort();
        let all = endpoints.len();
        endpoints.dedup();
        session.hold(&ENDPOINTS, endpoints.len() == all, &types, &["an endpoint for each type"], || {
            format!("{all} types and {} endpoints", endpoints.len())
        });
    }

    let schemas = session.get("/Schemas").await?;
    if schemas.resources().is_empty() {
        for requirement in [&TYPES, &ATTRIBUTES, &PASSWORD] {
            session.blocked(requirement, "discovery.schemas");
        }
    } else {
        published_attributes(session, &schemas, supported("changePassword"));
    }

    let many = session.get("/Users?count=100000").await?;
    session.hold(&OVER, many.status == 200, &many, &["200"], || many.outcome());
    if session.authorization().is_none() {
        session.skip(&CHALLENGE, "requests carry no credential in Authorization");
        return Ok(());
    }
    let bare = session.send(Call::get("/Users?count=1").credential(Credential::None).unwatched()).await?;
    let challenge = bare.header("WWW-Authenticate").unwrap_or_default().to_ascii_lowercase();
    let right = bare.status == 401 && challenge.split([' ', ',']).any(|word| word == "bearer");
    session.hold(&CHALLENGE, right, &bare, &["401 with WWW-Authenticate: Bearer"], || {
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
    session.hold(&TYPES, open.is_empty(), schemas, &["canonicalValues for each type"], || {
        format!("none for {}", open.join(", "))
    });
    let has = |wanted: &str| of(USER).iter().any(|attribute| name(attribute).eq_ignore_ascii_case(wanted));
    let missing: Vec<&str> =
        ["userName", "displayName", "active"].into_iter().filter(|wanted| !has(wanted)).collect();
    session.hold(&ATTRIBUTES, missing.is_empty(), schemas, &["userName, displayName and active"], || {
        format!("no {}", missing.join(", no "))
    });
    let changes = change_password == Some(json!(true));
    session.hold(&PASSWORD, !has("password") && !changes, schemas, &["no password"], || {
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
    session.hold(requirement, right, answer, &["400, and nothing is done"], || match &left {
        Some(left) => format!("{}, and {left}", answer.outcome()),
        None => answer.outcome(),
    });
    if answer.status == 400 {
        session.hold(
            &UNKNOWN_TYPE,
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
        (&UNKNOWN, json!({NOBODYS: "x"})),
        (&UNKNOWN, json!({"name": {"givenName": "Ada", "familyName": "Lovelace", NOBODYS: "x"}})),
        (&URN, with_urn),
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
    for (requirement, path) in
        [(&UNKNOWN_PATCH, NOBODYS.to_owned()), (&URN_PATCH, format!("{NOBODYS_URN}:level"))]
    {
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
        session.hold(&FILTER, right, &answer, &["400 invalidFilter"], || answer.outcome());
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
        session.skip(&ID_CASE, "ids of this service have no letters");
    } else {
        let answer = session.get(&format!("/Users/{}", crate::exchange::percent_encode(&swapped))).await?;
        session.hold(&ID_CASE, answer.status == 404, &answer, &["404"], || answer.outcome());
    }
    let login = made.text("userName");
    if login.is_empty() || login == made.id {
        session.skip(&OTHER_URI, "the id of a user is its userName here");
    } else {
        let answer = session.get(&format!("/Users/{}", crate::exchange::percent_encode(&login))).await?;
        session.hold(&OTHER_URI, answer.status == 404, &answer, &["404"], || answer.outcome());
    }
    let name = session.name();
    let (upper, lower) = (format!("{name}-ABC"), format!("{name}-abc"));
    let first = session.user_with(json!({"externalId": upper})).await?;
    if session.get(&first.path).await?.text("externalId") != Some(upper.as_str()) {
        session.skip(&EXTERNAL_CASE, "the service does not store externalId");
        return Ok(());
    }
    let body = session.user_body(json!({"externalId": lower}));
    let second = session.post("/Users", &body).await?;
    session.hold(&EXTERNAL_CASE, second.ok(), &second, &["201"], || second.outcome());
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
    session.hold(&NEEDS_PATH, right, &answer, &["400 invalidSyntax, and nothing is done"], || {
        format!("{}, and displayName {}", answer.outcome(), if same { "as before" } else { "changed" })
    });
    if before.text("name.givenName").is_none() || before.text("name.familyName").is_none() {
        session.skip(&WHOLE, "the service does not store the parts of name");
        return Ok(());
    }
    let operation = json!({"op": "replace", "path": "name", "value": {"givenName": "Augusta"}});
    let answer = session.patch(&made.path, operation).await?;
    let after = session.get(&made.path).await?;
    let right = answer.ok()
        && is(&after.body, "name.givenName", &json!("Augusta"))
        && is(&after.body, "name.familyName", &Value::Null);
    session.hold(&WHOLE, right, &answer, &["200 or 204, then name with givenName alone"], || {
        format!("{}, then name {}", answer.outcome(), shown(after.at("name")))
    });
    Ok(())
}

async fn group_names(session: &mut Session) -> Result<(), Stop> {
    let made = session.group(&[]).await?;
    let body = json!({"schemas": [GROUP], "displayName": made.text("displayName")});
    let second = session.post("/Groups", &body).await?;
    session.hold(&ONE_NAME, second.status == 409, &second, &["409 uniqueness"], || second.outcome());
    Ok(())
}
