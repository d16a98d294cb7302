//! The Okta side.
