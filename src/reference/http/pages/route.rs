//! What a page is, and what its code works with.

use maud::Markup;
use serde_json::Value;

use super::super::answer::Answer;
use super::super::shared::Shared;
use super::kept::Notice;
use super::session::take_once;
use crate::reference::tenant::{ConsoleError, Id, Tenant};

/// Shows something.
pub(super) type Show = fn(&mut Cx<'_>) -> Result<Page, ConsoleError>;
/// Does something.
pub(super) type Act = fn(&mut Cx<'_>) -> Result<Done, ConsoleError>;

/// What is done at a path.
#[derive(Clone, Copy)]
pub(super) enum Does {
    /// GET: a page.
    Show(Show),
    /// GET: something else than a page.
    Give(fn(&mut Cx<'_>) -> Result<Answer, ConsoleError>),
    /// POST: an action, and the page with its form, which shows why it was refused.
    Act(Act, Show),
}

/// One method of one path.
#[derive(Clone, Copy)]
pub(super) struct Route {
    /// With `{placeholders}`.
    pub(super) path: &'static str,
    pub(super) does: Does,
}

impl Route {
    pub(super) const fn show(path: &'static str, show: Show) -> Self {
        Self { path, does: Does::Show(show) }
    }

    pub(super) const fn give(
        path: &'static str,
        give: fn(&mut Cx<'_>) -> Result<Answer, ConsoleError>,
    ) -> Self {
        Self { path, does: Does::Give(give) }
    }

    pub(super) const fn act(path: &'static str, act: Act, form: Show) -> Self {
        Self { path, does: Does::Act(act, form) }
    }

    pub(super) fn method(&self) -> &'static str {
        match self.does {
            Does::Show(_) | Does::Give(_) => "GET",
            Does::Act(..) => "POST",
        }
    }
}

/// A page before it has its frame.
pub struct Page {
    /// Heading and title.
    pub title: String,
    /// Where it stands: names with their addresses, the outermost first.
    pub crumbs: Vec<(String, Option<String>)>,
    /// The entry of the navigation to which it belongs, by its address.
    pub here: String,
    /// Everything below the heading.
    pub content: Markup,
}

impl Page {
    /// A page that belongs to an entry of the navigation.
    #[must_use]
    pub fn new(title: impl Into<String>, here: &str, content: Markup) -> Self {
        Self { title: title.into(), crumbs: Vec::new(), here: here.to_owned(), content }
    }

    /// Below these.
    #[must_use]
    pub fn below(mut self, crumbs: &[(&str, Option<&str>)]) -> Self {
        let owned = |(name, address): &(&str, Option<&str>)| ((*name).to_owned(), address.map(str::to_owned));
        self.crumbs.extend(crumbs.iter().map(owned));
        self
    }
}

/// What follows when an action succeeded.
pub(super) struct Done {
    /// The page to show.
    pub(super) to: String,
    /// What it tells, if it has to be told.
    pub(super) notice: Option<String>,
    /// What that page alone may show.
    pub(super) once: Option<Value>,
}

impl Done {
    pub(super) fn new(to: impl Into<String>, notice: impl Into<String>) -> Self {
        Self { to: to.into(), notice: Some(notice.into()), once: None }
    }

    /// With something that is shown once instead of a notice.
    pub(super) fn shows_once(to: impl Into<String>, once: Value) -> Self {
        Self { to: to.into(), notice: None, once: Some(once) }
    }
}

/// A request of somebody who is signed in, read.
#[derive(Debug, Clone)]
pub struct Visit {
    pub(super) token: String,
    pub(super) csrf: String,
    /// Method token.
    pub method: String,
    /// Path, as sent.
    pub path: String,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// Fields of a form.
    pub form: Vec<(String, String)>,
}

impl Visit {
    /// A field of the form, without blanks around it; none when it is empty.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.form
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// All values of a field that may occur several times.
    #[must_use]
    pub fn fields(&self, name: &str) -> Vec<String> {
        self.form.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    }

    /// Whether a box was ticked.
    #[must_use]
    pub fn ticked(&self, name: &str) -> bool {
        self.form.iter().any(|(known, _)| known == name)
    }

    /// A query parameter that is not empty.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The token that a form must carry, as a hidden field.
    #[must_use]
    pub fn token_field(&self) -> Markup {
        maud::html! { input type="hidden" name="csrf" value=(self.csrf); }
    }
}

/// One request on a route.
pub(super) struct Cx<'a> {
    pub(super) shared: &'a Shared,
    pub(super) tenant: &'a mut Tenant,
    pub(super) visit: &'a Visit,
    /// The values of the placeholders, in order.
    pub(super) values: Vec<String>,
    /// Why the form was refused that is shown again.
    pub(super) refused: bool,
}

impl Cx<'_> {
    pub(super) fn value(&self, at: usize) -> &str {
        self.values.get(at).map_or("", String::as_str)
    }

    pub(super) fn id(&self, at: usize, what: &str) -> Result<Id, ConsoleError> {
        Id::parse(self.value(at)).ok_or_else(|| ConsoleError::not_found(what))
    }

    pub(super) fn provider(&self) -> Result<Id, ConsoleError> {
        self.id(0, "provider")
    }

    /// A field of the form that is there, even when it is empty: an empty text clears what it stands for.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.visit.form.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim().to_owned())
    }

    pub(super) fn field(&self, name: &str) -> Option<String> {
        self.visit.field(name).map(str::to_owned)
    }

    /// One of the words that the API has for a field.
    pub(super) fn word<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ConsoleError> {
        let Some(text) = self.visit.field(name) else { return Ok(None) };
        serde_json::from_value(Value::from(text)).map(Some).map_err(|_| {
            ConsoleError::new(
                400,
                "INVALID_CHOICE",
                format!("`{text}` is no choice here; choose one of the list."),
            )
        })
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str, what: &str) -> Result<Option<i64>, ConsoleError> {
        let Some(text) = self.visit.field(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            ConsoleError::new(400, "INVALID_NUMBER", format!("{what} must be a whole number, not `{text}`."))
        })
    }

    /// What a form shows: what was typed when it was refused, else what is so now.
    pub(super) fn typed(&self, name: &str, now: &str) -> String {
        if self.refused { self.text(name).unwrap_or_default() } else { now.to_owned() }
    }

    /// Whether a form shows a choice as made.
    pub(super) fn chosen(&self, name: &str, value: &str, now: bool) -> bool {
        if self.refused {
            self.visit.form.iter().any(|(known, given)| known == name && given == value)
        } else {
            now
        }
    }

    pub(super) fn token(&self) -> Markup {
        self.visit.token_field()
    }

    pub(super) fn once(&self) -> Option<Value> {
        take_once(self.shared, &self.visit.token)
    }
}

/// In words, for a page: the API's names of fields mean nothing there.
pub(super) fn refused_in_words(error: &ConsoleError) -> String {
    match error.code {
        "NAME_REQUIRED" => "Enter a display name.".into(),
        "ORG_REQUIRED" => "Choose an organization.".into(),
        "GROUP_REQUIRED" => "Select at least one SCIM group.".into(),
        "ROLE_REQUIRED" => "Choose at least one role.".into(),
        "METHOD_REQUIRED" => "Choose a mapping method.".into(),
        "INVALID_DELAY" => "Enter a whole number of minutes from 0 to 43200 (30 days).".into(),
        _ => error.message.clone(),
    }
}

/// What a failed action says at the top of the form.
pub(super) fn failed(error: &ConsoleError) -> Notice {
    Notice::Failed(refused_in_words(error))
}
