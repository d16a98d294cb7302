//! URLs as texts: their parts as they are spelt, and percent-encoding (RFC 3986), once for all modules.

/// A URL or the target of a request in its parts, each as it is spelt; nothing is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlParts<'a> {
    /// `https://host:8080`; empty where there is none.
    pub origin: &'a str,
    /// `/scim/v2/Users`; may be empty.
    pub path: &'a str,
    /// What follows `?`.
    pub query: Option<&'a str>,
    /// What follows `#`.
    pub fragment: Option<&'a str>,
    /// All but the fragment.
    sent: &'a str,
}

impl<'a> UrlParts<'a> {
    /// Takes the text apart.
    #[must_use]
    pub fn of(url: &'a str) -> Self {
        let (sent, fragment) = cut(url, '#');
        let (before, query) = cut(sent, '?');
        let authority = authority_start(before);
        let path =
            authority.map_or(0, |start| before[start..].find('/').map_or(before.len(), |at| start + at));
        Self { origin: &before[..path], path: &before[path..], query, fragment, sent }
    }

    /// Whether it says scheme and host.
    #[must_use]
    pub fn is_absolute(&self) -> bool {
        !self.origin.is_empty()
    }

    /// `http`, as it is spelt.
    #[must_use]
    pub fn scheme(&self) -> &'a str {
        self.origin.split_once("://").map_or("", |(scheme, _)| scheme)
    }

    /// Host and port, with what may stand before them: `ada:secret@host:8080`.
    #[must_use]
    pub fn authority(&self) -> &'a str {
        self.origin.split_once("://").map_or("", |(_, authority)| authority)
    }

    /// Who signs in, if the URL says so: `ada:secret`.
    #[must_use]
    pub fn userinfo(&self) -> Option<&'a str> {
        self.authority().rsplit_once('@').map(|(userinfo, _)| userinfo)
    }

    /// Host and port: `host:8080`, `[::1]`.
    #[must_use]
    pub fn host(&self) -> &'a str {
        self.authority().rsplit('@').next().unwrap_or_default()
    }

    /// Path and query, as a request sends them; what follows `#` is never sent (RFC 9110 §7.1).
    #[must_use]
    pub fn target(&self) -> &'a str {
        let target = &self.sent[self.origin.len()..];
        if target.starts_with('/') { target } else { "/" }
    }

    /// Names and values of the query, as they are spelt.
    pub fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let pairs = self.query.into_iter().flat_map(|query| query.split('&'));
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }
}

/// The authority of a URL as it is spelt, for the `Host` field; no one's name is in it (RFC 9110 §4.2.4).
#[must_use]
pub fn host(url: &str) -> &str {
    UrlParts::of(url).host()
}

/// A path on the server of `url`, or another URL as it is.
#[must_use]
pub fn beside(url: &str, reference: &str) -> String {
    if reference.starts_with('/') {
        format!("{}{reference}", UrlParts::of(url).origin)
    } else {
        reference.to_owned()
    }
}

fn cut(text: &str, sign: char) -> (&str, Option<&str>) {
    text.split_once(sign).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Where the authority begins, if a scheme stands before it (RFC 3986 §3.1).
fn authority_start(url: &str) -> Option<usize> {
    let scheme = url.find("://")?;
    let is_scheme = scheme > 0
        && url[..scheme].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then_some(scheme + 3)
}

/// Everything but the unreserved characters of RFC 3986 as `%XX`.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Undoes it; what is no escape stays as it is.
#[must_use]
pub fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], escape) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// A URL without what stands before `@`, and that.
#[must_use]
pub fn without_user(url: &str) -> (String, Option<&str>) {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((user, host)) if scheme.is_empty() => (format!("{host}{}", &rest[end..]), Some(user)),
        Some((user, host)) => (format!("{scheme}://{host}{}", &rest[end..]), Some(user)),
        None => (url.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(
        "https://h/scim/v2/Users?count=2#x",
        "https://h",
        "/scim/v2/Users",
        Some("count=2"),
        "/scim/v2/Users?count=2"
    )]
    #[case("HTTP://ada:se/cret@H:8080", "HTTP://ada:se", "/cret@H:8080", None, "/cret@H:8080")]
    #[case("http://ada:secret@[::1]:80", "http://ada:secret@[::1]:80", "", None, "/")]
    #[case("https://h?next=https://x/y", "https://h", "", Some("next=https://x/y"), "/")]
    #[case("/x?next=https://x/y", "", "/x", Some("next=https://x/y"), "/x?next=https://x/y")]
    #[case("/a://b", "", "/a://b", None, "/a://b")]
    #[case("Users/1", "", "Users/1", None, "/")]
    #[case("", "", "", None, "/")]
    fn a_url_is_taken_apart_as_it_is_spelt(
        #[case] url: &str,
        #[case] origin: &str,
        #[case] path: &str,
        #[case] query: Option<&str>,
        #[case] target: &str,
    ) {
        let parts = UrlParts::of(url);
        assert_eq!((parts.origin, parts.path, parts.query, parts.target()), (origin, path, query, target));
    }

    #[test]
    fn an_authority_has_a_host_and_may_say_who_signs_in() {
        let parts = UrlParts::of("https://ada:s@cret@h:8080/x?a=1&b&c=d=e#f");
        assert_eq!((parts.scheme(), parts.userinfo(), parts.host()), ("https", Some("ada:s@cret"), "h:8080"));
        assert_eq!(parts.fragment, Some("f"));
        assert_eq!(parts.pairs().collect::<Vec<_>>(), [("a", "1"), ("b", ""), ("c", "d=e")]);
        assert_eq!(beside("https://h:8/x?y", "/z"), "https://h:8/z");
        assert_eq!(beside("https://h:8/x?y", "https://i/z"), "https://i/z");
    }

    #[rstest::rstest]
    #[case("a b@c.d", "a%20b%40c.d")]
    #[case("ü+/~", "%C3%BC%2B%2F~")]
    fn only_the_unreserved_stay_plain_and_all_come_back(#[case] plain: &str, #[case] encoded: &str) {
        assert_eq!(percent_encode(plain), encoded);
        assert_eq!(percent_decode(encoded), plain);
    }

    #[rstest::rstest]
    #[case("https://ada:s%40@h:1/x@y", "https://h:1/x@y", Some("ada:s%40"))]
    #[case("https://h?a@b", "https://h?a@b", None)]
    #[case("ada@h:3128", "h:3128", Some("ada"))]
    fn a_name_in_a_url_is_told_from_the_rest(
        #[case] url: &str,
        #[case] rest: &str,
        #[case] user: Option<&str>,
    ) {
        assert_eq!(without_user(url), (rest.to_owned(), user));
        assert_eq!(host(url), host(rest));
    }

    #[rstest::rstest]
    #[case("100%")]
    #[case("%zz")]
    #[case("%é")]
    fn what_is_no_escape_stays(#[case] text: &str) {
        assert_eq!(percent_decode(text), text);
    }
}
