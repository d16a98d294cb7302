//! scimulate acts as Okta's provisioning client against any SCIM 2.0 endpoint, judges every answer
//! against RFC 7643 and RFC 7644 and against what Okta needs, and compares the state that results
//! with reviewed snapshots. It carries a complete in-memory reference service provider.
//!
//! # Map
//!
//! | module | does | may import |
//! |---|---|---|
//! | [`exchange`] | one HTTP exchange as raw bytes, and how it is sent | nothing |
//! | [`mod@reference`] | the built-in service provider: `scim` (protocol), `tenant` (domain), `http` (routes), `faults` (defects of the domain) | `exchange` (record type only, in `http`), `faults` |
//! | [`faults`] | deliberate defects of single exchanges, as a layer in front of a service | `exchange` |
//! | [`clients`] | the provisioning clients, Okta's and Entra's: directory, app instance, jobs, request shapes | `exchange` |
//! | [`checks`] | the judge: requirements and findings | `exchange` |
//! | [`capture`] | captured conversations: HAR, what an administrator did, replay, the recording proxy | `exchange`, `clients` |
//! | [`explain`] | why a capture or a message of Okta went wrong | `exchange`, `clients`, `checks`, `capture` |
//! | [`snapshot`] | the `.snap` format, normalising, comparing, reviewing | nothing |
//! | [`target`] | a target: base URL, credentials, capabilities | `exchange` |
//! | [`scenario`] | scenario files, runner, suite | `exchange`, `clients`, `checks`, `snapshot`, `target`, `result` |
//! | [`serving`] | what our servers share: limits of connections and bodies, `Host`, throttled sign-in | nothing |
//! | [`import`] | Runscope tests and Postman collections, run as they are | `exchange`, `result` |
//! | [`panel`] | pages for developers around the reference: traffic, clock, faults, an Okta with buttons | `exchange`, `clients`, `checks`, `faults`, `reference` |
//! | [`result`] | event stream and result model of a run | `checks` (finding type), `exchange` (record type) |
//! | [`report`] | reporters, each a function of the events | `result`, `checks` (finding type only) |
//! | [`urn`] | the URNs of SCIM | nothing; every module may import it |
//! | [`text`] | text of others as it may be shown, and the files that it is read from | nothing; every module may import it |
//! | [`cli`] | the commands; the only place that prints, reads the environment or the clock | everything |
//!
//! The judge and the judged share data, never algorithms: neither [`checks`] nor [`clients`] can name
//! `reference::scim`. A failed expectation is data; an `Err` means that the program could not do its job.

pub mod capture;
pub mod checks;
pub mod cli;
pub mod clients;
pub mod config;
pub mod exchange;
pub mod explain;
pub mod faults;
pub mod import;
pub mod org;
pub mod panel;
pub mod reference;
pub mod report;
pub mod result;
pub mod scenario;
pub mod serving;
pub mod snapshot;
pub mod target;
pub mod text;
pub mod urn;
