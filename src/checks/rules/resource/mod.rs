//! One resource, wherever it stands: its types, id, schemas and meta (RFC 7643 §2, §3).

#[cfg(test)]
pub(in crate::checks) mod cases;
pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;
pub(in crate::checks) mod watch;

use crate::checks::requirement::requirements;

requirements! {
    SCHEMA = "resource.schema", Must, "RFC 7643 §4, §2.3",
        "Attributes have the types that the RFC gives them.",
        "Return the attribute with its type: booleans unquoted, multi-valued attributes as arrays, dates by RFC 3339.";
    ID = "resource.id", Must, "RFC 7643 §3.1",
        "Every resource has an id: a string that is not empty and does not hold the word bulkId.",
        "Return the id as a string.";
    ID_STABLE = "resource.id-stable", Must, "RFC 7643 §3.1",
        "The id of a resource never changes, and is the one in its URI.",
        "Return the resource that was asked for, with its own id.";
    SCHEMAS = "resource.schemas", Must, "RFC 7643 §3",
        "schemas lists the core schema and every extension that the resource carries.",
        "List the URN of the core schema and of each extension whose attributes are in the body.";
    REQUIRED = "resource.required", Must, "RFC 7643 §4.1.1, §4.2",
        "A user has a userName and a group a displayName, in every full representation.",
        "Return the required attribute.";
    META = "resource.meta", Oin, "okta-client §3.3",
        "A resource has meta with resourceType and location, as Okta's documentation asks.",
        "Return meta.resourceType and meta.location.";
    META_RESOURCE_TYPE = "resource.meta-resource-type", Must, "RFC 7643 §3.1",
        "meta.resourceType is the name of the resource's type.",
        "Return User for users and Group for groups.";
    META_LOCATION = "resource.meta-location", Must, "RFC 7643 §3.1",
        "meta.location is the URI of the resource itself.",
        "End meta.location in the resource's own endpoint and id.";
    PASSWORD = "resource.password", Must, Leak, "RFC 7643 §4.1.1, §7",
        "A password is never returned, in whatever form.",
        "Leave password out of every answer.";
    ONE_PRIMARY = "resource.one-primary", Must, "RFC 7643 §2.4",
        "At most one value of a multi-valued attribute is primary.",
        "Clear the old primary value when a new one is set.";
    NO_REPEATED_VALUES = "resource.no-repeated-values", Should, Pedantry, "RFC 7643 §2.4",
        "A multi-valued attribute holds no value twice with the same type.",
        "Adding a value that is there already changes nothing (RFC 7644 §3.5.2.1).";
    VERSION_IS_ETAG = "resource.version-is-etag", Must, "RFC 7643 §3.1",
        "meta.version has the value of the ETag header field.",
        "Take both from one place.";
    MODIFIED_AFTER_CREATED = "resource.modified-after-created", Must, "RFC 7643 §3.1",
        "lastModified is not before created.",
        "Set lastModified on every change.";
    LOCATION_HOST = "resource.location-host", Should, "RFC 7643 §3.1; RFC 7644 §3.3",
        "Locations lead to the host that the client speaks to.",
        "Take the public base URL for locations, not the name that the server has behind its proxy.";
    TIMES_ARE_TRUE = "resource.times-are-true", Should, "RFC 7643 §3.1, §2.3.5",
        "meta.created of a new resource is the time of its creation, by the service's own Date.",
        "Write times in UTC; Z does not stand for the local time.";
    NAMES_ONCE = "resource.names-once", Should, Pedantry, "RFC 7643 §2.1; RFC 8259 §4",
        "No object holds the same attribute twice, under names that differ in letter case alone.",
        "Attribute names are case-insensitive: find the attribute under any spelling, and store it once.";
}
