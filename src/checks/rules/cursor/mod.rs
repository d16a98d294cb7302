//! Paging by cursor (RFC 9865), where a service offers it.

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    FIRST_PAGE = "cursor.first-page", Must, "RFC 9865 §2",
        "An empty cursor starts the query: the first page comes, with nextCursor when there is more.",
        "Treat cursor= like the first request of a walk.";
    WALK_IS_COMPLETE = "cursor.walk-is-complete", Must, "RFC 9865 §2",
        "Following nextCursor leads to every resource once, and the last page has none.",
        "Give nextCursor on every page but the last.";
    COUNT = "cursor.count", Must, "RFC 9865 §2",
        "A page holds no more resources than count.",
        "Honour count with cursors too.";
    CHARACTERS = "cursor.characters", Must, "RFC 9865 §2",
        "Cursors consist of unreserved characters.",
        "Encode cursors as base64url without padding, or in hexadecimal digits.";
    NO_PREVIOUS_ON_FIRST = "cursor.no-previous-on-first", Must, "RFC 9865 §2",
        "The first page has no previousCursor.",
        "Leave previousCursor out there.";
    INVALID = "cursor.invalid", Should, "RFC 9865 §2.1",
        "A cursor that was never given is refused with 400 invalidCursor.",
        "Answer 400 with scimType invalidCursor.";
    CONFIGURATION = "cursor.configuration", Must, "RFC 9865 §4",
        "pagination in ServiceProviderConfig has cursor and index as booleans.",
        "Return both.";
    KEEPS_FILTER = "cursor.keeps-filter", Must, "RFC 9865 §2",
        "The pages that cursors lead to hold only what fits the filter, and all of it.",
        "Keep the query with the cursor, or take it from each request.";
    ENDS = "cursor.ends", Must, "RFC 9865 §2",
        "Following nextCursor comes to an end: the last page has none.",
        "Leave nextCursor out of the last page.";
    OTHER_CREDENTIAL = "cursor.other-credential", Must, Leak, "RFC 9865 §5.2",
        "A cursor shows nothing to the credential of another tenant.",
        "Check the credential on every page, not only on the first.";
    NEGATIVE_COUNT = "cursor.negative-count", Must, "RFC 9865 §2 table 1",
        "A negative count with a cursor means 0.",
        "Take a negative count for 0.";
    DEFAULT_METHOD = "cursor.default-method", Must, "RFC 9865 §2.4, §4",
        "A query without cursor and startIndex is answered by the method that defaultPaginationMethod names.",
        "Return nextCursor to such a query where the default is cursor, or publish index.";
}
