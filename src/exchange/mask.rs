//! Masking of secrets at the place where bytes leave the program.

use std::sync::{Arc, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::percent_encode;

/// What stands where a secret was.
pub const MASK: &str = "***";

/// What the name of a header field has in it when its value is a credential: `Authorization`, `X-Api-Key`.
const SECRET_HEADERS: [&str; 8] =
    ["authorization", "cookie", "token", "api-key", "apikey", "secret", "password", "credential"];

/// Whether the value of this header field is a credential.
#[must_use]
pub fn is_secret_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_HEADERS.iter().any(|part| name.contains(part))
}

/// Shorter ones would blot out ordinary words.
const SHORTEST: usize = 4;

/// Knows the secrets of a run and blots them out of any text. Cheap to clone; clones share what they know.
#[derive(Debug, Clone, Default)]
pub struct Masker {
    secrets: Arc<RwLock<Vec<String>>>,
}

impl Masker {
    /// A masker that knows no secret yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret, and with it the forms in which an answer may give it back: percent-encoded, in
    /// base64, inside a JSON string. Values under four characters are not masked in running text, since they would
    /// blot out ordinary words; header fields that carry credentials are always masked.
    pub fn add(&self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        if let Ok(mut secrets) = self.secrets.write()
            && !secrets.iter().any(|known| known == secret)
        {
            for form in forms(secret) {
                if !secrets.contains(&form) {
                    secrets.push(form);
                }
            }
            // Longest first, so that a secret that contains another is blotted out whole.
            secrets.sort_by_key(|known| std::cmp::Reverse(known.len()));
        }
    }

    /// `text` with every known secret replaced by [`MASK`].
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        if let Ok(secrets) = self.secrets.read() {
            for secret in secrets.iter() {
                if masked.contains(secret.as_str()) {
                    masked = masked.replace(secret.as_str(), MASK);
                }
            }
        }
        masked
    }

    /// A header value as it may be shown: credentials keep their scheme and lose the rest.
    #[must_use]
    pub fn header(&self, name: &str, value: &str) -> String {
        if is_secret_header(name) {
            return match value.split_once(' ') {
                Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric()) => {
                    format!("{scheme} {MASK}")
                }
                _ => MASK.to_owned(),
            };
        }
        self.text(value)
    }
}

/// The secret as it is and in every encoding.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    let encoded = percent_encode(secret);
    forms.push(encoded.to_lowercase());
    forms.push(encoded.replace("%20", "+"));
    forms.push(encoded);
    if let Ok(json) = serde_json::to_string(secret) {
        let json = json.trim_matches('"');
        forms.push(json.replace('/', "\\/"));
        // Many services write every character beyond ASCII as an escape.
        let mut ascii = String::new();
        for unit in json.encode_utf16() {
            match char::from_u32(u32::from(unit)).filter(char::is_ascii) {
                Some(c) => ascii.push(c),
                None => ascii.push_str(&format!("\\u{unit:04x}")),
            }
        }
        forms.push(ascii);
        forms.push(json.to_owned());
    }
    // Where the secret begins within a longer text decides its form in base64. What stands at the borders
    // depends on the neighbours; the rest is always there.
    for before in 0..3 {
        let mut text = vec![0_u8; before];
        text.extend_from_slice(secret.as_bytes());
        let (first, last) = ((before * 8).div_ceil(6), text.len() * 8 / 6);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            forms.push(engine.encode(&text)[first..last].to_owned());
        }
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_secret_vanishes_from_text_and_the_longest_goes_first() {
        let masker = Masker::new();
        masker.add("token");
        masker.add("token-and-more");
        assert_eq!(masker.text("x token-and-more y token z"), "x *** y *** z");
    }

    #[rstest::rstest]
    #[case::percent_encoded("p%C3%A4ss+w%2Frd%22", "p%C3%A4ss+w%2Frd%22")]
    #[case::in_lower_case("p%c3%a4ss%20w%2frd%22", "w%2frd")]
    #[case::in_json(r#"{"a":"päss w/rd\""}"#, "w/rd")]
    #[case::in_json_as_ascii(r#"{"a":"p\u00e4ss w/rd\""}"#, "w/rd")]
    #[case::in_json_with_escaped_slashes(r#"{"a":"päss w\/rd\""}"#, "w\\/rd")]
    fn encoded_forms_of_a_secret_vanish_too(#[case] text: &str, #[case] part: &str) {
        let masker = Masker::new();
        masker.add("päss w/rd\"");
        let masked = masker.text(text);
        assert!(masked.contains(MASK) && !masked.contains(part), "{masked}");
    }

    #[rstest::rstest]
    fn a_secret_vanishes_from_base64_wherever_it_stands(
        #[values("", "u", "us", "usr:", "Bearer ")] before: &str,
        #[values("", ":", ":x", "more")] after: &str,
    ) {
        let secret = "s3cr3t~?>-token";
        let masker = Masker::new();
        masker.add(secret);
        let text = format!("{before}{secret}{after}");
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let masked = masker.text(&engine.encode(&text));
            assert!(masked.contains(MASK) && masked.len() + 15 <= engine.encode(&text).len(), "{masked}");
        }
    }

    #[rstest::rstest]
    #[case("Authorization", "Bearer abc", "Bearer ***")]
    #[case("authorization", "abcdef", "***")]
    #[case("Cookie", "a=b", "***")]
    #[case("X-Api-Key", "abc", "***")]
    #[case("X-Auth-Token", "abc", "***")]
    #[case("Accept", "application/scim+json", "application/scim+json")]
    fn credentials_in_headers_are_always_masked(
        #[case] name: &str,
        #[case] value: &str,
        #[case] shown: &str,
    ) {
        assert_eq!(Masker::new().header(name, value), shown);
    }
}
