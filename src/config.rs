//! `scimulate.toml`, found upwards from the working directory, as one immutable [`Config`].
//!
//! Reads files that it is given and an environment that it is handed; it looks nothing up itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::text::{Problem, Unreadable, read_text};

/// The file's name.
pub const FILE_NAME: &str = "scimulate.toml";

/// A whole configuration file.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Named targets for `--target NAME`.
    #[serde(default)]
    pub target: BTreeMap<String, TargetConfig>,
}

/// One named target.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TargetConfig {
    /// SCIM base URL, as it would be entered in Okta, e.g. `https://acme.example/scim/v2`.
    pub base_url: String,
    /// How to authorize; without it no `Authorization` field is sent.
    #[serde(default)]
    pub auth: AuthConfig,
    /// The dialects that are tried on this target; Okta's two, `oin` and `aiw`, when left out. `entra` is less
    /// attested.
    #[serde(default)]
    pub dialects: Option<Vec<String>>,
    /// Header fields added to every request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The target's console API, when it offers `/console/v1`.
    #[serde(default)]
    pub console: Option<ConsoleConfig>,
    /// How a target without such a console shows organizations, roles and sync log.
    #[serde(default)]
    pub observe: ObserveConfig,
    /// A directory of snapshots that override the project's for this target, relative to this file.
    #[serde(default)]
    pub snapshots: Option<PathBuf>,
    /// Do not verify the server's certificate.
    #[serde(default)]
    pub insecure: bool,
    /// A PEM file with further root certificates, relative to this file.
    #[serde(default)]
    pub cacert: Option<PathBuf>,
}

/// How to authorize. Secrets are named by environment variable, never written in the file.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(tag = "type", deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum AuthConfig {
    /// No credentials.
    #[default]
    None,
    /// User name and password.
    Basic {
        /// User name.
        username: String,
        /// Environment variable that holds the password.
        password_env: String,
    },
    /// Bearer token.
    Bearer {
        /// Environment variable that holds the token.
        token_env: String,
    },
    /// OAuth 2 as Okta's integration uses it: a refresh token gives access tokens, whenever a request needs one.
    /// A server that gives out a new refresh token each time is followed within a run; the variable then has
    /// to get the new one before the next run.
    Oauth2 {
        /// Token endpoint of the authorization server.
        token_url: String,
        /// Client identifier.
        client_id: String,
        /// Environment variable that holds the client secret.
        client_secret_env: String,
        /// Environment variable that holds the refresh token.
        refresh_token_env: String,
        /// Environment variable that holds an access token to begin with.
        #[serde(default)]
        access_token_env: Option<String>,
        /// Send client identifier and secret in the `Authorization` field rather than in the form.
        #[serde(default)]
        secret_in_header: bool,
    },
    /// OAuth 2 by the client's own credentials. Okta itself does not offer this.
    Oauth2ClientCredentials {
        /// Token endpoint of the authorization server.
        token_url: String,
        /// Client identifier.
        client_id: String,
        /// Environment variable that holds the client secret.
        client_secret_env: String,
        /// Scope to ask for.
        #[serde(default)]
        scope: Option<String>,
        /// Send client identifier and secret in the `Authorization` field rather than in the form.
        #[serde(default)]
        secret_in_header: bool,
    },
    /// The whole value of the `Authorization` field.
    Header {
        /// Environment variable that holds the value.
        value_env: String,
    },
}

/// Where a target's console is.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConsoleConfig {
    /// e.g. `https://acme.example/console/v1`.
    pub url: String,
    /// User name.
    pub username: String,
    /// Environment variable that holds the password.
    pub password_env: String,
    /// Whether the console can move the clock.
    #[serde(default)]
    pub clock: bool,
}

/// What a target shows through an API of its own. What is left out is not observed, and never counts as passed.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ObserveConfig {
    /// Organizations: fields `name`, `users`, `parent`, `active`, `blocked`.
    pub organizations: Option<SourceConfig>,
    /// Roles: fields `role`, `users`, `available`.
    pub roles: Option<SourceConfig>,
    /// The sync log: fields `event`, `user`, `group`, `organization`, `organization-before`, `roles-added`,
    /// `roles-removed`, `result`, `cause`, `code`, `message`.
    pub sync_log: Option<SourceConfig>,
}

