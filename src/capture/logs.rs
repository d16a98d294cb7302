//! Exchanges from other texts than HAR: curl commands, access logs, request logs of JSON lines.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;

use super::scim::{authority, phrase, shown};
use super::{Captured, Versions};
use crate::exchange::{Exchange, Request, Response, TransportError, UrlParts, basic};

/// Where in a JSON line each part of an exchange stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// JSON Pointer by the name of the part.
    named: BTreeMap<String, String>,
    /// Prefix of paths, where the log has no whole URLs.
    origin: String,
}

/// Parts of an exchange, and where logs usually have them.
const PARTS: [(&str, &[&str]); 8] = [
    ("method", &["/method", "/request/method", "/httpMethod", "/http/method", "/req/method"]),
    ("url", &["/url", "/request/url", "/uri", "/path", "/req/url", "/request/path", "/target"]),
    (
        "status",
        &["/status", "/response/status", "/statusCode", "/res/statusCode", "/http/status", "/responseStatus"],
    ),
    ("request-body", &["/requestBody", "/request/body", "/reqBody", "/req/body", "/body"]),
    ("response-body", &["/responseBody", "/response/body", "/resBody", "/res/body", "/response"]),
    ("request-headers", &["/requestHeaders", "/request/headers", "/req/headers", "/headers"]),
    ("response-headers", &["/responseHeaders", "/response/headers", "/res/headers"]),
    ("time", &["/time", "/timestamp", "/ts", "/@timestamp", "/at", "/date"]),
];

impl Fields {
    /// The usual places; paths without a host get `origin` before them.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self { named: BTreeMap::new(), origin: origin.to_owned() }
    }

    /// Says where a part stands: `method=/http/verb`.
    ///
    /// # Errors
    /// When there is no such part, or the place is no JSON Pointer.
    pub fn set(&mut self, part: &str, pointer: &str) -> Result<(), String> {
        if !PARTS.iter().any(|(name, _)| *name == part) {
            let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
            return Err(format!(
                "there is no part `{part}` of an exchange; the parts are {}",
                names.join(", ")
            ));
        }
        if !pointer.starts_with('/') {
            return Err(format!("`{pointer}` is no JSON Pointer; write it like /request/{part}"));
        }
        self.named.insert(part.to_owned(), pointer.to_owned());
        Ok(())
    }

    fn find<'a>(&self, line: &'a Value, part: &str) -> Option<&'a Value> {
        if let Some(pointer) = self.named.get(part) {
            return line.pointer(pointer);
        }
        let (_, usual) = PARTS.iter().find(|(name, _)| *name == part)?;
        usual.iter().find_map(|pointer| line.pointer(pointer)).filter(|value| !value.is_null())
    }
}

fn unanswered(url: &str) -> TransportError {
    TransportError::Broken { authority: authority(url), reason: "no answer is in the capture".into() }
}

/// One line of a request log.
///
/// # Errors
/// When the line is no JSON object, or has no URL; the text completes "line 3 …".
pub fn from_json_line(line: &str, fields: &Fields) -> Result<Captured, String> {
    let value: Value = serde_json::from_str(line)
        .map_err(|error| format!("is no JSON: {error}").replace(" at line 1 column ", ", at column "))?;
    if !value.is_object() {
        return Err("is no JSON object".into());
    }
    let url = fields
        .find(&value, "url")
        .and_then(Value::as_str)
        .ok_or("has no URL; say where it is, e.g. with --field url=/request/path")?;
    let url = absolute(url, &fields.origin);
    let text = |part: &str| fields.find(&value, part).and_then(Value::as_str);
    let method = text("method").unwrap_or("GET").to_ascii_uppercase();
    let body = fields.find(&value, "request-body").and_then(bytes_of);
    let request = Request { method, url, headers: pairs(fields.find(&value, "request-headers")), body };
    let status = fields
        .find(&value, "status")
        .and_then(|status| status.as_u64().or_else(|| status.as_str()?.split(' ').next()?.parse().ok()));
    let status =
        status.and_then(|status| u16::try_from(status).ok()).filter(|status| (100..1000).contains(status));
    let mut gaps = Vec::new();
    let outcome = match status {
        None => Err(unanswered(&request.url)),
        Some(status) => {
            let body =
                fields.find(&value, "response-body").filter(|body| !body.is_number()).and_then(bytes_of);
            if body.is_none() && status != 204 {
                gaps.push("the log has no body of the answer".into());
            }
            let headers = pairs(fields.find(&value, "response-headers"));
            if headers.is_empty() {
                gaps.push("the log has no header fields of the answer".into());
            }
            Ok(Response { status, reason: phrase(status).into(), headers, body: body.unwrap_or_default() })
        }
    };
    let started = fields.find(&value, "time").and_then(instant);
    Ok(Captured {
        started,
        exchange: Exchange { request, outcome, duration: Duration::ZERO },
        gaps,
        versions: Versions::default(),
    })
}

