//! Where a URL leads: scheme, host and port (RFC 6454 §4). Connections are kept by it.

use url::Url;

/// Scheme, host and port of a URL, each in its one form: lower case, punycode, the scheme's own port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// That of `url`.
    ///
    /// # Errors
    /// A sentence that names the URL and says why it leads nowhere.
    pub fn of(url: &str) -> Result<Self, String> {
        let parsed = Url::parse(url).map_err(|error| format!("`{url}` is not a URL: {error}"))?;
        match (parsed.scheme(), parsed.host_str(), parsed.port_or_known_default()) {
            (scheme @ ("http" | "https"), Some(host), Some(port)) => {
                Ok(Self { scheme: scheme.to_owned(), host: host.to_owned(), port })
            }
            _ => Err(format!("`{url}` is not the URL of a server; it must begin with http:// or https://")),
        }
    }

    /// Host and port, for messages.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// As whoever makes connections wants it.
    pub(super) fn uri(&self) -> Result<http::Uri, http::uri::InvalidUri> {
        format!("{self}/").parse()
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("https://Scim.Example.com/scim/v2", "https://scim.example.com:443")]
    #[case("HTTP://ada:secret@h:8080?x=/y", "http://h:8080")]
    #[case("http://[::1]:80/", "http://[::1]:80")]
    #[case("https://bücher.example/", "https://xn--bcher-kva.example:443")]
    fn an_origin_has_one_form(#[case] url: &str, #[case] origin: &str) {
        assert_eq!(Origin::of(url).unwrap().to_string(), origin);
    }

    #[rstest::rstest]
    #[case("scim.example.com/Users")]
    #[case("ftp://scim.example.com/")]
    #[case("/Users")]
    #[case("https://")]
    fn what_leads_nowhere_has_none(#[case] url: &str) {
        assert!(Origin::of(url).unwrap_err().contains(url));
    }
}
