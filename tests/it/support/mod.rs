//! What several tests work with.

pub(crate) mod browser;
pub(crate) mod imports;
pub(crate) mod program;
pub(crate) mod recorder;
pub(crate) mod service;
pub(crate) mod webdriver;
