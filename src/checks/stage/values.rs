//! Users with many attributes, and what of them is kept.

use serde_json::{Value, json};

use crate::checks::engine::{Answer, Session};
use crate::checks::json::{items, member, shown};
use crate::urn::{ENTERPRISE, USER};

/// Attributes with parts, as RFC 7643 §4.1.2 and §8.2 have them.
pub(in crate::checks) fn rich() -> Value {
    json!({
        "phoneNumbers": [
            {"value": "555-555-5555", "type": "work"},
            {"value": "555-555-4444", "type": "mobile"},
        ],
        "addresses": [{
            "type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "region": "CA",
            "postalCode": "91608", "country": "US", "primary": true,
        }],
        "ims": [{"value": "someaimhandle", "type": "aim"}],
        "photos": [{"value": "https://photos.example.com/profilephoto/72930000000Ccne/F", "type": "photo"}],
        "name": {
            "givenName": "Barbara", "familyName": "Jensen", "middleName": "Jane", "honorificPrefix": "Ms.",
            "honorificSuffix": "III",
        },
    })
}

/// Whether the published schema has that sub-attribute, and clients may write it.
pub(in crate::checks) fn publishes(session: &Session, attribute: &str, sub: &str) -> bool {
    session.facts.attribute(USER, &format!("{attribute}.{sub}")).is_some_and(|definition| {
        member(definition, "mutability").and_then(Value::as_str) != Some("readOnly")
            && member(definition, "returned")
                .and_then(Value::as_str)
                .is_none_or(|word| word == "default" || word == "always")
    })
}

/// Whether there is a value whose published parts can be looked at, and which parts are not there.
pub(in crate::checks) fn parts_lost(session: &Session, sent: &Value, read: &Answer) -> (bool, Vec<String>) {
    let mut lost = Vec::new();
    let mut seen = false;
    for (attribute, given) in sent.as_object().into_iter().flatten() {
        let (given, kept) = match given {
            Value::Array(values) => (values.clone(), items(&read.body, attribute).to_vec()),
            one => (vec![one.clone()], read.at(attribute).cloned().into_iter().collect()),
        };
        for value in &given {
            // The value is recognised by its main part; where that is not there, nothing of it was stored.
            let main =
                ["value", "streetAddress", "familyName"].into_iter().find(|name| value.get(name).is_some());
            let Some(main) = main else { continue };
            let Some(found) = kept.iter().find(|one| member(one, main) == value.get(main)) else { continue };
            for (part, wanted) in value.as_object().into_iter().flatten() {
                if publishes(session, attribute, part) {
                    seen = true;
                    if member(found, part) != Some(wanted) {
                        lost.push(format!("{attribute}.{part} is {}", shown(member(found, part))));
                    }
                }
            }
        }
    }
    (seen, lost)
}

/// Whether the service publishes the enterprise extension, and takes it for users.
pub(in crate::checks) fn has_enterprise(session: &Session) -> bool {
    session.facts.schema(ENTERPRISE).is_some() && session.facts.extends(USER, ENTERPRISE)
}
