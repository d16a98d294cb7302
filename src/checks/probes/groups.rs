//! Groups and their members, as Okta pushes them and as RFC 7643 §4.2 and RFC 7644 §3.5 define them.

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::active::{Answer, Capability, GROUP, Made, Probe, Session, Stop, probe};
use crate::checks::json::{items, member, shown, texts};
use crate::checks::requirement::requirements;
use crate::exchange::percent_encode;

requirements! {
    WITH = "group.created-with-members", Okta, "okta-client §3.17; RFC 7644 §3.3",
        "A group that is created with members, each with value and display, has them.",
        "Store the members of a creation.", [Rfc, Okta];
    EMPTY = "group.created-empty", Okta, "okta-client §3.17; RFC 7643 §4.2",
        "A group can be created with an empty members.",
        "Take an empty array as no members.", [Rfc, Okta];
    LISTED = "group.list-shows-members", Must, "RFC 7643 §4.2, §7; RFC 7644 §3.4.2",
        "Groups in a list show their members, as the group itself does.",
        "Return members in lists too, unless the client leaves them out.", [Rfc, Okta];
    ADD = "group.add-keeps-others", Okta, "okta-client §3.17; RFC 7644 §3.5.2.1",
        "add of members keeps those that are there.",
        "Append to the members; do not replace them.", [Rfc, Okta];
    ADD_SEVERAL = "group.add-several", Okta, "okta-client §3.17; RFC 7644 §3.5.2.1",
        "add of several members in one operation adds all of them.",
        "Go through the whole array.", [Rfc, Okta];
    ADD_TWICE = "group.add-existing", Okta, "okta-client §3.17; RFC 7644 §3.5.2.1",
        "add of a member that is there already succeeds and changes nothing.",
        "Leave the membership as it is, and answer as for any success.", [Rfc, Okta];
    REMOVE = "group.remove-by-filter", Okta, "okta-client §3.17; RFC 7644 §3.5.2.2",
        "remove with members[value eq \"…\"] removes that member and no other.",
        "Remove the members that the filter selects.", [Rfc, Okta];
    REMOVE_SEVERAL = "group.remove-several", Okta, "okta-client §3.17; RFC 7644 §3.5.2.2",
        "Several removals in one request remove each member named and no other.",
        "Select by value, not by position: positions shift with each removal.", [Rfc, Okta];
    MIXED = "group.mixed-changes", Okta, "okta-client §3.17; RFC 7644 §3.5.2",
        "Removals and an addition in one request are all applied.",
        "Apply every operation in its order.", [Rfc, Okta];
    REPLACE = "group.replace-members", Okta, "okta-client §3.17; RFC 7644 §3.5.2.3",
        "replace of members, Okta's Push Now, leaves exactly the members given.",
        "Replace the whole list.", [Rfc, Okta];
    CLEAR = "group.replace-with-nothing", Okta, "okta-client §3.17, §12.6; RFC 7643 §2.5",
        "replace of members with an empty array empties the group.",
        "Take an empty array as no members.", [Rfc, Okta];
    REMOVE_ALL = "group.remove-all", Must, "RFC 7644 §3.5.2.2",
        "remove of members without a filter empties the group.",
        "Make members unassigned.";
    RENAME = "group.rename-by-patch", Okta, "okta-client §3.17; RFC 7644 §3.5.2.3",
        "replace without a path and with id and displayName in its value, as Okta renames, renames the group and keeps its members.",
        "Ignore the id in the value, or accept it when it is the group's own; set displayName.", [Rfc, Okta];
    RENAME_PATH = "group.rename-by-path", Must, "RFC 7644 §3.5.2.3",
        "replace with the path displayName renames the group and keeps its members.",
        "Set displayName and nothing else.";
    PATHLESS = "group.members-without-path", Must, "RFC 7644 §3.5.2.3; okta-client §3.17",
        "replace without a path and with members in its value replaces the members.",
        "Treat it as a replace of members.";
    PUT_MEMBERS = "group.put-members", Okta, "okta-client §3.17; RFC 7644 §3.5.1",
        "PUT leaves exactly the members given: more, fewer or others.",
        "Replace the whole list with that of the PUT.", [Rfc, Okta];
    PUT_EMPTY = "group.put-no-members", Okta, "okta-client §3.17; RFC 7644 §3.5.1",
        "PUT with an empty members empties the group.",
        "Take an empty array as no members.", [Rfc, Okta];
    PUT_NAME = "group.put-rename", Okta, "okta-client §3.17; RFC 7644 §3.5.1",
        "PUT with a new displayName renames the group and keeps the members given.",
        "Store displayName and members from the PUT.", [Rfc, Okta];
    REFERENCE = "group.member-reference", Must, "RFC 7643 §2.3.7, §4.2",
        "A $ref that a member has leads to the member.",
        "Build $ref from the base URL, the endpoint and the id.";
    BACK = "group.back-link", Should, "RFC 7643 §4.1.2",
        "groups of a user shows the groups that have it as a member, and follows every change.",
        "Derive groups from the memberships when a user is read.";
    NOT_BY_USER = "group.user-groups-are-read-only", Must, "RFC 7643 §4.1.2",
        "Membership is not changed through groups of a user.",
        "Ignore groups in a POST, PUT or PATCH of a user.";
    GONE = "group.deleted-member", Should, "RFC 7644 §3.6; RFC 7643 §2.3.7",
        "A deleted user is a member of no group.",
        "Remove the memberships with the user.";
    UNKNOWN = "group.unknown-member", May, "RFC 7643 §4.2, §2.3.7; RFC 7644 §3.12",
        "A member id that does not exist is refused with a 4xx, or is not shown as a member.",
        "Answer 400 with scimType invalidValue.";
    VALID_STAY = "group.unknown-member-harms-none", Must, "RFC 7644 §3.5.2",
        "A request with an unknown member leaves the members that were there before.",
        "Check every member before the group is changed.", [Rfc, Okta];
    NOT_A_USER = "group.unknown-member-makes-no-user", Must, "RFC 7644 §3.3; RFC 7643 §4.2",
        "An unknown member id does not create a user.",
        "Create users by POST /Users alone.";
    EMPTY_MEMBER = "group.member-without-value", Should, "RFC 7643 §4.2; RFC 7644 §3.12",
        "A member without a value is refused with 400, or ignored.",
        "Answer 400 with scimType invalidValue.";
    MANY = "group.many-members", Okta, "okta-client §3.17",
        "A group takes more than a hundred members, 100 in each request, and shows all of them.",
        "Do not cut members off, neither when storing nor when returning them.";
    SAME_NAME = "group.same-name-is-no-crash", Should, "RFC 7643 §4.2; RFC 7644 §3.3",
        "A second group of the same displayName is created, or refused with 409.",
        "displayName is not unique by the RFC; who wants it unique answers 409 uniqueness.";
}

