//! Exchanges that break a passive rule of the area, and exchanges that keep it.

use serde_json::json;

use crate::checks::cases::{Case, ERROR, breaks, config, get, keeps, line, list, without};

pub(in crate::checks) fn all() -> Vec<Case> {
    vec![
        breaks(
            "discovery.available",
            vec![line("GET", "/ServiceProviderConfig", None, 404, Some(json!("nothing")))],
        ),
        breaks(
            "discovery.service-provider-config",
            vec![get("/ServiceProviderConfig", without(without(config(), "/patch"), "/filter"))],
        ),
        breaks("discovery.resource-types", vec![get("/ResourceTypes", json!([]))]),
        breaks(
            "discovery.schemas",
            vec![get(
                "/Schemas",
                list(vec![json!({ "id": "x", "attributes": [{ "name": "a", "type": "text" }] })]),
            )],
        ),
        keeps(
            "discovery",
            vec![
                get("/ServiceProviderConfig", config()),
                line("GET", "/Schemas", None, 403, Some(json!({ "schemas": [ERROR], "status": "403" }))),
            ],
        ),
        keeps(
            "the errata on schemas",
            vec![get(
                "/Schemas",
                list(vec![
                    json!({ "id": "x", "name": "X", "attributes": [{ "name": "c", "type": "complex", "subAttributes": [{ "name": "$ref", "type": "reference", "referenceTypes": ["User"] }, { "name": "b", "type": "binary" }] }] }),
                ]),
            )],
        ),
        keeps(
            "the schema of schemas",
            vec![get(
                "/Schemas",
                list(vec![
                    json!({ "id": "urn:ietf:params:scim:schemas:core:2.0:Schema", "attributes": [{ "name": "attributes", "type": "complex", "subAttributes": [{ "name": "subAttributes", "type": "complex" }] }] }),
                ]),
            )],
        ),
    ]
}
