//! Blots out of an exchange what nobody may see before it is kept: credentials and passwords always, and
//! personal data where that is asked for, each person under the same pseudonym everywhere.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;

use super::Captured;
use super::scim::{equality, parameter};
use crate::exchange::{
    Exchange, MASK, Masker, Request, Response, TransportError, is_secret_header, percent_encode,
};

/// Members of JSON documents and forms whose values are secrets.
const SECRETS: [&str; 6] =
    ["password", "client_secret", "access_token", "refresh_token", "id_token", "assertion"];
/// Attributes that tell who somebody is.
const PERSONAL: [&str; 13] = [
    "username",
    "displayname",
    "nickname",
    "givenname",
    "familyname",
    "middlename",
    "formatted",
    "display",
    "streetaddress",
    "postalcode",
    "employeenumber",
    "profileurl",
    "managerid",
];
/// Attributes whose values, in `value`, tell who somebody is.
const ADDRESSES: [&str; 4] = ["emails", "phonenumbers", "ims", "photos"];

/// Cleans exchanges; what it learns from one counts for all that follow.
#[derive(Debug)]
pub struct Privacy {
    masker: Masker,
    pseudonyms: Option<Pseudonyms>,
}

#[derive(Debug, Default)]
struct Pseudonyms {
    /// By the value in lower case.
    known: HashMap<String, String>,
    /// The same, longest first, for running text.
    ordered: Vec<(String, String)>,
    counts: HashMap<&'static str, usize>,
}

impl Privacy {
    /// With or without pseudonyms.
    #[must_use]
    pub fn new(pseudonymize: bool) -> Self {
        Self { masker: Masker::new(), pseudonyms: pseudonymize.then(Pseudonyms::default) }
    }

    /// Knows the secrets that were seen so far.
    #[must_use]
    pub fn masker(&self) -> &Masker {
        &self.masker
    }

    /// The exchange as it may be kept.
    pub fn clean(&mut self, captured: &Captured) -> Captured {
        let exchange = &captured.exchange;
        self.learn(exchange);
        let mut gaps = captured.gaps.clone();
        let group = exchange.request.path().contains("/Groups");
        let url = self.url(&exchange.request);
        let request_body =
            exchange.request.body.as_ref().map(|body| self.body(body, group, "request", &mut gaps));
        let request = Request {
            method: exchange.request.method.clone(),
            url,
            headers: self.headers(&exchange.request.headers),
            body: request_body,
        };
        let outcome = match &exchange.outcome {
            Ok(response) => Ok(Response {
                status: response.status,
                reason: self.text(&response.reason),
                headers: self.headers(&response.headers),
                body: self.body(&response.body, group, "answer", &mut gaps),
            }),
            Err(TransportError::Broken { authority, reason }) => {
                Err(TransportError::Broken { authority: authority.clone(), reason: self.text(reason) })
            }
            Err(other) => Err(other.clone()),
        };
        Captured {
            started: captured.started,
            exchange: Exchange { request, outcome, duration: exchange.duration },
            gaps,
            versions: captured.versions.clone(),
        }
    }

    fn learn(&self, exchange: &Exchange) {
        let answered = exchange.response().map(|response| response.headers.as_slice()).unwrap_or_default();
        for (name, value) in exchange.request.headers.iter().chain(answered) {
            if is_secret_header(name) {
                let secret = value.split_once(' ').map_or(value.as_str(), |(_, secret)| secret);
                self.masker.add(secret);
                if let Some(pair) = STANDARD.decode(secret).ok().and_then(|pair| String::from_utf8(pair).ok())
                    && let Some((_, password)) = pair.split_once(':')
                {
                    self.masker.add(password);
                }
            }
        }
        let bodies = [exchange.request.body.as_ref(), exchange.response().map(|response| &response.body)];
        for body in bodies.into_iter().flatten() {
            if let Ok(json) = serde_json::from_slice::<Value>(body) {
                self.learn_from(&json);
            } else if let Ok(text) = std::str::from_utf8(body) {
                for (name, value) in text.split('&').filter_map(|pair| pair.split_once('=')) {
                    if is_secret(name) && value.len() < 10_000 {
                        self.masker.add(&crate::exchange::percent_decode(value));
                    }
                }
            }
        }
    }

