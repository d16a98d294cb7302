//! Exchanges that break a passive rule of the area, and exchanges that keep it.

use crate::checks::cases::{Case, ONE, breaks, keeps, line, user};

pub(in crate::checks) fn all() -> Vec<Case> {
    vec![
        breaks("replace.status-200", vec![line("PUT", ONE, Some(user()), 204, None)]),
        keeps("the answer is the user", vec![line("PUT", ONE, Some(user()), 200, Some(user()))]),
    ]
}
