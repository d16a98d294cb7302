//! Secrets in JSON, whole or cut, as it is spelt: nothing is written anew but what has to be.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Found, Places};
use crate::exchange::secret::Kind;
use crate::exchange::secret::{MASK, scheme};

/// Members that say what the value beside them is: the path of a PATCH operation (RFC 7644 §3.5.2), the name of a
/// header field or a parameter in a capture.
const SUBJECTS: [&str; 6] = ["path", "name", "key", "attribute", "header", "field"];
/// Members that hold that value.
const VALUES: [&str; 5] = ["value", "values", "newvalue", "oldvalue", "val"];
/// Members beside a secret, inside of an object that holds one, that are none.
const BESIDE: [&str; 11] = [
    "name",
    "type",
    "path",
    "domain",
    "expires",
    "samesite",
    "description",
    "display",
    "mutability",
    "returned",
    "uniqueness",
];
/// Members of captures that hold parameters.
const PARAMETERS: [&str; 7] =
    ["querystring", "query", "params", "parameters", "urlencoded", "formdata", "form"];

/// An object or an array that is open.
struct Frame {
    object: bool,
    start: usize,
    kind: Kind,
    /// It stands under the name of a secret.
    hidden: bool,
    /// The member that is being read, in lower case.
    key: Option<String>,
    /// Whether what `path` or `name` says is a secret.
    subject: Option<bool>,
    /// It is an operation of PATCH.
    operation: bool,
    /// Where the value stands, if it came before its subject.
    value: Option<Range<usize>>,
    /// An authorization code is one only beside a grant type (RFC 6749 §4.1.3).
    grant: bool,
    code: Option<Range<usize>>,
}

struct Reader<'a> {
    text: &'a str,
    depth: usize,
    frames: Vec<Frame>,
}

/// Reads the JSON that begins at `from`, and gives where it ends, or where it is JSON no more.
pub(super) fn scan(places: &mut Places, text: &str, from: usize, depth: usize, found: &mut Found) -> usize {
    let mut reader = Reader { text, depth, frames: Vec::new() };
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b':' => at += 1,
            b'{' | b'[' => {
                reader.open(*byte == b'{', at);
                at += 1;
            }
            b'}' | b']' => {
                at += 1;
                reader.close(places, at, found);
                if reader.frames.is_empty() {
                    return at;
                }
            }
            b',' => {
                if let Some(frame) = reader.frames.last_mut().filter(|frame| frame.object) {
                    frame.key = None;
                }
                at += 1;
            }
            b'"' => {
                let end = end_of_string(bytes, at);
                let awaits_key =
                    reader.frames.last().is_some_and(|frame| frame.object && frame.key.is_none());
                if awaits_key {
                    let next = bytes[end..].iter().position(|byte| !byte.is_ascii_whitespace());
                    match next.map(|next| bytes[end + next]) {
                        Some(b':') | None => {}
                        Some(_) => break,
                    }
                    reader.key(at..end);
                } else {
                    reader.scalar(places, at..end, found);
                }
                at = end;
            }
            byte if byte.is_ascii_alphanumeric() || b"-+.".contains(byte) => {
                let length = bytes[at..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || b"-+._".contains(byte))
                    .count();
                let end = at + length;
                let awaits_key =
                    reader.frames.last().is_some_and(|frame| frame.object && frame.key.is_none());
                let whole = serde_json::from_str::<Value>(&text[at..end]).is_ok() || end == text.len();
                if awaits_key || !whole {
                    break;
                }
                reader.scalar(places, at..end, found);
                at = end;
            }
            _ => break,
        }
    }
    reader.leave_open(places, found);
    at
}

