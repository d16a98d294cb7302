//! Queries by POST and at the root in depth (RFC 7644 §3.4.2.1, §3.4.3), the alias /Me (§3.11), other protocol
//! versions (§3.13), and what a service may show without a credential or to another one.

use serde_json::{Value, json};

use crate::checks::active::{
    Answer, Call, Capability, Credential, Made, Probe, Session, Stop, USER, filtered, probe, query,
};
use crate::checks::json::{at, items, member, shown, texts};
use crate::checks::requirement::requirements;
use crate::exchange::percent_encode;

requirements! {
    SEARCH_WITHOUT = "search.excluded-attributes", Must, "RFC 7644 §3.4.3, §3.9",
        "excludedAttributes in a query by POST takes those attributes away, and no others.",
        "Evaluate the body of .search with the code that evaluates the parameters of GET.";
    SEARCH_SORT = "search.sort", Must, "RFC 7644 §3.4.3, §3.4.2.3",
        "sortBy and sortOrder in a query by POST order its results, where sorting is claimed.",
        "Evaluate the body of .search with the code that evaluates the parameters of GET.";
    ROOT_ABSENT = "search.root-absent-attribute", Must, "RFC 7644 §3.4.2.1",
        "In a query at the root, an attribute that a resource type does not have counts as absent.",
        "Evaluate the filter for each resource; an attribute of another type has no value.";
    ROOT_TYPE = "search.root-by-type", Must, "RFC 7644 §3.4.2.1",
        "In a query at the root, meta.resourceType selects resources of one type.",
        "Let filters see meta.resourceType.";
    ME = "me.answer", May, "RFC 7644 §3.11",
        "GET /Me is answered with the resource, with 308 to it, or with 501.",
        "Answer 501 Not Implemented where there is no such alias.";
    ME_LOCATION = "me.location", Must, "RFC 7644 §3.11",
        "Whatever answers at /Me names the permanent URI of the resource in Location.",
        "Set Location to /Users/{id}.";
    VERSION = "discovery.protocol-version", Must, "RFC 7644 §3.13",
        "A protocol version that the service does not have is refused.",
        "Answer 404 for versions other than v2.";
    OPEN = "discovery.schemes-without-credential", May, "RFC 7643 §5",
        "authenticationSchemes can be read without a credential.",
        "Let ServiceProviderConfig be read without a credential, where nothing speaks against it.";
    SCOPED = "security.external-id-scope", Must, "RFC 7643 §3.1; RFC 7644 §6.2",
        "An externalId belongs to its client's domain: another tenant can use the same one, and finds its own.",
        "Look externalId up within the tenant or client alone.";
    CURSOR_SCOPE = "cursor.other-credential", Must, "RFC 9865 §5.2",
        "A cursor shows nothing to the credential of another tenant.",
        "Check the credential on every page, not only on the first.";
    CURSOR_NEGATIVE = "cursor.negative-count", Must, "RFC 9865 §2 table 1",
        "A negative count with a cursor means 0.",
        "Take a negative count for 0.";
    CURSOR_DEFAULT = "cursor.default-method", Must, "RFC 9865 §2.4, §4",
        "A query without cursor and startIndex is answered by the method that defaultPaginationMethod names.",
        "Return nextCursor to such a query where the default is cursor, or publish index.";
    BY_SCHEMAS = "filter.schemas", Must, "RFC 7644 §3.4.2.2",
        "A filter by schemas selects the resources that have such a schema.",
        "Let filters see schemas.";
    DEFAULTED = "filter.defaulted-value", Must, "RFC 7644 §3.4.2.2",
        "A filter sees the values that the service gave an attribute itself, as it returned them.",
        "Store the default when the resource is written, instead of adding it when it is shown.";
    WITHOUT_URN = "projection.excluded-urn-name", Must, "RFC 7644 §3.9, §3.10",
        "excludedAttributes takes names that begin with the URN of their schema, of extensions too.",
        "Resolve fully qualified names in excludedAttributes.";
    PART_OF_EACH = "projection.multi-valued-sub-attribute", Must, "RFC 7644 §3.9, §3.10",
        "attributes=emails.value returns that part of each value, and no other part.",
        "Take sub-attributes of multi-valued attributes in attributes.";
}

