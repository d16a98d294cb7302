//! Exchanges that break a passive rule of the area, and exchanges that keep it.

use serde_json::json;

use crate::checks::cases::{Case, ERROR, breaks, created, keeps, line, second_user, user, with, without};

pub(in crate::checks) fn all() -> Vec<Case> {
    vec![
        breaks(
            "create.status-201",
            vec![
                line("POST", "/Users", None, 200, Some(user()))
                    .header("Location", "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646"),
            ],
        ),
        breaks("create.location", vec![line("POST", "/Users", None, 201, Some(user()))]),
        breaks("create.meta-location resource.meta", vec![created(without(user(), "/meta/location"))]),
        breaks(
            "create.location-agrees",
            vec![created(user()).with_header("Location", "https://example.com/v2/Users/other")],
        ),
        breaks(
            "create.body",
            vec![
                line("POST", "/Users", None, 201, None).header("Location", "https://example.com/v2/Users/1"),
            ],
        ),
        breaks(
            "create.conflict-status",
            vec![
                created(user()),
                line(
                    "POST",
                    "/Users",
                    Some(json!({ "userName": "BJENSEN" })),
                    400,
                    Some(json!({ "schemas": [ERROR], "status": "400" })),
                ),
            ],
        ),
        breaks(
            "create.conflict-scim-type",
            vec![
                created(user()),
                line(
                    "POST",
                    "/Users",
                    Some(json!({ "userName": "bjensen" })),
                    409,
                    Some(json!({ "schemas": [ERROR], "status": "409" })),
                ),
            ],
        ),
        breaks("create.unique-user-name", vec![created(user()), second_user()]),
        keeps("the rfcs creation", vec![created(user()).header("ETag", "W/\"e180ee84f0671b1\"")]),
        keeps(
            "a relative location",
            vec![created(with(
                user(),
                "/meta/location",
                json!("/v2/Users/2819c223-7f76-453a-919d-413861904646"),
            ))],
        ),
        keeps(
            "behind a proxy",
            vec![created(with(
                user(),
                "/meta/location",
                json!("http://10.0.0.1:8080/v2/Users/2819c223-7f76-453a-919d-413861904646"),
            ))],
        ),
        keeps(
            "a conflict beside a bad password",
            vec![
                created(user()),
                line(
                    "POST",
                    "/Users",
                    Some(json!({ "userName": "bjensen", "password": "x" })),
                    400,
                    Some(
                        json!({ "schemas": [ERROR], "status": "400", "scimType": "invalidValue", "detail": "too short" }),
                    ),
                ),
            ],
        ),
        keeps(
            "a conflict",
            vec![
                created(user()),
                line(
                    "POST",
                    "/Users",
                    Some(json!({ "userName": "bjensen" })),
                    409,
                    Some(
                        json!({ "schemas": [ERROR], "status": "409", "scimType": "uniqueness", "detail": "taken" }),
                    ),
                ),
            ],
        ),
    ]
}
