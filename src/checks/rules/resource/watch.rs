//! Passive rules about one resource, alone in an answer or in a list.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    ID, ID_STABLE, META, META_LOCATION, META_RESOURCE_TYPE, MODIFIED_AFTER_CREATED, NAMES_ONCE,
    NO_REPEATED_VALUES, ONE_PRIMARY, PASSWORD, REQUIRED, SCHEMA, SCHEMAS, VERSION_IS_ETAG,
};
use crate::checks::engine::{Kind, Memory, Seen, Verdicts, Watch, path_of};
use crate::checks::json::{member, same_name_twice};
use crate::exchange::segment;

pub(in crate::checks) static WATCH: Watch = Watch {
    judges: &[
        &SCHEMA,
        &ID,
        &ID_STABLE,
        &SCHEMAS,
        &REQUIRED,
        &META,
        &META_RESOURCE_TYPE,
        &META_LOCATION,
        &PASSWORD,
        &ONE_PRIMARY,
        &NO_REPEATED_VALUES,
        &VERSION_IS_ETAG,
        &NAMES_ONCE,
        &MODIFIED_AFTER_CREATED,
    ],
    judge,
};

fn judge(seen: &Seen<'_>, _: &Memory, verdicts: &mut Verdicts<'_>) {
    for (kind, pointer, resource) in seen.representations() {
        one(kind, resource, &pointer, !seen.whole(), verdicts);
    }
    let Some((_, id, resource)) = seen.resource() else { return };
    let own = member(resource, "id").and_then(Value::as_str);
    if let (Some(asked), Some(own)) = (id, own)
        && asked != own
    {
        verdicts.fail(
            &ID_STABLE,
            &[&format!("id \"{asked}\", as in the URI")],
            format!("id \"{own}\""),
            Some("/id".into()),
        );
    }
    let version = member(resource, "meta").and_then(|meta| member(meta, "version")?.as_str());
    if let (Some(version), Some(etag)) = (version, seen.response.header("ETag"))
        && opaque(version) != opaque(etag)
    {
        verdicts.fail(
            &VERSION_IS_ETAG,
            &[&format!("meta.version like the ETag {etag}")],
            format!("meta.version {version}"),
            Some("/meta/version".into()),
        );
    }
}

/// The opaque part of an entity tag, so that quoting and weakness count for nothing.
fn opaque(tag: &str) -> &str {
    tag.trim().trim_start_matches("W/").trim_matches('"')
}

/// Judges a resource for itself. `at` is the JSON Pointer to it; `partial` says that the client asked
/// for some attributes only.
fn one(kind: Kind, resource: &Value, at: &str, partial: bool, verdicts: &mut Verdicts<'_>) {
    if !resource.is_object() {
        return;
    }
    let pointer = |below: &str| Some(format!("{at}{below}"));
    for mismatch in kind.document().mismatches(resource) {
        let place = if mismatch.pointer.is_empty() {
            "the resource".to_owned()
        } else {
            format!("`{}`", mismatch.pointer)
        };
        verdicts.fail(
            &SCHEMA,
            &["the type that the RFC gives the attribute"],
            format!("{place}: {}", mismatch.message),
            pointer(&mismatch.pointer),
        );
    }
    match member(resource, "id") {
        Some(Value::String(id)) if !id.is_empty() && !id.contains("bulkId") => {
            if let Err(reason) = segment(id) {
                verdicts.fail(&ID, &["an id that the URI of the resource can hold"], reason, pointer("/id"));
            }
        }
        other => {
            let actual = other.map_or_else(|| "no id".to_owned(), |id| format!("id {id}"));
            verdicts.fail(&ID, &["an id: a string that is not empty"], actual, pointer("/id"));
        }
    }
    if !partial || member(resource, "schemas").is_some() {
        schemas(kind, resource, at, verdicts);
    }
    let required = kind.required();
    let given = member(resource, required).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    if !given && !partial {
        verdicts.fail(
            &REQUIRED,
            &[&format!("`{required}`")],
            "it is missing or empty",
            pointer(&format!("/{required}")),
        );
    }
    if member(resource, "password").is_some_and(|password| !password.is_null()) {
        // The value itself is not repeated.
        verdicts.fail(&PASSWORD, &["no password"], "a password is returned", pointer("/password"));
    }
    for (name, value) in resource.as_object().into_iter().flatten() {
        let Value::Array(items) = value else { continue };
        let primary = items.iter().filter(|item| member(item, "primary") == Some(&Value::Bool(true))).count();
        if primary > 1 {
            verdicts.fail(
                &ONE_PRIMARY,
                &["at most one primary value"],
                format!("{primary} primary values of `{name}`"),
                pointer(&format!("/{name}")),
            );
        }
    }
    if let Some((place, first, second)) = same_name_twice(resource, at) {
        verdicts.fail(
            &NAMES_ONCE,
            &["each attribute once"],
            format!("`{first}` and `{second}`"),
            Some(format!("{place}/{second}")),
        );
    }
    repeated(resource, at, verdicts);
    meta(kind, resource, at, partial, verdicts);
}

