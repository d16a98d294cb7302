//! The clients that provision: a directory of people and groups, one app instance, and the engine that turns an
//! administrator's actions into requests, byte for byte as far as public evidence goes.
//!
//! The directory, the jobs and the messages are Okta's. How requests look is what clients differ in: each has a
//! folder with its shapes ([`okta`] and `entra`), and `registry` says which client speaks a [`Dialect`].
//!
//! A simulator speaks through a [`Transport`](crate::exchange::Transport) that it is given and waits through a
//! [`Pacing`] that it is given. It must not name the reference or the judge: how a client reads an answer is its
//! own business, and wrong in its own ways.

mod client;
mod dialect;
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
mod model;
pub mod okta;
pub mod operation;
mod registry;
mod simulator;
mod users;
mod view;
mod wire;

pub use dialect::Dialect;
pub use directory::{GroupEntry, PersonEntry};
pub use expression::ExpressionError;
pub use model::{Definition, OperationError, Pacing, Report, Task};
pub use operation::Operation;
pub use simulator::{Simulator, identifier};
pub use view::{AppGroupError, Assignment, GroupPush, PushTarget};
