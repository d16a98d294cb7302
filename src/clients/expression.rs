//! The part of Okta's expression language that provisioning mappings use: attributes of the person
//! (`user.x`), texts and numbers, `+`, comparisons, `&&`, `||`, `!`, `a ? b : c`, and the functions on
//! texts. A function may be written with or without its class (`String.toUpperCase`, `toUpperCase`).

use serde_json::Value;

/// Why a text is no expression of the subset. The message completes "the expression … : ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ExpressionError(String);

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Literal(Value),
    /// `user.x`, or an attribute's bare name.
    Attribute(String),
    Not(Box<Expression>),
    Binary(Box<Expression>, Operator, Box<Expression>),
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    Call(Function, Vec<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Plus,
    Equal,
    NotEqual,
    And,
    Or,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Append,
    Join,
    Length,
    RemoveSpaces,
    Replace,
    ReplaceFirst,
    Contains,
    StartsWith,
    Substring,
    SubstringAfter,
    SubstringBefore,
    ToLowerCase,
    ToUpperCase,
    Switch,
}

impl Function {
    /// With the least and the most arguments that it takes.
    fn named(name: &str) -> Option<(Self, usize, usize)> {
        let name = name.strip_prefix("String.").unwrap_or(name);
        Some(match name {
            "append" => (Self::Append, 2, 2),
            "join" => (Self::Join, 2, usize::MAX),
            "len" => (Self::Length, 1, 1),
            "removeSpaces" => (Self::RemoveSpaces, 1, 1),
            "replace" => (Self::Replace, 3, 3),
            "replaceFirst" => (Self::ReplaceFirst, 3, 3),
            "stringContains" => (Self::Contains, 2, 2),
            "startsWith" => (Self::StartsWith, 2, 2),
            "substring" => (Self::Substring, 3, 3),
            "substringAfter" => (Self::SubstringAfter, 2, 2),
            "substringBefore" => (Self::SubstringBefore, 2, 2),
            "toLowerCase" => (Self::ToLowerCase, 1, 1),
            "toUpperCase" => (Self::ToUpperCase, 1, 1),
            "stringSwitch" => (Self::Switch, 2, usize::MAX),
            _ => return None,
        })
    }
}

impl Expression {
    /// Reads an expression.
    pub(super) fn parse(source: &str) -> Result<Self, ExpressionError> {
        let mut parser = Parser { tokens: tokens(source)?, at: 0 };
        let expression = parser.conditional()?;
        match parser.tokens.get(parser.at) {
            None => Ok(expression),
            Some(token) => Err(ExpressionError(format!("`{token}` is not expected there"))),
        }
    }

    /// The value for a person, whose attributes `of` knows.
    pub(super) fn evaluate(&self, of: &dyn Fn(&str) -> Option<String>) -> Value {
        match self {
            Self::Literal(value) => value.clone(),
            Self::Attribute(name) => of(name).map_or(Value::Null, Value::from),
            Self::Not(inner) => Value::from(!truth(&inner.evaluate(of))),
            Self::Conditional(condition, yes, no) => {
                if truth(&condition.evaluate(of)) {
                    yes.evaluate(of)
                } else {
                    no.evaluate(of)
                }
            }
            Self::Binary(left, operator, right) => match operator {
                Operator::And => Value::from(truth(&left.evaluate(of)) && truth(&right.evaluate(of))),
                Operator::Or => Value::from(truth(&left.evaluate(of)) || truth(&right.evaluate(of))),
                Operator::Equal => Value::from(left.evaluate(of) == right.evaluate(of)),
                Operator::NotEqual => Value::from(left.evaluate(of) != right.evaluate(of)),
                Operator::Plus => sum(&left.evaluate(of), &right.evaluate(of)),
            },
            Self::Call(function, arguments) => {
                let values: Vec<Value> = arguments.iter().map(|argument| argument.evaluate(of)).collect();
                call(*function, &values)
            }
        }
    }
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

/// As text; nothing is the empty text.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn sum(left: &Value, right: &Value) -> Value {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Value::from(left.saturating_add(right)),
        _ => Value::from(text(left) + &text(right)),
    }
}