impl Reader<'_> {
    fn open(&mut self, object: bool, start: usize) {
        let mut kind = Kind::Member;
        let mut hidden = false;
        if let Some(parent) = self.frames.last() {
            hidden = parent.hides();
            kind = parent.kind;
            if let Some(key) = parent.key.as_deref().filter(|_| parent.object) {
                if key.ends_with("headers") {
                    kind = Kind::Header;
                } else if PARAMETERS.contains(&key) {
                    kind = Kind::Parameter;
                }
            }
        }
        self.frames.push(Frame {
            object,
            start,
            kind,
            hidden,
            key: None,
            subject: None,
            operation: false,
            value: None,
            grant: false,
            code: None,
        });
    }

    fn key(&mut self, range: Range<usize>) {
        let key = plain(&self.text[range]).to_lowercase();
        if let Some(frame) = self.frames.last_mut() {
            frame.operation |= key == "op";
            frame.grant |= matches!(key.as_str(), "grant_type" | "granttype");
            frame.key = Some(key);
        }
    }

    /// A string, a number or a word; with quotes, if it has any.
    fn scalar(&mut self, places: &mut Places, range: Range<usize>, found: &mut Found) {
        let Self { text, depth, frames } = self;
        let spelt = &text[range.clone()];
        let is_string = spelt.starts_with('"');
        let Some(frame) = frames.last_mut() else { return leaf(places, text, range, *depth, found) };
        if frame.hides() {
            let field = frame.kind == Kind::Header
                || frame.key.as_deref().is_some_and(|key| key.ends_with("authorization"));
            // The scheme of a credential may be seen.
            let scheme = scheme(&spelt[usize::from(is_string)..]).filter(|_| field && is_string);
            return match scheme.map(str::len) {
                Some(length) => {
                    let end = range.end - usize::from(is_closed(spelt));
                    let start = range.start + length + 2;
                    places.hide(&text[start..end], start..end, found);
                }
                None => hide(places, text, range, found),
            };
        }
        match frame.key.as_deref().filter(|_| frame.object) {
            // One that is cut says nothing yet.
            Some(key) if SUBJECTS.contains(&key) && is_string && is_closed(spelt) => {
                frame.subject = Some(frame.kind.is_secret(&plain(spelt)));
            }
            Some(key) if VALUES.contains(&key) => frame.value = Some(range.clone()),
            Some("code") => frame.code = Some(range.clone()),
            _ => {}
        }
        if is_string {
            leaf(places, text, range, *depth, found);
        }
    }

    fn close(&mut self, places: &mut Places, end: usize, found: &mut Found) {
        let Some(frame) = self.frames.pop() else { return };
        if frame.subject == Some(true)
            && let Some(value) = frame.value
        {
            hide_whole(places, self.text, value, found);
        }
        if frame.grant
            && let Some(code) = frame.code
        {
            hide(places, self.text, code, found);
        }
        if let Some(parent) = self.frames.last_mut().filter(|parent| !parent.hides())
            && parent.key.as_deref().is_some_and(|key| VALUES.contains(&key))
        {
            parent.value = Some(frame.start..end);
        }
    }

    /// What was cut, or is JSON no more, may have said of a value what it is in the part that is not there.
    fn leave_open(&mut self, places: &mut Places, found: &mut Found) {
        for frame in std::mem::take(&mut self.frames) {
            let secret = frame.subject.unwrap_or(frame.operation);
            if secret && let Some(value) = frame.value {
                hide_whole(places, self.text, value, found);
            }
            if let Some(code) = frame.code.filter(|_| frame.grant) {
                hide(places, self.text, code, found);
            }
        }
    }
}

impl Frame {
    /// Whether what stands here now is a secret.
    fn hides(&self) -> bool {
        let Some(key) = self.key.as_deref().filter(|_| self.object) else { return self.hidden };
        if self.hidden {
            return !BESIDE.contains(&key);
        }
        // The names of header fields are names of members as well, in some logs.
        let named = self.kind != Kind::Parameter && self.kind.is_secret(key)
            || Kind::Member.is_secret(key)
            || self.kind == Kind::Parameter
                && self.subject.is_none()
                && Kind::Parameter.is_secret(key)
                && key != "key";
        named || self.subject == Some(true) && VALUES.contains(&key)
    }
}

fn hide(places: &mut Places, text: &str, range: Range<usize>, found: &mut Found) {
    let spelt = &text[range.clone()];
    if spelt.starts_with('"') {
        let end = if is_closed(spelt) { range.end - 1 } else { range.end };
        places.hide(&plain(spelt), range.start + 1..end, found);
    } else if spelt.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        places.secrets.push(spelt.to_owned());
        found.rewritten.push((range, format!("\"{MASK}\"")));
    }
}

/// A value of whatever type.
fn hide_whole(places: &mut Places, text: &str, range: Range<usize>, found: &mut Found) {
    if text[range.clone()].starts_with(['{', '[']) {
        found.rewritten.push((range, format!("\"{MASK}\"")));
    } else {
        hide(places, text, range, found);
    }
}

