//! How much of what a service sends is taken. No other file has such numbers, and every transport reads bodies
//! through [`Intake`], so that nothing behind a transport meets an answer that is larger.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::BoxError;
use axum::body::HttpBody;
use bytes::Bytes;
use http_body_util::BodyExt as _;

use super::TransportError;
use super::url::UrlParts;

/// A number of bytes, written like `16M`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub usize);

const UNITS: [(char, usize); 3] = [('G', 1 << 30), ('M', 1 << 20), ('K', 1 << 10)];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a size; write it like 16M, 512K or 65536");
        let unit = UNITS.into_iter().find(|(letter, _)| text.to_ascii_uppercase().ends_with(*letter));
        let (digits, unit) = unit.map_or((text, 1), |(_, unit)| (&text[..text.len() - 1], unit));
        let number: usize = digits.parse().map_err(|_| wrong())?;
        number.checked_mul(unit).filter(|size| *size > 0).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Size {
    /// `16 MiB`, or bytes where no unit fits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.into_iter().find(|(_, unit)| self.0 >= *unit && self.0.is_multiple_of(*unit)) {
            Some((letter, unit)) => write!(f, "{} {letter}iB", self.0 / unit),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

/// What is taken of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body, as it comes and again after its content coding is undone.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body: 16 << 20 }
    }
}

impl Limits {
    /// Bytes of a head: the first line and the header fields.
    pub(super) const HEAD: usize = 256 << 10;
    /// Header fields of a head.
    pub(super) const FIELDS: usize = 256;
    /// Levels of JSON inside of one another; the reader of JSON goes no further.
    const DEPTH: usize = 127;
    /// Values of a JSON text: texts, numbers, literals, arrays and objects.
    const VALUES: usize = 100_000;
    /// How much memory a JSON value takes once it is read: its place in its object, its name, its text.
    const VALUE: usize = 256;
    /// How many of the largest bodies there may be at the same time.
    const AT_ONCE: usize = 3;
    /// Bytes of an id that stands in a path.
    const ID: usize = 1024;
    /// Bytes of a cursor that is sent back.
    pub(crate) const CURSOR: usize = 8 << 10;
    /// Characters of a text of the service that a report shows.
    pub(crate) const SHOWN: usize = 4000;
    /// Bytes of it that are looked through for secrets: those that are shown, and more than any secret has behind.
    pub(super) const MASKED: usize = 96 << 10;
    /// Characters of all values of the header fields that a report shows.
    pub(super) const FIELDS_SHOWN: usize = 8000;
    /// Characters of a reason phrase.
    pub(crate) const PHRASE: usize = 200;
    /// Findings of one requirement in one exchange.
    pub(crate) const FINDINGS: usize = 20;
    /// Pages of one list that are read one after another.
    pub(crate) const PAGES: usize = 1000;
    /// Requests of a check that stay without an answer, one after another, before it ends; see
    /// [`Limits::LOST`], too.
    pub(crate) const LOST_IN_A_ROW: usize = 3;
    /// Requests of a check that stay without an answer, in all, before it ends.
    pub(crate) const LOST: usize = 64;
    /// Most that a run waits in all for a service that asks for it, unless it is told otherwise.
    pub const WAIT: Duration = Duration::from_secs(120);
    /// Connections to one server that are kept for the next request.
    pub(super) const IDLE: usize = 32;
    /// How long they are kept at least; at most twice as long.
    pub(super) const KEPT: Duration = Duration::from_secs(45);
}

/// Takes bodies in, and knows how much memory those take that are still there.
#[derive(Clone, Default)]
pub(super) struct Intake {
    limits: Limits,
    held: Arc<AtomicUsize>,
}

/// The memory that one body takes, given back when the body is dropped.
struct Share {
    held: Arc<AtomicUsize>,
    most: usize,
    bytes: usize,
}

impl Share {
    fn grow(&mut self, bytes: usize) -> Result<(), Untaken> {
        self.bytes += bytes;
        if self.held.fetch_add(bytes, Ordering::Relaxed) + bytes > self.most {
            return Err(Untaken::TooLarge(format!(
                "the answers that are looked at together need more than {} of memory; ask for fewer at once with --jobs, or take more with --max-body",
                Size(self.most)
            )));
        }
        Ok(())
    }