    fn learn_from(&self, value: &Value) {
        match value {
            Value::Object(fields) => {
                let patched = fields.get("path").and_then(Value::as_str).is_some_and(is_secret);
                for (name, inner) in fields {
                    match inner.as_str() {
                        Some(secret) if is_secret(name) || patched && name == "value" => {
                            self.masker.add(secret)
                        }
                        _ => self.learn_from(inner),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn_from(item)),
            _ => {}
        }
    }

    fn headers(&self, fields: &[(String, String)]) -> Vec<(String, String)> {
        fields
            .iter()
            .map(|(name, value)| {
                let shown = self.masker.header(name, value);
                let shown = if is_secret_header(name) { shown } else { self.text(&shown) };
                (name.clone(), shown)
            })
            .collect()
    }

    fn text(&self, text: &str) -> String {
        let masked = self.masker.text(text);
        match &self.pseudonyms {
            Some(pseudonyms) => pseudonyms.in_text(&masked),
            None => masked,
        }
    }

    fn url(&mut self, request: &Request) -> String {
        let url = self.masker.text(&request.url);
        let Some(pseudonyms) = &mut self.pseudonyms else { return url };
        // Members of a group are looked for by id; people by name or address.
        if request.path().ends_with("/Users")
            && let Some(filter) = parameter(request, "filter")
            && let Some((attribute, value)) = equality(&filter)
            && let Some((path, query)) = url.split_once('?')
        {
            let named = attribute.rsplit(['.', ':']).next().unwrap_or_default().to_lowercase();
            let value =
                if named == "id" || named == "externalid" { value } else { pseudonyms.of(&named, &value) };
            let quoted = serde_json::to_string(&value).unwrap_or_default();
            let pairs: Vec<String> = query
                .split('&')
                .map(|pair| match pair.split_once('=') {
                    Some((key, _)) if key.eq_ignore_ascii_case("filter") => {
                        format!("{key}={}", percent_encode(&format!("{attribute} eq {quoted}")))
                    }
                    _ => pair.to_owned(),
                })
                .collect();
            return format!("{path}?{}", pairs.join("&"));
        }
        pseudonyms.in_text(&url)
    }

    fn body(&mut self, body: &Bytes, group: bool, whose: &str, gaps: &mut Vec<String>) -> Bytes {
        if body.is_empty() {
            return body.clone();
        }
        let Ok(text) = std::str::from_utf8(body) else {
            gaps.push(format!(
                "the body of the {whose}, {} bytes that are no text, is not in the capture",
                body.len()
            ));
            return Bytes::new();
        };
        if let Ok(mut json) = serde_json::from_str::<Value>(text) {
            let mut changed = blot_out(&mut json);
            if let Some(pseudonyms) = &mut self.pseudonyms {
                changed |= pseudonyms.in_json(&mut json, "", group);
            }
            if changed {
                return Bytes::from(self.masker.text(&json.to_string()));
            }
            return Bytes::from(self.masker.text(text));
        }
        Bytes::from(self.text(text))
    }
}

fn is_secret(name: &str) -> bool {
    SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Replaces secrets by their place in the document, however short they are.
fn blot_out(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => {
            let patched = fields.get("path").and_then(Value::as_str).is_some_and(is_secret);
            let mut changed = false;
            for (name, inner) in fields.iter_mut() {
                if is_secret(name) || patched && name == "value" {
                    if inner.is_string() {
                        *inner = Value::String(MASK.into());
                        changed = true;
                    }
                } else {
                    changed |= blot_out(inner);
                }
            }
            changed
        }
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| blot_out(item) | changed),
        _ => false,
    }
}

impl Pseudonyms {
    fn of(&mut self, attribute: &str, value: &str) -> String {
        if value.is_empty() {
            return String::new();
        }
        let key = value.to_lowercase();
        if !self.known.contains_key(&key) {
            let (kind, form): (&'static str, fn(usize) -> String) = if value.contains('@') {
                ("address", |n| format!("person-{n}@example.test"))
            } else if attribute == "givenname" {
                ("given", |n| format!("Given-{n}"))
            } else if attribute == "familyname" {
                ("family", |n| format!("Family-{n}"))
            } else if value.chars().all(|c| c.is_ascii_digit() || "+-(). ".contains(c)) {
                ("number", |n| format!("555-{n:04}"))
            } else if value.contains("://") {
                ("url", |n| format!("https://example.test/{n}"))
            } else {
                ("name", |n| format!("Name-{n}"))
            };
            let count = self.counts.entry(kind).or_default();
            *count += 1;
            let pseudonym = form(*count);
            self.known.insert(key.clone(), pseudonym.clone());
            self.ordered.push((key.clone(), pseudonym));
            self.ordered.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        }
        let pseudonym = self.known.get(&key).cloned().unwrap_or_default();
        // A service that compares with regard to case has to be seen doing so.
        if value.chars().any(char::is_lowercase) || !value.chars().any(char::is_alphabetic) {
            pseudonym
        } else {
            pseudonym.to_uppercase()
        }
    }

