//! Probes of PATCH, by the part of the request that they vary.

pub(in crate::checks) mod forms;
pub(in crate::checks) mod messages;
pub(in crate::checks) mod simple;
