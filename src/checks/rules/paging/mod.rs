//! Paging by index (RFC 7644 §3.4.2.4). A service may return fewer resources than asked for.

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    COUNT_ZERO = "paging.count-zero", Must, "RFC 7644 §3.4.2.4 table 6",
        "count=0 returns no resources, and totalResults as without it.",
        "Return totalResults alone.";
    COUNT_NEGATIVE = "paging.count-negative", Must, "RFC 7644 §3.4.2.4 table 6",
        "A negative count means 0.",
        "Take a negative count for 0.";
    START_BELOW_ONE = "paging.start-below-one", Must, "RFC 7644 §3.4.2.4 table 6",
        "A startIndex below 1 means 1.",
        "Take 0 and negative values for 1.";
    TOTAL_IS_OF_ALL_PAGES = "paging.total-is-of-all-pages", Must, DataLoss, "RFC 7644 §3.4.2",
        "totalResults counts all results, on every page the same.",
        "Count before paging; Okta ends an import after one page otherwise.", [Rfc, Okta];
    WALK_IS_COMPLETE = "paging.walk-is-complete", Must, DataLoss, "RFC 7644 §3.4.2.4",
        "The pages together hold every resource once.",
        "Page over a fixed order, with startIndex counted from 1.", [Rfc, Okta];
    ORDER_IS_STABLE = "paging.order-is-stable", Okta, "okta-client §3.16; RFC 7644 §3.4.2.4",
        "Two walks without a write between them give the resources in the same order.",
        "Sort by something that does not change, such as the id.";
    PAST_THE_END = "paging.past-the-end", Should, "RFC 7644 §3.4.2.4",
        "A page that begins after the last resource is empty, with the same totalResults.",
        "Return 200 without resources.";
    PARAMETERS_OPTIONAL = "paging.parameters-optional", Must, "RFC 7644 §3.4.2.4",
        "startIndex and count are optional, alone and together.",
        "Default startIndex to 1 and count to a page size of your own.";
    TOTAL_FOLLOWS_WRITES = "paging.total-follows-writes", Must, "RFC 7644 §3.4.2",
        "totalResults rises by one with a creation and falls by one with a deletion.",
        "Count what is there.";
    LIST_HOLDS_CREATED = "paging.list-holds-created", Must, DataLoss, "RFC 7644 §3.4.2",
        "A user that was created, active or not, is in the list of users.",
        "List every resource, whatever its state.";
    GROUPS = "paging.groups", Must, "RFC 7644 §3.4.2.4",
        "Groups are listed by pages as users are.",
        "Honour startIndex and count on /Groups.", [Rfc, Okta];
    WRONG_VALUES = "paging.wrong-values", Should, "RFC 7644 §3.12 table 8",
        "A startIndex or count that is no number is refused with 400, or ignored.",
        "Answer 400 with scimType invalidValue.";
    KEEPS_FILTER = "paging.keeps-filter", Must, "RFC 7644 §3.4.2.4, §3.4.2.2",
        "The pages of a filtered list together hold what fits the filter, each resource once.",
        "Filter first, and cut the pages from the result.";
    HUGE_VALUES = "paging.huge-values", Should, "RFC 7644 §3.4.2.4, §3.12",
        "A startIndex or count beyond all numbers is answered with an empty page, the largest page, or 400.",
        "Limit the value before you calculate with it.";
    STARTS_ANYWHERE = "paging.starts-anywhere", Must, "RFC 7644 §3.4.2.4",
        "A page begins at startIndex, also where that is no multiple of count.",
        "Skip startIndex - 1 results; do not compute a page number.";
}
