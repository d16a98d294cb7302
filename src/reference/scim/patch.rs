//! PATCH (RFC 7644 §3.5.2): operations on a copy of the resource, which replaces it only when every
//! operation went through. The members of a group are not copied: what happens to them comes out as edits,
//! so that one member more costs the same in a group of ten and of a hundred thousand.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::filter::ValueFilter;
use super::read::{finish, lookup, no_member, typed};
use super::schema::{Attribute, AttributePath, Mutability, Type};
use super::{Accepted, Object, ResourceKind, Rules, ScimError, Warning, Work, json};
use crate::urn::PATCH_OP;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Add,
    Replace,
    Remove,
}

/// A parsed `path` (RFC 7644 figure 7).
#[derive(Debug)]
enum Path {
    Attribute(AttributePath),
    /// `members[value eq "x"]` and `addresses[type eq "work"].locality`.
    Filtered {
        path: AttributePath,
        filter: ValueFilter,
        sub: Option<&'static Attribute>,
    },
    /// A whole extension.
    Extension(&'static str),
}

/// A member as a client names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Identifier of a user or group.
    pub(crate) value: String,
    /// `User` or `Group`, when the client says so.
    pub(crate) kind: Option<String>,
}

/// One thing that happens to the members of a group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MemberEdit {
    Add(Vec<Member>),
    /// These and no others.
    Replace(Vec<Member>),
    Remove(Vec<String>),
    Clear,
    /// Those that fit go, and these come in their place, if any fitted.
    Swap(ValueFilter, Vec<Member>),
    RemoveWhere(ValueFilter),
}

/// The members that a checked list of `members` names.
pub(crate) fn members(list: &[Value]) -> Result<Vec<Member>, ScimError> {
    list.iter()
        .enumerate()
        .map(|(index, member)| {
            let text = |key: &str| member.get(key).and_then(Value::as_str).map(str::to_owned);
            let value = text("value").filter(|value| !value.is_empty()).ok_or_else(|| no_member(index))?;
            Ok(Member { value, kind: text("type") })
        })
        .collect()
}

/// What `current` becomes by the PATCH request in `body`. Of a group, `current` holds no members, and what
/// happens to them is the second value.
///
/// # Errors
/// The first operation that cannot be done; nothing is changed then.
pub(crate) fn patch(
    kind: ResourceKind,
    current: &Object,
    body: &[u8],
    rules: Rules,
) -> Result<(Accepted, Vec<MemberEdit>), ScimError> {
    let request = json::object(body)?;
    json::demand_schema(&request, PATCH_OP)?;
    let Some(Value::Array(operations)) = lookup(&request, "Operations") else {
        return Err(ScimError::syntax("`Operations` must be an array of operations."));
    };
    if operations.is_empty() {
        return Err(ScimError::syntax("`Operations` is empty; send at least one operation."));
    }
    let mut patching = Patching::new(kind, current, rules);
    patching.apply_all(operations)?;
    let Patching { resource, mut warnings, edits, .. } = patching;
    let mut accepted = finish(kind, resource, rules)?;
    warnings.append(&mut accepted.warnings);
    accepted.warnings = warnings;
    Ok((accepted, edits))
}

struct Patching<'a> {
    kind: ResourceKind,
    rules: Rules,
    id: Option<&'a Value>,
    resource: Object,
    warnings: Vec<Warning>,
    edits: Vec<MemberEdit>,
    /// Where the values of a list stand to which operations only added so far, so that one more value is not
    /// compared with each of them.
    known: HashMap<Listed, HashMap<Value, usize>>,
    work: Work,
}

/// Extension, if any, and name of a multi-valued attribute.
type Listed = (Option<&'static str>, &'static str);

impl<'a> Patching<'a> {
    fn new(kind: ResourceKind, current: &'a Object, rules: Rules) -> Self {
        Self {
            kind,
            rules,
            id: current.get("id"),
            resource: current.clone(),
            warnings: Vec::new(),
            edits: Vec::new(),
            known: HashMap::new(),
            work: Work::default(),
        }
    }

