//! Other names for people, the same one for the same thing wherever it stands: as a member, in the value of a
//! PATCH operation, in a filter, in a URL, in running text, in whatever letter case.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aho_corasick::AhoCorasick;
use serde_json::Value;

use crate::exchange::{UrlParts, percent_decode, percent_encode};

/// Attributes that tell who somebody is.
const PERSONAL: [&str; 15] = [
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
    "manager",
    "externalid",
];
/// Attributes whose values, in `value`, tell who somebody is.
const ADDRESSES: [&str; 5] = ["emails", "phonenumbers", "ims", "photos", "manager"];

/// What people are called, and what they are called here.
#[derive(Debug, Default)]
pub(super) struct Pseudonyms {
    /// By the value in lower case.
    known: HashMap<String, String>,
    counts: HashMap<&'static str, usize>,
    /// Identifiers that services gave.
    ids: HashSet<String>,
    /// Finds all that is known, with the pseudonyms in its order; made when it is needed.
    finder: Option<(AhoCorasick, Vec<String>)>,
}

/// What a document is about, where that decides what a member is.
#[derive(Debug, Clone, Copy)]
struct Within<'a> {
    /// The member that holds the value, or the attribute that the path names.
    key: &'a str,
    /// The member around that.
    around: &'a str,
    /// The resource is a group.
    group: bool,
}

impl Pseudonyms {
    /// Learns whom the document names.
    pub(super) fn learn(&mut self, document: &Value, group: bool) {
        let mut copy = document.clone();
        self.walk(&mut copy, Within { key: "", around: "", group }, true);
    }

