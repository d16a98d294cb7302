//! The server behind the proxy: where it is, and how it is reached.

use std::time::Duration;

use http::{HeaderValue, Uri};

use crate::exchange::{Tcp, TcpOptions, TcpSetupError};

/// The server behind a proxy.
#[derive(Clone)]
pub struct Upstream {
    /// Its base URL without a slash at the end; the path of a request is put after it.
    pub(super) url: String,
    /// What `Host` is for it.
    pub(super) host: HeaderValue,
    /// How long it may send nothing.
    pub(super) max_time: Duration,
    pub(super) tcp: Tcp,
}

impl Upstream {
    /// The server at `url`; the options' limit for an exchange is how long it may send nothing.
    ///
    /// # Errors
    /// When the URL or an option cannot be used; see [`TcpSetupError`].
    pub fn new(url: &str, options: &TcpOptions) -> Result<Self, TcpSetupError> {
        let url = url.trim_end_matches('/');
        let host = host(url).map_err(TcpSetupError::Client)?;
        Ok(Self { url: url.to_owned(), host, max_time: options.max_time, tcp: Tcp::new(options)? })
    }
}

/// The value of `Host`, if the URL is one that paths can be put after.
fn host(url: &str) -> Result<HeaderValue, String> {
    let uri: Uri = url.parse().map_err(|error| format!("`{url}` is not a URL: {error}"))?;
    let authority = match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) => authority.as_str(),
        _ => {
            return Err(format!(
                "`{url}` is not the URL of a server; it must begin with http:// or https://"
            ));
        }
    };
    if authority.contains('@') {
        return Err(
            "the URL of the server holds a user's name; leave it out, the requests bring their own credentials".into()
        );
    }
    if uri.query().is_some() {
        return Err(format!("`{url}` has a query, after which no path can be put; leave it out"));
    }
    HeaderValue::from_str(authority).map_err(|error| format!("`{url}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_can_be_put_after_a_url_or_it_is_refused_with_a_reason() {
        assert_eq!(host("https://scim.example.com/scim/v2").unwrap(), "scim.example.com");
        assert_eq!(host("http://127.0.0.1:8080").unwrap(), "127.0.0.1:8080");
        for (url, reason) in [
            ("scim.example.com", "must begin with http"),
            ("ftp://scim.example.com/", "must begin with http"),
            ("https://ada:secret@scim.example.com/", "holds a user's name"),
            ("https://scim.example.com/?v=2", "has a query"),
            ("https://scim example.com/", "is not a URL"),
        ] {
            let refused = host(url).unwrap_err();
            assert!(refused.contains(reason), "{url}: {refused}");
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