probe!(CREATED, "group.created", Writes, [WITH, EMPTY, REFERENCE, LISTED], created);
probe!(
    CHANGES,
    "group.changes",
    Writes,
    [ADD, ADD_SEVERAL, ADD_TWICE, REMOVE, REMOVE_SEVERAL, MIXED],
    changes
);
probe!(REPLACES, "group.replaces", Writes, [REPLACE, CLEAR, REMOVE_ALL, PATHLESS], replaces);
probe!(RENAMES, "group.renames", Writes, [RENAME, RENAME_PATH], renames);
probe!(PUTS, "group.puts", Writes, [PUT_MEMBERS, PUT_EMPTY, PUT_NAME], puts);
probe!(LINKS, "group.links", Writes, [BACK, NOT_BY_USER, GONE], links);
probe!(UNKNOWNS, "group.unknowns", Writes, [UNKNOWN, VALID_STAY, NOT_A_USER, EMPTY_MEMBER], unknowns);
probe!(TWINS, "group.twins", Writes, [SAME_NAME], twins);

pub(in crate::checks) static PROBES: &[&Probe] =
    &[&CREATED, &CHANGES, &REPLACES, &RENAMES, &PUTS, &LINKS, &UNKNOWNS, &TWINS];

fn one(user: &Made) -> Value {
    json!({"value": user.id, "display": user.text("userName")})
}

pub(super) fn some(users: &[&Made]) -> Value {
    users.iter().map(|user| one(user)).collect()
}

/// Members of a group as the letters of a cast, sorted; an unknown one is a question mark.
pub(super) fn letters(group: &Value, cast: &[Made]) -> String {
    let mut found: Vec<char> = texts(group, "members", "value")
        .iter()
        .map(|id| cast.iter().zip('A'..).find(|(user, _)| &user.id == id).map_or('?', |(_, letter)| letter))
        .collect();
    found.sort_unstable();
    found.into_iter().collect()
}

pub(super) fn told(letters: &str) -> String {
    if letters.is_empty() { "no member".to_owned() } else { letters.to_owned() }
}

