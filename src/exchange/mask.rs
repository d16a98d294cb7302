//! Masking of secrets at the place where bytes leave the program.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::AhoCorasick;

use super::Exchange;
use super::decode::{find, on_one_line};
use super::limits::{Limits, shortened};
use super::places::{Found, How, Places, split_cut};
use super::secret::{MASK, is_secret_header, scheme};

/// Shorter ones would blot out ordinary words.
const SHORTEST: usize = 4;
/// Most secrets that are learned from what goes by, so that whoever tries credentials for ever fills nothing.
const MOST_LEARNED: usize = 10_000;

/// Knows the secrets of a run and blots them out of any text, and with them what is a secret by its place. Cheap to
/// clone; clones share what they know.
///
/// A secret is found in every form that a text can give it: as it is, in any letter case, percent-encoded in whole
/// or in part, with the escapes of JSON, with HTML's entities, in base64 at any alignment inside of a longer text,
/// in base32, in hexadecimal digits, broken into lines, and in several of these one inside the other. What cannot be
/// found is what nobody can undo: a hash of it, what was compressed or encrypted with it, a part of it alone.
#[derive(Debug, Clone, Default)]
pub struct Masker {
    known: Arc<RwLock<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    /// What is looked for.
    needles: HashSet<String>,
    shortest: usize,
    /// Finds all of them at once; made when it is needed.
    automaton: Option<Arc<AhoCorasick>>,
}

impl Masker {
    /// A masker that knows no secret yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret. Values under four characters are not masked in running text, since they would blot out ordinary
    /// words; where a secret must stand, such as header fields that carry credentials, it is masked however short.
    pub fn add(&self, secret: &str) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for plain in [secret.to_owned(), on_one_line(secret)] {
            // Forms write a blank so.
            known.add(&plain.replace(' ', "+"));
            known.add(&plain);
        }
    }

    /// Adds what this exchange shows to be secret, so that it is known wherever it turns up.
    pub fn learn_from(&self, exchange: &Exchange) {
        let mut places = Places::default();
        let answer = exchange.response();
        let fields = answer.map(|answer| answer.headers.as_slice()).unwrap_or_default();
        for (name, value) in exchange.request.headers.iter().chain(fields) {
            if is_secret_header(name) {
                places.note(value);
            } else {
                places.of(value, How::Words);
            }
        }
        places.of(&exchange.request.url, How::Words);
        let bodies = [exchange.request.body.as_ref(), answer.map(|answer| &answer.body)];
        for text in bodies.into_iter().flatten().filter_map(|body| std::str::from_utf8(body).ok()) {
            places.of(split_cut(text).0, How::Body);
        }
        self.learn(places.secrets);
    }

    /// The same of a text in which there are exchanges.
    pub fn learn_from_text(&self, text: &str) {
        let mut places = Places::default();
        places.of(text, How::Body);
        self.learn(places.secrets);
    }

    fn learn(&self, secrets: impl IntoIterator<Item = String>) {
        for secret in secrets {
            let full = self.known.read().is_ok_and(|known| known.needles.len() >= MOST_LEARNED);
            if !full && is_no_word(&secret) {
                self.add(&secret);
            }
        }
    }

    /// `text` with every known secret replaced by [`MASK`], and with every credential that shows itself: in the
    /// query of a URL or before its host, after the name of a scheme, as a token or a private key.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.masked(text, How::Words)
    }

    /// A body as it may be shown: what is secret by its name is masked too, in JSON, forms and XML, whole or cut, and
    /// in whatever else has names and values.
    #[must_use]
    pub fn body(&self, text: &str) -> String {
        let (text, cut) = split_cut(text);
        let mut masked = self.masked(text, How::Body);
        if !cut.is_empty() {
            self.mask_beginning(&mut masked);
            masked.push_str(cut);
        }
        masked
    }

    /// A text of a service as it may be shown: as much of it as a report has room for.
    #[must_use]
    pub fn shown(&self, text: &str) -> String {
        let beginning = &text[..text.floor_char_boundary(Limits::MASKED)];
        shortened(&self.text(beginning), Limits::SHOWN).into_owned()
    }

    /// A header value as it may be shown: credentials keep their scheme and lose the rest.
    #[must_use]
    pub fn header(&self, name: &str, value: &str) -> String {
        if is_secret_header(name) {
            return match scheme(value) {
                Some(scheme) => format!("{scheme} {MASK}"),
                None => MASK.to_owned(),
            };
        }
        self.text(value)
    }

    /// Whether a known secret stands in a text, in any of the forms that it is written in.
    pub(super) fn knows(&self, text: &str) -> bool {
        !self.known_in(text).is_empty()
    }

    fn masked(&self, text: &str, how: How) -> String {
        let mut found = Places::default().of(text, how);
        found.masks.extend(self.known_in(text));
        for (_, by) in &mut found.rewritten {
            let masks = self.known_in(by);
            *by = Found { masks, rewritten: Vec::new() }.apply(by);
        }
        found.apply(text)
    }

    fn known_in(&self, text: &str) -> Vec<Range<usize>> {
        let Some((automaton, shortest)) = self.automaton() else { return Vec::new() };
        find(text, shortest, &|bytes, found| {
            for hit in automaton.find_overlapping_iter(bytes) {
                found(hit.range());
            }
        })
    }

    fn automaton(&self) -> Option<(Arc<AhoCorasick>, usize)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.needles.is_empty() {
            return None;
        }
        if let Some(automaton) = &known.automaton {
            return Some((Arc::clone(automaton), known.shortest));
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let made = AhoCorasick::builder().ascii_case_insensitive(true).build(&known.needles);
        known.automaton = made.ok().map(Arc::new);
        known.automaton.clone().map(|automaton| (automaton, known.shortest))
    }

    /// Half a secret at the end of what was cut is half a secret too much.
    fn mask_beginning(&self, text: &mut String) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let half = known.needles.iter().filter_map(|needle| {
            let lengths = (SHORTEST..needle.len()).rev().filter(|length| needle.is_char_boundary(*length));
            lengths.into_iter().find(|length| text.ends_with(&needle[..*length]))
        });
        if let Some(length) = half.max() {
            text.truncate(text.len() - length);
            text.push_str(MASK);
        }
    }
}

impl Known {
    fn add(&mut self, needle: &str) {
        // Stars are what masked secrets leave.
        let masked = needle.bytes().all(|byte| byte == b'*');
        if needle.len() >= SHORTEST && !masked && self.needles.insert(needle.to_owned()) {
            let shortest = if self.needles.len() == 1 { usize::MAX } else { self.shortest };
            self.shortest = shortest.min(needle.len());
            self.automaton = None;
        }
    }
}

/// A password that is an ordinary word would blot out that word everywhere.
fn is_no_word(secret: &str) -> bool {
    secret.chars().count() >= 16 || secret.chars().any(|c| !c.is_alphabetic())
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
