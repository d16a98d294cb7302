//! Where in a SCIM service a request goes, and small readers that all of this module share.

use serde_json::Value;

use crate::exchange::{Request, UrlParts, host, percent_decode};

/// Resource type of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `/Users`
    User,
    /// `/Groups`
    Group,
}

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `/Users` or `/Groups`.
    Collection(Kind),
    /// One resource by its id.
    One(Kind, String),
    /// A discovery document, by its endpoint.
    Discovery(&'static str),
    /// Another SCIM endpoint: `/Bulk`, `/Me`, `/.search`.
    Other(&'static str),
}

/// Names of endpoints that tell where the base URL ends.
const ENDPOINTS: [&str; 9] = [
    "Users",
    "Groups",
    "ServiceProviderConfig",
    "ServiceProviderConfigs",
    "ResourceTypes",
    "Schemas",
    "Bulk",
    "Me",
    ".search",
];

/// The base URL of the service that the request goes to, if its path names a SCIM endpoint.
#[must_use]
pub fn base_of(url: &str) -> Option<String> {
    let parts = UrlParts::of(url);
    let mut from = parts.origin.len();
    if from == 0 {
        return None;
    }
    for segment in parts.path.strip_prefix('/')?.split('/') {
        if ENDPOINTS.contains(&segment) {
            return Some(url[..from].to_owned());
        }
        from += segment.len() + 1;
    }
    None
}

/// Where below `base_url` the request goes; nothing when it goes elsewhere.
#[must_use]
pub fn place(base_url: &str, request: &Request) -> Option<Place> {
    let rest = request.url.strip_prefix(base_url)?;
    let path = UrlParts::of(rest).path;
    if !path.is_empty() && !path.starts_with('/') {
        return None;
    }
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    Some(match segments.as_slice() {
        ["Users"] => Place::Collection(Kind::User),
        ["Groups"] => Place::Collection(Kind::Group),
        ["Users", ".search"] | ["Groups", ".search"] | [".search"] => Place::Other("/.search"),
        ["Users", id] => Place::One(Kind::User, percent_decode(id)),
        ["Groups", id] => Place::One(Kind::Group, percent_decode(id)),
        ["ServiceProviderConfig" | "ServiceProviderConfigs"] => Place::Discovery("/ServiceProviderConfig"),
        ["ResourceTypes", ..] => Place::Discovery("/ResourceTypes"),
        ["Schemas", ..] => Place::Discovery("/Schemas"),
        ["Bulk"] => Place::Other("/Bulk"),
        ["Me"] => Place::Other("/Me"),
        _ => Place::Other("another endpoint"),
    })
}

/// A query parameter, decoded; `+` stands for a blank as well.
pub(crate) fn parameter(request: &Request, name: &str) -> Option<String> {
    UrlParts::of(&request.url).pairs().find_map(|(key, value)| {
        percent_decode(key).eq_ignore_ascii_case(name).then(|| percent_decode(&value.replace('+', " ")))
    })
}

/// Attribute and value of `attribute eq "value"`.
pub(crate) fn equality(filter: &str) -> Option<(String, String)> {
    let (attribute, rest) = filter.trim().split_once(char::is_whitespace)?;
    let (operator, value) = rest.trim_start().split_once(char::is_whitespace)?;
    if !operator.eq_ignore_ascii_case("eq") {
        return None;
    }
    let value: String = serde_json::from_str(value.trim()).ok()?;
    Some((attribute.to_owned(), value))
}

/// A member in any letter case, as Okta reads lists.
pub(crate) fn member<'a>(holder: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = holder.as_object()?;
    fields
        .get(name)
        .or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// Host and port of a URL, as it stands there.
pub(super) fn authority(url: &str) -> String {
    host(url).to_owned()
}

/// The standard phrase of a status.
pub(super) fn phrase(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default()
}

/// Text from outside as it may be shown on a terminal: without anything that moves the cursor, changes
/// colours or the direction of writing, and not longer than a line should be.
#[must_use]
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut clean: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        clean.push('…');
    }
    clean
}

/// Marks that change the direction of writing, and line separators that are no control characters.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("https://h/scim/v2/Users?startIndex=1", Some("https://h/scim/v2"))]
    #[case("https://h/Users", Some("https://h"))]
    #[case("https://h:8/a/b/Groups/1#x", Some("https://h:8/a/b"))]
    #[case("https://h/scim//Users", Some("https://h/scim/"))]
    #[case("https://h/favicon.ico", None)]
    #[case("https://h?next=/Users", None)]
    #[case("no url/Users", None)]
    fn the_base_url_ends_before_the_endpoint(#[case] url: &str, #[case] base: Option<&str>) {
        assert_eq!(base_of(url).as_deref(), base);
    }

    #[rstest::rstest]
    #[case(r#"userName eq "a b""#, Some(("userName", "a b")))]
    #[case(r#" displayName EQ "say \"hi\"" "#, Some(("displayName", "say \"hi\"")))]
    #[case(r#"userName sw "a""#, None)]
    #[case(r#"userName eq "a" and x pr"#, None)]
    #[case("", None)]
    fn look_ups_are_understood(#[case] filter: &str, #[case] found: Option<(&str, &str)>) {
        let found = found.map(|(attribute, value)| (attribute.to_owned(), value.to_owned()));
        assert_eq!(equality(filter), found);
    }

    #[test]
    fn nothing_that_is_shown_moves_the_cursor() {
        assert_eq!(shown("a\x1b[2Jb\r\n\u{202e}c"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}\u{fffd}c");
        assert_eq!(shown(&"x".repeat(400)).chars().count(), 301);
    }
}