/// Sends a PATCH and holds the members that are there then against `wanted`.
pub(super) async fn expect(
    session: &mut Session,
    requirement: &'static Requirement,
    group: &Made,
    cast: &[Made],
    operations: Value,
    wanted: &str,
) -> Result<bool, Stop> {
    let answer = session.patch(&group.path, operations).await?;
    settle(session, requirement, group, cast, &answer, wanted).await
}

pub(super) async fn settle(
    session: &mut Session,
    requirement: &'static Requirement,
    group: &Made,
    cast: &[Made],
    answer: &Answer,
    wanted: &str,
) -> Result<bool, Stop> {
    let after = session.get(&group.path).await?;
    let found = letters(&after.body, cast);
    Ok(session.hold(
        requirement,
        answer.ok() && found == wanted,
        answer,
        &[&format!("success, then {}", told(wanted))],
        || format!("{}, then {}", answer.outcome(), told(&found)),
    ))
}

pub(super) async fn cast(session: &mut Session, count: usize) -> Result<Vec<Made>, Stop> {
    let mut users = Vec::new();
    for _ in 0..count {
        users.push(session.user().await?);
    }
    Ok(users)
}

async fn created(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    let users = cast(session, 2).await?;
    let body =
        json!({"schemas": [GROUP], "displayName": session.name(), "members": some(&[&users[0], &users[1]])});
    let answer = session.post("/Groups", &body).await?;
    let group = Made {
        id: answer.id().unwrap_or_default(),
        path: format!("/Groups/{}", percent_encode(&answer.id().unwrap_or_default())),
        body: body.clone(),
    };
    let after = session.get(&group.path).await?;
    let found = letters(&after.body, &users);
    let whole =
        session.hold(&WITH, answer.ok() && found == "AB", &answer, &["201, then both members"], || {
            format!("{}, then {}", answer.outcome(), told(&found))
        });
    let mut body = session.group_body(&[]);
    body["members"] = json!([]);
    let empty = session.post("/Groups", &body).await?;
    session.hold(&EMPTY, empty.ok(), &empty, &["201"], || empty.outcome());
    if !whole {
        return Err(Stop::Blocked(WITH.slug.to_owned()));
    }
    let reference = items(&after.body, "members").iter().find_map(|item| {
        Some((member(item, "$ref")?.as_str()?.to_owned(), member(item, "value")?.as_str()?.to_owned()))
    });
    match reference {
        Some((reference, id)) => {
            let base = session.base_path();
            let path = match reference.split_once("://") {
                Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]).to_owned(),
                None => format!("/{}", reference.trim_start_matches("../").trim_start_matches('/')),
            };
            let path = path.strip_prefix(base.as_str()).unwrap_or(&path).to_owned();
            let read = session.get(&path).await?;
            session.hold(
                &REFERENCE,
                read.status == 200 && read.id().as_deref() == Some(id.as_str()),
                &read,
                &["200 with the member"],
                || format!("{} for the $ref {reference}", read.outcome()),
            );
        }
        None => session.skip(&REFERENCE, "members have no $ref"),
    }
    let filter = format!("displayName eq {}", Value::from(group.text("displayName")));
    let list = session.filter("/Groups", &filter).await?;
    if let Some(listed) =
        list.resources().iter().find(|listed| crate::checks::json::id(listed).as_deref() == Some(&group.id))
    {
        let found = letters(listed, &users);
        session.hold(&LISTED, found == "AB", &list, &["both members"], || told(&found));
    }
    Ok(())
}

async fn changes(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchGroup)?;
    session.need(Capability::ReadGroup)?;
    let users = cast(session, 6).await?;
    let [a, b, c, d, e, f] = [&users[0], &users[1], &users[2], &users[3], &users[4], &users[5]];
    let group = session.group(&[]).await?;
    let add = |members: Value| json!({"op": "add", "path": "members", "value": members});
    let remove = |user: &Made| json!({"op": "remove", "path": format!("members[value eq \"{}\"]", user.id)});
    session.patch(&group.path, add(some(&[a]))).await?;
    if !expect(session, &ADD, &group, &users, add(some(&[b])), "AB").await? {
        return Err(Stop::Blocked(ADD.slug.to_owned()));
    }
    if !expect(session, &ADD_SEVERAL, &group, &users, add(some(&[c, d, e])), "ABCDE").await? {
        return Err(Stop::Blocked(ADD_SEVERAL.slug.to_owned()));
    }
    expect(session, &ADD_TWICE, &group, &users, add(some(&[b])), "ABCDE").await?;
    if !expect(session, &REMOVE, &group, &users, remove(b), "ACDE").await? {
        return Err(Stop::Blocked(REMOVE.slug.to_owned()));
    }
    expect(session, &REMOVE_SEVERAL, &group, &users, json!([remove(a), remove(d)]), "CE").await?;
    expect(session, &MIXED, &group, &users, json!([remove(c), add(some(&[a, f]))]), "AEF").await?;
    Ok(())
}

