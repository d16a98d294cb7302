//! A browser without scripts, in this process: keeps cookies, follows redirects, fills the hidden fields of
//! the form that it sees. Beside it the console's API and SCIM, to read what a form has done.
#![allow(clippy::allow_attributes, dead_code, reason = "each test uses what it needs")]

use std::collections::BTreeMap;

use base64::Engine as _;
use regex::Regex;
use scimulate::exchange::{InProcess, Request, Transport as _, percent_encode};
use scimulate::reference::http::{Preset, Reference, ReferenceOptions, TimeSource};
use serde_json::Value;

pub(crate) const ORIGIN: &str = "http://reference.test";

pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// What markup stands for, for a test that compares texts.
fn plain(markup: &str) -> String {
    let text = Regex::new("<[^>]*>").unwrap().replace_all(markup, "").into_owned();
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn capture(&self, pattern: &str) -> String {
        let found = Regex::new(pattern).unwrap().captures(&self.body);
        found.map_or_else(String::new, |found| plain(&found[1]))
    }

    pub(crate) fn title(&self) -> String {
        self.capture("(?s)<h1>(.*?)</h1>")
    }

    pub(crate) fn alert(&self) -> String {
        self.capture(r#"(?s)role="alert">(.*?)</p>"#)
    }

    pub(crate) fn status_text(&self) -> String {
        self.capture(r#"(?s)role="status">(.*?)</p>"#)
    }

    /// The value of the field with this id.
    pub(crate) fn value_of(&self, id: &str) -> String {
        self.capture(&format!(r#"<input id="{id}"[^>]* value="([^"]*)""#))
    }

    /// Where the link with this text leads.
    pub(crate) fn link_to(&self, text: &str) -> String {
        self.capture(&format!(r#"<a [^>]*href="([^"]*)"[^>]*>{text}</a>"#))
    }
}

#[derive(Clone)]
pub(crate) struct Browser {
    router: axum::Router,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) set_cookies: Vec<String>,
    /// The address that is shown.
    pub(crate) at: String,
    page: String,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self::on(reference().router())
    }

    pub(crate) fn on(router: axum::Router) -> Self {
        Self {
            router,
            cookies: BTreeMap::new(),
            set_cookies: Vec::new(),
            at: String::new(),
            page: String::new(),
        }
    }

    /// Another browser on the same service.
    pub(crate) fn another(&self) -> Self {
        Self::on(self.router.clone())
    }

    pub(crate) fn signed_in() -> Self {
        let mut browser = Self::new();
        browser.sign_in();
        browser
    }

    pub(crate) fn sign_in(&mut self) {
        self.get("/sign-in");
        let page = self.send(&[("username", "admin@reference.test"), ("password", "console")]);
        assert_eq!(page.status, 200);
    }

    fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: Vec<(String, String)>,
        body: Option<String>,
    ) -> Answer {
        let request = Request {
            method: method.into(),
            url: format!("{ORIGIN}{path}"),
            headers,
            body: body.map(Into::into),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(InProcess::new(self.router.clone()).send(&request)).unwrap();
        Answer {
            status: answer.status,
            headers: answer.headers,
            body: String::from_utf8(answer.body.to_vec()).unwrap(),
        }
    }

    /// One request as it is; cookies go along and are kept, nothing is followed.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        form: Option<&[(&str, &str)]>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut fields: Vec<(String, String)> = vec![("Host".into(), "reference.test".into())];
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            fields.push(("Cookie".into(), pairs.join("; ")));
        }
        fields.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let body = form.map(|form| {
            fields.push(("Content-Type".into(), "application/x-www-form-urlencoded".into()));
            let pairs: Vec<String> = form
                .iter()
                .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
                .collect();
            pairs.join("&")
        });
        let answer = self.exchange(method, path, fields, body);
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            self.set_cookies.push(cookie.clone());
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    fn follow(&mut self, mut answer: Answer, path: &str) -> Answer {
        self.at = path.to_owned();
        while answer.status == 303 {
            self.at = answer.header("location").unwrap().to_owned();
            let path = self.at.split('#').next().unwrap().to_owned();
            answer = self.ask("GET", &path, None, &[]);
        }
        self.page.clone_from(&answer.body);
        answer
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        let answer = self.ask("GET", path, None, &[]);
        self.follow(answer, path)
    }

    pub(crate) fn csrf(&self) -> String {
        Regex::new(r#"name="csrf" value="([^"]*)""#).unwrap().captures(&self.page).unwrap()[1].to_owned()
    }

    /// Sends the form of the page, the one in its content: its hidden fields and these.
    pub(crate) fn send(&mut self, fields: &[(&str, &str)]) -> Answer {
        let content = self.page.split("<main").nth(1).unwrap().to_owned();
        let form = content.split("<form").find(|form| form.contains("method=\"post\"")).unwrap();
        let action = Regex::new(r#"action="([^"]*)""#).unwrap().captures(form).unwrap()[1].to_owned();
        let hidden = Regex::new(r#"type="hidden" name="([^"]*)" value="([^"]*)""#).unwrap();
        let hidden: Vec<(String, String)> = hidden
            .captures_iter(form.split("</form>").next().unwrap())
            .map(|found| (found[1].to_owned(), plain(&found[2])))
            .collect();
        let mut all: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.extend(fields);
        let answer = self.ask("POST", &action, Some(&all), &[("Origin", ORIGIN)]);
        self.follow(answer, &action)
    }

    /// Sends a form of the page to this address.
    pub(crate) fn send_to(&mut self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.csrf();
        let mut all = vec![("csrf", token.as_str())];
        all.extend(fields);
        let answer = self.ask("POST", action, Some(&all), &[("Origin", ORIGIN)]);
        self.follow(answer, action)
    }

    fn basic(
        &self,
        user: &str,
        password: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
        kind: &str,
    ) -> Answer {
        let credential = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        let mut headers = vec![
            ("Host".to_owned(), "reference.test".to_owned()),
            ("Authorization".to_owned(), format!("Basic {credential}")),
        ];
        if body.is_some() {
            headers.push(("Content-Type".to_owned(), kind.to_owned()));
        }
        self.exchange(method, path, headers, body.map(Value::to_string))
    }

    /// The console's API.
    pub(crate) fn api(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let answer = self.basic("admin@reference.test", "console", method, path, body, "application/json");
        (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::Null))
    }

    pub(crate) fn api_text(&self, path: &str) -> String {
        self.basic("admin@reference.test", "console", "GET", path, None, "").body
    }

    pub(crate) fn scim(
        &self,
        (user, password): &(String, String),
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let path = format!("/scim/v2{path}");
        let answer = self.basic(user, password, method, &path, body, "application/scim+json");
        (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::Null))
    }
}

/// A service whose clock stands on the first day of 2026.
pub(crate) fn reference() -> Reference {
    reference_with(None)
}

/// The same, with this for real time.
pub(crate) fn reference_with(live: Option<TimeSource>) -> Reference {
    Reference::new(ReferenceOptions {
        preset: Preset::Seed,
        origin: ORIGIN.into(),
        start: jiff::Timestamp::constant(1_767_225_600, 0),
        live,
        seed: 1,
        console_username: "admin@reference.test".into(),
        console_password: "console".into(),
    })
}
