//! Odd values: scripts, punctuation, lengths, nulls (RFC 7643 §2.3, §2.5, RFC 8259).

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    SCRIPTS = "values.scripts", Should, DataLoss, "RFC 7644 §3.8; RFC 7643 §2.3.1",
        "Names in any script, with accents, emoji and right-to-left letters, come back as they were sent.",
        "Store text as Unicode, without normalising or cutting it.";
    PUNCTUATION = "values.punctuation", Should, DataLoss, "RFC 7643 §2.3.1; RFC 8259 §7",
        "Apostrophes, quotes, backslashes, angle brackets and percent signs come back as they were sent.",
        "Neither escape nor strip what is stored.";
    USER_NAMES = "values.user-names", Okta, "okta-client §2.2, §3.3",
        "A user whose userName has a plus sign or an apostrophe is found by it.",
        "Decode the query once; %2B is a plus sign.";
    LONG = "values.long", Should, DataLoss, "RFC 7644 §3.12",
        "A very long value is stored whole, or refused with a 4xx; it is not cut off.",
        "Answer 400 with scimType invalidValue, or 413.";
    EMPTY = "values.empty", May, "RFC 7643 §2.5",
        "An empty text is stored or taken as absent, and is no error.",
        "Accept empty strings, which directories send.";
    GROUP_NAMES = "values.group-names", Should, DataLoss, "RFC 7643 §2.3.1; RFC 7644 §3.8",
        "A displayName of a group in any script, with accents, emoji and punctuation, comes back as it was sent.",
        "Store text as Unicode, without escaping, normalising or cutting it.", [Rfc, Okta];
    FOUND_BY_FILTER = "values.found-by-filter", Must, SyncStops, "RFC 7644 §3.4.2.2; RFC 7643 §2.3.1",
        "A user whose userName is in any script, or holds marks that mean something elsewhere, is found by it.",
        "Decode the query as UTF-8, once; compare text as it is stored.", [Rfc, Okta];
    COMBINING_FORMS = "values.combining-forms", May, "RFC 7644 §5; RFC 7643 §2.3.1",
        "A name whose accents are letters of their own, and one with the accents combined, are each found as they were sent.",
        "Compare both in one normalisation form, or both as they are.";
    BLANKS = "values.blanks", Must, "RFC 7644 §3.4.2.2, §3.3",
        "A user whose userName was sent with blanks around it is refused, or is found by the name that the service shows.",
        "Trim before you store and before you compare, or in neither place.";
    CONTROL_CHARACTERS = "values.control-characters", Should, DataLoss, "RFC 8259 §7; okta-client §8.16",
        "Control characters and invisible letters in a value are stored, taken away or refused; what is returned is JSON.",
        "Escape control characters when you write JSON; answer 400 invalidValue for what you do not take.", [Rfc, Okta];
    JSON_ESCAPES = "values.json-escapes", Must, "RFC 8259 §7; RFC 7644 §3.8",
        "Escapes of JSON, \\u00e9 and surrogate pairs among them, mean the letters that they stand for.",
        "Parse requests with a JSON parser.";
    LONG_NAMES = "values.long-names", Should, DataLoss, "RFC 7644 §3.12",
        "A very long userName, displayName of a group or e-mail address is stored whole, or refused with a 4xx.",
        "Answer 400 with scimType invalidValue, or 413; cut nothing off.";
    LONG_FILTER = "values.long-filter", Should, "RFC 7644 §3.12, §7.5.2; RFC 9110 §15.5.15",
        "A very long filter is evaluated, or refused with a 4xx.",
        "Answer 400 invalidFilter, 414 or 431.";
    DEEP_NESTING = "values.deep-nesting", Should, "RFC 8259 §9; RFC 7644 §3.12",
        "A body that is nested very deep, sent to a user that does not exist, is refused with a 4xx.",
        "Limit the depth that is parsed, and answer 400 invalidSyntax.";
    MANY_VALUES = "values.many-values", Should, DataLoss, "RFC 7643 §2.4; RFC 7644 §3.12",
        "Fifty values of one attribute are stored, or refused with a 4xx; the rest is not dropped.",
        "Store all values, or answer 400 invalidValue.";
    EMPTY_USER_NAME = "values.empty-user-name", Must, "RFC 7643 §4.1.1",
        "An empty userName is refused, or replaced by one that is not empty.",
        "Answer 400 with scimType invalidValue.";
    NULL_IN_PUT = "values.null-in-put", Must, "RFC 7643 §2.5; RFC 7644 §3.5.1",
        "null and empty arrays in a PUT mean the same as an absent attribute.",
        "Treat null and [] as unassigned; do not refuse or store them.";
    NULL_COMPLEX = "values.null-complex", Must, "RFC 7643 §2.5",
        "null for a complex attribute, for one of its parts or for an extension is the same as its absence.",
        "Treat null as unassigned at every level.";
    LOOK_ALIKES = "values.look-alikes", Should, DataLoss, "RFC 7643 §2.3.1, §7",
        "Texts that look like numbers, booleans, times or nothing come back as they were sent.",
        "Keep a string a string; convert nothing on its way in or out.";
    LINES = "values.lines", Should, DataLoss, "RFC 7643 §4.1.2, §2.3.1",
        "An address of several lines comes back with its lines.",
        "Store line breaks.";
    LARGE_BODIES = "values.large-bodies", Should, "RFC 7644 §3.12; RFC 8259 §2",
        "A body of 40 000 bytes is read to its end, or refused with 413.",
        "Read until Content-Length is reached; raise the limit of the framework.", [Rfc, Okta];
}
