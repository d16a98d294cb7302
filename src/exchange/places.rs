//! Finds what is secret by its place in a text: after the name of a secret in a query, a form, XML, a header or a
//! setting, before the host of a URL, after the name of a scheme. JSON has a file of its own. Every byte is looked
//! at a bounded number of times, however the text is made.

mod json;
mod text;

use std::borrow::Cow;
use std::ops::Range;

use super::secret::{Kind, MASK, scheme, speaks_of_secrets};
use super::{basic_credentials, percent_decode, percent_encode};

/// How often a text may be inside of another.
const DEPTH: usize = 4;

/// What kind of text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Words for people: only what cannot be anything but a credential.
    Words,
    /// A text inside of another, such as a string of JSON: prose may stand there.
    Leaf,
    /// A body, a log, commands.
    Body,
}

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Secrets.
    pub(super) masks: Vec<Range<usize>>,
    /// Parts that are written anew, because secrets are in them in another spelling.
    pub(super) rewritten: Vec<(Range<usize>, String)>,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.masks.is_empty() && self.rewritten.is_empty()
    }

    /// The text without what was found.
    pub(super) fn apply(mut self, text: &str) -> String {
        if self.is_empty() {
            return text.to_owned();
        }
        self.masks.sort_by_key(|mask| mask.start);
        self.rewritten.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut out = String::with_capacity(text.len());
        let mut masks = self.masks.into_iter().peekable();
        let mut at = 0;
        // What lies between two parts that are written anew; a mask may begin in one and end in the next.
        let mut between = |out: &mut String, mut from: usize, to: usize| {
            while let Some(mask) = masks.peek().filter(|mask| mask.start < to).cloned() {
                let (start, mut end) = (mask.start.max(from), mask.end);
                masks.next();
                while let Some(next) = masks.next_if(|next| next.start <= end) {
                    end = end.max(next.end);
                }
                if end <= from {
                    continue;
                }
                out.push_str(&text[from..start]);
                out.push_str(MASK);
                from = end.min(to);
                if end > to {
                    // The rest of it is beyond.
                    return Some(end);
                }
            }
            out.push_str(&text[from..to]);
            None
        };
        let mut beyond = None;
        for (range, by) in self.rewritten {
            if range.start < at {
                continue;
            }
            beyond = between(&mut out, at, range.start).or(beyond);
            out.push_str(&by);
            at = range.end.max(beyond.filter(|end| *end <= text.len()).unwrap_or_default());
        }
        between(&mut out, at, text.len());
        out
    }
}

/// Looks for secrets by their place, and remembers those that it found.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// What was found, in plain.
    pub(super) secrets: Vec<String>,
}

impl Places {
    /// What is secret in the text.
    pub(super) fn of(&mut self, text: &str, how: How) -> Found {
        self.scan(text, how, DEPTH)
    }

    /// A text that stands inside of another one, masked if there is anything to mask.
    fn nested(&mut self, text: &str, depth: usize) -> Option<String> {
        if depth == 0 {
            // Whoever wraps so often hides something.
            return speaks_of_secrets(text).then(|| MASK.to_owned());
        }
        let found = self.scan(text, How::Leaf, depth - 1);
        (!found.is_empty()).then(|| found.apply(text))
    }

    /// The pairs of a query or a form.
    fn pairs(&mut self, text: &str, base: usize, depth: usize, found: &mut Found) {
        let mut at = base;
        for pair in text.split('&') {
            if let Some((name, value)) = pair.split_once('=') {
                let start = at + name.len() + 1;
                self.parameter(&decoded(name), value, start, depth, found);
            }
            at += pair.len() + 1;
        }
    }

    /// The value of a parameter, which begins at `start`.
    fn parameter(&mut self, name: &str, value: &str, start: usize, depth: usize, found: &mut Found) {
        let range = start..start + value.len();
        if Kind::Parameter.is_secret(name) {
            self.hide(&decoded(value), range, found);
            return;
        }
        let plain = decoded(value);
        if let Some(masked) = self.nested(&plain, depth) {
            let spelt = match plain {
                Cow::Borrowed(_) => masked,
                // Stars need no encoding.
                Cow::Owned(_) => percent_encode(&masked).replace("%2A", "*"),
            };
            found.rewritten.push((range, spelt));
        }
    }

    fn hide(&mut self, secret: &str, range: Range<usize>, found: &mut Found) {
        if !secret.is_empty() && secret != MASK {
            self.note(secret);
            found.masks.push(range);
        }
    }

    /// Remembers a secret, and those that are in it.
    pub(super) fn note(&mut self, secret: &str) {
        let secret = scheme(secret).map_or(secret, |scheme| &secret[scheme.len() + 1..]);
        self.secrets.push(secret.to_owned());
        self.secrets.extend(basic_credentials(&format!("Basic {secret}")).map(|(_, password)| password));
        // Each cookie by itself; shorter ones are settings.
        let cookies = secret.split(';').take(50).filter_map(|pair| pair.split_once('='));
        self.secrets
            .extend(cookies.filter(|(_, cookie)| cookie.len() >= 8).map(|(_, cookie)| cookie.to_owned()));
    }
}

