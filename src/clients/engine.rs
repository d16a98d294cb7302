//! What all jobs share: the app instance, and the way every request goes out and every answer is read.
//! Nothing here changes while jobs run, so that several people's jobs can run at once.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Mutex;

use super::client::Client;
use super::model::{OperationError, Pacing, Refusal};
use super::okta::messages::{self, Reason};
use super::operation::App;
use super::wire::{self, Connection};
use crate::exchange::{Auth, Grant, Limits, Response, TokenError, Transport};

/// Entries of a page (§3.16).
const PAGE: u64 = 100;
/// How often a request is sent before 429 is taken as final (§6).
const ATTEMPTS: u32 = 10;
/// What 429 without whole seconds means (§6).
const FIVE_MINUTES: u64 = 300;

/// The app instance with its connection.
pub(super) struct Engine {
    pub(super) client: &'static dyn Client,
    pub(super) app: App,
    pub(super) seed: u64,
    connection: Option<Connection>,
    /// Under a lock, so that of several jobs that find the token expired one refreshes it.
    grant: Option<Mutex<Grant>>,
    transport: Arc<dyn Transport>,
    pacing: Arc<dyn Pacing>,
}

/// What the existence check came to (§3.3).
pub(super) enum Lookup {
    Found {
        id: String,
        active: bool,
    },
    NotFound,
    Refused(Refusal),
    /// A list whose counters are no integers: Okta stops without a message.
    Silent,
}

impl Engine {
    pub(super) fn new(
        client: &'static dyn Client,
        app: App,
        seed: u64,
        transport: Arc<dyn Transport>,
        pacing: Arc<dyn Pacing>,
    ) -> Self {
        Self { client, app, seed, connection: None, grant: None, transport, pacing }
    }

    pub(super) fn connect(&mut self, base_url: &str, auth: &Auth) {
        self.connection =
            Some(Connection { base_url: base_url.to_owned(), authorization: auth.header_value() });
        self.grant = match auth {
            Auth::OAuth(client) => Some(Mutex::new(Grant::new(client.clone()))),
            _ => None,
        };
    }

    pub(super) fn connected(&self) -> Result<(), OperationError> {
        self.connection.as_ref().map(|_| ()).ok_or(OperationError::NotConnected)
    }

    /// The tokens that the authorization server gave out, so that a caller can mask them.
    pub(super) fn issued_tokens(&mut self) -> Vec<String> {
        self.grant.as_mut().map(|grant| grant.get_mut().issued().to_vec()).unwrap_or_default()
    }

