//! Faults that the requirements `patch.*` notice: of the message, and of paths.

pub(in crate::checks) mod messages;
pub(in crate::checks) mod paths;
