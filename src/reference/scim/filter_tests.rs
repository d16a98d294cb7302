//! Filters: the RFC's examples, errors with their positions, and three properties: what is printed is parsed
//! back, the crate `scim_v2` reads the same filters, and both readings find the same resources.

use super::*;
use serde_json::json;

fn user() -> Object {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "2819c223", "userName": "bjensen", "externalId": "Ext", "title": "Tour Guide", "userType": "Employee",
        "active": true,
        "name": { "familyName": "O'Malley" },
        "emails": [
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@jensen.org", "type": "home" }
        ],
        "meta": { "lastModified": "2011-05-13T04:42:34Z" },
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "Tours" }
    })
    .as_object()
    .unwrap()
    .clone()
}

// RFC 7644 §3.4.2.2, figures 1 and 2, and the rules of table 3 and 4.
#[rstest::rstest]
#[case(r#"userName eq "bjensen""#, true)]
#[case(r#"userName Eq "BJensen""#, true)]
#[case(r#"USERNAME eq "bjensen""#, true)]
#[case(r#"name.familyName co "O'Malley""#, true)]
#[case(r#"userName sw "J""#, false)]
#[case(r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "B""#, true)]
#[case("title pr", true)]
#[case("nickName pr", false)]
#[case(r#"meta.lastModified gt "2011-05-13T04:42:34Z""#, false)]
#[case(r#"meta.lastModified ge "2011-05-13T06:42:34+02:00""#, true)]
#[case(r#"meta.lastModified lt "2012-01-01T00:00:00Z""#, true)]
#[case(r#"title pr and userType eq "Employee""#, true)]
#[case(r#"title pr or userType eq "Intern""#, true)]
#[case(r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#, true)]
#[case(r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#, false)]
#[case(r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#, true)]
#[case(r#"emails[type eq "home" and value co "@example.com"]"#, false)]
#[case(r#"emails[type eq "work" and value co "@example.com"] or nickName eq "x""#, true)]
#[case("active eq true", true)]
#[case("active eq false", false)]
#[case(r#"externalId eq "ext""#, false)]
#[case(r#"externalId eq "Ext""#, true)]
#[case("nickName eq null", true)]
#[case(r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "tours""#, true)]
// `and` binds closer than `or`; `not` closest (table 5).
#[case(r#"title pr or nickName pr and nickName pr"#, true)]
#[case(r#"not (title pr) or active eq true"#, true)]
#[case(r#"title eq "Tour Guide""#, true)]
#[case(r#"userName eq "bj\u0065nsen""#, true)]
fn filters_hold_as_the_rfc_says(#[case] filter: &str, #[case] holds: bool) {
    assert_eq!(
        Filter::parse(ResourceKind::User, filter).unwrap().matches(&user(), &Work::default()),
        Ok(holds),
        "{filter}"
    );
}

#[rstest::rstest]
#[case("", 1)]
#[case("userName", 9)]
#[case("userName eq", 12)]
#[case("userName eq bjensen", 13)]
#[case(r#"userName eq "bjensen"#, 13)]
#[case(r#"userName is "bjensen""#, 10)]
#[case(r#"nosuch eq "x""#, 1)]
#[case(r#"name.nosuch eq "x""#, 1)]
#[case(r#"(userName eq "x""#, 17)]
#[case(r#"userName eq "x")"#, 16)]
#[case(r#"emails[type eq "work""#, 22)]
#[case(r#"active gt true"#, 8)]
#[case(r#"active eq "true""#, 8)]
#[case(r#"userName eq "x" userName eq "y""#, 17)]
#[case(r#"meta.created gt "yesterday""#, 17)]
fn a_wrong_filter_is_refused_with_the_position(#[case] filter: &str, #[case] position: usize) {
    let error = Filter::parse(ResourceKind::User, filter).unwrap_err();
    assert_eq!(error.scim_type, Some(super::super::ScimType::InvalidFilter));
    assert!(error.detail.contains(&format!("position {position} ")), "{filter}: {}", error.detail);
}

