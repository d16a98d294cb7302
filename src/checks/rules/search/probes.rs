//! Probes of the rules in this area.

use serde_json::{Value, json};

use crate::checks::engine::{Answer, Capability, Session, Stop, filtered, probes, query};
use crate::checks::json::{at, shown};
use crate::checks::rules::search::{
    ATTRIBUTES, EXCLUDED_ATTRIBUTES, LIKE_GET, PAGES, ROOT, ROOT_ABSENT_ATTRIBUTE, ROOT_BY_TYPE, SORT,
};
use crate::checks::rules::sort;
use crate::checks::rules::{filter, projection};
use crate::checks::stage::Created;

probes! {
    "search.posts", Writes, [LIKE_GET, ATTRIBUTES, PAGES, ROOT], searches;
    "search.projected", Writes, [EXCLUDED_ATTRIBUTES, SORT], searched;
    "search.root", Writes, [ROOT_ABSENT_ATTRIBUTE, ROOT_BY_TYPE], root;
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
    session.require(&LIKE_GET, same, &answer, &["what GET gives"], || {
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
    session.require(&ATTRIBUTES, right, &answer, &["userName alone, and id"], || {
        format!("{}, a resource {}", answer.outcome(), shown(Some(&first)))
    });
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "startIndex": 1, "count": 1});
    let answer = session.post("/Users/.search", &body).await?;
    let right =
        answer.ok() && answer.resources().len() == 1 && answer.total().is_some_and(|total| total >= 2);
    session.require(&PAGES, right, &answer, &["one resource, and the total of all"], || {
        format!("{}, {} resources", answer.outcome(), answer.resources().len())
    });
    let filter = format!("id eq {}", Value::from(ada.id.clone()));
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter});
    let answer = session.post("/.search", &body).await?;
    if answer.not_offered() || [400, 403].contains(&answer.status) {
        session.skip(&ROOT, format!("the service refuses queries at the root with {}", answer.outcome()));
    } else {
        session.require(&ROOT, answer.lists(&ada.id), &answer, &["the user"], || {
            format!("{}, {} resources", answer.outcome(), answer.resources().len())
        });
    }
    Ok(())
}

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
        return Err(Stop::Blocked(&LIKE_GET));
    }
    let by_get = query("/Users", &[("filter", &filter), ("excludedAttributes", "displayName")]);
    let by_get = session.get(&by_get).await?;
    let lacks = |answer: &Answer| answer.resources().iter().all(|one| at(one, "displayName").is_none());
    if lacks(&plain) {
        session.skip(&EXCLUDED_ATTRIBUTES, "the service does not return displayName");
    } else if !lacks(&by_get) {
        session.blocked(&EXCLUDED_ATTRIBUTES, &projection::EXCLUDED_ATTRIBUTES);
    } else {
        let body = json!({"filter": filter, "excludedAttributes": ["displayName"]});
        let answer = search(session, "/Users/.search", body).await?;
        let named = |answer: &Answer| answer.resources().iter().all(|one| at(one, "userName").is_some());
        let keeps = named(&answer) || !named(&plain);
        let right = answer.ok() && answer.ids().len() == 2 && lacks(&answer) && keeps;
        session.require(&EXCLUDED_ATTRIBUTES, right, &answer, &["two users without displayName"], || {
            format!("{}, {}", answer.outcome(), shown(answer.resources().first()))
        });
    }
    if session.facts.claims("sort") != Some(true) {
        session.skip(&SORT, "the service does not claim sorting in ServiceProviderConfig");
        return Ok(());
    }
    for (order, plain, wanted) in [
        ("ascending", &sort::ASCENDING, [&first.id, &second.id]),
        ("descending", &sort::DESCENDING, [&second.id, &first.id]),
    ] {
        let parameters = [("filter", filter.as_str()), ("sortBy", "userName"), ("sortOrder", order)];
        if !session.get(&query("/Users", &parameters)).await?.ids().iter().eq(wanted) {
            session.blocked(&SORT, plain);
            return Ok(());
        }
        let body = json!({"filter": filter, "sortBy": "userName", "sortOrder": order});
        let answer = search(session, "/Users/.search", body).await?;
        session.require(
            &SORT,
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
    let crew: Created = session.group(&[]).await?;
    let login = Value::from(ada.text("userName"));
    let own = format!("id eq {}", Value::from(ada.id.clone()));
    // Where filters by themselves are wrong, the root is not what makes them so.
    for (filter, wanted, by) in [
        (format!("{own} and userName eq {login}"), true, &filter::BY_ID),
        (format!("{own} and userName eq \"nobody\""), false, &filter::AND),
        (format!("{own} and not (userName eq {login})"), false, &filter::NOT),
    ] {
        let answer = session.filter("/Users", &filter).await?;
        if answer.status != 200 || answer.lists(&ada.id) != wanted {
            return Err(Stop::Blocked(by));
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
            return Err(Stop::Blocked(&ROOT));
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
            session.require(&ROOT_ABSENT_ATTRIBUTE, right, &answer, &[&expected], || {
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
            session.require(&ROOT_BY_TYPE, right, &answer, &[&expected], || {
                format!("{} with {} resources", answer.outcome(), answer.resources().len())
            });
        }
    }
    if offered { Ok(()) } else { session.absent("the service does not answer queries at its root") }
}
