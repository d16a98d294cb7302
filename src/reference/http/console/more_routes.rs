//! The rest of the table: legal hold, watchlists, logs, and what only a test of the service needs.

use serde_json::json;

use super::super::answer::Answer;
use super::route::Gives::{Csv, List, Made, Nothing, One};
use super::route::{Cx, Route, body, list, made, nothing, one};
use crate::reference::tenant::requests as r;
use crate::reference::tenant::{Actors, ConsoleError, Id, LOG_PARAMETERS, LogQuery};

const GET: &str = "GET";
const POST: &str = "POST";
const PUT: &str = "PUT";

macro_rules! both {
    ($public:literal, $below:literal) => {
        &[concat!("/console/v1", $below), concat!($public, $below)]
    };
}

/// The user that a body names.
fn custodian(cx: &Cx<'_>) -> Result<Id, ConsoleError> {
    let fields: r::Custodian = cx.read()?;
    let named =
        fields.user_id.ok_or_else(|| ConsoleError::new(400, "USER_REQUIRED", "`userId` is required."))?;
    Id::parse(&named).ok_or_else(|| ConsoleError::not_found("user"))
}

pub(super) static HOLDS: &[Route] = &[
    Route::new(
        GET,
        both!("/v1", "/legal-hold/policies"),
        "All policies.",
        List("policies", "Policy"),
        |cx| list("policies", cx.tenant.policy_views()),
    ),
    Route::new(POST, both!("/v1", "/legal-hold/policies"), "Adds a policy.", Made("Policy"), |cx| {
        let fields: r::AddPolicy = cx.read()?;
        made(cx.tenant.add_policy(fields.name.as_deref())?)
    })
    .takes(body::<r::AddPolicy>),
    Route::new(GET, both!("/v1", "/legal-hold/matters"), "All matters.", List("matters", "Matter"), |cx| {
        list("matters", cx.tenant.matter_views())
    }),
    Route::new(POST, both!("/v1", "/legal-hold/matters"), "Adds a matter.", Made("Matter"), |cx| {
        let fields = cx.read()?;
        made(cx.tenant.add_matter(&fields)?)
    })
    .takes(body::<r::AddMatter>),
    Route::new(GET, both!("/v1", "/legal-hold/matters/{matterId}"), "One matter.", One("Matter"), |cx| {
        one(cx.tenant.matter_view(cx.value(0))?)
    }),
    Route::new(
        POST,
        both!("/v1", "/legal-hold/matters/{matterId}/deactivate"),
        "Closes a matter, which releases all its custodians.",
        One("Matter"),
        |cx| matter_active(cx, false),
    )
    .takes(body::<r::Nothing>),
    Route::new(
        POST,
        both!("/v1", "/legal-hold/matters/{matterId}/reactivate"),
        "Opens a matter again.",
        One("Matter"),
        |cx| matter_active(cx, true),
    )
    .takes(body::<r::Nothing>),
    Route::new(
        GET,
        both!("/v1", "/legal-hold/matters/{matterId}/custodians"),
        "The custodians of a matter.",
        List("custodians", "MatterCustodian"),
        |cx| list("custodians", cx.tenant.custodian_views(cx.value(0))?),
    ),
    Route::new(
        POST,
        both!("/v1", "/legal-hold/matters/{matterId}/custodians"),
        "Puts a user on legal hold.",
        Nothing,
        |cx| {
            let (matter, user) = (cx.value(0).to_owned(), custodian(cx)?);
            cx.tenant.add_custodian(&matter, user)?;
            nothing()
        },
    )
    .takes(body::<r::Custodian>),
    Route::new(
        POST,
        both!("/v1", "/legal-hold/matters/{matterId}/custodians/remove"),
        "Releases a user; a deactivation that waited for the last release happens at once.",
        Nothing,
        |cx| {
            let (matter, user) = (cx.value(0).to_owned(), custodian(cx)?);
            cx.tenant.release_custodian(&matter, user)?;
            nothing()
        },
    )
    .takes(body::<r::Custodian>),
    Route::new(
        GET,
        both!("/v1", "/legal-hold/custodians/{userId}"),
        "The matters of a user.",
        List("matters", "UserHold"),
        |cx| list("matters", cx.tenant.holds_of(cx.user()?)?),
    ),
];

