//! Reads HAR 1.2, entry by entry, so that a file of any size takes the memory of its largest entry. What
//! tools write differs; whatever is not needed may be missing or of another type.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Captured, Versions};
use crate::exchange::{Exchange, Request, Response, TransportError, UrlParts, cut_from};

/// How a file ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ending {
    /// Exchanges that were handed over.
    pub exchanges: usize,
    /// Entries that are no exchange, each with the reason; the first few of them.
    pub unreadable: Vec<String>,
    /// How many those are in all.
    pub unreadable_count: usize,
    /// What stopped the reading before the end, with the place.
    pub stopped: Option<String>,
}

/// Most sentences about entries that are kept.
const KEPT: usize = 5;

impl Ending {
    /// What was wrong with the file, a sentence for each thing.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.stopped.iter().cloned().collect();
        if self.unreadable_count > 0 {
            let first: Vec<String> =
                self.unreadable.iter().map(|sentence| super::scim::shown(sentence)).collect();
            notes.push(format!("{} could not be read: {}", self.unreadable_count, first.join("; ")));
        }
        notes
    }

    pub(super) fn note(&mut self, sentence: String) {
        self.unreadable_count += 1;
        if self.unreadable.len() < KEPT {
            self.unreadable.push(sentence);
        }
    }
}

/// Reads a capture and hands over each exchange, until `each` says `false`.
///
/// A file that is cut off or damaged gives what stands before the damage; [`Ending::stopped`] says where it
/// is. ngrok's list of requests (`/api/requests/http`) and a bare array of entries are read too.
pub fn read_har(reader: impl Read, each: &mut dyn FnMut(Captured) -> bool) -> Ending {
    let mut ending = Ending::default();
    let mut wanted = true;
    let mut found = false;
    let mut newest_first = Vec::new();
    let mut json = serde_json::Deserializer::from_reader(reader);
    let outcome = Top {
        sink: &mut Sink {
            each,
            ending: &mut ending,
            wanted: &mut wanted,
            found: &mut found,
            newest_first: &mut newest_first,
        },
    }
    .deserialize(&mut json)
    .and_then(|()| json.end());
    if wanted {
        match outcome {
            Err(error) => ending.stopped = Some(sentence(&error)),
            Ok(()) if !found => {
                ending.stopped = Some(
                    "the file is JSON and no capture: it has neither log.entries, as HAR has, nor requests, as ngrok's list has".into(),
                );
            }
            Ok(()) => {}
        }
    }
    // ngrok lists the latest request first.
    newest_first.sort_by_key(|captured: &Captured| captured.started);
    for captured in newest_first {
        ending.exchanges += 1;
        if !each(captured) {
            break;
        }
    }
    ending
}

fn sentence(error: &serde_json::Error) -> String {
    let at = format!("line {}, column {}", error.line(), error.column());
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    if error.is_eof() {
        format!("the file is cut off at {at}; what stands before it was read")
    } else if error.is_io() {
        format!("the file could not be read to its end: {what}")
    } else {
        format!("the file is damaged at {at}: {what}; what stands before it was read")
    }
}

struct Sink<'a> {
    each: &'a mut dyn FnMut(Captured) -> bool,
    ending: &'a mut Ending,
    wanted: &'a mut bool,
    found: &'a mut bool,
    newest_first: &'a mut Vec<Captured>,
}

impl Sink<'_> {
    fn entry(&mut self, number: usize, value: Value, form: Form) {
        let read = match form {
            Form::Har => entry(&value),
            Form::Ngrok => ngrok(&value),
        };
        match read {
            Err(reason) => {
                self.ending.note(format!("entry {number} {reason}"));
            }
            Ok(captured) if form == Form::Ngrok => self.newest_first.push(captured),
            Ok(captured) => {
                self.ending.exchanges += 1;
                *self.wanted = (self.each)(captured);
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Har,
    Ngrok,
}

/// `{"log": {"entries": […]}}`, `{"requests": […]}`, or the entries alone.
struct Top<'a, 'b> {
    sink: &'a mut Sink<'b>,
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a HAR file, which is an object with `log`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "log" => map.next_value_seed(Log { sink: &mut *self.sink })?,
                "entries" => map.next_value_seed(Entries { sink: &mut *self.sink, form: Form::Har })?,
                "requests" => map.next_value_seed(Entries { sink: &mut *self.sink, form: Form::Ngrok })?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        Entries { sink: self.sink, form: Form::Har }.visit_seq(seq)
    }
}

struct Log<'a, 'b> {
    sink: &'a mut Sink<'b>,
}

impl<'de> DeserializeSeed<'de> for Log<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Log<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with `entries`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "entries" {
                map.next_value_seed(Entries { sink: &mut *self.sink, form: Form::Har })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Entries<'a, 'b> {
    sink: &'a mut Sink<'b>,
    form: Form,
}

impl<'de> DeserializeSeed<'de> for Entries<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        *self.sink.found = true;
        let mut number = 0;
        while let Some(value) = seq.next_element::<Value>()? {
            number += 1;
            self.sink.entry(number, value, self.form);
            if !*self.sink.wanted {
                // Ends the reading; the caller knows that it is no damage.
                return Err(A::Error::custom("enough"));
            }
        }
        Ok(())
    }
}

