//! Tests of masking: secrets that are known, in every form that encodings can give them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;
use crate::exchange::{cut_note, percent_encode};

/// An encoding by its name.
type Encoder = (&'static str, fn(&str) -> String);

/// Every way in which a text may be written anew, by name.
const ENCODERS: [Encoder; 24] = [
    ("as it is", str::to_owned),
    ("percent", percent_encode),
    ("percent in lower case", |text| lowered_escapes(&percent_encode(text))),
    ("percent, every byte", |text| text.bytes().map(|byte| format!("%{byte:02X}")).collect()),
    ("percent twice", |text| percent_encode(&percent_encode(text))),
    ("a form", |text| percent_encode(text).replace("%20", "+")),
    ("JSON", |text| quoted(text)),
    ("JSON with slashes escaped", |text| quoted(text).replace('/', "\\/")),
    ("JSON in ASCII", |text| utf16(text, |c| !c.is_ascii())),
    ("JSON with escapes alone", |text| utf16(text, |_| true)),
    ("JSON in JSON", |text| quoted(&quoted(text))),
    ("HTML by names", |text| {
        let text =
            text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        text.replace('\'', "&apos;").replace('ä', "&auml;")
    }),
    ("HTML in decimals", |text| text.chars().map(|c| format!("&#{};", u32::from(c))).collect()),
    ("HTML in hexadecimals", |text| text.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect()),
    ("hexadecimals", |text| text.bytes().map(|byte| format!("{byte:02x}")).collect()),
    ("upper hexadecimals", |text| text.bytes().map(|byte| format!("{byte:02X}")).collect()),
    ("escaped bytes", |text| text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()),
    ("base32", |text| base32(text.as_bytes())),
    ("base64", |text| STANDARD.encode(text)),
    ("base64 without padding", |text| STANDARD_NO_PAD.encode(text)),
    ("base64 for URLs", |text| URL_SAFE.encode(text)),
    ("base64 for URLs without padding", |text| URL_SAFE_NO_PAD.encode(text)),
    ("base64 of base64", |text| STANDARD.encode(STANDARD.encode(text))),
    ("lines", |text| {
        let letters: Vec<char> = text.chars().collect();
        letters.chunks(7).map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join("\r\n")
    }),
];

fn lowered_escapes(text: &str) -> String {
    let mut escape = 0;
    let lowered = text.chars().map(|c| {
        escape = if c == '%' { 2 } else { i32::max(escape - 1, -1) };
        if escape >= 0 { c.to_ascii_lowercase() } else { c }
    });
    lowered.collect()
}

fn quoted(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn utf16(text: &str, escaped: fn(char) -> bool) -> String {
    let escapes = |c: char| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    text.chars().map(|c| if escaped(c) { escapes(c) } else { quoted(&c.to_string()) }).collect()
}

fn base32(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let digits: Vec<char> = bits.chars().collect();
    let value = |chunk: &[char]| {
        chunk
            .iter()
            .chain(std::iter::repeat(&'0'))
            .take(5)
            .fold(0, |sum, bit| sum * 2 + usize::from(*bit == '1'))
    };
    digits.chunks(5).map(|chunk| char::from(alphabet[value(chunk)])).collect()
}

/// The same characters in another order, so that every encoding of it is as long.
fn another(secret: &str) -> String {
    secret.chars().rev().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// What is shown does not depend on what the secret is, only on how long it is.
    #[test]
    fn nothing_of_a_secret_is_shown_in_whatever_it_is_wrapped(
        secret in "[a-zA-Z0-9 ./+~?>%&\"'<\\\\äß€😀=:_-]{8,40}",
        before in "[a-zA-Z0-9 ]{0,5}[a-z: ]",
        after in "[a-zA-Z0-9 ]{0,6}",
        layers in proptest::collection::vec(0..ENCODERS.len(), 0..=2),
    ) {
        let other = another(&secret);
        // Blanks around a line break belong to it.
        prop_assume!(secret.trim() == secret);
        let shown = |secret: &str| {
            let masker = Masker::new();
            masker.add(secret);
            let mut text = format!("{before}{secret}{after}");
            for layer in &layers {
                text = ENCODERS[*layer].1(&text);
            }
            (masker.text(&text), text)
        };
        let names: Vec<&str> = layers.iter().map(|layer| ENCODERS[*layer].0).collect();
        let ((mine, text), (others, _)) = (shown(&secret), shown(&other));
        prop_assert!(mine.contains(MASK), "{names:?}: {text} is shown as {mine}");
        prop_assert_eq!(&mine, &others, "{:?}: {} tells", names, text);
    }
}

#[rstest::rstest]
fn a_secret_vanishes_from_every_encoding(#[values(0, 1, 2, 3)] offset: usize) {
    let masker = Masker::new();
    let secret = "s3cr3t-ä/Pa55\"w0rd~?>&x";
    masker.add(secret);
    for (name, encode) in ENCODERS {
        let text = encode(&format!("{}{secret} and more", &"usr:"[..offset]));
        let masked = masker.text(&text);
        assert!(masked.contains(MASK), "{name}: {masked}");
        assert!(masked.len() < text.len() - secret.len() / 2 || text.len() < 60, "{name}: {masked}");
    }
}

#[test]
fn what_overlaps_vanishes_as_one_and_other_text_stays() {
    let masker = Masker::new();
    masker.add("token");
    masker.add("token-and-more");
    masker.add("more-of-it");
    assert_eq!(masker.text("x token-and-more-of-it y token z"), "x *** y *** z");
    let other = "VGhpcyBpcyBub3RoaW5n 74686973206973206e6f7468696e67 %41%42 &amp; \\u0041";
    assert_eq!(masker.text(other), other);
    assert_eq!(Masker::new().text(other), other);
}

/// A long text is looked at in pieces; where one ends nothing is lost.
#[rstest::rstest]
#[case("s3cr3t-and-long")]
#[case("%73%33%63%72%33%74-and-long")]
#[case("czNjcjN0LWFuZC1sb25n")]
fn a_secret_vanishes_from_a_long_text_wherever_it_stands(#[case] form: &str) {
    let masker = Masker::new();
    masker.add("s3cr3t-and-long");
    for border in [262_144 - 10, 262_144 - 65_536 - 5, 400_000] {
        let text = format!("{}|{form}|{}", "é.".repeat(border / 3), ".".repeat(300_000));
        let masked = masker.text(&text);
        assert!(masked.contains("|***|") && masked.len() == text.len() - form.len() + 3, "{border}");
    }
}

#[test]
fn a_short_secret_is_no_word_elsewhere_and_a_learned_word_neither() {
    let masker = Masker::new();
    masker.add("abc");
    masker.add("****");
    masker.learn(["hidden".to_owned(), "h1dden".to_owned()]);
    assert_eq!(masker.text("abc **** hidden h1dden"), "abc **** hidden ***");
}

#[test]
fn half_a_secret_at_the_end_of_a_body_that_was_cut_is_masked() {
    let masker = Masker::new();
    masker.add("s3cr3t-token");
    let note = cut_note(70_000);
    assert_eq!(masker.body(&format!("it is s3cr3t-t{note}")), format!("it is ***{note}"));
    assert_eq!(masker.body(&format!("{{\"password\":\"x y{note}")), format!("{{\"password\":\"***{note}"));
}

#[rstest::rstest]
#[case("Authorization", "Bearer abc", "Bearer ***")]
#[case("authorization", "abcdef", "***")]
#[case("Authorization", "my secret", "***")]
#[case("Cookie", "a=b c", "***")]
#[case("X-Api-Key", "abc", "***")]
#[case("X-Auth-Token", "abc", "***")]
#[case("Accept", "application/scim+json", "application/scim+json")]
#[case("Location", "https://h/cb?code=abc&state=1", "https://h/cb?code=***&state=1")]
#[case("Referer", "https://ada:abc@h/x", "https://ada:***@h/x")]
#[case("WWW-Authenticate", "Basic realm=\"SCIM\"", "Basic realm=\"SCIM\"")]
fn credentials_in_headers_are_always_masked(#[case] name: &str, #[case] value: &str, #[case] shown: &str) {
    assert_eq!(Masker::new().header(name, value), shown);
}

#[test]
fn a_line_break_may_divide_an_escape() {
    let masker = Masker::new();
    masker.add("AAa€<ä%<");
    let masked = masker.text("a AAa\\u2\r\n0ac<\\u0\r\n0e4%< b");
    assert_eq!(masked, format!("a {MASK} b"));
}
