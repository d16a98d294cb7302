//! The reference service provider, complete and in memory: `scim` holds the protocol's algorithms,
//! `tenant` the domain, `http` the routes, `faults` deliberate defects in front of them. Nothing here
//! knows the simulator or the judge.

pub mod faults;
pub mod http;
mod scim;
pub mod tenant;
