//! Filters (RFC 7644 §3.4.2.2): the whole grammar, resolved against the schema while parsing, so that
//! an unknown attribute or a comparison that makes no sense is an error with its position.

use jiff::Timestamp;
use serde_json::Value;

use super::schema::{Attribute, AttributePath, Type};
use super::{Object, ResourceKind, ScimError, Work};

const MAX_LENGTH: usize = 8_192;
const MAX_DEPTH: usize = 32;

/// A parsed filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filter {
    root: Node,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Present(Place),
    Compare(Place, Operator, Literal),
    /// `emails[type eq "work"]`: some value fits.
    Value(Place, Box<Node>),
}

/// Where a comparison looks: from the resource, or from one value of a multi-valued attribute.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    Resource(AttributePath),
    Sub(&'static Attribute),
    /// An attribute of another resource type of the query: here it has no value (RFC 7644 §3.4.2.1).
    Elsewhere(AttributePath),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(serde_json::Number),
    Boolean(bool),
    Null,
}

impl Filter {
    /// Parses a filter on resources of `kind`.
    #[cfg(test)]
    pub(crate) fn parse(kind: ResourceKind, text: &str) -> Result<Self, ScimError> {
        Self::parse_among(kind, &[kind], text)
    }

    /// Parses a filter on resources of `kind` in a query over `kinds`, whose attributes it may name too.
    pub(crate) fn parse_among(
        kind: ResourceKind,
        kinds: &[ResourceKind],
        text: &str,
    ) -> Result<Self, ScimError> {
        let parser = Parser { kind, kinds, text, at: 0, depth: 0, within: None };
        Ok(Self { root: parser.whole("`and`, `or` or the end of the filter")? })
    }

    /// Whether the resource fits.
    ///
    /// # Errors
    /// When the request has asked for too many comparisons.
    pub(crate) fn matches(&self, resource: &Object, work: &Work) -> Result<bool, ScimError> {
        let fits = holds(&self.root, Subject::Resource(resource), work);
        work.spend(0).map(|()| fits)
    }

    /// Whether the filter is one comparison and nothing else, so that an index on its attribute decides it.
    pub(crate) fn is_one_comparison(&self) -> bool {
        matches!(self.root, Node::Compare(..))
    }

    /// Paths and texts that every resource that fits must have, so that an index can give the candidates.
    pub(crate) fn equalities(&self) -> Vec<(String, &str)> {
        fn collect<'a>(node: &'a Node, found: &mut Vec<(String, &'a str)>) {
            match node {
                Node::And(nodes) => nodes.iter().for_each(|node| collect(node, found)),
                Node::Compare(Place::Resource(path), Operator::Eq, Literal::Text(value)) => {
                    let path = if path.attribute.kind == Type::Complex && path.sub.is_none() {
                        format!("{}.value", path.canonical())
                    } else {
                        path.canonical()
                    };
                    found.push((path, value));
                }
                _ => {}
            }
        }
        let mut found = Vec::new();
        collect(&self.root, &mut found);
        found
    }
}

/// The filter inside the brackets of a PATCH path, on the values of one attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ValueFilter {
    root: Node,
}

impl ValueFilter {
    pub(super) fn parse(
        kind: ResourceKind,
        attribute: &'static Attribute,
        text: &str,
    ) -> Result<Self, ScimError> {
        let parser = Parser { kind, kinds: &[], text, at: 0, depth: 0, within: Some(attribute) };
        Ok(Self { root: parser.whole("`and`, `or` or `]`")? })
    }

    /// Whether the value fits.
    ///
    /// # Errors
    /// When the request has asked for too many comparisons.
    pub(crate) fn matches(&self, value: &Value, work: &Work) -> Result<bool, ScimError> {
        let fits = holds(&self.root, Subject::Value(value), work);
        work.spend(0).map(|()| fits)
    }

    /// The sub-attributes that the filter pins with `eq`, when it is a conjunction of such comparisons.
    pub(super) fn pinned(&self) -> Option<Vec<(&'static str, Value)>> {
        fn collect(node: &Node, pins: &mut Vec<(&'static str, Value)>) -> bool {
            match node {
                Node::And(nodes) => nodes.iter().all(|node| collect(node, pins)),
                Node::Compare(Place::Sub(attribute), Operator::Eq, literal) => {
                    let value = match literal {
                        Literal::Text(text) => Value::from(text.clone()),
                        Literal::Boolean(value) => Value::from(*value),
                        Literal::Number(number) => Value::from(number.clone()),
                        Literal::Null => return false,
                    };
                    pins.push((attribute.name, value));
                    true
                }
                _ => false,
            }
        }
        let mut pins = Vec::new();
        collect(&self.root, &mut pins).then_some(pins)
    }
}

struct Parser<'a> {
    kind: ResourceKind,
    kinds: &'a [ResourceKind],
    text: &'a str,
    at: usize,
    depth: usize,
    /// Set inside brackets: paths are sub-attributes of this attribute.
    within: Option<&'static Attribute>,
}

