//! The Okta side: a directory of people and groups, one app instance, and the provisioning engine that
//! turns an administrator's actions into requests, byte for byte as far as public evidence goes.
//!
//! It speaks through a [`Transport`](crate::exchange::Transport) that it is given and waits through a
//! [`Pacing`] that it is given. It must not name the reference or the judge: how Okta reads an answer
//! is its own business, and wrong in Okta's own ways.

mod directory;
mod discovery;
mod engine;
mod entra;
mod expression;
mod external_name;
mod groups;
mod job;
mod journal;
mod mapping;
pub mod messages;
pub mod operation;
mod simulator;
mod users;
mod view;
mod wire;

pub use directory::{GroupEntry, PersonEntry};
pub use expression::ExpressionError;
pub use operation::Operation;
pub use simulator::{
    Authorization, Definition, Dialect, OperationError, Pacing, Report, Simulator, Task, identifier,
};
pub use view::{AppGroupError, Assignment, GroupPush, PushTarget};
