//! One exchange as the passive rules read it, and where they put their findings.

use serde_json::Value;

use crate::checks::json::member;
use crate::checks::schemas::{Document, Mismatch};
use crate::checks::{Finding, Requirement, Shown};
use crate::exchange::{Exchange, Limits, Masker, Response, percent_decode};
use crate::urn;

/// The two resource types that Okta uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::checks) enum Kind {
    User,
    Group,
}

impl Kind {
    pub(in crate::checks) fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    pub(in crate::checks) fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    pub(in crate::checks) fn urn(self) -> &'static str {
        match self {
            Self::User => urn::USER,
            Self::Group => urn::GROUP,
        }
    }

    /// The attribute that the RFC requires.
    pub(in crate::checks) fn required(self) -> &'static str {
        match self {
            Self::User => "userName",
            Self::Group => "displayName",
        }
    }

    pub(in crate::checks) fn document(self) -> Document {
        match self {
            Self::User => Document::User,
            Self::Group => Document::Group,
        }
    }
}

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) enum About {
    Collection(Kind),
    One(Kind, String),
    Discovery(&'static str),
    Other,
}

impl About {
    /// What the path below `base_path` names.
    pub(in crate::checks) fn of(path: &str, base_path: &str) -> Self {
        let below = path.strip_prefix(base_path).unwrap_or(path);
        let segments: Vec<&str> = below.split('/').filter(|segment| !segment.is_empty()).collect();
        match segments.as_slice() {
            ["Users"] => Self::Collection(Kind::User),
            ["Groups"] => Self::Collection(Kind::Group),
            ["Users", id] => Self::One(Kind::User, percent_decode(id)),
            ["Groups", id] => Self::One(Kind::Group, percent_decode(id)),
            ["ServiceProviderConfig"] => Self::Discovery("/ServiceProviderConfig"),
            ["ResourceTypes"] => Self::Discovery("/ResourceTypes"),
            ["Schemas"] => Self::Discovery("/Schemas"),
            _ => Self::Other,
        }
    }
}

/// The path of a URI reference: what stands behind a proxy may know itself by another host.
pub(in crate::checks) fn path_of(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    rest.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/')
}

/// Whether two URI references name one place. A relative one begins at the service's root (RFC 7643 §2.3.7: "the relative
/// URI for this resource would be "Users/2819c223-…"").
pub(in crate::checks) fn same_place(one: &str, other: &str) -> bool {
    let below = |whole: &str, part: &str| {
        let rest = path_of(whole).strip_suffix(path_of(part).trim_start_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    let relative = |uri: &str| !uri.contains("://") && !uri.starts_with('/');
    path_of(one) == path_of(other)
        || relative(one) && below(other, one)
        || relative(other) && below(one, other)
}

/// The parameters of a list request that the rules look at.
#[derive(Debug, Default)]
pub(in crate::checks) struct Query {
    pub(in crate::checks) start_index: Option<i64>,
    pub(in crate::checks) count: Option<i64>,
    /// A filter that is one `eq` on a string.
    pub(in crate::checks) equality: Option<Equality>,
    pub(in crate::checks) filtered: bool,
    /// Whether the client asked for some attributes only.
    pub(in crate::checks) partial: bool,
    /// Whether the page is one by cursor; a service may page so unasked (RFC 9865 §2.3).
    pub(in crate::checks) cursor: bool,
}

impl Query {
    fn read(exchange: &Exchange) -> Self {
        let mut query = Self::default();
        for pair in exchange.request.query().unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decode(&value.replace('+', " "));
            match name.to_ascii_lowercase().as_str() {
                "startindex" => query.start_index = value.parse().ok(),
                "count" => query.count = value.parse().ok(),
                "attributes" | "excludedattributes" => query.partial = true,
                "cursor" => query.cursor = true,
                "filter" => {
                    query.filtered = true;
                    query.equality = Equality::read(&value);
                }
                _ => {}
            }
        }
        query
    }
}

/// `attribute eq "value"` and nothing else.
#[derive(Debug)]
pub(in crate::checks) struct Equality {
    pub(in crate::checks) attribute: String,
    operator: String,
    pub(in crate::checks) value: String,
}

impl Equality {
    fn read(filter: &str) -> Option<Self> {
        let mut parts = filter.trim().splitn(3, ' ');
        let (attribute, operator, value) = (parts.next()?, parts.next()?, parts.next()?.trim());
        let value: String = serde_json::from_str(value).ok()?;
        let (attribute, operator) = (attribute.to_owned(), operator.to_owned());
        operator.eq_ignore_ascii_case("eq").then_some(Self { attribute, operator, value })
    }
}

/// One answered exchange.
pub(in crate::checks) struct Seen<'a> {
    pub(in crate::checks) exchange: &'a Exchange,
    pub(in crate::checks) response: &'a Response,
    /// The body, when it is JSON.
    pub(in crate::checks) body: Option<&'a Value>,
    pub(in crate::checks) about: About,
    pub(in crate::checks) query: Query,
    /// What is wrong with the form of a list that a query was answered with.
    pub(in crate::checks) list_mismatches: Vec<Mismatch>,
}

impl<'a> Seen<'a> {
    pub(in crate::checks) fn read(
        exchange: &'a Exchange,
        response: &'a Response,
        body: Option<&'a Value>,
        about: About,
    ) -> Self {
        let query = Query::read(exchange);
        let mut seen = Self { exchange, response, body, about, query, list_mismatches: Vec::new() };
        if let Some(list) = seen.queried() {
            let has = |name: &str| member(list, name).is_some();
            seen.query.cursor |= has("nextCursor") || has("previousCursor");
            // "Service providers implementing cursor pagination that are unable to estimate totalResults MAY
            // choose to omit the totalResults attribute." (RFC 9865 §2)
            let counted = (seen.query.cursor && list.is_object() && !has("totalResults")).then(|| {
                let mut counted = list.clone();
                counted["totalResults"] = Value::from(0);
                counted
            });
            seen.list_mismatches = Document::ListResponse.mismatches(counted.as_ref().unwrap_or(list));
        }
        seen
    }

    /// The media type of the answer without its parameters.
    pub(in crate::checks) fn media_type(&self) -> Option<String> {
        let named = self.response.header("Content-Type")?;
        Some(named.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    pub(in crate::checks) fn method(&self) -> &str {
        &self.exchange.request.method
    }

    /// The body of a success that answers a query for users or groups.
    fn queried(&self) -> Option<&'a Value> {
        let collection = matches!(self.about, About::Collection(_)) && self.method() == "GET";
        self.body.filter(|_| collection && self.response.is_success())
    }

    /// The list that a query was answered with, when it has the form of one.
    pub(in crate::checks) fn list(&self) -> Option<(Kind, &'a Value)> {
        let About::Collection(kind) = self.about else { return None };
        self.queried().filter(|_| self.list_mismatches.is_empty()).map(|list| (kind, list))
    }

    /// The resources of that list, each with its JSON Pointer.
    fn listed(&self) -> impl Iterator<Item = (Kind, String, &'a Value)> + use<'a> {
        let list = self.list();
        list.into_iter().flat_map(|(kind, list)| {
            let resources = member(list, "Resources").and_then(Value::as_array);
            resources
                .into_iter()
                .flatten()
                .enumerate()
                .map(move |(index, resource)| (kind, format!("/Resources/{index}"), resource))
        })
    }

    /// The resource that a success carries, and the id of the URI, where there is one.
    pub(in crate::checks) fn resource(&self) -> Option<(Kind, Option<&str>, &'a Value)> {
        let (kind, id) = match (&self.about, self.method()) {
            (About::Collection(kind), "POST") => (*kind, None),
            (About::One(kind, id), "GET" | "PUT" | "PATCH") => (*kind, Some(id.as_str())),
            _ => return None,
        };
        self.body.filter(|_| self.response.is_success()).map(|body| (kind, id, body))
    }

    /// Every representation in the answer: of one resource, or of each in a list, with its JSON Pointer.
    pub(in crate::checks) fn representations(
        &self,
    ) -> impl Iterator<Item = (Kind, String, &'a Value)> + use<'a> {
        let one = self.resource().map(|(kind, _, body)| (kind, String::new(), body));
        one.into_iter().chain(self.listed())
    }

    /// The user name that a look-up of Okta's asks for: `userName eq "…"` in this letter case, with resources wanted, and
    /// all of their attributes (okta-client §2.2, §12.2).
    pub(in crate::checks) fn okta_look_up(&self) -> Option<&str> {
        let asked = self.query.equality.as_ref()?;
        let form = asked.attribute == "userName" && asked.operator == "eq";
        let shown = self.whole() && self.query.count.is_none_or(|count| count > 0);
        (self.about == About::Collection(Kind::User) && form && shown).then_some(asked.value.as_str())
    }

    /// The part that was shown of the whole resource or list: nothing when the client asked for some
    /// attributes only, since what was left out at its wish says nothing of what is there.
    pub(in crate::checks) fn whole(&self) -> bool {
        !self.query.partial
    }
}

/// Where rules put what they find.
pub(in crate::checks) struct Verdicts<'a> {
    exchange: &'a Exchange,
    masker: &'a Masker,
    /// The exchange as reports keep it, once something is found.
    shown: Option<Shown>,
    found: Vec<Finding>,
}

impl<'a> Verdicts<'a> {
    pub(in crate::checks) fn new(exchange: &'a Exchange, masker: &'a Masker) -> Self {
        Self { exchange, masker, shown: None, found: Vec::new() }
    }

    pub(in crate::checks) fn fail(
        &mut self,
        requirement: &Requirement,
        expected: &[&str],
        actual: impl Into<String>,
        pointer: Option<String>,
    ) {
        // One answer may break a rule a thousand times over.
        if self.found.iter().filter(|known| known.requirement == requirement.slug).count() == Limits::FINDINGS
        {
            return;
        }
        let shown = self.shown.get_or_insert_with(|| Shown::new(self.exchange, self.masker));
        let mut finding = Finding::of(requirement, shown, self.masker, expected, &actual.into());
        finding.pointer = pointer;
        self.found.push(finding);
    }

    /// Adds what an Okta administrator sees to the latest finding.
    pub(in crate::checks) fn seen_as(&mut self, message: impl Into<String>) {
        if let Some(last) = self.found.last_mut() {
            last.admin_message = Some(self.masker.shown(&message.into()));
        }
    }

    pub(in crate::checks) fn found(self) -> Vec<Finding> {
        self.found
    }
}