impl<'a> Parser<'a> {
    /// All of the text; `end` is what may follow when it should have ended.
    fn whole(mut self, end: &str) -> Result<Node, ScimError> {
        if self.text.len() > MAX_LENGTH {
            return Err(ScimError::filter(format!("The filter is longer than {MAX_LENGTH} bytes.")));
        }
        let root = self.or()?;
        self.blanks();
        if self.at < self.text.len() {
            return Err(self.expected(end));
        }
        Ok(root)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches(' ').len();
    }

    fn expected(&self, what: &str) -> ScimError {
        let position = self.text[..self.at].chars().count() + 1;
        let found = match self.rest().chars().next() {
            None => "the filter ends there".to_owned(),
            Some(_) => {
                let word: String = self.rest().chars().take(20).collect();
                format!("`{}` stands there", word.split(' ').next().filter(|w| !w.is_empty()).unwrap_or(" "))
            }
        };
        ScimError::filter(format!("At position {position} of the filter, {what} was expected, but {found}."))
    }

    fn keyword(&mut self, word: &str) -> bool {
        self.blanks();
        let rest = self.rest();
        let fits = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && rest[word.len()..].starts_with([' ', '(']);
        if fits {
            self.at += word.len();
        }
        fits
    }

    fn or(&mut self) -> Result<Node, ScimError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ScimError::filter(format!("The filter is nested more than {MAX_DEPTH} deep.")));
        }
        let mut nodes = vec![self.and()?];
        while self.keyword("or") {
            nodes.push(self.and()?);
        }
        self.depth -= 1;
        Ok(if nodes.len() == 1 { nodes.swap_remove(0) } else { Node::Or(nodes) })
    }

    fn and(&mut self) -> Result<Node, ScimError> {
        let mut nodes = vec![self.term()?];
        while self.keyword("and") {
            nodes.push(self.term()?);
        }
        Ok(if nodes.len() == 1 { nodes.swap_remove(0) } else { Node::And(nodes) })
    }

    fn term(&mut self) -> Result<Node, ScimError> {
        self.blanks();
        let before = self.at;
        if self.keyword("not") {
            self.blanks();
            if self.rest().starts_with('(') {
                return Ok(Node::Not(Box::new(self.group()?)));
            }
            self.at = before;
        }
        if self.rest().starts_with('(') {
            return self.group();
        }
        self.comparison()
    }

    fn group(&mut self) -> Result<Node, ScimError> {
        self.at += 1;
        let node = self.or()?;
        self.blanks();
        if !self.rest().starts_with(')') {
            return Err(self.expected("`)`"));
        }
        self.at += 1;
        Ok(node)
    }

    fn comparison(&mut self) -> Result<Node, ScimError> {
        let start = self.at;
        let length = self
            .rest()
            .find(|c: char| !(c.is_ascii_alphanumeric() || "$-_.:".contains(c)))
            .unwrap_or(self.rest().len());
        if length == 0 {
            return Err(self.expected("an attribute, `not` or `(`"));
        }
        let name = &self.rest()[..length];
        let place = match self.within {
            Some(attribute) => attribute.sub_attribute(name).map(Place::Sub),
            None => AttributePath::resolve(self.kind, name).map(Place::Resource).or_else(|| {
                self.kinds.iter().find_map(|kind| AttributePath::resolve(*kind, name)).map(Place::Elsewhere)
            }),
        };
        let Some(place) = place else {
            return Err(self.expected("an attribute of the schema"));
        };
        self.at = start + length;
        if self.rest().starts_with('[') {
            return self.value_path(place);
        }
        self.blanks();
        if self.rest().get(..2).is_some_and(|word| word.eq_ignore_ascii_case("pr"))
            && !self.rest()[2..].starts_with(|c: char| c.is_ascii_alphanumeric())
        {
            self.at += 2;
            return Ok(Node::Present(place));
        }
        let operator_at = self.at;
        let operator = match self.rest().get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("eq") => Operator::Eq,
            Some("ne") => Operator::Ne,
            Some("co") => Operator::Co,
            Some("sw") => Operator::Sw,
            Some("ew") => Operator::Ew,
            Some("gt") => Operator::Gt,
            Some("ge") => Operator::Ge,
            Some("lt") => Operator::Lt,
            Some("le") => Operator::Le,
            _ => return Err(self.expected("an operator (eq, ne, co, sw, ew, gt, ge, lt, le, pr)")),
        };
        self.at += 2;
        // The grammar demands a blank; RFC 7644 §3.5.2.2 prints an example without one before a string.
        if !self.rest().starts_with([' ', '"']) {
            return Err(self.expected("a blank and a value"));
        }
        self.blanks();
        let value_at = self.at;
        let literal = self.literal()?;
        let Some(attribute) = place.compared() else {
            self.at = start;
            return Err(self.expected("a sub-attribute"));
        };
        let fits = match (&literal, attribute.kind) {
            (Literal::Null, _) => matches!(operator, Operator::Eq | Operator::Ne),
            (Literal::Boolean(_), Type::Boolean) => matches!(operator, Operator::Eq | Operator::Ne),
            (Literal::Text(text), Type::DateTime) => {
                if matches!(operator, Operator::Co | Operator::Sw | Operator::Ew) {
                    true
                } else if text.parse::<Timestamp>().is_err() {
                    self.at = value_at;
                    return Err(self.expected("a date and time of RFC 3339"));
                } else {
                    true
                }
            }
            (Literal::Number(_), Type::Integer) => {
                !matches!(operator, Operator::Co | Operator::Sw | Operator::Ew)
            }
            (Literal::Text(_), Type::Binary) => matches!(operator, Operator::Eq | Operator::Ne),
            (Literal::Text(_), Type::String | Type::Reference) => true,
            _ => false,
        };
        if !fits {
            self.at = operator_at;
            return Err(self.expected(&format!("a comparison that fits the type of `{}`", attribute.name)));
        }
        Ok(Node::Compare(place, operator, literal))
    }

    fn value_path(&mut self, place: Place) -> Result<Node, ScimError> {
        let attribute = match &place {
            Place::Resource(AttributePath { attribute, sub: None, .. })
            | Place::Elsewhere(AttributePath { attribute, sub: None, .. })
                if attribute.kind == Type::Complex =>
            {
                *attribute
            }
            _ => return Err(self.expected("an operator, since only complex attributes take brackets")),
        };
        self.at += 1;
        self.within = Some(attribute);
        let node = self.or()?;
        self.within = None;
        self.blanks();
        if !self.rest().starts_with(']') {
            return Err(self.expected("`]`"));
        }
        self.at += 1;
        Ok(Node::Value(place, Box::new(node)))
    }

    fn literal(&mut self) -> Result<Literal, ScimError> {
        let rest = self.rest();
        if rest.starts_with('"') {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find_map(|(index, c)| {
                if escaped {
                    escaped = false;
                } else if c == '\\' {
                    escaped = true;
                } else if c == '"' {
                    return Some(index + 1);
                }
                None
            });
            let Some(end) = end else { return Err(self.expected("a string with a closing quotation mark")) };
            let Ok(text) = serde_json::from_str::<String>(&rest[..end]) else {
                return Err(self.expected("a JSON string"));
            };
            self.at += end;
            return Ok(Literal::Text(text));
        }
        for (word, literal) in
            [("true", Literal::Boolean(true)), ("false", Literal::Boolean(false)), ("null", Literal::Null)]
        {
            let fits = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
                && !rest[word.len()..].starts_with(|c: char| c.is_ascii_alphanumeric());
            if fits {
                self.at += word.len();
                return Ok(literal);
            }
        }
        let length =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))).unwrap_or(rest.len());
        if rest.starts_with(|c: char| c == '-' || c.is_ascii_digit())
            && let Ok(number) = rest[..length].parse()
        {
            self.at += length;
            return Ok(Literal::Number(number));
        }
        Err(self.expected("a quoted string, a number, true, false or null"))
    }
}

