//! `attributes` and `excludedAttributes` (RFC 7644 §3.9, §3.10).

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    ATTRIBUTES = "projection.attributes", Must, "RFC 7644 §3.4.2.5, §3.9",
        "attributes limits a resource to the attributes named, and those that are always returned.",
        "Return what was asked for, and id.";
    ATTRIBUTES_IN_LISTS = "projection.attributes-in-lists", Must, "RFC 7644 §3.4.2.5",
        "attributes limits the resources of a list in the same way.",
        "Apply attributes to every resource of a list.";
    SUB_ATTRIBUTE = "projection.sub-attribute", Must, "RFC 7644 §3.9, §3.10",
        "attributes=name.familyName returns that sub-attribute and no other of name.",
        "Resolve sub-attributes in attributes.";
    ANY_CASE = "projection.any-case", Must, "RFC 7643 §2.1; RFC 7644 §3.9",
        "Names in attributes are matched in any letter case.",
        "Compare attribute names without regard to case.";
    URN_NAME = "projection.urn-name", Must, "RFC 7644 §3.9, §3.10",
        "Names in attributes may carry the schema's URN.",
        "Accept urn:…:User:userName for userName.";
    EXCLUDED_ATTRIBUTES = "projection.excluded-attributes", Must, "RFC 7644 §3.4.2.5, §3.9",
        "excludedAttributes leaves the attributes named out, and no others.",
        "Return the rest as without the parameter.";
    ALWAYS_RETURNED = "projection.always-returned", Must, "RFC 7643 §7; RFC 7644 §3.9",
        "id is returned whatever attributes and excludedAttributes say.",
        "Never leave out what is returned always.";
    EXCLUDED_MEMBERS = "projection.excluded-members", Must, "RFC 7644 §3.4.2.5, §3.9",
        "excludedAttributes=members leaves the members out of groups, alone and in lists.",
        "Honour excludedAttributes on /Groups; large groups need it.";
    // "on any operation that returns a resource […] the default list of attributes SHALL be overridden" (§3.9).
    ON_WRITES = "projection.on-writes", Must, "RFC 7644 §3.9",
        "attributes also limits the resource in the answers to POST, PUT and PATCH.",
        "Apply attributes to every answer that holds a resource.";
    EXCLUDED_SUB_ATTRIBUTE = "projection.excluded-sub-attribute", Must, "RFC 7644 §3.9, §3.10",
        "excludedAttributes=name.familyName leaves that part out and keeps the others.",
        "Take sub-attributes in excludedAttributes.";
    EXCLUDED_URN_NAME = "projection.excluded-urn-name", Must, "RFC 7644 §3.9, §3.10",
        "excludedAttributes takes names that begin with the URN of their schema, of extensions too.",
        "Resolve fully qualified names in excludedAttributes.";
    MULTI_VALUED_SUB_ATTRIBUTE = "projection.multi-valued-sub-attribute", Must, "RFC 7644 §3.9, §3.10",
        "attributes=emails.value returns that part of each value, and no other part.",
        "Take sub-attributes of multi-valued attributes in attributes.";
    EXTENSION_ATTRIBUTE = "projection.extension-attribute", Must, "RFC 7644 §3.9, §3.10",
        "attributes=URN:attribute answers with that attribute of the extension and none of its others.",
        "Resolve qualified names in attributes.";
    EXTENSION_ATTRIBUTE_EXCLUDED = "projection.extension-attribute-excluded", Must, "RFC 7644 §3.9, §3.10",
        "excludedAttributes=URN:attribute answers without that attribute, and with the extension's others.",
        "Resolve qualified names in excludedAttributes.";
    PASSWORD_NEVER = "projection.password-never", Must, Leak, "RFC 7643 §4.1.1, §7; RFC 7644 §3.9",
        "The password is not returned, also when attributes asks for it.",
        "Leave out what is returned never before attributes is looked at.";
}
