//! Exchanges that break a passive rule of the area, and exchanges that keep it.

use serde_json::{Value, json};

use crate::checks::cases::{
    Case, ENTERPRISE, GROUP, ONE, USER, breaks, created, get, group, keeps, list, user, with, without,
};

pub(in crate::checks) fn all() -> Vec<Case> {
    vec![
        breaks("resource.schema", vec![get(ONE, with(user(), "/active", json!("true")))]),
        breaks(
            "resource.schema",
            vec![get(ONE, with(user(), "/emails", json!({ "value": "b@example.com" })))],
        ),
        breaks("resource.schema", vec![get(ONE, with(user(), "/meta/created", json!("yesterday")))]),
        breaks("resource.schema resource.id", vec![get(ONE, with(user(), "/id", json!(7)))]),
        breaks("resource.id create.body", vec![created(without(user(), "/id"))]),
        breaks(
            "resource.id-stable resource.meta-location",
            vec![get(ONE, with(user(), "/id", json!("other")))],
        ),
        breaks("resource.schemas", vec![get(ONE, with(user(), "/schemas", json!([GROUP])))]),
        breaks(
            "resource.schemas",
            vec![get(ONE, with(user(), &format!("/{ENTERPRISE}"), json!({ "department": "D" })))],
        ),
        breaks("resource.required", vec![get(ONE, without(user(), "/userName"))]),
        breaks("resource.meta", vec![get(ONE, without(user(), "/meta"))]),
        breaks(
            "resource.meta-resource-type",
            vec![get(ONE, with(user(), "/meta/resourceType", json!("Users")))],
        ),
        breaks(
            "resource.meta-location",
            vec![get(ONE, with(user(), "/meta/location", json!("https://example.com/v2/Users")))],
        ),
        breaks("resource.password", vec![get(ONE, with(user(), "/password", json!("t1meMa$heen")))]),
        breaks("resource.one-primary", vec![get(ONE, with(user(), "/emails/1/primary", json!(true)))]),
        breaks("resource.no-repeated-values", vec![get("/Groups/g1", group(&["a", "a"]))]),
        breaks("resource.version-is-etag", vec![get(ONE, user()).header("ETag", "W/\"other\"")]),
        breaks(
            "resource.modified-after-created",
            vec![get(ONE, with(user(), "/meta/created", json!("2012-01-01T00:00:00Z")))],
        ),
        breaks(
            "resource.names-once",
            vec![
                get(ONE, with(user(), "/NICKNAME", json!("x"))),
                get(ONE, with(with(user(), "/nickName", json!("Babs")), "/NICKNAME", json!("x"))),
            ],
        ),
        keeps("one spelling of its own", vec![get(ONE, with(user(), "/NICKNAME", json!("x")))]),
        // RFC 7644 §3.4.2 shows the second one.
        keeps(
            "some attributes only",
            vec![
                get(
                    "/Users?attributes=active",
                    list(vec![json!({ "schemas": [USER], "id": "1", "active": true })]),
                ),
                get(
                    "/Users?attributes=userName",
                    list(vec![json!({ "id": "2819c223-7f76-413861904646", "userName": "jsmith" })]),
                ),
            ],
        ),
        keeps(
            "a relative location",
            vec![get(
                ONE,
                with(user(), "/meta/location", json!("Users/2819c223-7f76-453a-919d-413861904646")),
            )],
        ),
        keeps(
            "times without a zone",
            vec![get(
                ONE,
                with(
                    with(user(), "/meta/created", json!("2011-08-01T21:32:44.882")),
                    "/meta/lastModified",
                    json!("2011-08-01T21:32:44.882"),
                ),
            )],
        ),
        keeps("ids that differ in letter case alone", vec![get("/Groups/g1", group(&["a", "A"]))]),
        keeps(
            "null is absent",
            vec![get(ONE, with(with(user(), "/title", Value::Null), "/emails", Value::Null))],
        ),
        keeps("unknown attributes", vec![get(ONE, with(user(), "/favouriteColour", json!({ "deep": [1] })))]),
        keeps(
            "an extension that is listed",
            vec![get(
                ONE,
                with(
                    with(
                        user(),
                        &format!("/{ENTERPRISE}"),
                        json!({ "department": "D", "manager": { "value": "1" } }),
                    ),
                    "/schemas",
                    json!([USER, ENTERPRISE]),
                ),
            )],
        ),
        keeps("an empty extension", vec![get(ONE, with(user(), &format!("/{ENTERPRISE}"), json!({})))]),
    ]
}
