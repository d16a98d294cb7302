//! ListResponse: its counters and its resources (RFC 7644 §3.4.2).

#[cfg(test)]
pub(in crate::checks) mod cases;
pub(in crate::checks) mod faults;
pub(in crate::checks) mod watch;

use crate::checks::requirement::requirements;

requirements! {
    SCHEMA = "list.schema", Must, SyncStops, "RFC 7644 §3.4.2",
        "A list is a ListResponse: its URN, totalResults, and counters that are integers.",
        "Send numbers as JSON numbers and Resources as an array.";
    COUNTERS_WHEN_PARTIAL = "list.counters-when-partial", Must, "RFC 7644 §3.4.2",
        "A page that is not the whole result has startIndex and itemsPerPage.",
        "Add both to every list.";
    COUNTERS_PRESENT = "list.counters-present", Oin, "okta-client §5",
        "Every list has startIndex and itemsPerPage; Okta's own tests ask for both.",
        "Add both to every list, the empty one included.";
    TOTAL_RESULTS = "list.total-results", Must, "RFC 7644 §3.4.2",
        "totalResults is at least the number of resources on the page.",
        "Count all resources that fit the query, before paging.";
    ITEMS_PER_PAGE = "list.items-per-page", Must, "RFC 7644 §3.4.2",
        "itemsPerPage is the number of resources on the page.",
        "Set itemsPerPage to the length of Resources, not to the count asked for.";
    PAGE_SIZE = "list.page-size", Must, "RFC 7644 §3.4.2.4 table 6",
        "A page holds no more resources than the client asked for with count.",
        "Honour count.";
    START_INDEX = "list.start-index", Must, "RFC 7644 §3.4.2.4 table 7",
        "startIndex is the index of the first resource on the page.",
        "Return the startIndex of the request.";
    RESOURCES_PRESENT = "list.resources-present", Must, "RFC 7644 §3.4.2",
        "A list with results has Resources.",
        "Return the resources.";
    NO_DUPLICATES = "list.no-duplicates", Must, "RFC 7643 §3.1",
        "No two resources of a list have the same id.",
        "List each resource once.";
    USERS = "list.users", Okta, "RFC 7644 §3.4.2; okta-client §3.1",
        "GET /Users?startIndex=1&count=2, Okta's test of the credentials, is answered with 200 and a list.",
        "Answer with a ListResponse, also when there is no user yet.";
    LIKE_READ = "list.like-read", Should, "RFC 7643 §7; RFC 7644 §3.4.2, §3.9",
        "A user in a list has the attributes that it has when it is read by itself, extensions included.",
        "Build both from one function.";
}