impl Place {
    /// The simple attribute that is compared: a complex one stands for its `value` (RFC 7644 §3.4.2.2).
    fn compared(&self) -> Option<&'static Attribute> {
        match self {
            Self::Sub(attribute) => Some(attribute),
            Self::Resource(path) | Self::Elsewhere(path) => match (path.sub, path.attribute.kind) {
                (Some(sub), _) => Some(sub),
                (None, Type::Complex) => path.attribute.sub_attribute("value"),
                (None, _) => Some(path.attribute),
            },
        }
    }
}

#[derive(Clone, Copy)]
enum Subject<'a> {
    Resource(&'a Object),
    Value(&'a Value),
}

fn holds(node: &Node, subject: Subject<'_>, work: &Work) -> bool {
    match node {
        Node::And(nodes) => nodes.iter().all(|node| holds(node, subject, work)),
        Node::Or(nodes) => nodes.iter().any(|node| holds(node, subject, work)),
        Node::Not(node) => !holds(node, subject, work),
        Node::Present(place) => {
            let values = whole_values(place, subject);
            work.count(1 + values.len());
            values.into_iter().any(|value| !is_empty(value))
        }
        Node::Compare(place, operator, literal) => {
            let Some(attribute) = place.compared() else { return false };
            let values = compared_values(place, subject);
            work.count(1 + values.len());
            match (operator, literal) {
                (Operator::Eq, Literal::Null) => values.is_empty(),
                (Operator::Ne, Literal::Null) => !values.is_empty(),
                (Operator::Ne, _) => {
                    !values.iter().any(|value| compare(attribute, value, Operator::Eq, literal))
                }
                _ => values.iter().any(|value| compare(attribute, value, *operator, literal)),
            }
        }
        Node::Value(place, node) => {
            whole_values(place, subject).into_iter().any(|value| holds(node, Subject::Value(value), work))
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(fields) => fields.values().all(is_empty),
        _ => false,
    }
}

/// The values at a place; a multi-valued attribute gives each of its values.
fn whole_values<'a>(place: &Place, subject: Subject<'a>) -> Vec<&'a Value> {
    let spread = |value: &'a Value| match value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    };
    match (place, subject) {
        (Place::Sub(attribute), Subject::Value(value)) => {
            value.get(attribute.name).map(spread).unwrap_or_default()
        }
        (Place::Resource(path), Subject::Resource(resource)) => {
            let container = match path.extension {
                Some(urn) => resource.get(urn).and_then(Value::as_object),
                None => Some(resource),
            };
            let values =
                container.and_then(|fields| fields.get(path.attribute.name)).map(spread).unwrap_or_default();
            match path.sub {
                Some(sub) => {
                    values.into_iter().filter_map(|value| value.get(sub.name)).flat_map(spread).collect()
                }
                None => values,
            }
        }
        _ => Vec::new(),
    }
}

