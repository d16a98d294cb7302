//! The table of the console's routes. What the program answers and what its description says both come from
//! here.

use serde_json::{Value, json};

use super::super::answer::Answer;
use super::super::shared::Shared;
use super::more_routes::{CONTROL, HOLDS, LOGS, WATCHLISTS};
use super::route::Gives::{List, Made, Nothing, One};
use super::route::{Cx, Route, body, list, made, nothing, one};
use crate::reference::tenant::requests as r;
use crate::reference::tenant::{ConsoleError, CredentialType, Secret, USER_PARAMETERS};

const DELETE: &str = "DELETE";
const GET: &str = "GET";
const PATCH: &str = "PATCH";
const POST: &str = "POST";
const PUT: &str = "PUT";

/// All routes.
pub(super) fn all() -> impl Iterator<Item = &'static Route> {
    [PROVISIONING, USERS, ORGANIZATIONS, HOLDS, WATCHLISTS, LOGS, CONTROL].into_iter().flatten()
}

const PROVIDER: &str = "/console/v1/provisioning/providers/{providerId}";

macro_rules! provider_path {
    ($below:literal) => {
        &[concat!("/console/v1/provisioning/providers/{providerId}", $below)]
    };
}

static PROVISIONING: &[Route] = &[
    Route::new(
        GET,
        &["/console/v1/provisioning/providers"],
        "All providers.",
        List("providers", "Provider"),
        |cx| list("providers", cx.tenant.provider_views()),
    ),
    Route::new(
        POST,
        &["/console/v1/provisioning/providers"],
        "Adds a provider; its secret is shown in this answer alone.",
        Made("ProviderSecret"),
        |cx| {
            let fields: r::AddProvider = cx.read()?;
            let credential = fields.credential_type.unwrap_or(CredentialType::ApiCredentials);
            let secret =
                cx.tenant.add_provider(fields.display_name.as_deref().unwrap_or_default(), credential)?;
            made(shown_once(cx.shared, &secret))
        },
    )
    .takes(body::<r::AddProvider>),
    Route::new(GET, &[PROVIDER], "One provider, without its secret.", One("Provider"), |cx| {
        one(cx.tenant.provider_view(cx.provider()?)?)
    }),
    Route::new(PATCH, &[PROVIDER], "Renames a provider, switches it off or on.", One("Provider"), |cx| {
        let id = cx.provider()?;
        cx.tenant.edit_provider(id, &cx.read()?)?;
        one(cx.tenant.provider_view(id)?)
    })
    .takes(body::<r::EditProvider>),
    Route::new(DELETE, &[PROVIDER], "Removes a provider; its users stay.", Nothing, |cx| {
        cx.tenant.remove_provider(cx.provider()?)?;
        nothing()
    }),
    Route::new(
        POST,
        provider_path!("/credentials/rotate"),
        "Renews the secret; the old one opens nothing any more.",
        One("ProviderSecret"),
        |cx| {
            let secret = cx.tenant.rotate(cx.provider()?)?;
            one(shown_once(cx.shared, &secret))
        },
    )
    .takes(body::<r::Nothing>),
    Route::new(GET, provider_path!("/deactivation-delay"), "The deactivation delay.", One("Delay"), |cx| {
        one(json!({ "minutes": cx.tenant.delay(cx.provider()?)? }))
    }),
    Route::new(
        PUT,
        provider_path!("/deactivation-delay"),
        "Changes the deactivation delay; what is pending keeps its time.",
        One("Delay"),
        |cx| {
            // Whatever is wrong with it, the answer names the range.
            let (id, fields) = (cx.provider()?, cx.read::<r::SetDelay>().unwrap_or_default());
            cx.tenant.set_delay(id, fields.minutes)?;
            one(json!({ "minutes": cx.tenant.delay(id)? }))
        },
    )
    .takes(body::<r::SetDelay>),
    Route::new(GET, provider_path!("/org-mapping"), "The organization mapping.", One("OrgMapping"), |cx| {
        one(cx.tenant.org_mapping(cx.provider()?)?)
    }),
    Route::new(
        PUT,
        provider_path!("/org-mapping"),
        "Chooses the organization mapping method; moves nobody.",
        One("OrgMapping"),
        |cx| {
            let id = cx.provider()?;
            cx.tenant.set_org_mapping(id, &cx.read()?)?;
            one(cx.tenant.org_mapping(id)?)
        },
    )
    .takes(body::<r::SetOrgMapping>),
    Route::new(
        GET,
        provider_path!("/org-mapping/rules"),
        "The organization mappings by priority.",
        List("rules", "OrgRule"),
        |cx| rules_of(cx.tenant.org_mapping(cx.provider()?)?),
    ),
    Route::new(
        POST,
        provider_path!("/org-mapping/rules"),
        "Maps SCIM groups to an organization, with the lowest priority.",
        Made("OrgRule"),
        |cx| {
            let (id, fields) = (cx.provider()?, cx.read()?);
            made(cx.tenant.add_org_rule(id, &fields)?)
        },
    )
    .takes(body::<r::OrgRule>),
    Route::new(
        PUT,
        provider_path!("/org-mapping/rules/{ruleId}"),
        "Changes an organization mapping.",
        One("OrgRule"),
        |cx| {
            let (id, fields, rule) = (cx.provider()?, cx.read()?, cx.value(1).to_owned());
            one(cx.tenant.edit_org_rule(id, &rule, &fields)?)
        },
    )
    .takes(body::<r::OrgRule>),
    Route::new(
        DELETE,
        provider_path!("/org-mapping/rules/{ruleId}"),
        "Deletes an organization mapping.",
        Nothing,
        |cx| {
            let (id, rule) = (cx.provider()?, cx.value(1).to_owned());
            cx.tenant.remove_org_rule(id, &rule)?;
            nothing()
        },
    ),
    Route::new(
        PUT,
        provider_path!("/org-mapping/order"),
        "Orders the organization mappings by priority.",
        One("OrgMapping"),
        |cx| {
            let (id, fields) = (cx.provider()?, cx.read::<r::RuleOrder>()?);
            cx.tenant.order_org_rules(id, &fields.rule_ids)?;
            one(cx.tenant.org_mapping(id)?)
        },
    )
    .takes(body::<r::RuleOrder>),
    Route::new(GET, provider_path!("/role-mapping"), "The role mapping.", One("RoleMapping"), |cx| {
        one(cx.tenant.role_mapping(cx.provider()?)?)
    }),
    Route::new(
        PUT,
        provider_path!("/role-mapping"),
        "Chooses how roles are managed; changes nobody's.",
        One("RoleMapping"),
        |cx| {
            let (id, fields) = (cx.provider()?, cx.read::<r::SetRoleMapping>()?);
            cx.tenant.set_role_mapping(id, fields.mode)?;
            one(cx.tenant.role_mapping(id)?)
        },
    )
    .takes(body::<r::SetRoleMapping>),
    Route::new(
        GET,
        provider_path!("/role-mapping/rules"),
        "The role mappings.",
        List("rules", "RoleRule"),
        |cx| rules_of(cx.tenant.role_mapping(cx.provider()?)?),
    ),
    Route::new(
        POST,
        provider_path!("/role-mapping/rules"),
        "Maps a SCIM group, which has no role mapping yet, to roles.",
        Made("RoleRule"),
        |cx| {
            let (id, fields) = (cx.provider()?, cx.read()?);
            made(cx.tenant.add_role_rule(id, &fields)?)
        },
    )
    .takes(body::<r::RoleRule>),
    Route::new(
        PUT,
        provider_path!("/role-mapping/rules/{ruleId}"),
        "Changes the roles of a role mapping.",
        One("RoleRule"),
        |cx| {
            let (id, fields, rule) = (cx.provider()?, cx.read()?, cx.value(1).to_owned());
            one(cx.tenant.edit_role_rule(id, &rule, &fields)?)
        },
    )
    .takes(body::<r::RoleRule>),
    Route::new(
        DELETE,
        provider_path!("/role-mapping/rules/{ruleId}"),
        "Deletes a role mapping.",
        Nothing,
        |cx| {
            let (id, rule) = (cx.provider()?, cx.value(1).to_owned());
            cx.tenant.remove_role_rule(id, &rule)?;
            nothing()
        },
    ),
    Route::new(
        GET,
        provider_path!("/groups"),
        "The SCIM groups that the provider pushed, and how far they are mapped.",
        One("PushedGroups"),
        |cx| one(cx.tenant.pushed_groups(cx.provider()?)?),
    ),
    Route::new(
        POST,
        provider_path!("/actions/apply-org-and-role-settings"),
        "Moves the provider's users to where the mappings say, and gives them the mapped roles.",
        One("ApplyReport"),
        |cx| {
            let (id, fields) = (cx.provider()?, cx.read()?);
            one(cx.tenant.apply_settings(id, &fields)?)
        },
    )
    .takes(body::<r::ApplySettings>),
    Route::new(
        GET,
        &["/console/v1/provisioning/pending-deactivations"],
        "Who is going to be deactivated, the earliest first.",
        List("pendingDeactivations", "PendingDeactivation"),
        |cx| list("pendingDeactivations", cx.tenant.pending_deactivations()),
    ),
];

