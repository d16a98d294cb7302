//! Builds every request by hand, as Okta's client puts it on the wire (okta-client §2): header fields
//! in Okta's order and spelling, compact JSON, Okta's query encoding. Knows no job and no state.

use bytes::Bytes;
use serde_json::{Value, json};

use super::model::Refusal;
use crate::exchange::{Request, host, percent_encode, segment};
use crate::urn::PATCH_OP;
pub(super) use crate::urn::{GROUP, USER};

const SCIM_JSON: &str = "application/scim+json";

/// Where requests go and how they are authorized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Connection {
    /// As entered by the administrator; paths are appended without any normalising (§2.1).
    pub(super) base_url: String,
    /// The whole `Authorization` field value.
    pub(super) authorization: Option<String>,
}

/// A request with Okta's header fields. Those of other clients are not attested beyond the media type, so they
/// get the same without the name.
pub(super) fn request(
    connection: &Connection,
    user_agent: Option<&str>,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Request {
    let url = format!("{}{path}", connection.base_url);
    let body = body.map(|body| Bytes::from(body.to_string()));
    let mut headers: Vec<(&str, String)> =
        vec![("Accept", SCIM_JSON.into()), ("Accept-Charset", "utf-8".into())];
    // Okta's printed DELETE carries the content type although it has no body (§2.1).
    if body.is_some() || method == "DELETE" {
        headers.push(("Content-Type", format!("{SCIM_JSON}; charset=utf-8")));
    }
    if let Some(name) = user_agent {
        headers.push(("User-Agent", name.to_owned()));
    }
    if let Some(value) = &connection.authorization {
        headers.push(("Authorization", value.clone()));
    }
    if let Some(body) = &body {
        headers.push(("Content-Length", body.len().to_string()));
    }
    headers.push(("Host", host(&url).to_owned()));
    headers.push(("Connection", "Keep-Alive".into()));
    headers.push(("Accept-Encoding", "gzip,deflate".into()));
    Request {
        method: method.into(),
        url,
        headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        body,
    }
}

/// `?filter=…&startIndex=1&count=100` (§2.2). With `form`, blanks are `+` as they were in 2018 and 2019.
pub(super) fn lookup(collection: &str, attribute: &str, value: &str, form: bool) -> String {
    let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
    let encoded = percent_encode(&format!("{attribute} eq \"{quoted}\""));
    let encoded = if form { encoded.replace("%20", "+") } else { encoded };
    format!("/{collection}?filter={encoded}&startIndex=1&count=100")
}

/// A PATCH body of these operations.
pub(super) fn patch(operations: &[Value]) -> Value {
    json!({ "schemas": [PATCH_OP], "Operations": operations })
}

/// The one operation of every user PATCH: `replace` without a path (§3.9, §3.10).
pub(super) fn replace(value: Value) -> Value {
    json!({ "op": "replace", "value": value })
}

/// `/Users/{id}`, the id encoded where it would break the path.
///
/// # Errors
/// When the id cannot stand in a path; nothing is sent then.
pub(super) fn path_to(endpoint: &str, id: &str) -> Result<String, Refusal> {
    match segment(id) {
        Ok(segment) => Ok(format!("{endpoint}/{segment}")),
        Err(reason) => {
            Err(Refusal { status: None, reason: format!("nothing is sent below {endpoint}: {reason}") })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deactivation_is_the_118_bytes_that_okta_logs() {
        let body = patch(&[replace(json!({ "active": false }))]).to_string();
        assert_eq!(body.len(), 118);
        assert_eq!(
            body,
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}"#
        );
    }

    #[rstest::rstest]
    #[case(
        "test.user@okta.local",
        false,
        "/Users?filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100"
    )]
    #[case(
        "jane.doe@example.com",
        true,
        "/Users?filter=userName+eq+%22jane.doe%40example.com%22&startIndex=1&count=100"
    )]
    #[case("a+b@c.d", true, "/Users?filter=userName+eq+%22a%2Bb%40c.d%22&startIndex=1&count=100")]
    fn lookups_are_encoded_as_captured(#[case] login: &str, #[case] form: bool, #[case] path: &str) {
        assert_eq!(lookup("Users", "userName", login, form), path);
    }

    #[test]
    fn the_base_url_is_not_normalised() {
        let connection = Connection { base_url: "https://h:8/scim/".into(), authorization: None };
        let request = request(&connection, None, "GET", "/Users", None);
        assert_eq!(request.url, "https://h:8/scim//Users");
        assert_eq!(request.header("Host"), Some("h:8"));
        assert_eq!(request.header("Content-Type"), None);
    }
}
