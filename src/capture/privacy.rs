//! Blots out of an exchange what nobody may see before it is kept: credentials and passwords always, and
//! personal data where that is asked for, each person under the same pseudonym everywhere.

use bytes::Bytes;
use serde_json::Value;

use super::Captured;
use super::pseudonyms::Pseudonyms;
use crate::exchange::{Exchange, Masker, Request, Response, TransportError, UrlParts, is_secret_header};

/// Cleans exchanges; what it learns from one counts for all that follow.
#[derive(Debug)]
pub struct Privacy {
    masker: Masker,
    pseudonyms: Option<Pseudonyms>,
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
        self.masker.learn_from(exchange);
        let group = exchange.request.path().contains("/Groups");
        if let Some(pseudonyms) = &mut self.pseudonyms {
            let bodies = [exchange.request.json(), exchange.response().and_then(Response::json)];
            bodies.iter().flatten().for_each(|body| pseudonyms.learn(body, group));
        }
        let mut gaps = captured.gaps.clone();
        let url = self.masker.text(&exchange.request.url);
        let url = match &mut self.pseudonyms {
            Some(pseudonyms) => pseudonyms.url(&url),
            None => url,
        };
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

    /// A whole capture in whatever form it has, as it may be given away.
    pub fn document(&mut self, text: &str) -> String {
        self.masker.learn_from_text(text);
        let masked = self.masker.body(text);
        let Some(pseudonyms) = &mut self.pseudonyms else { return masked };
        if let Ok(mut json) = serde_json::from_str::<Value>(&masked) {
            // Whoever is named at the end is named at the beginning too.
            pseudonyms.learn(&json, false);
            pseudonyms.replace(&mut json, false);
            let written = serde_json::to_string_pretty(&json).unwrap_or_default();
            return format!("{written}\n");
        }
        masked.lines().for_each(|line| drop(in_a_line(pseudonyms, line)));
        masked.split_inclusive('\n').map(|line| in_a_line(pseudonyms, line)).collect()
    }

    fn headers(&mut self, fields: &[(String, String)]) -> Vec<(String, String)> {
        let mut clean = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            let shown = self.masker.header(name, value);
            let shown = match &mut self.pseudonyms {
                Some(_) if is_secret_header(name) => shown,
                Some(pseudonyms) if UrlParts::of(&shown).is_absolute() => pseudonyms.url(&shown),
                Some(pseudonyms) => pseudonyms.text(&shown),
                None => shown,
            };
            clean.push((name.clone(), shown));
        }
        clean
    }

    fn text(&mut self, text: &str) -> String {
        let masked = self.masker.text(text);
        match &mut self.pseudonyms {
            Some(pseudonyms) => pseudonyms.text(&masked),
            None => masked,
        }
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
        let masked = self.masker.body(text);
        let Some(pseudonyms) = &mut self.pseudonyms else { return Bytes::from(masked) };
        match serde_json::from_str::<Value>(&masked) {
            Ok(mut json) => {
                let changed = pseudonyms.replace(&mut json, group);
                Bytes::from(if changed { json.to_string() } else { masked })
            }
            Err(_) => Bytes::from(pseudonyms.text(&masked)),
        }
    }
}

/// A line of a log, or a command: JSON in it, URLs in it, and who is known of elsewhere.
fn in_a_line(pseudonyms: &mut Pseudonyms, line: &str) -> String {
    if let (Some(start), Some(end)) = (line.find(['{', '[']), line.rfind(['}', ']']))
        && start < end
        && let Ok(mut json) = serde_json::from_str::<Value>(&line[start..=end])
    {
        pseudonyms.learn(&json, false);
        let changed = pseudonyms.replace(&mut json, false);
        let middle = if changed { json.to_string() } else { line[start..=end].to_owned() };
        let (before, after) = (in_words(pseudonyms, &line[..start]), in_words(pseudonyms, &line[end + 1..]));
        return format!("{before}{middle}{after}");
    }
    in_words(pseudonyms, line)
}

fn in_words(pseudonyms: &mut Pseudonyms, text: &str) -> String {
    let word = |word: &str| word.contains('?') && word.contains('=');
    let separators = [' ', '"', '\'', '\t', '\n'];
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive(separators) {
        let bare = part.trim_end_matches(separators);
        if word(bare) {
            out.push_str(&pseudonyms.url(bare));
            out.push_str(&part[bare.len()..]);
        } else {
            out.push_str(part);
        }
    }
    pseudonyms.text(&out)
}
