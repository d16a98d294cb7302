//! Modification by PATCH (RFC 7644 §3.5.2): operations, paths, values, and what is refused.

#[cfg(test)]
pub(in crate::checks) mod cases;
pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;
pub(in crate::checks) mod watch;

use crate::checks::requirement::requirements;

requirements! {
    // What add, remove and replace do to their target is what a success says (§3.5.2: "until all operations are
    // successfully applied"), so it is a MUST; how a message that breaks the form is refused is table 8's SHOULD.
    STATUS = "patch.status", Must, "RFC 7644 §3.5.2",
        "A successful PATCH is answered with 200 and the resource, or with 204 and no body.",
        "Answer 200 with the whole resource, or 204.";
    USER = "patch.user", Okta, "RFC 7644 §3.5.2; okta-client §3.10",
        "A PATCH that replaces a simple attribute of a user takes effect.",
        "Implement PATCH with the operations add, remove and replace, with and without a path.";
    GROUP_MEMBERS = "patch.group-members", Okta, "RFC 7644 §3.5.2.1; okta-client §3.17",
        "A PATCH that adds a member to a group takes effect.",
        "Implement add on the path members.";
    REPLACE_SIMPLE = "patch.replace-simple", Must, "RFC 7644 §3.5.2.3",
        "replace with the path of a simple attribute sets it.",
        "Set the attribute that the path names.";
    REPLACE_WITHOUT_PATH = "patch.replace-without-path", Must, "RFC 7644 §3.5.2.3; okta-client §3.9",
        "replace without a path sets each attribute of its value, and leaves the others alone.",
        "Treat it as one replace for each member of the value.";
    ADD_SIMPLE = "patch.add-simple", Must, "RFC 7644 §3.5.2.1",
        "add with the path of a simple attribute sets it, whether it had a value or not.",
        "Set the attribute; add on a single value replaces it.";
    ADD_WITHOUT_PATH = "patch.add-without-path", Must, "RFC 7644 §3.5.2.1",
        "add without a path adds each attribute of its value, and leaves the others alone.",
        "Treat it as one add for each member of the value.";
    REMOVE_SIMPLE = "patch.remove-simple", Must, "RFC 7644 §3.5.2.2",
        "remove with the path of an attribute leaves it without a value.",
        "Make the attribute unassigned.";
    SUB_ATTRIBUTE = "patch.sub-attribute", Must, DataLoss, "RFC 7644 §3.5.2, §3.10",
        "A path with a sub-attribute, such as name.familyName, changes that sub-attribute and leaves the others.",
        "Resolve the path; change nothing beside it.";
    COMPLEX_ADD = "patch.complex-add", Must, DataLoss, "RFC 7644 §3.5.2.1",
        "add on a complex attribute sets the sub-attributes given and leaves the others.",
        "Merge the sub-attributes of the value.";
    COMPLEX_REPLACE = "patch.complex-replace", Must, "RFC 7644 §3.5.2.3",
        "replace on a complex attribute sets the sub-attributes given.",
        "Replace the sub-attributes that the value names.";
    MULTI_VALUED_ADD = "patch.multi-valued-add", Must, DataLoss, "RFC 7644 §3.5.2.1",
        "add on a multi-valued attribute adds the values and keeps those that are there.",
        "Append; do not replace the list.";
    MULTI_VALUED_ADD_EXISTING = "patch.multi-valued-add-existing", Should, "RFC 7644 §3.5.2.1",
        "add of a value that is there already changes nothing.",
        "Do not add a value twice.";
    MULTI_VALUED_REPLACE = "patch.multi-valued-replace", Must, "RFC 7644 §3.5.2.3",
        "replace on a multi-valued attribute replaces all of its values.",
        "Replace the whole list when the path has no filter.";
    MULTI_VALUED_REMOVE = "patch.multi-valued-remove", Must, "RFC 7644 §3.5.2.2",
        "remove on a multi-valued attribute without a filter removes all of its values.",
        "Make the attribute unassigned.";
    VALUE_PATH_SUB_ATTRIBUTE = "patch.value-path-sub-attribute", Must, DataLoss, "RFC 7644 §3.5.2.3",
        "replace with emails[type eq \"work\"].value changes that sub-attribute of that value alone.",
        "Select the values by the filter in the brackets, and change the sub-attribute of those.";
    VALUE_PATH_REMOVE = "patch.value-path-remove", Must, DataLoss, "RFC 7644 §3.5.2.2",
        "remove with a filter in the path removes the values that fit, and no others.",
        "Remove the values that the filter in the brackets selects.";
    VALUE_PATH_LOGIC = "patch.value-path-logic", Must, DataLoss, "RFC 7644 §3.5.2, §3.4.2.2",
        "The filter in a path takes and, so that one value of several is selected.",
        "Use the filter grammar in paths.";
    NO_TARGET = "patch.no-target", Must, "RFC 7644 §3.5.2.3",
        "replace whose filter fits no value is refused with 400 noTarget.",
        "Answer 400 with scimType noTarget, and change nothing.";
    PRIMARY_MOVES = "patch.primary-moves", Must, "RFC 7644 §3.5.2; RFC 7643 §2.4",
        "A value that is added or set with primary true takes primary from the value that had it.",
        "Set primary of the other values to false.";
    EXTENSION_PATH = "patch.extension-path", Must, "RFC 7644 §3.5.2, §3.10",
        "A path that begins with the extension's URN changes that attribute of the extension.",
        "Resolve urn:…:User:department.";
    EXTENSION_VALUE = "patch.extension-value", Must, "RFC 7644 §3.5.2.1, §3.5.2.3; RFC 7643 §3.3",
        "An operation without a path takes the extension's object under its URN.",
        "Merge the object into the extension.";
    CORE_URN_PATH = "patch.core-urn-path", Must, "RFC 7644 §3.10",
        "A path that begins with the core schema's URN means the attribute itself.",
        "Strip the URN of the resource's own schema.";
    OP_ANY_CASE = "patch.op-any-case", Should, "RFC 7644 §3.5.2; RFC 7643 §2.1",
        "op is taken in any letter case, as other clients send Replace and Add.",
        "Compare op without regard to case.";
    PATH_ANY_CASE = "patch.path-any-case", Must, "RFC 7643 §2.1",
        "Attribute names in a path are matched in any letter case.",
        "Compare attribute names without regard to case.";
    IN_ORDER = "patch.in-order", Must, "RFC 7644 §3.5.2",
        "The operations of a request are applied one after the other, in their order.",
        "Apply each operation to the outcome of the one before.";
    SEVERAL_OPERATIONS = "patch.several-operations", Must, DataLoss, "RFC 7644 §3.5.2",
        "Every operation of a request is applied.",
        "Go through all Operations, not only the first.";
    ATOMIC = "patch.atomic", Must, DataLoss, "RFC 7644 §3.5.2",
        "When one operation fails the resource is left as it was.",
        "Apply the operations to a copy, and store it when all of them succeeded.";
    READ_ONLY = "patch.read-only", Must, "RFC 7644 §3.5.2; RFC 7643 §7",
        "A readOnly attribute such as id or meta.created is not changed by a PATCH.",
        "Answer 400 with scimType mutability.";
    READ_ONLY_REFUSED = "patch.read-only-refused", Must, "RFC 7644 §3.5.2, §3.12 table 9",
        "An operation on a readOnly attribute is refused with 400 mutability.",
        "Answer 400 with scimType mutability.";
    REQUIRED_STAYS = "patch.required-stays", Must, DataLoss, "RFC 7644 §3.5.2.2",
        "A required attribute, such as userName, cannot be removed.",
        "Answer 400 with scimType invalidValue or mutability.";
    REMOVE_NEEDS_PATH = "patch.remove-needs-path", Must, "RFC 7644 §3.5.2.2",
        "remove without a path is refused with 400 noTarget.",
        "Answer 400 with scimType noTarget, and change nothing.";
    UNKNOWN_OP = "patch.unknown-op", Should, "RFC 7644 §3.5.2, §3.12 table 9",
        "An op that is neither add, remove nor replace is refused with 400.",
        "Answer 400 with scimType invalidSyntax or invalidValue.";
    MALFORMED_PATH = "patch.malformed-path", Must, "RFC 7644 §3.5.2, §3.12 table 9",
        "A path that does not parse is refused with 400.",
        "Answer 400 with scimType invalidPath.";
    MALFORMED_REQUEST = "patch.malformed-request", Should, "RFC 7644 §3.5.2",
        "A request without Operations, or whose Operations is no array, is refused with 400.",
        "Answer 400 with scimType invalidSyntax.";
    WRONG_TYPE = "patch.wrong-type", Must, "RFC 7643 §2.3; RFC 7644 §3.12 table 9",
        "A value of another type than the attribute's is refused with 400.",
        "Answer 400 with scimType invalidValue.";
    ANSWER_IS_THE_STORE = "patch.answer-is-the-store", Must, "RFC 7644 §3.5.2",
        "A 200 shows the whole resource as the next read shows it.",
        "Answer from what was stored.";
    ATTRIBUTES_NEED_200 = "patch.attributes-need-200", Must, "RFC 7644 §3.5.2",
        "A PATCH with the parameter attributes is answered with 200 and the resource.",
        "Answer 200 rather than 204 when attributes is asked for.";
    UNKNOWN_IS_404 = "patch.unknown-is-404", Should, "RFC 7644 §3.12 table 8",
        "A PATCH of an id that does not exist is answered with 404, and creates nothing.",
        "Answer 404.";
    TAKEN_NAME_REFUSED = "patch.taken-name-refused", Must, DataLoss, "RFC 7643 §4.1.1; RFC 7644 §3.12 table 9",
        "A PATCH that gives a user the userName of another is refused, and changes nothing.",
        "Answer 409 with scimType uniqueness.";
    NO_OP_KEEPS_TIME = "patch.no-op-keeps-time", Must, Pedantry, "RFC 7644 §3.5.2.1",
        "add of a value that is there already leaves lastModified as it is.",
        "Compare before you store.";
    RENAME = "patch.rename", Must, "RFC 7644 §3.5.2.3",
        "A PATCH of userName renames the user under the same id.",
        "Store userName, and keep every index in step.";
    VALUE_PATH_WHOLE = "patch.value-path-whole", Must, DataLoss, "RFC 7644 §3.5.2.3",
        "replace with addresses[type eq \"work\"] and an object replaces that value and no other.",
        "Replace every value that the filter selects by the value of the operation.";
    VALUE_PATH_ADD_SUB_ATTRIBUTE = "patch.value-path-add-sub-attribute", Must, "RFC 7644 §3.5.2, §3.5.2.1",
        "add with addresses[type eq \"home\"].postalCode sets that sub-attribute of that value alone.",
        "Select the values by the filter, and add the sub-attribute to those.";
    VALUE_PATH_REMOVE_SUB_ATTRIBUTE = "patch.value-path-remove-sub-attribute", Must, "RFC 7644 §3.5.2.2",
        "remove with addresses[type eq \"work\"].postalCode takes that sub-attribute away and keeps the rest of the value.",
        "Make the sub-attribute of the selected values unassigned.";
    VALUE_PATH_ALL_MATCHES = "patch.value-path-all-matches", Must, "RFC 7644 §3.5.2.3",
        "When the filter of a path fits several values, all of them are changed.",
        "Change every value that the filter selects, not the first alone.";
    VALUE_PATH_NAMES_ANY_CASE = "patch.value-path-names-any-case", Must, "RFC 7643 §2.1; RFC 7644 §3.4.2.2",
        "Names and operators in EMAILS[TYPE EQ \"work\"].VALUE are matched in any letter case.",
        "Compare attribute names and operators without regard to case, in brackets too.";
    VALUE_PATH_VALUE_ANY_CASE = "patch.value-path-value-any-case", Must, "RFC 7643 §8.7.1, §2.2",
        "The filter emails[type eq \"WORK\"] selects the value of type work, since type is not caseExact.",
        "Compare values by caseExact of their attribute.";
    VALUE_PATH_OPERATORS = "patch.value-path-operators", Must, DataLoss, "RFC 7644 §3.5.2, §3.4.2.2; §3.12 table 9",
        "A filter in a path that the service takes selects by its operator: co, sw, ew, ne, or, not.",
        "Use the filter grammar in paths, or answer 400 invalidFilter for an operator that is not supported.";
    REMOVE_WITHOUT_MATCH = "patch.remove-without-match", Must, DataLoss, "RFC 7644 §3.5.2.2, §3.12 table 9",
        "remove whose filter fits no value changes nothing, and is a success or a 400.",
        "Leave the values as they are; never fall back to removing all of them.";
    PRIMARY_BY_PATH = "patch.primary-by-path", Must, "RFC 7644 §3.5.2; RFC 7643 §2.4",
        "Setting emails[type eq \"home\"].primary to true takes primary from the value that had it.",
        "Set primary of the other values to false, whichever form sets it.";
    TWO_PRIMARIES = "patch.two-primaries", Must, "RFC 7643 §2.4",
        "Of two values that are set with primary true at once at most one is primary afterwards, or they are refused.",
        "Answer 400 invalidValue, or keep one.";
    MULTI_VALUED_ADD_OBJECT = "patch.multi-valued-add-object", Must, DataLoss, "RFC 7644 §3.5.2.1",
        "add of one object, without an array around it, adds it to the values or is refused.",
        "Take an object as one value to add; do not replace the list by it.";
    MULTI_VALUED_ADD_WITHOUT_PATH = "patch.multi-valued-add-without-path", Must, DataLoss, "RFC 7644 §3.5.2.1",
        "add without a path and with emails in its value adds the addresses and keeps those that are there.",
        "Append the values of a multi-valued attribute, with and without a path.";
    MULTI_VALUED_REPLACE_WITHOUT_PATH = "patch.multi-valued-replace-without-path", Must, "RFC 7644 §3.5.2.3",
        "replace without a path and with emails in its value leaves exactly the addresses given.",
        "Replace all values of a multi-valued attribute, with and without a path.";
    EMPTY_ARRAY_UNASSIGNS = "patch.empty-array-unassigns", Must, "RFC 7643 §2.5; RFC 7644 §3.5.2.3",
        "replace of a multi-valued attribute with an empty array leaves it without a value.",
        "Take an empty array as unassigned.";
    NULL_UNASSIGNS = "patch.null-unassigns", Must, "RFC 7643 §2.5",
        "replace of an attribute with null, where it is taken, leaves the attribute without a value.",
        "Take null as unassigned; do not keep the old value, nor store a null or the word.";
    SEVERAL_ATTRIBUTES_WITHOUT_PATH = "patch.several-attributes-without-path", Must, "RFC 7644 §3.5.2.3; okta-client §3.9",
        "replace without a path and with several attributes sets each of them and leaves the others alone.",
        "Go through all members of the value.";
    WITHOUT_PATH_NAMES_ANY_CASE = "patch.without-path-names-any-case", Must, "RFC 7643 §2.1; RFC 7644 §3.5.2.1",
        "Attribute names in the value of an operation without a path are matched in any letter case, as RFC 7644's own example writes nickname.",
        "Compare attribute names without regard to case.";
    COMPLEX_REPLACE_KEEPS = "patch.complex-replace-keeps", Must, DataLoss, "RFC 7644 §3.5.2.3",
        "replace on a complex attribute leaves the sub-attributes that its value does not name.",
        "Replace the sub-attributes given, and keep the others.";
    DOTTED_KEY = "patch.dotted-key", May, "RFC 7644 §3.5.2.3, §3.10; okta-client §12",
        "The key name.familyName in a value without a path, which other clients send, is taken as a path or refused; it is not called done and dropped.",
        "Resolve the key as a path, or answer 400 invalidPath.";
    URN_KEY = "patch.urn-key", May, "RFC 7644 §3.5.2, §3.10",
        "The key urn:…:User:department in a value without a path is taken as the attribute's name or refused; it is not called done and dropped.",
        "Resolve the fully qualified name, or answer 400 invalidPath.";
    EXTENSION_COMPLEX = "patch.extension-complex", Must, "RFC 7643 §4.3; RFC 7644 §3.10",
        "A path such as urn:…:User:manager or urn:…:User:manager.value changes the complex attribute of the extension.",
        "Resolve {urn}:{attribute}.{sub-attribute}.";
    EXTENSION_REMOVE = "patch.extension-remove", Must, "RFC 7644 §3.5.2.2, §3.10",
        "remove with urn:…:User:department takes that attribute of the extension away and keeps the others.",
        "Make the attribute of the extension unassigned.";
    EXTENSION_FIRST_ATTRIBUTE = "patch.extension-first-attribute", Must, "RFC 7644 §3.5.2",
        "add with urn:…:User:department works on a user that had nothing of the extension, and adds its URN to schemas.",
        "Create the extension's object and list its URN in schemas.";
    EXTENSION_URN_ANY_CASE = "patch.extension-urn-any-case", Must, "RFC 7644 §3.10",
        "The URN in a path is matched in any letter case.",
        "Compare URN, attribute and sub-attribute without regard to case.";
    BOOLEAN = "patch.boolean", Must, AccessKept, "RFC 7644 §3.5.2.1, §3.5.2.3",
        "add and replace with the path active set active.",
        "Store the boolean, and make it count.";
    BOOLEAN_AS_TEXT = "patch.boolean-as-text", Must, AccessKept, "RFC 7643 §2.3.2; RFC 7644 §3.5.2",
        "The text \"False\" for active, as another client sends it, is refused or taken as false; it never means true.",
        "Answer 400 invalidValue, or read the text; do not take every text for true.";
    EXTERNAL_ID = "patch.external-id", Must, "RFC 7643 §3.1; RFC 7644 §3.5.2",
        "externalId, where it is stored, can be added and replaced by PATCH.",
        "externalId is readWrite: set it.";
    EMPTY_OPERATIONS = "patch.empty-operations", Should, "RFC 7644 §3.5.2",
        "A request whose Operations is empty is refused with 400: there is one operation or more.",
        "Answer 400 with scimType invalidSyntax or invalidValue.";
    OPERATION_WITHOUT_OP = "patch.operation-without-op", Should, "RFC 7644 §3.5.2",
        "An operation without op, or whose op is no text, is refused with 400.",
        "Answer 400 with scimType invalidSyntax or invalidValue.";
    ADD_WITHOUT_VALUE = "patch.add-without-value", Should, "RFC 7644 §3.5.2.1",
        "add without a value is refused with 400 and changes nothing.",
        "Answer 400 with scimType invalidValue.";
    OPERATION_IS_AN_OBJECT = "patch.operation-is-an-object", Should, "RFC 7644 §3.5.2",
        "Operations that hold something else than objects are refused with 400.",
        "Answer 400 with scimType invalidSyntax.";
    SCHEMAS_ABSENT = "patch.schemas-absent", Must, DataLoss, "RFC 7644 §3.5.2",
        "A request without the PatchOp schema is refused with 400 or carried out; it is not called done and dropped.",
        "Answer 400 with scimType invalidSyntax, or do what is asked.";
    MESSAGE_NAMES_ANY_CASE = "patch.message-names-any-case", May, "RFC 7643 §2.1; RFC 7644 §3.5.2",
        "Operations, op, path and value in another letter case are understood or refused; the request is not called done and dropped.",
        "Compare the names of the message without regard to case, or answer 400.";
    UNKNOWN_ATTRIBUTE = "patch.unknown-attribute", Should, "RFC 7644 §3.5.2, §3.12 table 9",
        "A path to an attribute that no schema of the resource has is refused with 400.",
        "Answer 400 with scimType invalidPath or noTarget, rather than call done what was not done.";
    UNKNOWN_SCHEMA = "patch.unknown-schema", Should, "RFC 7644 §3.5.2, §3.10, §3.12 table 9",
        "A path with the URN of a schema that the resource does not have is refused with 400.",
        "Answer 400 with scimType invalidPath.";
    FILTER_ON_SINGLE_VALUE = "patch.filter-on-single-value", Should, "RFC 7644 §3.5.2, §3.12 table 9",
        "A filter in the path of an attribute that has one value is refused with 400.",
        "Answer 400 with scimType invalidPath: filters select among the values of a multi-valued complex attribute.";
    SCIM_TYPE_NO_TARGET = "patch.scim-type-no-target", Must, Pedantry, "RFC 7644 §3.5.2.2, §3.5.2.3",
        "The 400 for remove without a path, and for replace whose filter fits nothing, has the scimType noTarget.",
        "Add \"scimType\": \"noTarget\".";
    SCIM_TYPE_MUTABILITY = "patch.scim-type-mutability", Should, Pedantry, "RFC 7644 §3.5.2, §3.12 table 9",
        "The 400 for an operation on a readOnly attribute has the scimType mutability.",
        "Add \"scimType\": \"mutability\".";
    SCIM_TYPE_INVALID_PATH = "patch.scim-type-invalid-path", Should, Pedantry, "RFC 7644 §3.12 table 9",
        "The 400 for a path that does not parse has the scimType invalidPath.",
        "Add \"scimType\": \"invalidPath\".";
    SCIM_TYPE_INVALID_VALUE = "patch.scim-type-invalid-value", Should, Pedantry, "RFC 7644 §3.12 table 9",
        "The 400 for a value of the wrong type has the scimType invalidValue.",
        "Add \"scimType\": \"invalidValue\".";
    MANY_OPERATIONS = "patch.many-operations", Should, DataLoss, "RFC 7644 §3.5.2",
        "Sixty operations in one request are applied, each of them.",
        "Set no small limit on the number of operations.";
    MODIFIED_MOVES = "patch.modified-moves", Must, "RFC 7643 §3.1",
        "meta.lastModified moves forward with a PATCH that changes the resource, and meta.created stays.",
        "Set lastModified on every change, whichever method makes it.";
    RENAME_LETTER_CASE = "patch.rename-letter-case", Must, "RFC 7643 §4.1.1; RFC 7644 §3.5.2.3",
        "A PATCH that changes only the letter case of a user's own userName is not a conflict.",
        "Leave the user itself out when looking for a conflict.";
    TAKEN_NAME_IS_409 = "patch.taken-name-is-409", Should, Pedantry, "RFC 7644 §3.12 tables 8 and 9",
        "The refusal of a userName that is taken is a 409 or a 400 with the scimType uniqueness.",
        "Answer 409 with scimType uniqueness, as for creations.";
    UNKNOWN_GROUP_IS_404 = "patch.unknown-group-is-404", Should, "RFC 7644 §3.12 table 8; okta-client §3.17",
        "A PATCH of a group that does not exist is answered with 404, and creates nothing.",
        "Answer 404 before the operations are looked at.", [Rfc, Okta];
    REMOVE_SUB_ATTRIBUTE = "patch.remove-sub-attribute", Must, "RFC 7644 §3.5.2.2",
        "remove with name.middleName takes that sub-attribute away and keeps the others.",
        "Make the one sub-attribute unassigned.";
    REMOVE_LEAVES_NOTHING = "patch.remove-leaves-nothing", Should, "RFC 7644 §3.5.2.2; RFC 7643 §2.5",
        "An attribute that was removed is absent or null afterwards, not an empty text.",
        "Take the attribute away; an empty text is a value.";
    UNKNOWN_ATTRIBUTE_WITHOUT_PATH = "patch.unknown-attribute-without-path", Should, "RFC 7644 §3.5.2, §3.12",
        "An unknown attribute in the value of an operation without a path is refused with a 4xx or ignored.",
        "Ignore it, or answer 400 invalidPath.";
    REPLACE_ABSENT_ADDS = "patch.replace-absent-adds", Must, "RFC 7644 §3.5.2.3",
        "replace of an attribute that has no value adds it, whether it is simple, a part of another or multi-valued.",
        "Treat replace of what is not there as add.";
    SCHEMAS_FIRST = "patch.schemas-first", Must, "RFC 7644 §3.5.2",
        "Where an operation that adds a URN to schemas is taken, the next ones set attributes of that extension.",
        "Apply the operations one after the other, each to what the one before has left.";
    EXTENSION_URN_AS_PATH = "patch.extension-urn-as-path", Should, "RFC 7644 §3.5.2, §3.12; RFC 7643 §3.3",
        "An operation whose path is the URN of an extension changes its attributes, or is refused with a 4xx.",
        "Take the URN for the extension's object, or answer 400 invalidPath; do not answer with a success that changed nothing.";
    PATH_BRACKETS_IN_VALUE = "patch.path-brackets-in-value", Must, DataLoss, "RFC 7644 §3.5.2 figure 7, §3.4.2.2",
        "A path whose filter compares with a text that holds brackets selects by that text.",
        "Parse strings as a whole; a bracket between quotes is no end of the filter.";
}
