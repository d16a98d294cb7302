//! What PATCH costs, and which values it takes out of a list.

use super::super::work::MOST;
use super::super::{ScimType, StructuralFault};
use super::*;

const RULES: Rules = Rules { structural_fault: StructuralFault::InvalidSyntax, text_booleans: false };

fn with_emails(count: usize) -> Object {
    let emails: Vec<Value> = (0..count).map(|n| json!({ "value": format!("e{n}@example.com") })).collect();
    Map::from_iter([("userName".to_owned(), json!("a@example.com")), ("emails".to_owned(), json!(emails))])
}

/// The comparisons that operations need on a user with so many addresses.
fn cost(stored: usize, operations: &[Value]) -> u64 {
    let current = with_emails(stored);
    let mut patching = Patching::new(ResourceKind::User, &current, RULES);
    patching.apply_all(operations).unwrap();
    patching.work.done()
}

#[test]
fn values_that_are_added_one_by_one_cost_no_more_than_the_list_once() {
    let add = |n: usize| {
        let path = ["emails", "phoneNumbers"][n % 2];
        json!({ "op": "add", "path": path, "value": [{ "value": format!("n{n}@example.com") }] })
    };
    for count in [10, 1_000] {
        assert_eq!(cost(500, &(0..count).map(add).collect::<Vec<_>>()), 500, "{count} operations");
    }
}

#[test]
fn operations_that_walk_over_a_list_are_counted_and_have_a_limit() {
    let remove = |n: usize| json!({ "op": "remove", "path": format!("emails[value eq \"x{n}\"]") });
    let operations: Vec<Value> = (0..10).map(remove).collect();
    // Each filter looks at 100 values: one step for the comparison, one for what it compares.
    assert_eq!(cost(100, &operations), 10 * 100 * 2);
    let current = with_emails(100);
    let mut patching = Patching::new(ResourceKind::User, &current, RULES);
    patching.work.count(usize::try_from(MOST).unwrap() - 500);
    let error = patching.apply_all(&operations).unwrap_err();
    assert_eq!((error.status, error.scim_type), (400, Some(ScimType::TooMany)));
    assert!(error.detail.starts_with("Operations[2]: The request needs more than"), "{}", error.detail);
}

#[test]
fn a_long_value_that_is_copied_into_many_costs_what_it_weighs() {
    let set = json!({ "op": "replace", "path": "emails.display", "value": "x".repeat(16_000) });
    assert_eq!(cost(100, &[set]), 100 * 1_001);
}

#[rstest::rstest]
#[case::by_value(json!([{ "value": "e1@example.com" }]), &["e0@example.com", "e2@example.com"])]
#[case::by_bare_value(json!(["e0@example.com", "e2@example.com"]), &["e1@example.com"])]
#[case::of_nobody(json!([{ "value": "x@example.com" }, { "type": "work" }]), &["e0@example.com", "e1@example.com", "e2@example.com"])]
fn values_are_removed_by_what_names_them(#[case] value: Value, #[case] left: &[&str]) {
    let current = with_emails(3);
    let mut patching = Patching::new(ResourceKind::User, &current, RULES);
    patching.apply_all(&[json!({ "op": "remove", "path": "emails", "value": value })]).unwrap();
    let values: Vec<&str> = patching.resource["emails"]
        .as_array()
        .unwrap()
        .iter()
        .map(|email| email["value"].as_str().unwrap())
        .collect();
    assert_eq!(values, left);
}
