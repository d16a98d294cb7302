//! A target.