/// A time as text, or as seconds or milliseconds since 1970.
fn instant(value: &Value) -> Option<Timestamp> {
    if let Some(text) = value.as_str() {
        return text.parse().ok();
    }
    let number = value.as_f64()?;
    let seconds = if number > 1e11 { number / 1e3 } else { number };
    Timestamp::from_microsecond((seconds * 1e6) as i64).ok()
}

fn bytes_of(value: &Value) -> Option<Bytes> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
        other => Some(Bytes::from(other.to_string())),
    }
}

fn pairs(value: Option<&Value>) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    match value {
        Some(Value::Object(fields)) => {
            fields.iter().map(|(name, value)| (name.clone(), text(value))).collect()
        }
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|item| Some((item.get("name")?.as_str()?.to_owned(), text(item.get("value")?))))
            .collect(),
        _ => Vec::new(),
    }
}

fn absolute(url: &str, origin: &str) -> String {
    if UrlParts::of(url).is_absolute() {
        return url.to_owned();
    }
    let slash = if url.starts_with('/') { "" } else { "/" };
    format!("{}{slash}{url}", origin.trim_end_matches('/'))
}

static COMBINED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^(\S+) \S+ .*?\[([^\]]+)\] "([A-Z]+) (\S+)(?: HTTP/[0-9.]+)?" (\d{3}) (\d+|-)(?: "[^"]*" "([^"]*)")?"#).ok()
});

/// One line of an access log in the combined format of nginx and Apache. It has neither bodies nor header
/// fields, so it tells what was done and not what was wrong with it.
///
/// # Errors
/// When the line has another form; the text completes "line 3 …".
pub fn from_log_line(line: &str, fields: &Fields) -> Result<Captured, String> {
    let wrong = || format!("is no line of an access log in the combined format: `{}`", shown(line));
    let found = COMBINED.as_ref().and_then(|form| form.captures(line)).ok_or_else(wrong)?;
    let part = |index: usize| found.get(index).map_or("", |part| part.as_str());
    let status: u16 = part(5).parse().map_err(|_| wrong())?;
    let mut headers = Vec::new();
    if !matches!(part(7), "" | "-") {
        headers.push(("User-Agent".to_owned(), part(7).to_owned()));
    }
    let request =
        Request { method: part(3).to_owned(), url: absolute(part(4), &fields.origin), headers, body: None };
    let response =
        Response { status, reason: phrase(status).into(), headers: Vec::new(), body: Bytes::new() };
    let started =
        jiff::fmt::strtime::parse("%d/%b/%Y:%H:%M:%S %z", part(2)).and_then(|time| time.to_timestamp()).ok();
    Ok(Captured {
        started,
        exchange: Exchange { request, outcome: Ok(response), duration: Duration::ZERO },
        gaps: vec!["an access log has no bodies and no header fields".into()],
        versions: Versions::default(),
    })
}