/// Where one of them is read, and what its fields are called there.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SourceConfig {
    /// URL; one that begins with `/` is of the base URL's origin.
    pub url: String,
    /// JSON Pointer to the list in the answer; the answer itself when left out.
    #[serde(default)]
    pub items: String,
    /// Field to JSON Pointer in an item. `*` stands for every element of a list, e.g. `/people/*/login`.
    pub fields: BTreeMap<String, String>,
    /// For a field: a word of the target, and what it is called here.
    #[serde(default)]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// JSON Pointer to the URL of the next page.
    #[serde(default)]
    pub next: Option<String>,
    /// Query parameter that counts pages from 1.
    #[serde(default)]
    pub page_parameter: Option<String>,
    /// Whether the latest comes first.
    #[serde(default)]
    pub newest_first: bool,
    /// How to authorize; as for SCIM when left out.
    #[serde(default)]
    pub auth: Option<AuthConfig>,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] Unreadable),
    /// The file does not parse.
    #[error("the configuration cannot be read\n\n{}", .0.rendered())]
    Parse(Problem),
    /// `--target NAME` names nothing.
    #[error(
        "there is no target `{name}`: {}. Add a [target.{name}] table to {FILE_NAME}, or give a URL",
        known(names)
    )]
    UnknownTarget {
        /// The name asked for.
        name: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// A secret is not in the environment.
    #[error("the environment variable `{variable}` is not set; export it with {what}")]
    MissingSecret {
        /// Its name.
        variable: String,
        /// What it should hold.
        what: &'static str,
    },
}

fn known(names: &[String]) -> String {
    if names.is_empty() {
        "no targets are configured".into()
    } else {
        format!("the configured ones are {}", names.join(", "))
    }
}

impl Config {
    /// Reads `path`.
    ///
    /// # Errors
    /// When it cannot be read or does not parse; the message carries line and column.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = read_text(path)?;
        Self::parse(&text).map_err(|error| {
            let help = "correct it; `scimulate schema config` describes the file";
            ConfigError::Parse(Problem::toml(path, &text, &error, help))
        })
    }

    /// Parses the text of a configuration file.
    ///
    /// # Errors
    /// With line, column and what was expected.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The configuration file that applies in `directory`: the nearest one upwards.
    #[must_use]
    pub fn find(directory: &Path) -> Option<PathBuf> {
        directory.ancestors().map(|dir| dir.join(FILE_NAME)).find(|path| path.is_file())
    }

    /// The target of that name.
    ///
    /// # Errors
    /// When there is none; the message lists those that exist.
    pub fn target(&self, name: &str) -> Result<&TargetConfig, ConfigError> {
        self.target.get(name).ok_or_else(|| ConfigError::UnknownTarget {
            name: name.to_owned(),
            names: self.target.keys().cloned().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example_parses() {
        let config = Config::parse(
            "[target.acme]\nbase-url = \"https://acme.example/scim/v2\"\nauth = { type = \"bearer\", token-env = \"ACME\" }\ndialects = [\"oin\"]\n",
        )
        .unwrap();
        let acme = config.target("acme").unwrap();
        assert_eq!(acme.base_url, "https://acme.example/scim/v2");
        assert!(matches!(&acme.auth, AuthConfig::Bearer { token_env } if token_env == "ACME"));
    }

    #[test]
    fn a_misspelt_key_is_shown_with_its_line() {
        let error = Config::parse("[target.acme]\nbase-urll = \"x\"\n").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(error.contains("base-urll"), "{error}");
    }

    #[test]
    fn an_unknown_target_lists_the_known_ones() {
        let config = Config::parse("[target.acme]\nbase-url = \"https://a\"\n").unwrap();
        let message = config.target("acne").unwrap_err().to_string();
        assert!(message.contains("acme"), "{message}");
    }
}
