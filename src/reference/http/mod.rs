//! The reference over HTTP: SCIM at `/scim/v2`, the console at `/console/v1` and as pages. Converts between HTTP and
//! the domain, and turns every failure into an answer of the right form; holds no rule of the domain.

mod answer;
mod bulk;
mod console;
mod control;
mod incoming;
mod negotiate;
mod options;
pub mod pages;
mod people;
mod resources;
mod scim;
mod shared;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use http_body_util::{BodyExt as _, Limited};
use jiff::SignedDuration;

use self::answer::Answer;
pub use self::answer::{Refusal, RequestNumber};
pub use self::control::SignIn;
use self::incoming::Incoming;
pub use self::options::{Preset, ReferenceOptions, TimeSource};
use self::shared::Shared;
use super::scim::ScimError;
use super::tenant::{CredentialType, Tenant};
use crate::serving::{Throttle, TooSlow};

/// Most bytes of a request body.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Credentials of a provider, shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct ProviderCredentials {
    /// SCIM base URL.
    pub base_url: String,
    /// User name for Basic.
    pub username: String,
    /// Password for Basic.
    pub password: String,
}

/// A running service provider; clones share its state.
#[derive(Clone)]
pub struct Reference {
    shared: Arc<Shared>,
}

impl Reference {
    /// A service with two organizations and nothing else in it.
    #[must_use]
    pub fn new(options: ReferenceOptions) -> Self {
        let tenant = Tenant::new(options.preset.behaviour(), options.start, options.seed);
        let live_start = options.live.as_ref().map(|now| now());
        let base_url = format!("{}/scim/v2", options.origin);
        let shared = Shared {
            tenant: Mutex::new(tenant),
            options,
            base_url,
            live_start,
            moved: Mutex::new(SignedDuration::ZERO),
            lenient: std::sync::atomic::AtomicBool::new(false),
            kept: Mutex::default(),
            pages: pages::kept::Kept::default(),
            throttle: Throttle::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// All routes.
    pub fn router(&self) -> Router {
        Router::new().fallback(handle).with_state(Arc::clone(&self.shared))
    }

    /// Adds a provider with API credentials, as the console would.
    ///
    /// # Errors
    /// When the name is empty or taken; the message says so.
    pub fn add_provider(&self, display_name: &str) -> Result<ProviderCredentials, String> {
        let mut tenant = self.shared.lock();
        let secret = tenant
            .add_provider(display_name, CredentialType::ApiCredentials)
            .map_err(|error| error.message)?;
        Ok(ProviderCredentials {
            base_url: self.shared.base_url.clone(),
            username: secret.username,
            password: secret.secret,
        })
    }

    /// Adds people as an Okta application would: user names, names, e-mail addresses and more that look
    /// real, the same for equal numbers and seeds.
    ///
    /// # Errors
    /// When no provider has the base URL's user name, or a user name is taken; the message says so.
    pub fn add_people(&self, provider: &ProviderCredentials, count: usize) -> Result<(), String> {
        let mut tenant = self.shared.lock();
        let id = tenant
            .by_password(&provider.username, &provider.password)
            .ok_or("no provider has these credentials")?;
        for number in 0..count {
            tenant.begin_request();
            let created = tenant.create_user(id, people::body(self.shared.options.seed, number).as_bytes());
            tenant.end_request();
            created.map_err(|error| error.detail)?;
        }
        Ok(())
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = match body_of(&parts.method, body).await {
        Ok(body) => body,
        Err(error) => return Answer::scim_error(&error).into_response(),
    };
    let incoming = Incoming { parts, body };
    let answer = if console::is_below(incoming.path()) {
        console::answer(&shared, &incoming)
    } else if pages::is_below(incoming.path()) {
        pages::answer(&shared, &incoming)
    } else {
        scim::answer(&shared, &incoming)
    };
    answer.into_response()
}

/// The body, where the method has one.
async fn body_of(method: &http::Method, body: axum::body::Body) -> Result<bytes::Bytes, ScimError> {
    if [http::Method::GET, http::Method::HEAD].contains(method) {
        return Ok(bytes::Bytes::new());
    }
    Limited::new(body, MAX_BODY).collect().await.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            let detail = format!("The body is larger than {MAX_BODY} bytes; send less at a time.");
            return ScimError::new(413, None, detail, "PAYLOAD_TOO_LARGE");
        }
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&*error);
        while let Some(known) = cause {
            if known.is::<TooSlow>() {
                let detail = "The body did not come in time; send it without a pause.";
                return ScimError::new(408, None, detail, "REQUEST_TIMEOUT");
            }
            cause = known.source();
        }
        ScimError::syntax("The body ended before it was complete.")
    })
}

/// What a request is answered that is for no route because its head is wrong; `why` says what is.
#[must_use]
pub fn bad_request(why: &str) -> Response {
    Answer::scim_error(&ScimError::syntax(why)).into_response()
}
