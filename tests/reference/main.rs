//! The reference as a client meets it, over its routes: one file a subject.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod domain;
mod rfc7643;
mod service;