/// A curl command, as browsers copy it and as this program prints it.
///
/// # Errors
/// When it is none, or has no URL; the text completes "the command …".
pub fn from_curl(command: &str) -> Result<Captured, String> {
    let words = words(command)?;
    let mut words = words.into_iter().skip_while(|word| word == "$");
    if words.next().as_deref() != Some("curl") {
        return Err("does not begin with curl".into());
    }
    let mut method = None;
    let mut url = None;
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut body: Option<String> = None;
    let mut json = false;
    while let Some(word) = words.next() {
        let (option, mut attached) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option.to_owned(), Some(value.to_owned())),
            _ => (word.clone(), None),
        };
        // `-XPOST`, `-H'…'`
        let (option, value) = match option.get(..2) {
            Some(short @ ("-X" | "-H" | "-d" | "-u" | "-A" | "-b" | "-e")) if option.len() > 2 => {
                (short.to_owned(), Some(option[2..].to_owned()))
            }
            _ => (option, attached.take()),
        };
        let mut argument = |what: &str| {
            value
                .clone()
                .or_else(|| words.next())
                .ok_or_else(|| format!("ends after {what}, which needs a value"))
        };
        match option.as_str() {
            "-X" | "--request" => method = Some(argument("-X")?.to_ascii_uppercase()),
            "-H" | "--header" => {
                let field = argument("-H")?;
                let (name, value) = field
                    .split_once(':')
                    .ok_or_else(|| format!("has a header field without a colon: `{}`", shown(&field)))?;
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            "-d" | "--data" | "--data-raw" | "--data-binary" | "--data-ascii" => {
                let more = argument("-d")?;
                body = Some(body.map_or(more.clone(), |before| format!("{before}&{more}")));
            }
            "--json" => {
                json = true;
                body = Some(argument("--json")?);
            }
            "-u" | "--user" => {
                let pair = argument("-u")?;
                let (user, password) = pair.split_once(':').unwrap_or((&pair, ""));
                headers.push(("Authorization".into(), basic(user, password)));
            }
            "-A" | "--user-agent" => headers.push(("User-Agent".into(), argument("-A")?)),
            "-b" | "--cookie" => headers.push(("Cookie".into(), argument("-b")?)),
            "--url" => url = Some(argument("--url")?),
            // These have a value that does not matter here.
            "-o" | "-m" | "-w" | "-x" | "-e" | "--output" | "--max-time" | "--connect-timeout"
            | "--cacert" | "--proxy" | "--referer" | "--retry" | "--write-out" | "--resolve" | "--cert"
            | "--key" => {
                argument("an option")?;
            }
            _ if word.starts_with('-') => {}
            _ => url = Some(word),
        }
    }
    let url = url.ok_or("has no URL")?;
    let url = if UrlParts::of(&url).is_absolute() { url } else { format!("https://{url}") };
    if json && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        headers.push(("Content-Type".into(), "application/json".into()));
    }
    let method = method.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
    let outcome = Err(unanswered(&url));
    let request = Request { method, url, headers, body: body.map(Bytes::from) };
    Ok(Captured {
        started: None,
        exchange: Exchange { request, outcome, duration: Duration::ZERO },
        gaps: vec!["a curl command has no answer".into()],
        versions: Versions::default(),
    })
}

/// Whether the command ends inside of quotes, so that it goes on in the next line.
pub(super) fn is_open(command: &str) -> bool {
    words(command).is_err()
}

/// Words as a POSIX shell sees them, and bash's `$'…'`.
fn words(command: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = command.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('\n') | None => {}
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            '\'' => {
                let inside = word.get_or_insert_default();
                loop {
                    match letters.next() {
                        Some('\'') => break,
                        Some(other) => inside.push(other),
                        None => return Err("ends inside of single quotes".into()),
                    }
                }
            }
            '$' if letters.peek() == Some(&'\'') => {
                letters.next();
                let inside = word.get_or_insert_default();
                loop {
                    match letters.next() {
                        Some('\'') => break,
                        Some('\\') => match letters.next() {
                            Some('n') => inside.push('\n'),
                            Some('t') => inside.push('\t'),
                            Some('r') => inside.push('\r'),
                            Some('u') => {
                                let digits: String = letters.by_ref().take(4).collect();
                                inside.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
                            }
                            Some(other) => inside.push(other),
                            None => return Err("ends inside of quotes".into()),
                        },
                        Some(other) => inside.push(other),
                        None => return Err("ends inside of quotes".into()),
                    }
                }
            }
            '"' => {
                let inside = word.get_or_insert_default();
                loop {
                    match letters.next() {
                        Some('"') => break,
                        Some('\\') => match letters.next() {
                            Some(escaped @ ('"' | '\\' | '$' | '`')) => inside.push(escaped),
                            Some('\n') => {}
                            Some(other) => {
                                inside.push('\\');
                                inside.push(other);
                            }
                            None => return Err("ends inside of double quotes".into()),
                        },
                        Some(other) => inside.push(other),
                        None => return Err("ends inside of double quotes".into()),
                    }
                }
            }
            blank if blank.is_whitespace() => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}
