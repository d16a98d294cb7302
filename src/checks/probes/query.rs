//! Sorting, projection, and queries by POST (RFC 7644 §3.4.2.3, §3.4.2.5, §3.4.3, §3.9).

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::active::{
    Answer, Call, Capability, Made, Probe, Session, Stop, USER, patch_call, probe, query,
};
use crate::checks::json::{at, shown};
use crate::checks::requirement::requirements;
use crate::exchange::percent_encode;

requirements! {
    ASCENDING = "sort.ascending", Must, "RFC 7644 §3.4.2.3",
        "sortBy orders the results by the attribute, ascending unless sortOrder says otherwise.",
        "Sort before paging, and default to ascending.";
    DESCENDING = "sort.descending", Must, "RFC 7644 §3.4.2.3",
        "sortOrder=descending reverses the order.",
        "Honour sortOrder.";
    ANY_CASE = "sort.letter-case", Must, "RFC 7644 §3.4.2.3",
        "Attributes that are not case-exact are sorted without regard to case.",
        "Fold the case before comparing.";
    SORT_SUB = "sort.sub-attribute", Must, "RFC 7644 §3.4.2.3, §3.10",
        "sortBy takes a sub-attribute such as name.familyName.",
        "Resolve attribute paths with a dot.";
    ONLY = "projection.attributes", Must, "RFC 7644 §3.4.2.5, §3.9",
        "attributes limits a resource to the attributes named, and those that are always returned.",
        "Return what was asked for, and id.";
    ONLY_LIST = "projection.attributes-in-lists", Must, "RFC 7644 §3.4.2.5",
        "attributes limits the resources of a list in the same way.",
        "Apply attributes to every resource of a list.";
    ONLY_SUB = "projection.sub-attribute", Must, "RFC 7644 §3.9, §3.10",
        "attributes=name.familyName returns that sub-attribute and no other of name.",
        "Resolve sub-attributes in attributes.";
    ONLY_CASE = "projection.any-case", Must, "RFC 7643 §2.1; RFC 7644 §3.9",
        "Names in attributes are matched in any letter case.",
        "Compare attribute names without regard to case.";
    ONLY_URN = "projection.urn-name", Must, "RFC 7644 §3.9, §3.10",
        "Names in attributes may carry the schema's URN.",
        "Accept urn:…:User:userName for userName.";
    WITHOUT = "projection.excluded-attributes", Must, "RFC 7644 §3.4.2.5, §3.9",
        "excludedAttributes leaves the attributes named out, and no others.",
        "Return the rest as without the parameter.";
    ALWAYS = "projection.always-returned", Must, "RFC 7643 §7; RFC 7644 §3.9",
        "id is returned whatever attributes and excludedAttributes say.",
        "Never leave out what is returned always.";
    WITHOUT_MEMBERS = "projection.excluded-members", Must, "RFC 7644 §3.4.2.5, §3.9",
        "excludedAttributes=members leaves the members out of groups, alone and in lists.",
        "Honour excludedAttributes on /Groups; large groups need it.";
    ON_WRITES = "projection.on-writes", Should, "RFC 7644 §3.9",
        "attributes also limits the resource in the answers to POST, PUT and PATCH.",
        "Apply attributes to every answer that holds a resource.";
    SEARCH = "search.like-get", Must, "RFC 7644 §3.4.3",
        "A query by POST to /Users/.search gives what the same query by GET gives.",
        "Share one implementation between both.";
    SEARCH_ATTRIBUTES = "search.attributes", Must, "RFC 7644 §3.4.3",
        "attributes in the body of a search is an array of names and limits the resources.",
        "Honour attributes and excludedAttributes in the body.";
    SEARCH_PAGES = "search.pages", Must, "RFC 7644 §3.4.3",
        "startIndex and count in the body of a search are honoured.",
        "Honour startIndex and count in the body.";
    SEARCH_ROOT = "search.root", Must, "RFC 7644 §3.4.2.1, §3.4.3",
        "A query at the root finds resources of every type.",
        "Search all resource types there, or answer 501.";
}

probe!(SORTS, "sort.orders", Writes, [ASCENDING, DESCENDING, ANY_CASE, SORT_SUB], sorts);
probe!(
    PROJECTS,
    "projection.users",
    Writes,
    [ONLY, ONLY_LIST, ONLY_SUB, ONLY_CASE, ONLY_URN, WITHOUT, ALWAYS],
    projects
);
probe!(PROJECTS_WRITES, "projection.writes", Writes, [ON_WRITES], writes);
probe!(PROJECTS_GROUPS, "projection.groups", Writes, [WITHOUT_MEMBERS], members);
probe!(SEARCHES, "search.posts", Writes, [SEARCH, SEARCH_ATTRIBUTES, SEARCH_PAGES, SEARCH_ROOT], searches);

pub(in crate::checks) static PROBES: &[&Probe] =
    &[&SORTS, &PROJECTS, &PROJECTS_WRITES, &PROJECTS_GROUPS, &SEARCHES];

