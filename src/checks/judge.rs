//! The passive judge: takes every exchange of a conversation in order and says what is wrong with it.

use std::sync::Arc;

use serde_json::Value;

use super::catalogue as c;
use super::json::member;
use super::memory::Memory;
use super::schemas::Document;
use super::{Finding, Requirement, lists, resources};
use crate::exchange::{Exchange, Masker, Response, curl_line, percent_decode};

/// The two resource types that Okta uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    User,
    Group,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    pub(super) fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    pub(super) fn urn(self) -> &'static str {
        match self {
            Self::User => "urn:ietf:params:scim:schemas:core:2.0:User",
            Self::Group => "urn:ietf:params:scim:schemas:core:2.0:Group",
        }
    }

    /// The attribute that the RFC requires.
    pub(super) fn required(self) -> &'static str {
        match self {
            Self::User => "userName",
            Self::Group => "displayName",
        }
    }

    pub(super) fn document(self) -> Document {
        match self {
            Self::User => Document::User,
            Self::Group => Document::Group,
        }
    }
}

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum About {
    Collection(Kind),
    One(Kind, String),
    Discovery(&'static str),
    Other,
}

/// Collects what one exchange breaks.
pub(super) struct Verdicts<'a> {
    exchange: &'a Exchange,
    masker: &'a Masker,
    found: Vec<Finding>,
}

impl Verdicts<'_> {
    pub(super) fn broken(
        &mut self,
        requirement: &Requirement,
        expected: &[&str],
        actual: impl Into<String>,
        pointer: Option<String>,
    ) {
        self.found.push(Finding {
            requirement: requirement.slug.to_owned(),
            level: requirement.level,
            citation: requirement.citation.to_owned(),
            text: requirement.text.to_owned(),
            expected: expected.iter().map(|text| (*text).to_owned()).collect(),
            actual: self.masker.text(&actual.into()),
            pointer,
            exchange: self.masker.text(&self.exchange.summary()),
            curl: curl_line(&self.exchange.request, self.masker),
            admin_message: None,
            advice: requirement.advice.to_owned(),
            conversation: Vec::new(),
            evidence: vec![Arc::new(self.exchange.record(self.masker))],
        });
    }

    /// Adds what an Okta administrator sees to the latest finding.
    pub(super) fn seen_as(&mut self, message: impl Into<String>) {
        if let Some(last) = self.found.last_mut() {
            last.admin_message = Some(message.into());
        }
    }
}

/// Judges every exchange of a conversation with one service.
#[derive(Debug)]
pub struct PassiveJudge {
    base_path: String,
    memory: Memory,
}

impl PassiveJudge {
    /// A judge of the conversation with the service at `base_url`.
    #[must_use]
    pub fn new(base_url: &str) -> Self {
        let rest = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        Self { base_path: path.trim_end_matches('/').to_owned(), memory: Memory::default() }
    }

    /// Forgets what the service is known to hold, since somebody else may have changed it.
    pub fn forget(&mut self) {
        self.memory = Memory::default();
    }

    /// What is wrong with the next exchange.
    pub fn observe(&mut self, exchange: &Exchange, masker: &Masker) -> Vec<Finding> {
        let about = self.about(exchange.request.path());
        let mut verdicts = Verdicts { exchange, masker, found: Vec::new() };
        match &exchange.outcome {
            Ok(response) => {
                let body: Option<Value> = serde_json::from_slice(&response.body).ok();
                common(exchange, response, body.as_ref(), &about, &mut verdicts);
                self.judge(exchange, response, body.as_ref(), &about, &mut verdicts);
            }
            // Whether the service did what was asked is unknown now.
            Err(_) => {
                if exchange.request.method != "GET" {
                    self.memory = Memory::default();
                }
            }
        }
        verdicts.found
    }

    fn about(&self, path: &str) -> About {
        let below = path.strip_prefix(self.base_path.as_str()).unwrap_or(path);
        let segments: Vec<&str> = below.split('/').filter(|segment| !segment.is_empty()).collect();
        match segments.as_slice() {
            ["Users"] => About::Collection(Kind::User),
            ["Groups"] => About::Collection(Kind::Group),
            ["Users", id] => About::One(Kind::User, percent_decode(id)),
            ["Groups", id] => About::One(Kind::Group, percent_decode(id)),
            ["ServiceProviderConfig"] => About::Discovery("/ServiceProviderConfig"),
            ["ResourceTypes"] => About::Discovery("/ResourceTypes"),
            ["Schemas"] => About::Discovery("/Schemas"),
            _ => About::Other,
        }
    }

