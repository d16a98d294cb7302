//! The part of Okta's `filter` and `search` that scripts use: comparisons joined by `and` and `or`, without
//! parentheses, on the JSON that would be answered.

use serde_json::Value;

use super::response::OrgError;

/// Comparisons: any of these of which all hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filter(Vec<Vec<Comparison>>);

#[derive(Debug, PartialEq, Eq)]
struct Comparison {
    path: String,
    operator: Operator,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Begins,
    Contains,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Filter {
    pub(super) fn parse(text: &str) -> Result<Self, OrgError> {
        let tokens = tokens(text).ok_or_else(OrgError::search)?;
        let mut any = vec![Vec::new()];
        let mut rest = tokens.as_slice();
        loop {
            let [Token::Word(path), Token::Word(operator), value, after @ ..] = rest else {
                return Err(OrgError::search());
            };
            let operator = match operator.to_ascii_lowercase().as_str() {
                "eq" => Operator::Equal,
                "ne" => Operator::NotEqual,
                "sw" => Operator::Begins,
                "co" => Operator::Contains,
                "gt" => Operator::Greater,
                "ge" => Operator::GreaterOrEqual,
                "lt" => Operator::Less,
                "le" => Operator::LessOrEqual,
                _ => return Err(OrgError::search()),
            };
            let value = match value {
                Token::Text(text) => text.clone(),
                Token::Word(word) => word.clone(),
            };
            if let Some(all) = any.last_mut() {
                all.push(Comparison { path: path.clone(), operator, value });
            }
            match after {
                [] => return Ok(Self(any)),
                [Token::Word(word), further @ ..] if word.eq_ignore_ascii_case("and") => rest = further,
                [Token::Word(word), further @ ..] if word.eq_ignore_ascii_case("or") => {
                    any.push(Vec::new());
                    rest = further;
                }
                _ => return Err(OrgError::search()),
            }
        }
    }

    pub(super) fn matches(&self, entry: &Value) -> bool {
        self.0.iter().any(|all| all.iter().all(|one| one.matches(entry)))
    }
}

impl Comparison {
    fn matches(&self, entry: &Value) -> bool {
        let mut found = Vec::new();
        values(entry, &self.path, &mut found);
        let wanted = self.value.as_str();
        let holds = |text: &str| {
            let (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
            match self.operator {
                Operator::Equal | Operator::NotEqual => text == wanted,
                Operator::Begins => text.starts_with(&wanted),
                Operator::Contains => text.contains(&wanted),
                Operator::Greater => text > wanted,
                Operator::GreaterOrEqual => text >= wanted,
                Operator::Less => text < wanted,
                Operator::LessOrEqual => text <= wanted,
            }
        };
        let any = found.iter().any(|text| holds(text));
        if self.operator == Operator::NotEqual { !any } else { any }
    }
}

/// The values at a dotted path; every element of a list counts.
fn values(entry: &Value, path: &str, found: &mut Vec<String>) {
    if let Some(list) = entry.as_array() {
        list.iter().for_each(|element| values(element, path, found));
        return;
    }
    if path.is_empty() {
        match entry {
            Value::String(text) => found.push(text.clone()),
            Value::Number(number) => found.push(number.to_string()),
            Value::Bool(truth) => found.push(truth.to_string()),
            _ => {}
        }
        return;
    }
    let (key, rest) = path.split_once('.').unwrap_or((path, ""));
    if let Some(inside) = entry.get(key) {
        values(inside, rest, found);
    }
}

#[derive(Debug)]
enum Token {
    Word(String),
    Text(String),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('"') {
            let mut value = String::new();
            let mut characters = inside.char_indices();
            loop {
                match characters.next()? {
                    (at, '"') => {
                        rest = inside[at + 1..].trim_start();
                        break;
                    }
                    (_, '\\') => value.push(characters.next()?.1),
                    (_, other) => value.push(other),
                }
            }
            tokens.push(Token::Text(value));
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = rest[end..].trim_start();
        }
    }
    Some(tokens)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[rstest::rstest]
    #[case(r#"status eq "ACTIVE""#, true)]
    #[case(r#"status ne "ACTIVE""#, false)]
    #[case(r#"profile.login eq "ADA@x.test""#, true)]
    #[case(r#"profile.lastName sw "Love" and status eq "STAGED""#, false)]
    #[case(r#"profile.lastName sw "Hop" or profile.lastName co "lace""#, true)]
    #[case(r#"lastUpdated gt "2026-01-01T00:00:00.000Z""#, true)]
    #[case(r#"lastUpdated lt "2026-01-01T00:00:00.000Z""#, false)]
    #[case(r#"target.type eq "AppInstance""#, true)]
    #[case(r#"profile.nickName eq "a \" b""#, true)]
    fn a_filter_chooses(#[case] text: &str, #[case] chosen: bool) {
        let entry = json!({
            "status": "ACTIVE",
            "lastUpdated": "2026-02-01T00:00:00.000Z",
            "profile": { "login": "ada@x.test", "lastName": "Lovelace", "nickName": "a \" b" },
            "target": [{ "type": "User" }, { "type": "AppInstance" }],
        });
        assert_eq!(Filter::parse(text).unwrap().matches(&entry), chosen);
    }

    #[rstest::rstest]
    #[case("")]
    #[case("status")]
    #[case("status eq")]
    #[case(r#"status is "ACTIVE""#)]
    #[case(r#"status eq "ACTIVE"#)]
    #[case(r#"status eq "ACTIVE" and"#)]
    #[case(r#"status eq "ACTIVE" status eq "STAGED""#)]
    fn what_is_no_filter_is_refused(#[case] text: &str) {
        assert_eq!(Filter::parse(text).unwrap_err().json("x")["errorCode"], "E0000031");
    }
}
