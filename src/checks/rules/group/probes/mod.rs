//! Probes of groups, by what changes.

pub(in crate::checks) mod changes;
pub(in crate::checks) mod members;
