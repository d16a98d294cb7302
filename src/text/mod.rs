//! Text that others wrote, as it may be shown: it moves no cursor, turns no line around, gives no command to the
//! machine that runs us, and fills no screen. And the files that such text is read from.

mod file;
mod problem;

use unicode_general_category::{GeneralCategory, get_general_category};

pub use file::{LARGEST, Unreadable, read, read_text};
pub use problem::Problem;

/// Whether nobody sees the character as what it is: controls, marks of direction, characters without width, other
/// separators of lines, and what is no character at all, which XML cannot hold either.
fn is_odd(c: char) -> bool {
    let category = get_general_category(c);
    let unseen = matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    );
    let no_character = u32::from(c) & 0xfffe == 0xfffe || ('\u{fdd0}'..='\u{fdef}').contains(&c);
    (unseen || no_character) && c != '\t'
}

/// The text with every odd character but line breaks and tabs as `\u{202e}`.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && is_odd(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// Text on one line that can neither move a cursor, nor forge a line, nor give a command to a CI system.
#[must_use]
pub fn plain(text: &str) -> String {
    harmless(&visible(text).replace('\n', "\\u{a}"))
}

/// The same with line breaks kept.
#[must_use]
pub fn plain_lines(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

/// A line in which no CI system finds a command: GitHub takes `::error::` where a line begins and `##[error]`
/// anywhere, Azure `##vso[…]` and TeamCity `##teamcity[…]` anywhere.
fn harmless(line: &str) -> String {
    let begins = line.len() - line.trim_start().len();
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let marks = rest.starts_with("##") || rest.starts_with("::");
        let begun = line.len() - rest.len() == begins;
        shown.push(c);
        rest = after;
        if marks && (begun || c == '#' && opens(after)) {
            shown.extend(c.escape_unicode());
            rest = &after[1..];
        }
    }
    shown
}

/// Whether a command goes on so behind its first `#`.
fn opens(rest: &str) -> bool {
    rest[1..].trim_start_matches(|c: char| c.is_ascii_alphanumeric()).starts_with('[')
}

/// What this program itself prints: its own colours stay, and nothing else that is odd.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut lines = text.split('\n');
    let mut next = lines.next();
    while let Some(line) = next {
        let mut parts = line.split("\u{1b}[");
        shown.push_str(&plain(parts.next().unwrap_or_default()));
        for part in parts {
            let code = part.find(|c: char| !(c.is_ascii_digit() || c == ';')).unwrap_or(part.len());
            let is_color = part[code..].starts_with('m');
            shown.push_str(if is_color { "\u{1b}[" } else { "\\u{1b}[" });
            let (code, rest) = part.split_at(if is_color { code + 1 } else { 0 });
            shown.push_str(code);
            shown.push_str(&plain(rest));
        }
        next = lines.next();
        if next.is_some() {
            shown.push('\n');
        }
    }
    shown
}

/// The beginning of a text that has more than `most` bytes, and how many it has.
#[must_use]
pub fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    format!("{}… ({} bytes)", &text[..text.floor_char_boundary(most)], text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[rstest::rstest]
    #[case::cursor("a\u{1b}[2Jb", "a\\u{1b}[2Jb")]
    #[case::direction("a\u{202e}b\u{2066}", "a\\u{202e}b\\u{2066}")]
    #[case::no_width("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}")]
    #[case::lines("a\nb\r\nc\u{2028}d\u{85}", "a\\u{a}b\\u{d}\\u{a}c\\u{2028}d\\u{85}")]
    #[case::no_character("\u{fffe}\u{ffff}\u{1ffff}", "\\u{fffe}\\u{ffff}\\u{1ffff}")]
    #[case::other_text("päsä\t😀 # ## a::b", "päsä\t😀 # ## a::b")]
    #[case::github("  ::error::x", "  :\\u{3a}error::x")]
    #[case::github_of_old("x ##[group]", "x #\\u{23}[group]")]
    #[case::azure("x ##vso[task.setvariable]", "x #\\u{23}vso[task.setvariable]")]
    #[case::teamcity("##teamcity[x]", "#\\u{23}teamcity[x]")]
    #[case::many("x###[a]##[b]", "x##\\u{23}[a]#\\u{23}[b]")]
    fn one_line(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(plain(text), shown);
    }

    #[test]
    fn lines_are_kept_where_they_are_wanted_and_colours_where_they_are_ours() {
        assert_eq!(plain_lines("a\r\nb\tc\rd"), "a\nb\tc\\u{d}d");
        assert_eq!(printable("\u{1b}[31;1mx\u{1b}[0m\u{1b}[2J\n"), "\u{1b}[31;1mx\u{1b}[0m\\u{1b}[2J\n");
    }

    #[test]
    fn a_long_text_is_cut_where_a_character_ends() {
        assert_eq!(shortened("äöü", 3), "ä… (6 bytes)");
        assert_eq!(shortened("äöü", 6), "äöü");
    }

    /// A line as the machines around us read it.
    fn is_command(line: &str) -> bool {
        let begun = line.trim_start();
        let marks = ["##[", "##vso[", "##teamcity["];
        begun.starts_with("::") || begun.starts_with("##") || marks.iter().any(|mark| line.contains(mark))
    }

    proptest! {
        #[test]
        fn no_text_gives_a_command(parts in prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec!["::", "#", "##", "[", "vso", "teamcity", "error", " ", "\r", "\n", "\t", "\u{1b}[31m", "\u{2028}", "\u{200b}", "\u{a0}"]).prop_map(str::to_owned),
                any::<char>().prop_map(String::from),
            ],
            0..12,
        )) {
            let text = parts.concat();
            for shown in [plain(&text), plain_lines(&text), printable(&text)] {
                prop_assert!(!shown.lines().any(is_command), "{shown:?}");
            }
            let one = plain(&text);
            prop_assert!(!one.chars().any(is_odd), "{one:?}");
            prop_assert_eq!(&plain(&one), &one);
        }
    }
}
