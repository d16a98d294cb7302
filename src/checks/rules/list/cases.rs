//! Exchanges that break a passive rule of the area, and exchanges that keep it.

use serde_json::json;

use crate::checks::cases::{Case, LIST, breaks, get, group, keeps, list, user, with, without};

pub(in crate::checks) fn all() -> Vec<Case> {
    vec![
        breaks("list.schema", vec![get("/Users", with(list(vec![]), "/startIndex", json!("1")))]),
        breaks("list.schema", vec![get("/Users", without(list(vec![]), "/totalResults"))]),
        breaks("list.schema", vec![get("/Users", json!([user()]))]),
        breaks(
            "list.counters-when-partial",
            vec![get(
                "/Users?count=1",
                without(with(list(vec![user()]), "/totalResults", json!(9)), "/itemsPerPage"),
            )],
        ),
        breaks("list.counters-present", vec![get("/Users", without(list(vec![]), "/startIndex"))]),
        breaks(
            "list.total-results",
            vec![get("/Users", with(list(vec![user()]), "/totalResults", json!(0)))],
        ),
        breaks("list.items-per-page", vec![get("/Users", with(list(vec![]), "/itemsPerPage", json!(20)))]),
        breaks(
            "list.page-size",
            vec![get(
                "/Groups?count=1",
                list(vec![
                    group(&[]),
                    with(with(group(&[]), "/id", json!("g2")), "/meta/location", json!("/v2/Groups/g2")),
                ]),
            )],
        ),
        breaks(
            "list.start-index",
            vec![get("/Users?startIndex=5", with(list(vec![user()]), "/totalResults", json!(9)))],
        ),
        breaks(
            "list.resources-present list.items-per-page",
            vec![get("/Users", without(list(vec![user()]), "/Resources"))],
        ),
        breaks("list.no-duplicates", vec![get("/Users", list(vec![user(), user()]))]),
        keeps(
            "names in another case",
            vec![get(
                "/Users",
                json!({ "Schemas": [LIST], "totalresults": 0, "startindex": 1, "itemsperpage": 0, "resources": [] }),
            )],
        ),
        keeps(
            "an empty list without resources",
            vec![get(
                "/Users?startIndex=1&count=2",
                json!({ "schemas": [LIST], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0 }),
            )],
        ),
        keeps(
            "fewer than asked for",
            vec![get("/Users?startIndex=1&count=100", with(list(vec![user()]), "/totalResults", json!(9)))],
        ),
        keeps(
            "past the end",
            vec![get(
                "/Users?startIndex=50&count=10",
                json!({ "schemas": [LIST], "totalResults": 3, "startIndex": 50, "itemsPerPage": 0, "Resources": [] }),
            )],
        ),
        keeps(
            "count zero",
            vec![get(
                "/Users?count=0",
                json!({ "schemas": [LIST], "totalResults": 3, "startIndex": 1, "itemsPerPage": 0 }),
            )],
        ),
        keeps(
            "pages by cursor without a total",
            vec![get(
                "/Users?cursor=a&count=1",
                without(
                    without(
                        without(with(list(vec![user()]), "/nextCursor", json!("b")), "/totalResults"),
                        "/startIndex",
                    ),
                    "/itemsPerPage",
                ),
            )],
        ),
        keeps(
            "pages by cursor unasked",
            vec![get(
                "/Users",
                without(
                    without(
                        with(with(list(vec![user()]), "/totalResults", json!(9)), "/nextCursor", json!("b")),
                        "/startIndex",
                    ),
                    "/itemsPerPage",
                ),
            )],
        ),
        keeps(
            "a negative count",
            vec![get(
                "/Users?count=-1",
                json!({ "schemas": [LIST], "totalResults": 3, "startIndex": 1, "itemsPerPage": 0 }),
            )],
        ),
    ]
}
