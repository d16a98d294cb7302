//! Captured conversations: reading and writing them as HAR, reading them from other texts, and telling
//! what an administrator in Okta did from the requests that came of it.

mod captured;
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
mod scim;
mod upstream;
mod watched;

pub use captured::{Captured, Versions};
pub use har::{Ending, read_har};
pub use har_write::HarWriter;
pub use logs::{Fields, from_curl, from_json_line, from_log_line};
pub use operations::{Operation, OperationKind, Part, Stop, Traits};
pub use privacy::Privacy;
pub use proxy::{Elapsed, Proxy};
pub use read::{Source, read};
pub use recognise::Recogniser;
pub use replay::{Destination, Pace, Replay, Replayed, minimised};
pub use scim::{Kind, Place, base_of, place, shown};
pub(crate) use scim::{equality, member, parameter};
pub use upstream::Upstream;
