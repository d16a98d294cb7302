//! What the servers of this program have in common, whatever they answer: how many connections there are, how long a
//! client may take, what a request must say of its host, and how often somebody may try to sign in. Knows no SCIM.

mod connections;
mod host;
mod limited;
mod throttle;

pub use connections::{Connection, Limits, Listening, Peer, builder, serve};
pub use host::{host_fault, is_loopback};
pub use limited::TooSlow;
pub use throttle::Throttle;
