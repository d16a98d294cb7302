//! Writes HAR 1.2 so that the file is whole after every exchange: the end of the document stands there all
//! the time and is written over by the next entry. A crash loses at most the exchange in flight.

use std::io::{self, Seek, SeekFrom, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Captured;
use crate::exchange::{Request, Response, UrlParts, cut_from, header, percent_decode};

const END: &str = "\n]}}\n";

/// A HAR file that grows.
#[derive(Debug)]
pub struct HarWriter<W> {
    file: W,
    /// Where the next entry goes.
    at: u64,
    entries: usize,
}

impl<W: Write + Seek> HarWriter<W> {
    /// Begins a file; what stands in it is not looked at.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn new(mut file: W, version: &str) -> io::Result<Self> {
        let creator = json!({ "name": "scimulate", "version": version });
        let start = format!("{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"entries\":[");
        file.seek(SeekFrom::Start(0))?;
        file.write_all(format!("{start}{END}").as_bytes())?;
        file.flush()?;
        Ok(Self { file, at: start.len() as u64, entries: 0 })
    }

    /// Adds one exchange. The caller has blotted out what nobody may see.
    ///
    /// # Errors
    /// When the file cannot be written; the entries before stay readable.
    pub fn append(&mut self, captured: &Captured) -> io::Result<()> {
        let comma = if self.entries == 0 { "\n" } else { ",\n" };
        let text = format!("{comma}{}", entry(captured));
        self.file.seek(SeekFrom::Start(self.at))?;
        self.file.write_all(format!("{text}{END}").as_bytes())?;
        self.file.flush()?;
        self.at += text.len() as u64;
        self.entries += 1;
        Ok(())
    }

    /// How many entries there are.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.entries
    }
}

/// One entry.
fn entry(captured: &Captured) -> Value {
    let exchange = &captured.exchange;
    let milliseconds = exchange.duration.as_secs_f64() * 1e3;
    let milliseconds = (milliseconds * 1e3).round() / 1e3;
    let mut entry = json!({
        "startedDateTime": captured.started.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string(),
        "time": milliseconds,
        "request": request(&exchange.request, &captured.versions.request),
        "response": match &exchange.outcome {
            Ok(answer) => response(answer, &captured.versions.response),
            Err(error) => no_answer(&error.to_string()),
        },
        "cache": {},
        "timings": { "send": 0, "wait": milliseconds, "receive": 0 },
    });
    if !captured.gaps.is_empty() {
        entry["comment"] = json!(captured.gaps.join("; "));
    }
    entry
}

fn request(request: &Request, version: &str) -> Value {
    let pairs = UrlParts::of(&request.url).pairs();
    let query: Vec<Value> = pairs
        .map(|(name, value)| json!({ "name": percent_decode(name), "value": percent_decode(value) }))
        .collect();
    let mut fields = json!({
        "method": request.method,
        "url": request.url,
        "httpVersion": known(version),
        "cookies": [],
        "headers": headers(&request.headers),
        "queryString": query,
        "headersSize": -1,
        "bodySize": request.body.as_ref().map_or(0, |body| size(body)),
    });
    if let Some(body) = &request.body {
        let mut data = Map::new();
        data.insert("mimeType".into(), json!(header(&request.headers, "Content-Type").unwrap_or_default()));
        content(&mut data, body);
        fields["postData"] = Value::Object(data);
    }
    fields
}

fn response(response: &Response, version: &str) -> Value {
    let mut data = Map::new();
    data.insert("size".into(), json!(size(&response.body)));
    data.insert("mimeType".into(), json!(header(&response.headers, "Content-Type").unwrap_or_default()));
    content(&mut data, &response.body);
    json!({
        "status": response.status,
        "statusText": response.reason,
        "httpVersion": known(version),
        "cookies": [],
        "headers": headers(&response.headers),
        "content": data,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": size(&response.body),
    })
}

/// How long the body was before it was cut.
fn size(body: &[u8]) -> usize {
    cut_from(body).unwrap_or(body.len())
}

/// The member has to be there; this is what browsers write where they do not know.
fn known(version: &str) -> &str {
    if version.is_empty() { "unknown" } else { version }
}

/// As browsers write an exchange without an answer.
fn no_answer(error: &str) -> Value {
    json!({
        "status": 0,
        "statusText": "",
        "httpVersion": "",
        "cookies": [],
        "headers": [],
        "content": { "size": 0, "mimeType": "" },
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
        "_error": error,
    })
}

fn content(data: &mut Map<String, Value>, body: &[u8]) {
    match std::str::from_utf8(body) {
        Ok(text) => {
            data.insert("text".into(), json!(text));
        }
        Err(_) => {
            data.insert("text".into(), json!(STANDARD.encode(body)));
            data.insert("encoding".into(), json!("base64"));
        }
    }
}

fn headers(fields: &[(String, String)]) -> Vec<Value> {
    fields.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}
