//! Why a probe may end before its end.

use crate::checks::Requirement;
use crate::exchange::TransportError;

/// Why a probe ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::checks) enum Stop {
    /// It rests on something that is broken, which this requirement says.
    Blocked(&'static Requirement),
    /// The target truthfully does not offer what it needs.
    Skipped(String),
    /// No answer came.
    Lost(TransportError),
    /// Nothing more is sent, as [`Engine::end`](super::Engine::end) says.
    Ended,
    /// The user wants to stop.
    Interrupted,
}