    fn judge(
        &mut self,
        exchange: &Exchange,
        response: &Response,
        body: Option<&Value>,
        about: &About,
        verdicts: &mut Verdicts<'_>,
    ) {
        let method = exchange.request.method.as_str();
        let success = response.is_success();
        match about {
            About::Discovery(path) if method == "GET" => discovery(path, response, body, verdicts),
            About::Collection(kind) if method == "GET" => {
                lists::judge(*kind, exchange, response, body, &mut self.memory, verdicts);
            }
            About::Collection(kind) if method == "POST" => {
                if success {
                    create(*kind, exchange, response, body, verdicts);
                    if let Some(body) = body {
                        resources::judge(*kind, None, exchange, response, body, verdicts);
                    }
                }
                self.memory.created(*kind, exchange, response, body, verdicts);
            }
            About::One(kind, id) if method != "POST" => {
                if success {
                    one_status(method, response, verdicts);
                    if let Some(body) = body.filter(|_| method != "DELETE") {
                        resources::judge(*kind, Some(id), exchange, response, body, verdicts);
                    }
                }
                self.memory.touched(*kind, id, exchange, response, body, verdicts);
            }
            _ => {}
        }
    }
}

/// Rules about every response, whatever was asked.
fn common(
    exchange: &Exchange,
    response: &Response,
    body: Option<&Value>,
    about: &About,
    verdicts: &mut Verdicts<'_>,
) {
    let empty = response.body.is_empty();
    if response.status == 204 && !empty {
        verdicts.broken(&c::NO_BODY_204, &["no body"], format!("{} bytes", response.body.len()), None);
    }
    if *about == About::Other || response.status == 304 {
        return;
    }
    if response.status == 401 && response.header("WWW-Authenticate").is_none() {
        verdicts.broken(&c::UNAUTHORIZED_CHALLENGE, &["a WWW-Authenticate header field"], "none", None);
    }
    if response.status >= 400 {
        // A discovery document that is not there is reported once, as not there.
        if !matches!(about, About::Discovery(_)) {
            error(response, body, verdicts);
            // A body that is no JSON is told by its format.
            let named = media_type(response);
            let right = ["application/scim+json", "application/json"];
            if body.is_some() && !named.as_deref().is_some_and(|name| right.contains(&name)) {
                verdicts.broken(
                    &c::ERROR_CONTENT_TYPE,
                    &["Content-Type: application/scim+json"],
                    named
                        .map_or_else(|| "no Content-Type".to_owned(), |name| format!("Content-Type: {name}")),
                    None,
                );
            }
        }
        return;
    }
    if !response.is_success() || empty {
        return;
    }
    if body.is_none() {
        let start: String = String::from_utf8_lossy(&response.body).chars().take(60).collect();
        verdicts.broken(
            &c::RESPONSE_JSON,
            &["a JSON body"],
            format!("a body that begins with `{start}`"),
            None,
        );
        return;
    }
    let essence = media_type(response);
    // Who asks for plain JSON may get it (RFC 7644 §3.8).
    let plain = exchange.request.header("Accept").is_some_and(|accept| {
        let accept = accept.to_ascii_lowercase();
        accept.contains("application/json") && !accept.contains("scim+json")
    });
    if essence.as_deref() != Some("application/scim+json")
        && !(plain && essence.as_deref() == Some("application/json"))
    {
        verdicts.broken(
            &c::RESPONSE_CONTENT_TYPE,
            &["Content-Type: application/scim+json"],
            essence
                .map_or_else(|| "no Content-Type".to_owned(), |essence| format!("Content-Type: {essence}")),
            None,
        );
    }
}