    /// Replaces whom the document names; says whether anything changed.
    pub(super) fn replace(&mut self, document: &mut Value, group: bool) -> bool {
        self.walk(document, Within { key: "", around: "", group }, false)
    }

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
            } else if attribute == "externalid" {
                ("external", |n| format!("External-{n}"))
            } else {
                ("name", |n| format!("Name-{n}"))
            };
            let count = self.counts.entry(kind).or_default();
            *count += 1;
            self.known.insert(key.clone(), form(*count));
            self.finder = None;
        }
        self.named(value).unwrap_or_default()
    }

    /// The pseudonym of what is known already.
    fn named(&self, value: &str) -> Option<String> {
        self.known.get(&value.to_lowercase()).map(|pseudonym| in_the_case_of(value, pseudonym))
    }

    fn walk(&mut self, value: &mut Value, within: Within<'_>, learning: bool) -> bool {
        match value {
            Value::Object(fields) => {
                let text = |name: &str| {
                    let found = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                    found.and_then(|(_, value)| value.as_str()).unwrap_or_default()
                };
                let group = of_a_group(fields.get("schemas")).unwrap_or(within.group);
                let path = attribute(text("path"));
                // As captures write parameters.
                let filter = text("name").eq_ignore_ascii_case("filter");
                let mut changed = false;
                for (name, inner) in fields.iter_mut() {
                    let mut key = attribute(name);
                    if filter
                        && key == "value"
                        && let Value::String(text) = inner
                    {
                        changed |= set(text, self.filter(text, group));
                        continue;
                    }
                    let mut around = within.key;
                    if key == "value" && !path.is_empty() {
                        key.clone_from(&path);
                        around = "";
                    }
                    changed |= self.walk(inner, Within { key: &key, around, group }, learning);
                }
                changed
            }
            Value::Array(items) => {
                items.iter_mut().fold(false, |changed, item| self.walk(item, within, learning) | changed)
            }
            Value::String(text) => {
                let replaced = self.string(text, within, learning);
                set(text, replaced)
            }
            Value::Number(number) if within.key == "employeenumber" => {
                let replaced = self.of(within.key, &number.to_string());
                *value = Value::String(replaced);
                true
            }
            _ => false,
        }
    }

    fn string(&mut self, text: &str, within: Within<'_>, learning: bool) -> String {
        let Within { key, around, group } = within;
        match key {
            "id" => {
                self.ids.insert(text.to_owned());
                // Some services identify people by their names.
                return self.named(text).unwrap_or_else(|| text.to_owned());
            }
            "schemas" => return text.to_owned(),
            "filter" => return self.filter(text, group),
            "$ref" | "location" | "url" | "uri" => return self.url(text),
            _ => {}
        }
        if text.starts_with(['{', '['])
            && let Ok(mut inner) = serde_json::from_str::<Value>(text)
        {
            let changed = self.walk(&mut inner, Within { key: "", around: "", group }, learning);
            return if changed { inner.to_string() } else { text.to_owned() };
        }
        // A group's name is its own, where it is shown with its members and where it is with a person.
        let of_a_group =
            group && key == "displayname" || around == "groups" && matches!(key, "display" | "value");
        let address = key == "value" && ADDRESSES.contains(&around) || ADDRESSES.contains(&key);
        let by_id =
            (key == "manager" || around == "manager" || key == "managerid") && self.ids.contains(text);
        if !of_a_group && !by_id && (PERSONAL.contains(&key) || address) {
            return self.of(key, text);
        }
        if learning { text.to_owned() } else { self.text(text) }
    }

    /// A filter (RFC 7644 §3.4.2.2): what people are compared with is theirs.
    fn filter(&mut self, filter: &str, group: bool) -> String {
        let mut out = String::new();
        let mut rest = filter;
        while let Some(at) = rest.find('"') {
            let Some((length, value)) = quoted(&rest[at..]) else { break };
            out.push_str(&rest[..at]);
            let mut words = rest[..at].split([' ', '(', ')', '[']).rev().filter(|word| !word.is_empty());
            let named = attribute(words.nth(1).unwrap_or_default());
            let theirs = PERSONAL.contains(&named.as_str()) && !(group && named.starts_with("display"));
            let address = ADDRESSES.contains(&named.as_str()) || named == "value" && value.contains('@');
            let replaced = if theirs || address { self.of(&named, &value) } else { self.text(&value) };
            out.push_str(&Value::String(replaced).to_string());
            rest = &rest[at + length..];
        }
        out.push_str(rest);
        out
    }

    /// A URL, or the target of a request: its filter, and who is known of elsewhere.
    pub(super) fn url(&mut self, url: &str) -> String {
        let UrlParts { origin, path, query, fragment, .. } = UrlParts::of(url);
        let group = path.split('/').any(|segment| segment == "Groups");
        let segments: Vec<String> = path
            .split('/')
            .map(|segment| {
                let named = self.named(&percent_decode(segment));
                named.map_or_else(|| segment.to_owned(), |named| percent_encode(&named))
            })
            .collect();
        let mut replaced = format!("{origin}{}", segments.join("/"));
        let pairs: Vec<String> = query
            .into_iter()
            .flat_map(|query| query.split('&'))
            .map(|pair| {
                let Some((name, value)) = pair.split_once('=') else { return pair.to_owned() };
                let plain = percent_decode(&value.replace('+', " "));
                let filter = percent_decode(name).eq_ignore_ascii_case("filter");
                let replaced = if filter { self.filter(&plain, group) } else { self.text(&plain) };
                if replaced == plain {
                    pair.to_owned()
                } else {
                    format!("{name}={}", percent_encode(&replaced))
                }
            })
            .collect();
        if query.is_some() {
            replaced.push_str(&format!("?{}", pairs.join("&")));
        }
        replaced.extend(fragment.map(|fragment| format!("#{fragment}")));
        replaced
    }

    /// Replaces what is known, as whole words.
    pub(super) fn text(&mut self, text: &str) -> String {
        let (lower, places) = lowered(text);
        let alone = |range: &Range<usize>| {
            !lower[..range.start].chars().next_back().is_some_and(char::is_alphanumeric)
                && !lower[range.end..].chars().next().is_some_and(char::is_alphanumeric)
        };
        let Some((finder, pseudonyms)) = self.finder() else { return text.to_owned() };
        let mut hits: Vec<(Range<usize>, &str)> = finder
            .find_overlapping_iter(lower.as_str())
            .map(|hit| (hit.range(), pseudonyms[hit.pattern().as_usize()].as_str()))
            .filter(|(range, _)| alone(range))
            .collect();
        hits.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (range, pseudonym) in hits {
            let (start, end) = (places(range.start), places(range.end));
            if start >= at {
                out.push_str(&text[at..start]);
                out.push_str(&in_the_case_of(&text[start..end], pseudonym));
                at = end;
            }
        }
        out.push_str(&text[at..]);
        out
    }

    fn finder(&mut self) -> Option<&(AhoCorasick, Vec<String>)> {
        if self.finder.is_none() {
            // One letter is no name in running text.
            let known = self.known.iter().filter(|(value, _)| value.len() > 1);
            let (values, pseudonyms): (Vec<&String>, Vec<String>) =
                known.map(|(value, pseudonym)| (value, pseudonym.clone())).unzip();
            self.finder = AhoCorasick::new(values).ok().map(|finder| (finder, pseudonyms));
        }
        self.finder.as_ref()
    }
}

fn set(text: &mut String, replaced: String) -> bool {
    let changed = replaced != *text;
    *text = replaced;
    changed
}

/// Whether these are the schemas of a group, or of a person; nothing if they say neither.
fn of_a_group(schemas: Option<&Value>) -> Option<bool> {
    let mut urns = schemas?.as_array()?.iter().filter_map(Value::as_str);
    urns.find_map(|urn| match urn.rsplit(':').next() {
        Some("Group") => Some(true),
        Some("User") if urn.ends_with("2.0:User") => Some(false),
        _ => None,
    })
}

/// The attribute at a path, in lower case: `emails` of `emails[type eq "work"].value`.
fn attribute(path: &str) -> String {
    let (before, after) = match path.split_once('[') {
        Some((before, rest)) => (before, rest.rsplit_once(']').map_or("", |(_, after)| after)),
        None => (path, ""),
    };
    let below = before.rsplit(':').next().unwrap_or_default();
    let steps = below.split('.').chain(after.split('.')).filter(|step| !step.is_empty());
    let mut steps: Vec<String> = steps.map(str::to_lowercase).collect();
    if steps.len() > 1 && steps.last().is_some_and(|step| step == "value") {
        steps.pop();
    }
    steps.pop().unwrap_or_default()
}