    fn in_json(&mut self, value: &mut Value, within: &str, group: bool) -> bool {
        match value {
            Value::Object(fields) => {
                let group = match fields.get("schemas").and_then(Value::as_array) {
                    Some(urns)
                        if urns.iter().any(|urn| urn.as_str().is_some_and(|urn| urn.ends_with(":Group"))) =>
                    {
                        true
                    }
                    Some(urns)
                        if urns
                            .iter()
                            .any(|urn| urn.as_str().is_some_and(|urn| urn.ends_with("2.0:User"))) =>
                    {
                        false
                    }
                    _ => group,
                };
                let path = fields.get("path").and_then(Value::as_str).unwrap_or_default();
                let path =
                    path.split('[').next().unwrap_or_default().rsplit(['.', ':']).next().unwrap_or_default();
                let path = path.to_lowercase();
                let mut changed = false;
                for (name, inner) in fields.iter_mut() {
                    let mut key = name.to_lowercase();
                    if key == "value" && !path.is_empty() {
                        key.clone_from(&path);
                    }
                    let personal = PERSONAL.contains(&key.as_str()) && !(group && key == "displayname")
                        || key == "value" && ADDRESSES.contains(&within);
                    match inner {
                        Value::String(text) if personal => {
                            let pseudonym = self.of(&key, text);
                            changed |= pseudonym != *text;
                            *text = pseudonym;
                        }
                        Value::String(_)
                            if matches!(
                                key.as_str(),
                                "id" | "externalid" | "schemas" | "$ref" | "location"
                            ) => {}
                        _ => changed |= self.in_json(inner, &key, group),
                    }
                }
                changed
            }
            Value::Array(items) => {
                items.iter_mut().fold(false, |changed, item| self.in_json(item, within, group) | changed)
            }
            Value::String(text) => {
                let replaced = self.in_text(text);
                let changed = replaced != *text;
                *text = replaced;
                changed
            }
            _ => false,
        }
    }

    /// Replaces what is known, as whole words.
    fn in_text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (value, pseudonym) in &self.ordered {
            for form in [value.clone(), percent_encode(value)] {
                text = replaced(&text, &form, pseudonym);
                if !value.contains('@') {
                    break;
                }
            }
        }
        text
    }
}

/// Replaces `word`, in any letter case, where it does not stand inside a longer word.
fn replaced(text: &str, word: &str, by: &str) -> String {
    if word.len() < 2 || !word.is_ascii() {
        return if word.len() < 2 { text.to_owned() } else { text.replace(word, by) };
    }
    let lower = text.to_ascii_lowercase();
    let word = word.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(found) = lower[from..].find(&word) {
        let (start, end) = (from + found, from + found + word.len());
        let alone = !lower[..start].chars().next_back().is_some_and(char::is_alphanumeric)
            && !lower[end..].chars().next().is_some_and(char::is_alphanumeric);
        out.push_str(&text[from..start]);
        out.push_str(if alone { by } else { &text[start..end] });
        from = end;
    }
    out.push_str(&text[from..]);
    out
}
