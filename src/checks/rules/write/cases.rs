//! Exchanges that break a passive rule of the area, and exchanges that keep it.

use serde_json::json;

use crate::checks::cases::{
    Case, ERROR, LOOKUP, ONE, PATCH, breaks, created, deactivate, get, group, keeps, line, list,
    members_patch, user, with, without,
};

pub(in crate::checks) fn all() -> Vec<Case> {
    vec![
        breaks("write.applied", vec![deactivate(200, Some(user()))]),
        breaks(
            "write.applied",
            vec![line("PUT", ONE, Some(with(user(), "/active", json!(false))), 200, Some(user()))],
        ),
        breaks(
            "write.applied",
            vec![get("/Groups/g1", group(&["a", "b"])), members_patch(200, Some(group(&["c"])))],
        ),
        breaks("write.kept", vec![deactivate(204, None), get(ONE, user())]),
        breaks("write.kept", vec![deactivate(204, None), get(LOOKUP, list(vec![user()]))]),
        breaks(
            "write.kept",
            vec![
                get("/Groups/g1", group(&["a", "b"])),
                members_patch(204, None),
                get("/Groups/g1", without(group(&[]), "/members")),
            ],
        ),
        keeps(
            "a user created inactive is active",
            vec![
                line(
                    "POST",
                    "/Users",
                    Some(json!({ "userName": "bjensen", "active": false })),
                    201,
                    Some(user()),
                )
                .header("Location", "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646"),
            ],
        ),
        keeps(
            "somebody elses user",
            vec![
                get("/Users", list(vec![user()])),
                get("/Users", list(vec![with(user(), "/active", json!(false))])),
                get(LOOKUP, list(vec![])),
            ],
        ),
        keeps(
            "members as patched",
            vec![
                get("/Groups/g1", group(&["a", "b"])),
                members_patch(204, None),
                get("/Groups/g1", group(&["c", "b"])),
            ],
        ),
        keeps(
            "members removed by a filter of several",
            vec![
                line("PUT", "/Groups/g1", Some(group(&["a", "b", "c"])), 200, Some(group(&["a", "b", "c"]))),
                line(
                    "PATCH",
                    "/Groups/g1",
                    Some(
                        json!({ "schemas": [PATCH], "Operations": [{ "op": "remove", "path": "members[value eq \"a\" or value eq \"c\"]" }] }),
                    ),
                    204,
                    None,
                ),
                get("/Groups/g1", group(&["b"])),
            ],
        ),
        keeps(
            "members never listed",
            vec![
                line("PUT", "/Groups/g1", Some(group(&["a"])), 200, Some(without(group(&[]), "/members"))),
                get("/Groups/g1", without(group(&[]), "/members")),
            ],
        ),
        keeps(
            "a failed write proves nothing",
            vec![
                created(user()),
                deactivate(500, Some(json!({ "schemas": [ERROR], "status": "500" }))),
                get(ONE, with(user(), "/active", json!(false))),
            ],
        ),
    ]
}
