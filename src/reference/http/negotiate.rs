//! Media types (RFC 7644 §3.1): which body is taken, and under which name an answer goes out.

use super::answer::{JSON, SCIM_JSON};
use super::incoming::Incoming;
use crate::reference::scim::ScimError;

/// JSON in any of its names and with any parameters; a body without a type is taken for JSON.
pub(super) fn content_type(incoming: &Incoming) -> Result<(), ScimError> {
    let Some(kind) = incoming.header("content-type") else { return Ok(()) };
    let essence = essence(kind);
    if essence == SCIM_JSON || essence == JSON {
        return Ok(());
    }
    Err(ScimError::new(
        415,
        None,
        format!("The body is `{essence}`; send {SCIM_JSON} or {JSON}."),
        "UNSUPPORTED_MEDIA_TYPE",
    ))
}

/// The media type of the answer: `application/scim+json` unless the client would rather have
/// `application/json`; 406 when it accepts neither.
pub(super) fn accepted(incoming: &Incoming) -> Result<&'static str, ScimError> {
    // What nearly every client sends, Okta included.
    if incoming.header("accept").is_none_or(|field| field == SCIM_JSON) {
        return Ok(SCIM_JSON);
    }
    let fields: Vec<&str> =
        incoming.parts.headers.get_all("accept").iter().filter_map(|field| field.to_str().ok()).collect();
    let ranges: Vec<(String, f32)> = fields
        .iter()
        .flat_map(|field| field.split(','))
        .filter(|range| !range.trim().is_empty())
        .map(range)
        .collect();
    if ranges.is_empty() {
        return Ok(SCIM_JSON);
    }
    let (scim, json) = (quality(&ranges, SCIM_JSON), quality(&ranges, JSON));
    if scim <= 0.0 && json <= 0.0 {
        return Err(ScimError::new(
            406,
            None,
            format!("Answers are {SCIM_JSON} or {JSON}, and `Accept` admits neither."),
            "NOT_ACCEPTABLE",
        ));
    }
    Ok(if scim >= json { SCIM_JSON } else { JSON })
}

/// The most specific range that covers the type decides (RFC 9110 §12.5.1).
fn quality(ranges: &[(String, f32)], kind: &str) -> f32 {
    [kind, "application/*", "*/*"]
        .iter()
        .find_map(|wanted| ranges.iter().find(|(range, _)| range == wanted))
        .map_or(0.0, |(_, quality)| *quality)
}

fn range(text: &str) -> (String, f32) {
    let quality = text
        .split(';')
        .skip(1)
        .find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse().unwrap_or(1.0))
        })
        .unwrap_or(1.0);
    (essence(text), quality)
}

fn essence(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
