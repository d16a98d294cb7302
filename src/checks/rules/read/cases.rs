//! Exchanges that break a passive rule of the area, and exchanges that keep it.

use crate::checks::cases::{Case, ONE, breaks, get, keeps, line, user};

pub(in crate::checks) fn all() -> Vec<Case> {
    vec![
        breaks("read.status-200", vec![line("GET", ONE, None, 203, Some(user()))]),
        keeps("the user is returned", vec![get(ONE, user())]),
    ]
}
