//! What the RFCs demand, sentence by sentence, and which requirements cover it.

use std::sync::LazyLock;

/// One occurrence of a key word in an RFC, or a rule that a section states without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sentence {
    /// Number of the RFC, e.g. `7644`.
    pub rfc: &'static str,
    /// Its section, e.g. `3.4.2`.
    pub section: &'static str,
    /// One-based among the key words of the section; 0 for a rule without a key word.
    pub ordinal: usize,
    /// The key word, e.g. `MUST NOT`; nothing where there is none.
    pub keyword: Option<&'static str>,
    /// What it says, in our own words.
    pub text: &'static str,
    /// What covers it.
    pub cover: Cover,
}

/// Which requirements cover a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// Their slugs, separated by a comma and a blank.
    Requirements(&'static str),
    /// A black box could see it, and nothing looks: the probe that would.
    Uncovered(&'static str),
    /// Nothing to judge, or nothing that can be seen; why.
    Reason(&'static str),
}

/// A section that is left out as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// Number of the RFC.
    pub rfc: &'static str,
    /// The section.
    pub section: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// The table of the normative sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// In the order of the texts.
    pub sentences: Vec<Sentence>,
    /// Sections without sentences here.
    pub left_out: Vec<LeftOut>,
}

static TABLE: LazyLock<Coverage> = LazyLock::new(|| {
    let mut table = Coverage { sentences: Vec::new(), left_out: Vec::new() };
    for (rfc, text) in [
        ("7643", include_str!("7643.tsv")),
        ("7644", include_str!("7644.tsv")),
        ("9865", include_str!("9865.tsv")),
    ] {
        read(rfc, text, &mut table).unwrap_or_else(|wrong| panic!("coverage/{rfc}.tsv, line {wrong}"));
    }
    table
});

/// The table of the normative sentences of RFC 7643, RFC 7644 and RFC 9865.
#[must_use]
pub fn coverage() -> &'static Coverage {
    &TABLE
}

impl Cover {
    /// The slugs, if there are any.
    pub fn slugs(&self) -> impl Iterator<Item = &'static str> + use<> {
        let slugs = match self {
            Self::Requirements(slugs) => slugs,
            Self::Uncovered(_) | Self::Reason(_) => "",
        };
        slugs.split(", ").filter(|slug| !slug.is_empty())
    }
}

/// The number of the line that is wrong, if one is.
fn read(rfc: &'static str, text: &'static str, table: &mut Coverage) -> Result<(), usize> {
    for (index, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let columns: Vec<&'static str> = line.split('\t').collect();
        match columns[..] {
            [section, "*", "-", "-", reason] => {
                let reason = reason.strip_prefix("- ").ok_or(index + 1)?;
                table.left_out.push(LeftOut { rfc, section, reason });
            }
            [section, ordinal, keyword, text, cover] => table.sentences.push(Sentence {
                rfc,
                section,
                ordinal: ordinal.parse().map_err(|_| index + 1)?,
                keyword: Some(keyword).filter(|keyword| *keyword != "-"),
                text,
                cover: match cover.strip_prefix("- ") {
                    None => Cover::Requirements(cover),
                    Some(reason) => match reason.strip_prefix("uncovered: ") {
                        Some(probe) => Cover::Uncovered(probe),
                        None => Cover::Reason(reason),
                    },
                },
            }),
            _ => return Err(index + 1),
        }
    }
    Ok(())
}
