//! Exchanges that break a passive rule of the area, and exchanges that keep it.

use serde_json::json;

use crate::checks::cases::{Case, ONE, breaks, deactivate, get, keeps, user, with};

pub(in crate::checks) fn all() -> Vec<Case> {
    vec![
        breaks("patch.status", vec![deactivate(200, None)]),
        breaks("patch.status", vec![deactivate(202, Some(with(user(), "/active", json!(false))))]),
        keeps("patch with 204", vec![deactivate(204, None), get(ONE, with(user(), "/active", json!(false)))]),
        keeps("patch with 200", vec![deactivate(200, Some(with(user(), "/active", json!(false))))]),
    ]
}
