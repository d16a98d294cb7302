//! Secrets in running text: what separates a name from its value is looked for, and from there the name before it.

use std::ops::Range;

use super::{Found, How, MASK, Places, decoded, json};
use crate::exchange::basic_credentials;
use crate::exchange::secret::{Kind, is_secret_header};

/// Longest name that is looked at.
const NAME: usize = 200;
/// How far the end of an element or a tag is looked for.
const ELEMENT: usize = 4 * 1024;
/// Schemes after which a credential stands.
const SCHEMES: [&str; 6] = ["basic", "bearer", "dpop", "negotiate", "ntlm", "ssws"];
/// Operators of a filter (RFC 7644 §3.4.2.2).
const OPERATORS: [&str; 9] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];
/// Options of curl with credentials, besides those whose names say so.
const USERS: [&str; 4] = ["-u", "-U", "--user", "--proxy-user"];
const WHOLE: [&str; 4] = ["-b", "--cookie", "--oauth2-bearer", "--pass"];

/// What may stand beside a secret.
static SIGNS: [bool; 256] = {
    let (mut signs, mut at) = ([false; 256], 0);
    while at < b"=:<{[-e ".len() {
        signs[b"=:<{[-e "[at] as usize] = true;
        at += 1;
    }
    signs
};

impl Places {
    /// What is secret in the text, which may have `depth` texts inside of each other.
    pub(super) fn scan(&mut self, text: &str, how: How, depth: usize) -> Found {
        let mut found = Found::default();
        if how != How::Words && is_form(text) {
            self.pairs(text, 0, depth, &mut found);
            return found;
        }
        let commands = text.contains("curl");
        let mut scanner = Scanner { text, how, depth, commands, plain: 0, found: &mut found };
        let mut at = 0;
        while let Some(next) = text.as_bytes()[at..].iter().position(|byte| SIGNS[usize::from(*byte)]) {
            at += next;
            at = scanner.place(self, at).unwrap_or(at + 1).max(at + 1);
        }
        found
    }
}

struct Scanner<'a> {
    text: &'a str,
    how: How,
    depth: usize,
    /// There are commands in it.
    commands: bool,
    /// Up to here a value goes that has nothing encoded in it.
    plain: usize,
    found: &'a mut Found,
}