    fn apply_all(&mut self, operations: &[Value]) -> Result<(), ScimError> {
        for (index, operation) in operations.iter().enumerate() {
            self.apply(index, operation).map_err(|mut error| {
                if error.status == 400 {
                    error.detail = format!("Operations[{index}]: {}", error.detail);
                }
                error
            })?;
        }
        Ok(())
    }

    fn apply(&mut self, index: usize, operation: &Value) -> Result<(), ScimError> {
        let Value::Object(operation) = operation else {
            return Err(ScimError::syntax(format!("Operations[{index}] must be an object.")));
        };
        let op = match lookup(operation, "op").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref()
        {
            Some("add") => Operation::Add,
            Some("replace") => Operation::Replace,
            Some("remove") => Operation::Remove,
            _ => return Err(ScimError::syntax("`op` must be \"add\", \"remove\" or \"replace\".")),
        };
        let value = lookup(operation, "value").cloned();
        let path = match lookup(operation, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) => Some(path.as_str()),
            Some(other) => {
                return Err(ScimError::path(format!("`path` must be a string, not {}.", json::kind(other))));
            }
        };
        match path {
            None if op == Operation::Remove => {
                Err(ScimError::no_target("`remove` needs a `path` that says what to remove."))
            }
            None => match value {
                Some(Value::Object(fields)) => self.apply_fields(op, fields),
                _ => Err(ScimError::syntax("Without a `path`, `value` must be an object of attributes.")),
            },
            Some(text) => {
                let path = parse_path(self.kind, text)?;
                if op != Operation::Remove && value.is_none() {
                    return Err(ScimError::value("`value` is missing.", "INVALID_VALUE"));
                }
                self.apply_path(op, &path, value.unwrap_or(Value::Null))
            }
        }
    }

    /// An operation without a path: each member of the value is an attribute of the resource.
    fn apply_fields(&mut self, op: Operation, fields: Object) -> Result<(), ScimError> {
        for (key, value) in fields {
            if key.eq_ignore_ascii_case("schemas") {
                continue;
            }
            if key.eq_ignore_ascii_case("id") {
                // Okta repeats the id in a rename (okta-client §3.17e); another one is an error.
                if self.id.is_some_and(|id| *id != value) {
                    return Err(ScimError::mutability("`id` cannot be changed."));
                }
                continue;
            }
            if let Some(extension) = self.kind.extension(&key) {
                self.apply_path(op, &Path::Extension(extension.id), value)?;
                continue;
            }
            match AttributePath::resolve(self.kind, &key) {
                Some(path) if path.attribute.mutability == Mutability::ReadOnly => {}
                Some(path) => self.apply_path(op, &Path::Attribute(path), value)?,
                None => self.warnings.push(Warning {
                    code: "ATTRIBUTE_IGNORED",
                    message: format!("The attribute `{key}` is not known and was ignored."),
                    attribute: key,
                }),
            }
        }
        Ok(())
    }

    fn apply_path(&mut self, op: Operation, path: &Path, value: Value) -> Result<(), ScimError> {
        // Null means "unassigned" (RFC 7643 §2.5).
        let op = if op == Operation::Replace && value.is_null() { Operation::Remove } else { op };
        match path {
            Path::Attribute(AttributePath { sub: None, .. }) if op == Operation::Add => {}
            Path::Attribute(path) | Path::Filtered { path, .. } => drop(self.known.remove(&listed(*path))),
            Path::Extension(_) => self.known.clear(),
        }
        match path {
            Path::Extension(urn) => self.apply_extension(op, urn, value),
            Path::Attribute(path) if is_members(*path) => self.edit_members(op, *path, value),
            Path::Filtered { path, filter, sub } if is_members(*path) => {
                self.edit_filtered_members(op, AttributePath { sub: *sub, ..*path }, filter, value)
            }
            // Which schemas a resource has follows from its attributes (RFC 7643 §3).
            Path::Attribute(path) if path.attribute.name == "schemas" => match op {
                Operation::Remove => {
                    Err(ScimError::mutability("`schemas` is required and cannot be removed."))
                }
                Operation::Add | Operation::Replace => Ok(()),
            },
            Path::Attribute(path) => self.apply_attribute(op, *path, value),
            Path::Filtered { path, filter, sub } => self.apply_filtered(op, *path, filter, *sub, value),
        }
    }

    fn edit_members(&mut self, op: Operation, path: AttributePath, value: Value) -> Result<(), ScimError> {
        writable_member(path)?;
        let edit = if op == Operation::Remove {
            let value_of = |item: &Value| item.get("value").unwrap_or(item).as_str().map(str::to_owned);
            match &value {
                Value::Array(gone) if !gone.is_empty() => {
                    MemberEdit::Remove(gone.iter().filter_map(value_of).collect())
                }
                Value::Object(_) => MemberEdit::Remove(value_of(&value).into_iter().collect()),
                _ => MemberEdit::Clear,
            }
        } else {
            let list = self.member_list(path, value)?;
            if op == Operation::Add { MemberEdit::Add(list) } else { MemberEdit::Replace(list) }
        };
        self.edits.push(edit);
        Ok(())
    }

    fn edit_filtered_members(
        &mut self,
        op: Operation,
        path: AttributePath,
        filter: &ValueFilter,
        value: Value,
    ) -> Result<(), ScimError> {
        writable_member(path)?;
        let pinned = match filter.pinned().as_deref() {
            Some([("value", Value::String(value))]) => Some(value.clone()),
            _ => None,
        };
        self.edits.push(match (op, pinned) {
            (Operation::Remove, Some(value)) => MemberEdit::Remove(vec![value]),
            (Operation::Remove, None) => MemberEdit::RemoveWhere(filter.clone()),
            (Operation::Add, Some(value)) => MemberEdit::Add(vec![Member { value, kind: None }]),
            (Operation::Add | Operation::Replace, _) => {
                MemberEdit::Swap(filter.clone(), self.member_list(path, value)?)
            }
        });
        Ok(())
    }

    fn member_list(&self, path: AttributePath, value: Value) -> Result<Vec<Member>, ScimError> {
        let list = if value.is_array() { value } else { json!([value]) };
        match typed(path.attribute, path.attribute.name, list, self.rules, false)? {
            Some(Value::Array(list)) => members(&list),
            _ => Ok(Vec::new()),
        }
    }

    fn apply_extension(&mut self, op: Operation, urn: &'static str, value: Value) -> Result<(), ScimError> {
        if op == Operation::Remove {
            self.resource.shift_remove(urn);
            return Ok(());
        }
        let Value::Object(fields) = value else {
            // The wrong type is reported as for any attribute, by reading the result.
            self.resource.insert(urn.to_owned(), value);
            return Ok(());
        };
        let schema = self.kind.extension(urn);
        for (key, value) in fields {
            match schema.and_then(|schema| schema.attribute(&key)) {
                Some(attribute) => {
                    let path = AttributePath { extension: Some(urn), attribute, sub: None };
                    self.apply_path(op, &Path::Attribute(path), value)?;
                }
                None => {
                    let extension = self.resource.entry(urn).or_insert_with(|| json!({}));
                    extension[key] = value;
                }
            }
        }
        Ok(())
    }

    fn apply_attribute(&mut self, op: Operation, path: AttributePath, value: Value) -> Result<(), ScimError> {
        writable(path)?;
        if op == Operation::Remove {
            return self.remove(path, &value);
        }
        let AttributePath { extension, attribute, sub } = path;
        let rules = self.rules;
        let place = path.canonical();
        if let Some(sub) = sub {
            let value = typed(sub, &place, value, rules, extension.is_some())?.unwrap_or(Value::Null);
            self.walk(path, weight(&value))?;
            let target = self
                .container(extension)
                .entry(attribute.name)
                .or_insert_with(|| if attribute.multi { json!([{}]) } else { json!({}) });
            // On a multi-valued attribute a bare sub-attribute means every value (RFC 7644 §3.5.2.3).
            let targets: Vec<&mut Value> = match target {
                Value::Array(items) => items.iter_mut().collect(),
                other => vec![other],
            };
            for target in targets {
                target[sub.name] = value.clone();
            }
            return Ok(());
        }
        if !attribute.multi {
            if let (Type::Complex, Value::Object(fields)) = (attribute.kind, &value) {
                // Sub-attributes that are not given stay (RFC 7644 §3.5.2.3).
                let given =
                    typed(attribute, &place, Value::Object(fields.clone()), rules, extension.is_some())?;
                let target = self.container(extension).entry(attribute.name).or_insert_with(|| json!({}));
                for key in fields.keys() {
                    if let Some(sub) = attribute.sub_attribute(key) {
                        match given.as_ref().and_then(|given| given.get(sub.name)) {
                            Some(value) => target[sub.name] = value.clone(),
                            None if sub.mutability == Mutability::ReadOnly => {}
                            None => {
                                drop(target.as_object_mut().and_then(|target| target.shift_remove(sub.name)))
                            }
                        }
                    }
                }
                return Ok(());
            }
            match typed(attribute, &place, value, rules, extension.is_some())? {
                Some(value) => self.container(extension).insert(attribute.name.to_owned(), value),
                None => self.container(extension).shift_remove(attribute.name),
            };
            return Ok(());
        }
        let list = if value.is_array() { value } else { json!([value]) };
        let Some(Value::Array(given)) = typed(attribute, &place, list, rules, extension.is_some())? else {
            if op == Operation::Replace {
                self.container(extension).shift_remove(attribute.name);
            }
            return Ok(());
        };
        if op == Operation::Add {
            return self.append(path, given);
        }
        self.container(extension).insert(attribute.name.to_owned(), Value::Array(given));
        Ok(())
    }

    /// Adds values to a list: one that is there already is not added again (RFC 7644 §3.5.2.1), and a new
    /// primary one takes over from the old (§3.5.2).
    fn append(&mut self, path: AttributePath, given: Vec<Value>) -> Result<(), ScimError> {
        let primary = given.iter().any(|value| value.get("primary") == Some(&Value::Bool(true)));
        let known = self.known.remove(&listed(path));
        if primary || known.is_none() {
            self.walk(path, 1)?;
        }
        let list = self.container(path.extension).entry(path.attribute.name).or_insert_with(|| json!([]));
        if !list.is_array() {
            *list = json!([]);
        }
        let Value::Array(items) = list else { unreachable!("made an array just above") };
        let mut known = known.unwrap_or_else(|| {
            let mut known = HashMap::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                known.entry(item.clone()).or_insert(at);
            }
            known
        });
        let mut touched = BTreeSet::new();
        for value in given {
            touched.insert(match known.entry(value) {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => {
                    items.push(entry.key().clone());
                    *entry.insert(items.len() - 1)
                }
            });
        }
        if primary {
            clear_primary(items, &touched);
        } else {
            self.known.insert(listed(path), known);
        }
        Ok(())
    }

    /// Counts that an operation looks at each value of a list, and at each so often.
    fn walk(&self, path: AttributePath, times: usize) -> Result<(), ScimError> {
        let container = match path.extension {
            Some(urn) => self.resource.get(urn).and_then(Value::as_object),
            None => Some(&self.resource),
        };
        let list = container.and_then(|fields| fields.get(path.attribute.name)?.as_array());
        self.work.spend(list.map_or(0, Vec::len).saturating_mul(times))
    }

    fn remove(&mut self, path: AttributePath, value: &Value) -> Result<(), ScimError> {
        let AttributePath { extension, attribute, sub } = path;
        if attribute.required {
            return Err(ScimError::mutability(format!(
                "`{}` is required and cannot be removed.",
                attribute.name
            )));
        }
        self.walk(path, 1)?;
        let container = self.container(extension);
        match (sub, value) {
            (Some(sub), _) => {
                let targets: Vec<&mut Value> = match container.get_mut(attribute.name) {
                    Some(Value::Array(items)) => items.iter_mut().collect(),
                    Some(other) => vec![other],
                    None => Vec::new(),
                };
                for target in targets {
                    if let Some(fields) = target.as_object_mut() {
                        fields.shift_remove(sub.name);
                    }
                }
            }
            // `remove` with a list of values: those go (code42-service §3.7).
            (None, Value::Array(gone)) if attribute.multi && !gone.is_empty() => {
                without(container.get_mut(attribute.name), gone);
            }
            (None, gone @ Value::Object(_)) if attribute.multi => {
                without(container.get_mut(attribute.name), std::slice::from_ref(gone));
            }
            (None, _) => drop(container.shift_remove(attribute.name)),
        }
        Ok(())
    }

    fn apply_filtered(
        &mut self,
        op: Operation,
        path: AttributePath,
        filter: &ValueFilter,
        sub: Option<&'static Attribute>,
        value: Value,
    ) -> Result<(), ScimError> {
        writable(AttributePath { sub, ..path })?;
        let AttributePath { extension, attribute, .. } = path;
        let rules = self.rules;
        let place = path.canonical();
        let new = if op == Operation::Remove {
            Map::new()
        } else if let Some(sub) = sub {
            let value = typed(sub, &format!("{place}.{}", sub.name), value, rules, extension.is_some())?;
            Map::from_iter([(sub.name.to_owned(), value.unwrap_or(Value::Null))])
        } else {
            let object = match value {
                Value::Array(mut items) if items.len() == 1 => items.remove(0),
                other => other,
            };
            match typed(attribute, &place, json!([object]), rules, extension.is_some())? {
                Some(Value::Array(mut items)) => match items.remove(0) {
                    Value::Object(fields) => fields,
                    _ => return Err(ScimError::value("`value` must be an object here.", "INVALID_VALUE")),
                },
                _ => Map::new(),
            }
        };
        let container = self.container(extension);
        let mut list = container.entry(attribute.name).or_insert_with(|| json!([])).take();
        let outcome = self.apply_to_fitting(op, &mut list, filter, sub, &place, &new);
        self.container(extension).insert(attribute.name.to_owned(), list);
        outcome
    }

    /// What an operation with a filter does to a list.
    fn apply_to_fitting(
        &self,
        op: Operation,
        list: &mut Value,
        filter: &ValueFilter,
        sub: Option<&'static Attribute>,
        place: &str,
        new: &Object,
    ) -> Result<(), ScimError> {
        let Value::Array(items) = list else {
            return Err(ScimError::path("A filter needs a multi-valued attribute."));
        };
        let fitting = items.iter().enumerate().filter_map(|(index, item)| {
            filter.matches(item, &self.work).map(|fits| fits.then_some(index)).transpose()
        });
        let mut touched = fitting.collect::<Result<BTreeSet<usize>, ScimError>>()?;
        if op == Operation::Remove {
            match sub {
                Some(sub) => {
                    for index in touched {
                        if let Some(fields) = items[index].as_object_mut() {
                            fields.shift_remove(sub.name);
                        }
                    }
                }
                // Removing what is not there changes nothing (code42-service §3.7).
                None => {
                    let mut index = 0..;
                    items.retain(|_| index.next().is_some_and(|index| !touched.contains(&index)));
                }
            }
            return Ok(());
        }
        touched.retain(|index| items[*index].is_object());
        let weight: usize = new.values().map(weight).sum();
        self.work.spend(touched.len().saturating_mul(weight))?;
        for index in &touched {
            if let Some(fields) = items[*index].as_object_mut() {
                fields.extend(new.clone());
            }
        }
        if touched.is_empty() {
            // RFC 7644 §3.5.2.3 for `replace`; an `add` makes the value that its filter describes.
            let pinned = filter.pinned().filter(|_| op == Operation::Add);
            let Some(pins) = pinned else {
                return Err(ScimError::no_target(format!(
                    "No value of `{place}` fits the filter of the path."
                )));
            };
            let mut item: Map<String, Value> =
                pins.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            item.extend(new.clone());
            touched.insert(items.len());
            items.push(Value::Object(item));
        }
        if new.get("primary") == Some(&Value::Bool(true)) {
            clear_primary(items, &touched);
        }
        Ok(())
    }

    fn container(&mut self, extension: Option<&'static str>) -> &mut Object {
        let Some(urn) = extension else { return &mut self.resource };
        let value = self.resource.entry(urn).or_insert_with(|| json!({}));
        if !value.is_object() {
            *value = json!({});
        }
        match value {
            Value::Object(object) => object,
            _ => unreachable!("made an object just above"),
        }
    }
}

