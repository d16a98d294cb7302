//! Bulk operations (RFC 7644 §3.7), where a service offers them.

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    ANSWER = "bulk.answer", Must, "RFC 7644 §3.7",
        "A bulk request is answered with 200 and the outcome of every operation.",
        "Answer with a BulkResponse that has one entry for each operation.";
    STATUS = "bulk.status", Should, "RFC 7644 §3.7.3",
        "Each outcome has the status as text, as the operation alone would have had it.",
        "Return \"201\", \"200\", \"204\" or the status of the error, as a string.";
    LOCATION = "bulk.location", Must, "RFC 7644 §3.7.3",
        "Each outcome but that of a failed POST has the location of the resource.",
        "Return location for every operation.";
    ID_RETURNED = "bulk.id-returned", Must, "RFC 7644 §3.7",
        "The outcome of a POST has the bulkId of its operation.",
        "Return the bulkId.";
    STORED = "bulk.stored", Must, DataLoss, "RFC 7644 §3.7",
        "What a bulk request creates can be read afterwards.",
        "Store every operation that succeeded.";
    REFERENCE = "bulk.reference", Must, "RFC 7644 §3.7.2",
        "bulkId:… in the data of an operation is replaced by the id of the resource created.",
        "Resolve bulkId references, also to operations that come later.";
    REFERENCE_IN_PATH = "bulk.reference-in-path", Should, "RFC 7644 §3.7.2",
        "bulkId:… in the path of an operation stands for the id of the resource created.",
        "Resolve bulkId references in paths too.";
    GOES_ON = "bulk.goes-on", Must, "RFC 7644 §3.7",
        "An operation that fails does not keep the others from being carried out.",
        "Go on after a failure unless failOnErrors says otherwise.";
    ERROR_RESPONSE = "bulk.error-response", Must, "RFC 7644 §3.7.3",
        "The outcome of an operation that failed has the error in response.",
        "Return the SCIM error in response.";
    FAIL_ON_ERRORS = "bulk.fail-on-errors", Should, DataLoss, "RFC 7644 §3.7, §3.7.3",
        "With failOnErrors 1 nothing is carried out after the first failure.",
        "Count failures and stop at the number given.";
    MAX_OPERATIONS = "bulk.max-operations", Must, "RFC 7644 §3.7.4",
        "More operations than maxOperations are refused with 413.",
        "Answer 413, and carry none of them out.";
    RESPONSE_SCHEMA = "bulk.response-schema", Must, "RFC 7644 §3.7",
        "The answer to a bulk request is a BulkResponse, and each outcome names the method of its operation.",
        "Return schemas with the URN of BulkResponse, and method in each outcome.";
    PUT_AND_DELETE = "bulk.put-and-delete", Must, DataLoss, "RFC 7644 §3.7",
        "PUT, PATCH and DELETE in a bulk request do what they do alone.",
        "Carry each operation out with the code that handles the single request.";
    INCOMPLETE_OPERATION = "bulk.incomplete-operation", Should, "RFC 7644 §3.7, §3.12",
        "An operation without method, without path, or without data where it needs data, is refused with a 4xx.",
        "Answer 400 for that operation, or for the whole request.";
    IN_ORDER = "bulk.in-order", Must, DataLoss, "RFC 7644 §3.7",
        "Operations on one resource have the effect of carrying them out in their order.",
        "Keep the order of operations on the same resource.";
    CIRCULAR_REFERENCES = "bulk.circular-references", Must, "RFC 7644 §3.7.1",
        "Two groups of one request that have each other as members are both created with them, or refused with 409.",
        "Create all resources first and set references then; answer 409 where that fails.";
    FORWARD_REFERENCES = "bulk.forward-references", Should, "RFC 7644 §3.7.2, §3.7.1",
        "A group whose member is created further down in the same request gets that member.",
        "Create all resources first and set references then.";
    REFERENCE_IN_EXTENSION = "bulk.reference-in-extension", Must, "RFC 7644 §3.7.2",
        "bulkId:… in an attribute of an extension, such as manager.value, is replaced too.",
        "Resolve references anywhere in data.";
    UNKNOWN_REFERENCE = "bulk.unknown-reference", Should, "RFC 7644 §3.7.2; RFC 7643 §3.1",
        "A reference that no operation of the request defines is refused; it is not stored as it stands.",
        "Refuse the operation with 409 or 400.";
    VERSION = "bulk.version", Should, DataLoss, "RFC 7644 §3.7, §3.14",
        "An operation with an earlier version has the status 412, and changes nothing.",
        "Compare version as If-Match is compared.";
    MAX_PAYLOAD_SIZE = "bulk.max-payload-size", Must, "RFC 7644 §3.7.4",
        "A request larger than maxPayloadSize is refused with 413.",
        "Answer 413, and carry nothing out.";
    LIMIT_NAMED = "bulk.limit-named", Must, Pedantry, "RFC 7644 §3.7.4",
        "The 413 says in its body which limit was exceeded.",
        "Name maxOperations or maxPayloadSize, with its value, in detail.";
}
