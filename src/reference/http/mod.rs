//! The reference over HTTP: SCIM at `/scim/v2`, the console at `/console/v1` and as pages. Converts between HTTP and
//! the domain, and turns every failure into an answer of the right form; holds no rule of the domain.

mod answer;
mod bulk;
mod console;
mod control;
mod negotiate;
pub mod pages;
mod people;
mod resources;
mod scim;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use base64::Engine as _;
use http_body_util::{BodyExt as _, Limited};
use jiff::{SignedDuration, Timestamp};

use self::answer::Answer;
pub use self::answer::{Refusal, RequestNumber};
pub use self::control::SignIn;
use super::scim::ScimError;
use super::tenant::{Behaviour, CredentialType, Id, Tenant};

/// Most bytes of a request body.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Which service the reference is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Preset {
    /// As the guide says Code42 behaves.
    #[default]
    Seed,
    /// Strictly by RFC 7643 and RFC 7644 where the guide departs from them.
    Rfc,
}

impl Preset {
    /// The switches of the preset.
    #[must_use]
    pub fn behaviour(self) -> Behaviour {
        match self {
            Self::Seed => Behaviour::seed(),
            Self::Rfc => Behaviour::rfc(),
        }
    }
}

/// Real time, when the reference serves others.
pub type TimeSource = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a reference starts from.
#[derive(Clone)]
pub struct ReferenceOptions {
    /// Which service it is.
    pub preset: Preset,
    /// Origin under which clients reach it, e.g. `http://127.0.0.1:8080`; SCIM is at `{origin}/scim/v2`.
    pub origin: String,
    /// The first instant of its clock.
    pub start: Timestamp,
    /// Lets the clock run with real time; without it the clock stands still until it is moved.
    pub live: Option<TimeSource>,
    /// Changes identifiers and secrets; equal seeds give equal bytes.
    pub seed: u64,
    /// Who may use the console.
    pub console_username: String,
    /// And with which password.
    pub console_password: String,
}

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

struct Shared {
    tenant: Mutex<Tenant>,
    options: ReferenceOptions,
    base_url: String,
    live_start: Option<Timestamp>,
    moved: Mutex<SignedDuration>,
    lenient: std::sync::atomic::AtomicBool,
    /// States that were kept, the latest last.
    kept: Mutex<Vec<Tenant>>,
    pages: pages::Kept,
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
            pages: pages::Kept::default(),
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

impl Shared {
    /// The tenant with its clock brought up to date.
    fn lock(&self) -> MutexGuard<'_, Tenant> {
        let mut tenant = self.tenant.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(live), Some(start)) = (&self.options.live, self.live_start) {
            let moved = *self.moved.lock().unwrap_or_else(PoisonError::into_inner);
            let elapsed = live().duration_since(start) + moved;
            if let Ok(now) = self.options.start.checked_add(elapsed) {
                tenant.advance_to(now);
            }
        }
        tenant
    }

    /// Who is signed in to the pages.
    fn sessions(&self) -> MutexGuard<'_, pages::Sessions> {
        self.pages.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request with its body read.
struct Incoming {
    parts: http::request::Parts,
    body: bytes::Bytes,
}

impl Incoming {
    fn method(&self) -> &str {
        self.parts.method.as_str()
    }

    fn path(&self) -> &str {
        self.parts.uri.path()
    }

    fn query(&self) -> Option<&str> {
        self.parts.uri.query()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
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
            ScimError::new(413, None, detail, "PAYLOAD_TOO_LARGE")
        } else {
            ScimError::syntax("The body ended before it was complete.")
        }
    })
}

/// What an `Authorization` field holds.
enum Presented {
    /// User name and password with a colon between them.
    Basic(String),
    Bearer(String),
}

impl Presented {
    fn user_and_password(text: &str) -> Option<(&str, &str)> {
        text.split_once(':')
    }
}

fn presented(incoming: &Incoming) -> Option<Presented> {
    let (scheme, rest) = incoming.header("authorization")?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Presented::Bearer(rest.trim().to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(rest.trim()).ok()?;
    String::from_utf8(decoded).ok().map(Presented::Basic)
}

fn provider_of(tenant: &Tenant, incoming: &Incoming) -> Option<Id> {
    match presented(incoming)? {
        Presented::Basic(text) => {
            let (username, password) = Presented::user_and_password(&text)?;
            tenant.by_password(username, password)
        }
        Presented::Bearer(token) => tenant.by_token(&token),
    }
}