fn matter_active(cx: &mut Cx<'_>, active: bool) -> Result<Answer, ConsoleError> {
    let matter = cx.value(0).to_owned();
    cx.tenant.set_matter_active(&matter, active)?;
    one(cx.tenant.matter_view(&matter)?)
}

pub(super) static WATCHLISTS: &[Route] = &[
    Route::new(GET, both!("/v2", "/watchlists"), "All watchlists.", List("watchlists", "Watchlist"), |cx| {
        list("watchlists", cx.tenant.watchlist_views())
    }),
    Route::new(POST, both!("/v2", "/watchlists"), "Adds a watchlist.", Made("Watchlist"), |cx| {
        let fields = cx.read()?;
        made(cx.tenant.add_watchlist(&fields)?)
    })
    .takes(body::<r::AddWatchlist>),
    Route::new(GET, both!("/v2", "/watchlists/{watchlistId}"), "One watchlist.", One("Watchlist"), |cx| {
        one(cx.tenant.watchlist_view(cx.value(0))?)
    }),
    Route::new(
        GET,
        both!("/v2", "/watchlists/{watchlistId}/members"),
        "Who is on a watchlist, for whatever reason.",
        List("watchlistMembers", "WatchlistMember"),
        |cx| list("watchlistMembers", cx.tenant.watchlist_members(cx.value(0))?),
    ),
    Route::new(
        GET,
        both!("/v2", "/watchlists/{watchlistId}/members/{actorId}"),
        "One member of a watchlist.",
        One("WatchlistMember"),
        |cx| {
            let members = cx.tenant.watchlist_members(cx.value(0))?;
            let found = members.into_iter().find(|member| member["actorId"] == cx.value(1));
            one(found.ok_or_else(|| ConsoleError::not_found("member of this watchlist"))?)
        },
    ),
    Route::new(
        GET,
        both!("/v2", "/watchlists/{watchlistId}/included-actors"),
        "Users included one by one.",
        List("includedActors", "WatchlistActor"),
        |cx| list("includedActors", cx.tenant.watchlist_actors(cx.value(0), Actors::Included)?),
    ),
    Route::new(
        POST,
        both!("/v2", "/watchlists/{watchlistId}/included-actors/add"),
        "Includes users.",
        Nothing,
        |cx| actors(cx, Actors::Included, true),
    )
    .takes(body::<r::Actors>),
    Route::new(
        POST,
        both!("/v2", "/watchlists/{watchlistId}/included-actors/delete"),
        "No longer includes users one by one.",
        Nothing,
        |cx| actors(cx, Actors::Included, false),
    )
    .takes(body::<r::Actors>),
    Route::new(
        GET,
        both!("/v2", "/watchlists/{watchlistId}/excluded-actors"),
        "Users who are excluded.",
        List("excludedActors", "WatchlistActor"),
        |cx| list("excludedActors", cx.tenant.watchlist_actors(cx.value(0), Actors::Excluded)?),
    ),
    Route::new(
        POST,
        both!("/v2", "/watchlists/{watchlistId}/excluded-actors/add"),
        "Excludes users, however they would come in.",
        Nothing,
        |cx| actors(cx, Actors::Excluded, true),
    )
    .takes(body::<r::Actors>),
    Route::new(
        POST,
        both!("/v2", "/watchlists/{watchlistId}/excluded-actors/delete"),
        "Ends the exclusion of users.",
        Nothing,
        |cx| actors(cx, Actors::Excluded, false),
    )
    .takes(body::<r::Actors>),
    Route::new(
        GET,
        both!("/v2", "/watchlists/{watchlistId}/included-directory-groups"),
        "SCIM groups that are included, deleted ones among them.",
        List("includedDirectoryGroups", "WatchedGroup"),
        |cx| list("includedDirectoryGroups", cx.tenant.watched_groups(cx.value(0))?),
    ),
    Route::new(
        POST,
        both!("/v2", "/watchlists/{watchlistId}/included-directory-groups/add"),
        "Includes SCIM groups.",
        Nothing,
        |cx| groups(cx, true),
    )
    .takes(body::<r::WatchedGroups>),
    Route::new(
        POST,
        both!("/v2", "/watchlists/{watchlistId}/included-directory-groups/delete"),
        "No longer includes SCIM groups.",
        Nothing,
        |cx| groups(cx, false),
    )
    .takes(body::<r::WatchedGroups>),
    Route::new(
        GET,
        both!("/v2", "/watchlists/{watchlistId}/included-departments"),
        "Departments that are included.",
        List("includedDepartments", "WatchedDepartment"),
        |cx| list("includedDepartments", cx.tenant.watched_departments(cx.value(0))?),
    ),
    Route::new(
        POST,
        both!("/v2", "/watchlists/{watchlistId}/included-departments/add"),
        "Includes departments.",
        Nothing,
        |cx| departments(cx, true),
    )
    .takes(body::<r::WatchedDepartments>),
    Route::new(
        POST,
        both!("/v2", "/watchlists/{watchlistId}/included-departments/delete"),
        "No longer includes departments.",
        Nothing,
        |cx| departments(cx, false),
    )
    .takes(body::<r::WatchedDepartments>),
];