#[test]
fn an_equality_that_must_hold_can_be_answered_by_an_index() {
    let equalities = |text| {
        let filter = Filter::parse(ResourceKind::User, text).unwrap();
        filter.equalities().into_iter().map(|(path, value)| format!("{path}={value}")).collect::<Vec<_>>()
    };
    assert_eq!(equalities(r#"USERNAME eq "A@b""#), ["userName=A@b"]);
    assert_eq!(
        equalities(r#"title pr and (userName eq "a" and emails eq "b")"#),
        ["userName=a", "emails.value=b"]
    );
    assert!(equalities(r#"userName eq "a" or title pr"#).is_empty());
    assert!(equalities(r#"not (userName eq "a")"#).is_empty());
    assert!(equalities(r#"userName co "a""#).is_empty());
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,80}") {
        let _ = Filter::parse(ResourceKind::User, &text);
    }

    #[test]
    fn deep_nesting_is_refused_rather_than_overflowing(depth in 0_usize..4000) {
        let text = format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth));
        proptest::prop_assert_eq!(Filter::parse(ResourceKind::User, &text).is_ok(), depth < MAX_DEPTH);
    }
}

mod properties {
    use proptest::prelude::*;
    use scim_v2::filter as peer;

    use super::*;

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn place(path: &str) -> Place {
        Place::Resource(AttributePath::resolve(ResourceKind::User, path).unwrap())
    }

    fn sub(name: &str) -> Place {
        Place::Sub(ResourceKind::User.attribute("emails").unwrap().sub_attribute(name).unwrap())
    }

    fn literal() -> impl Strategy<Value = Literal> {
        let known = [
            "bjensen",
            "BJensen",
            "Tour Guide",
            "work",
            "o'malley",
            "tours",
            "Ext",
            "example",
            "",
            "\"\\ü\u{1f600}\n",
        ];
        prop_oneof![
            6 => proptest::sample::select(known.to_vec()).prop_map(|text| Literal::Text(text.to_owned())),
            1 => Just(Literal::Null),
        ]
    }

    fn comparison(places: Vec<Place>) -> impl Strategy<Value = Node> {
        let operators = [
            Operator::Eq,
            Operator::Ne,
            Operator::Co,
            Operator::Sw,
            Operator::Ew,
            Operator::Gt,
            Operator::Ge,
            Operator::Lt,
            Operator::Le,
        ];
        (proptest::sample::select(places), proptest::sample::select(operators.to_vec()), literal()).prop_map(
            |(place, operator, literal)| {
                let plain = matches!(operator, Operator::Eq | Operator::Ne);
                let literal =
                    if literal == Literal::Null && !plain { Literal::Text("b".into()) } else { literal };
                Node::Compare(place, operator, literal)
            },
        )
    }

    fn logic(leaf: BoxedStrategy<Node>) -> BoxedStrategy<Node> {
        leaf.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Node::And),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Node::Or),
                inner.prop_map(|node| Node::Not(Box::new(node))),
            ]
        })
        .boxed()
    }

    fn node() -> BoxedStrategy<Node> {
        let strings = [
            "userName",
            "title",
            "nickName",
            "externalId",
            "name.familyName",
            "emails.type",
            "emails",
            "schemas",
        ];
        let mut places: Vec<Place> = strings.iter().map(|path| place(path)).collect();
        places.push(place(&format!("{ENTERPRISE}:department")));
        let instants = ["2011-05-13T04:42:34Z", "2011-05-13T06:42:34+02:00", "2012-01-01T00:00:00.000Z"];
        let order = [Operator::Eq, Operator::Ne, Operator::Gt, Operator::Ge, Operator::Lt, Operator::Le];
        let within = logic(comparison(vec![sub("value"), sub("type")]).boxed());
        let leaf = prop_oneof![
            4 => comparison(places.clone()),
            1 => proptest::sample::select(places).prop_map(Node::Present),
            1 => any::<bool>().prop_map(|value| Node::Compare(place("active"), Operator::Eq, Literal::Boolean(value))),
            1 => (proptest::sample::select(order.to_vec()), proptest::sample::select(instants.to_vec()))
                .prop_map(|(operator, text)| Node::Compare(place("meta.lastModified"), operator, Literal::Text(text.to_owned()))),
            1 => within.prop_map(|node| Node::Value(place("emails"), Box::new(node))),
        ];
        logic(leaf.boxed())
    }

    /// Prints a node; letter case and blanks vary with `style`.
    fn print(node: &Node, style: &mut u32) -> String {
        *style = style.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let word = |text: &str| if *style & 4096 == 0 { text.to_owned() } else { text.to_uppercase() };
        let blank = if *style & 8192 == 0 { " " } else { "  " };
        let path = |place: &Place| match place {
            Place::Resource(path) | Place::Elsewhere(path) => path.canonical(),
            Place::Sub(attribute) => attribute.name.to_owned(),
        };
        let joined = |nodes: &[Node], between: &str, style: &mut u32| -> String {
            let parts: Vec<String> = nodes
                .iter()
                .map(|node| match node {
                    Node::And(_) | Node::Or(_) => format!("({})", print(node, style)),
                    _ => print(node, style),
                })
                .collect();
            parts.join(&format!("{blank}{between} "))
        };
        match node {
            Node::And(nodes) => {
                let between = word("and");
                joined(nodes, &between, style)
            }
            Node::Or(nodes) => {
                let between = word("or");
                joined(nodes, &between, style)
            }
            Node::Not(node) => {
                let not = word("not");
                format!("{not}{blank}({})", print(node, style))
            }
            Node::Present(place) => format!("{}{blank}{}", path(place), word("pr")),
            Node::Value(place, node) => format!("{}[{}]", path(place), print(node, style)),
            Node::Compare(place, operator, literal) => {
                let operator = format!("{operator:?}").to_lowercase();
                let literal = match literal {
                    Literal::Text(text) => Value::from(text.as_str()).to_string(),
                    Literal::Number(number) => number.to_string(),
                    Literal::Boolean(value) => value.to_string(),
                    Literal::Null => "null".to_owned(),
                };
                format!("{}{blank}{} {literal}", path(place), word(&operator))
            }
        }
    }

    /// What the peer's reading of a filter says of a resource, by a plain evaluation of its own.
    fn holds(filter: &peer::Filter, resource: &Value) -> bool {
        match filter {
            peer::Filter::Attr(expression) => attribute(expression, resource),
            peer::Filter::And(items) => items.iter().all(|item| holds(item, resource)),
            peer::Filter::Or(items) => items.iter().any(|item| holds(item, resource)),
            peer::Filter::Not(item) => !holds(item, resource),
            peer::Filter::ValuePath(path) => {
                let values = resource[&path.attr.name].as_array().cloned().unwrap_or_default();
                values.iter().any(|value| inside(&path.filter, value))
            }
        }
    }

    fn inside(filter: &peer::ValFilter, value: &Value) -> bool {
        match filter {
            peer::ValFilter::Attr(expression) => attribute(expression, value),
            peer::ValFilter::And(items) => items.iter().all(|item| inside(item, value)),
            peer::ValFilter::Or(items) => items.iter().any(|item| inside(item, value)),
            peer::ValFilter::Not(item) => !inside(item, value),
        }
    }

    fn attribute(expression: &peer::AttrExp, subject: &Value) -> bool {
        let (peer::AttrExp::Present(path) | peer::AttrExp::Comparison(path, _, _)) = expression;
        let subject =
            path.uri.as_ref().filter(|uri| uri.contains("extension")).map_or(subject, |uri| &subject[uri]);
        let mut values = vec![subject[&path.name].clone()];
        if let Some(list) = values[0].as_array().cloned() {
            values = list;
        }
        if let Some(sub) = &path.sub_attr {
            values = values.iter().map(|value| value[sub].clone()).collect();
        }
        let simple = |value: &Value| if value.is_object() { value["value"].clone() } else { value.clone() };
        let mut values: Vec<Value> = values.iter().map(simple).collect();
        values.retain(|value| !value.is_null());
        let peer::AttrExp::Comparison(_, operator, wanted) = expression else {
            return values.iter().any(|value| value != "");
        };
        if *wanted == peer::CompValue::Null {
            return values.is_empty() == (*operator == peer::CompareOp::Eq);
        }
        let exact = ["externalId", "schemas"].contains(&path.name.as_str());
        let one = |value: &Value, operator: &peer::CompareOp| match (value, wanted) {
            (Value::Bool(value), wanted) => *value == (*wanted == peer::CompValue::True),
            (Value::String(value), peer::CompValue::Str(wanted)) => {
                let instant = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_nanosecond();
                let (a, b) = if exact {
                    (value.clone(), wanted.clone())
                } else {
                    (value.to_lowercase(), wanted.to_lowercase())
                };
                let order =
                    if path.name == "meta" { instant(value).cmp(&instant(wanted)) } else { a.cmp(&b) };
                match operator {
                    peer::CompareOp::Eq | peer::CompareOp::Ne => order.is_eq(),
                    peer::CompareOp::Co => a.contains(&b),
                    peer::CompareOp::Sw => a.starts_with(&b),
                    peer::CompareOp::Ew => a.ends_with(&b),
                    peer::CompareOp::Gt => order.is_gt(),
                    peer::CompareOp::Ge => order.is_ge(),
                    peer::CompareOp::Lt => order.is_lt(),
                    peer::CompareOp::Le => order.is_le(),
                }
            }
            _ => false,
        };
        let any = values.iter().any(|value| one(value, operator));
        if *operator == peer::CompareOp::Ne { !any } else { any }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_parsed_back(node in node(), style: u32) {
            let text = print(&node, &mut { style });
            prop_assert_eq!(Filter::parse(ResourceKind::User, &text).unwrap().root, node, "{}", text);
        }

        #[test]
        fn the_peer_reads_the_same_and_finds_the_same(node in node(), style: u32) {
            let text = print(&node, &mut { style });
            let ours = Filter::parse(ResourceKind::User, &text).unwrap();
            let theirs: peer::Filter = text.parse().unwrap();
            prop_assert_eq!(ours.matches(&user(), &Work::default()), Ok(holds(&theirs, &Value::Object(user()))), "{}", text);
        }

        #[test]
        fn the_peer_accepts_what_is_accepted(tokens in proptest::collection::vec(0_usize..18, 1..12)) {
            const WORDS: [&str; 18] = [
                "title ", "userName ", "emails.value ", "emails[type ", "] ", "(", ") ", "not ", "not(", "and ", "or ",
                "eq ", "sw ", "pr ", "\"a\" ", "\"b\\u0063\" ", "null ", "\"open ",
            ];
            let text: String = tokens.iter().map(|at| WORDS[*at]).collect();
            let text = text.trim();
            let theirs = text.parse::<peer::Filter>().is_ok();
            match Filter::parse(ResourceKind::User, text) {
                Ok(_) => prop_assert!(theirs, "only ours accepts {text}"),
                // What the schema refuses, the peer's grammar cannot know.
                Err(error) if error.detail.contains("of the schema") || error.detail.contains("fits the type") => {}
                Err(error) => prop_assert!(!theirs, "only theirs accepts {text}: {}", error.detail),
            }
        }
    }
}

