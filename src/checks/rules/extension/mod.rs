//! Schema extensions (RFC 7643 §3.3), those of the service's own among them.

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    CREATED = "extension.created", Should, DataLoss, "RFC 7643 §3.3, §7; RFC 7644 §3.3",
        "Values of an extension's published attributes come back from a creation as they were sent.",
        "Store every attribute that /Schemas calls readWrite, in its type.", [Rfc, Okta];
    REPLACED = "extension.replaced", Must, DataLoss, "RFC 7644 §3.5.1; RFC 7643 §3.3",
        "PUT replaces the values of an extension, and keeps all that it is sent.",
        "Take the extension's object from the body like the core attributes.", [Rfc, Okta];
    PATCHED = "extension.patched", Must, DataLoss, "RFC 7644 §3.5.2, §3.10",
        "A PATCH of `URN:attribute` changes that attribute and no other of the extension.",
        "Split the path at the last colon; the URN names the extension.";
    PATCHED_WITHOUT_PATH = "extension.patched-without-path", Must, DataLoss, "RFC 7644 §3.5.2.1, §3.5.2.3",
        "A PATCH without a path and with the extension's object changes the attributes in it, and keeps its others.",
        "Merge the object into the extension.";
    KEPT_BY_CORE_PATCH = "extension.kept-by-core-patch", Must, DataLoss, "RFC 7644 §3.5.2",
        "A PATCH of a core attribute leaves extensions alone.",
        "Change what the operation names.";
}
