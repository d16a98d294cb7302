//! What Okta's provisioning client sends and needs beyond the RFCs.

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    REQUEST_HEADERS = "okta.request-headers", Okta, "okta-client §2.1",
        "A request with the header fields of Okta's client, Accept-Charset among them, is answered as one without.",
        "Ignore header fields that you do not know; refuse nothing because of Accept-Charset.";
    CONTENT_CODING = "okta.content-coding", Okta, "okta-client §2.1; RFC 9110 §12.5.3",
        "Answers to Accept-Encoding: gzip,deflate are plain, or coded by one of the two.",
        "Code answers only as the client asks for it.";
    PARAMETER_ORDER = "okta.parameter-order", Oin, Pedantry, "okta-client §2.2, §9; RFC 3986 §3.4",
        "count before startIndex, as Okta's test suite writes them, is answered like the other order.",
        "Read query parameters by name.";
    EMPTY_LIST_HAS_RESOURCES = "okta.empty-list-has-resources", Oin, "okta-client §3.3, §5",
        "A list without results has an empty Resources, which the RFC leaves open and Okta's support asks for.",
        "Send \"Resources\": [] when nothing is found.";
    NOT_FOUND_IS_UNDERSTOOD = "okta.not-found-is-understood", Okta, "okta-client §3.3, §12.8",
        "A look-up that finds nothing is answered with an empty list, or with 404 and a JSON error; anything else stops the creation.",
        "Answer 200 with totalResults 0.";
    LOOK_UP_FINDS_ONE = "okta.look-up-finds-one", Okta, DataLoss, "okta-client §3.3",
        "The look-up by userName gives exactly one user: Okta links the first that is listed.",
        "Compare userName as a whole, and list each user once.";
    LOOK_UP_SHOWS_THE_USER = "okta.look-up-shows-the-user", Okta, "okta-client §3.3, §3.16, §5",
        "The user in a list is the one that is read by its id, in each attribute that Okta takes from it.",
        "Build the resource in one place, for lists and for single answers.";
    LOOK_UP_WITH_PLUS_SIGNS = "okta.look-up-with-plus-signs", OktaTolerates, "okta-client §2.2",
        "A look-up whose blanks are written as plus signs, as older connectors of Okta did, finds the user.",
        "Decode plus signs in a query as blanks, as forms do; %2B is the plus sign.";
    ANSWER_TIME = "okta.answer-time", OktaTolerates, "okta-client §9",
        "GET /Groups is answered within 600 milliseconds, which Okta's test suite asks for as an option.",
        "Read no more from the store than the page holds.";
    CREATE_CATALOGUE = "okta.create-catalogue", Okta, "okta-client §3.4",
        "A user is created from the body that apps of Okta's catalogue send, with their header fields.",
        "Take the attributes that RFC 7643 defines, in any order, and ignore groups.";
    CREATE_WIZARD = "okta.create-wizard", Okta, "okta-client §3.4",
        "A user is created from the body that apps of the wizard send: an e-mail address without type, no displayName, no locale.",
        "Ask for userName alone; treat everything else as optional.";
    PLACEHOLDER_PASSWORD = "okta.placeholder-password", Okta, "okta-client §3.4, §8.4",
        "The placeholder of eight characters that Okta sends as password with every creation is no reason to refuse it.",
        "Ignore password where passwords are not synchronised, and hold no policy against it.";
    EXTERNAL_ID_OPTIONAL = "okta.external-id-optional", Oin, "okta-client §3.4, §9; RFC 7643 §3.1",
        "A user without externalId, as Okta's test suite sends one, is created.",
        "externalId is optional.", [Rfc, Oin];
    LOCALE_FORMS = "okta.locale-forms", Okta, "okta-client §3.4",
        "A locale with a hyphen or with an underline, which depends on the mapping in Okta, is no reason to refuse a creation.",
        "Take en-US and en_US, or ignore locale.";
    DEFAULT_ATTRIBUTES = "okta.default-attributes", Okta, "okta-client §4",
        "A creation with every attribute of Okta's default mapping is accepted.",
        "Store the attributes that you know and ignore the others.";
    PUBLISHED_ATTRIBUTES_KEPT = "okta.published-attributes-kept", Oin, DataLoss, "okta-client §4, §3.18; RFC 7643 §7",
        "Attributes of the default mapping that /Schemas publishes as writable are stored.",
        "Store what the schema promises, or take it out of the schema.";
    ENTERPRISE_ACCEPTED = "okta.enterprise-accepted", Okta, "okta-client §3.4, §4",
        "A creation with attributes of the enterprise extension is accepted, whether they are stored or not.",
        "Ignore an extension that you do not have; do not refuse the user.";
    PRIMARY_EMAIL = "okta.primary-email", Oin, "okta-client §4, §5",
        "The e-mail address that was sent as primary comes back as primary, which is the one that Okta reads.",
        "Keep primary, and return it.";
    PUT_STALE_FORMATTED = "okta.put-stale-formatted", Okta, DataLoss, "okta-client §3.8, §8.6",
        "A PUT with new parts of the name beside the old name.formatted, which Okta sends back as it was, takes the new parts.",
        "Derive formatted from the parts, or store it; do not refuse the difference.";
    PUT_EMPTY_VALUES = "okta.put-empty-values", Oin, "okta-client §3.8, §9",
        "A PUT with empty texts, nulls and empty arrays, which stand for cleared attributes in Okta, is accepted.",
        "Treat them as absent.";
    PUT_EXTERNAL_ID = "okta.put-external-id", OktaTolerates, "okta-client §3.8, §8.7",
        "A PUT of an account that had no externalId stores the one that Okta adds.",
        "Store externalId from a PUT.";
    PASSWORD_BY_PATCH = "okta.password-by-patch", Okta, "okta-client §3.14",
        "A password in a replace without a path, the password sync of apps from the catalogue, is accepted.",
        "Set the password, or ignore it where passwords are not synchronised.";
    PASSWORD_BY_PUT = "okta.password-by-put", Okta, "okta-client §3.14",
        "A password in a PUT, the password sync of apps from the wizard, is accepted.",
        "Set the password, or ignore it where passwords are not synchronised.";
    PASSWORD_CHANGES_NOTHING_ELSE = "okta.password-changes-nothing-else", Okta, DataLoss, "okta-client §3.14",
        "A new password changes no other attribute of the user, active among them.",
        "Set the password and nothing beside it.";
    LINK_EXISTING = "okta.link-existing", Okta, "okta-client §3.5, §3.8",
        "An account that exists is found, read, and updated by a PUT of what was read with Okta's attributes added: externalId, locale, an empty groups.",
        "Take your own representation with further attributes, and keep the id.";
    REASSIGN_CATALOGUE = "okta.reassign-catalogue", Okta, "okta-client §3.5, §3.11",
        "Unassigned and assigned again by PATCH and PUT, a user has its old id, is active, and has the new profile.",
        "Let each step find what the one before has left.";
    REASSIGN_WIZARD = "okta.reassign-wizard", Okta, "okta-client §3.5, §3.11",
        "Unassigned and assigned again by PUT alone, a user has its old id, is active, and has the new profile.",
        "Let each step find what the one before has left.";
    DEACTIVATE_TWICE = "okta.deactivate-twice", Okta, AccessKept, "okta-client §3.10, §3.15",
        "A retried deactivation of an inactive user succeeds, and it stays inactive.",
        "Answer as for the first time.";
    ACTIVATE_ACTIVE = "okta.activate-active", Okta, "okta-client §3.5",
        "An activation of an active user, which linking sends, succeeds, and it stays active.",
        "Answer as for an inactive user.";
    PUSH_KEEPS_INACTIVE = "okta.push-keeps-inactive", Okta, AccessKept, "okta-client §3.8",
        "A profile update that carries active false does not activate the user.",
        "Change active only to what the PUT says.";
    DELETE_WITH_CONTENT_TYPE = "okta.delete-with-content-type", Okta, "okta-client §2.1, §3.17",
        "A DELETE of a group that has a Content-Type and no body, as Okta prints it, deletes the group.",
        "Read no body where there is none.";
    GROUPS_LIST = "okta.groups-list", Okta, "okta-client §3.2, §3.16",
        "GET /Groups?startIndex=1&count=100, with which Okta verifies and imports groups, is answered with a list.",
        "Answer with a ListResponse, also when there is no group yet.";
    GROUP_LOOK_UP_EXACT = "okta.group-look-up-exact", Okta, DataLoss, "okta-client §3.17; RFC 7644 §3.4.2.2",
        "The look-up of a group finds the group of that name, and none whose name only begins with it or ends in it.",
        "Compare displayName as a whole.", [Rfc, Okta];
    GROUP_LOOK_UP_NAMES = "okta.group-look-up-names", Okta, "okta-client §3.17; RFC 7644 §3.4.2.2",
        "A group is found by its name with blanks, apostrophes, ampersands, quotes, plus and percent signs and letters of any script.",
        "Decode the query once, and read the value as a JSON string.", [Rfc, Okta];
    GROUP_CREATE_ANSWER = "okta.group-create-answer", Okta, "okta-client §3.17",
        "The answer to a group's creation has its id and displayName.",
        "Return the group in the body of the 201.";
    GROUP_PUSH_WIZARD = "okta.group-push-wizard", Okta, "okta-client §3.17",
        "After a creation with members, a read and a PUT of name and members, as wizard apps push a group, it has these members.",
        "Take members with value and display in a PUT.";
    MEMBER_DISPLAY_NULL = "okta.member-display-null", Must, "okta-client §3.17, §8.13",
        "Members with display null in a PUT are taken.",
        "Treat null as absent (RFC 7643 §2.5).";
    GROUP_RENAME_UNCHANGED = "okta.group-rename-unchanged", Okta, "okta-client §3.17, §8.3",
        "The rename that Okta sends with each change of members, although the name is the same, succeeds and changes nothing.",
        "Leave the group itself out when looking for a conflict of names.";
    GROUP_RENAME_AND_MEMBERS = "okta.group-rename-and-members", Okta, DataLoss, "okta-client §3.17, §8.3",
        "A rename and a change of members, one request after the other, are both there afterwards, whichever comes first.",
        "Change the attribute that the request names, and keep the others.";
    PUSH_NOW_WITHOUT_PATH = "okta.push-now-without-path", Must, AccessKept, "okta-client §3.17",
        "replace without a path and with id, displayName and an empty members in its value empties the group.",
        "Treat it as a replace of each member of the value.";
    GROUP_PUSH_AGAIN = "okta.group-push-again", Okta, "okta-client §3.17",
        "A group that was deleted by unlinking can be pushed again under the same name.",
        "Free the name with the group.";
    HUNDRED_REMOVALS = "okta.hundred-removals", Okta, AccessKept, "okta-client §3.17",
        "A hundred removals in one request, Okta's largest portion, remove these members and no others.",
        "Set no limit below a hundred operations, and select by value.";
    PUSH_NOW_LARGE = "okta.push-now-large", Okta, AccessKept, "okta-client §3.17",
        "replace of members with more than a hundred, Okta's Push Now, leaves exactly these.",
        "Take the whole list; store it as a whole.";
    PUT_LARGE = "okta.put-large", Okta, AccessKept, "okta-client §3.17",
        "A PUT with more than a hundred members, which wizard apps do not portion, leaves exactly these.",
        "Take the whole list; store it as a whole.";
    IMPORT_COMPLETE = "okta.import-complete", Okta, DataLoss, "okta-client §3.16",
        "An import in pages of 100, with startIndex 1, 101, 201 and so on as long as totalResults says more, sees every user once.",
        "Count all users in totalResults, and keep one order over all pages.";
    IMPORT_FULL_PAGES = "okta.import-full-pages", Oin, "okta-client §3.16, §12.12",
        "A page asked for with count=100 holds 100 users while there are more; Okta goes on in steps of 100.",
        "Return as many resources as are asked for, up to 100 at least.";
}
