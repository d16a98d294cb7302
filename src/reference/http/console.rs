//! The console's routes (code42-service §4), for an administrator with the Identity Management
//! Administrator role: providers, users, organizations, clock, sync log and the whole state.

use serde_json::{Value, json};

use super::answer::Answer;
use super::{Incoming, Presented, Shared, presented};
use crate::reference::scim::parameters;
use crate::reference::tenant::{ConsoleError, CredentialType, Id, LogQuery, Secret, Tenant};

/// Answers one request below `/console/v1`.
pub(super) fn answer(shared: &Shared, incoming: &Incoming) -> Answer {
    let admitted = match presented(incoming) {
        Some(Presented::Basic(text)) => {
            Presented::user_and_password(&text).is_some_and(|(username, password)| {
                same(username, &shared.options.console_username)
                    & same(password, &shared.options.console_password)
            })
        }
        _ => false,
    };
    if !admitted {
        let error =
            ConsoleError::new(401, "UNAUTHORIZED", "Sign in with the console's user name and password.");
        return Answer::console_error(&error).with("WWW-Authenticate", "Basic realm=\"Console\"");
    }
    let mut tenant = shared.lock();
    match route(shared, &mut tenant, incoming) {
        Ok(answer) => answer,
        Err(error) => Answer::console_error(&error),
    }
}

/// Compared in constant time.
fn same(given: &str, wanted: &str) -> bool {
    use subtle::ConstantTimeEq as _;
    given.as_bytes().ct_eq(wanted.as_bytes()).into()
}

fn route(shared: &Shared, tenant: &mut Tenant, incoming: &Incoming) -> Result<Answer, ConsoleError> {
    let path = incoming.path().trim_start_matches("/console/v1");
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let body = || -> Result<Value, ConsoleError> {
        if incoming.body.is_empty() {
            return Ok(json!({}));
        }
        serde_json::from_slice(&incoming.body).map_err(|error| {
            ConsoleError::new(400, "INVALID_BODY", format!("The body is not valid JSON: {error}."))
        })
    };
    let id = |text: &str, what: &str| Id::parse(text).ok_or_else(|| ConsoleError::not_found(what));
    let ok = |value: Value| Ok(Answer::console(200, &value));
    match (incoming.method(), segments.as_slice()) {
        ("GET", ["state"]) => ok(tenant.state()),
        ("GET", ["clock"]) => ok(json!({ "now": tenant.now() })),
        ("POST", ["clock"]) => {
            let moved = tenant.move_clock(&body()?)?;
            if let Ok(mut total) = shared.moved.lock() {
                *total = total.saturating_add(moved);
            }
            ok(json!({ "now": tenant.now() }))
        }
        ("GET", ["sync-log"]) => {
            let query = LogQuery::parse(&parameters(incoming.query()))?;
            ok(json!({ "entries": tenant.sync_log(&query) }))
        }
        ("GET", ["sync-log", "csv"]) => {
            let query = LogQuery::parse(&parameters(incoming.query()))?;
            let csv = tenant.sync_log_csv(&query).into_bytes();
            Ok(Answer::bytes(200, csv, "text/csv; charset=utf-8")
                .with("Content-Disposition", "attachment; filename=\"directory-sync-log.csv\""))
        }
        ("PUT", ["idp-state", username]) => {
            let body = body()?;
            let username = crate::reference::scim::decode(&username.replace('+', "%2B"));
            tenant.set_idp_state(&username, body.get("state").and_then(Value::as_str).unwrap_or_default())?;
            Ok(Answer::empty(204))
        }
        (_, ["provisioning", "providers", rest @ ..]) => providers(shared, tenant, incoming, rest, &body),
        ("POST", ["users"]) => {
            let created = tenant.add_user(&body()?)?;
            Ok(Answer::console(201, &tenant.user_details(created)?))
        }
        ("GET", ["users", user]) => ok(tenant.user_details(id(user, "user")?)?),
        ("PATCH", ["users", user]) => {
            let user = id(user, "user")?;
            tenant.edit_user(user, &body()?)?;
            ok(tenant.user_details(user)?)
        }
        ("GET", ["users", user, "access"]) => ok(tenant.access(id(user, "user")?)?),
        ("POST", ["users", user, action]) => {
            let user = id(user, "user")?;
            match *action {
                "block" => tenant.console_block(user)?,
                "unblock" => tenant.console_unblock(user)?,
                "activate" => tenant.console_activate(user)?,
                "deactivate" => tenant.console_deactivate(user)?,
                "devices" => tenant.add_device(user)?,
                "move" => tenant.move_user(user, &body()?)?,
                _ => return Err(nothing_here()),
            }
            ok(tenant.user_details(user)?)
        }
        ("POST", ["organizations"]) => {
            let created = tenant.add_organization(&body()?)?;
            Ok(Answer::console(201, &json!({ "orgId": created.to_string() })))
        }
        ("GET", ["organizations"]) => ok(json!({ "organizations": tenant.state()["organizations"] })),
        ("GET", ["roles"]) => ok(json!({ "roles": tenant.role_views() })),
        _ => Err(nothing_here()),
    }
}