async fn replaces(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PatchGroup)?;
    session.need(Capability::ReadGroup)?;
    let users = cast(session, 3).await?;
    let group = session.group(&[&users[0]]).await?;
    let replace = |members: Value| json!({"op": "replace", "path": "members", "value": members});
    if !expect(session, &REPLACE, &group, &users, replace(some(&[&users[1], &users[2]])), "BC").await? {
        return Err(Stop::Blocked(REPLACE.slug.to_owned()));
    }
    expect(session, &CLEAR, &group, &users, replace(json!([])), "").await?;
    let op = json!({"op": "replace", "value": {"members": some(&[&users[0], &users[1]])}});
    expect(session, &PATHLESS, &group, &users, op, "AB").await?;
    session.patch(&group.path, replace(some(&[&users[2]]))).await?;
    expect(session, &REMOVE_ALL, &group, &users, json!({"op": "remove", "path": "members"}), "").await?;
    Ok(())
}

async fn renames(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    session.need(Capability::PatchGroup)?;
    let users = cast(session, 2).await?;
    let group = session.group(&[&users[0], &users[1]]).await?;
    let (first, second) = (session.name(), session.name());
    let forms: [(&'static Requirement, String, Value); 2] = [
        (&RENAME, first.clone(), json!({"op": "replace", "value": {"id": group.id, "displayName": first}})),
        (&RENAME_PATH, second.clone(), json!({"op": "replace", "path": "displayName", "value": second})),
    ];
    for (requirement, name, operation) in forms {
        let answer = session.patch(&group.path, operation).await?;
        let after = session.get(&group.path).await?;
        let right = answer.ok()
            && after.text("displayName") == Some(name.as_str())
            && letters(&after.body, &users) == "AB";
        session.hold(requirement, right, &answer, &["success, then the new name and both members"], || {
            format!(
                "{}, then displayName {} and {}",
                answer.outcome(),
                shown(after.at("displayName")),
                told(&letters(&after.body, &users))
            )
        });
        if !right && requirement.slug == RENAME.slug {
            session.seen_as("Unable to update Group Push mapping target App group …: every change of membership comes with this request.");
        }
    }
    Ok(())
}

async fn puts(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::PutGroup)?;
    session.need(Capability::ReadGroup)?;
    let users = cast(session, 3).await?;
    let group = session.group(&[&users[0]]).await?;
    let whole = session.get(&group.path).await?;
    let with = |members: Value| {
        let mut body = whole.object();
        body["members"] = members;
        body
    };
    for (members, wanted) in [
        (some(&[&users[0], &users[1], &users[2]]), "ABC"),
        (some(&[&users[1]]), "B"),
        (some(&[&users[2], &users[0]]), "AC"),
    ] {
        let answer = session.put(&group.path, &with(members)).await?;
        settle(session, &PUT_MEMBERS, &group, &users, &answer, wanted).await?;
    }
    let mut body = with(some(&[&users[2], &users[0]]));
    let name = session.name();
    body["displayName"] = json!(name);
    let answer = session.put(&group.path, &body).await?;
    let after = session.get(&group.path).await?;
    let right = answer.ok()
        && after.text("displayName") == Some(name.as_str())
        && letters(&after.body, &users) == "AC";
    session.hold(&PUT_NAME, right, &answer, &["200, then the new name and both members"], || {
        format!(
            "{}, then displayName {} and {}",
            answer.outcome(),
            shown(after.at("displayName")),
            told(&letters(&after.body, &users))
        )
    });
    body["members"] = json!([]);
    let answer = session.put(&group.path, &body).await?;
    settle(session, &PUT_EMPTY, &group, &users, &answer, "").await?;
    Ok(())
}

