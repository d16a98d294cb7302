//! Reads a capture in whatever form it comes, told by how the text begins.

use std::io::{BufRead, Read as _};

use serde_json::Value;

use super::logs::{Fields, from_curl, from_json_line, from_log_line, is_open};
use super::{Captured, Ending, read_har};

/// What a capture turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// HAR, or ngrok's list.
    Har,
    /// One JSON object on each line.
    JsonLines,
    /// curl commands.
    Curl,
    /// An access log in the combined format of nginx and Apache.
    AccessLog,
}

/// Longest line that is taken; a longer one is no log.
const LONGEST_LINE: usize = 64 << 20;

/// Reads the capture and hands over each exchange until `each` says `false`.
///
/// # Errors
/// When the text begins like none of the forms; the sentence says which there are.
pub fn read(
    mut reader: impl BufRead,
    fields: &Fields,
    each: &mut dyn FnMut(Captured) -> bool,
) -> Result<(Source, Ending), String> {
    let start = loop {
        let buffer = reader.fill_buf().map_err(|error| error.to_string())?;
        if buffer.is_empty() {
            return Err("the file is empty".into());
        }
        // A byte order mark may stand before everything.
        let blank = buffer
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace() || b"\xef\xbb\xbf".contains(byte))
            .count();
        if blank == 0 {
            break buffer.to_vec();
        }
        reader.consume(blank);
    };
    let source = recognised(&start).ok_or(
        "the file is no capture: it must be a HAR file, one JSON object on each line, curl commands, or an access log in the combined format",
    )?;
    let ending = match source {
        Source::Har => read_har(reader, each),
        Source::JsonLines => lines(reader, each, |line| from_json_line(line, fields)),
        Source::AccessLog => lines(reader, each, |line| from_log_line(line, fields)),
        Source::Curl => commands(reader, each),
    };
    Ok((source, ending))
}

fn recognised(start: &[u8]) -> Option<Source> {
    let text = String::from_utf8_lossy(start);
    let first = text.lines().next().unwrap_or_default();
    if text.starts_with('{') {
        let alone = serde_json::from_str::<Value>(first).ok();
        let is_har = |value: &Value| {
            ["log", "entries", "requests"]
                .iter()
                .any(|key| value.get(key).is_some_and(|inner| inner.is_object() || inner.is_array()))
        };
        return Some(match alone {
            Some(value) if value.is_object() && !is_har(&value) => Source::JsonLines,
            _ => Source::Har,
        });
    }
    if text.starts_with('[') {
        return Some(Source::Har);
    }
    if first.starts_with("curl ") || first.starts_with("$ curl ") || first.starts_with('#') {
        return Some(Source::Curl);
    }
    first.contains("] \"").then_some(Source::AccessLog)
}

fn lines(
    reader: impl BufRead,
    each: &mut dyn FnMut(Captured) -> bool,
    parse: impl Fn(&str) -> Result<Captured, String>,
) -> Ending {
    let mut ending = Ending::default();
    for_each_line(reader, &mut ending, |number, line, ending| {
        if line.trim().is_empty() {
            return true;
        }
        match parse(line) {
            Ok(captured) => {
                ending.exchanges += 1;
                each(captured)
            }
            Err(reason) => {
                ending.note(format!("line {number} {reason}"));
                true
            }
        }
    });
    ending
}

/// Commands may go over several lines, each but the last with a backslash at its end.
fn commands(reader: impl BufRead, each: &mut dyn FnMut(Captured) -> bool) -> Ending {
    let mut ending = Ending::default();
    let mut command = String::new();
    for_each_line(reader, &mut ending, |number, line, ending| {
        let line = line.trim_end();
        if command.is_empty() && (line.is_empty() || line.starts_with('#')) {
            return true;
        }
        command.push_str(line);
        if line.ends_with('\\') || is_open(&command) {
            command.push('\n');
            return true;
        }
        let outcome = from_curl(&command);
        command.clear();
        match outcome {
            Ok(captured) => {
                ending.exchanges += 1;
                each(captured)
            }
            Err(reason) => {
                ending.note(format!("the command that ends in line {number} {reason}"));
                true
            }
        }
    });
    if !command.is_empty() {
        match from_curl(&command) {
            Ok(captured) => {
                ending.exchanges += 1;
                each(captured);
            }
            Err(reason) => ending.note(format!("the last command {reason}")),
        }
    }
    ending
}

fn for_each_line(
    mut reader: impl BufRead,
    ending: &mut Ending,
    mut act: impl FnMut(usize, &str, &mut Ending) -> bool,
) {
    let mut number = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        number += 1;
        match reader.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(_) if line.len() >= LONGEST_LINE => {
                ending.stopped =
                    Some(format!("line {number} is longer than {LONGEST_LINE} bytes; that is no log"));
                return;
            }
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                if !act(number, text.trim_end_matches(['\n', '\r']), ending) {
                    return;
                }
            }
            Err(error) => {
                ending.stopped = Some(format!("the file could not be read beyond line {number}: {error}"));
                return;
            }
        }
    }
}