async fn sorts(session: &mut Session) -> Result<(), Stop> {
    match session.facts.claims("sort") {
        Some(true) => {}
        _ => return session.absent("the service does not claim sorting in ServiceProviderConfig"),
    }
    session.need(Capability::FilterUser)?;
    let name = session.name();
    let mut users: Vec<(String, Made)> = Vec::new();
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
            return Err(Stop::Blocked("filter.sw".into()));
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
        session.hold(&ASCENDING, found == up, &answer, &[&up.join(", ")], || {
            format!("{}: {}", answer.outcome(), found.join(", "))
        });
    }
    let answer = session.send(Call::get(ask("userName", Some("descending")))).await?;
    let found = order(&answer);
    session.hold(&DESCENDING, found == down, &answer, &[&down.join(", ")], || {
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
        session.hold(&SORT_SUB, found == right || found == with_case, &answer, &[&right.join(", ")], || {
            format!("{}: {}", answer.outcome(), found.join(", "))
        });
        if found == right || found == with_case {
            session.hold(&ANY_CASE, found == right, &answer, &["w, X, y, Z in this order"], || {
                "capitals first".to_owned()
            });
        }
    } else {
        session.skip(&SORT_SUB, "the service does not store name.familyName");
        session.skip(&ANY_CASE, "the service does not store name.familyName");
    }
    Ok(())
}

/// Which of these a resource has.
fn has(resource: &Value, names: &[&str]) -> Vec<String> {
    names.iter().filter(|name| at(resource, name).is_some()).map(|name| (*name).to_owned()).collect()
}

async fn projects(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user_with(json!({"nickName": "Countess"})).await?;
    let whole = session.get(&ada.path).await?;
    let others = has(&whole.body, &["displayName", "name", "emails", "active", "nickName"]);
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let only =
        |session: &mut Session, requirement: &'static Requirement, answer: &Answer, resource: &Value| {
            let surplus = has(resource, &others);
            let given = at(resource, "userName").is_some();
            session.hold(
                requirement,
                answer.ok() && given && surplus.is_empty(),
                answer,
                &["userName and what is always returned"],
                || {
                    format!(
                        "{}, userName {}, and also {}",
                        answer.outcome(),
                        shown(at(resource, "userName")),
                        surplus.join(", ")
                    )
                },
            )
        };
    let answer = session.get(&format!("{}?attributes=userName", ada.path)).await?;
    let limits = only(session, &ONLY, &answer, &answer.body);
    session.hold(&ALWAYS, answer.id().as_deref() == Some(&ada.id), &answer, &["the id"], || {
        format!("id {}", shown(answer.at("id")))
    });
    if !limits {
        // A service that does not know the parameter at all is told so once.
        for requirement in [&ONLY_CASE, &ONLY_URN, &ONLY_SUB, &ONLY_LIST] {
            session.blocked(requirement, ONLY.slug);
        }
        return without(session, &ada, &others).await;
    }
    for name in ["USERNAME", "username"] {
        let answer = session.get(&format!("{}?attributes={name}", ada.path)).await?;
        only(session, &ONLY_CASE, &answer, &answer.body);
    }
    let answer = session
        .get(&format!("{}?attributes={}", ada.path, percent_encode(&format!("{USER}:userName"))))
        .await?;
    only(session, &ONLY_URN, &answer, &answer.body);
    if whole.at("name.givenName").is_some() && whole.at("name.familyName").is_some() {
        let answer = session.get(&format!("{}?attributes=name.familyName", ada.path)).await?;
        let right =
            answer.ok() && answer.at("name.familyName").is_some() && answer.at("name.givenName").is_none();
        session.hold(&ONLY_SUB, right, &answer, &["name with familyName alone"], || {
            format!("{}, name {}", answer.outcome(), shown(answer.at("name")))
        });
    } else {
        session.skip(&ONLY_SUB, "the service does not store name");
    }
    if session.facts.works(Capability::FilterUser) {
        let filter = format!("userName eq {}", Value::from(ada.text("userName")));
        let answer = session
            .send(Call::get(query("/Users", &[("filter", &filter), ("attributes", "userName")])))
            .await?;
        let first = answer.resources().first().cloned().unwrap_or_default();
        only(session, &ONLY_LIST, &answer, &first);
    }
    without(session, &ada, &others).await
}

async fn without(session: &mut Session, ada: &Made, others: &[&str]) -> Result<(), Stop> {
    let answer = session.get(&format!("{}?excludedAttributes=displayName,emails", ada.path)).await?;
    let mut wrong = has(&answer.body, &["displayName", "emails"]);
    for name in
        others.iter().copied().chain(["userName"]).filter(|name| !["displayName", "emails"].contains(name))
    {
        if answer.at(name).is_none() {
            wrong.push(format!("no {name}"));
        }
    }
    session.hold(
        &WITHOUT,
        answer.ok() && wrong.is_empty(),
        &answer,
        &["everything but displayName and emails"],
        || format!("{}, {}", answer.outcome(), wrong.join(", ")),
    );
    let answer = session.get(&format!("{}?excludedAttributes=id,displayName", ada.path)).await?;
    session.hold(
        &ALWAYS,
        answer.id().as_deref() == Some(&ada.id) || answer.status == 400,
        &answer,
        &["the id"],
        || format!("{}, id {}", answer.outcome(), shown(answer.at("id"))),
    );
    Ok(())
}