#[test]
fn comparisons_are_counted_and_too_many_are_refused() {
    let work = Work::default();
    let filter = Filter::parse(ResourceKind::User, &["title eq \"x\""; 100].join(" or ")).unwrap();
    assert_eq!(filter.matches(&Object::new(), &work), Ok(false));
    assert_eq!(work.done(), 100, "one for each comparison");
    work.count(usize::try_from(crate::reference::scim::work::MOST).unwrap());
    let error = filter.matches(&Object::new(), &work).unwrap_err();
    assert_eq!((error.status, error.scim_type), (400, Some(crate::reference::scim::ScimType::TooMany)));
}

#[rstest::rstest]
#[case::a_chain(vec!["title eq \"x\""; 10_000].join(" or "), "longer than 8192 bytes")]
#[case::nesting(format!("{}title pr{}", "(".repeat(33), ")".repeat(33)), "nested more than 32 deep")]
fn filters_have_limits_in_queries_and_in_paths(#[case] text: String, #[case] why: &str) {
    let emails = ResourceKind::User.attribute("emails").unwrap();
    let inside = text.replace("title", "value");
    for outcome in [
        Filter::parse(ResourceKind::User, &text).map(drop),
        ValueFilter::parse(ResourceKind::User, emails, &inside).map(drop),
    ] {
        let error = outcome.unwrap_err();
        assert_eq!(error.scim_type, Some(crate::reference::scim::ScimType::InvalidFilter));
        assert!(error.detail.contains(why), "{}", error.detail);
    }
}
