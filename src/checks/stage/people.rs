//! Users and groups that probes create.

use serde_json::{Map, Value, json};

use crate::checks::Requirement;
use crate::checks::engine::{Answer, Capability, Session, Stop, located, path_to};
use crate::checks::json::{self, at, member, texts};
use crate::checks::rules::{create, group};
use crate::urn::{GROUP, USER};

/// A resource that a probe created.
#[derive(Debug, Clone)]
pub(in crate::checks) struct Created {
    /// Its id.
    pub(in crate::checks) id: String,
    /// `/Users/{id}`: its path below the base URL, the id encoded.
    pub(in crate::checks) path: String,
    /// The body of the 201, or what was sent when there was none.
    pub(in crate::checks) body: Value,
}

impl Created {
    /// The text that the resource has at a dotted path.
    pub(in crate::checks) fn text(&self, path: &str) -> String {
        at(&self.body, path).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

impl Session {
    /// The body of a new user that this target takes: its template, a fresh user name, and `extra` on
    /// top, whose nulls take members away.
    pub(in crate::checks) fn user_body(&mut self, extra: Value) -> Value {
        let login = self.login();
        let mut body = match &self.facts.user_base {
            Some(base) => base.clone(),
            None => json!({
                "schemas": [USER],
                "userName": "",
                "name": {"givenName": "Ada", "familyName": "Lovelace"},
                "displayName": "Countess Ada",
                "emails": [{"value": "", "type": "work", "primary": true}],
                "active": true,
            }),
        };
        body["userName"] = json!(login);
        if let Some(first) = body.pointer_mut("/emails/0/value") {
            *first = json!(login);
        }
        if let Some(external) = body.get_mut("externalId") {
            *external = json!(self.name());
        }
        overlay(&mut body, self.facts.user_extra.clone());
        overlay(&mut body, extra);
        body
    }

    /// A body of a user with the members that every new user needs on this target.
    pub(in crate::checks) fn completed(&self, mut body: Value) -> Value {
        overlay(&mut body, self.facts.user_extra.clone());
        body
    }

    /// The body of a new group with a fresh name.
    pub(in crate::checks) fn group_body(&mut self, members: &[&Created]) -> Value {
        let mut body = json!({"schemas": [GROUP], "displayName": self.name()});
        overlay(&mut body, self.facts.group_extra.clone());
        if !members.is_empty() {
            body["members"] = members.iter().map(|member| json!({"value": member.id})).collect();
        }
        body
    }

    /// A new user. When the target refuses it, the probe is blocked.
    pub(in crate::checks) async fn user(&mut self) -> Result<Created, Stop> {
        self.user_with(json!({})).await
    }

    /// A new user with more attributes; see [`Session::user_body`].
    pub(in crate::checks) async fn user_with(&mut self, extra: Value) -> Result<Created, Stop> {
        self.need(Capability::CreateUser)?;
        let body = self.user_body(extra);
        self.make("/Users", body, &create::USER).await
    }

    /// A new group with these members. When the target refuses it, the probe is blocked.
    pub(in crate::checks) async fn group(&mut self, members: &[&Created]) -> Result<Created, Stop> {
        self.need(Capability::CreateGroup)?;
        let body = self.group_body(members);
        if members.is_empty() {
            return self.make("/Groups", body, &create::GROUP).await;
        }
        let by = &group::CREATED_WITH_MEMBERS;
        let made = self.make("/Groups", body, by).await?;
        // Without its members it is not what the probe needs.
        let has =
            |body: &Value| members.iter().all(|member| texts(body, "members", "value").contains(&member.id));
        if has(&made.body) || has(&self.get(&made.path).await?.body) {
            return Ok(made);
        }
        // Some take members only once the group is there.
        let add: Value = members.iter().map(|member| json!({"value": member.id})).collect();
        self.patch(&made.path, json!({"op": "add", "path": "members", "value": add})).await?;
        if has(&self.get(&made.path).await?.body) { Ok(made) } else { Err(Stop::Blocked(by)) }
    }

    /// Creates a resource that other checks say must be creatable.
    pub(in crate::checks) async fn make(
        &mut self,
        endpoint: &str,
        body: Value,
        by: &'static Requirement,
    ) -> Result<Created, Stop> {
        let answer = self.post(endpoint, &body).await?;
        let id = if answer.ok() { answer.id().or_else(|| located(&answer)) } else { None };
        let Some(id) = id else {
            return Err(if answer.ok() {
                Stop::Skipped(format!("POST {endpoint} was answered with {}", answer.creation()))
            } else {
                Stop::Blocked(by)
            });
        };
        let body = if answer.body.is_object() { answer.body } else { body };
        Ok(Created { path: path_to(endpoint, &id)?, id, body })
    }
}

/// Lays the members of `top` over `body`; null takes a member away.
fn overlay(body: &mut Value, top: Value) {
    let (Some(body), Value::Object(top)) = (body.as_object_mut(), top) else { return };
    for (name, value) in top {
        let known = body.keys().find(|key| key.eq_ignore_ascii_case(&name)).cloned();
        if name == "schemas" {
            extend_schemas(body, &value);
        } else if value.is_null() {
            body.shift_remove(known.as_deref().unwrap_or(&name));
        } else {
            if name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) {
                extend_schemas(body, &json!([name]));
            }
            body.insert(known.unwrap_or(name), value);
        }
    }
}

fn extend_schemas(body: &mut Map<String, Value>, more: &Value) {
    let Some(listed) = body.entry("schemas").or_insert_with(|| json!([])).as_array_mut() else { return };
    for urn in more.as_array().into_iter().flatten() {
        if !listed.contains(urn) {
            listed.push(urn.clone());
        }
    }
}

/// The users of one probe, in the order of their creation. Code names them by initials: `"AC"` means the first and
/// the third. Findings name them as [`named`] does.
pub(in crate::checks) async fn several_users(
    session: &mut Session,
    count: usize,
) -> Result<Vec<Created>, Stop> {
    let mut users = Vec::new();
    for given in GIVEN_NAMES.iter().cycle().take(count) {
        session.need(Capability::CreateUser)?;
        let mut body = session.user_body(json!({}));
        if let Some(name) = body.pointer_mut("/name/givenName") {
            *name = json!(given);
        }
        users.push(session.make("/Users", body, &create::USER).await?);
    }
    Ok(users)
}

const GIVEN_NAMES: [&str; 8] = ["Ada", "Barbara", "Claude", "Dorothy", "Edsger", "Frances", "Grace", "Hedy"];

/// The initials of the users with these ids, sorted; an id of nobody is a question mark.
pub(in crate::checks) fn initials(ids: &[String], users: &[Created]) -> String {
    let initial = |id: &String| users.iter().zip('A'..).find(|(user, _)| user.id == *id).map(|(_, it)| it);
    let mut found: Vec<char> = ids.iter().map(|id| initial(id).unwrap_or('?')).collect();
    found.sort_unstable();
    found.into_iter().collect()
}

/// Users as a finding names them: `Ada (…851), Barbara (…580) and one unknown id`.
pub(in crate::checks) fn named(initials: &str, users: &[Created]) -> String {
    let mut names: Vec<String> = Vec::new();
    for (user, _) in users.iter().zip('A'..).filter(|(_, initial)| initials.contains(*initial)) {
        names.push(label(user, users));
    }
    match initials.matches('?').count() {
        0 => {}
        1 => names.push("one unknown id".to_owned()),
        unknown => names.push(format!("{unknown} unknown ids")),
    }
    match names.split_last() {
        None => "nobody".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// The given name with the end of the id, where no other user has it; else the userName.
fn label(user: &Created, users: &[Created]) -> String {
    let given = user.text("name.givenName");
    let alone = users.iter().filter(|other| other.text("name.givenName") == given).count() == 1;
    if given.is_empty() || !alone {
        return format!("{} ({})", user.text("userName"), ending(&user.id));
    }
    format!("{given} ({})", ending(&user.id))
}

fn ending(id: &str) -> String {
    let length = id.chars().count();
    if length <= 4 {
        id.to_owned()
    } else {
        format!("…{}", id.chars().skip(length - 3).collect::<String>())
    }
}

/// How many of the resources found have that name: what a refused creation left. They go with the rest; others, which
/// a service that ignores filters may list, are somebody else's.
pub(in crate::checks) fn left_behind(
    session: &mut Session,
    endpoint: &str,
    found: &Answer,
    attribute: &str,
    name: &Value,
) -> usize {
    let named = found.resources().iter().filter(|resource| member(resource, attribute) == Some(name));
    let ids: Vec<String> = named.filter_map(json::id).collect();
    for id in &ids {
        session.adopt(endpoint, id);
    }
    ids.len()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn created(id: &str, given: &str) -> Created {
        let body = json!({"userName": format!("{id}@example.com"), "name": {"givenName": given}});
        Created { id: id.to_owned(), path: format!("/Users/{id}"), body }
    }

    #[rstest]
    #[case("", "nobody")]
    #[case("A", "Ada (…851)")]
    #[case("?AB", "Ada (…851), Barbara (…580) and one unknown id")]
    #[case("??", "2 unknown ids")]
    #[case("C", "7 (7)")]
    fn findings_name_people(#[case] initials: &str, #[case] wanted: &str) {
        let users = [created("12851", "Ada"), created("12580", "Barbara"), created("7", "7")];
        assert_eq!(named(initials, &users), wanted);
    }

    #[test]
    fn who_shares_a_given_name_is_named_by_user_name() {
        let users = [created("12851", "Ada"), created("12580", "Ada")];
        assert_eq!(named("B", &users), "12580@example.com (…580)");
    }
}
