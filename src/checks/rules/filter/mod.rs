//! Filters (RFC 7644 §3.4.2.2). Which attributes can be compared is left open: a service may refuse a filter as invalidFilter.

#[cfg(test)]
pub(in crate::checks) mod cases;
pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;
pub(in crate::checks) mod watch;

use crate::checks::requirement::requirements;

requirements! {
    NO_MATCH_IS_200 = "filter.no-match-is-200", Must, "RFC 7644 §3.4.2",
        "A query that fits nothing is answered with 200 and totalResults 0.",
        "Answer with an empty list instead of an error. Okta copes with a 404 here; other clients do not.";
    MATCHES = "filter.matches", Must, DataLoss, "RFC 7644 §3.4.2.2",
        "A filtered list holds only resources that fit the filter.",
        "Apply the filter, or refuse it with 400 invalidFilter.";
    FINDS_EXISTING = "filter.finds-existing", Okta, DataLoss, "okta-client §3.3",
        "A look-up by userName finds every user that exists, also an inactive one; else Okta creates a second one and gets a 409.",
        "Let the filter see all users, right after the creation and while they are inactive.";
    USER_NAME_EQ = "filter.user-name-eq", Okta, "RFC 7644 §3.4.2.2; okta-client §3.3",
        "A look-up by userName eq with startIndex and count, as Okta sends it before each creation, finds the user.",
        "Support the filter userName eq \"…\" on /Users.";
    EQ = "filter.eq", Must, "RFC 7644 §3.4.2.2 table 3",
        "eq finds the resources whose attribute equals the value, and no others.",
        "Compare the whole value; a part of it is not equal.";
    NE = "filter.ne", Must, "RFC 7644 §3.4.2.2 table 3",
        "ne finds the resources whose attribute has another value.",
        "Implement ne as the opposite of eq.";
    CO = "filter.co", Must, "RFC 7644 §3.4.2.2 table 3",
        "co finds the resources whose attribute contains the value.",
        "Match anywhere in the value, without wildcards.";
    SW = "filter.sw", Must, "RFC 7644 §3.4.2.2 table 3",
        "sw finds the resources whose attribute starts with the value.",
        "Match at the start of the value only.";
    EW = "filter.ew", Must, "RFC 7644 §3.4.2.2 table 3",
        "ew finds the resources whose attribute ends with the value.",
        "Match at the end of the value only.";
    PR = "filter.pr", Must, "RFC 7644 §3.4.2.2 table 3",
        "pr finds the resources whose attribute has a value.",
        "Treat null, empty and absent attributes as not present.";
    STRING_ORDER = "filter.string-order", Must, "RFC 7644 §3.4.2.2 table 3",
        "gt, ge, lt and le compare strings in lexicographical order.",
        "Compare strings, and let ge and le include the value itself.";
    DATE_TIME = "filter.date-time", Must, "RFC 7644 §3.4.2.2 table 3; RFC 7643 §2.3.5",
        "gt, ge, lt and le compare a dateTime as an instant, whatever its offset.",
        "Parse both sides as RFC 3339 and compare the instants.";
    BOOLEAN_HAS_NO_ORDER = "filter.boolean-has-no-order", Must, "RFC 7644 §3.4.2.2 table 3",
        "gt, ge, lt and le on a boolean are refused with 400 invalidFilter.",
        "Refuse an order on types that have none.";
    AND = "filter.and", Must, "RFC 7644 §3.4.2.2 table 4",
        "and finds what both sides find.",
        "Return only resources that fit both sides.";
    OR = "filter.or", Must, "RFC 7644 §3.4.2.2 table 4",
        "or finds what either side finds.",
        "Return resources that fit at least one side.";
    NOT = "filter.not", Must, "RFC 7644 §3.4.2.2 table 4",
        "not finds what its expression does not find.",
        "Invert the expression in the parentheses.";
    PRECEDENCE = "filter.precedence", Must, "RFC 7644 §3.4.2.2",
        "and binds tighter than or, and not tighter than both.",
        "Build the expression tree by the RFC's order of precedence.";
    GROUPING = "filter.grouping", Must, "RFC 7644 §3.4.2.2 table 5",
        "Parentheses change the order of evaluation.",
        "Evaluate what stands in parentheses first.";
    ATTRIBUTE_NAMES_ANY_CASE = "filter.attribute-names-any-case", Must, "RFC 7644 §3.4.2.2",
        "Attribute names in a filter are matched in any letter case.",
        "Compare attribute names without regard to case.";
    OPERATORS_ANY_CASE = "filter.operators-any-case", Must, "RFC 7644 §3.4.2.2",
        "Operators in a filter are matched in any letter case.",
        "Compare operators without regard to case.";
    VALUE_ANY_CASE = "filter.value-any-case", Must, SyncStops, "RFC 7643 §2.2, §4.1.1; RFC 7644 §3.4.2.2",
        "Values of attributes that are not case-exact, such as userName, are compared without regard to case.",
        "Fold both sides before comparing where caseExact is false.", [Rfc, Okta];
    EXTERNAL_ID_EXACT = "filter.external-id-exact", Must, "RFC 7643 §3.1",
        "externalId is compared with regard to case.",
        "Compare externalId exactly.";
    BY_ID = "filter.by-id", Must, "RFC 7643 §3.1; RFC 7644 §3.4.2.2",
        "A filter by id finds the resource of that id alone.",
        "Let filters see id.";
    BY_EXTERNAL_ID = "filter.by-external-id", Must, "RFC 7643 §3.1; RFC 7644 §3.4.2.2",
        "A filter by externalId finds the resource that has it.",
        "Let filters see externalId; it exists so that clients can find their resources.";
    SUB_ATTRIBUTE = "filter.sub-attribute", Must, "RFC 7644 §3.4.2.2, §3.10",
        "A filter by a sub-attribute, such as name.familyName, compares that sub-attribute.",
        "Resolve attribute paths with a dot.";
    URN_NAME = "filter.urn-name", Must, "RFC 7644 §3.10",
        "An attribute name with the schema's URN before it means the same attribute.",
        "Accept urn:…:User:userName for userName.";
    MULTI_VALUED = "filter.multi-valued", Must, "RFC 7644 §3.4.2.2",
        "A filter by a multi-valued attribute fits when any of its values fits.",
        "Compare each value; one that fits is enough.";
    VALUE_PATH = "filter.value-path", Must, "RFC 7644 §3.4.2.2",
        "The conditions in emails[…] must hold for one and the same value.",
        "Evaluate the expression in brackets for each value by itself.";
    VALUE_PATH_LOGIC = "filter.value-path-logic", Must, "RFC 7644 §3.4.2.2, erratum 7322",
        "An or inside emails[…] is evaluated.",
        "Take the whole filter grammar inside brackets.";
    ESCAPES = "filter.escapes", Must, "RFC 7644 §3.4.2.2; RFC 8259 §7",
        "A quote and a backslash in a value are written as JSON strings write them.",
        "Parse the value as a JSON string.";
    SPECIAL_CHARACTERS = "filter.special-characters", Must, "RFC 7644 §3.4.2.2, §3.4.2; RFC 3986 §2.1",
        "Characters such as +, &, #, ' and those of other scripts are compared as themselves.",
        "Decode the query once, as percent-encoding; + stands for itself when it came as %2B.";
    NO_WILDCARDS = "filter.no-wildcards", Must, "RFC 7644 §3.4.2.2",
        "%, _ and * in a value are ordinary characters.",
        "Escape what the database takes for a wildcard.";
    MALFORMED = "filter.malformed", Must, "RFC 7644 §3.4.2.2, §3.12 table 9",
        "A text that is no filter is refused with 400.",
        "Refuse what does not parse; never return everything instead.";
    MALFORMED_SCIM_TYPE = "filter.malformed-scim-type", Must, Pedantry, "RFC 7644 §3.4.2.2",
        "The 400 for a filter that is not understood has the scimType invalidFilter.",
        "Add \"scimType\": \"invalidFilter\".";
    UNKNOWN_ATTRIBUTE = "filter.unknown-attribute", Must, "RFC 7644 §3.4.2.2",
        "A filter by an attribute that does not exist finds nothing, or is refused.",
        "Never return resources that the filter does not fit.";
    NOTHING = "filter.nothing", Must, SyncStops, "RFC 7644 §3.4.2",
        "A filter that fits nothing is answered with 200, totalResults 0 and no Resources.",
        "Return an empty ListResponse.", [Rfc, Okta];
    TOTAL = "filter.total", Must, "RFC 7644 §3.4.2",
        "totalResults of a filtered list counts what fits the filter.",
        "Count after filtering and before paging.";
    ALL_OPERATORS = "filter.all-operators", May, "RFC 7644 §3.4.2.2 tables 3 to 5",
        "A service that filters knows every operator of the RFC.",
        "Implement the missing operators; refusing them with 400 is the least.";
    GROUP_DISPLAY_NAME = "filter.group-display-name", Okta, "okta-client §3.17; RFC 7644 §3.4.2.2",
        "The look-up of a group by displayName eq finds it, and no other.",
        "Support displayName eq on /Groups.", [Rfc, Okta];
    GROUP_BY_MEMBER = "filter.group-by-member", Must, "RFC 7644 §3.4.2.2",
        "A filter of groups by members.value finds the groups of that member, where it is not refused.",
        "Compare the value of each member.";
    EXTENSION_ATTRIBUTE = "filter.extension-attribute", Must, "RFC 7644 §3.10, §3.4.2.2",
        "A filter by an attribute of the enterprise extension compares that attribute.",
        "Resolve attribute names that begin with the extension's URN.";
    GROUP_NAME_ANY_CASE = "filter.group-name-any-case", Must, "RFC 7643 §2.2, §8.7.1; RFC 7644 §3.4.2.2",
        "A group is found by its displayName in another letter case, where the published schema says that case does not count.",
        "Compare by caseExact of the attribute, or publish caseExact true.";
    PR_COMPLEX = "filter.pr-complex", Must, "RFC 7644 §3.4.2.2 table 3",
        "pr of a complex or multi-valued attribute fits when it has a value that is not empty.",
        "Look for a node that is not empty, not for a text.";
    SCHEMAS = "filter.schemas", Must, "RFC 7644 §3.4.2.2",
        "A filter by schemas selects the resources that have such a schema.",
        "Let filters see schemas.";
    DEFAULTED_VALUE = "filter.defaulted-value", Must, "RFC 7644 §3.4.2.2",
        "A filter sees the values that the service gave an attribute itself, as it returned them.",
        "Store the default when the resource is written, instead of adding it when it is shown.";
    PUBLISHED_EXTENSION = "filter.published-extension", Must, "RFC 7644 §3.4.2.2, §3.10",
        "A filter by URN:attribute finds the user who has the value, or is refused with a 4xx.",
        "Resolve qualified names in filters, for every published extension.";
    NOT_OF_ABSENT = "filter.not-of-absent", Must, "RFC 7644 §3.4.2.2 table 4",
        "not(…) is true of a user who does not have the attribute inside.",
        "Negate the result; in SQL, a comparison with NULL is neither true nor false.";
    PR_OF_ABSENT = "filter.pr-of-absent", Must, "RFC 7644 §3.4.2.2 table 3",
        "pr does not match a user without a value, also for attributes with several values.",
        "Match where there is at least one value that is not empty.";
}