/// The rules in a view of a mapping; none where the mapping has none.
fn rules_of(mapping: Value) -> Result<Answer, ConsoleError> {
    list("rules", mapping.get("rules").and_then(Value::as_array).cloned().unwrap_or_default())
}

/// Credentials, as the one answer that shows them has them.
pub(in super::super) fn shown_once(shared: &Shared, secret: &Secret) -> Value {
    let mut shown = json!({
        "providerId": secret.provider.to_string(),
        "baseUrl": shared.base_url,
        "credentialType": secret.credential.as_str(),
    });
    match secret.credential {
        CredentialType::ApiCredentials => {
            shown["username"] = json!(secret.username);
            shown["password"] = json!(secret.secret);
        }
        CredentialType::OauthToken => shown["token"] = json!(secret.secret),
    }
    shown
}

/// The answer of the console's own routes after a change of a user.
fn details(cx: &Cx<'_>) -> Result<Answer, ConsoleError> {
    one(cx.tenant.user_details(cx.user()?)?)
}

static USERS: &[Route] = &[
    Route::new(GET, &["/v1/users"], "Users, a page at a time.", One("UserPage"), |cx| {
        one(cx.tenant.public_users(&cx.query)?)
    })
    .asks(&USER_PARAMETERS),
    Route::new(
        GET,
        &["/v1/users/roles", "/console/v1/roles"],
        "The role catalogue.",
        List("roles", "Role"),
        |cx| list("roles", cx.tenant.role_views()),
    ),
    Route::new(
        GET,
        &["/v1/users/roles/{roleId}", "/console/v1/roles/{roleId}"],
        "One role.",
        One("Role"),
        |cx| one(cx.tenant.role_view(cx.value(0))?),
    ),
    Route::new(
        PATCH,
        &["/console/v1/roles/{roleId}"],
        "Withdraws a role from the catalogue, or puts it back.",
        One("Role"),
        |cx| {
            let (role, fields) = (cx.value(0).to_owned(), cx.read::<r::SetRoleAvailable>()?);
            let available = fields.available.ok_or_else(|| {
                ConsoleError::new(400, "AVAILABLE_REQUIRED", "`available` is required: true or false.")
            })?;
            cx.tenant.set_role_available(&role, available)?;
            one(cx.tenant.role_view(&role)?)
        },
    )
    .takes(body::<r::SetRoleAvailable>),
    Route::new(GET, &["/v1/users/{userId}"], "One user in the public form.", One("User"), |cx| {
        one(cx.tenant.public_user(cx.user()?)?)
    }),
    Route::new(POST, &["/console/v1/users"], "Adds a user by hand.", Made("UserDetails"), |cx| {
        let fields = cx.read()?;
        let id = cx.tenant.add_user(&fields)?;
        made(cx.tenant.user_details(id)?)
    })
    .takes(body::<r::AddUser>),
    Route::new(
        GET,
        &["/console/v1/users/{userId}"],
        "All that is kept of a user.",
        One("UserDetails"),
        |cx| details(cx),
    ),
    Route::new(PATCH, &["/console/v1/users/{userId}"], "Edits a user by hand.", One("UserDetails"), |cx| {
        let (id, fields) = (cx.user()?, cx.read()?);
        cx.tenant.edit_user(id, &fields)?;
        details(cx)
    })
    .takes(body::<r::EditUser>),
    Route::new(
        POST,
        &["/console/v1/users/{userId}/block", "/api/v3/users/{userId}/block"],
        "Blocks a user, who is signed out everywhere.",
        One("UserDetails"),
        |cx| {
            cx.tenant.console_block(cx.user()?)?;
            details(cx)
        },
    )
    .takes(body::<r::Nothing>),
    Route::new(
        POST,
        &["/console/v1/users/{userId}/unblock", "/api/v3/users/{userId}/unblock"],
        "Unblocks a user, which cancels a pending deactivation.",
        One("UserDetails"),
        |cx| {
            cx.tenant.console_unblock(cx.user()?)?;
            details(cx)
        },
    )
    .takes(body::<r::Nothing>),
    Route::new(
        POST,
        &["/console/v1/users/{userId}/activate", "/v1/users/{userId}/activate"],
        "Activates a user.",
        One("UserDetails"),
        |cx| {
            let (id, fields) = (cx.user()?, cx.read::<r::ActivateUser>()?);
            cx.tenant.console_activate(id, fields.unblock)?;
            details(cx)
        },
    )
    .takes(body::<r::ActivateUser>),
    Route::new(
        POST,
        &["/console/v1/users/{userId}/deactivate", "/v1/users/{userId}/deactivate"],
        "Deactivates a user at once; refused on legal hold.",
        One("UserDetails"),
        |cx| {
            let (id, fields) = (cx.user()?, cx.read::<r::DeactivateUser>()?);
            cx.tenant.console_deactivate(id, fields.block)?;
            details(cx)
        },
    )
    .takes(body::<r::DeactivateUser>),
    Route::new(
        POST,
        &["/console/v1/users/{userId}/move", "/v1/users/{userId}/move"],
        "Moves a user to another organization.",
        One("UserDetails"),
        |cx| {
            let (id, fields) = (cx.user()?, cx.read()?);
            cx.tenant.move_user(id, &fields)?;
            details(cx)
        },
    )
    .takes(body::<r::MoveUser>),
    Route::new(
        PUT,
        &["/console/v1/users/{userId}/origin"],
        "Makes a user of the console local, or open to adoption.",
        One("UserDetails"),
        |cx| {
            let (id, fields) = (cx.user()?, cx.read::<r::SetOrigin>()?);
            cx.tenant.set_origin(id, fields.origin)?;
            details(cx)
        },
    )
    .takes(body::<r::SetOrigin>),
    Route::new(
        GET,
        &["/console/v1/users/{userId}/roles", "/v1/users/{userId}/roles"],
        "The identifiers of a user's roles.",
        One("RoleIds"),
        |cx| one(json!({ "roleIds": cx.tenant.user_roles(cx.user()?)? })),
    ),
    Route::new(
        PUT,
        &["/console/v1/users/{userId}/roles", "/v1/users/{userId}/roles"],
        "Gives a user exactly these roles.",
        One("RoleChange"),
        |cx| {
            let (id, fields) = (cx.user()?, cx.read::<r::SetUserRoles>()?);
            let roles = fields.role_ids.ok_or_else(|| {
                ConsoleError::new(400, "ROLES_REQUIRED", "`roleIds` is required, an empty list for none.")
            })?;
            one(cx.tenant.set_user_roles(id, &roles)?)
        },
    )
    .takes(body::<r::SetUserRoles>),
    Route::new(
        GET,
        &["/console/v1/users/{userId}/access"],
        "Whether the user could sign in now, and where the user is signed in.",
        One("Access"),
        |cx| one(cx.tenant.access(cx.user()?)?),
    ),
    Route::new(
        POST,
        &["/console/v1/users/{userId}/devices"],
        "Adds a device on which the user's agent is signed in and backs up.",
        One("UserDetails"),
        |cx| {
            cx.tenant.add_device(cx.user()?)?;
            details(cx)
        },
    )
    .takes(body::<r::Nothing>),
    Route::new(
        GET,
        &["/v1/user-risk-profiles/{userId}"],
        "A user's risk profile.",
        One("RiskProfile"),
        |cx| one(cx.tenant.risk_profile(cx.user()?)?),
    ),
    Route::new(GET, &["/v1/departments"], "Departments of users.", List("departments", "Department"), |cx| {
        list("departments", cx.tenant.departments(cx.parameter("name")))
    })
    .asks(&["name"]),
    Route::new(
        GET,
        &["/v1/directory-groups"],
        "SCIM groups of all providers.",
        List("directoryGroups", "DirectoryGroup"),
        |cx| list("directoryGroups", cx.tenant.directory_groups(cx.parameter("name"))),
    )
    .asks(&["name"]),
];

