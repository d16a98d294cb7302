//! Queries by POST (RFC 7644 §3.4.3) and at the root (§3.4.2.1).

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    LIKE_GET = "search.like-get", Must, "RFC 7644 §3.4.3",
        "A query by POST to /Users/.search gives what the same query by GET gives.",
        "Share one implementation between both.";
    ATTRIBUTES = "search.attributes", Must, "RFC 7644 §3.4.3",
        "attributes in the body of a search is an array of names and limits the resources.",
        "Honour attributes and excludedAttributes in the body.";
    PAGES = "search.pages", Must, "RFC 7644 §3.4.3",
        "startIndex and count in the body of a search are honoured.",
        "Honour startIndex and count in the body.";
    ROOT = "search.root", Must, "RFC 7644 §3.4.2.1, §3.4.3",
        "A query at the root finds resources of every type.",
        "Search all resource types there, or answer 501.";
    EXCLUDED_ATTRIBUTES = "search.excluded-attributes", Must, "RFC 7644 §3.4.3, §3.9",
        "excludedAttributes in a query by POST takes those attributes away, and no others.",
        "Evaluate the body of .search with the code that evaluates the parameters of GET.";
    SORT = "search.sort", Must, "RFC 7644 §3.4.3, §3.4.2.3",
        "sortBy and sortOrder in a query by POST order its results, where sorting is claimed.",
        "Evaluate the body of .search with the code that evaluates the parameters of GET.";
    ROOT_ABSENT_ATTRIBUTE = "search.root-absent-attribute", Must, "RFC 7644 §3.4.2.1",
        "In a query at the root, an attribute that a resource type does not have counts as absent.",
        "Evaluate the filter for each resource; an attribute of another type has no value.";
    ROOT_BY_TYPE = "search.root-by-type", Must, "RFC 7644 §3.4.2.1",
        "In a query at the root, meta.resourceType selects resources of one type.",
        "Let filters see meta.resourceType.";
}
