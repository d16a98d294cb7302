//! Administration › Integrations › Identity Management › Provisioning (guide, Step 2 and Step 5): providers,
//! their credentials, details and deactivation delay.

use maud::{Markup, html};
use serde_json::Value;

use super::super::console::shown_once;
use super::addresses::PROVISIONING;
use super::frame::{post_button, short_time, tabs};
use super::mapping_view::{method_in_words, org_section, role_section};
use super::provider_view::{address, below_provider, page, provider, text};
use super::route::{Cx, Done, Page, Route};
use crate::reference::tenant::requests as r;
use crate::reference::tenant::{ConsoleError, CredentialType};

pub(super) static ROUTES: &[Route] = &[
    Route::show(PROVISIONING, list),
    Route::act(PROVISIONING, add, add_form),
    Route::show("/administration/identity-management/provisioning/add", add_form),
    Route::show("/administration/identity-management/provisioning/created", created),
    Route::show("/administration/identity-management/provisioning/{providerId}", details),
    Route::show("/administration/identity-management/provisioning/{providerId}/edit", edit_form),
    Route::act("/administration/identity-management/provisioning/{providerId}/edit", edit, edit_form),
    Route::show("/administration/identity-management/provisioning/{providerId}/delay", delay_form),
    Route::act("/administration/identity-management/provisioning/{providerId}/delay", delay, delay_form),
    Route::show("/administration/identity-management/provisioning/{providerId}/rotate", rotate_form),
    Route::act("/administration/identity-management/provisioning/{providerId}/rotate", rotate, rotate_form),
    Route::show("/administration/identity-management/provisioning/{providerId}/remove", remove_form),
    Route::act("/administration/identity-management/provisioning/{providerId}/remove", remove, remove_form),
    Route::show("/administration/identity-management/provisioning/{providerId}/apply", apply_form),
    Route::act("/administration/identity-management/provisioning/{providerId}/apply", apply, apply_form),
];

fn credential_in_words(credential: &str) -> &'static str {
    if credential == CredentialType::OauthToken.as_str() { "OAuth token" } else { "API credentials" }
}