fn call(function: Function, values: &[Value]) -> Value {
    let argument = |at: usize| values.get(at).map(text).unwrap_or_default();
    // Nothing stays nothing, so that an attribute without a value is not sent as an empty text.
    if values.first().is_none_or(Value::is_null) && !matches!(function, Function::Append | Function::Join) {
        return match function {
            Function::Contains | Function::StartsWith => Value::from(false),
            Function::Length => Value::from(0),
            _ => Value::Null,
        };
    }
    let first = argument(0);
    Value::from(match function {
        Function::Append => first + &argument(1),
        Function::Join => {
            let parts: Vec<String> = values[1..].iter().map(text).filter(|part| !part.is_empty()).collect();
            parts.join(&first)
        }
        Function::Length => return Value::from(first.chars().count()),
        Function::RemoveSpaces => first.replace(' ', ""),
        Function::Replace => first.replace(&argument(1), &argument(2)),
        Function::ReplaceFirst => first.replacen(&argument(1), &argument(2), 1),
        Function::Contains => return Value::from(first.contains(&argument(1))),
        Function::StartsWith => return Value::from(first.starts_with(&argument(1))),
        Function::Substring => {
            let number = |at: usize| values[at].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
            let (from, to) = (number(1), number(2));
            first.chars().skip(from).take(to.saturating_sub(from)).collect()
        }
        Function::SubstringAfter => {
            first.split_once(&argument(1)).map(|(_, after)| after.to_owned()).unwrap_or_default()
        }
        Function::SubstringBefore => {
            first.split_once(&argument(1)).map_or_else(|| first.clone(), |(before, _)| before.to_owned())
        }
        Function::ToLowerCase => first.to_lowercase(),
        Function::ToUpperCase => first.to_uppercase(),
        // The input, the default, then pairs of what the input may contain and the result.
        Function::Switch => {
            let pairs = values[2..].chunks_exact(2);
            let found = pairs.into_iter().find(|pair| first.contains(&text(&pair[0])));
            found.map_or_else(|| argument(1), |pair| text(&pair[1]))
        }
    })
}

