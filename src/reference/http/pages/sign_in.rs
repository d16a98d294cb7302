//! Signing in and out: with the user name and password of the console's API.

use http::HeaderMap;
use maud::html;

use super::super::answer::Answer;
use super::super::incoming::Incoming;
use super::super::shared::Shared;
use super::addresses::{HOME, SIGN_IN, is_below};
use super::frame::bare;
use super::guard::seen_other;
use super::session::{before_sign_in, has_ended, open, same_origin, sign_in_form_is_ours, unknown_host};
use crate::reference::scim::parameters;

/// A page of this service; anything else would send people to other sites.
fn page_here(path: &str) -> &str {
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains(['\\', '\r', '\n'])
        && is_below(path.split('?').next().unwrap_or_default())
        && !path.starts_with(SIGN_IN);
    if plain { path } else { HOME }
}

fn parameter<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// The form.
pub(super) fn form(shared: &Shared, headers: &HeaderMap, query: Option<&str>) -> Answer {
    let query = parameters(query);
    let notice = has_ended(shared, headers).then_some(
        "You were signed out: nothing was done for an hour, or the service was started anew. Sign in again.",
    );
    shown(shared, headers, 200, notice, parameter(&query, "to"), "")
}

fn shown(
    shared: &Shared,
    headers: &HeaderMap,
    status: u16,
    notice: Option<&str>,
    to: &str,
    username: &str,
) -> Answer {
    let (token, cookie) = before_sign_in(shared, headers);
    let content = html! {
        p { "Use the console's user name and password, which " code { "scimulate serve" } " printed when it started." }
        form.stacked method="post" action=(SIGN_IN) {
            input type="hidden" name="csrf" value=(token);
            input type="hidden" name="to" value=(page_here(to));
            label for="username" { "User name" }
            input #username name="username" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus[username.is_empty()] value=(username);
            label for="password" { "Password" }
            input #password name="password" type="password" autocomplete="current-password" required autofocus[!username.is_empty()];
            div.buttons { button.main type="submit" { "Sign in" } }
        }
    };
    let answer = bare(status, "Sign in", notice, &content);
    match cookie {
        Some(cookie) => answer.with("Set-Cookie", cookie),
        None => answer,
    }
}

/// The form, sent.
pub(super) fn answer(shared: &Shared, incoming: &Incoming) -> Answer {
    let headers = &incoming.parts.headers;
    let fields = parameters(std::str::from_utf8(&incoming.body).ok());
    let to = parameter(&fields, "to");
    let username = parameter(&fields, "username");
    if let Some(error) = unknown_host(shared, headers) {
        return shown(shared, headers, error.status, Some(&error.message), to, username);
    }
    if !same_origin(shared, headers) || !sign_in_form_is_ours(shared, headers, parameter(&fields, "csrf")) {
        let notice = "This form was not opened here, or your browser keeps no cookies. Sign in again.";
        return shown(shared, headers, 403, Some(notice), to, username);
    }
    match shared.admits(incoming.parts.extensions.get(), username, parameter(&fields, "password")) {
        Ok(true) => seen_other(page_here(to)).with("Set-Cookie", open(shared)),
        Ok(false) => {
            let notice = "The user name or the password is wrong.";
            shown(shared, headers, 401, Some(notice), to, username)
        }
        Err(seconds) => {
            let notice = format!("Too many attempts failed. Try again in {seconds} s.");
            shown(shared, headers, 429, Some(&notice), to, username).with("Retry-After", seconds.to_string())
        }
    }
}
