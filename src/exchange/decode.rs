//! Undoes what a text may be wrapped in, layer by layer, and remembers where each byte stood in the text. What is
//! looked for is then looked for in the plain, instead of in every form that encodings can give it.

use std::borrow::Cow;
use std::ops::Range;

/// Layers that are undone: the password in a Basic credential in a form in a JSON string, and one more.
const LAYERS: usize = 4;
/// Bytes that are looked at in one piece, so that memory does not grow with the text.
const WINDOW: usize = 1024 * 1024;
/// How much of a piece is looked at again with the next; longer than any secret in any form.
const OVERLAP: usize = 64 * 1024;

/// What finds: it gets bytes and reports each place.
pub(super) type Search<'a> = dyn Fn(&[u8], &mut dyn FnMut(Range<usize>)) + 'a;

/// Where in `text` the search finds something, in the text as it stands and below its layers. What is sought has
/// at least `shortest` bytes.
pub(super) fn find(text: &str, shortest: usize, search: &Search<'_>) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut start = 0;
    loop {
        let end = (start + WINDOW).min(bytes.len());
        let view = View { bytes: Cow::Borrowed(&bytes[start..end]), origins: Vec::new(), within: None };
        look(&view, LAYERS, shortest, search, &mut |span| found.push(span.start + start..span.end + start));
        if end == bytes.len() {
            break;
        }
        start = end - OVERLAP;
    }
    for range in &mut found {
        range.start = text.floor_char_boundary(range.start);
        range.end = text.ceil_char_boundary(range.end);
    }
    found
}

/// The text without its line breaks.
pub(super) fn on_one_line(text: &str) -> String {
    text.replace(['\r', '\n'], "")
}

fn look(
    view: &View<'_>,
    layers: usize,
    shortest: usize,
    search: &Search<'_>,
    found: &mut dyn FnMut(Range<usize>),
) {
    search(&view.bytes, &mut |range| found(view.in_text(range)));
    // Header fields and MIME put a blank behind the break.
    for folded in [view.folded(false), view.folded(true)].into_iter().flatten() {
        search(&folded.bytes, &mut |range| found(folded.in_text(range)));
        // A break may divide an escape.
        if layers > 0 {
            for plain in ESCAPES.into_iter().filter_map(|escape| folded.unescaped(escape)) {
                look(&plain, layers - 1, shortest, search, found);
            }
        }
    }
    if layers == 0 {
        return;
    }
    let unescaped = ESCAPES.into_iter().filter_map(|escape| view.unescaped(escape));
    let decoded = CODINGS.iter().map(|coding| view.decoded(coding, shortest));
    for plain in unescaped.chain(decoded).filter(|plain| plain.bytes.len() >= shortest) {
        look(&plain, layers - 1, shortest, search, found);
    }
}

/// Bytes, and where in the text each of them comes from.
struct View<'a> {
    bytes: Cow<'a, [u8]>,
    /// Where the parts of it come from, in their order.
    origins: Vec<Origin>,
    /// What it was made of; nothing for the text itself.
    within: Option<&'a View<'a>>,
}

/// Where some bytes come from in what a view was made of.
struct Origin {
    /// The first of the bytes.
    at: usize,
    start: usize,
    /// Bits of a byte there that each byte takes with it, as eight do in a literal part; none in an escape, of
    /// which each byte comes from the whole.
    bits: usize,
    end: usize,
}

/// Characters that stand for as many bits each.
struct Coding {
    bits: usize,
    /// After so many characters bytes and characters begin together again.
    phases: usize,
    /// By character; [`NONE`] for one that is not of the alphabet.
    values: [u8; 256],
}

const NONE: u8 = u8::MAX;

static CODINGS: [Coding; 3] = [
    // Both alphabets of RFC 4648 §4 and §5 at once.
    Coding {
        bits: 6,
        phases: 4,
        values: alphabet(&[
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        ]),
    },
    Coding {
        bits: 5,
        phases: 8,
        values: alphabet(&[b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"abcdefghijklmnopqrstuvwxyz234567"]),
    },
    Coding { bits: 4, phases: 2, values: alphabet(&[b"0123456789ABCDEF", b"0123456789abcdef"]) },
];

