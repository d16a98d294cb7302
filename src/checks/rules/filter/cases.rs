//! Exchanges that break a passive rule of the area, and exchanges that keep it.

use serde_json::json;

use crate::checks::cases::{
    Case, LOOKUP, breaks, created, get, group, keeps, line, list, not_found, user, with,
};

pub(in crate::checks) fn all() -> Vec<Case> {
    vec![
        breaks("filter.no-match-is-200", vec![line("GET", LOOKUP, None, 404, Some(not_found()))]),
        breaks("filter.matches", vec![get("/Users?filter=userName+eq+%22other%22", list(vec![user()]))]),
        breaks("filter.finds-existing", vec![created(user()), get(LOOKUP, list(vec![]))]),
        keeps(
            "look ups that Okta does not send",
            vec![
                created(user()),
                get("/Users?filter=USERNAME%20eq%20%22bjensen%22", list(vec![])),
                get("/Users?filter=userName%20EQ%20%22bjensen%22", list(vec![])),
                get("/Users?filter=userName%20eq%20%22bjensen%22&count=0", list(vec![])),
            ],
        ),
        keeps(
            "a look up in another normal form",
            vec![get(
                "/Groups?filter=displayName%20eq%20%22caf%C3%A9%22",
                list(vec![with(group(&[]), "/displayName", json!("cafe\u{301}"))]),
            )],
        ),
        keeps(
            "a look up in another case",
            vec![created(user()), get("/Users?filter=userName%20eq%20%22BJensen%22", list(vec![user()]))],
        ),
    ]
}
