//! Separation of tenants and clients (RFC 7644 §6, §7). How tenants are told apart is left open.

pub(in crate::checks) mod faults;
pub(in crate::checks) mod probes;

use crate::checks::requirement::requirements;

requirements! {
    // "the unique client MUST be mapped to a security subject" (§2); that the second credential is another tenant's is
    // what the user of this program says.
    OTHER_TENANT_READS = "security.other-tenant-reads", Must, Leak, "RFC 7644 §2, §6.2, §7",
        "A credential of another tenant does not read this one's resources, by id, filter or list.",
        "Look up every resource within the tenant of the credential.";
    OTHER_TENANT_WRITES = "security.other-tenant-writes", Must, Leak, "RFC 7644 §2, §6.2, §7",
        "A credential of another tenant does not change or delete this one's resources.",
        "Look up every resource within the tenant of the credential.";
    OTHER_TENANT_MEMBERS = "security.other-tenant-members", Must, Leak, "RFC 7644 §2, §6.2, §7",
        "A user of another tenant cannot be made a member of a group.",
        "Look members up within the tenant of the credential.";
    EXTERNAL_ID_SCOPE = "security.external-id-scope", Must, Leak, "RFC 7643 §3.1; RFC 7644 §6.2",
        "An externalId belongs to its client's domain: another tenant can use the same one, and finds its own.",
        "Look externalId up within the tenant or client alone.";
}