fn actors(cx: &mut Cx<'_>, which: Actors, add: bool) -> Result<Answer, ConsoleError> {
    let (watchlist, fields) = (cx.value(0).to_owned(), cx.read::<r::Actors>()?);
    cx.tenant.change_actors(&watchlist, which, &fields.actor_ids, add)?;
    nothing()
}

fn groups(cx: &mut Cx<'_>, add: bool) -> Result<Answer, ConsoleError> {
    let (watchlist, fields) = (cx.value(0).to_owned(), cx.read::<r::WatchedGroups>()?);
    cx.tenant.change_watched_groups(&watchlist, &fields.group_ids, add)?;
    nothing()
}

fn departments(cx: &mut Cx<'_>, add: bool) -> Result<Answer, ConsoleError> {
    let (watchlist, fields) = (cx.value(0).to_owned(), cx.read::<r::WatchedDepartments>()?);
    cx.tenant.change_watched_departments(&watchlist, &fields.departments, add)?;
    nothing()
}

pub(super) static LOGS: &[Route] = &[
    Route::new(
        GET,
        &["/console/v1/sync-log", "/api/v3/DirectorySyncLog"],
        "The sync log: what provisioning did in the last 90 days.",
        One("SyncLog"),
        |cx| {
            let query = LogQuery::parse(&cx.query)?;
            one(json!({ "entries": cx.tenant.sync_log(&query), "totalCount": cx.tenant.sync_log_total(&query) }))
        },
    )
    .asks(&LOG_PARAMETERS),
    Route::new(
        GET,
        &["/console/v1/sync-log/csv", "/api/v3/DirectorySyncLog/csv"],
        "The sync log as CSV: one row for each changed attribute.",
        Csv,
        |cx| {
            let csv = cx.tenant.sync_log_csv(&LogQuery::parse(&cx.query)?).into_bytes();
            Ok(Answer::bytes(200, csv, "text/csv; charset=utf-8")
                .with("Content-Disposition", "attachment; filename=\"directory-sync-log.csv\""))
        },
    )
    .asks(&LOG_PARAMETERS),
    Route::new(
        GET,
        &["/console/v1/audit-log"],
        "The audit log: what was done by hand, and what provisioning did to users.",
        List("events", "AuditEvent"),
        |cx| list("events", cx.tenant.audit_log()),
    ),
    Route::new(
        GET,
        &["/console/v1/directory-sync-report"],
        "The directory sync report of a day, or of the last 24 hours.",
        One("SyncReport"),
        |cx| one(cx.tenant.sync_report(cx.parameter("date"))?),
    )
    .asks(&["date"]),
    Route::new(
        GET,
        &["/console/v1/directory-sync-email"],
        "When the directory sync report is mailed.",
        One("Email"),
        |cx| one(cx.tenant.email_frequency()),
    ),
    Route::new(
        PUT,
        &["/console/v1/directory-sync-email"],
        "Changes when the directory sync report is mailed.",
        One("Email"),
        |cx| {
            let fields: r::SetEmail = cx.read()?;
            cx.tenant.set_email_frequency(fields.frequency)?;
            one(cx.tenant.email_frequency())
        },
    )
    .takes(body::<r::SetEmail>),
];

