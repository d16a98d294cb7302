//! Small readers of JSON for the judge: names as they are spelt, else in any letter case (RFC 7643 §2.1), null
//! like absent (RFC 7643 §2.5).

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::exchange::segment;

/// A member by its name. A service may hold the same name in two letter cases; the exact spelling is what was
/// asked for then.
pub(super) fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let members = value.as_object()?;
    let in_any_case =
        || members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    members.get(name).or_else(in_any_case)
}

/// Two members of one object whose names differ in letter case alone, with the JSON Pointer of the object.
pub(super) fn same_name_twice(value: &Value, at: &str) -> Option<(String, String, String)> {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| same_name_twice(item, &format!("{at}/{index}")))
        }
        Value::Object(members) => {
            let mut known = HashMap::with_capacity(members.len());
            for name in members.keys() {
                if let Some(first) = known.insert(name.to_ascii_lowercase(), name) {
                    return Some((at.to_owned(), first.clone(), name.clone()));
                }
            }
            members.iter().find_map(|(name, value)| {
                same_name_twice(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")))
            })
        }
        _ => None,
    }
}

/// A value by dotted path (`name.givenName`); a URN before the last colon is one step
/// (`urn:…:User:department`). Null is absent.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let (mut now, rest) = match path.get(..4).filter(|start| start.eq_ignore_ascii_case("urn:")) {
        Some(_) => match member(value, path) {
            Some(whole) => return Some(whole).filter(|value| !value.is_null()),
            None => {
                let (urn, rest) = path.rsplit_once(':')?;
                (member(value, urn)?, rest)
            }
        },
        None => (value, path),
    };
    for name in rest.split('.') {
        now = member(now, name)?;
    }
    Some(now).filter(|value| !value.is_null())
}

/// The id of a resource, where a path can hold it.
pub(super) fn id(resource: &Value) -> Option<String> {
    told_id(resource).filter(|id| segment(id).is_ok())
}

/// The id of a resource, whatever it is; a number counts as its digits.
pub(super) fn told_id(resource: &Value) -> Option<String> {
    match member(resource, "id")? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// The items of a multi-valued attribute; empty when it is absent.
pub(super) fn items<'a>(resource: &'a Value, attribute: &str) -> &'a [Value] {
    at(resource, attribute).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The texts of one sub-attribute over the items of a multi-valued attribute, sorted.
pub(super) fn texts(resource: &Value, attribute: &str, sub: &str) -> Vec<String> {
    let mut all: Vec<String> = items(resource, attribute)
        .iter()
        .filter_map(|item| member(item, sub)?.as_str().map(str::to_owned))
        .collect();
    all.sort();
    all
}

/// Whether two values say the same: names in any letter case, the values of an array in any order, and what is
/// unassigned like what is absent (RFC 7643 §2.1, §2.3.8, §2.4, §2.5).
pub(super) fn equivalent(one: Option<&Value>, other: Option<&Value>) -> bool {
    let assigned = |value: Option<&Value>| {
        value.is_some_and(|value| !value.is_null() && value != &Value::Array(Vec::new()))
    };
    let within = |members: &Map<String, Value>, other: &Value| {
        members.iter().all(|(name, value)| equivalent(Some(value), member(other, name)))
    };
    match (one, other) {
        _ if !assigned(one) || !assigned(other) => assigned(one) == assigned(other),
        (Some(one @ Value::Object(first)), Some(other @ Value::Object(second))) => {
            within(first, other) && within(second, one)
        }
        (Some(Value::Array(first)), Some(Value::Array(second))) => {
            let mut left: Vec<&Value> = second.iter().collect();
            first.len() == second.len()
                && first.iter().all(|value| {
                    let found = left.iter().position(|other| equivalent(Some(value), Some(other)));
                    found.map(|at| left.swap_remove(at)).is_some()
                })
        }
        (one, other) => one == other,
    }
}

/// A value as a finding shows it: `absent`, or JSON of bounded length.
pub(super) fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "absent".to_owned() };
    let text = value.to_string();
    if text.chars().count() > 160 { text.chars().take(160).chain(['…']).collect() } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_exact_spelling_goes_before_others() {
        let resource = json!({"NICKNAME": "other", "nickName": "Babs"});
        assert_eq!(member(&resource, "nickName"), Some(&json!("Babs")));
        assert_eq!(member(&resource, "nickname"), Some(&json!("other")));
        let found = same_name_twice(&json!({"a/b": [{}, resource]}), "");
        assert_eq!(found, Some(("/a~1b/1".into(), "NICKNAME".into(), "nickName".into())));
        assert_eq!(same_name_twice(&json!({"a": {"b": 1}, "b": {"a": 1}}), ""), None);
    }

    #[rstest::rstest]
    #[case(json!({"a": [1, {"b": 2}], "c": null}), json!({"A": [{"B": 2}, 1], "d": []}), true)]
    #[case(json!({"a": [1, 1]}), json!({"a": [1, 2]}), false)]
    #[case(json!({"a": 1}), json!({"a": 1, "b": ""}), false)]
    #[case(json!([]), Value::Null, true)]
    fn order_letter_case_and_absence_make_no_difference(
        #[case] one: Value,
        #[case] other: Value,
        #[case] wanted: bool,
    ) {
        assert_eq!(equivalent(Some(&one), Some(&other)), wanted);
        assert_eq!(equivalent(Some(&other), Some(&one)), wanted);
    }

    #[rstest::rstest]
    #[case("NAME.givenname", Some(json!("Ada")))]
    #[case("urn:x:2.0:User:dept", Some(json!("R&D")))]
    #[case("urn:x:2.0:User", Some(json!({"dept": "R&D"})))]
    #[case("title", None)]
    #[case("name.familyName", None)]
    fn paths_are_read_in_any_letter_case(#[case] path: &str, #[case] wanted: Option<Value>) {
        let resource =
            json!({"name": {"givenName": "Ada"}, "Title": null, "urn:X:2.0:User": {"dept": "R&D"}});
        assert_eq!(at(&resource, path), wanted.as_ref());
    }
}