const fn alphabet(spellings: &[&[u8]]) -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut spelling = 0;
    while spelling < spellings.len() {
        let mut value = 0;
        while value < spellings[spelling].len() {
            values[spellings[spelling][value] as usize] = value as u8;
            value += 1;
        }
        spelling += 1;
    }
    values
}

impl<'a> View<'a> {
    /// Where that stands in the text.
    fn in_text(&self, range: Range<usize>) -> Range<usize> {
        let Some(within) = self.within else { return range };
        let start = self.origin(range.start).start;
        let end = self.origin(range.end.max(range.start + 1) - 1).end;
        within.in_text(start..end)
    }

    /// What one byte was made of.
    fn origin(&self, at: usize) -> Range<usize> {
        let part = self.origins.partition_point(|origin| origin.at <= at);
        match part.checked_sub(1).and_then(|part| self.origins.get(part)) {
            Some(Origin { bits: 0, start, end, .. }) => *start..*end,
            Some(Origin { at: first, start, bits, .. }) => {
                let bit = (at - first) * 8;
                start + bit / bits..start + (bit + 7) / bits + 1
            }
            None => 0..0,
        }
    }

    fn made(&'a self) -> Self {
        Self { bytes: Cow::Owned(Vec::new()), origins: Vec::new(), within: Some(self) }
    }

    /// Takes over the bytes of the view that this one is made of.
    fn literal(&mut self, range: Range<usize>) {
        if let Some(within) = self.within.filter(|_| !range.is_empty()) {
            self.origins.push(Origin { at: self.bytes.len(), start: range.start, bits: 8, end: range.end });
            self.bytes.to_mut().extend_from_slice(&within.bytes[range]);
        }
    }

    /// Without line breaks, and the blanks behind them; nothing if there are none.
    fn folded(&'a self, blanks: bool) -> Option<Self> {
        let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let mut plain = self.made();
        let mut at = 0;
        while let Some(length) = self.bytes[at..].iter().position(is_break) {
            plain.literal(at..at + length);
            let among: &[u8] = if blanks { b"\r\n \t" } else { b"\r\n" };
            at += length + self.bytes[at + length..].iter().take_while(|byte| among.contains(byte)).count();
        }
        plain.literal(at..self.bytes.len());
        (plain.bytes.len() < self.bytes.len()).then_some(plain)
    }

    /// With one layer of such escapes undone, and without line breaks; nothing if there are no such escapes.
    fn unescaped(&'a self, escape: Escape) -> Option<Self> {
        let is_special = |byte: &u8| matches!(byte, b'%' | b'\\' | b'&' | b'\'' | b'\r' | b'\n');
        let mut plain = self.made();
        let (mut from, mut at, mut changed) = (0, 0, false);
        while let Some(length) = self.bytes[at..].iter().position(is_special) {
            at += length;
            let bytes = &self.bytes[at..];
            let (length, decoded) = match bytes[0] {
                b'\r' | b'\n' => (1, Decoded::Byte(b'\n')),
                _ => match escape(bytes) {
                    Some(escaped) => {
                        changed = true;
                        escaped
                    }
                    None => {
                        at += 1;
                        continue;
                    }
                },
            };
            plain.literal(from..at);
            plain.origins.push(Origin { at: plain.bytes.len(), start: at, bits: 0, end: at + length });
            match decoded {
                Decoded::Byte(b'\r' | b'\n') => {}
                Decoded::Byte(byte) => plain.bytes.to_mut().push(byte),
                Decoded::Char(c) => {
                    plain.bytes.to_mut().extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes())
                }
            }
            at += length;
            from = at;
        }
        plain.literal(from..self.bytes.len());
        changed.then_some(plain)
    }

    /// Every stretch of text that long runs of the alphabet decode to, wherever in a run it begins.
    fn decoded(&'a self, coding: &Coding, shortest: usize) -> Self {
        let mut plain = self.made();
        let least = (shortest * 8).div_ceil(coding.bits);
        let bytes = &self.bytes;
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            // Long ones are broken into lines.
            let (mut length, mut broken) = (0, false);
            loop {
                let more =
                    bytes[at..].iter().take_while(|byte| coding.values[usize::from(**byte)] != NONE).count();
                length += more;
                at += more;
                let blanks =
                    bytes[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t'));
                match bytes.get(at) {
                    Some(b'\r' | b'\n') if length > 0 => {
                        broken = true;
                        at += blanks.count();
                    }
                    _ => break,
                }
            }
            if length >= least {
                plain.runs(start..at, broken, coding, shortest);
            }
            at += 1;
        }
        plain
    }

    fn runs(&mut self, range: Range<usize>, broken: bool, coding: &Coding, shortest: usize) {
        let Some(within) = self.within else { return };
        let values = |at: &usize| coding.values[usize::from(within.bytes[*at])] != NONE;
        let places: Vec<usize> = range.clone().filter(values).collect();
        let mut bytes = Vec::with_capacity(places.len());
        for phase in 0..coding.phases {
            let run = &places[phase..];
            bytes.clear();
            let (mut held, mut count) = (0_u32, 0);
            for place in run {
                held = held << coding.bits | u32::from(coding.values[usize::from(within.bytes[*place])]);
                count += coding.bits;
                if count >= 8 {
                    count -= 8;
                    bytes.push((held >> count) as u8);
                    held &= (1 << count) - 1;
                }
            }
            for stretch in stretches(&bytes, shortest) {
                let bit = stretch.start * 8;
                if broken || bit % coding.bits != 0 {
                    // Each byte for itself.
                    for at in stretch.clone() {
                        let (first, last) = (run[at * 8 / coding.bits], run[(at * 8 + 7) / coding.bits]);
                        self.origins.push(Origin {
                            at: self.bytes.len(),
                            start: first,
                            bits: 0,
                            end: last + 1,
                        });
                        self.bytes.to_mut().push(bytes[at]);
                    }
                } else {
                    let start = run[bit / coding.bits];
                    self.origins.push(Origin {
                        at: self.bytes.len(),
                        start,
                        bits: coding.bits,
                        end: range.end,
                    });
                    self.bytes.to_mut().extend_from_slice(&bytes[stretch]);
                }
                self.origins.push(Origin { at: self.bytes.len(), start: range.end, bits: 0, end: range.end });
                self.bytes.to_mut().push(0);
            }
        }
    }
}