/// How long the string is with which the text begins, and what it says.
fn quoted(text: &str) -> Option<(usize, String)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let value = stream.next()?.ok()?;
    Some((stream.byte_offset(), value))
}

/// A service that compares with regard to case has to be seen doing so.
fn in_the_case_of(value: &str, pseudonym: &str) -> String {
    let mut letters = value.chars().filter(|c| c.is_alphabetic()).peekable();
    let Some(first) = letters.peek().copied() else { return pseudonym.to_owned() };
    let (upper, lower) = letters
        .fold((true, true), |(upper, lower), c| (upper && !c.is_lowercase(), lower && !c.is_uppercase()));
    match (upper, lower) {
        (true, false) => pseudonym.to_uppercase(),
        (_, true) => pseudonym.to_lowercase(),
        _ if first.is_uppercase() => {
            let (head, tail) = pseudonym.split_at(pseudonym.len().min(1));
            format!("{}{tail}", head.to_uppercase())
        }
        _ => pseudonym.to_owned(),
    }
}

/// The text in lower case, and where in the text what stands at a place of it stands.
fn lowered(text: &str) -> (String, impl Fn(usize) -> usize) {
    let lower = text.to_lowercase();
    let same = text.is_ascii();
    let mut places = Vec::new();
    if !same {
        for (at, c) in text.char_indices() {
            let length: usize = c.to_lowercase().map(char::len_utf8).sum();
            places.extend(std::iter::repeat_n(at, length));
        }
        places.push(text.len());
    }
    (lower, move |at| if same { at } else { places.get(at).copied().unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn replaced(pseudonyms: &mut Pseudonyms, mut document: Value) -> Value {
        pseudonyms.learn(&document, false);
        pseudonyms.replace(&mut document, false);
        document
    }

    #[rstest::rstest]
    #[case("emails[type eq \"work\"].value", "emails")]
    #[case("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", "manager")]
    #[case("name.givenName", "givenname")]
    #[case("userName", "username")]
    #[case("value", "value")]
    #[case("", "")]
    fn a_path_names_an_attribute(#[case] path: &str, #[case] named: &str) {
        assert_eq!(attribute(path), named);
    }

    #[test]
    fn one_thing_has_one_name_wherever_it_stands() {
        let mut pseudonyms = Pseudonyms::default();
        let user = replaced(
            &mut pseudonyms,
            json!({
                "id": "17", "userName": "ada@example.com", "externalId": "E-1", "displayName": "Ada Ärmel",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
                    "employeeNumber": "701984", "manager": { "value": "18", "displayName": "Grace Hopper" }
                },
                "groups": [{ "value": "5", "display": "Crew" }],
            }),
        );
        let enterprise = &user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"];
        let (login, number) =
            (user["userName"].as_str().unwrap(), enterprise["employeeNumber"].as_str().unwrap());
        assert_eq!((&user["id"], &user["groups"][0]["display"]), (&json!("17"), &json!("Crew")));
        let patch = replaced(
            &mut pseudonyms,
            json!({ "Operations": [
                { "path": "emails[type eq \"work\"].value", "value": "ada@example.com" },
                { "value": { "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "701984" } },
                { "path": "manager.displayName", "value": "GRACE HOPPER" },
                { "path": "title", "value": "the friend of ADA ÄRMEL" },
            ] }),
        );
        let operations = &patch["Operations"];
        assert_eq!(operations[0]["value"], login);
        let key = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber";
        assert_eq!(operations[1]["value"][key], number);
        let manager = enterprise["manager"]["displayName"].as_str().unwrap();
        assert_eq!(operations[2]["value"], manager.to_uppercase());
        let display = user["displayName"].as_str().unwrap();
        assert_eq!(operations[3]["value"], format!("the friend of {}", display.to_uppercase()));
        let external = percent_encode(user["externalId"].as_str().unwrap());
        let url =
            "/Users?filter=externalId%20eq%20%22E-1%22%20or%20employeeNumber%20eq%20%22701984%22&count=1";
        let expected = format!(
            "/Users?filter=externalId%20eq%20%22{external}%22%20or%20employeeNumber%20eq%20%22{number}%22&count=1"
        );
        assert_eq!(pseudonyms.url(url), expected);
        assert_eq!(pseudonyms.url("/Users/ada%40example.com"), format!("/Users/{}", percent_encode(login)));
        let group = "/Groups?filter=displayName%20eq%20%22Crew%22";
        assert_eq!(pseudonyms.url(group), group);
    }

    #[test]
    fn a_manager_is_known_by_an_id_that_stays() {
        let mut pseudonyms = Pseudonyms::default();
        replaced(&mut pseudonyms, json!({ "id": "18", "userName": "grace" }));
        let user = replaced(&mut pseudonyms, json!({ "id": "17", "manager": { "value": "18" } }));
        assert_eq!(user["manager"]["value"], "18");
        let other = replaced(&mut pseudonyms, json!({ "manager": { "value": "Grace" } }));
        assert_eq!(other["manager"]["value"], "Name-1");
    }
}
