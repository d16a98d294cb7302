//! An Okta org as an API: the part of Okta's management API that Okta's SDKs and its own test suite need, in
//! front of the simulator. What is done to people, apps and groups is provisioned to a SCIM target before the
//! request is answered; what Okta does in the background some seconds later is visible at once here.
//!
//! The JSON shapes, paths, error codes and paging are those of Okta's public reference. What is not here is
//! refused with Okta's own words, and never accepted and forgotten.

mod apps;
mod assignments;
mod directory;
mod filter;
mod groups;
mod http;
mod log;
mod model;
mod page;
mod pushes;
mod request;
mod response;
mod state;
mod users;

pub use http::{Org, bad_request};
pub use state::{Now, OrgOptions};