/// What a form or a query wrote.
fn decoded(text: &str) -> Cow<'_, str> {
    if text.contains(['%', '+']) {
        Cow::Owned(percent_decode(&text.replace('+', " ")))
    } else {
        Cow::Borrowed(text)
    }
}

/// What begins the note at the end of a body that was cut.
const CUT: &str = "… cut here: ";

/// The note at the end of a body of which only the beginning is kept.
#[must_use]
pub fn cut_note(bytes: usize) -> String {
    format!("{CUT}{bytes} bytes in all")
}

/// How long a body was of which only the beginning is kept.
#[must_use]
pub fn cut_from(body: &[u8]) -> Option<usize> {
    let tail = &body[body.len().saturating_sub(64)..];
    let tail = String::from_utf8_lossy(tail);
    let (_, note) = tail.rsplit_once(CUT)?;
    note.strip_suffix(" bytes in all")?.parse().ok()
}

/// A body and the note behind it.
pub(super) fn split_cut(text: &str) -> (&str, &str) {
    match cut_from(text.as_bytes()).and_then(|_| text.rfind(CUT)) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, how: How) -> String {
        Places::default().of(text, how).apply(text)
    }

    #[rstest::rstest]
    #[case::a_query("/Users?count=2&access_token=s3cr3t", "/Users?count=2&access_token=***")]
    #[case::all_of_them(
        "https://h/?token=s3cr3t&api_key=s3cr3t&apikey=s3cr3t&key=s3cr3t&sig=s3cr3t&signature=s3cr3t&code=s3cr3t&client_secret=s3cr3t&password=s3cr3t",
        "https://h/?token=***&api_key=***&apikey=***&key=***&sig=***&signature=***&code=***&client_secret=***&password=***"
    )]
    #[case::a_name_that_is_encoded("/x?%61ccess%5Ftoken=s3cr3t", "/x?%61ccess%5Ftoken=***")]
    #[case::a_fragment("https://h/cb#access_token=s3cr3t&state=1", "https://h/cb#access_token=***&state=1")]
    #[case::userinfo("see https://ada:s3cr3t@h:8/x?y=1", "see https://ada:***@h:8/x?y=1")]
    #[case::a_password_with_a_slash("https://ada:s3/cr3t?@h:8/x@y", "https://ada:***@h:8/x@y")]
    #[case::a_port("https://h:8/x@y", "https://h:8/x@y")]
    #[case::userinfo_alone("https://s3cr3t@h/x", "https://***@h/x")]
    #[case::a_url_in_a_url(
        "/x?next=https%3A%2F%2Fh%2Fcb%3Fcode%3Ds3cr3t%26a%3D1&b=2",
        "/x?next=https%3A%2F%2Fh%2Fcb%3Fcode%3D***%26a%3D1&b=2"
    )]
    #[case::a_filter(
        "/Users?filter=password%20eq%20%22s3cr3t%22&count=1",
        "/Users?filter=password%20eq%20%22***%22&count=1"
    )]
    #[case::a_scheme("it sent Bearer abc123.def and", "it sent Bearer *** and")]
    #[case::basic("Basic YWRhOnMzY3IzdA==", "Basic ***")]
    #[case::a_jwt("x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln y", "x *** y")]
    #[case::a_private_key(
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx",
        "***\nx"
    )]
    fn credentials_show_themselves_in_any_text(
        #[case] text: &str,
        #[case] clean: &str,
        #[values(How::Words, How::Leaf, How::Body)] how: How,
    ) {
        assert_eq!(masked(text, how), clean);
    }

    #[rstest::rstest]
    #[case("send `Authorization: Bearer TOKEN` and a password: it must be a secret=one")]
    #[case("Basic authentication; the attribute `password` eq nothing; code=200 key=7")]
    #[case(r#"{"password": "a", "token": 1}"#)]
    #[case("https://h:80/Users?filter=userName%20eq%20%22a%22&cursor=abc")]
    #[case("/Users/urn:ietf:params:scim:schemas:core:2.0:User?attributes=password")]
    fn words_stay(#[case] text: &str) {
        assert_eq!(masked(text, How::Words), text);
    }

    #[rstest::rstest]
    #[case::a_form(
        "grant_type=authorization_code&code=s3cr3t&client_id=me",
        "grant_type=authorization_code&code=***&client_id=me"
    )]
    #[case::a_form_that_begins_with_it("password=s3cr3t", "password=***")]
    #[case::sloppy_forms("user=a&password=s\"3 c<r>3;t, x&y=1", "user=a&password=***&y=1")]
    #[case::assertions(
        "client_assertion=s3cr3t&assertion=s3cr3t&client_assertion_type=jwt-bearer",
        "client_assertion=***&assertion=***&client_assertion_type=jwt-bearer"
    )]
    #[case::xml(
        "<a><w:Password Type='x'>s3cr3t</w:Password><b>c</b></a>",
        "<a><w:Password Type='x'>***</w:Password><b>c</b></a>"
    )]
    #[case::xml_with_cdata("<token><![CDATA[s3cr3t<]]></token>x", "<token>***</token>x")]
    #[case::xml_that_is_cut("<a><password>s3cr", "<a><password>***")]
    #[case::an_attribute_of_xml("<a password=\"s3cr3t\" b='c'/>", "<a password=\"***\" b='c'/>")]
    #[case::a_field_of_html(
        "<input name=\"csrf_token\" type=\"hidden\" value=\"s3cr3t\">",
        "<input name=\"csrf_token\" type=\"hidden\" value=\"***\">"
    )]
    #[case::header_lines(
        "Host: h\r\nAuthorization: Custom s3cr3t\r\nX-Api-Key: s3cr3t\r\nAccept: */*",
        "Host: h\r\nAuthorization: ***\r\nX-Api-Key: ***\r\nAccept: */*"
    )]
    #[case::a_scheme_stays("Authorization: Digest username=a, response=s3cr3t", "Authorization: Digest ***")]
    #[case::curl(
        "curl -su ada:s3cr3t -H 'X-Api-Key: s3cr3t' -b 'a=s3cr3t' --oauth2-bearer s3cr3t https://h/x",
        "curl -su ada:*** -H 'X-Api-Key: ***' -b '***' --oauth2-bearer *** https://h/x"
    )]
    #[case::curl_attached(
        "curl -uada:s3cr3t --user='ada:s3cr3t' -d '{\"password\":\"s3cr3t\"}'",
        "curl -uada:*** --user='ada:***' -d '{\"password\":\"***\"}'"
    )]
    #[case::an_option(
        "tool --client-secret s3cr3t --token=s3cr3t -v",
        "tool --client-secret *** --token=*** -v"
    )]
    #[case::settings(
        "db_password: s3cr3t\nuser: ada\nAPI_TOKEN = \"s3cr3t\"\n",
        "db_password: ***\nuser: ada\nAPI_TOKEN = \"***\"\n"
    )]
    #[case::a_log(
        "12:00 INFO user=ada token=s3cr3t X-Api-Key: s3cr3t",
        "12:00 INFO user=ada token=*** X-Api-Key: ***"
    )]
    #[case::json_in_a_log(
        "12:00 body={\"path\":\"password\",\"value\":\"s3cr3t\"} 200",
        "12:00 body={\"path\":\"password\",\"value\":\"***\"} 200"
    )]
    #[case::json_in_quotes(
        r#"12:00 body="{\"op\":\"add\",\"path\":\"password\",\"value\":\"s3cr3t\"}" 200"#,
        r#"12:00 body="{\"op\":\"add\",\"path\":\"password\",\"value\":\"***\"}" 200"#
    )]
    #[case::the_rest_of_json(
        "lue\":1},\"password\":\"s3cr3t\",\"a\":2",
        "lue\":1},\"password\":\"***\",\"a\":2"
    )]
    #[case::a_filter_in_a_log(
        "GET /Users?filter=urn:ietf:params:scim:schemas:core:2.0:User:password eq \"s3cr3t\" 200",
        "GET /Users?filter=urn:ietf:params:scim:schemas:core:2.0:User:password eq \"***\" 200"
    )]
    fn names_tell_in_bodies_and_logs(#[case] text: &str, #[case] clean: &str) {
        assert_eq!(masked(text, How::Body), clean);
    }

    #[rstest::rstest]
    #[case("{\"detail\":\"Wrong password: try again\"}")]
    #[case("The password: must have 8 signs")]
    #[case("Idempotency-Key: 1234abcd")]
    #[case("{\"changePassword\":{\"supported\":true},\"name\":\"password\",\"type\":\"string\"}")]
    #[case("[2026-01-01T10:00:00] [\"a\", 1")]
    fn what_is_no_secret_stays(#[case] text: &str) {
        assert_eq!(masked(text, How::Body), text);
    }

    #[test]
    fn a_note_that_a_body_was_cut_is_read_again() {
        let text = format!("{{\"a\":\"b{}", cut_note(1_048_576));
        assert_eq!(cut_from(text.as_bytes()), Some(1_048_576));
        assert_eq!(split_cut(&text), ("{\"a\":\"b", "… cut here: 1048576 bytes in all"));
        assert_eq!(cut_from(b"{}"), None);
    }

    /// A hostile text must not take longer for each of its bytes than another.
    #[rstest::rstest]
    #[case("{\"a\":")]
    #[case("[")]
    #[case("{\\\"")]
    #[case("<password>")]
    #[case("<a<b password=")]
    #[case("a=b=%20")]
    #[case("password:\\\"")]
    #[case("x%3D%253D=")]
    #[case("password eq \"")]
    #[case("{\"path\":\"password\",\"value\":")]
    #[case("-----BEGIN PRIVATE KEY-----")]
    #[case("https://a@")]
    fn hostile_texts_end(#[case] part: &str) {
        let text = part.repeat(100_000 / part.len());
        let clean = masked(&text, How::Body);
        assert!(clean.len() <= text.len() * 3, "{}", clean.len());
    }
}
