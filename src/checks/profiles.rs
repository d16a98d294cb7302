//! What the newer profiles ask for beyond the RFCs, as a table: the SCIM interoperability profile
//! (draft-zollner-scim-interop-profile-01) and IPSIE account lifecycle (OpenID IPSIE AL SCIM 2.0 Profile 1.0,
//! draft 00). Each row names the requirements that show it, or says why nothing over HTTP does.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, Profile, Requirement, Severity};

/// One demand of a profile.
struct Row {
    /// The lowest profile that has it; IPSIE takes over the interoperability profile, and each of its levels
    /// the one below.
    profile: Profile,
    section: &'static str,
    /// Whether a breach fails the profile.
    must: bool,
    text: &'static str,
    shown: Shown,
}

enum Shown {
    /// By each of these requirements.
    By(&'static [&'static str]),
    /// By nothing that a client sees, and why.
    Attest(&'static str),
}

/// A demand that nobody can see over HTTP: its holder has to attest it. Never counted as passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attested {
    /// The profile that asks for it.
    pub profile: Profile,
    /// Where it is written.
    pub citation: String,
    /// The demand.
    pub text: String,
    /// Why it cannot be seen.
    pub reason: String,
}

/// Every profile that has what this one has.
fn with_those_above(profile: Profile) -> &'static [Profile] {
    use Profile::{Interop, IpsieAl1, IpsieAl2, IpsieAl3, Oin, Okta, Rfc};
    match profile {
        Rfc => &[Rfc],
        Okta => &[Okta],
        Oin => &[Oin],
        Interop => &[Interop, IpsieAl1, IpsieAl2, IpsieAl3],
        IpsieAl1 => &[IpsieAl1, IpsieAl2, IpsieAl3],
        IpsieAl2 => &[IpsieAl2, IpsieAl3],
        IpsieAl3 => &[IpsieAl3],
    }
}

/// Requirements of the RFCs that the interoperability profile turns round (profiles §6): a service cannot
/// hold both, so the profiles do not take these over from the RFCs.
const CONTRADICTED: &[&str] = &[
    // 6.5.1.1 refuses every operation without a path.
    "patch.replace-without-path",
    "patch.add-without-path",
    "patch.multi-valued-add-without-path",
    "patch.multi-valued-replace-without-path",
    "patch.several-attributes-without-path",
    "patch.without-path-names-any-case",
    "patch.extension-value",
    "patch.remove-needs-path",
    "patch.scim-type-no-target",
    "group.add-without-path",
    "group.members-without-path",
    // 6.5.2.1 replaces complex attributes whole.
    "patch.complex-replace",
    "patch.complex-replace-keeps",
    // 6.5.2.2 wants a sub-attribute behind each filter.
    "patch.value-path-whole",
    "patch.value-path-remove",
    // 5.3 refuses what the schemas do not have.
    "create.read-only-ignored",
];

impl Requirement {
    /// The profiles that it belongs to: those that name it, and those that take it over.
    #[must_use]
    pub fn held_by(&self) -> Vec<Profile> {
        of(self)
    }
}

fn of(requirement: &Requirement) -> Vec<Profile> {
    static SHOWN: LazyLock<BTreeMap<&str, Vec<Profile>>> = LazyLock::new(|| {
        let mut shown: BTreeMap<&str, Vec<Profile>> = BTreeMap::new();
        for row in ROWS {
            let Shown::By(slugs) = row.shown else { continue };
            for slug in slugs {
                shown.entry(slug).or_default().extend(with_those_above(row.profile));
            }
        }
        shown
    });
    let mut all = requirement.profiles.to_vec();
    all.extend(SHOWN.get(requirement.slug).into_iter().flatten());
    // IPSIE §4.2 asks for what the RFCs ask of a service provider.
    if requirement.level == Level::Must
        && requirement.profiles.contains(&Profile::Rfc)
        && !CONTRADICTED.contains(&requirement.slug)
    {
        all.extend(with_those_above(Profile::IpsieAl1));
    }
    all.sort_unstable();
    all.dedup();
    all
}

