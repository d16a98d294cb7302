//! What is secret by its name: one table for header fields, parameters, members of JSON, attributes and elements.

/// What stands where a secret was.
pub const MASK: &str = "***";

/// Schemes that may be shown before a credential; a credential without a scheme could begin with any other word.
const SCHEMES: [&str; 14] = [
    "apikey",
    "aws4-hmac-sha256",
    "basic",
    "bearer",
    "digest",
    "dpop",
    "hawk",
    "mutual",
    "negotiate",
    "ntlm",
    "oauth",
    "scram-sha-256",
    "ssws",
    "token",
];

/// The scheme of a credential, if it is one that may be shown.
pub(super) fn scheme(value: &str) -> Option<&str> {
    let (scheme, _) = value.split_once(' ')?;
    SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(scheme)
}

/// How names of secrets end, without separators and in lower case: `X-Auth-Token`, `clientSecret`, `old_password`.
const ENDINGS: [&str; 33] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "passwordhash",
    "passwordsalt",
    "secret",
    "secretvalue",
    "token",
    "tokenvalue",
    "jwt",
    "assertion",
    "authorization",
    "authorizationcode",
    "codeverifier",
    "cookie",
    "signature",
    "sessionid",
    "sessid",
    "apikey",
    "accesskey",
    "authkey",
    "encryptionkey",
    "functionskey",
    "masterkey",
    "privatekey",
    "secretkey",
    "sharedkey",
    "signingkey",
    "subscriptionkey",
    "recoveryanswer",
    "securityanswer",
];

/// Names that stand for secrets in a query string or a form, and are ordinary words elsewhere.
const PARAMETERS: [&str; 17] = [
    "auth",
    "code",
    "credential",
    "devicecode",
    "hmac",
    "idtokenhint",
    "key",
    "otp",
    "pass",
    "pin",
    "samlart",
    "samlresponse",
    "session",
    "sid",
    "sig",
    "ticket",
    "usercode",
];

/// What the name of a header field has in it when its value is a credential.
const IN_HEADERS: [&str; 6] = ["authorization", "cookie", "token", "apikey", "secret", "password"];

/// How header fields with credentials end besides; each is a word of its own, as in `X-Functions-Key`.
const HEADER_WORDS: [&str; 6] = ["auth", "credential", "credentials", "key", "session", "sig"];

/// Names that look like those of secrets and are none.
const HARMLESS: [&str; 16] = [
    "accesscontrolallowcredentials",
    "cachekey",
    "changepassword",
    "continuationtoken",
    "foreignkey",
    "idempotencykey",
    "nexttoken",
    "pagetoken",
    "partitionkey",
    "primarykey",
    "publickey",
    "secwebsocketkey",
    "skiptoken",
    "sortkey",
    "surrogatekey",
    "synctoken",
];

/// What a value is called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A member of JSON, an attribute of a resource by its path, an element of XML, a setting.
    Member,
    /// A parameter of a query string or a form.
    Parameter,
    /// A header field.
    Header,
}

impl Kind {
    /// Whether what is called so is a secret.
    pub(super) fn is_secret(self, name: &str) -> bool {
        match self {
            Self::Member => is_secret_attribute(name),
            Self::Parameter => is_secret_attribute(name) || PARAMETERS.contains(&squashed(name).as_str()),
            Self::Header => is_secret_header(name),
        }
    }
}

/// Whether the value of this header field is a credential.
#[must_use]
pub fn is_secret_header(name: &str) -> bool {
    let plain = squashed(name);
    if HARMLESS.iter().any(|harmless| plain.ends_with(harmless)) {
        return false;
    }
    let word = name.rsplit(['-', '_']).next().unwrap_or_default();
    ends_as_a_secret(&plain)
        || IN_HEADERS.iter().any(|part| plain.contains(part))
        || HEADER_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)) && word.len() < name.len()
}

