//! The console as pages for people, rendered here and usable without a script. They do what the console's
//! API does through the same functions of the domain, for who is signed in; nothing is reachable without.

mod addresses;
mod assets;
mod desk;
mod frame;
mod guard;
mod holds;
pub(super) mod kept;
mod mapping;
mod mapping_view;
mod organizations;
mod provider_view;
mod providers;
mod route;
mod session;
mod sign_in;
mod sync_log;
mod users;
mod watchlists;

use http::HeaderMap;

use super::answer::Answer;
use super::console;
use super::incoming::Incoming;
use super::shared::Shared;
pub(super) use addresses::is_below;
use addresses::{HOME, IDENTITY, PROVISIONING, SIGN_IN, SIGN_OUT};
pub use desk::Pages;
use frame::framed;
pub use frame::{post_button, short_time};
use guard::{guarded, seen_other};
use kept::same;
pub use kept::{Notice, Section};
use route::{Cx, Does, Done, Route, failed, refused_in_words};
pub use route::{Page, Visit};
pub(super) use session::same_origin;
use session::{close, csrf_token, keep_notice, keep_once, session_of, take_notice, unknown_host};
pub use sync_log::{details as entry_details, in_words, result_badge as entry_result};

use crate::reference::scim::{decode, parameters};
use crate::reference::tenant::ConsoleError;

fn all() -> impl Iterator<Item = &'static Route> {
    [
        providers::ROUTES,
        mapping::ROUTES,
        sync_log::ROUTES,
        users::ROUTES,
        organizations::ROUTES,
        holds::ROUTES,
        watchlists::ROUTES,
    ]
    .into_iter()
    .flatten()
}

/// Answers one request to a page.
pub(super) fn answer(shared: &Shared, incoming: &Incoming) -> Answer {
    let head = incoming.method() == "HEAD";
    let answer = route(shared, incoming, if head { "GET" } else { incoming.method() });
    if head { answer.without_body() } else { answer }
}

fn route(shared: &Shared, incoming: &Incoming, method: &str) -> Answer {
    let headers = &incoming.parts.headers;
    match (method, incoming.path()) {
        ("GET", SIGN_IN) => return sign_in::form(shared, headers, incoming.query()),
        ("POST", SIGN_IN) => return sign_in::answer(shared, incoming),
        ("GET", path) => {
            if let Some(answer) = assets::answer(path) {
                return answer;
            }
        }
        _ => {}
    }
    let visit = match admit(shared, headers, method, incoming.path(), incoming.query(), &incoming.body) {
        Ok(visit) => visit,
        Err(answer) => return *answer,
    };
    match (method, incoming.path()) {
        ("POST", SIGN_OUT) => seen_other(SIGN_IN).with("Set-Cookie", close(shared, &visit.token)),
        ("GET", "/" | HOME | IDENTITY) => seen_other(PROVISIONING),
        _ => dispatch(shared, &visit),
    }
}

/// Lets in who is signed in, and forms that come from our own pages.
fn admit(
    shared: &Shared,
    headers: &HeaderMap,
    method: &str,
    path: &str,
    query: Option<&str>,
    body: &[u8],
) -> Result<Visit, Box<Answer>> {
    let Some(token) = session_of(shared, headers) else {
        let target = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        // What a form would have done is not known after signing in: the way goes to its page.
        let to = if method == "GET" { target } else { HOME.to_owned() };
        let to = crate::exchange::percent_encode(&to);
        return Err(Box::new(seen_other(&format!("{SIGN_IN}?to={to}"))));
    };
    let form = if method == "POST" { parameters(std::str::from_utf8(body).ok()) } else { Vec::new() };
    let csrf = csrf_token(&token);
    let visit = Visit {
        token,
        csrf,
        method: method.to_owned(),
        path: path.to_owned(),
        query: parameters(query),
        form,
    };
    let genuine =
        same_origin(shared, headers) && visit.field("csrf").is_some_and(|given| same(given, &visit.csrf));
    if method == "POST"
        && let Some(error) = unknown_host(shared, headers)
    {
        return Err(Box::new(trouble(shared, &visit, &error)));
    }
    if method == "POST" && !genuine {
        let error = ConsoleError::new(
            403,
            "FORM_NOT_OURS",
            "This form did not come from a page of this service, or the page was opened before you signed in. Nothing was done. Open the page again.",
        );
        return Err(Box::new(trouble(shared, &visit, &error)));
    }
    Ok(visit)
}

/// A page that says what is wrong.
fn trouble(shared: &Shared, visit: &Visit, error: &ConsoleError) -> Answer {
    let now = shared.lock().now();
    let title = match error.status {
        403 if ["FORM_NOT_OURS", "HOST_UNKNOWN"].contains(&error.code) => "Nothing was done",
        403 | 404 => "Not found",
        405 => "Not possible",
        _ => "This did not work",
    };
    let content = maud::html! { p { a href=(HOME) { "Go to the start" } } };
    framed(shared, &now, visit, Some(&failed(error)), error.status, &Page::new(title, "", content))
}

fn dispatch(shared: &Shared, visit: &Visit) -> Answer {
    let segments: Vec<String> = visit
        .path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| decode(&segment.replace('+', "%2B")))
        .collect();
    let mut known = false;
    for route in all() {
        let Some(values) = console::matched(route.path, &segments) else { continue };
        known = true;
        if route.method() == visit.method {
            return perform(shared, visit, route, values)
                .unwrap_or_else(|error| trouble(shared, visit, &error));
        }
    }
    let error = if known {
        ConsoleError::new(
            405,
            "METHOD_NOT_ALLOWED",
            "This address is for forms; open the page that has the form.",
        )
    } else {
        ConsoleError::new(404, "NOT_FOUND", "There is no page at this address.")
    };
    trouble(shared, visit, &error)
}

fn perform(
    shared: &Shared,
    visit: &Visit,
    route: &Route,
    values: Vec<String>,
) -> Result<Answer, ConsoleError> {
    let mut tenant = shared.lock();
    let mut cx = Cx { shared, tenant: &mut tenant, visit, values, refused: false };
    match route.does {
        Does::Give(give) => give(&mut cx).map(guarded),
        Does::Show(show) => {
            let page = show(&mut cx)?;
            let notice = take_notice(shared, &visit.token);
            let now = cx.tenant.now();
            Ok(framed(shared, &now, visit, notice.as_ref(), 200, &page))
        }
        Does::Act(act, form) => match act(&mut cx) {
            Ok(Done { to, notice, once }) => {
                if let Some(notice) = notice {
                    keep_notice(shared, &visit.token, Notice::Done(notice));
                }
                if let Some(once) = once {
                    keep_once(shared, &visit.token, once);
                }
                Ok(seen_other(&to))
            }
            Err(error) => {
                cx.refused = true;
                // Where what the form is about is gone, there is no form to show.
                let Ok(page) = form(&mut cx) else { return Err(error) };
                let now = cx.tenant.now();
                Ok(framed(
                    shared,
                    &now,
                    visit,
                    Some(&Notice::Failed(refused_in_words(&error))),
                    error.status,
                    &page,
                ))
            }
        },
    }
}