impl Requirement {
    /// What a breach amounts to for who is held to these profiles.
    #[must_use]
    pub fn severity(&self, selected: &[Profile]) -> Severity {
        let binding = ROWS.iter().any(|row| {
            row.must
                && matches!(row.shown, Shown::By(slugs) if slugs.contains(&self.slug))
                && with_those_above(row.profile).iter().any(|profile| selected.contains(profile))
        });
        // The reviewers' wishes bind whoever rehearses a submission and nothing else.
        let rehearsed = self.level == Level::Oin && selected == [Profile::Oin];
        if binding || rehearsed { Severity::Failure } else { self.level.severity() }
    }
}

/// What the selected profiles ask for and nothing over HTTP shows.
pub(super) fn to_attest(selected: &[Profile]) -> Vec<Attested> {
    ROWS.iter()
        .filter(|row| with_those_above(row.profile).iter().any(|profile| selected.contains(profile)))
        .filter_map(|row| match row.shown {
            Shown::By(_) => None,
            Shown::Attest(reason) => Some(Attested {
                profile: row.profile,
                citation: row.section.to_owned(),
                text: row.text.to_owned(),
                reason: reason.to_owned(),
            }),
        })
        .collect()
}

const fn must(
    profile: Profile,
    section: &'static str,
    text: &'static str,
    slugs: &'static [&'static str],
) -> Row {
    Row { profile, section, must: true, text, shown: Shown::By(slugs) }
}

const fn should(
    profile: Profile,
    section: &'static str,
    text: &'static str,
    slugs: &'static [&'static str],
) -> Row {
    Row { profile, section, must: false, text, shown: Shown::By(slugs) }
}

const fn attest(profile: Profile, section: &'static str, text: &'static str, reason: &'static str) -> Row {
    Row { profile, section, must: false, text, shown: Shown::Attest(reason) }
}

/// Why the authorization server's side is not looked at.
const OAUTH: &str = "it is between the authorization server and its clients; scimulate is given a token";
const INSIDE: &str = "it happens inside the application, where SCIM does not reach";

use Profile::{Interop, IpsieAl1, IpsieAl2, IpsieAl3};