/// The stretches of text in bytes; what is no text holds nothing that is sought.
fn stretches(bytes: &[u8], shortest: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for chunk in bytes.utf8_chunks() {
        let text = chunk.valid().as_bytes();
        let mut from = start;
        for stretch in text.split(|byte| byte.is_ascii_control() && !b"\t\r\n".contains(byte)) {
            if stretch.len() >= shortest {
                found.push(from..from + stretch.len());
            }
            from += stretch.len() + 1;
        }
        start += text.len() + chunk.invalid().len();
    }
    found
}

const ESCAPES: [Escape; 3] = [percent, backslash, entity];

/// How long the escape is with which the bytes begin, and what it stands for.
type Escape = fn(&[u8]) -> Option<(usize, Decoded)>;

enum Decoded {
    Byte(u8),
    Char(char),
}

/// The number that these digits are.
fn hex(bytes: &[u8], digits: Range<usize>) -> Option<u32> {
    let digits = std::str::from_utf8(bytes.get(digits)?).ok()?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// `%41`, and `%u0041` as old browsers write it.
fn percent(bytes: &[u8]) -> Option<(usize, Decoded)> {
    match bytes {
        [b'%', b'u' | b'U', ..] => utf16(bytes),
        [b'%', ..] => Some((3, Decoded::Byte(u8::try_from(hex(bytes, 1..3)?).ok()?))),
        _ => None,
    }
}

/// The escapes of JSON, of programming languages and of shells.
fn backslash(bytes: &[u8]) -> Option<(usize, Decoded)> {
    match bytes {
        // A quote inside of a shell's quotes.
        [b'\'', b'\\', b'\'', b'\'', ..] => Some((4, Decoded::Byte(b'\''))),
        [b'\\', b'u', b'{', ..] => {
            let length = bytes[3..].iter().take(7).position(|byte| *byte == b'}')?;
            Some((length + 4, Decoded::Char(char::from_u32(hex(bytes, 3..3 + length)?)?)))
        }
        [b'\\', b'u' | b'U', ..] => utf16(bytes),
        [b'\\', b'x', ..] => Some((4, Decoded::Byte(u8::try_from(hex(bytes, 2..4)?).ok()?))),
        [b'\\', escaped, ..] => {
            let plain = match escaped {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'b' => 8,
                b'f' => 12,
                b'"' | b'\'' | b'\\' | b'/' | b'$' | b'`' | b'\n' => *escaped,
                _ => return None,
            };
            Some((2, Decoded::Byte(plain)))
        }
        _ => None,
    }
}

/// The entities of HTML and XML: `&lt;`, `&#60;`, `&#x3C;`.
fn entity(bytes: &[u8]) -> Option<(usize, Decoded)> {
    if bytes.first() != Some(&b'&') {
        return None;
    }
    let end = bytes.iter().take(14).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&bytes[1..end]).ok()?;
    let code = match name.strip_prefix('#') {
        Some(code) => match code.strip_prefix(['x', 'X']) {
            Some(code) => u32::from_str_radix(code, 16).ok()?,
            None => code.parse().ok()?,
        },
        None => named(name)?,
    };
    Some((end + 1, Decoded::Char(char::from_u32(code)?)))
}

