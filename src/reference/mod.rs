//! The reference service provider, complete and in memory: `scim` holds the protocol's algorithms,
//! `tenant` the domain, `http` the routes. Nothing here knows the simulator or the judge.

pub mod http;
mod scim;
pub mod tenant;