/// The media type without its parameters.
fn media_type(response: &Response) -> Option<String> {
    response
        .header("Content-Type")
        .map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

const SCIM_TYPES: [&str; 13] = [
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
    "sensitive",
    // RFC 9865 §2.1 adds these.
    "invalidCount",
    "invalidCursor",
    "expiredCursor",
];

fn error(response: &Response, body: Option<&Value>, verdicts: &mut Verdicts<'_>) {
    let expected = "an Error body: schemas, status as a string, detail";
    let Some(body) = body else {
        let actual = if response.body.is_empty() { "no body" } else { "a body that is not JSON" };
        verdicts.broken(&c::ERROR_FORMAT, &[expected], actual, None);
        return;
    };
    if let Some(mismatch) = Document::Error.mismatches(body).into_iter().next() {
        verdicts.broken(&c::ERROR_FORMAT, &[expected], mismatch.message, Some(mismatch.pointer));
    }
    let status = member(body, "status")
        .map(|status| status.as_str().map_or_else(|| status.to_string(), str::to_owned));
    if let Some(status) = status
        && status != response.status.to_string()
    {
        verdicts.broken(
            &c::ERROR_STATUS,
            &[&format!("status \"{}\"", response.status)],
            format!("status \"{status}\""),
            Some("/status".into()),
        );
    }
    if let Some(scim_type) = member(body, "scimType").and_then(Value::as_str)
        && !SCIM_TYPES.contains(&scim_type)
        && response.status == 400
    {
        verdicts.broken(
            &c::ERROR_TYPE,
            &["a keyword of RFC 7644 table 9", "no scimType"],
            format!("scimType \"{scim_type}\""),
            Some("/scimType".into()),
        );
    }
}

fn create(
    kind: Kind,
    exchange: &Exchange,
    response: &Response,
    body: Option<&Value>,
    verdicts: &mut Verdicts<'_>,
) {
    if response.status != 201 {
        verdicts.broken(&c::CREATE_STATUS, &["201 Created"], response.status.to_string(), None);
    }
    let location = response.header("Location").filter(|value| !value.is_empty());
    if location.is_none() && response.status == 201 {
        verdicts.broken(&c::CREATE_LOCATION, &["a Location header field"], "none", None);
    }
    let id = body.and_then(|body| member(body, "id")?.as_str()).filter(|id| !id.is_empty());
    if id.is_none() {
        verdicts.broken(
            &c::CREATE_BODY,
            &["the resource with its id in the body"],
            "no id in the body",
            None,
        );
        if kind == Kind::User {
            verdicts.seen_as("Error while creating user: Create new user returned empty user.");
        }
        return;
    }
    let meta_location = body.and_then(|body| member(member(body, "meta")?, "location")?.as_str());
    let partial =
        exchange.request.query().is_some_and(|query| query.to_ascii_lowercase().contains("attributes="));
    match (meta_location, location) {
        (None, _) if partial => {}
        (None, _) => verdicts.broken(
            &c::CREATE_META_LOCATION,
            &["meta.location in the body"],
            "no meta.location",
            Some("/meta".into()),
        ),
        (Some(meta), Some(location)) if path_of(meta) != path_of(location) => verdicts.broken(
            &c::CREATE_LOCATION_AGREES,
            &["the same URI in both"],
            format!("Location: {location}, meta.location: {meta}"),
            Some("/meta/location".into()),
        ),
        _ => {}
    }
}

/// The path of a URI reference: what stands behind a proxy may know itself by another host.
pub(super) fn path_of(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    rest.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/')
}

fn one_status(method: &str, response: &Response, verdicts: &mut Verdicts<'_>) {
    let status = response.status;
    let empty = response.body.is_empty();
    match method {
        "GET" if status != 200 => verdicts.broken(&c::READ_STATUS, &["200 OK"], status.to_string(), None),
        "PUT" if status != 200 || empty => {
            let actual = if empty { format!("{status} without a body") } else { status.to_string() };
            verdicts.broken(&c::REPLACE_STATUS, &["200 OK with the resource"], actual, None);
        }
        "PATCH" if !(status == 204 || status == 200 && !empty) => {
            let actual = if empty { format!("{status} without a body") } else { status.to_string() };
            verdicts.broken(&c::PATCH_STATUS, &["200 OK with the resource", "204 No Content"], actual, None);
        }
        "DELETE" if status != 204 => {
            verdicts.broken(&c::DELETE_STATUS, &["204 No Content"], status.to_string(), None);
        }
        _ => {}
    }
}

const SCHEMA_OF_SCHEMAS: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// One finding for each document, however much is wrong with it.
fn discovery(path: &str, response: &Response, body: Option<&Value>, verdicts: &mut Verdicts<'_>) {
    // To keep it from whom one does not know is allowed, and no matter of its form.
    if [401, 403].contains(&response.status) {
        return;
    }
    if !response.is_success() {
        verdicts.broken(
            &c::DISCOVERY_AVAILABLE,
            &["200 OK with the document"],
            response.status.to_string(),
            None,
        );
        return;
    }
    let Some(body) = body else { return };
    let (requirement, document) = match path {
        "/ServiceProviderConfig" => (&c::DISCOVERY_CONFIG, Document::ServiceProviderConfig),
        "/ResourceTypes" => (&c::DISCOVERY_RESOURCE_TYPES, Document::ResourceType),
        _ => (&c::DISCOVERY_SCHEMAS, Document::Schema),
    };
    let mut mismatches = Vec::new();
    if document == Document::ServiceProviderConfig {
        mismatches = document.mismatches(body);
    } else {
        mismatches.extend(Document::ListResponse.mismatches(body));
        let resources = member(body, "Resources").and_then(Value::as_array);
        for (index, resource) in resources.into_iter().flatten().enumerate() {
            // The schema of schemas nests deeper than schemas may (RFC 7643 §8.7.2 prints it so).
            if member(resource, "id").and_then(Value::as_str) == Some(SCHEMA_OF_SCHEMAS) {
                continue;
            }
            mismatches.extend(document.mismatches(resource).into_iter().map(|mut mismatch| {
                mismatch.pointer = format!("/Resources/{index}{}", mismatch.pointer);
                mismatch
            }));
        }
    }
    if let Some(first) = mismatches.first() {
        let more = match mismatches.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let actual = format!("at `{}`: {}{more}", first.pointer, first.message);
        verdicts.broken(requirement, &["a document of the schema"], actual, Some(first.pointer.clone()));
    }
}
