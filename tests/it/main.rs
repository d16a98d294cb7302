//! The integration tests, one binary: a file for each command or room, `support` for what several use.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a test that is skipped says so")]

mod support;

mod baseline;
mod bounded;
mod browser;
mod capture;
mod captures;
mod check;
mod clean;
mod cli;
mod coverage;
mod credentials;
mod entra;
mod explain;
mod faults;
mod files;
mod import;
mod layers;
mod oauth;
mod observe;
mod oin;
mod okta_directory;
mod okta_errors;
mod okta_wire;
mod org;
mod pages;
mod panel;
mod profiles;
mod record;
mod redact;
mod reference;
mod reports;
mod scenarios;
mod serve;
mod servers;
mod texts;
mod transport;
mod transport_mock;
mod transport_tls;
mod wire_faults;