/// The answer after a change of an organization.
fn organization(cx: &Cx<'_>) -> Result<Answer, ConsoleError> {
    one(cx.tenant.organization_view(cx.organization()?))
}

static ORGANIZATIONS: &[Route] = &[
    Route::new(
        GET,
        &["/console/v1/organizations", "/v1/orgs"],
        "All organizations.",
        List("organizations", "Organization"),
        |cx| list("organizations", cx.tenant.organization_views()),
    ),
    Route::new(
        POST,
        &["/console/v1/organizations", "/v1/orgs"],
        "Adds an organization, which inherits what it is not given.",
        Made("Organization"),
        |cx| {
            let fields = cx.read()?;
            let index = cx.tenant.add_organization(&fields)?;
            made(cx.tenant.organization_view(index))
        },
    )
    .takes(body::<r::AddOrganization>),
    Route::new(
        GET,
        &["/console/v1/organizations/{orgGuid}", "/v1/orgs/{orgGuid}"],
        "One organization, by orgGuid or orgId.",
        One("Organization"),
        |cx| organization(cx),
    ),
    Route::new(
        PATCH,
        &["/console/v1/organizations/{orgGuid}"],
        "Changes an organization.",
        One("Organization"),
        edit_organization,
    )
    .takes(body::<r::EditOrganization>),
    Route::new(
        PUT,
        &["/v1/orgs/{orgGuid}"],
        "Changes an organization.",
        One("Organization"),
        edit_organization,
    )
    .takes(body::<r::EditOrganization>),
    Route::new(
        DELETE,
        &["/console/v1/organizations/{orgGuid}"],
        "Deletes an organization that nobody needs.",
        Nothing,
        |cx| {
            let index = cx.organization()?;
            cx.tenant.delete_organization(index)?;
            nothing()
        },
    ),
    Route::new(
        GET,
        &["/console/v1/organizations/{orgGuid}/settings"],
        "The settings in force, and which are inherited.",
        One("OrganizationSettings"),
        |cx| one(cx.tenant.organization_settings(cx.organization()?)),
    ),
    Route::new(
        PUT,
        &["/console/v1/organizations/{orgGuid}/settings"],
        "Gives an organization settings of its own, or lets it inherit again.",
        One("OrganizationSettings"),
        |cx| {
            let (index, fields) = (cx.organization()?, cx.read()?);
            cx.tenant.set_organization_settings(index, &fields)?;
            one(cx.tenant.organization_settings(index))
        },
    )
    .takes(body::<r::OrganizationSettings>),
    Route::new(
        POST,
        &["/console/v1/organizations/{orgGuid}/activate", "/v1/orgs/{orgGuid}/activate"],
        "Activates an organization.",
        One("Organization"),
        |cx| {
            let index = cx.organization()?;
            cx.tenant.set_organization_active(index, true)?;
            organization(cx)
        },
    )
    .takes(body::<r::Nothing>),
    Route::new(
        POST,
        &["/console/v1/organizations/{orgGuid}/deactivate", "/v1/orgs/{orgGuid}/deactivate"],
        "Deactivates an organization: nobody can be put into it.",
        One("Organization"),
        |cx| {
            let index = cx.organization()?;
            cx.tenant.set_organization_active(index, false)?;
            organization(cx)
        },
    )
    .takes(body::<r::Nothing>),
    Route::new(
        POST,
        &["/console/v1/organizations/{orgGuid}/block"],
        "Blocks an organization, its users, and the organizations below it.",
        One("Organization"),
        |cx| {
            let index = cx.organization()?;
            cx.tenant.set_organization_blocked(index, true);
            organization(cx)
        },
    )
    .takes(body::<r::Nothing>),
    Route::new(
        POST,
        &["/console/v1/organizations/{orgGuid}/unblock"],
        "Unblocks an organization and those below it; users stay blocked.",
        One("Organization"),
        |cx| {
            let index = cx.organization()?;
            cx.tenant.set_organization_blocked(index, false);
            organization(cx)
        },
    )
    .takes(body::<r::Nothing>),
];

fn edit_organization(cx: &mut Cx<'_>) -> Result<Answer, ConsoleError> {
    let (index, fields) = (cx.organization()?, cx.read()?);
    cx.tenant.edit_organization(index, &fields)?;
    organization(cx)
}