fn compared_values<'a>(place: &Place, subject: Subject<'a>) -> Vec<&'a Value> {
    whole_values(place, subject)
        .into_iter()
        .filter_map(|value| if value.is_object() { value.get("value") } else { Some(value) })
        .collect()
}

fn compare(attribute: &Attribute, value: &Value, operator: Operator, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::Number(value), Literal::Number(wanted)) => {
            let order = match (value.as_i64(), wanted.as_i64()) {
                (Some(value), Some(wanted)) => Some(value.cmp(&wanted)),
                _ => {
                    value.as_f64().zip(wanted.as_f64()).and_then(|(value, wanted)| value.partial_cmp(&wanted))
                }
            };
            order.is_some_and(|order| ordered(operator, order))
        }
        (Value::Bool(value), Literal::Boolean(wanted)) => operator == Operator::Eq && value == wanted,
        (Value::String(value), Literal::Text(wanted)) => {
            if attribute.kind == Type::DateTime
                && let (Ok(value), Ok(wanted)) = (value.parse::<Timestamp>(), wanted.parse::<Timestamp>())
            {
                return ordered(operator, value.cmp(&wanted));
            }
            if attribute.case_exact {
                compare_text(operator, value, wanted)
            } else {
                compare_text(operator, &value.to_lowercase(), &wanted.to_lowercase())
            }
        }
        _ => false,
    }
}

fn compare_text(operator: Operator, value: &str, wanted: &str) -> bool {
    match operator {
        Operator::Co => value.contains(wanted),
        Operator::Sw => value.starts_with(wanted),
        Operator::Ew => value.ends_with(wanted),
        other => ordered(other, value.cmp(wanted)),
    }
}

fn ordered(operator: Operator, order: std::cmp::Ordering) -> bool {
    match operator {
        Operator::Eq => order.is_eq(),
        Operator::Ne => order.is_ne(),
        Operator::Gt => order.is_gt(),
        Operator::Ge => order.is_ge(),
        Operator::Lt => order.is_lt(),
        Operator::Le => order.is_le(),
        Operator::Co | Operator::Sw | Operator::Ew => false,
    }
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
