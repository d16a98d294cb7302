//! What an administrator entered as authentication, and the `Authorization` field that comes of it.

use super::basic::basic;
use super::oauth::OAuthClient;

/// How requests to a service are authorized.
#[derive(Clone, PartialEq, Eq)]
pub enum Auth {
    /// No `Authorization` field at all.
    None,
    /// `Authorization: Basic …`.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: String,
    },
    /// `Authorization: Bearer …`.
    Bearer {
        /// Token without the scheme.
        token: String,
    },
    /// `Authorization: …`, verbatim.
    Header {
        /// The whole field value.
        value: String,
    },
    /// OAuth 2: the access token is fetched, and fetched again, when a request needs it.
    OAuth(OAuthClient),
}

impl Auth {
    /// The secret part, for the masker.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Basic { password, .. } => Some(password),
            Self::Bearer { token } => Some(token),
            Self::Header { value } => Some(value),
            Self::OAuth(client) => Some(&client.client_secret),
        }
    }

    /// Everything that must not be shown, for the masker: the secret by itself and as it is sent.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let mut all: Vec<String> = self.secret().map(str::to_owned).into_iter().collect();
        if let Some(value) = self.header_value() {
            all.extend(value.split_once(' ').map(|(_, credential)| credential.to_owned()));
        }
        all
    }

    /// The value of the `Authorization` field, if there is one; with OAuth 2 the token comes with each request.
    #[must_use]
    pub fn header_value(&self) -> Option<String> {
        match self {
            Self::None | Self::OAuth(_) => None,
            Self::Basic { username, password } => Some(basic(username, password)),
            Self::Bearer { token } => Some(format!("Bearer {token}")),
            Self::Header { value } => Some(value.clone()),
        }
    }
}

/// Secrets never show in debug output.
impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic { .. } => "Basic(***)",
            Self::Bearer { .. } => "Bearer(***)",
            Self::Header { .. } => "Header(***)",
            Self::OAuth(_) => "OAuth(***)",
        })
    }
}