async fn writes(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadUser)?;
    let ada = session.user().await?;
    let read = session.get(&format!("{}?attributes=userName", ada.path)).await?;
    if read.at("displayName").is_some() || read.at("emails").is_some() {
        return Err(Stop::Blocked(ONLY.slug.to_owned()));
    }
    let body = session.user_body(json!({}));
    let created = session.post("/Users?attributes=userName", &body).await?;
    let Some(id) = created.id().filter(|_| created.ok()) else {
        return session.absent("the service gives no id in such an answer");
    };
    let path = format!("/Users/{}", percent_encode(&id));
    let mut answers = vec![created];
    if session.facts.works(Capability::PutUser) {
        let whole = session.get(&path).await?;
        answers.push(session.put(&format!("{path}?attributes=userName"), &whole.body).await?);
    }
    if session.facts.works(Capability::PatchUser) {
        let op = json!({"op": "replace", "path": "displayName", "value": "Augusta"});
        answers.push(session.send(patch_call(&format!("{path}?attributes=userName"), op)).await?);
    }
    for answer in answers {
        if answer.body.is_object() && answer.ok() {
            let surplus = has(&answer.body, &["displayName", "name", "emails"]);
            session.hold(
                &ON_WRITES,
                surplus.is_empty(),
                &answer,
                &["userName and what is always returned"],
                || format!("also {}", surplus.join(", ")),
            );
        }
    }
    Ok(())
}

async fn members(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    let ada = session.user().await?;
    let group = session.group(&[&ada]).await?;
    let answer = session.get(&format!("{}?excludedAttributes=members", group.path)).await?;
    let right = answer.ok() && answer.at("members").is_none() && answer.at("displayName").is_some();
    session.hold(&WITHOUT_MEMBERS, right, &answer, &["the group without members"], || {
        format!("{}, members {}", answer.outcome(), shown(answer.at("members")))
    });
    let filter = format!("displayName eq {}", Value::from(group.text("displayName")));
    let answer = session
        .send(Call::get(query("/Groups", &[("filter", &filter), ("excludedAttributes", "members")])))
        .await?;
    if let Some(first) = answer.resources().first() {
        session.hold(
            &WITHOUT_MEMBERS,
            at(first, "members").is_none(),
            &answer,
            &["the group without members"],
            || format!("members {}", shown(at(first, "members"))),
        );
    }
    Ok(())
}

async fn searches(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::FilterUser)?;
    let (ada, _grace) = (session.user().await?, session.user().await?);
    let filter = format!("userName eq {}", Value::from(ada.text("userName")));
    let search = |more: Value| {
        let mut body =
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body
    };
    let answer = session.post("/Users/.search", &search(json!({}))).await?;
    if answer.not_offered() || answer.status == 403 {
        return session.absent("the service does not offer queries by POST");
    }
    let by_get = session.filter("/Users", &filter).await?;
    let same = answer.status == 200 && answer.ids() == by_get.ids() && answer.total() == by_get.total();
    session.hold(&SEARCH, same, &answer, &["what GET gives"], || {
        format!(
            "{}, {} resources, and {} by GET",
            answer.outcome(),
            answer.resources().len(),
            by_get.resources().len()
        )
    });
    let answer = session.post("/Users/.search", &search(json!({"attributes": ["userName"]}))).await?;
    let first = answer.resources().first().cloned().unwrap_or_default();
    let right = answer.ok()
        && at(&first, "userName").is_some()
        && at(&first, "name").is_none()
        && at(&first, "emails").is_none();
    session.hold(&SEARCH_ATTRIBUTES, right, &answer, &["userName alone, and id"], || {
        format!("{}, a resource {}", answer.outcome(), shown(Some(&first)))
    });
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "startIndex": 1, "count": 1});
    let answer = session.post("/Users/.search", &body).await?;
    let right =
        answer.ok() && answer.resources().len() == 1 && answer.total().is_some_and(|total| total >= 2);
    session.hold(&SEARCH_PAGES, right, &answer, &["one resource, and the total of all"], || {
        format!("{}, {} resources", answer.outcome(), answer.resources().len())
    });
    let filter = format!("id eq {}", Value::from(ada.id.clone()));
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter});
    let answer = session.post("/.search", &body).await?;
    if answer.not_offered() || [400, 403].contains(&answer.status) {
        session
            .skip(&SEARCH_ROOT, format!("the service refuses queries at the root with {}", answer.outcome()));
    } else {
        session.hold(&SEARCH_ROOT, answer.lists(&ada.id), &answer, &["the user"], || {
            format!("{}, {} resources", answer.outcome(), answer.resources().len())
        });
    }
    Ok(())
}