fn is_members(path: AttributePath) -> bool {
    path.extension.is_none() && path.attribute.name == "members"
}

/// The sub-attributes of a member are immutable (RFC 7643 §4.2): a member comes or goes, and never changes.
fn writable_member(path: AttributePath) -> Result<(), ScimError> {
    match path.sub {
        Some(sub) => Err(ScimError::mutability(format!(
            "`members.{}` is immutable; remove the member and add the other.",
            sub.name
        ))),
        None => Ok(()),
    }
}

fn writable(path: AttributePath) -> Result<(), ScimError> {
    let read_only = |attribute: &Attribute| attribute.mutability == Mutability::ReadOnly;
    if read_only(path.attribute) || path.sub.is_some_and(read_only) {
        return Err(ScimError::mutability(format!("`{}` is read-only.", path.canonical())));
    }
    Ok(())
}

/// What it costs to put one more copy of a value somewhere: a short one as much as a comparison.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len() / 16,
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(fields) => fields.values().map(weight).sum(),
        _ => 1,
    }
}

fn listed(path: AttributePath) -> Listed {
    (path.extension, path.attribute.name)
}

fn clear_primary(items: &mut [Value], touched: &BTreeSet<usize>) {
    for (index, item) in items.iter_mut().enumerate() {
        if !touched.contains(&index) && item.get("primary") == Some(&Value::Bool(true)) {
            item["primary"] = Value::Bool(false);
        }
    }
}