probe!(SEARCHED, "elsewhere.search", Writes, [SEARCH_WITHOUT, SEARCH_SORT], searched);
probe!(ROOT, "elsewhere.root", Writes, [ROOT_ABSENT, ROOT_TYPE], root);
probe!(PLACES, "elsewhere.places", Reads, [ME, ME_LOCATION, VERSION, OPEN], places);
probe!(OTHERS, "elsewhere.other-credential", Writes, [SCOPED, CURSOR_SCOPE], others);
probe!(
    ASKED,
    "elsewhere.values",
    Writes,
    [BY_SCHEMAS, DEFAULTED, WITHOUT_URN, PART_OF_EACH, CURSOR_NEGATIVE, CURSOR_DEFAULT],
    asked
);

pub(in crate::checks) static PROBES: &[&Probe] = &[&SEARCHED, &ROOT, &PLACES, &OTHERS, &ASKED];

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

async fn search(session: &mut Session, path: &str, parameters: Value) -> Result<Answer, Stop> {
    let mut body = json!({"schemas": [SEARCH]});
    for (name, value) in parameters.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    session.post(path, &body).await
}

/// A filter for the resource of each id.
fn any_of(ids: &[&str]) -> String {
    let each: Vec<String> = ids.iter().map(|id| format!("id eq {}", Value::from(*id))).collect();
    each.join(" or ")
}

async fn searched(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::FilterUser)?;
    let name = session.name();
    let mut logins = Vec::new();
    for letter in ["a", "b"] {
        logins.push(format!("{letter}-{name}@example.com"));
    }
    // Created in the order that descending is not.
    let first = session.user_with(json!({"userName": logins[0]})).await?;
    let second = session.user_with(json!({"userName": logins[1]})).await?;
    let filter = any_of(&[&first.id, &second.id]);
    let plain = search(session, "/Users/.search", json!({"filter": filter})).await?;
    if plain.not_offered() || plain.status == 403 {
        return session.absent("the service does not offer queries by POST");
    }
    if plain.status != 200 || plain.ids().len() != 2 {
        return Err(Stop::Blocked("search.like-get".into()));
    }
    let by_get = query("/Users", &[("filter", &filter), ("excludedAttributes", "displayName")]);
    let by_get = session.get(&by_get).await?;
    let lacks = |answer: &Answer| answer.resources().iter().all(|one| at(one, "displayName").is_none());
    if lacks(&plain) {
        session.skip(&SEARCH_WITHOUT, "the service does not return displayName");
    } else if !lacks(&by_get) {
        session.blocked(&SEARCH_WITHOUT, "projection.excluded-attributes");
    } else {
        let body = json!({"filter": filter, "excludedAttributes": ["displayName"]});
        let answer = search(session, "/Users/.search", body).await?;
        let named = |answer: &Answer| answer.resources().iter().all(|one| at(one, "userName").is_some());
        let keeps = named(&answer) || !named(&plain);
        let right = answer.ok() && answer.ids().len() == 2 && lacks(&answer) && keeps;
        session.hold(&SEARCH_WITHOUT, right, &answer, &["two users without displayName"], || {
            format!("{}, {}", answer.outcome(), shown(answer.resources().first()))
        });
    }
    if session.facts.claims("sort") != Some(true) {
        session.skip(&SEARCH_SORT, "the service does not claim sorting in ServiceProviderConfig");
        return Ok(());
    }
    for (order, wanted) in [("ascending", [&first.id, &second.id]), ("descending", [&second.id, &first.id])] {
        let parameters = [("filter", filter.as_str()), ("sortBy", "userName"), ("sortOrder", order)];
        if !session.get(&query("/Users", &parameters)).await?.ids().iter().eq(wanted) {
            session.blocked(&SEARCH_SORT, &format!("sort.{order}"));
            return Ok(());
        }
        let body = json!({"filter": filter, "sortBy": "userName", "sortOrder": order});
        let answer = search(session, "/Users/.search", body).await?;
        session.hold(
            &SEARCH_SORT,
            answer.ids().iter().eq(wanted),
            &answer,
            &["the order that GET gives"],
            || format!("{}, the other order, {order}", answer.outcome()),
        );
    }
    Ok(())
}

