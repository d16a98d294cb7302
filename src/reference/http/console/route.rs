//! What a route of the console is, and what its code works with.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::answer::Answer;
use super::super::shared::Shared;
use crate::reference::tenant::{ConsoleError, Id, Tenant};

/// What a route answers with when all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    /// 204.
    Nothing,
    /// 200 and a document of this shape.
    One(&'static str),
    /// 201 and a document of this shape.
    Made(&'static str),
    /// 200 and an object with a list, by its key, of documents of this shape.
    List(&'static str, &'static str),
    /// 200 and CSV.
    Csv,
}

/// One method of one resource.
#[derive(Clone, Copy)]
pub(super) struct Route {
    pub(super) method: &'static str,
    /// The console's own path, and the public one where there is one, with `{placeholders}`.
    pub(super) paths: &'static [&'static str],
    pub(super) summary: &'static str,
    /// Query parameters.
    pub(super) query: &'static [&'static str],
    pub(super) body: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(super) gives: Gives,
    pub(super) run: Run,
}

pub(super) type Run = fn(&mut Cx<'_>) -> Result<Answer, ConsoleError>;

impl Route {
    pub(super) const fn new(
        method: &'static str,
        paths: &'static [&'static str],
        summary: &'static str,
        gives: Gives,
        run: Run,
    ) -> Self {
        Self { method, paths, summary, query: &[], body: None, gives, run }
    }

    /// With a body.
    pub(super) const fn takes(mut self, body: fn(&mut SchemaGenerator) -> Schema) -> Self {
        self.body = Some(body);
        self
    }

    /// With query parameters.
    pub(super) const fn asks(mut self, query: &'static [&'static str]) -> Self {
        self.query = query;
        self
    }
}

/// The schema of a request's body.
pub(super) fn body<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// One request on a route.
pub(super) struct Cx<'a> {
    pub(super) shared: &'a Shared,
    pub(super) tenant: &'a mut Tenant,
    /// The values of the placeholders, in order.
    pub(super) values: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: &'a [u8],
}

impl Cx<'_> {
    /// The value of a placeholder, by its position.
    pub(super) fn value(&self, at: usize) -> &str {
        self.values.get(at).map_or("", String::as_str)
    }

    /// The identifier in a placeholder.
    pub(super) fn id(&self, at: usize, what: &str) -> Result<Id, ConsoleError> {
        Id::parse(self.value(at)).ok_or_else(|| ConsoleError::not_found(what))
    }

    pub(super) fn provider(&self) -> Result<Id, ConsoleError> {
        self.id(0, "provider")
    }

    pub(super) fn user(&self) -> Result<Id, ConsoleError> {
        self.id(0, "user")
    }

    pub(super) fn organization(&self) -> Result<usize, ConsoleError> {
        self.tenant.organization(self.value(0))
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body, where none is the same as an empty object.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, ConsoleError> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { self.body };
        serde_json::from_slice(body).map_err(|error| {
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or(&text);
            ConsoleError::new(400, "INVALID_BODY", format!("The body is not as the API has it: {what}."))
        })
    }
}

pub(super) fn one(document: Value) -> Result<Answer, ConsoleError> {
    Ok(Answer::console(200, &document))
}

pub(super) fn made(document: Value) -> Result<Answer, ConsoleError> {
    Ok(Answer::console(201, &document))
}

pub(super) fn list(key: &str, documents: Vec<Value>) -> Result<Answer, ConsoleError> {
    one(json!({ key: documents }))
}

pub(super) fn nothing() -> Result<Answer, ConsoleError> {
    Ok(Answer::empty(204))
}