fn providers(
    shared: &Shared,
    tenant: &mut Tenant,
    incoming: &Incoming,
    rest: &[&str],
    body: &dyn Fn() -> Result<Value, ConsoleError>,
) -> Result<Answer, ConsoleError> {
    let id = |text: &str| Id::parse(text).ok_or_else(|| ConsoleError::not_found("provider"));
    match (incoming.method(), rest) {
        ("GET", []) => Ok(Answer::console(200, &json!({ "providers": tenant.provider_views() }))),
        ("POST", []) => {
            let body = body()?;
            let credential = match body.get("credentialType").and_then(Value::as_str) {
                None | Some("API_CREDENTIALS") => CredentialType::ApiCredentials,
                Some("OAUTH_TOKEN") => CredentialType::OauthToken,
                Some(other) => {
                    return Err(ConsoleError::new(
                        400,
                        "INVALID_CREDENTIAL_TYPE",
                        format!("`{other}` is no credential type; use API_CREDENTIALS or OAUTH_TOKEN."),
                    ));
                }
            };
            let name = body.get("displayName").and_then(Value::as_str).unwrap_or_default();
            let secret = tenant.add_provider(name, credential)?;
            Ok(Answer::console(201, &shown_once(shared, &secret)))
        }
        ("GET", [provider]) => Ok(Answer::console(200, &tenant.provider_view(id(provider)?)?)),
        ("PATCH", [provider]) => {
            let provider = id(provider)?;
            tenant.edit_provider(provider, &body()?)?;
            Ok(Answer::console(200, &tenant.provider_view(provider)?))
        }
        ("DELETE", [provider]) => {
            tenant.remove_provider(id(provider)?)?;
            Ok(Answer::empty(204))
        }
        ("POST", [provider, "credentials", "rotate"]) => {
            let secret = tenant.rotate(id(provider)?)?;
            Ok(Answer::console(200, &shown_once(shared, &secret)))
        }
        ("GET", [provider, "deactivation-delay"]) => {
            Ok(Answer::console(200, &json!({ "minutes": tenant.delay(id(provider)?)? })))
        }
        ("PUT", [provider, "deactivation-delay"]) => {
            let provider = id(provider)?;
            tenant.set_delay(provider, body()?.get("minutes").and_then(Value::as_i64))?;
            Ok(Answer::console(200, &json!({ "minutes": tenant.delay(provider)? })))
        }
        _ => Err(nothing_here()),
    }
}

fn shown_once(shared: &Shared, secret: &Secret) -> Value {
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

fn nothing_here() -> ConsoleError {
    ConsoleError::new(404, "NOT_FOUND", "There is nothing here, or not with this method.")
}