/// A string that is no secret by its name may have one in it.
fn leaf(places: &mut Places, text: &str, range: Range<usize>, depth: usize, found: &mut Found) {
    let spelt = &text[range.clone()];
    let plain = plain(spelt);
    let masked = places.nested(&plain, depth).or_else(|| in_base64(places, &plain, depth));
    if let Some(masked) = masked {
        let mut spelt_anew = Value::String(masked).to_string();
        if !is_closed(spelt) {
            spelt_anew.pop();
        }
        found.rewritten.push((range, spelt_anew));
    }
}

/// Captures hold bodies and whole messages in base64.
fn in_base64(places: &mut Places, plain: &str, depth: usize) -> Option<String> {
    if plain.len() < 16 {
        return None;
    }
    let compact: Cow<'_, str> = if plain.contains(['\r', '\n']) {
        Cow::Owned(plain.replace(['\r', '\n'], ""))
    } else {
        Cow::Borrowed(plain)
    };
    let text = String::from_utf8(STANDARD.decode(compact.as_bytes()).ok()?).ok()?;
    places.nested(&text, depth).map(|masked| STANDARD.encode(masked))
}

/// What a string says; it may be cut.
fn plain(spelt: &str) -> Cow<'_, str> {
    let inner = spelt.strip_prefix('"').unwrap_or(spelt);
    let inner = if is_closed(spelt) { &inner[..inner.len() - 1] } else { inner };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    // A cut or wrong escape leaves the rest as it is spelt.
    serde_json::from_str(&format!("\"{inner}\"")).map_or(Cow::Borrowed(inner), Cow::Owned)
}

fn is_closed(spelt: &str) -> bool {
    spelt.len() > 1 && end_of_string(spelt.as_bytes(), 0) == spelt.len() && spelt.ends_with('"') && {
        let escapes = spelt[..spelt.len() - 1].bytes().rev().take_while(|byte| *byte == b'\\').count();
        escapes % 2 == 0
    }
}