fn repeated(resource: &Value, at: &str, verdicts: &mut Verdicts<'_>) {
    for (name, value) in resource.as_object().into_iter().flatten() {
        let Value::Array(items) = value else { continue };
        let mut seen = BTreeSet::new();
        for item in items {
            let text = |key: &str| member(item, key).and_then(Value::as_str);
            let Some(value) = text("value") else { continue };
            if !seen.insert((value, text("type"))) {
                verdicts.fail(
                    &NO_REPEATED_VALUES,
                    &["each value once"],
                    format!("`{value}` more than once in `{name}`"),
                    Some(format!("{at}/{name}")),
                );
                break;
            }
        }
    }
}

fn schemas(kind: Kind, resource: &Value, at: &str, verdicts: &mut Verdicts<'_>) {
    let listed: Vec<&str> = member(resource, "schemas")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let lists = |urn: &str| listed.iter().any(|known| known.eq_ignore_ascii_case(urn));
    let pointer = Some(format!("{at}/schemas"));
    if !lists(kind.urn()) {
        let actual = if listed.is_empty() { "no schemas".to_owned() } else { listed.join(", ") };
        verdicts.fail(&SCHEMAS, &[&format!("schemas with {}", kind.urn())], actual, pointer);
        return;
    }
    for (key, value) in resource.as_object().into_iter().flatten() {
        let extension = key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
        let carries = value.as_object().is_some_and(|fields| fields.values().any(|value| !value.is_null()));
        if extension && carries && !lists(key) {
            verdicts.fail(
                &SCHEMAS,
                &[&format!("schemas with {key}, since the body has that extension")],
                listed.join(", "),
                pointer.clone(),
            );
        }
    }
}

fn meta(kind: Kind, resource: &Value, at: &str, partial: bool, verdicts: &mut Verdicts<'_>) {
    let meta = member(resource, "meta");
    let text = |name: &str| meta.and_then(|meta| member(meta, name)?.as_str());
    let pointer = |below: &str| Some(format!("{at}/meta{below}"));
    if (text("resourceType").is_none() || text("location").is_none()) && !partial {
        verdicts.fail(
            &META,
            &["meta.resourceType and meta.location"],
            "at least one is missing",
            pointer(""),
        );
    }
    if let Some(resource_type) = text("resourceType")
        && resource_type != kind.name()
    {
        verdicts.fail(
            &META_RESOURCE_TYPE,
            &[&format!("\"{}\"", kind.name())],
            format!("\"{resource_type}\""),
            pointer("/resourceType"),
        );
    }
    if let (Some(location), Some(id)) = (text("location"), member(resource, "id").and_then(Value::as_str)) {
        let wanted = format!("{}/{id}", kind.endpoint());
        // A relative one begins at the service's root: `Users/2819c223-…` is RFC 7643's own example (§2.3.7).
        let path = format!("/{}", path_of(location).trim_start_matches('/'));
        // An id may be percent-encoded in the URI in more than one way; only a plain one is compared.
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
        if plain && !path.ends_with(&wanted) {
            verdicts.fail(
                &META_LOCATION,
                &[&format!("a URI that ends in {wanted}")],
                location.to_owned(),
                pointer("/location"),
            );
        }
    }
    let time = |name: &str| text(name)?.parse::<jiff::Timestamp>().ok();
    if let (Some(created), Some(modified)) = (time("created"), time("lastModified"))
        // Some services keep the two with different precision.
        && created.duration_since(modified).as_secs() >= 1
    {
        verdicts.fail(
            &MODIFIED_AFTER_CREATED,
            &["lastModified at or after created"],
            format!("created {created}, lastModified {modified}"),
            pointer("/lastModified"),
        );
    }
}
