//! One exchange to unfold: request and answer as they went over the wire, bodies laid out for reading.

use maud::{Markup, html as page};

use crate::result::{Body, Record};
use crate::text::{plain, plain_lines};

/// Exchanges in full where they were kept, else the line of each.
pub(super) fn conversation(records: &[std::sync::Arc<Record>], lines: &[String]) -> Markup {
    page! {
        @if records.is_empty() {
            @if !lines.is_empty() {
                details.exchange {
                    summary { (lines.len()) " exchange" @if lines.len() != 1 { "s" } }
                    ol.plain { @for line in lines { li { code { (plain(line)) } } } }
                }
            }
        } @else {
            // The last ones are kept in full; of the earlier ones the lines are left.
            @for line in &lines[..lines.len().saturating_sub(records.len())] {
                p.line { code { (plain(line)) } }
            }
            @for record in records { (one(record)) }
        }
    }
}

fn one(record: &Record) -> Markup {
    let answered = match record.status {
        Some(status) => format!("{status} {}", record.reason),
        None => record.reason.clone(),
    };
    page! {
        details.exchange {
            summary {
                code { (plain(&record.summary())) }
                span.muted { " " (record.milliseconds) " ms" }
            }
            h4 { "Request" }
            (message(&format!("{} {}", record.method, record.url), &record.request_headers, record.request_body.as_ref()))
            h4 { "Answer" }
            (message(answered.trim_end(), &record.response_headers, record.response_body.as_ref()))
        }
    }
}

fn message(first: &str, headers: &[(String, String)], body: Option<&Body>) -> Markup {
    let mut text = plain(first);
    for (name, value) in headers {
        text.push('\n');
        text.push_str(&plain(&format!("{name}: {value}")));
    }
    page! {
        pre { code { (text) } }
        @if let Some(body) = body {
            pre { code { (plain_lines(&laid_out(&body.text))) } }
            @if body.cut {
                p.muted { "the beginning of " (body.bytes) " bytes" }
            }
        }
    }
}

/// JSON with line breaks and indentation, and nothing else changed: members that stand twice, and numbers as
/// they were written, are what a reader may be looking for. Anything else stays as it is.
fn laid_out(text: &str) -> String {
    let trimmed = text.trim_start();
    if !trimmed.starts_with(['{', '[']) || text.contains('\n') {
        return text.to_owned();
    }
    let (mut out, mut depth, mut quoted) = (String::with_capacity(text.len() * 2), 0_usize, false);
    let mut characters = trimmed.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        // Deeper than this nobody reads, and a hostile body would grow without bound.
        out.push_str(&"  ".repeat(depth.min(20)));
    };
    while let Some(c) = characters.next() {
        if quoted {
            out.push(c);
            match c {
                '\\' => out.extend(characters.next()),
                '"' => quoted = false,
                _ => {}
            }
            continue;
        }
        match c {
            '"' => {
                quoted = true;
                out.push(c);
            }
            '{' | '[' => {
                while characters.next_if_eq(&' ').is_some() {}
                out.push(c);
                if let Some(close) = characters.next_if(|next| ['}', ']'].contains(next)) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                while characters.next_if_eq(&' ').is_some() {}
                out.push(c);
                line(&mut out, depth);
            }
            ':' => {
                while characters.next_if_eq(&' ').is_some() {}
                out.push_str(": ");
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("{\"a\":1,\"a\":[1.0,{}]}", "{\n  \"a\": 1,\n  \"a\": [\n    1.0,\n    {}\n  ]\n}")]
    #[case("{\"a, b\": \"{\\\"x\\\": [\"}", "{\n  \"a, b\": \"{\\\"x\\\": [\"\n}")]
    #[case("[ ]", "[]")]
    #[case("{\"cut\":\"in the mid", "{\n  \"cut\": \"in the mid")]
    #[case("{\"ends\":\"\\", "{\n  \"ends\": \"\\")]
    #[case("}{", "}{")]
    #[case("no JSON: a, b", "no JSON: a, b")]
    #[case("{\n \"laid\": 1}", "{\n \"laid\": 1}")]
    fn json_is_laid_out_without_a_change_to_it(#[case] text: &str, #[case] wanted: &str) {
        assert_eq!(laid_out(text), wanted);
    }
}
