//! Sorting (RFC 7644 §3.4.2.3), where a service offers it.

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    ASCENDING = "sort.ascending", Must, "RFC 7644 §3.4.2.3",
        "sortBy orders the results by the attribute, ascending unless sortOrder says otherwise.",
        "Sort before paging, and default to ascending.";
    DESCENDING = "sort.descending", Must, "RFC 7644 §3.4.2.3",
        "sortOrder=descending reverses the order.",
        "Honour sortOrder.";
    LETTER_CASE = "sort.letter-case", Must, "RFC 7644 §3.4.2.3",
        "Attributes that are not case-exact are sorted without regard to case.",
        "Fold the case before comparing.";
    SUB_ATTRIBUTE = "sort.sub-attribute", Must, "RFC 7644 §3.4.2.3, §3.10",
        "sortBy takes a sub-attribute such as name.familyName.",
        "Resolve attribute paths with a dot.";
    PAGES = "sort.pages", Must, "RFC 7644 §3.4.2.3, §3.4.2.4",
        "The pages of a sorted list, one after the other, are in order.",
        "Sort first, and cut the pages from the result.";
    PRIMARY = "sort.primary", Must, "RFC 7644 §3.4.2.3",
        "Sorting by emails.value goes by the primary address, or by the first where none is primary.",
        "Sort by the primary value.";
    ABSENT_LAST = "sort.absent-last", Must, "RFC 7644 §3.4.2.3",
        "Resources without the attribute that is sorted by come last when ascending, and first when descending.",
        "Put absent values behind all others.";
}