async fn root(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    session.need(Capability::FilterUser)?;
    let ada = session.user().await?;
    let crew: Made = session.group(&[]).await?;
    let login = Value::from(ada.text("userName"));
    let own = format!("id eq {}", Value::from(ada.id.clone()));
    // Where filters by themselves are wrong, the root is not what makes them so.
    for (filter, wanted, by) in [
        (format!("{own} and userName eq {login}"), true, "filter.by-id"),
        (format!("{own} and userName eq \"nobody\""), false, "filter.and"),
        (format!("{own} and not (userName eq {login})"), false, "filter.not"),
    ] {
        let answer = session.filter("/Users", &filter).await?;
        if answer.status != 200 || answer.lists(&ada.id) != wanted {
            return Err(Stop::Blocked(by.into()));
        }
    }
    let mut offered = false;
    for by_post in [true, false] {
        let ask = async |session: &mut Session, filter: &str| {
            if by_post {
                search(session, "/.search", json!({"filter": filter})).await
            } else {
                session.get(&filtered("/", filter)).await
            }
        };
        let both = any_of(&[&ada.id, &crew.id]);
        let answer = ask(session, &both).await?;
        if answer.status != 200 || !answer.lists(&ada.id) || !answer.lists(&crew.id) {
            continue;
        }
        if answer.ids().len() != 2 {
            return Err(Stop::Blocked("search.root".into()));
        }
        offered = true;
        let crew_id = Value::from(crew.id.clone());
        for (filter, wanted) in [
            (format!("userName eq {login}"), vec![ada.id.clone()]),
            (format!("id eq {crew_id} and userName pr"), Vec::new()),
            (format!("id eq {crew_id} and not (userName pr)"), vec![crew.id.clone()]),
        ] {
            let answer = ask(session, &filter).await?;
            let right = answer.status == 200 && answer.ids() == wanted;
            let expected =
                format!("{} for {filter}", if wanted.is_empty() { "nothing" } else { "one resource" });
            session.hold(&ROOT_ABSENT, right, &answer, &[&expected], || {
                format!("{} with {} resources", answer.outcome(), answer.resources().len())
            });
        }
        for (kind, id, there) in [
            ("User", &ada.id, true),
            ("Group", &ada.id, false),
            ("Group", &crew.id, true),
            ("User", &crew.id, false),
        ] {
            let filter = format!("meta.resourceType eq \"{kind}\" and id eq {}", Value::from(id.clone()));
            let answer = ask(session, &filter).await?;
            let right = answer.status == 200 && answer.lists(id) == there;
            let expected =
                if there { format!("the {kind}") } else { format!("nothing, since it is no {kind}") };
            session.hold(&ROOT_TYPE, right, &answer, &[&expected], || {
                format!("{} with {} resources", answer.outcome(), answer.resources().len())
            });
        }
    }
    if offered { Ok(()) } else { session.absent("the service does not answer queries at its root") }
}

/// Whether a URI is the alias itself, which is no permanent location.
fn alias(uri: &str) -> bool {
    uri.trim_end_matches('/').rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case("me"))
}

async fn places(session: &mut Session) -> Result<(), Stop> {
    let answer = session.send(Call::get("/Me").unwatched()).await?;
    let (done, moved) = (answer.ok() && answer.id().is_some(), answer.status == 308);
    if [401, 403, 404, 406].contains(&answer.status) {
        // Either there is no alias, which 501 would say, or nobody to whom this credential belongs.
        session.skip(&ME, format!("no resource belongs to this credential: {}", answer.outcome()));
    } else {
        session.hold(&ME, done || moved || answer.status == 501, &answer, &["200", "308", "501"], || {
            answer.outcome()
        });
    }
    if done || moved {
        let told = answer.header("Location");
        session.hold(
            &ME_LOCATION,
            told.is_some_and(|uri| !alias(uri)),
            &answer,
            &["Location with the URI of the resource"],
            || format!("Location {}", told.unwrap_or("absent")),
        );
    } else {
        session.skip(&ME_LOCATION, format!("/Me leads to no resource: {}", answer.outcome()));
    }
    match session.get("/Users?count=1").await? {
        users if users.status != 200 => session.blocked(&VERSION, "list.users"),
        _ if !session.has_version() => {
            session.skip(&VERSION, "the base URL does not end with a version such as v2");
        }
        _ => {
            let answer = session.send(Call::get("/Users?count=1").version("v99").unwatched()).await?;
            let performed = answer.status == 200 && member(&answer.body, "totalResults").is_some();
            session.hold(&VERSION, !performed, &answer, &["404 Not Found"], || {
                format!("{} with a list of users for v99", answer.outcome())
            });
        }
    }
    if session.authorization().is_none() {
        session.skip(&OPEN, "the target is used without a credential");
    } else if session.facts.config.is_none() {
        session.blocked(&OPEN, "discovery.service-provider-config");
    } else {
        let call = Call::get("/ServiceProviderConfig").credential(Credential::None).unwatched();
        let answer = session.send(call).await?;
        let right = answer.ok() && answer.at("authenticationSchemes").is_some_and(Value::is_array);
        session.hold(&OPEN, right, &answer, &["200 with authenticationSchemes"], || answer.outcome());
    }
    Ok(())
}