    /// Sends one request. The result is the body of a success answer, `Null` where it has none; anything that
    /// is no success is a refusal.
    pub(super) async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        let response = self.authorized(method, path, body).await?;
        match Reason::of_response(&response) {
            Some(reason) => Err(Refusal { status: Some(response.status), reason: reason.to_string() }),
            None => Ok(response.json().unwrap_or_default()),
        }
    }

    /// With OAuth 2, a token is fetched when there is none, and once more when the service answers 401
    /// (§2.3: refreshing happens only when an operation runs; §13.17 leaves the 401 open).
    async fn authorized(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Response, Refusal> {
        let Some(connection) = &self.connection else {
            return Err(Refusal { status: None, reason: OperationError::NotConnected.to_string() });
        };
        let mut connection = connection.clone();
        let Some(grant) = &self.grant else { return self.patient(&connection, method, path, body).await };
        let used = grant.lock().await.token(&*self.transport, None).await.map_err(dead_credentials)?;
        connection.authorization = Some(format!("Bearer {used}"));
        let response = self.patient(&connection, method, path, body).await?;
        if response.status != 401 {
            return Ok(response);
        }
        let fresh =
            grant.lock().await.token(&*self.transport, Some(&used)).await.map_err(dead_credentials)?;
        connection.authorization = Some(format!("Bearer {fresh}"));
        self.patient(&connection, method, path, body).await
    }

    /// 429 is waited out (§6): whole seconds of `Retry-After`, else five minutes, doubled each time.
    async fn patient(
        &self,
        connection: &Connection,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, Refusal> {
        let request = wire::request(connection, self.client.user_agent(), method, path, body);
        let mut factor = 1_u64;
        let mut attempt = 1;
        loop {
            let response = self
                .transport
                .send(&request)
                .await
                .map_err(|error| Refusal { status: None, reason: Reason::NoAnswer(error).to_string() })?;
            if response.status != 429 || attempt == ATTEMPTS {
                return Ok(response);
            }
            let asked = response.header("Retry-After").and_then(|value| value.trim().parse::<u64>().ok());
            let seconds = asked.unwrap_or(FIVE_MINUTES).saturating_mul(factor);
            factor = factor.saturating_mul(2);
            attempt += 1;
            let why = format!("the target answered 429, and Okta waits {seconds} s before it tries again");
            let refused = |reason| Refusal { status: Some(response.status), reason };
            self.pacing.wait(&why, seconds).await.map_err(refused)?;
        }
    }

    /// §3.3 and §3.17a. Of several hits the first one counts (§13.6 leaves it open).
    pub(super) async fn look_up(&self, collection: &str, attribute: &str, value: &str) -> Lookup {
        let path = self.client.lookup(collection, attribute, value, &self.app.switches);
        let list = match self.call("GET", &path, None).await {
            Ok(list) => list,
            Err(Refusal { status: Some(404), .. }) => return Lookup::NotFound,
            Err(refusal) => return Lookup::Refused(refusal),
        };
        for counter in ["totalResults", "startIndex", "itemsPerPage"] {
            if field(&list, counter).is_some_and(|value| !value.is_u64()) {
                return Lookup::Silent;
            }
        }
        let Some(total) = field(&list, "totalResults").and_then(Value::as_u64) else { return Lookup::Silent };
        let first =
            field(&list, "Resources").and_then(Value::as_array).and_then(|resources| resources.first());
        match first {
            Some(resource) if total > 0 => match resource.get("id").and_then(Value::as_str) {
                Some(id) if !id.is_empty() => match wire::path_to(&format!("/{collection}"), id) {
                    Ok(_) => Lookup::Found {
                        id: id.to_owned(),
                        active: resource.get("active") != Some(&Value::Bool(false)),
                    },
                    Err(refusal) => Lookup::Refused(refusal),
                },
                _ => Lookup::Refused(Refusal {
                    status: None,
                    reason: "the resource that was found has no id".into(),
                }),
            },
            _ => Lookup::NotFound,
        }
    }

    /// §3.16: pages of 100, by a fixed step or by what came (a switch, §13.9).
    pub(super) async fn all_pages(&self, path: &str) -> Result<Vec<Value>, Refusal> {
        let unreadable = |reason: &str| Refusal { status: None, reason: reason.to_owned() };
        let mut all = Vec::new();
        let mut start = 1;
        for _ in 0..Limits::PAGES {
            let path = format!("{path}?startIndex={start}&count={PAGE}");
            let list = self.call("GET", &path, None).await?;
            let total = field(&list, "totalResults").and_then(Value::as_u64);
            let total = total.ok_or_else(|| unreadable("totalResults is missing or no integer"))?;
            let page = field(&list, "Resources").and_then(Value::as_array).cloned().unwrap_or_default();
            let came = u64::try_from(page.len()).unwrap_or(PAGE);
            all.extend(page);
            start += if self.app.switches.import_by_what_came { came } else { PAGE };
            // A page without entries before the end would repeat for ever; the stop rule is open (§13.9).
            if start > total || came == 0 {
                return Ok(all);
            }
        }
        Err(unreadable(&format!("the list {path} has more than {} pages", Limits::PAGES)))
    }
}

/// §2.3: with a dead refresh token an administrator has to authenticate again.
fn dead_credentials(TokenError(reason): TokenError) -> Refusal {
    Refusal { status: Some(401), reason: messages::dead_credentials(&reason) }
}

/// A key of a list in any letter case: lower-cased ones are tolerated (§5).
pub(super) fn field<'a>(list: &'a Value, name: &str) -> Option<&'a Value> {
    list.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