/// Where the string that begins at `at` ends, with its quote.
fn end_of_string(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'\\' => end += 2,
            b'"' => return end + 1,
            _ => end += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::super::{How, Places};

    fn masked(text: &str) -> String {
        Places::default().of(text, How::Body).apply(text)
    }

    #[rstest::rstest]
    #[case::a_member(
        r#"{ "userName" : "ada", "password" : "s3cr3t", "active":true}"#,
        r#"{ "userName" : "ada", "password" : "***", "active":true}"#
    )]
    #[case::however_short(r#"{"password":"x","title":"x"}"#, r#"{"password":"***","title":"x"}"#)]
    #[case::with_escapes(r#"{"pass\u0077ord":"s3\"cr3t\\"}"#, r#"{"pass\u0077ord":"***"}"#)]
    #[case::a_number(r#"{"password":1234}"#, r#"{"password":"***"}"#)]
    #[case::nothing(r#"{"password":null,"token":true}"#, r#"{"password":null,"token":true}"#)]
    #[case::a_path(
        r#"{"Operations":[{"op":"replace","path":"password","value":"s3cr3t"}]}"#,
        r#"{"Operations":[{"op":"replace","path":"password","value":"***"}]}"#
    )]
    #[case::a_path_after_its_value(
        r#"{"value":"s3cr3t","path":"password","op":"add"}"#,
        r#"{"value":"***","path":"password","op":"add"}"#
    )]
    #[case::a_urn(
        r#"{"path":"urn:ietf:params:scim:schemas:core:2.0:User:password","value":"s3cr3t"}"#,
        r#"{"path":"urn:ietf:params:scim:schemas:core:2.0:User:password","value":"***"}"#
    )]
    #[case::a_value_path(
        r#"{"path":"passwords[type eq \"work\"].value","value":"s3cr3t"}"#,
        r#"{"path":"passwords[type eq \"work\"].value","value":"***"}"#
    )]
    #[case::values(
        r#"{"path":"password","value":[{"value":"s3cr3t","type":"a"}]}"#,
        r#"{"path":"password","value":[{"value":"***","type":"a"}]}"#
    )]
    #[case::values_before_their_path(
        r#"{"value":[{"value":"s3cr3t"}],"path":"password"}"#,
        r#"{"value":"***","path":"password"}"#
    )]
    #[case::no_path(
        r#"{"op":"replace","value":{"title":"x","password":"s3cr3t"}}"#,
        r#"{"op":"replace","value":{"title":"x","password":"***"}}"#
    )]
    #[case::a_dotted_key(r#"{"op":"add","value":{"credentials.password":"s3cr3t","urn:ietf:params:scim:schemas:core:2.0:User:password":"s3cr3t"}}"#, r#"{"op":"add","value":{"credentials.password":"***","urn:ietf:params:scim:schemas:core:2.0:User:password":"***"}}"#)]
    #[case::bulk(r#"{"Operations":[{"method":"POST","path":"/Users","data":{"password":"s3cr3t"}},{"method":"PATCH","data":{"Operations":[{"path":"password","value":"s3cr3t"}]}}]}"#, r#"{"Operations":[{"method":"POST","path":"/Users","data":{"password":"***"}},{"method":"PATCH","data":{"Operations":[{"path":"password","value":"***"}]}}]}"#)]
    #[case::bulk_data_as_text(
        r#"{"data":"{\"path\":\"password\",\"value\":\"s3cr3t\"}"}"#,
        r#"{"data":"{\"path\":\"password\",\"value\":\"***\"}"}"#
    )]
    #[case::cut_in_the_secret(r#"{"userName":"ada","password":"s3c"#, r#"{"userName":"ada","password":"***"#)]
    #[case::cut_before_the_path(
        r#"{"op":"replace","value":"s3cr3t","pat"#,
        r#"{"op":"replace","value":"***","pat"#
    )]
    #[case::cut_in_the_path(
        r#"{"op":"replace","value":"s3cr3t","path":"passw"#,
        r#"{"op":"replace","value":"***","path":"passw"#
    )]
    #[case::cut_elsewhere(r#"{"password":"s3cr3t","title":"Coun"#, r#"{"password":"***","title":"Coun"#)]
    #[case::another_path(
        r#"{"op":"replace","path":"title","value":"Countess"}"#,
        r#"{"op":"replace","path":"title","value":"Countess"}"#
    )]
    #[case::header_fields(
        r#"{"headers":[{"name":"X-Functions-Key","value":"s3cr3t"},{"name":"Accept","value":"x"}]}"#,
        r#"{"headers":[{"name":"X-Functions-Key","value":"***"},{"name":"Accept","value":"x"}]}"#
    )]
    #[case::a_scheme_stays(
        r#"{"headers":[{"name":"Authorization","value":"Bearer s3cr3t"}],"proxyAuthorization":"Basic s3cr3t","password":"Basic x"}"#,
        r#"{"headers":[{"name":"Authorization","value":"Bearer ***"}],"proxyAuthorization":"Basic ***","password":"***"}"#
    )]
    #[case::header_fields_as_an_object(
        r#"{"requestHeaders":{"x-functions-key":["s3cr3t"],"accept":["x"]}}"#,
        r#"{"requestHeaders":{"x-functions-key":["***"],"accept":["x"]}}"#
    )]
    #[case::parameters(
        r#"{"queryString":[{"name":"code","value":"s3cr3t"}],"status":{"name":"code","value":"1"}}"#,
        r#"{"queryString":[{"name":"code","value":"***"}],"status":{"name":"code","value":"1"}}"#
    )]
    #[case::cookies(
        r#"{"cookies":[{"name":"sid","value":"s3cr3t","path":"/"}]}"#,
        r#"{"cookies":[{"name":"sid","value":"***","path":"/"}]}"#
    )]
    #[case::a_code(
        r#"{"grant_type":"authorization_code","code":"s3cr3t"}"#,
        r#"{"grant_type":"authorization_code","code":"***"}"#
    )]
    #[case::another_code(r#"{"code":"invalid","message":"x"}"#, r#"{"code":"invalid","message":"x"}"#)]
    #[case::a_url(r#"{"url":"https:\/\/h\/x?token=s3cr3t&a=1"}"#, r#"{"url":"https://h/x?token=***&a=1"}"#)]
    #[case::a_form_in_a_string(r#"{"text":"a=1&password=s3cr3t"}"#, r#"{"text":"a=1&password=***"}"#)]
    #[case::base64(
        r#"{"encoding":"base64","text":"eyJwYXNzd29yZCI6InMzY3IzdCJ9"}"#,
        r#"{"encoding":"base64","text":"eyJwYXNzd29yZCI6IioqKiJ9"}"#
    )]
    #[case::several_documents(
        "{\"token\":\"s3cr3t\"}\n{\"token\":\"s3cr3t\"}",
        "{\"token\":\"***\"}\n{\"token\":\"***\"}"
    )]
    fn secrets_in_json(#[case] text: &str, #[case] clean: &str) {
        assert_eq!(masked(text), clean);
    }
}
