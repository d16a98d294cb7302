//! Whose credentials go where: to the origin that they were given for, and nowhere else. URLs come from
//! collections, captures and answers, so what a request was given on its way is looked at as it goes out.

use std::sync::Arc;

use super::{BoxFuture, Masker, Origin, Request, Response, Transport, TransportError};

/// Shorter ones stand in ordinary texts; as a header field they are known all the same.
const SHORTEST: usize = 8;

/// What was given for an origin.
#[derive(Clone)]
struct Key {
    origin: Origin,
    fields: Vec<(String, String)>,
    secrets: Masker,
}

impl Key {
    /// Whether it stands in a text, in any of the forms that a secret is written in.
    fn is_in(&self, text: &str) -> bool {
        self.secrets.knows(text)
    }

    fn is_field(&self, name: &str, value: &str) -> bool {
        let given = |(known, given): &(String, String)| known.eq_ignore_ascii_case(name) && given == value;
        self.fields.iter().any(given) || self.is_in(value)
    }
}

/// The credentials of a target and of what belongs to it.
#[derive(Clone, Default)]
pub struct Credentials {
    keys: Vec<Key>,
}

impl Credentials {
    /// With these header fields and secrets, which were given for the origin of `url`.
    ///
    /// # Errors
    /// A sentence that says why the URL leads nowhere.
    pub fn given(
        mut self,
        url: &str,
        fields: Vec<(String, String)>,
        secrets: impl IntoIterator<Item = String>,
    ) -> Result<Self, String> {
        let key = Key { origin: Origin::of(url)?, fields, secrets: Masker::new() };
        secrets
            .into_iter()
            .filter(|secret| secret.len() >= SHORTEST)
            .for_each(|secret| key.secrets.add(&secret));
        self.keys.push(key);
        Ok(self)
    }

    /// The origin whose credential `holds` finds, unless it is found among those of `origin`, too.
    fn foreign(&self, origin: &Origin, holds: impl Fn(&Key) -> bool) -> Option<&Origin> {
        let found = self.keys.iter().find(|key| key.origin != *origin && holds(key))?;
        let shared = self.keys.iter().any(|key| key.origin == *origin && holds(key));
        (!shared).then_some(&found.origin)
    }

    /// Takes out the header fields that the origin of the URL must not get.
    fn held_back(&self, request: &mut Request) {
        if let Ok(origin) = Origin::of(&request.url) {
            request
                .headers
                .retain(|(name, value)| self.foreign(&origin, |key| key.is_field(name, value)).is_none());
        }
    }

    /// What cannot be taken out of a request without making another one of it.
    fn refused(&self, request: &Request) -> Result<(), TransportError> {
        let Ok(origin) = Origin::of(&request.url) else { return Ok(()) };
        let body = request.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        match self.foreign(&origin, |key| key.is_in(&request.url) || key.is_in(&body)) {
            None => Ok(()),
            Some(owner) => Err(TransportError::BadRequest {
                reason: format!(
                    "it would take a credential that was given for {owner} to {origin}; give one for that origin if it needs one"
                ),
            }),
        }
    }
}

/// A transport that holds back credentials from where they do not belong.
#[derive(Clone)]
pub struct Guarded {
    inner: Arc<dyn Transport>,
    credentials: Arc<Credentials>,
}

impl Guarded {
    /// In front of `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>, credentials: Credentials) -> Self {
        Self { inner, credentials: Arc::new(credentials) }
    }
}

impl Transport for Guarded {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            self.credentials.refused(request)?;
            self.inner.send(&self.as_sent(request.clone())).await
        })
    }

    fn as_sent(&self, mut request: Request) -> Request {
        self.credentials.held_back(&mut request);
        self.inner.as_sent(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://scim.example.com/scim/v2";

    fn credentials() -> Credentials {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let fields = vec![field("Authorization", "Bearer s3cret-token"), field("X-Tenant", "7")];
        Credentials::default()
            .given(OWN, fields, ["s3cret-token".to_owned(), "short".to_owned()])
            .unwrap()
            .given("https://admin.example.com/", vec![], ["s3cret-admin".to_owned()])
            .unwrap()
    }

    fn request(url: &str, headers: &[(&str, &str)]) -> Request {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Request { method: "GET".into(), url: url.into(), headers, body: None }
    }

    #[rstest::rstest]
    #[case::its_own("https://scim.example.com/Users", &["authorization", "x-tenant", "Cookie", "Accept"])]
    #[case::its_own_in_other_words("HTTPS://SCIM.example.com:443/", &["authorization", "x-tenant", "Cookie", "Accept"])]
    #[case::another_host("https://scim.example.com.example.net/", &["Accept"])]
    #[case::its_own_as_a_name("https://scim.example.com@example.net/", &["Accept"])]
    #[case::another_port("https://scim.example.com:8443/", &["Accept"])]
    #[case::without_tls("http://scim.example.com/", &["Accept"])]
    #[case::one_that_has_its_own("https://admin.example.com/", &["Accept"])]
    fn header_fields_go_to_the_origin_that_they_were_given_for(#[case] url: &str, #[case] goes: &[&str]) {
        let mut request = request(
            url,
            &[
                ("authorization", "Bearer s3cret-token"),
                ("x-tenant", "7"),
                ("Cookie", "token=s3cret%2Dtoken; s3cret-token"),
                ("Accept", "7"),
            ],
        );
        credentials().held_back(&mut request);
        let names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, goes);
    }

    #[rstest::rstest]
    #[case::in_the_url("https://example.net/?t=s3cret-token", "", true)]
    #[case::in_the_body("https://example.net/", "{\"t\":\"s3cret-token\"}", true)]
    #[case::in_base64("https://example.net/", "Yjpz M2NyZXQtdG9rZW4=", false)]
    #[case::as_a_password("https://example.net/", "YWRhOnMzY3JldC10b2tlbg==", true)]
    #[case::that_of_another("https://admin.example.com/", "s3cret-token", true)]
    #[case::its_own("https://admin.example.com/", "s3cret-admin", false)]
    #[case::too_short_to_be_known("https://example.net/", "short", false)]
    fn a_request_that_is_made_of_a_credential_is_not_sent(
        #[case] url: &str,
        #[case] body: &'static str,
        #[case] refused: bool,
    ) {
        let request = Request { body: Some(body.into()), ..request(url, &[]) };
        let told = credentials().refused(&request);
        assert_eq!(told.is_err(), refused);
        if let Err(told) = told {
            assert!(told.to_string().contains("was given for https://scim.example.com:443"), "{told}");
            assert!(!told.to_string().contains("s3cret"), "{told}");
        }
    }
}
