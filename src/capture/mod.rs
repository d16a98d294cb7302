//! Captured conversations: reading and writing them as HAR, reading them from other texts, and telling
//! what an administrator in Okta did from the requests that came of it.

mod differ;
mod har;
mod har_write;
mod listen;
mod logs;
mod operations;
mod privacy;
mod proxy;
mod pseudonyms;
mod read;
mod rebind;
mod recognise;
mod replay;
mod scenario;
mod scim;
mod upstream;
mod watched;

use jiff::Timestamp;

use crate::exchange::Exchange;

pub use har::{Ending, read_har};
pub use har_write::HarWriter;
pub use logs::{Fields, from_curl, from_json_line, from_log_line};
pub use operations::{Operation, OperationKind, Part, Stop, Traits};
pub use privacy::Privacy;
pub use proxy::{Elapsed, Proxy};
pub use read::{Source, read};
pub use recognise::Recogniser;
pub use replay::{Destination, Pace, Replay, Replayed, minimised};
pub use scenario::Draft;
pub use scim::{Kind, Place, base_of, place, shown};
pub use upstream::{Upstream, UpstreamOptions};

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
