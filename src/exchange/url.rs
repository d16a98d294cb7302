//! URLs as texts: percent-encoding (RFC 3986 §2.1) and what `Host` is, once for all rooms.

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

/// The authority of a URL as it is spelt, for the `Host` field; no one's name is in it (RFC 9110 §4.2.4).
#[must_use]
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
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