pub(super) static CONTROL: &[Route] = &[
    Route::new(GET, &["/console/v1/state"], "Everything, in a stable order.", One("State"), |cx| {
        one(cx.tenant.state())
    }),
    Route::new(GET, &["/console/v1/clock"], "The service's time.", One("Clock"), |cx| {
        one(json!({ "now": cx.tenant.now() }))
    }),
    Route::new(POST, &["/console/v1/clock"], "Moves the service's time, never back.", One("Clock"), |cx| {
        let fields = cx.read()?;
        cx.shared.move_clock(cx.tenant, &fields)?;
        one(json!({ "now": cx.tenant.now() }))
    })
    .takes(body::<r::MoveClock>),
    Route::new(GET, &["/console/v1/plan"], "What the plan has.", One("Plan"), |cx| {
        one(json!({ "backupAgent": cx.tenant.behaviour.backup_agent }))
    }),
    Route::new(PUT, &["/console/v1/plan"], "A plan with or without the backup agent.", One("Plan"), |cx| {
        let fields: r::SetPlan = cx.read()?;
        cx.tenant.set_plan(fields.backup_agent)?;
        one(json!({ "backupAgent": cx.tenant.behaviour.backup_agent }))
    })
    .takes(body::<r::SetPlan>),
    Route::new(
        GET,
        &["/console/v1/presets"],
        "How the service behaves where the guide departs from the RFCs.",
        One("Preset"),
        |cx| one(json!({ "preset": cx.tenant.preset() })),
    ),
    Route::new(PUT, &["/console/v1/presets"], "Another preset, from now on.", One("Preset"), |cx| {
        let fields: r::SetPreset = cx.read()?;
        cx.tenant.set_preset(fields.preset)?;
        one(json!({ "preset": cx.tenant.preset() }))
    })
    .takes(body::<r::SetPreset>),
    Route::new(
        PUT,
        &["/console/v1/idp-state/{username}"],
        "What the identity provider would say when this person signs in.",
        Nothing,
        |cx| {
            let (username, fields) = (cx.value(0).to_owned(), cx.read::<r::SetIdpState>()?);
            cx.tenant.set_idp_state(&username, fields.state)?;
            nothing()
        },
    )
    .takes(body::<r::SetIdpState>),
    Route::new(POST, &["/console/v1/reset"], "An empty service, as it was made.", Nothing, |cx| {
        cx.shared.begin_again(cx.tenant);
        nothing()
    }),
    Route::new(POST, &["/console/v1/snapshot"], "Keeps the whole state.", Made("Snapshot"), |cx| {
        let number = cx.shared.keep(cx.tenant)?;
        made(json!({ "snapshotId": number.to_string() }))
    }),
    Route::new(POST, &["/console/v1/restore"], "Brings a kept state back, with its time.", Nothing, |cx| {
        let fields: r::Restore = cx.read()?;
        let number = fields.snapshot_id.as_deref().and_then(|id| id.parse().ok());
        cx.shared.bring_back(cx.tenant, number.unwrap_or(0))?;
        nothing()
    })
    .takes(body::<r::Restore>),
];
