//! The reference as a client meets it, over its routes: one file a subject.

mod bulk;
mod directory;
mod directory_model;
mod domain;
mod groups;
mod lists;
mod messages;
mod openapi;
mod relations;
mod rfc7643;
mod rfc7644;
mod rules;
mod rules_model;
mod service;