fn list(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let providers = cx.tenant.provider_views();
    let content = html! {
        (tabs(PROVISIONING))
        details.menu {
            summary { "Add Provisioning Provider" }
            ul { li { a href={ (PROVISIONING) "/add" } data-dialog { "Add SCIM Provider" } } }
        }
        @if providers.is_empty() {
            p.empty { "There is no provisioning provider yet. Add one, and enter its credentials in Okta." }
        } @else {
            div.table tabindex="0" role="group" aria-label="Provisioning providers" {
                table {
                    thead { tr {
                        th scope="col" { "Display name" }
                        th scope="col" { "Type" }
                        th scope="col" { "Credentials" }
                        th scope="col" { "Organization mapping" }
                        th scope="col" { "Deactivation delay" }
                        th scope="col" { "Last sync" }
                    } }
                    tbody {
                        @for provider in &providers {
                            tr {
                                th scope="row" {
                                    a href=(address(provider)) { (text(provider, "displayName")) }
                                    @if provider["enabled"] == false { " " span.badge.warn { "switched off" } }
                                }
                                td { "SCIM" }
                                td { (credential_in_words(text(provider, "credentialType"))) }
                                td { (method_in_words(text(&provider["orgMapping"], "method"))) }
                                td { (provider["deactivationDelayMinutes"]) " min" }
                                td { (last_sync(provider)) }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(page("Provisioning", content))
}

fn last_sync(provider: &Value) -> Markup {
    html! {
        @match provider["lastSyncAt"].as_str() {
            Some(time) => (short_time(time)),
            None => span.none { "never" },
        }
    }
}

fn add_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let content = html! {
        form.stacked method="post" action=(PROVISIONING) data-dialog-content {
            (cx.token())
            label for="display-name" { "Display name" }
            input #display-name name="displayName" type="text" required maxlength="200" autofocus value=(cx.typed("displayName", ""));
            label for="credential-type" { "Authentication credential type" }
            select #credential-type name="credentialType" aria-describedby="credential-help" {
                option value="API_CREDENTIALS" selected[!cx.chosen("credentialType", "OAUTH_TOKEN", false)] { "API credentials" }
                option value="OAUTH_TOKEN" selected[cx.chosen("credentialType", "OAUTH_TOKEN", false)] { "OAuth token" }
            }
            p.help #credential-help { "Okta needs API credentials." }
            div.buttons {
                button.main type="submit" { "Next" }
                a.button href=(PROVISIONING) data-close { "Cancel" }
            }
        }
    };
    Ok(page("Add SCIM provisioning provider", content).below(&[("Provisioning", Some(PROVISIONING))]))
}

fn add(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let credential = cx.word("credentialType")?.unwrap_or(CredentialType::ApiCredentials);
    let secret = cx.tenant.add_provider(&cx.field("displayName").unwrap_or_default(), credential)?;
    let mut shown = shown_once(cx.shared, &secret);
    shown["title"] = "SCIM Provider Created".into();
    Ok(Done::shows_once(format!("{PROVISIONING}/created"), shown))
}

/// A value with a button that copies it.
fn copied(id: &str, label: &str, value: &str) -> Markup {
    html! {
        label for=(id) { (label) }
        div.copy {
            input id=(id) type="text" readonly value=(value);
            button type="button" data-copy=(id) hidden { "Copy" span.unseen { " " (label) } }
        }
    }
}

fn created(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let Some(shown) = cx.once() else {
        let content = html! {
            p { "Credentials are shown once, and these have been shown. If they are lost, open the provider and choose " strong { "Renew credentials" } "." }
            p { a href=(PROVISIONING) { "Back to the providers" } }
        };
        return Ok(page("Credentials", content));
    };
    let content = html! {
        p { "Leave this page open until these values are entered in Okta: they are not shown again." }
        div.stacked {
            (copied("base-url", "Base URL", text(&shown, "baseUrl")))
            @if let Some(token) = shown["token"].as_str() {
                (copied("token", "Token", token))
            } @else {
                (copied("username", "Username", text(&shown, "username")))
                (copied("password", "Password", text(&shown, "password")))
            }
            p.unseen role="status" data-copied {}
            div.buttons { a.button.main href=(address(&shown)) { "Done" } }
        }
    };
    Ok(page(text(&shown, "title"), content))
}

pub(super) fn details(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let provider = provider(cx)?;
    let groups = cx.tenant.pushed_groups(cx.provider()?)?;
    let here = address(&provider);
    let enabled = provider["enabled"] == true;
    let content = html! {
        dl.facts {
            div { dt { "Status" } dd { @if enabled { span.badge.good { "on" } } @else { span.badge.warn { "switched off" } } } }
            div { dt { "Credentials" } dd { (credential_in_words(text(&provider, "credentialType"))) } }
            div { dt { "Username" } dd { code { (text(&provider, "username")) } } }
            div { dt { "Base URL" } dd { code { (cx.shared.base_url) } } }
            div { dt { "Last sync" } dd { (last_sync(&provider)) } }
        }
        div.buttons {
            a.button href={ (here) "/edit" } data-dialog { "Edit" }
            a.button href={ (here) "/rotate" } data-dialog { "Renew credentials" }
            a.button href={ (here) "/remove" } data-dialog { "Remove" }
        }
        section aria-labelledby="delay-heading" {
            div.heading {
                h2 #delay-heading { "Deactivation Delay" }
                a.button href={ (here) "/delay" } data-dialog aria-label="Edit deactivation delay" { "Edit" }
            }
            p { "A user whom the provider deactivates is deactivated after "
                strong { (in_minutes(provider["deactivationDelayMinutes"].as_i64().unwrap_or_default())) }
                ". To cancel during that time, unblock the user." }
        }
        (org_section(cx, &provider, &groups))
        (role_section(cx, &provider, &groups))
        section aria-labelledby="apply-heading" {
            h2 #apply-heading { "Apply Org and Role Settings" }
            p { "Changing a mapping moves nobody. Apply it to move the users who are here already." }
            div.buttons { a.button.main href={ (here) "/apply" } data-dialog { "Apply Org and Role Settings" } }
        }
    };
    Ok(page(text(&provider, "displayName"), content).below(&[("Provisioning", Some(PROVISIONING))]))
}

fn in_minutes(minutes: i64) -> String {
    match minutes {
        0 => "no delay: at once".into(),
        1 => "1 minute".into(),
        _ => format!("{minutes} minutes"),
    }
}

fn edit_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let provider = provider(cx)?;
    let here = address(&provider);
    let content = html! {
        form.stacked method="post" action={ (here) "/edit" } data-dialog-content {
            (cx.token())
            label for="display-name" { "Display name" }
            input #display-name name="displayName" type="text" required maxlength="200" autofocus value=(cx.typed("displayName", text(&provider, "displayName")));
            label.box {
                input type="checkbox" name="enabled" value="true" checked[cx.chosen("enabled", "true", provider["enabled"] == true)];
                " Let the provider in"
            }
            div.buttons {
                button.main type="submit" { "Save" }
                a.button href=(here) data-close { "Cancel" }
            }
        }
    };
    Ok(below_provider(&provider, "Edit provisioning provider", content))
}

fn edit(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let id = cx.provider()?;
    let fields =
        r::EditProvider { display_name: cx.text("displayName"), enabled: Some(cx.visit.ticked("enabled")) };
    cx.tenant.edit_provider(id, &fields)?;
    Ok(Done::new(format!("{PROVISIONING}/{id}"), "The provider was saved."))
}

fn delay_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let provider = provider(cx)?;
    let here = address(&provider);
    let minutes = provider["deactivationDelayMinutes"].to_string();
    let content = html! {
        form.stacked method="post" action={ (here) "/delay" } data-dialog-content {
            (cx.token())
            label for="minutes" { "Delay in minutes" }
            input #minutes name="minutes" type="number" min="0" max="43200" step="1" required autofocus aria-describedby="delay-help" value=(cx.typed("minutes", &minutes));
            p.help #delay-help { "From 0 (at once) to 43200 (30 days). Whoever is going to be deactivated already keeps the time." }
            div.buttons {
                button.main type="submit" { "Save" }
                a.button href=(here) data-close { "Cancel" }
            }
        }
    };
    Ok(below_provider(&provider, "Edit deactivation delay", content))
}

fn delay(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let id = cx.provider()?;
    let minutes = cx.number("minutes", "The delay")?;
    cx.tenant.set_delay(id, minutes)?;
    let now = in_minutes(cx.tenant.delay(id)?);
    Ok(Done::new(format!("{PROVISIONING}/{id}"), format!("The deactivation delay is now {now}.")))
}

/// A form that only asks whether something is meant.
fn asks(cx: &Cx<'_>, action: &str, back: &str, what: &str, label: &str) -> Markup {
    html! {
        div.stacked data-dialog-content {
            p { (what) }
            div.buttons {
                (post_button(cx.visit, action, &[], "main", &html! { (label) }))
                a.button href=(back) data-close { "Cancel" }
            }
        }
    }
}

fn rotate_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let provider = provider(cx)?;
    let here = address(&provider);
    let what = "The present credentials open nothing any more. Enter the new ones in Okta, or it cannot provision anybody.";
    let content = asks(cx, &format!("{here}/rotate"), &here, what, "Renew credentials");
    Ok(below_provider(&provider, "Renew credentials", content))
}

fn rotate(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let secret = cx.tenant.rotate(cx.provider()?)?;
    let mut shown = shown_once(cx.shared, &secret);
    shown["title"] = "Credentials Renewed".into();
    Ok(Done::shows_once(format!("{PROVISIONING}/created"), shown))
}

fn remove_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let provider = provider(cx)?;
    let here = address(&provider);
    let what = "Its credentials open nothing any more. Its users stay as they are, and no other provider can manage them.";
    let content = asks(cx, &format!("{here}/remove"), &here, what, "Remove provider");
    Ok(below_provider(&provider, "Remove provisioning provider", content))
}

fn remove(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    cx.tenant.remove_provider(cx.provider()?)?;
    Ok(Done::new(PROVISIONING, "The provider was removed."))
}

fn counts(report: &Value) -> Markup {
    html! {
        dl.facts.counts {
            @for (name, key) in [
                ("Users looked at", "evaluated"),
                ("Organization changes", "orgMoved"),
                ("Role changes", "rolesChanged"),
                ("Stay as they are", "unchanged"),
            ] {
                div { dt { (name) } dd data-count=(key) { (report[key]) } }
            }
        }
    }
}

const SKIPPED: [(&str, &str); 5] = [
    ("local", "local users, who are managed here alone"),
    ("unmanaged", "users whom no provider has taken over"),
    ("deactivated", "deactivated users"),
    ("manualOrg", "users moved by hand, who stay in their organization"),
    ("otherProvider", "users of other providers"),
];

fn apply_form(cx: &mut Cx<'_>) -> Result<Page, ConsoleError> {
    let provider = provider(cx)?;
    let id = cx.provider()?;
    let report = cx.tenant.apply_settings(id, &r::ApplySettings { dry_run: true, user_ids: None })?;
    let here = address(&provider);
    let skipped: Vec<(u64, &str)> = SKIPPED
        .iter()
        .map(|(key, what)| (report["skipped"][*key].as_u64().unwrap_or_default(), *what))
        .filter(|(count, _)| *count > 0)
        .collect();
    let errors = report["errors"].as_array().map_or(&[][..], Vec::as_slice);
    let content = html! {
        div.stacked data-dialog-content {
            p { "This is what would happen now. Nothing has been done yet." }
            (counts(&report))
            @if !skipped.is_empty() {
                p { "Left alone:" }
                ul { @for (count, what) in &skipped { li { (count) " " (what) } } }
            }
            @if !errors.is_empty() {
                p { "Cannot be done:" }
                ul { @for error in errors { li { (text(error, "username")) ": " (text(error, "message")) } } }
            }
            div.buttons {
                (post_button(cx.visit, &format!("{here}/apply"), &[], "main", &html! { "Apply" }))
                a.button href=(here) data-close { "Cancel" }
            }
        }
    };
    Ok(below_provider(&provider, "Apply Org and Role Settings", content))
}

fn apply(cx: &mut Cx<'_>) -> Result<Done, ConsoleError> {
    let id = cx.provider()?;
    let report = cx.tenant.apply_settings(id, &r::ApplySettings { dry_run: false, user_ids: None })?;
    let told = format!(
        "Applied to {} users: {} changed organization, {} changed roles, {} stayed as they were.",
        report["evaluated"], report["orgMoved"], report["rolesChanged"], report["unchanged"]
    );
    Ok(Done::new(format!("{PROVISIONING}/{id}"), told))
}
