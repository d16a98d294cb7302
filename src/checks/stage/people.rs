//! Users and groups that probes create.

use serde_json::{Map, Value, json};

use crate::checks::Requirement;
use crate::checks::engine::urn::{GROUP, USER};
use crate::checks::engine::{Answer, Capability, Session, Stop, located};
use crate::checks::json::{self, at, member, texts};
use crate::checks::rules::{create, group};
use crate::exchange::percent_encode;

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
            return Err(Stop::Blocked(by));
        };
        let body = if answer.body.is_object() { answer.body } else { body };
        Ok(Created { path: format!("{endpoint}/{}", percent_encode(&id)), id, body })
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
        session.adopt(&format!("{endpoint}/{}", percent_encode(id)));
    }
    ids.len()
}