async fn others(session: &mut Session) -> Result<(), Stop> {
    if !session.has_second() {
        return session.absent("no credential of another tenant was given; --second-bearer-env does");
    }
    session.need(Capability::ReadUser)?;
    let external = session.name();
    let ada = session.user_with(json!({"externalId": external})).await?;
    let other = |call: Call| call.credential(Credential::Second);
    if session.send(other(Call::get(ada.path.clone()))).await?.ok() {
        return Err(Stop::Blocked("security.other-tenant-reads".into()));
    }
    let filter = format!("externalId eq {}", Value::from(external.clone()));
    let finds = session.filter("/Users", &filter).await?.ids() == [ada.id.clone()];
    if session.get(&ada.path).await?.text("externalId") == Some(&external) {
        let body = session.user_body(json!({"externalId": external}));
        let created = session.send(other(Call::new("POST", "/Users").json(&body))).await?;
        session.hold(&SCOPED, created.ok(), &created, &["201"], || created.outcome());
        if finds {
            let found = session.filter("/Users", &filter).await?;
            session.hold(
                &SCOPED,
                found.ids() == [ada.id.clone()],
                &found,
                &["the client's own user"],
                || format!("{} users", found.resources().len()),
            );
        }
        if let Some(id) = created.id().filter(|_| created.ok()) {
            let path = format!("/Users/{}", percent_encode(&id));
            session.send(other(Call::new("DELETE", path))).await?;
        }
    } else {
        session.skip(&SCOPED, "the service does not store externalId");
    }
    if session.facts.configured("pagination.cursor").and_then(Value::as_bool) != Some(true) {
        session.skip(&CURSOR_SCOPE, "the service does not claim cursors in ServiceProviderConfig");
        return Ok(());
    }
    let mine = [session.user().await?, session.user().await?];
    let first = session.get("/Users?cursor=&count=1").await?;
    let Some(next) = first.text("nextCursor").map(str::to_owned) else {
        session.blocked(&CURSOR_SCOPE, "cursor.first-page");
        return Ok(());
    };
    let call = Call::get(query("/Users", &[("cursor", next.as_str()), ("count", "1")]));
    let answer = session.send(call.credential(Credential::Second).unwatched()).await?;
    // Whatever the second tenant is shown, none of it may be what the first can read by its id.
    let mut foreign = mine.iter().any(|user| answer.lists(&user.id));
    for id in answer.ids().into_iter().take(3) {
        foreign |= session.get(&format!("/Users/{}", percent_encode(&id))).await?.ok();
    }
    session.hold(&CURSOR_SCOPE, !foreign, &answer, &["400", "no user of another tenant"], || {
        format!("{} with users of another tenant", answer.outcome())
    });
    Ok(())
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

async fn asked(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::FilterUser)?;
    session.need(Capability::ReadUser)?;
    let sent = session.user_body(json!({"active": null}));
    let ada = session.make("/Users", sent.clone(), "create.user").await?;
    let whole = session.get(&ada.path).await?;
    let own = format!("id eq {}", Value::from(ada.id.clone()));
    let by_id = session.filter("/Users", &own).await?.lists(&ada.id);
    if by_id {
        by_schemas(session, &ada, &whole, &own).await?;
        let given = defaults(session, &sent, &whole.body);
        if given.is_empty() {
            session.skip(&DEFAULTED, "the service gives no attribute a value of its own");
        }
        for (name, value) in given {
            for filter in [format!("{name} eq {value} and {own}"), format!("{name} pr and {own}")] {
                let answer = session.filter("/Users", &filter).await?;
                if answer.refused() || answer.status == 501 {
                    session.skip(&DEFAULTED, format!("filters by {name} are refused: {}", answer.outcome()));
                    continue;
                }
                session.hold(
                    &DEFAULTED,
                    answer.lists(&ada.id),
                    &answer,
                    &[&format!("the user whose {name} is {value}")],
                    || format!("{} with {} users", answer.outcome(), answer.resources().len()),
                );
            }
        }
    } else {
        session.blocked(&BY_SCHEMAS, "filter.by-id");
        session.blocked(&DEFAULTED, "filter.by-id");
    }
    parts(session, &ada, &whole).await?;
    cursors(session).await
}

