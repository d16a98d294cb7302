//! Groups and their members (RFC 7643 §4.2, RFC 7644 §3.5.2).

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    CREATED_WITH_MEMBERS = "group.created-with-members", Okta, DataLoss, "okta-client §3.17; RFC 7644 §3.3",
        "A group that is created with members, each with value and display, has them.",
        "Store the members of a creation.";
    CREATED_EMPTY = "group.created-empty", Okta, "okta-client §3.17; RFC 7643 §4.2",
        "A group can be created with an empty members.",
        "Take an empty array as no members.", [Rfc, Okta];
    LIST_SHOWS_MEMBERS = "group.list-shows-members", Should, "RFC 7643 §4.2, §7; RFC 7644 §3.4.2",
        "Groups in a list show their members, as the group itself does.",
        "Return members in lists too, unless the client leaves them out.";
    ADD_KEEPS_OTHERS = "group.add-keeps-others", Okta, DataLoss, "okta-client §3.17; RFC 7644 §3.5.2.1",
        "add of members keeps those that are there.",
        "Append to the members; do not replace them.", [Rfc, Okta];
    ADD_SEVERAL = "group.add-several", Okta, DataLoss, "okta-client §3.17; RFC 7644 §3.5.2.1",
        "add of several members in one operation adds all of them.",
        "Go through the whole array.", [Rfc, Okta];
    ADD_EXISTING = "group.add-existing", Okta, "okta-client §3.17; RFC 7644 §3.5.2.1",
        "add of a member that is there already succeeds and changes nothing.",
        "Leave the membership as it is, and answer as for any success.", [Rfc, Okta];
    REMOVE_BY_FILTER = "group.remove-by-filter", Okta, AccessKept, "okta-client §3.17; RFC 7644 §3.5.2.2",
        "remove with members[value eq \"…\"] removes that member and no other.",
        "Remove the members that the filter selects.", [Rfc, Okta];
    REMOVE_SEVERAL = "group.remove-several", Okta, DataLoss, "okta-client §3.17; RFC 7644 §3.5.2.2",
        "Several removals in one request remove each member named and no other.",
        "Select by value, not by position: positions shift with each removal.", [Rfc, Okta];
    MIXED_CHANGES = "group.mixed-changes", Okta, DataLoss, "okta-client §3.17; RFC 7644 §3.5.2",
        "Removals and an addition in one request are all applied.",
        "Apply every operation in its order.", [Rfc, Okta];
    REPLACE_MEMBERS = "group.replace-members", Okta, AccessKept, "okta-client §3.17; RFC 7644 §3.5.2.3",
        "replace of members, Okta's Push Now, leaves exactly the members given.",
        "Replace the whole list.", [Rfc, Okta];
    REPLACE_WITH_NOTHING = "group.replace-with-nothing", Okta, AccessKept, "okta-client §3.17, §12.6; RFC 7643 §2.5",
        "replace of members with an empty array empties the group.",
        "Take an empty array as no members.", [Rfc, Okta];
    REMOVE_ALL = "group.remove-all", Must, AccessKept, "RFC 7644 §3.5.2.2",
        "remove of members without a filter empties the group.",
        "Make members unassigned.";
    RENAME_BY_PATCH = "group.rename-by-patch", Okta, "okta-client §3.17; RFC 7644 §3.5.2.3",
        "replace without a path and with id and displayName in its value, as Okta renames, renames the group and keeps its members.",
        "Ignore the id in the value, or accept it when it is the group's own; set displayName.", [Rfc, Okta];
    RENAME_BY_PATH = "group.rename-by-path", Must, DataLoss, "RFC 7644 §3.5.2.3",
        "replace with the path displayName renames the group and keeps its members.",
        "Set displayName and nothing else.";
    MEMBERS_WITHOUT_PATH = "group.members-without-path", Must, AccessKept, "RFC 7644 §3.5.2.3; okta-client §3.17",
        "replace without a path and with members in its value replaces the members.",
        "Treat it as a replace of members.";
    PUT_MEMBERS = "group.put-members", Okta, AccessKept, "okta-client §3.17; RFC 7644 §3.5.1",
        "PUT leaves exactly the members given: more, fewer or others.",
        "Replace the whole list with that of the PUT.", [Rfc, Okta];
    PUT_NO_MEMBERS = "group.put-no-members", Okta, AccessKept, "okta-client §3.17; RFC 7644 §3.5.1",
        "PUT with an empty members empties the group.",
        "Take an empty array as no members.", [Rfc, Okta];
    PUT_RENAME = "group.put-rename", Okta, DataLoss, "okta-client §3.17; RFC 7644 §3.5.1",
        "PUT with a new displayName renames the group and keeps the members given.",
        "Store displayName and members from the PUT.", [Rfc, Okta];
    MEMBER_REFERENCE = "group.member-reference", Must, "RFC 7643 §2.3.7, §4.2",
        "A $ref that a member has leads to the member.",
        "Build $ref from the base URL, the endpoint and the id.";
    BACK_LINK = "group.back-link", Should, "RFC 7643 §4.1.2",
        "groups of a user shows the groups that have it as a member, and follows every change.",
        "Derive groups from the memberships when a user is read.";
    USER_GROUPS_ARE_READ_ONLY = "group.user-groups-are-read-only", Must, AccessKept, "RFC 7643 §4.1.2",
        "Membership is not changed through groups of a user.",
        "Ignore groups in a POST, PUT or PATCH of a user.";
    // "A SCIM service provider MAY choose to enforce referential integrity" (RFC 7643 §2.3.7).
    DELETED_MEMBER = "group.deleted-member", May, AccessKept, "RFC 7644 §3.6; RFC 7643 §2.3.7",
        "A deleted user is a member of no group.",
        "Remove the memberships with the user.";
    UNKNOWN_MEMBER = "group.unknown-member", May, "RFC 7643 §4.2, §2.3.7; RFC 7644 §3.12",
        "A member id that does not exist is refused with a 4xx, or is not shown as a member.",
        "Answer 400 with scimType invalidValue.";
    UNKNOWN_MEMBER_HARMS_NONE = "group.unknown-member-harms-none", Must, DataLoss, "RFC 7644 §3.5.2",
        "A request with an unknown member leaves the members that were there before.",
        "Check every member before the group is changed.", [Rfc, Okta];
    UNKNOWN_MEMBER_MAKES_NO_USER = "group.unknown-member-makes-no-user", Must, "RFC 7644 §3.3; RFC 7643 §4.2",
        "An unknown member id does not create a user.",
        "Create users by POST /Users alone.";
    // "Service providers MAY require clients to provide a non-empty value" (RFC 7643 §4.2).
    MEMBER_WITHOUT_VALUE = "group.member-without-value", May, "RFC 7643 §4.2; RFC 7644 §3.12",
        "A member without a value is refused with 400, or ignored.",
        "Answer 400 with scimType invalidValue.";
    MANY_MEMBERS = "group.many-members", Okta, DataLoss, "okta-client §3.17",
        "A group takes more than a hundred members, 100 in each request, and shows all of them.",
        "Do not cut members off, neither when storing nor when returning them.";
    SAME_NAME_IS_NO_CRASH = "group.same-name-is-no-crash", Should, "RFC 7643 §4.2; RFC 7644 §3.3",
        "A second group of the same displayName is created, or refused with 409.",
        "displayName is not unique by the RFC; who wants it unique answers 409 uniqueness.";
    MEMBERS_WITHOUT_DISPLAY = "group.members-without-display", Must, "RFC 7643 §4.2",
        "Members that have a value and nothing else are taken; display is optional.",
        "Ask for value alone.";
    MEMBERS_WITH_TYPE = "group.members-with-type", Must, "RFC 7643 §4.2; RFC 7644 §3.5.2.1",
        "Members with type and $ref beside value are taken.",
        "Accept the sub-attributes that RFC 7643 gives members, and take the member from value.";
    MEMBER_TYPE = "group.member-type", Should, "RFC 7643 §4.2, §8.7.1",
        "The type that a member shows is that of the resource: User for a user, Group for a group.",
        "Derive type from the member itself.";
    NESTED = "group.nested", Should, "RFC 7643 §4.2; RFC 7644 §3.3",
        "A group as a member of a group is refused, or is a member from then on.",
        "Answer 400 when groups cannot be nested; do not acknowledge and drop it.";
    REMOVE_NON_MEMBER = "group.remove-non-member", Should, "RFC 7644 §3.5.2.2, §3.12 table 9",
        "Removing a user who is no member changes nothing, and succeeds or is told as a path without a target.",
        "Treat it as done: the user is no member afterwards.", [Rfc, Okta];
    STALE_REMOVAL_HARMS_NONE = "group.stale-removal-harms-none", Must, DataLoss, "RFC 7644 §3.5.2.2, §3.5.2; okta-client §3.17",
        "Removing a user who was deleted, alone or beside others, takes away nobody who was not named.",
        "Select by value; a value that fits nobody selects nobody.", [Rfc, Okta];
    CHANGES_IN_ORDER = "group.changes-in-order", Must, DataLoss, "RFC 7644 §3.5.2",
        "Removal and addition of the same member in one request leave what the later operation says.",
        "Apply the operations one after the other.";
    ATOMIC = "group.atomic", Must, DataLoss, "RFC 7644 §3.5.2",
        "When one operation on a group fails, none of the request is applied.",
        "Apply the operations to a copy, and store it when all of them succeeded.";
    ADD_WITHOUT_PATH = "group.add-without-path", Must, DataLoss, "RFC 7644 §3.5.2.1",
        "add without a path and with members in its value adds them and keeps those that are there.",
        "Treat it as add of members.";
    PATH_ANY_CASE = "group.path-any-case", Must, "RFC 7643 §2.1; RFC 7644 §3.4.2.2",
        "MEMBERS[VALUE EQ \"…\"] is matched in any letter case.",
        "Compare attribute names and operators without regard to case.";
    REMOVE_BY_OR = "group.remove-by-or", Must, DataLoss, "RFC 7644 §3.5.2.2, §3.4.2.2, §3.12 table 9",
        "remove with members[value eq \"a\" or value eq \"b\"] removes both and no other, or is refused.",
        "Use the filter grammar in paths, or answer 400 invalidFilter.";
    MEMBER_VALUE_IS_IMMUTABLE = "group.member-value-is-immutable", Must, "RFC 7643 §4.2; RFC 7644 §3.5.2",
        "The value of a member cannot be replaced by another.",
        "Answer 400 with scimType mutability: a member is removed and another is added.";
    ADD_DUPLICATES = "group.add-duplicates", Should, "RFC 7643 §2.4",
        "A member that a request names twice is a member once.",
        "Keep members as a set by value.";
    LAST_MEMBER = "group.last-member", Must, AccessKept, "RFC 7644 §3.5.2.2; RFC 7643 §2.5",
        "Removing the last member leaves an empty group, which can be filled again.",
        "Treat a group without members as a group.", [Rfc, Okta];
    ADD_EXISTING_KEEPS_TIME = "group.add-existing-keeps-time", Must, Pedantry, "RFC 7644 §3.5.2.1",
        "Adding a member who is there already leaves lastModified as it is.",
        "Compare before you store.";
    MODIFIED_MOVES = "group.modified-moves", Must, "RFC 7643 §3.1",
        "A change of members moves lastModified of the group, and created stays.",
        "Set lastModified when the membership changes.";
    ANSWER_IS_THE_STORE = "group.answer-is-the-store", Must, "RFC 7644 §3.3, §3.5.1, §3.5.2",
        "The answers to POST, PUT and PATCH of a group show the members that the next read shows.",
        "Answer from what was stored rather than from the request.";
    EXTERNAL_ID = "group.external-id", Should, "RFC 7643 §3.1",
        "An externalId of a group is stored and returned, and changes by PATCH.",
        "Keep externalId for groups as for users.";
    PUT_ROUND_TRIP = "group.put-round-trip", Must, DataLoss, "RFC 7644 §3.5.1; okta-client §3.17",
        "A PUT of the group that GET returned succeeds and changes nothing.",
        "Accept your own representation, meta and the group's own name included.", [Rfc, Okta];
    PUT_WITHOUT_MEMBERS = "group.put-without-members", Should, "RFC 7644 §3.5.1",
        "A PUT without members succeeds; the members are cleared or kept as they were.",
        "members is optional: clear them or keep them, and answer 200.";
    RENAME_LOOK_UP = "group.rename-look-up", Must, SyncStops, "RFC 7644 §3.4.2.2, §3.5.2.3",
        "After a rename the look-up by the new name finds the group under its id, and the old name finds it no more.",
        "Keep every index in step with displayName.";
    BACK_LINK_FOLLOWS_RENAME = "group.back-link-follows-rename", Should, "RFC 7643 §4.1.2",
        "The display that groups of a user shows follows a rename of the group.",
        "Take display from the group when the user is read.";
    BACK_LINK_FOLLOWS_DELETE = "group.back-link-follows-delete", Should, "RFC 7643 §4.1.2; RFC 7644 §3.6",
        "A deleted group is gone from groups of its users.",
        "Derive groups from the memberships when a user is read.";
    MEMBERSHIPS_ARE_INDEPENDENT = "group.memberships-are-independent", Must, DataLoss, "RFC 7644 §3.5.2",
        "Removing a user from one group, or deleting that group, leaves the user's other groups alone.",
        "Key memberships by group and member.", [Rfc, Okta];
    RECREATED_IS_EMPTY = "group.recreated-is-empty", Okta, AccessKept, "RFC 7644 §3.6; RFC 7643 §3.1",
        "A new group of the name of a deleted one has an id of its own and none of its members.",
        "Remove the memberships with the group; tie them to its id.";
    REFUSED_CREATION_LEAVES_NOTHING = "group.refused-creation-leaves-nothing", Must, DataLoss, "RFC 7644 §3.3, §3.12; RFC 9110 §15.5",
        "A creation of a group that is refused, for its members say, creates nothing.",
        "Store the group and its members in one transaction.", [Rfc, Okta];
    REFUSED_CHANGE_CHANGES_NOTHING = "group.refused-change-changes-nothing", Must, DataLoss, "RFC 7644 §3.5.1, §3.5.2; RFC 9110 §15.5",
        "A change of members that is refused because one does not exist leaves the members as they were.",
        "Check all members before the first is stored, or roll back.", [Rfc, Okta];
    KEPT_BY_RENAME = "group.kept-by-rename", Must, DataLoss, "RFC 7643 §4.2; RFC 7644 §3.5",
        "A user who is renamed stays a member of its groups.",
        "Key memberships by id.";
}