/// `\u0041` or `%u0041`, and the second unit of UTF-16 where the first needs it.
fn utf16(bytes: &[u8]) -> Option<(usize, Decoded)> {
    let first = hex(bytes, 2..6)?;
    if let Some(c) = char::from_u32(first) {
        return Some((6, Decoded::Char(c)));
    }
    bytes.get(6..8).filter(|next| next.eq_ignore_ascii_case(&bytes[..2]))?;
    let units = [u16::try_from(first).ok()?, u16::try_from(hex(bytes, 8..12)?).ok()?];
    Some((12, Decoded::Char(char::decode_utf16(units).next()?.ok()?)))
}

/// Entities of HTML for the signs of ASCII.
const SIGNS: &str = "Tab \t NewLine \n excl ! quot \" num # dollar $ percnt % amp & apos ' lpar ( rpar ) ast * plus + \
    comma , period . sol / colon : semi ; lt < equals = gt > quest ? commat @ lsqb [ lbrack [ bsol \\ rsqb ] rbrack ] \
    Hat ^ lowbar _ UnderBar _ grave ` lcub { lbrace { verbar | vert | VerticalLine | rcub } rbrace } AMP & LT < GT > \
    QUOT \"";
/// And for U+00A0 to U+00FF, in their order.
const LATIN: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 \
    sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring \
    AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times \
    Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute \
    ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml \
    yacute thorn yuml";

fn named(name: &str) -> Option<u32> {
    let mut words = SIGNS.split(' ').filter(|word| !word.is_empty());
    while let (Some(known), Some(sign)) = (words.next(), words.next()) {
        if known == name {
            return sign.chars().next().map(u32::from);
        }
    }
    let at = LATIN.split_ascii_whitespace().position(|known| known == name)?;
    u32::try_from(at).ok().map(|at| 0xa0 + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undone(text: &str, escape: Escape) -> Option<String> {
        let view = View { bytes: Cow::Borrowed(text.as_bytes()), origins: Vec::new(), within: None };
        view.unescaped(escape).map(|plain| String::from_utf8(plain.bytes.to_vec()).unwrap())
    }

    #[rstest::rstest]
    #[case::percent("%70%c3%A4s%u00e4%2", percent, "päsä%2")]
    #[case::json(r#"a\"\u00e4\/\\\ud83d\ude00\u{1F600}\q"#, backslash, "a\"ä/\\😀😀\\q")]
    #[case::shell(r"it'\''s", backslash, "it's")]
    #[case::lines("pass\\r\\n\nword\\t", backslash, "password\t")]
    #[case::html("&lt;&auml;&#228;&#xE4;&quot;&amp;&none;& b;", entity, "<äää\"&&none;& b;")]
    fn one_layer_is_undone(#[case] text: &str, #[case] escape: Escape, #[case] plain: &str) {
        assert_eq!(undone(text, escape).as_deref(), Some(plain));
    }

    #[rstest::rstest]
    fn a_text_without_escapes_is_as_it_is(#[values(percent, backslash, entity)] escape: Escape) {
        assert_eq!(undone("nothing = here + there; 100% 'sure' & true\\", escape), None);
    }

    #[test]
    fn all_names_of_entities_are_at_their_place() {
        assert_eq!(LATIN.split_ascii_whitespace().count(), 0x60);
        assert_eq!((named("szlig"), named("yuml"), named("Tab")), (Some(0xdf), Some(0xff), Some(9)));
    }
}
