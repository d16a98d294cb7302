//! One exchange of a capture, with what the capture says about it.

use jiff::Timestamp;

use crate::exchange::Exchange;

/// One exchange of a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// When the request was sent, if the capture says so.
    pub started: Option<Timestamp>,
    /// Request and answer.
    pub exchange: Exchange,
    /// What the capture leaves out or gets wrong; such an exchange cannot be judged.
    pub gaps: Vec<String>,
    /// In which versions of HTTP it went.
    pub versions: Versions,
}

/// Versions of HTTP as HAR writes them (`HTTP/1.1`, `HTTP/2`); empty where nothing says which.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Versions {
    /// That of the request, as the client sent it.
    pub request: String,
    /// That of the answer, as the server sent it.
    pub response: String,
}