async fn links(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    session.need(Capability::ReadUser)?;
    let users = cast(session, 2).await?;
    let group = session.group(&[&users[0]]).await?;
    let mut body = session.get(&users[1].path).await?.object();
    body["groups"] = json!([{"value": group.id, "display": group.text("displayName")}]);
    if session.need(Capability::PutUser).is_ok() {
        session.put(&users[1].path, &body).await?;
    }
    if session.need(Capability::PatchUser).is_ok() {
        let op = json!({"op": "add", "path": "groups", "value": [{"value": group.id}]});
        session.patch(&users[1].path, op).await?;
    }
    let after = session.get(&group.path).await?;
    session.hold(
        &NOT_BY_USER,
        letters(&after.body, &users) == "A",
        &after,
        &["the members as before"],
        || told(&letters(&after.body, &users)),
    );
    let read = session.get(&users[0].path).await?;
    let shows = texts(&read.body, "groups", "value");
    if shows.is_empty() {
        session.skip(&BACK, "the service does not return groups of a user");
    } else {
        let mut wrong = Vec::new();
        if shows != [group.id.clone()] {
            wrong.push(format!("groups {}", shown(read.at("groups"))));
        }
        let mut gone = session.get(&group.path).await?.object();
        gone["members"] = json!([]);
        let mut shows = read;
        if session.put(&group.path, &gone).await?.ok() {
            shows = session.get(&users[0].path).await?;
            if !texts(&shows.body, "groups", "value").is_empty() {
                wrong.push(format!("groups {} after the user left", shown(shows.at("groups"))));
            }
        }
        session
            .hold(&BACK, wrong.is_empty(), &shows, &["the groups that have the user"], || wrong.join("; "));
    }
    session.need(Capability::DeleteUser)?;
    let other = session.group(&[&users[0], &users[1]]).await?;
    session.delete(&users[0].path).await?;
    let after = session.get(&other.path).await?;
    let found = letters(&after.body, &users);
    session.hold(&GONE, found == "B", &after, &["the other member alone"], || told(&found));
    Ok(())
}

async fn unknowns(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    session.need(Capability::PatchGroup)?;
    let users = cast(session, 2).await?;
    let nobody = "00000000-0000-4000-8000-5c1105c1105c";
    let group = session.group(&[&users[0]]).await?;
    let mut shows = None;
    for op in ["add", "replace"] {
        let operation =
            json!({"op": op, "path": "members", "value": [{"value": nobody}, {"value": users[1].id}]});
        let answer = session.patch(&group.path, operation).await?;
        let after = session.get(&group.path).await?;
        let found = letters(&after.body, &users);
        let honest = (answer.refused() || answer.ok()) && !found.contains('?');
        session.hold(
            &UNKNOWN,
            honest,
            &answer,
            &["400 invalidValue", "success without the unknown member"],
            || format!("{}, then {}", answer.outcome(), told(&found)),
        );
        // Refused as a whole, or the valid one taken: nobody who was there is lost by an addition.
        let kept = if answer.ok() {
            found.contains(if op == "add" { 'A' } else { 'B' })
        } else {
            found == "A" || found == "AB"
        };
        session.hold(&VALID_STAY, kept, &answer, &["the members as before, or the valid ones"], || {
            format!("{}, then {}", answer.outcome(), told(&found))
        });
        shows.get_or_insert(answer);
        if found != "A" {
            let whole = json!({"op": "replace", "path": "members", "value": some(&[&users[0]])});
            session.patch(&group.path, whole).await?;
        }
    }
    let ghost = session.get(&format!("/Users/{nobody}")).await?;
    session.hold(&NOT_A_USER, ghost.status != 200, &ghost, &["404 Not Found"], || ghost.outcome());
    for value in [json!([{}]), json!([{"display": "Ada"}])] {
        let answer =
            session.patch(&group.path, json!({"op": "add", "path": "members", "value": value})).await?;
        let after = session.get(&group.path).await?;
        let right = (answer.refused() || answer.ok()) && items(&after.body, "members").len() <= 1;
        session.hold(&EMPTY_MEMBER, right, &answer, &["400 invalidValue", "no further member"], || {
            format!("{}, then members {}", answer.outcome(), shown(after.at("members")))
        });
    }
    Ok(())
}

async fn twins(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateGroup)?;
    let first = session.group(&[]).await?;
    let body = json!({"schemas": [GROUP], "displayName": first.text("displayName"), "members": []});
    let answer = session.post("/Groups", &body).await?;
    let right = answer.status == 201 && answer.id().as_deref() != Some(&first.id) || answer.status == 409;
    session.hold(&SAME_NAME, right, &answer, &["201 with another id", "409 uniqueness"], || answer.outcome());
    Ok(())
}
