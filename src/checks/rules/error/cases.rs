//! Exchanges that break a passive rule of the area, and exchanges that keep it.

use serde_json::json;

use crate::checks::cases::{Case, ERROR, ONE, breaks, error, keeps, line, not_found};

pub(in crate::checks) fn all() -> Vec<Case> {
    vec![
        breaks(
            "error.content-type",
            vec![error(404, not_found()).with_header("Content-Type", "text/html; charset=utf-8")],
        ),
        breaks("error.format", vec![error(404, json!({ "error": "not found" }))]),
        breaks("error.format", vec![error(404, json!({ "schemas": [ERROR], "status": 404 }))]),
        breaks("error.format", vec![line("GET", "/Users/404", None, 404, None)]),
        breaks("error.status-matches", vec![error(404, json!({ "schemas": [ERROR], "status": "400" }))]),
        breaks(
            "error.scim-type",
            vec![error(400, json!({ "schemas": [ERROR], "status": "400", "scimType": "badThing" }))],
        ),
        keeps("the rfcs error", vec![error(404, not_found())]),
        keeps(
            "unsupported",
            vec![line(
                "DELETE",
                ONE,
                None,
                501,
                Some(json!({ "schemas": [ERROR], "status": "501", "detail": "no" })),
            )],
        ),
    ]
}