    fn shrink(&mut self, bytes: usize) {
        self.bytes -= bytes;
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

/// A body with the memory that is counted for it.
struct Taken {
    body: Vec<u8>,
    _share: Share,
}

impl AsRef<[u8]> for Taken {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

/// Why a body is not there.
#[derive(Debug)]
pub(super) enum Untaken {
    /// It has more bytes than this.
    Larger(usize),
    /// Something else of it is more than is taken, as this clause says.
    TooLarge(String),
    /// It broke off, or is none of its coding.
    Broken(String),
}

impl Untaken {
    /// The same as what came of a request to that server.
    pub(super) fn at(self, authority: String) -> TransportError {
        match self {
            Self::Larger(most) => {
                let reason = format!("its body is larger than {}; take more with --max-body", Size(most));
                TransportError::TooLarge { authority, reason }
            }
            Self::TooLarge(reason) => TransportError::TooLarge { authority, reason },
            Self::Broken(reason) => TransportError::Broken { authority, reason },
        }
    }
}

impl Intake {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, held: Arc::default() }
    }

    /// Reads a body up to the limit, undoes its content coding up to the limit, and counts what is in it.
    pub(super) async fn body<B>(&self, body: B, coding: Option<&str>) -> Result<Bytes, Untaken>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let most = self.limits.body;
        let total = most.saturating_mul(Limits::AT_ONCE);
        let mut share = Share { held: Arc::clone(&self.held), most: total, bytes: 0 };
        let mut body = std::pin::pin!(body);
        let mut raw = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Untaken::Broken(innermost(&*error.into())))?;
            let Some(data) = frame.data_ref() else { continue };
            share.grow(data.len())?;
            if raw.len() + data.len() > most {
                return Err(Untaken::Larger(most));
            }
            raw.extend_from_slice(data);
        }
        let mut plain = match decoded(&raw, coding, most, &mut share)? {
            Some(plain) => {
                share.shrink(raw.len());
                plain
            }
            None => raw,
        };
        plain.shrink_to_fit();
        let values = counted(&plain)?;
        if values > 0 {
            // Its texts are there a second time once it is read.
            share.grow(plain.len().saturating_add(values.saturating_mul(Limits::VALUE)))?;
        }
        Ok(Bytes::from_owner(Taken { body: plain, _share: share }))
    }
}

/// Undoes the content codings that Okta asks for (`Accept-Encoding: gzip,deflate`); others stay as they are.
///
/// # Errors
/// When the body is none of that coding, or has more than `most` bytes then.
pub fn decode_content(body: Bytes, coding: Option<&str>, most: usize) -> Result<Bytes, String> {
    let mut share = Share { held: Arc::default(), most: usize::MAX, bytes: 0 };
    match decoded(&body, coding, most, &mut share) {
        Ok(plain) => Ok(plain.map_or(body, Bytes::from)),
        Err(Untaken::Larger(_)) => Err(format!("the body is larger than {} once it is decoded", Size(most))),
        Err(Untaken::TooLarge(reason) | Untaken::Broken(reason)) => Err(reason),
    }
}

/// What a coding makes of a body; nothing where it is none that is undone.
fn decoded(
    body: &[u8],
    coding: Option<&str>,
    most: usize,
    share: &mut Share,
) -> Result<Option<Vec<u8>>, Untaken> {
    let coding = coding.unwrap_or("identity").trim().to_ascii_lowercase();
    if body.is_empty() {
        return Ok(None);
    }
    let plain = match coding.as_str() {
        "gzip" | "x-gzip" => read(flate2::read::MultiGzDecoder::new(body), most, share),
        // RFC 9110 §8.4.1.2 means the zlib format; some servers send bare deflate data.
        "deflate" => match read(flate2::read::ZlibDecoder::new(body), most, share) {
            Err(Untaken::Broken(_)) => read(flate2::read::DeflateDecoder::new(body), most, share),
            other => other,
        },
        _ => return Ok(None),
    };
    plain.map(Some).map_err(|untaken| match untaken {
        Untaken::Broken(reason) => Untaken::Broken(format!("the body is not valid {coding}: {reason}")),
        untaken @ (Untaken::Larger(_) | Untaken::TooLarge(_)) => untaken,
    })
}

