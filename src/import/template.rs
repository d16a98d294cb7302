//! `{{names}}` in texts of a collection.

use std::collections::{BTreeMap, BTreeSet};

use crate::exchange::{percent_encode, segment};

/// A small generator (SplitMix64): the same numbers for the same seed.
#[derive(Debug, Clone)]
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub(super) fn text(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(LETTERS[(self.next() % LETTERS.len() as u64) as usize])).collect()
    }

    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        let version = (high & !0xf000) | 0x4000;
        let variant = (low & !(0xc << 60)) | (0x8 << 60);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            version >> 32,
            (version >> 16) & 0xffff,
            version & 0xffff,
            variant >> 48,
            variant & 0xffff_ffff_ffff
        )
    }
}

/// What fills templates.
#[derive(Debug, Clone)]
pub(super) struct Values {
    pub(super) known: BTreeMap<String, String>,
    pub(super) chance: Chance,
    pub(super) now: i64,
    /// Begins the names of users that are made.
    pub(super) mark: String,
}

impl Values {
    /// `text` with every template filled.
    ///
    /// # Errors
    /// The name of the first that nothing gives a value to.
    pub(super) fn fill(&mut self, text: &str) -> Result<String, String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, name, after)) = next(rest) {
            filled.push_str(before);
            let value = match self.known.get(name) {
                Some(value) => value.clone(),
                None => self.made(name).ok_or_else(|| name.to_owned())?,
            };
            // A value may itself hold templates, as environments do; deeper than one level none is known.
            match next(&value) {
                Some(_) if value != text => filled.push_str(&self.fill(&value)?),
                _ => filled.push_str(&value),
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// The same of a URL. What stands alone between two slashes is an id as a rule, and has to be one: what is
    /// empty would lead to the collection.
    ///
    /// # Errors
    /// The name of the first that nothing gives such a value to.
    pub(super) fn fill_url(&mut self, url: &str) -> Result<String, String> {
        let (path, rest) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
        let mut filled = String::new();
        for (at, part) in path.split('/').enumerate() {
            let value = self.fill(part)?;
            if let Some(("", name, "")) = next(part)
                && at > 0
                && segment(&value).is_err()
            {
                return Err(name.to_owned());
            }
            filled.push_str(if at > 0 { "/" } else { "" });
            filled.push_str(&value);
        }
        Ok(filled + &self.fill(rest)?)
    }

    /// Why a request is not sent that needs this name.
    pub(super) fn unusable(&self, name: &str, because: &str) -> String {
        match self.known.get(name).map(|value| segment(value)) {
            Some(Err(reason)) => format!("{{{{{name}}}}} stands in a path, and {reason}"),
            _ => format!("{{{{{name}}}}} has no value, because {because}"),
        }
    }

    /// What Runscope and Postman make themselves.
    fn made(&mut self, name: &str) -> Option<String> {
        let (function, arguments) = match name.strip_suffix(')').and_then(|name| name.split_once('(')) {
            Some((function, arguments)) => (function.trim(), arguments.trim()),
            None => (name, ""),
        };
        let numbers: Vec<i64> = arguments.split(',').filter_map(|part| part.trim().parse().ok()).collect();
        Some(match function {
            "timestamp" | "$timestamp" => self.now.to_string(),
            "timestamp_offset" => (self.now + numbers.first()?).to_string(),
            "utc_datetime" | "$isoTimestamp" => jiff::Timestamp::from_second(self.now).ok()?.to_string(),
            "random_int" => match numbers.as_slice() {
                [low, high] if high >= low => (low
                    + i64::try_from(self.chance.below(u64::try_from(high - low).ok()? + 1)).ok()?)
                .to_string(),
                [] => self.chance.below(1_000_000_000).to_string(),
                _ => return None,
            },
            "$randomInt" => self.chance.below(1001).to_string(),
            "random_string" => {
                self.chance.text(usize::try_from(numbers.first().copied().unwrap_or(10)).ok()?)
            }
            "$randomAlphaNumeric" => self.chance.text(1),
            "$randomPassword" => self.chance.text(15),
            "uuid" | "$guid" | "$randomUUID" => self.chance.uuid(),
            "$randomBoolean" => (self.chance.below(2) == 1).to_string(),
            "$randomFirstName" => self.one_of(&GIVEN),
            "$randomLastName" => self.one_of(&FAMILY),
            "$randomFullName" => format!("{} {}", self.one_of(&GIVEN), self.one_of(&FAMILY)),
            "$randomUserName" => {
                let given = self.one_of(&GIVEN).to_lowercase();
                format!("{}{given}.{}", self.mark, self.chance.text(6))
            }
            "$randomEmail" | "$randomExampleEmail" => {
                let given = self.one_of(&GIVEN).to_lowercase();
                format!("{}{given}.{}@example.com", self.mark, self.chance.text(6))
            }
            "$randomWord" => self.chance.text(7),
            "encode_base64" => {
                use base64::Engine as _;
                let value = self.known.get(arguments).cloned().unwrap_or_else(|| arguments.to_owned());
                base64::engine::general_purpose::STANDARD.encode(value)
            }
            "encode_url" => {
                let value = self.known.get(arguments).cloned().unwrap_or_else(|| arguments.to_owned());
                percent_encode(&value)
            }
            _ => return None,
        })
    }

    fn one_of(&mut self, names: &[&str]) -> String {
        names[(self.chance.next() % names.len() as u64) as usize].to_owned()
    }

    /// Given and family name for a person.
    pub(super) fn person(&mut self) -> (String, String) {
        (self.one_of(&GIVEN), self.one_of(&FAMILY))
    }
}

const GIVEN: [&str; 6] = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Niklaus"];
const FAMILY: [&str; 6] = ["Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Wirth"];

/// Text before the first template, its name, text after it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let begin = text.find("{{")?;
    let length = text[begin + 2..].find("}}")?;
    Some((&text[..begin], text[begin + 2..begin + 2 + length].trim(), &text[begin + 4 + length..]))
}

/// The names in a text.
pub(super) fn names(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some((_, name, after)) = next(rest) {
        found.insert(name.to_owned());
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("{{base}}/Users", Ok("http://h/Users"))]
    #[case("a {{ base }} b {{base}}", Ok("a http://h b http://h"))]
    #[case("{{indirect}}", Ok("http://h/v2"))]
    #[case("{{timestamp}}", Ok("1700000000"))]
    #[case("{{timestamp_offset(-10)}}", Ok("1699999990"))]
    #[case("{{encode_url(a b)}}", Ok("a%20b"))]
    #[case("{{random_int(4, 4)}}", Ok("4"))]
    #[case("no {template", Ok("no {template"))]
    #[case("x{{other}}", Err("other"))]
    fn templates_are_filled_and_what_is_missing_is_named(
        #[case] text: &str,
        #[case] filled: Result<&str, &str>,
    ) {
        let known = [("base", "http://h"), ("indirect", "{{base}}/v2")];
        let mut values = Values {
            known: known.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            chance: Chance(1),
            now: 1_700_000_000,
            mark: "scimulate-1f0c9a3b-".into(),
        };
        assert_eq!(values.fill(text), filled.map(str::to_owned).map_err(str::to_owned));
    }
}
