//! Requests as Okta's client sends them, and the probes that send them.

pub(in crate::checks) mod groups;
pub(in crate::checks) mod large;
pub(in crate::checks) mod users;

use serde_json::Value;

use crate::checks::engine::{Answer, Call, Capability, Session, Stop, is_list};
use crate::checks::rules::okta::REQUEST_HEADERS;
use crate::exchange::percent_encode;

/// A request as Okta's client sends it.
pub(in crate::checks) async fn okta(
    session: &mut Session,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Result<Answer, Stop> {
    session.send(Call::okta(method, path, body)).await
}

/// Goes on only where requests in Okta's form are answered at all, so that a service that refuses its
/// header fields is told so once.
pub(in crate::checks) async fn reachable(session: &mut Session) -> Result<(), Stop> {
    let answer = okta(session, "GET", "/Users?startIndex=1&count=2", None).await?;
    if session.facts.works(Capability::ListUsers) && !is_list(&answer) {
        return Err(Stop::Blocked(&REQUEST_HEADERS));
    }
    Ok(())
}

/// The look-up before each creation: `attribute eq "value"` with startIndex and count.
pub(in crate::checks) async fn look(
    session: &mut Session,
    endpoint: &str,
    attribute: &str,
    value: &str,
) -> Result<Answer, Stop> {
    let filter = percent_encode(&format!("{attribute} eq {}", Value::from(value)));
    okta(session, "GET", &format!("{endpoint}?filter={filter}&startIndex=1&count=100"), None).await
}

/// An Okta user id for a name that nobody else has.
pub(in crate::checks) fn okta_id(name: &str) -> String {
    format!("00u{}", name.chars().filter(char::is_ascii_alphanumeric).collect::<String>())
}