fn read(mut decoder: impl Read, most: usize, share: &mut Share) -> Result<Vec<u8>, Untaken> {
    let mut plain = Vec::new();
    let mut piece = vec![0; 32 << 10];
    loop {
        match decoder.read(&mut piece) {
            Ok(0) => return Ok(plain),
            Ok(length) => {
                share.grow(length)?;
                if plain.len() + length > most {
                    return Err(Untaken::Larger(most));
                }
                plain.extend_from_slice(&piece[..length]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                share.shrink(plain.len());
                return Err(Untaken::Broken(error.to_string()));
            }
        }
    }
}

/// How many values a body has, if it is JSON; what is no JSON has none.
fn counted(body: &[u8]) -> Result<usize, Untaken> {
    if !matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return Ok(0);
    }
    let (mut values, mut depth, mut text, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' => text = !text,
            _ if text => {}
            // Each value but the first of an object or an array follows a comma.
            b',' => values += 1,
            b'{' | b'[' => {
                values += 1;
                depth += 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > Limits::DEPTH {
            let reason = format!("its JSON is nested deeper than {} levels", Limits::DEPTH);
            return Err(Untaken::TooLarge(reason));
        }
        if values > Limits::VALUES {
            return Err(Untaken::TooLarge(format!("its JSON has more than {} values", Limits::VALUES)));
        }
    }
    Ok(values)
}

/// The beginning of a text, which says that it is one.
pub(crate) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The innermost cause is what helps: "connection refused" rather than "error sending request".
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// An id that a service gave, as one segment of a path.
///
/// # Errors
/// A clause that says why no path can be made of it: the path would lead to another resource, or to a collection.
pub fn segment(id: &str) -> Result<String, String> {
    let reason = match id {
        "" => "an empty id leads to the whole collection".to_owned(),
        "." | ".." => format!("the id `{id}` leads to another path (RFC 3986 §5.2.4)"),
        _ if id.len() > Limits::ID => {
            format!("the id is longer than {} bytes, it has {}", Limits::ID, id.len())
        }
        _ if UrlParts::of(id).is_absolute() => format!("the id `{id}` is a URL"),
        _ => return Ok(super::percent_encode(id)),
    };
    Err(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("16M", Ok("16 MiB"))]
    #[case("1g", Ok("1 GiB"))]
    #[case("512K", Ok("512 KiB"))]
    #[case("1000", Ok("1000 bytes"))]
    #[case("0", Err("`0` is not a size"))]
    #[case("", Err("`` is not a size"))]
    #[case("M", Err("`M` is not a size"))]
    #[case("-1", Err("`-1` is not a size"))]
    #[case("99999999999G", Err("is not a size"))]
    fn sizes_are_written_with_a_unit(#[case] text: &str, #[case] wanted: Result<&str, &str>) {
        match (text.parse::<Size>(), wanted) {
            (Ok(size), Ok(wanted)) => assert_eq!(size.to_string(), wanted),
            (Err(error), Err(wanted)) => assert!(error.contains(wanted), "{error}"),
            (other, _) => panic!("{other:?}"),
        }
    }

    #[rstest::rstest]
    #[case("2819c223", Ok("2819c223"))]
    #[case("a/b", Ok("a%2Fb"))]
    #[case("...", Ok("..."))]
    #[case("urn:id:1", Ok("urn%3Aid%3A1"))]
    #[case("%2e%2e", Ok("%252e%252e"))]
    #[case("", Err("collection"))]
    #[case(".", Err("another path"))]
    #[case("..", Err("another path"))]
    #[case("https://h/Users/1", Err("is a URL"))]
    fn an_id_is_one_segment_or_none(#[case] id: &str, #[case] wanted: Result<&str, &str>) {
        match (segment(id), wanted) {
            (Ok(segment), Ok(wanted)) => assert_eq!(segment, wanted),
            (Err(reason), Err(wanted)) => assert!(reason.contains(wanted), "{reason}"),
            (other, _) => panic!("{other:?}"),
        }
        assert!(segment(&"a".repeat(1024)).is_ok() && segment(&"a".repeat(1025)).is_err());
    }

    #[rstest::rstest]
    #[case("{}", Some(1))]
    #[case(r#"{"a":"[,{\"","b":[1,2]}"#, Some(4))]
    #[case("<html>[,,,,]", Some(0))]
    #[case(" \n[[[]]]", Some(3))]
    fn values_are_counted_outside_of_texts(#[case] body: &str, #[case] wanted: Option<usize>) {
        assert_eq!(counted(body.as_bytes()).ok(), wanted);
    }

    #[test]
    fn what_serde_reads_is_not_too_deep() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for levels in [Limits::DEPTH, Limits::DEPTH + 1] {
            let text = nested(levels);
            let read = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            assert_eq!(counted(text.as_bytes()).is_ok(), read, "{levels}");
        }
    }

    #[tokio::test]
    async fn a_body_takes_memory_until_it_is_dropped() {
        let intake = Intake::new(Limits { body: 4000 });
        let body = || http_body_util::Full::new(Bytes::from_static(&[b'a'; 4000]));
        let mut held = Vec::new();
        for _ in 0..Limits::AT_ONCE {
            held.push(intake.body(body(), None).await.unwrap());
        }
        let refused = intake.body(body(), None).await.unwrap_err();
        assert!(matches!(&refused, Untaken::TooLarge(reason) if reason.contains("--jobs")), "{refused:?}");
        held.pop();
        assert_eq!(intake.body(body(), None).await.unwrap().len(), 4000);
    }
}
