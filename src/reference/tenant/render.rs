//! Resources as a provider sees them, written as bytes: what the client sent, with what is derived in its
//! place (code42-service §3.3). The one definition of a resource's representation: filters, sorting and
//! projections read it back.

use std::io::Write as _;

use serde_json::Value;

use super::Tenant;
use super::id::Id;
use super::model::{Group, Stamp, User};
use super::store::Found;
use crate::reference::scim::{Object, ResourceKind};

/// A resource that is ready to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) body: Vec<u8>,
    pub(crate) etag: String,
}

/// Entity tag of a version (RFC 7644 §3.14).
pub(super) fn etag(version: u64) -> String {
    format!("W/\"{version}\"")
}

impl Tenant {
    pub(super) fn show(&self, provider: Id, found: Found<'_>, base_url: &str) -> Shown {
        let mut body = Vec::with_capacity(1024);
        self.write_resource(&mut body, provider, found, base_url);
        let version = match found {
            Found::User(user) => user.version,
            Found::Group(group) => group.version,
        };
        Shown { body, etag: etag(version) }
    }

    /// The representation as an object.
    pub(super) fn object(&self, provider: Id, found: Found<'_>, base_url: &str) -> Object {
        let mut body = Vec::with_capacity(1024);
        self.write_resource(&mut body, provider, found, base_url);
        serde_json::from_slice(&body).unwrap_or_default()
    }

    pub(super) fn write_resource(&self, out: &mut Vec<u8>, provider: Id, found: Found<'_>, base_url: &str) {
        match found {
            Found::User(user) => self.render_user(out, provider, user, base_url),
            Found::Group(group) => self.render_group(out, group, base_url),
        }
    }

    fn render_user(&self, out: &mut Vec<u8>, provider: Id, user: &User, base_url: &str) {
        put(out, "{");
        put(out, user.scim.schemas());
        put(out, format_args!(",\"id\":\"{}\"", user.id));
        if !user.scim.core().is_empty() {
            put(out, ",");
            put(out, user.scim.core());
        }
        put(out, if user.scim_active() { ",\"active\":true" } else { ",\"active\":false" });
        let mut before = ",\"groups\":[";
        let direct = self.store.groups_with(user.id).map(|group| (group, "direct"));
        let indirect =
            if self.behaviour.nested_groups { self.store.indirect_groups_with(user.id) } else { Vec::new() };
        for (group, how) in direct.chain(indirect.into_iter().map(|group| (group, "indirect"))) {
            if group.provider != provider {
                continue;
            }
            put(
                out,
                format_args!(
                    "{before}{{\"value\":\"{0}\",\"$ref\":\"{base_url}/Groups/{0}\",\"display\":{1},\"type\":\"{how}\"}}",
                    group.id,
                    Value::from(group.display_name.as_str()),
                ),
            );
            before = ",";
        }
        if before == "," {
            put(out, "]");
        }
        if !user.scim.extensions().is_empty() {
            put(out, ",");
            put(out, user.scim.extensions());
        }
        let times = (user.created, user.modified);
        write_meta(out, ResourceKind::User, user.id, times, user.version, base_url);
    }

    fn render_group(&self, out: &mut Vec<u8>, group: &Group, base_url: &str) {
        put(
            out,
            format_args!("{{\"schemas\":[\"{}\"],\"id\":\"{}\"", ResourceKind::Group.core().id, group.id),
        );
        if let Some(external_id) = &group.external_id {
            put(out, format_args!(",\"externalId\":{}", Value::from(external_id.as_str())));
        }
        put(out, format_args!(",\"displayName\":{}", Value::from(group.display_name.as_str())));
        let mut before = ",\"members\":[";
        for member in group.members.iter() {
            if self.write_member(out, member, before, base_url) {
                before = ",";
            }
        }
        if before == "," {
            put(out, "]");
        }
        let times = (group.created, group.modified);
        write_meta(out, ResourceKind::Group, group.id, times, group.version, base_url);
    }

    fn write_member(&self, out: &mut Vec<u8>, member: Id, before: &str, base_url: &str) -> bool {
        let Some(found) = self.store.number(member).and_then(|number| self.store.at(number)) else {
            return false;
        };
        let (kind, display) = match found {
            Found::User(user) => (ResourceKind::User, user.username()),
            Found::Group(group) => (ResourceKind::Group, group.display_name.as_str()),
        };
        put(
            out,
            format_args!(
                "{before}{{\"value\":\"{member}\",\"$ref\":\"{base_url}{}/{member}\",\"type\":\"{}\",\"display\":{}}}",
                kind.endpoint(),
                kind.name(),
                Value::from(display),
            ),
        );
        true
    }

    /// One member as the group shows it.
    pub(super) fn member_value(&self, member: Id, base_url: &str) -> Option<Value> {
        let mut out = Vec::new();
        self.write_member(&mut out, member, "", base_url).then(|| serde_json::from_slice(&out).ok())?
    }
}

fn put(out: &mut Vec<u8>, text: impl std::fmt::Display) {
    // Writing to memory does not fail.
    let _ = write!(out, "{text}");
}

fn write_meta(
    out: &mut Vec<u8>,
    kind: ResourceKind,
    id: Id,
    (created, modified): (Stamp, Stamp),
    version: u64,
    base_url: &str,
) {
    put(
        out,
        format_args!(
            ",\"meta\":{{\"resourceType\":\"{}\",\"created\":\"{}\",\"lastModified\":\"{}\",\"location\":\"{base_url}{}/{id}\",\"version\":\"W/\\\"{version}\\\"\"}}}}",
            kind.name(),
            created.as_str(),
            modified.as_str(),
            kind.endpoint(),
        ),
    );
}
