//! Exchanges that break a passive rule of the area, and exchanges that keep it.

use serde_json::json;

use crate::checks::cases::{Case, ERROR, breaks, keeps, line};

pub(in crate::checks) fn all() -> Vec<Case> {
    vec![
        breaks(
            "auth.challenge",
            vec![line("GET", "/Users", None, 401, Some(json!({ "schemas": [ERROR], "status": "401" })))],
        ),
        keeps(
            "discovery with credentials",
            vec![
                line(
                    "GET",
                    "/ServiceProviderConfig",
                    None,
                    401,
                    Some(json!({ "schemas": [ERROR], "status": "401" })),
                )
                .header("WWW-Authenticate", "Bearer"),
            ],
        ),
    ]
}
