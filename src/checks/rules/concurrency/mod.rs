//! Requests that meet each other. Their order is left open; the result has to be that of some order.

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    ONE_NAME_ONE_USER = "concurrency.one-name-one-user", Must, DataLoss, "RFC 7643 §4.1.1; RFC 7644 §3.3",
        "Of several creations of one userName at the same time exactly one succeeds, and the others are refused.",
        "Let the database keep userName unique, and answer 409 for the others.";
    CREATES = "concurrency.creates", Okta, "okta-client §7",
        "Several users can be created at the same time.",
        "Handle requests independently; Okta works on several people at once.";
    MEMBER_ADDS = "concurrency.member-adds", Must, DataLoss, "okta-client §7, §3.17; RFC 7644 §3.5.2",
        "Members that are added at the same time are all there afterwards.",
        "Change the membership itself rather than a copy of the group that was read before.";
    DIFFERENT_ATTRIBUTES = "concurrency.different-attributes", Must, DataLoss, "RFC 7644 §3.5.2",
        "PATCHes of different attributes at the same time are all applied.",
        "Read, change and store within one transaction.";
    DELETES = "concurrency.deletes", Should, "RFC 7644 §3.6",
        "Deletions at the same time succeed, and a second one of the same resource is a 404.",
        "Treat a resource that is gone already as not found.";
    ONE_NAME_IN_ANY_CASE = "concurrency.one-name-in-any-case", Must, DataLoss, "RFC 7643 §4.1.1; RFC 7644 §3.3",
        "Of creations at the same time whose userNames differ in letter case alone exactly one succeeds.",
        "Let the database keep the folded userName unique.";
    ONE_NAME_BY_RENAME = "concurrency.one-name-by-rename", Must, DataLoss, "RFC 7643 §4.1.1; RFC 7644 §3.5",
        "Of several users that are renamed to one userName at the same time at most one gets it.",
        "Let the database keep userName unique for updates too, and answer 409 for the others.";
    MEMBER_REMOVALS = "concurrency.member-removals", Must, AccessKept, "okta-client §7, §3.17; RFC 7644 §3.5.2",
        "Members that are removed at the same time are all gone afterwards.",
        "Change the membership itself rather than a copy of the group that was read before.";
    MEMBERS_AND_NAME = "concurrency.members-and-name", Must, DataLoss, "RFC 7644 §3.5.2",
        "A rename of a group and additions of members at the same time are all there afterwards.",
        "Read, change and store within one transaction.";
    DIFFERENT_USERS = "concurrency.different-users", Okta, DataLoss, "okta-client §7; RFC 7644 §3.5.2",
        "Changes of different users at the same time each arrive at their own user.",
        "Keep nothing of one request where another one can see it.", [Rfc, Okta];
    SAME_CHANGE = "concurrency.same-change", Should, "RFC 7644 §3.5.2, §3.12",
        "The same change sent several times at once is done, and no request is answered with a server error.",
        "Retry a conflict of transactions, or answer 409, 412 or 429.";
    MEMBER_DELETIONS = "concurrency.member-deletions", Should, "RFC 7644 §3.6",
        "Members of one group that are deleted at the same time are deleted, and the group can be read afterwards.",
        "Take the locks in one order, so that deletions do not wait for each other.";
    GROUP_CREATES = "concurrency.group-creates", Should, "okta-client §7",
        "Groups that are created at the same time each have their own id and members.",
        "Handle requests independently.";
    LISTS_MEANWHILE = "concurrency.lists-meanwhile", Should, "RFC 7644 §3.4.2, §3.12",
        "Lists that are read while users are created and deleted are lists.",
        "Read from a consistent state; leave out what is gone rather than fail.";
}