/// One entry of HAR.
fn entry(value: &Value) -> Result<Captured, String> {
    let request = value.get("request").ok_or("has no request")?;
    let url = text(request, "url").ok_or("has no request.url")?;
    let url = url.split('#').next().unwrap_or_default().to_owned();
    if !UrlParts::of(&url).is_absolute() {
        return Err(format!("has a request.url that is not absolute: `{}`", super::scim::shown(&url)));
    }
    let mut gaps = Vec::new();
    let body = request.get("postData").and_then(|data| posted(data, &mut gaps));
    if let Some(size) = request.get("bodySize").and_then(Value::as_i64)
        && size > 0
        && body.is_none()
    {
        gaps.push(format!("the body of the request, {size} bytes, is not in the capture"));
    }
    if let Some(bytes) = body.as_deref().and_then(cut_from) {
        gaps.push(format!("the body of the request, {bytes} bytes, was cut when it was recorded"));
    }
    let method = text(request, "method").unwrap_or("GET").to_ascii_uppercase();
    let version = |holder: Option<&Value>| {
        holder.and_then(|holder| text(holder, "httpVersion")).unwrap_or_default().to_owned()
    };
    let versions = Versions { request: version(Some(request)), response: version(value.get("response")) };
    let request = Request { method, url, headers: headers(request), body };
    let authority = super::scim::authority(&request.url);
    let outcome = match value.get("response") {
        Some(response) => answer(value, response, &authority, &mut gaps),
        None => Err(broken(&authority, "no answer is in the capture")),
    };
    let milliseconds = value.get("time").and_then(Value::as_f64).filter(|time| *time > 0.0).unwrap_or(0.0);
    let duration = Duration::try_from_secs_f64(milliseconds / 1e3).unwrap_or_default();
    let started = text(value, "startedDateTime").and_then(|time| time.parse::<Timestamp>().ok());
    Ok(Captured { started, exchange: Exchange { request, outcome, duration }, gaps, versions })
}

fn answer(
    entry: &Value,
    response: &Value,
    authority: &str,
    gaps: &mut Vec<String>,
) -> Result<Response, TransportError> {
    let status = response.get("status").and_then(number).and_then(|status| u16::try_from(status).ok());
    let status = status.filter(|status| (100..1000).contains(status));
    let Some(status) = status else {
        let why = text(response, "_error")
            .or_else(|| text(response, "comment"))
            .or_else(|| text(entry, "comment"))
            .or_else(|| text(response, "statusText"))
            .filter(|why| !why.is_empty())
            .unwrap_or("no answer is in the capture");
        return Err(broken(authority, why));
    };
    let reason = text(response, "statusText")
        .filter(|reason| !reason.is_empty())
        .map_or_else(|| super::scim::phrase(status).to_owned(), str::to_owned);
    let content = response.get("content");
    let mut body = Bytes::new();
    if let Some(content) = content {
        let size = content.get("size").and_then(number).unwrap_or(-1);
        match text(content, "text") {
            Some(encoded)
                if text(content, "encoding").is_some_and(|name| name.eq_ignore_ascii_case("base64")) =>
            {
                match decode(encoded) {
                    Some(bytes) => body = bytes,
                    None => gaps.push("the body of the answer is said to be base64 and is not".into()),
                }
            }
            Some(plain) => body = Bytes::copy_from_slice(plain.as_bytes()),
            None => {}
        }
        // Browsers count what they decoded, so longer than said is no gap.
        if let Some(bytes) = cut_from(&body) {
            gaps.push(format!("the body of the answer, {bytes} bytes, was cut when it was recorded"));
        } else if size > 0 && i64::try_from(body.len()).is_ok_and(|length| length < size) && body.len() < 4 {
            gaps.push(format!("the body of the answer, {size} bytes, is not in the capture"));
        } else if size > 0 && i64::try_from(body.len()).is_ok_and(|length| length < size) && !whole(&body) {
            gaps.push(format!(
                "the body of the answer has {} of the {size} bytes that the capture claims",
                body.len()
            ));
        }
    }
    Ok(Response { status, reason, headers: headers(response), body })
}

