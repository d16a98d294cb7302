//! The protocol's algorithms on plain JSON objects: schema, filter, path, patch, query, projection,
//! errors. Private to the reference; knows nothing of providers, organizations, HTTP or time.

pub(crate) mod bulk;
mod cursor;
pub(crate) mod discovery;
mod error;
pub(crate) mod etag;
mod filter;
mod json;
mod model;
mod patch;
#[cfg(test)]
mod patch_model;
mod query;
mod read;
mod schema;
mod service_schemas;
#[cfg(test)]
mod tests;
mod work;

pub(crate) use cursor::{CURSOR_TIMEOUT, Cursor};
pub(crate) use filter::{Filter, ValueFilter};
pub(crate) use model::{
    Accepted, C42_USER, ENTERPRISE, Object, ResourceKind, Rules, ScimError, ScimType, StructuralFault,
    Warning,
};
pub(crate) use patch::{Member, MemberEdit, members, patch};
pub(crate) use query::{ListQuery, Page, Paging, Position, Projection, Sort, decode, parameters};
pub(crate) use read::{accept, is_email};
pub(crate) use work::Work;