/// Whether the attribute at this path, or the member of this name, is a secret: `password`,
/// `urn:ietf:params:scim:schemas:core:2.0:User:password`, `secrets[type eq "work"].value`.
pub(super) fn is_secret_attribute(path: &str) -> bool {
    // What stands in brackets selects values by others of their attributes.
    let mut depth = 0_usize;
    let plain: String = path
        .chars()
        .filter(|c| match c {
            '[' => {
                depth += 1;
                false
            }
            ']' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect();
    // A URN ends with the last colon; below it each step may be the secret.
    let attribute = plain.rsplit([':', '/']).next().unwrap_or_default();
    attribute.split('.').any(|step| {
        let step = squashed(step);
        !HARMLESS.iter().any(|harmless| step.ends_with(harmless)) && ends_as_a_secret(&step)
    })
}

fn ends_as_a_secret(plain: &str) -> bool {
    let one = plain.strip_suffix('s').unwrap_or(plain);
    ENDINGS.iter().any(|ending| one.ends_with(ending))
}

/// Whether a name of a secret is anywhere in the text.
pub(super) fn speaks_of_secrets(text: &str) -> bool {
    let plain = squashed(text);
    ENDINGS.iter().any(|ending| plain.contains(ending))
}

/// Letters and digits alone, in lower case.
fn squashed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("password", true)]
    #[case("Password", true)]
    #[case("old_password", true)]
    #[case("client_secret", true)]
    #[case("clientSecret", true)]
    #[case("refresh_token", true)]
    #[case("accessTokens", true)]
    #[case("client_assertion", true)]
    #[case("urn:ietf:params:scim:schemas:core:2.0:User:password", true)]
    #[case("passwords[type eq \"work\"].value", true)]
    #[case("credentials.password.value", true)]
    #[case("emails[value eq \"password\"].type", false)]
    #[case("urn:example:token:2.0:User:title", false)]
    #[case("client_assertion_type", false)]
    #[case("token_type", false)]
    #[case("changePassword", false)]
    #[case("passwordChangedAt", false)]
    #[case("nextPageToken", false)]
    #[case("code", false)]
    #[case("key", false)]
    #[case("userName", false)]
    fn attributes_and_members(#[case] name: &str, #[case] secret: bool) {
        assert_eq!(Kind::Member.is_secret(name), secret);
    }

    #[rstest::rstest]
    #[case("access_token", true)]
    #[case("token", true)]
    #[case("api_key", true)]
    #[case("apikey", true)]
    #[case("key", true)]
    #[case("sig", true)]
    #[case("X-Amz-Signature", true)]
    #[case("code", true)]
    #[case("code_verifier", true)]
    #[case("SAMLResponse", true)]
    #[case("filter", false)]
    #[case("cursor", false)]
    #[case("startIndex", false)]
    #[case("grant_type", false)]
    fn parameters(#[case] name: &str, #[case] secret: bool) {
        assert_eq!(Kind::Parameter.is_secret(name), secret);
    }

    #[rstest::rstest]
    #[case("Authorization", true)]
    #[case("proxy-authorization", true)]
    #[case("Cookie", true)]
    #[case("Set-Cookie", true)]
    #[case("X-Api-Key", true)]
    #[case("Ocp-Apim-Subscription-Key", true)]
    #[case("X-Functions-Key", true)]
    #[case("X-Auth-Token", true)]
    #[case("X-Amzn-Oidc-Accesstoken", true)]
    #[case("X-Client-Secret", true)]
    #[case("X-Vault-Token", true)]
    #[case("X-Hub-Signature", true)]
    #[case("Idempotency-Key", false)]
    #[case("X-Idempotency-Key", false)]
    #[case("Sec-WebSocket-Key", false)]
    #[case("Access-Control-Allow-Credentials", false)]
    #[case("Surrogate-Key", false)]
    #[case("WWW-Authenticate", false)]
    #[case("Accept", false)]
    #[case("Key", false)]
    #[case("ETag", false)]
    fn header_fields(#[case] name: &str, #[case] secret: bool) {
        assert_eq!(is_secret_header(name), secret);
    }
}