/// A count in bytes may lie, by masking or by another encoding; a body that parses is whole.
fn whole(body: &Bytes) -> bool {
    serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

fn posted(data: &Value, gaps: &mut Vec<String>) -> Option<Bytes> {
    if let Some(content) = text(data, "text") {
        let encoding = text(data, "encoding").or_else(|| text(data, "_encoding"));
        if encoding.is_some_and(|name| name.eq_ignore_ascii_case("base64")) {
            let decoded = decode(content);
            if decoded.is_none() {
                gaps.push("the body of the request is said to be base64 and is not".into());
            }
            return decoded;
        }
        return (!content.is_empty()).then(|| Bytes::copy_from_slice(content.as_bytes()));
    }
    // A form, as browsers export it.
    let parameters = data.get("params")?.as_array()?;
    let pairs: Vec<String> = parameters
        .iter()
        .filter_map(|one| Some(format!("{}={}", text(one, "name")?, text(one, "value").unwrap_or_default())))
        .collect();
    (!pairs.is_empty()).then(|| Bytes::from(pairs.join("&")))
}

fn headers(holder: &Value) -> Vec<(String, String)> {
    let pair = |field: &Value| {
        let name = text(field, "name")?;
        // `:authority` and its like are HTTP/2's own.
        (!name.is_empty() && !name.starts_with(':'))
            .then(|| (name.to_owned(), text(field, "value").unwrap_or_default().to_owned()))
    };
    match holder.get("headers") {
        Some(Value::Array(fields)) => fields.iter().filter_map(pair).collect(),
        Some(Value::Object(fields)) => fields
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    Value::Array(values) => values.first().and_then(Value::as_str).unwrap_or_default(),
                    other => other.as_str().unwrap_or_default(),
                };
                (name.clone(), value.to_owned())
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn text<'a>(holder: &'a Value, key: &str) -> Option<&'a str> {
    holder.get(key)?.as_str()
}

/// A number, also one in quotes.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn decode(encoded: &str) -> Option<Bytes> {
    let compact: String = encoded.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(compact).ok().map(Bytes::from)
}

fn broken(authority: &str, reason: &str) -> TransportError {
    TransportError::Broken { authority: authority.to_owned(), reason: reason.to_owned() }
}

/// One request as ngrok's inspector lists it, with the raw messages in base64.
fn ngrok(value: &Value) -> Result<Captured, String> {
    let request = value.get("request").ok_or("has no request")?;
    let uri = text(request, "uri").ok_or("has no request.uri")?;
    let fields = headers(request);
    let host = crate::exchange::header(&fields, "Host").unwrap_or("tunnel.invalid").to_owned();
    let body =
        text(request, "raw").and_then(decode).map(|raw| after_head(&raw)).filter(|body| !body.is_empty());
    let method = text(request, "method").unwrap_or("GET").to_ascii_uppercase();
    let request = Request { method, url: format!("https://{host}{uri}"), headers: fields, body };
    let outcome = match value.get("response") {
        Some(response) if response.get("status_code").and_then(number).is_some_and(|code| code >= 100) => {
            let status = response.get("status_code").and_then(number).unwrap_or_default();
            let status = u16::try_from(status).unwrap_or(500);
            let body = text(response, "raw").and_then(decode).map(|raw| after_head(&raw)).unwrap_or_default();
            Ok(Response {
                status,
                reason: super::scim::phrase(status).into(),
                headers: headers(response),
                body,
            })
        }
        _ => Err(broken(&host, "no answer is in the capture")),
    };
    // In nanoseconds.
    let duration =
        value.get("duration").and_then(Value::as_u64).map(Duration::from_nanos).unwrap_or_default();
    let started = text(value, "start").and_then(|time| time.parse::<Timestamp>().ok());
    let exchange = Exchange { request, outcome, duration };
    Ok(Captured { started, exchange, gaps: Vec::new(), versions: Versions::default() })
}

/// What follows the header fields of a raw message.
fn after_head(raw: &Bytes) -> Bytes {
    match raw.windows(4).position(|window| window == b"\r\n\r\n") {
        Some(at) => raw.slice(at + 4..),
        None => Bytes::new(),
    }
}