async fn cursors(session: &mut Session) -> Result<(), Stop> {
    if session.facts.configured("pagination.cursor").and_then(Value::as_bool) != Some(true) {
        for requirement in [&CURSOR_NEGATIVE, &CURSOR_DEFAULT] {
            session.skip(requirement, "the service does not claim cursors in ServiceProviderConfig");
        }
        return Ok(());
    }
    let by_index = session.get("/Users?startIndex=1&count=-1").await?;
    if by_index.status != 200 || !by_index.resources().is_empty() {
        session.blocked(&CURSOR_NEGATIVE, "paging.count-negative");
    } else {
        let answer = session.get("/Users?cursor=&count=-1").await?;
        let right = answer.status == 200 && answer.resources().is_empty();
        session.hold(&CURSOR_NEGATIVE, right, &answer, &["200 without resources"], || {
            format!("{} with {} users", answer.outcome(), answer.resources().len())
        });
    }
    let default = session.facts.configured("pagination.defaultPaginationMethod");
    match default.and_then(Value::as_str) {
        Some("cursor") => {
            let _second = session.user().await?;
            let answer = session.get("/Users?count=1").await?;
            let right = answer.status == 200 && answer.text("nextCursor").is_some();
            session.hold(&CURSOR_DEFAULT, right, &answer, &["200 with nextCursor"], || {
                format!("{}, nextCursor {}", answer.outcome(), shown(answer.at("nextCursor")))
            });
        }
        _ => session.skip(&CURSOR_DEFAULT, "cursors are not the default, by the word of the service"),
    }
    Ok(())
}

async fn by_schemas(session: &mut Session, ada: &Made, whole: &Answer, own: &str) -> Result<(), Stop> {
    let listed = whole.at("schemas").and_then(Value::as_array).is_some_and(|all| all.contains(&json!(USER)));
    if !listed {
        session.blocked(&BY_SCHEMAS, "resource.schemas");
        return Ok(());
    }
    let narrowed = session.filter("/Users", &format!("{own} and userName eq \"nobody\"")).await?;
    if narrowed.status != 200 || narrowed.lists(&ada.id) {
        session.blocked(&BY_SCHEMAS, "filter.and");
        return Ok(());
    }
    let answer = session.filter("/Users", &format!("schemas eq \"{USER}\" and {own}")).await?;
    if answer.refused() || answer.status == 501 {
        session.skip(&BY_SCHEMAS, format!("filters by schemas are refused: {}", answer.outcome()));
        return Ok(());
    }
    session.hold(&BY_SCHEMAS, answer.lists(&ada.id), &answer, &["the user, which has that schema"], || {
        format!("{} with {} users", answer.outcome(), answer.resources().len())
    });
    let none = session.filter("/Users", &format!("schemas eq \"urn:scimulate:none\" and {own}")).await?;
    if none.status == 200 {
        session.hold(&BY_SCHEMAS, !none.lists(&ada.id), &none, &["no user"], || {
            "a user without that schema".to_owned()
        });
    }
    Ok(())
}

async fn parts(session: &mut Session, ada: &Made, whole: &Answer) -> Result<(), Stop> {
    let plain = session.get(&format!("{}?excludedAttributes=displayName", ada.path)).await?;
    if whole.at("displayName").is_none() {
        session.skip(&WITHOUT_URN, "the service does not return displayName");
    } else if plain.at("displayName").is_some() {
        session.blocked(&WITHOUT_URN, "projection.excluded-attributes");
    } else {
        let name = percent_encode(&format!("{USER}:displayName"));
        let answer = session.get(&format!("{}?excludedAttributes={name}", ada.path)).await?;
        let keeps = answer.at("userName").is_some() == whole.at("userName").is_some();
        let right = answer.ok() && answer.at("displayName").is_none() && keeps;
        session.hold(&WITHOUT_URN, right, &answer, &["the user without displayName"], || {
            format!("{}, displayName {}", answer.outcome(), shown(answer.at("displayName")))
        });
    }
    if texts(&whole.body, "emails", "value").is_empty() || texts(&whole.body, "emails", "type").is_empty() {
        session.skip(&PART_OF_EACH, "the service does not store the type of an e-mail address");
        return Ok(());
    }
    let limited = session.get(&format!("{}?attributes=userName", ada.path)).await?;
    if limited.at("emails").is_some() {
        session.blocked(&PART_OF_EACH, "projection.attributes");
        return Ok(());
    }
    let answer = session.get(&format!("{}?attributes=emails.value", ada.path)).await?;
    let right = answer.ok()
        && texts(&answer.body, "emails", "value") == texts(&whole.body, "emails", "value")
        && items(&answer.body, "emails").iter().all(|mail| at(mail, "type").is_none());
    session.hold(&PART_OF_EACH, right, &answer, &["emails with value alone"], || {
        format!("{}, emails {}", answer.outcome(), shown(answer.at("emails")))
    });
    Ok(())
}
