//! What probes build with: users and groups, lists over several pages, and the comparison of what is there with
//! what should be.

pub(in crate::checks) mod effects;
pub(in crate::checks) mod members;
pub(in crate::checks) mod pages;
mod people;
pub(in crate::checks) mod values;

pub(in crate::checks) use people::{Created, initials, left_behind, named, several_users};
