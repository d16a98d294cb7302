//! The parts of an answer that Runscope's assertions, variables and scripts look at.

use serde_json::{Value, json};

use super::compare;
use crate::exchange::Exchange;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Status,
    Header,
    Json,
    Text,
    Size,
    Time,
}

pub(super) fn source(word: &str) -> Result<Source, String> {
    Ok(match word {
        "response_status" => Source::Status,
        "response_headers" => Source::Header,
        "response_json" => Source::Json,
        "response_text" => Source::Text,
        "response_size" => Source::Size,
        "response_time" => Source::Time,
        other => {
            return Err(format!(
                "there is no source `{other}` here; the sources are response_status, response_headers, response_json, response_text, response_size and response_time"
            ));
        }
    })
}

pub(super) fn place(source: Source, property: &str) -> String {
    match source {
        Source::Status => "the status".into(),
        Source::Header => format!("the header field {property}"),
        Source::Json if property.is_empty() => "the JSON body".into(),
        Source::Json => property.to_owned(),
        Source::Text => "the body".into(),
        Source::Size => "the size of the body".into(),
        Source::Time => "the time of the answer in ms".into(),
    }
}

/// What the answer has at that place; an error says why there is no answer to look at.
pub(super) fn actual(source: Source, property: &str, exchange: &Exchange) -> Result<Option<Value>, String> {
    let response = exchange.outcome.as_ref().map_err(|error| format!("no answer: {error}"))?;
    Ok(match source {
        Source::Status => Some(response.status.into()),
        Source::Header => response.header(property).map(Value::from),
        Source::Json => {
            let value: Value = serde_json::from_slice(&response.body)
                .map_err(|error| format!("the body is not JSON ({error})"))?;
            compare::reach(&value, property)?
        }
        Source::Text => Some(String::from_utf8_lossy(&response.body).into_owned().into()),
        Source::Size => Some(response.body.len().into()),
        Source::Time => Some(u64::try_from(exchange.duration.as_millis()).unwrap_or(u64::MAX).into()),
    })
}

/// The answer as scripts see it.
pub(super) fn response(exchange: &Exchange) -> Value {
    let Some(response) = exchange.response() else { return Value::Null };
    let mut headers = serde_json::Map::new();
    for (name, value) in &response.headers {
        let list = headers.entry(name.clone()).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(value.clone().into());
        }
    }
    json!({
        "status": response.status,
        "reason": response.reason,
        "headers": headers,
        "body": String::from_utf8_lossy(&response.body),
        "size_bytes": response.body.len(),
        "response_time_ms": u64::try_from(exchange.duration.as_millis()).unwrap_or(u64::MAX),
    })
}
