//! Masking of secrets at the place where bytes leave the program.

use std::sync::{Arc, RwLock};

/// What stands where a secret was.
pub const MASK: &str = "***";

/// Header fields whose value is a credential.
const SECRET_HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

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

    /// Adds a secret. Values under four characters are not masked in running text, since they would
    /// blot out ordinary words; header fields that carry credentials are always masked.
    pub fn add(&self, secret: &str) {
        if secret.len() < 4 {
            return;
        }
        if let Ok(mut secrets) = self.secrets.write()
            && !secrets.iter().any(|known| known == secret)
        {
            secrets.push(secret.to_owned());
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
        if SECRET_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            return match value.split_once(' ') {
                Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphabetic()) => {
                    format!("{scheme} {MASK}")
                }
                _ => MASK.to_owned(),
            };
        }
        self.text(value)
    }
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
    #[case("Authorization", "Bearer abc", "Bearer ***")]
    #[case("authorization", "abcdef", "***")]
    #[case("Cookie", "a=b", "***")]
    #[case("Accept", "application/scim+json", "application/scim+json")]
    fn credentials_in_headers_are_always_masked(
        #[case] name: &str,
        #[case] value: &str,
        #[case] shown: &str,
    ) {
        assert_eq!(Masker::new().header(name, value), shown);
    }
}