impl Scanner<'_> {
    /// Looks at what a sign stands for; gives where to look on.
    fn place(&mut self, places: &mut Places, at: usize) -> Option<usize> {
        let loose = self.how != How::Words;
        match self.text.as_bytes()[at] {
            b'=' => self.pair(places, at),
            b':' if self.text[at..].starts_with("://") => self.userinfo(places, at),
            b':' if loose => self.colon(places, at),
            b'<' if loose => self.element(places, at),
            b'{' | b'[' if loose => self.json(places, at),
            b'-' if self.text[at..].starts_with("-----BEGIN ") => self.private_key(places, at),
            b'-' if loose => self.option(places, at),
            b'e' => self.jwt(places, at),
            b' ' => {
                self.scheme(places, at).or_else(|| if loose { self.comparison(places, at) } else { None })
            }
            _ => None,
        }
    }

    fn before(&self, at: usize) -> Option<u8> {
        self.text.as_bytes()[..at].last().copied()
    }

    /// The name that ends at `end`, of such characters.
    fn name(&self, end: usize, among: fn(u8) -> bool) -> Range<usize> {
        let bytes = &self.text.as_bytes()[..end];
        let length = bytes.iter().rev().take(NAME).take_while(|byte| among(**byte)).count();
        self.text.ceil_char_boundary(end - length)..end
    }

    /// Where the value that begins at `start` stands, and the quotes around it not; `ends` tells where it ends if
    /// it has none.
    fn value(&self, start: usize, ends: fn(char) -> bool) -> Range<usize> {
        let rest = &self.text[start..];
        let escapes = rest.bytes().take(16).take_while(|byte| *byte == b'\\').count();
        let dollar = usize::from(rest.starts_with("$'"));
        match rest.as_bytes().get(escapes + dollar) {
            Some(quote @ (b'"' | b'\'')) => {
                let inner = start + escapes + dollar + 1;
                inner..self.closing(inner, *quote, escapes)
            }
            _ => start..rest.find(ends).map_or(self.text.len(), |length| start + length),
        }
    }

    /// Where the quote stands that ends what begins at `from`; the escapes before it do not belong to it.
    fn closing(&self, from: usize, quote: u8, escapes: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut run = 0;
        for (at, byte) in bytes.iter().enumerate().skip(from) {
            match byte {
                b'\\' => run += 1,
                byte if *byte == quote
                    && (run <= escapes && (escapes > 0 || run % 2 == 0) || escapes == 0 && run % 2 == 0) =>
                {
                    return at - run.min(escapes);
                }
                b'\n' if escapes == 0 && quote == b'\'' && self.how == How::Leaf => return at,
                _ => run = 0,
            }
        }
        bytes.len()
    }

    fn hide(&mut self, places: &mut Places, range: Range<usize>) -> Option<usize> {
        let end = range.end;
        places.hide(&self.text[range.clone()], range, self.found);
        Some(end)
    }

    /// `name=value`
    fn pair(&mut self, places: &mut Places, at: usize) -> Option<usize> {
        let loose = self.how != How::Words;
        let bytes = self.text.as_bytes();
        // `==` compares, `=>` assigns.
        let mut start =
            at + 1 + usize::from(loose && bytes.get(at + 1).is_some_and(|byte| b"=>".contains(byte)));
        let blanks = self.text[..at].bytes().rev().take(4).take_while(|byte| *byte == b' ').count();
        let named = at - if loose { blanks } else { 0 };
        let mut name = self.name(named, |byte| byte.is_ascii_alphanumeric() || b"_.-%[]$".contains(&byte));
        let quoted = loose && self.before(named).is_some_and(|byte| b"\"'".contains(&byte));
        if quoted {
            name = self.name(named - 1, |byte| byte.is_ascii_alphanumeric() || b"_.-:$".contains(&byte));
        }
        let before = self.before(name.start);
        let in_query = matches!(before, Some(b'?' | b'&' | b'#' | b';')) || before.is_none() && loose;
        if name.is_empty() || !(loose || in_query) {
            return None;
        }
        if blanks > 0 || bytes.get(start) == Some(&b' ') {
            start += self.text[start..].bytes().take(4).take_while(|byte| *byte == b' ').count();
        }
        let name = decoded(&self.text[name]).into_owned();
        let secret = (if in_query { Kind::Parameter } else { Kind::Member }).is_secret(&name);
        if !secret && start < self.plain {
            return None;
        }
        let value = self.value(start, |c| c.is_whitespace() || "&\"'<>#`".contains(c));
        if secret {
            return self.hide(places, value);
        }
        let text = &self.text[value.clone()];
        if text.contains('%') {
            places.parameter(&name, text, value.start, self.depth, self.found);
            return Some(value.end);
        }
        self.plain = value.end;
        None
    }

    /// `scheme://user:password@host`
    fn userinfo(&mut self, places: &mut Places, at: usize) -> Option<usize> {
        let start = at + 3;
        let ends = |c: char| c.is_whitespace() || "/?#\"'<>\\,)|`".contains(c);
        let end = self.text[start..].find(ends).map_or(self.text.len(), |length| start + length);
        let authority = &self.text[start..end];
        let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
        let at = match authority.rfind('@') {
            Some(at) => at,
            // Where a port would be that is no number, a password has signs in it that it should not have.
            None if port.bytes().any(|byte| !byte.is_ascii_digit()) && !authority.starts_with('[') => {
                let rest = &self.text[start..self.text.floor_char_boundary(start + NAME)];
                rest.split(|c: char| c.is_whitespace() || "\"'<>".contains(c)).next()?.find('@')?
            }
            None => return None,
        };
        let info = start..start + at;
        let password = self.text[info.clone()].find(':').map_or(info.start, |colon| info.start + colon + 1);
        self.hide(places, password..info.end)
    }

    /// `name: value`, `"name": "value"`
    fn colon(&mut self, places: &mut Places, at: usize) -> Option<usize> {
        let blanks = self.text[..at].bytes().rev().take(4).take_while(|byte| *byte == b' ').count();
        let end = at - blanks;
        let after = self.text[at + 1..].bytes().take(64).take_while(|byte| *byte == b' ').count();
        let start = at + 1 + after;
        if let Some(quote @ (b'"' | b'\'')) = self.before(end) {
            let escapes =
                self.text[..end - 1].bytes().rev().take(16).take_while(|byte| *byte == b'\\').count();
            let end = end - 1 - escapes;
            let name = self.name(end, |byte| !b"\"'\\{},\n".contains(&byte));
            if self.before(name.start) != Some(quote) {
                return None;
            }
            let name = &self.text[name];
            if !(Kind::Member.is_secret(name) || name.contains('-') && is_secret_header(name)) {
                return None;
            }
            let value = self.value(start, |c| c.is_whitespace() || ",}]".contains(c));
            let literal = matches!(&self.text[value.clone()], "true" | "false" | "null");
            let nested = self.text[value.start..].starts_with(['{', '[']);
            return if literal || nested { None } else { self.hide(places, value) };
        }
        let range = self.name(end, |byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        let name = &self.text[range.clone()];
        let field =
            is_secret_header(name) && (name.contains('-') || blanks == 0 && is_spelt_as_a_field(name));
        if !(field || Kind::Member.is_secret(name)) {
            return None;
        }
        let before = self.before(range.start);
        let line = |c: char| "\r\n".contains(c);
        if field {
            // In quotes it ends with them.
            let value = match before {
                Some(quote @ (b'\'' | b'"')) => {
                    let end = self.text[start..].find([char::from(quote), '\r', '\n']);
                    start..end.map_or(self.text.len(), |length| start + length)
                }
                _ => self.value(start, line),
            };
            let text = &self.text[value.clone()];
            let secret = super::super::secret::scheme(text).map_or(0, |scheme| scheme.len() + 1);
            return self.hide(places, value.start + secret..value.end);
        }
        if before == Some(b':') {
            return None;
        }
        let begins = before.is_none_or(|byte| b"\r\n\t".contains(&byte)) || self.is_indented(range.start);
        if self.how == How::Body && begins && after > 0 && !self.is_prose(start) {
            let value = self.value(start, line);
            return self.hide(places, value);
        }
        let value = self.value(start, |c| c.is_whitespace() || "\"'<>,;)}]".contains(c));
        let quoted = value.start > start;
        if quoted || looks_made(&self.text[value.clone()]) { self.hide(places, value) } else { None }
    }

    /// Whether only blanks and marks of lists stand before it in its line.
    fn is_indented(&self, at: usize) -> bool {
        let before = self.text[..at].trim_end_matches([' ', '\t', '-', '>', '<', '*']);
        before.is_empty() || before.ends_with('\n')
    }

    /// Whether the rest of the line is a sentence.
    fn is_prose(&self, at: usize) -> bool {
        let rest = &self.text[at..self.text.floor_char_boundary(at + NAME)];
        let line = rest.split(['\r', '\n']).next().unwrap_or_default();
        line.split(' ').filter(|word| !word.is_empty()).take(4).count() > 2
    }

    /// `<name>value</name>`, `<input name="name" value="value">`
    fn element(&mut self, places: &mut Places, at: usize) -> Option<usize> {
        let rest = &self.text[at + 1..];
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_:.-".contains(c)))?;
        if length == 0 || length > NAME {
            return None;
        }
        let name = &rest[..length];
        let window = &rest[..rest.floor_char_boundary(2000)];
        let tag = &window[..window[length..].find(['<', '>']).map(|end| end + length)?];
        if rest[tag.len()..].starts_with('<') {
            return None;
        }
        let attribute = |wanted: &str| {
            [format!(" {wanted}=\""), format!(" {wanted}='")].iter().find_map(|opening| {
                let start = tag.find(opening.as_str())? + opening.len();
                let length = tag[start..].find(opening.chars().next_back()?)?;
                Some(start..start + length)
            })
        };
        if let (Some(named), Some(value)) = (attribute("name"), attribute("value"))
            && Kind::Member.is_secret(&tag[named])
        {
            let base = at + 1;
            return self.hide(places, base + value.start..base + value.end);
        }
        let local = name.rsplit(':').next().unwrap_or(name);
        if tag.ends_with('/') || !Kind::Member.is_secret(local) {
            return None;
        }
        let start = at + 1 + tag.len() + 1;
        let window = &self.text[start..self.text.floor_char_boundary(start + ELEMENT)];
        let inner = match window.find(&format!("</{name}")) {
            Some(length) => &window[..length],
            None => &window[..window.find(['<', '\n']).unwrap_or(window.len())],
        };
        let inner = start..start + inner.len();
        self.hide(places, inner)
    }

    fn json(&mut self, places: &mut Places, at: usize) -> Option<usize> {
        let rest = self.text[at + 1..].trim_start();
        match rest.as_bytes().first()? {
            b'"' | b'{' | b'[' | b'}' | b']' => {
                Some(json::scan(places, self.text, at, self.depth, self.found))
            }
            // JSON inside of a string, which ends with the quote that has fewer escapes.
            b'\\' => {
                let escapes = rest.bytes().take_while(|byte| *byte == b'\\').count();
                if rest.as_bytes().get(escapes) != Some(&b'"') {
                    return None;
                }
                let mut run = 0;
                let end = self.text[at..].bytes().position(|byte| {
                    let ends = byte == b'"' && run < escapes;
                    run = if byte == b'\\' { run + 1 } else { 0 };
                    ends
                });
                let end = end.map_or(self.text.len(), |length| at + length);
                let text = &self.text[at..end];
                let plain =
                    serde_json::from_str(&format!("\"{text}\"")).unwrap_or_else(|_| without_escapes(text));
                if let Some(masked) = places.nested(&plain, self.depth) {
                    let spelt = serde_json::Value::String(masked).to_string();
                    self.found.rewritten.push((at..end, spelt[1..spelt.len() - 1].to_owned()));
                }
                Some(end)
            }
            _ => None,
        }
    }

    fn private_key(&mut self, places: &mut Places, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let head = &rest[..rest.floor_char_boundary(64)];
        if !head.contains("PRIVATE KEY-----") {
            return None;
        }
        let end = rest.find("-----END").and_then(|end| {
            let tail = &rest[end + 8..];
            tail.find("-----").map(|length| end + 8 + length + 5)
        });
        self.hide(places, at..end.map_or(self.text.len(), |length| at + length))
    }

    /// `--token value`, `curl -u name:password`
    fn option(&mut self, places: &mut Places, at: usize) -> Option<usize> {
        if !self.before(at).is_none_or(|byte| byte.is_ascii_whitespace()) {
            return None;
        }
        let rest = &self.text[at..];
        let length =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).unwrap_or(rest.len());
        let mut option = &rest[..length.min(NAME)];
        let mut start = at + option.len();
        if self.commands && !option.starts_with("--") && option.len() > 1 {
            // Short ones may stand together, and the last one's value may be attached.
            let value = option.get(..2).filter(|short| ["-u", "-U", "-b"].contains(short));
            if let Some(short) =
                value.filter(|_| option.len() > 2 || rest[option.len()..].starts_with(['\'', '"', ':']))
            {
                option = short;
                start = at + 2;
            } else if option.bytes().skip(1).all(|byte| byte.is_ascii_alphabetic()) {
                let last = &option[option.len() - 1..];
                option = *["-u", "-U", "-b"].iter().find(|known| known.ends_with(last)).unwrap_or(&option);
            }
        }
        let user = self.commands && USERS.contains(&option);
        let whole = self.commands && WHOLE.contains(&option);
        if !(user || whole || option.starts_with("--") && Kind::Member.is_secret(option)) {
            return None;
        }
        let separator = self.text[start..].bytes().take(4).take_while(|byte| b" =".contains(byte)).count();
        let value = self.value(start + separator, char::is_whitespace);
        let text = &self.text[value.clone()];
        if text.starts_with('-') {
            return None;
        }
        // Without `=` it is the name of a file.
        if option == "-b" && !text.contains('=') {
            return None;
        }
        let name = if user { text.find(':')? + 1 } else { 0 };
        self.hide(places, value.start + name..value.end)
    }

    /// Three parts in base64, the first two of them JSON (RFC 7519).
    fn jwt(&mut self, places: &mut Places, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        if !rest.starts_with("eyJ") || self.before(at).is_some_and(is_token) {
            return None;
        }
        let length = rest.bytes().take_while(|byte| is_token(*byte)).count();
        let token = rest[..length].trim_end_matches('.');
        let jwt = token.split('.').count() >= 3 && token.len() >= 24;
        if jwt { self.hide(places, at..at + token.len()) } else { Some(at + length) }
    }

    /// `Bearer value`
    fn scheme(&mut self, places: &mut Places, at: usize) -> Option<usize> {
        let scheme = self.name(at, |byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let scheme = &self.text[scheme];
        if !SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return None;
        }
        let start = at + self.text[at..].bytes().take(4).take_while(|byte| *byte == b' ').count();
        let length =
            self.text[start..].bytes().take_while(|byte| is_token(*byte) || b"~+/=".contains(byte)).count();
        let value = &self.text[start..start + length];
        let pair = basic_credentials(&format!("{scheme} {value}")).is_some();
        if pair || value.len() >= 8 && looks_made(value) {
            self.hide(places, start..start + length)
        } else {
            None
        }
    }

    /// `password eq "value"`
    fn comparison(&mut self, places: &mut Places, at: usize) -> Option<usize> {
        let operator = self.text.get(at + 1..at + 3)?;
        if !OPERATORS.iter().any(|known| operator.eq_ignore_ascii_case(known)) {
            return None;
        }
        let quoted = self.text.get(at + 3..)?.strip_prefix(' ')?;
        if !quoted.trim_start_matches('\\').starts_with('"') {
            return None;
        }
        let name = self.name(at, |byte| byte.is_ascii_alphanumeric() || b"_.-:$]".contains(&byte));
        if !Kind::Member.is_secret(&self.text[name]) {
            return None;
        }
        let value = self.value(at + 4, char::is_whitespace);
        self.hide(places, value)
    }
}

/// What a string says that has a wrong escape in it or is cut in one.
fn without_escapes(text: &str) -> String {
    let mut letters = text.chars();
    std::iter::from_fn(|| letters.next().and_then(|c| if c == '\\' { letters.next() } else { Some(c) }))
        .collect()
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)
}

/// `Authorization`, `Cookie`: fields whose names have one word.
fn is_spelt_as_a_field(name: &str) -> bool {
    ["authorization", "cookie"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether it is no word of a sentence: digits, or capitals in the middle of it.
fn looks_made(word: &str) -> bool {
    word != MASK
        && (word.bytes().any(|byte| byte.is_ascii_digit())
            || word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase)
            || word.len() >= 32)
}

/// Whether all of the text is pairs of a form, as sloppily as they may be written.
fn is_form(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.len() <= NAME
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-%[]+$".contains(&byte))
    };
    let named = |pair: &str| pair.split_once('=').is_some_and(|(name, _)| is_name(name));
    text.contains('=')
        && !text.contains('\n')
        && (text.contains('&') || !text.contains(char::is_whitespace))
        && text.split('&').all(named)
}