struct Parser {
    tokens: Vec<String>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.peek() == wanted;
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: &str) -> Result<(), ExpressionError> {
        if self.take(wanted) {
            return Ok(());
        }
        let found = if self.peek().is_empty() { "the end" } else { self.peek() };
        Err(ExpressionError(format!("`{wanted}` is expected before {found}")))
    }

    fn conditional(&mut self) -> Result<Expression, ExpressionError> {
        let condition = self.either()?;
        if !self.take("?") {
            return Ok(condition);
        }
        let yes = self.conditional()?;
        self.expect(":")?;
        let no = self.conditional()?;
        Ok(Expression::Conditional(Box::new(condition), Box::new(yes), Box::new(no)))
    }

    fn either(&mut self) -> Result<Expression, ExpressionError> {
        let mut left = self.both()?;
        while self.take("||") || self.take("OR") {
            left = Expression::Binary(Box::new(left), Operator::Or, Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Expression, ExpressionError> {
        let mut left = self.comparison()?;
        while self.take("&&") || self.take("AND") {
            left = Expression::Binary(Box::new(left), Operator::And, Box::new(self.comparison()?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Expression, ExpressionError> {
        let left = self.addition()?;
        let operator = match self.peek() {
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            _ => return Ok(left),
        };
        self.at += 1;
        Ok(Expression::Binary(Box::new(left), operator, Box::new(self.addition()?)))
    }

    fn addition(&mut self) -> Result<Expression, ExpressionError> {
        let mut left = self.unary()?;
        while self.take("+") {
            left = Expression::Binary(Box::new(left), Operator::Plus, Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, ExpressionError> {
        if self.take("!") {
            return Ok(Expression::Not(Box::new(self.unary()?)));
        }
        if self.take("(") {
            let inner = self.conditional()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let token = self.peek().to_owned();
        let Some(first) = token.chars().next() else {
            return Err(ExpressionError("it ends where a value is expected".into()));
        };
        self.at += 1;
        if first == '"' || first == '\'' {
            return Ok(Expression::Literal(Value::from(&token[1..])));
        }
        if first.is_ascii_digit() {
            let number = token.parse::<i64>();
            return number
                .map(|number| Expression::Literal(Value::from(number)))
                .map_err(|_| ExpressionError(format!("`{token}` is no whole number")));
        }
        match token.as_str() {
            "true" => return Ok(Expression::Literal(Value::Bool(true))),
            "false" => return Ok(Expression::Literal(Value::Bool(false))),
            "null" => return Ok(Expression::Literal(Value::Null)),
            _ if !first.is_ascii_alphabetic() => {
                return Err(ExpressionError(format!("`{token}` is not expected there")));
            }
            _ => {}
        }
        if !self.take("(") {
            let name = token.strip_prefix("user.").unwrap_or(&token);
            if name.contains('.') {
                return Err(ExpressionError(format!(
                    "`{token}` is no attribute; write it like user.department"
                )));
            }
            return Ok(Expression::Attribute(name.to_owned()));
        }
        let Some((function, least, most)) = Function::named(&token) else {
            return Err(ExpressionError(format!(
                "the function `{token}` is not among those that mappings use"
            )));
        };
        let mut arguments = Vec::new();
        if !self.take(")") {
            loop {
                arguments.push(self.conditional()?);
                if self.take(")") {
                    break;
                }
                self.expect(",")?;
            }
        }
        if arguments.len() < least || arguments.len() > most {
            return Err(ExpressionError(format!("`{token}` does not take {} arguments", arguments.len())));
        }
        Ok(Expression::Call(function, arguments))
    }
}

/// Names with dots, numbers, operators; a text keeps its opening quote and loses the closing one.
fn tokens(source: &str) -> Result<Vec<String>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' || first == '\'' {
            let Some(end) = rest[1..].find(first) else {
                return Err(ExpressionError("a text has no closing quote".into()));
            };
            tokens.push(rest[..=end].to_owned());
            rest = rest[end + 2..].trim_start();
            continue;
        } else if first.is_ascii_alphanumeric() || first == '_' {
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len())
        } else if ["==", "!=", "&&", "||"].iter().any(|operator| rest.starts_with(operator)) {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ada(name: &str) -> Option<String> {
        match name {
            "firstName" => Some("Ada".into()),
            "lastName" => Some("Lovelace".into()),
            "login" | "email" => Some("Ada.Lovelace@Example.com".into()),
            "costCenter" => Some("0042".into()),
            _ => None,
        }
    }

    #[rstest::rstest]
    #[case("user.firstName", json!("Ada"))]
    #[case("user.title", Value::Null)]
    #[case("user.firstName + ' ' + user.lastName", json!("Ada Lovelace"))]
    #[case("String.toLowerCase(user.login)", json!("ada.lovelace@example.com"))]
    #[case("toUpperCase(user.firstName)", json!("ADA"))]
    #[case("String.substringBefore(user.login, \"@\")", json!("Ada.Lovelace"))]
    #[case("String.substringAfter(user.login, '@')", json!("Example.com"))]
    #[case("String.substring(user.firstName, 0, 1) + user.lastName", json!("ALovelace"))]
    #[case("String.append(user.firstName, '!')", json!("Ada!"))]
    #[case("String.join('-', user.firstName, user.title, user.lastName)", json!("Ada-Lovelace"))]
    #[case("String.len(user.firstName)", json!(3))]
    #[case("String.replace(user.login, 'e', 'E')", json!("Ada.LovElacE@ExamplE.com"))]
    #[case("String.replaceFirst(user.login, 'e', 'E')", json!("Ada.LovElace@Example.com"))]
    #[case("String.removeSpaces('a b c')", json!("abc"))]
    #[case("String.stringContains(user.login, '@') AND !String.startsWith(user.login, 'x')", json!(true))]
    #[case("String.stringSwitch(user.costCenter, 'other', '43', 'no', '42', 'yes')", json!("yes"))]
    #[case("(user.email != null && user.email != '') ? 'work' : ''", json!("work"))]
    #[case("user.title == null ? 'none' : user.title", json!("none"))]
    #[case("String.toUpperCase(user.title)", Value::Null)]
    #[case("false || true ? 1 + 2 : 0", json!(3))]
    fn an_expression_gives_what_okta_documents(#[case] source: &str, #[case] value: Value) {
        assert_eq!(Expression::parse(source).map(|parsed| parsed.evaluate(&ada)), Ok(value));
    }

    #[rstest::rstest]
    #[case("", "it ends where a value is expected")]
    #[case("user.firstName +", "it ends where a value is expected")]
    #[case("'open", "a text has no closing quote")]
    #[case(
        "String.reverse(user.login)",
        "the function `String.reverse` is not among those that mappings use"
    )]
    #[case("String.len()", "`String.len` does not take 0 arguments")]
    #[case("(user.login", "`)` is expected before the end")]
    #[case("user.a user.b", "`user.b` is not expected there")]
    #[case("a ? b", "`:` is expected before the end")]
    #[case("user.a.b", "`user.a.b` is no attribute; write it like user.department")]
    fn what_is_no_expression_is_said(#[case] source: &str, #[case] message: &str) {
        assert_eq!(Expression::parse(source).map_err(|error| error.to_string()), Err(message.to_owned()));
    }
}
