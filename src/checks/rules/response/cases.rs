//! Exchanges that break a passive rule of the area, and exchanges that keep it.

use serde_json::json;

use crate::checks::cases::{Case, ONE, breaks, get, keeps, line, user};

pub(in crate::checks) fn all() -> Vec<Case> {
    vec![
        breaks(
            "response.json",
            vec![line("GET", "/Users?startIndex=1&count=2", None, 200, None).body_text("<html>")],
        ),
        breaks("response.content-type", vec![get(ONE, user()).header("Content-Type", "application/json")]),
        breaks("response.no-content", vec![line("DELETE", ONE, None, 204, Some(json!({})))]),
        keeps("not modified", vec![line("GET", ONE, None, 304, None)]),
        keeps(
            "other endpoints",
            vec![
                line("GET", "/Me", None, 501, None),
                line("GET", "/../healthz", None, 200, None).body_text("ok"),
            ],
        ),
        breaks("response.answered", vec![get(ONE, user()).lost()]).during_check(),
        breaks("response.no-server-error", vec![line("PATCH", "/Me", None, 500, None)]).during_check(),
        keeps("a busy service", vec![line("PATCH", "/Me", None, 503, None)]).during_check(),
        keeps("what is not implemented", vec![line("PATCH", "/Me", None, 501, None)]).during_check(),
    ]
}