/// Takes those out of a list whose `value` is named, alone or in an object, or that are named as a whole.
fn without(list: Option<&mut Value>, gone: &[Value]) {
    let Some(Value::Array(items)) = list else { return };
    let values: HashSet<&Value> = gone.iter().map(|gone| gone.get("value").unwrap_or(gone)).collect();
    let wholes: HashSet<&Value> = gone.iter().filter(|gone| gone.get("value").is_none()).collect();
    items.retain(|item| match item.get("value") {
        Some(value) => !values.contains(value),
        None => !wholes.contains(item),
    });
}

fn parse_path(kind: ResourceKind, text: &str) -> Result<Path, ScimError> {
    let unknown = || ScimError::path(format!("`{text}` is not a path to an attribute of {}.", kind.name()));
    if let Some(extension) = kind.extension(text) {
        return Ok(Path::Extension(extension.id));
    }
    let Some(open) = text.find('[') else {
        return AttributePath::resolve(kind, text).map(Path::Attribute).ok_or_else(unknown);
    };
    let path = AttributePath::resolve(kind, &text[..open]).ok_or_else(unknown)?;
    if path.sub.is_some() || !path.attribute.multi {
        return Err(ScimError::path(format!("`{}` is not multi-valued and takes no filter.", &text[..open])));
    }
    let close = text.rfind(']').filter(|close| *close > open).ok_or_else(unknown)?;
    let filter = ValueFilter::parse(kind, path.attribute, &text[open + 1..close])?;
    let sub = match &text[close + 1..] {
        "" => None,
        rest => {
            let name = rest.strip_prefix('.').ok_or_else(unknown)?;
            Some(path.attribute.sub_attribute(name).ok_or_else(unknown)?)
        }
    };
    Ok(Path::Filtered { path, filter, sub })
}

#[cfg(test)]
#[path = "patch_tests.rs"]
mod tests;