static ROWS: &[Row] = &[
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §4",
        "The claim to conform is a boolean.",
        &["interop.flag-is-boolean"],
    ),
    attest(
        Interop,
        "draft-zollner-scim-interop-profile-01 §4",
        "interopProfileConformant is true only where the service conforms.",
        "it follows from all other rows: true is right when none of them is broken",
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §5.1",
        "The three discovery endpoints are there.",
        &[
            "discovery.available",
            "discovery.service-provider-config",
            "discovery.resource-types",
            "discovery.schemas",
            "discovery.schema-by-id",
        ],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §5.1",
        "Schemas list what is implemented, and all that resource types name.",
        &["discovery.attributes-published", "discovery.resource-type-schemas"],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §5.1",
        "The id of a resource type is its name.",
        &["interop.resource-type-id-is-name"],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §5.2",
        "Letter case counts in id and externalId, and does not in userName.",
        &[
            "interop.id-letter-case",
            "interop.external-id-letter-case",
            "filter.external-id-exact",
            "filter.value-any-case",
            "create.unique-user-name",
        ],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §5.3",
        "Attributes and schemas that are not published are refused.",
        &[
            "interop.unknown-attribute-refused",
            "interop.unknown-attribute-in-patch-refused",
            "interop.unknown-schema-refused",
            "interop.unknown-schema-in-patch-refused",
            "interop.unknown-scim-type",
        ],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §5.4",
        "Types have canonical values.",
        &["interop.type-values-published"],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §6.1",
        "Each type has an endpoint of its own, and each resource one URI there.",
        &[
            "interop.endpoints-distinct",
            "interop.no-other-uri",
            "resource.meta-location",
            "resource.meta-resource-type",
            "read.other-type-is-404",
        ],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §6.2",
        "Bodies are SCIM's JSON under its own media type.",
        &["response.json", "response.content-type"],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §6.3",
        "Filters with eq and and are offered; an attribute that the type does not have is invalidFilter.",
        &["filter.user-name-eq", "filter.eq", "filter.and", "interop.unknown-attribute-in-filter"],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §6.4",
        "Lists are paged; a count of 100 is honoured, and a larger one than the limit is no error.",
        &["paging.walk-is-complete", "okta.import-full-pages", "interop.count-over-limit"],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §6.5",
        "Resources are changed by PATCH, with a path in each operation.",
        &["patch.user", "patch.group-members", "interop.patch-needs-path", "patch.several-operations"],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §6.5.2.1",
        "add and replace of simple attributes are the same; replace of a complex one is whole, add merges.",
        &[
            "patch.replace-simple",
            "patch.add-simple",
            "patch.sub-attribute",
            "patch.complex-add",
            "interop.complex-replace-is-whole",
        ],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §6.5.2.2",
        "replace of a multi-valued attribute is whole, add appends, and a filter reaches one value's part.",
        &["patch.multi-valued-replace", "patch.multi-valued-add", "patch.value-path-sub-attribute"],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §6.6",
        "What is deleted is gone, is listed nowhere, and its names are free; what is deactivated stays.",
        &[
            "delete.gone",
            "delete.not-in-queries",
            "delete.name-is-free",
            "delete.id-not-reused",
            "lifecycle.inactive-stays",
        ],
    ),
    must(
        Interop,
        "draft-zollner-scim-interop-profile-01 §6.9.1",
        "A name that is taken is 409 uniqueness, in POST and PATCH.",
        &[
            "create.conflict-status",
            "create.conflict-scim-type",
            "patch.taken-name-refused",
            "patch.taken-name-is-409",
        ],
    ),
    must(Interop, "draft-zollner-scim-interop-profile-01 §7.1", "All traffic is over TLS.", &["interop.tls"]),
    attest(
        Interop,
        "draft-zollner-scim-interop-profile-01 §7.1",
        "TLS 1.3 is offered.",
        "requests show no version of TLS; try `curl --tlsv1.3` against the endpoint",
    ),
    should(
        Interop,
        "draft-zollner-scim-interop-profile-01 §7.2",
        "Basic is not recommended.",
        &["interop.basic-discouraged"],
    ),
    must(
        IpsieAl1,
        "IPSIE AL §4.1",
        "A bearer token is needed for everything.",
        &["auth.read-needs-credential", "auth.write-needs-credential", "ipsie.bearer-challenge"],
    ),
    attest(
        IpsieAl1,
        "IPSIE AL §4.1",
        "Tokens come from client credentials with a signed assertion, under the scope scim and none broader.",
        OAUTH,
    ),
    attest(IpsieAl1, "IPSIE AL §4.1", "The metadata of RFC 8414 is published.", OAUTH),
    attest(IpsieAl1, "IPSIE AL §4.2, §10", "Nobody edits managed users or groups locally.", INSIDE),
    attest(
        IpsieAl1,
        "IPSIE AL §4.3, §8",
        "At least 25 requests a second are taken, and more are answered with 429 and Retry-After.",
        "a check does not load a service that others use",
    ),
    must(
        IpsieAl1,
        "IPSIE AL §4.3",
        "Bulk requests are offered.",
        &["ipsie.bulk", "bulk.answer", "bulk.status", "bulk.stored", "bulk.reference"],
    ),
    must(
        IpsieAl1,
        "IPSIE AL §8",
        "Errors have SCIM's form, and tell nothing of the inside.",
        &["error.format", "error.status-matches", "error.no-internals"],
    ),
    attest(IpsieAl1, "IPSIE AL §8", "Access tokens expire, and assertions are taken once.", OAUTH),
    attest(IpsieAl1, "IPSIE AL §8", "Every creation, change and deletion is logged.", INSIDE),
    must(
        IpsieAl1,
        "IPSIE AL §5.1",
        "A user is deactivated and activated again by PATCH.",
        &["patch.boolean", "lifecycle.keeps-attributes"],
    ),
    attest(
        IpsieAl1,
        "IPSIE AL §5.1",
        "With the deactivation all access ends: sessions, tokens, keys, devices, within five minutes.",
        INSIDE,
    ),
    must(
        IpsieAl1,
        "IPSIE AL §5.2",
        "A user can be deleted, and its userName is free then.",
        &["delete.user", "delete.gone", "delete.name-is-free"],
    ),
    must(
        IpsieAl1,
        "IPSIE AL §5.3, §5.4",
        "Users are read by id and found by userName, externalId and e-mail address.",
        &["read.created", "filter.user-name-eq", "filter.by-external-id", "filter.value-path"],
    ),
    attest(IpsieAl2, "IPSIE AL §6", "Managed users are not made locally.", INSIDE),
    attest(IpsieAl2, "IPSIE AL §6", "Groups can be mapped to what their members may do.", INSIDE),
    must(
        IpsieAl2,
        "IPSIE AL §6.1.1",
        "Users have userName, displayName, active and externalId.",
        &["ipsie.user-attributes", "create.stores-external-id", "create.stores-okta-attributes"],
    ),
    must(IpsieAl2, "IPSIE AL §6.1.2", "There is no password.", &["ipsie.no-password"]),
    must(
        IpsieAl2,
        "IPSIE AL §6.1.3, §6.1.4, §6.1.5",
        "Users are created, changed and listed.",
        &["create.user", "patch.user", "paging.walk-is-complete", "paging.list-holds-created"],
    ),
    should(IpsieAl2, "IPSIE AL §6.1.5", "Lists can be paged by cursors.", &["cursor.first-page"]),
    must(
        IpsieAl2,
        "IPSIE AL §6.2.1, §6.2.2",
        "Groups have displayName, members and externalId, and may be empty.",
        &["create.group", "group.created-empty", "read.group-members", "group.external-id"],
    ),
    should(IpsieAl2, "IPSIE AL §6.2.1", "No two groups have one displayName.", &["ipsie.group-name-unique"]),
    must(
        IpsieAl2,
        "IPSIE AL §6.2.3, §6.2.4, §6.2.5",
        "Groups are listed, read, and found by name and by member.",
        &["paging.groups", "filter.group-display-name", "filter.group-by-member"],
    ),
    must(
        IpsieAl2,
        "IPSIE AL §6.2.6",
        "Groups are changed by PATCH, fifty and more operations on members at once.",
        &["group.rename-by-path", "patch.group-members", "group.many-members", "okta.hundred-removals"],
    ),
    attest(IpsieAl3, "IPSIE AL §7", "Roles are managed.", "the profile's section on roles has no text yet"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_requirements_that_there_are() {
        for row in ROWS {
            let Shown::By(slugs) = row.shown else { continue };
            for slug in slugs {
                assert!(
                    super::super::requirements().iter().any(|known| known.slug == *slug),
                    "{}: there is no requirement `{slug}`",
                    row.section
                );
            }
        }
        for slug in CONTRADICTED {
            assert!(super::super::requirements().iter().any(|known| known.slug == *slug), "{slug}");
        }
    }

    #[test]
    fn each_level_of_ipsie_has_what_is_below_it() {
        for requirement in super::super::requirements() {
            let all = of(requirement);
            for pair in [[Interop, IpsieAl1], [IpsieAl1, IpsieAl2], [IpsieAl2, IpsieAl3]] {
                assert!(!all.contains(&pair[0]) || all.contains(&pair[1]), "{}", requirement.slug);
            }
        }
    }

    #[test]
    fn a_recommendation_binds_where_a_selected_profile_demands_it() {
        let free = super::super::requirements().iter().find(|known| known.slug == "delete.name-is-free");
        let free = free.unwrap();
        let binding = |selected: &[Profile]| free.severity(selected) == Severity::Failure;
        assert!(binding(&[Interop]) && binding(&[IpsieAl3]) && !binding(&[Profile::Rfc]));
    }
}
