//! Who is signed in to the pages, and whether a request really comes from one of them.
//!
//! A session is a cookie that scripts cannot read and that other sites cannot send. It ends with signing out,
//! when the service ends, and when nothing was asked for [`IDLE`](super::kept::IDLE) of real time, which the service's clock is
//! not: moving that signs nobody out. Every form carries a
//! token that follows from the session, so that no other site can send one. Secrets follow from the
//! service's seed and the console's password, since nothing below `cli` draws random numbers.

use std::net::IpAddr;

use http::HeaderMap;
use http::header::{COOKIE, HOST, ORIGIN};
use http::uri::Authority;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::options::ReferenceOptions;
use super::super::shared::Shared;
use super::kept::{Notice, Session, same};
use crate::exchange::UrlParts;
use crate::reference::tenant::ConsoleError;
use crate::serving::is_loopback;

/// Most people who are signed in at once; the one who came first is signed out by one too many.
const MOST: usize = 64;

/// Marks what a page that watches asks by itself; nobody need be there.
const WATCHING: &str = "x-watching";

fn hashed(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key(options: &ReferenceOptions) -> String {
    hashed(&[b"pages", &options.seed.to_le_bytes(), options.console_password.as_bytes()])
}

/// The token that every form of a session carries.
pub(super) fn csrf_token(session: &str) -> String {
    hashed(&[b"form", session.as_bytes()])
}

/// Cookies know no port: the name keeps two services on one host apart.
fn cookie_name(options: &ReferenceOptions, what: &str) -> String {
    format!("scimulate-{what}-{}", &hashed(&[options.origin.as_bytes()])[..8])
}

/// The `Set-Cookie` of a value; an empty one takes the cookie away.
fn cookie(options: &ReferenceOptions, what: &str, value: &str) -> String {
    let secure = if options.origin.starts_with("https:") { "; Secure" } else { "" };
    let age = if value.is_empty() { "; Max-Age=0" } else { "" };
    format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}", cookie_name(options, what))
}

fn cookie_value<'a>(options: &ReferenceOptions, headers: &'a HeaderMap, what: &str) -> Option<&'a str> {
    let name = cookie_name(options, what);
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(known, value)| (known == name && !value.is_empty()).then_some(value))
}

/// The session of a request, if there is one.
pub(super) fn session_of(shared: &Shared, headers: &HeaderMap) -> Option<String> {
    let token = cookie_value(&shared.options, headers, "session")?;
    let now = shared.real_time();
    let mut sessions = shared.sessions();
    sessions.forget_idle(now);
    let session = sessions.find(token)?;
    if !headers.contains_key(WATCHING) {
        session.used = now;
    }
    Some(session.token.clone())
}

/// Whether the browser still has the cookie of a session that is over.
pub(super) fn has_ended(shared: &Shared, headers: &HeaderMap) -> bool {
    cookie_value(&shared.options, headers, "session").is_some() && session_of(shared, headers).is_none()
}

/// Signs in; gives the cookie.
pub(super) fn open(shared: &Shared) -> String {
    let now = shared.real_time();
    let mut sessions = shared.sessions();
    sessions.made += 1;
    let token = hashed(&[
        key(&shared.options).as_bytes(),
        &sessions.made.to_le_bytes(),
        &now.as_nanosecond().to_le_bytes(),
    ]);
    sessions.forget_idle(now);
    if sessions.open.len() == MOST {
        sessions.open.pop_front();
    }
    let cookie = cookie(&shared.options, "session", &token);
    sessions.open.push_back(Session { token, used: now, notice: None, once: None });
    cookie
}

/// Signs out; gives the cookie that ends the old one.
pub(super) fn close(shared: &Shared, token: &str) -> String {
    shared.sessions().open.retain(|session| session.token != token);
    cookie(&shared.options, "session", "")
}

/// A token for the form with which somebody signs in, and its cookie: nobody else can make somebody sign
/// in as somebody else.
pub(super) fn before_sign_in(shared: &Shared, headers: &HeaderMap) -> (String, Option<String>) {
    if let Some(known) = cookie_value(&shared.options, headers, "form")
        && ours(&shared.options, known)
    {
        return (known.to_owned(), None);
    }
    let mut sessions = shared.sessions();
    sessions.made += 1;
    let number = format!("{:x}", sessions.made);
    let token = format!("{number}-{}", hashed(&[key(&shared.options).as_bytes(), number.as_bytes()]));
    let cookie = cookie(&shared.options, "form", &token);
    (token, Some(cookie))
}

/// Whether this service made the token.
fn ours(options: &ReferenceOptions, token: &str) -> bool {
    token
        .split_once('-')
        .is_some_and(|(number, hash)| same(hash, &hashed(&[key(options).as_bytes(), number.as_bytes()])))
}

/// Whether the form with which somebody signs in is one that this browser got here.
pub(super) fn sign_in_form_is_ours(shared: &Shared, headers: &HeaderMap, token: &str) -> bool {
    let wanted = cookie_value(&shared.options, headers, "form");
    wanted.is_some_and(|wanted| same(token, wanted) && ours(&shared.options, wanted))
}

/// What is wrong, when the `Host` of a request is a name that could be anybody's: one that somebody else may lead here
/// (DNS rebinding). An address is no name, and loopback is this machine.
pub(super) fn unknown_host(shared: &Shared, headers: &HeaderMap) -> Option<ConsoleError> {
    let given = headers.get(HOST)?.to_str().ok()?;
    let host = |authority: &str| authority.parse::<Authority>().map(|known| known.host().to_owned()).ok();
    let named = host(given)?;
    let address = named.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    let ours = host(UrlParts::of(&shared.options.origin).authority());
    if address || is_loopback(&named) || ours.is_some_and(|ours| ours.eq_ignore_ascii_case(&named)) {
        return None;
    }
    let message = format!(
        "Nothing was done: this service does not know that it is reached as `{given}`. If it is, start it with `--origin` and that address."
    );
    Some(ConsoleError::new(403, "HOST_UNKNOWN", message))
}

/// Whether a request was sent by a page of this service, as far as the browser says.
pub(in crate::reference::http) fn same_origin(shared: &Shared, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    if let Some(site) = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok())
        && site != "same-origin"
    {
        return false;
    }
    match text(ORIGIN) {
        None => true,
        Some(origin) => {
            origin == shared.options.origin
                || text(HOST).is_some_and(|host| UrlParts::of(origin).authority().eq_ignore_ascii_case(host))
        }
    }
}

/// Keeps a notice for the next page of the session.
pub(super) fn keep_notice(shared: &Shared, token: &str, notice: Notice) {
    if let Some(session) = shared.sessions().find(token) {
        session.notice = Some(notice);
    }
}

/// The notice for this page, which no later one shows.
pub(super) fn take_notice(shared: &Shared, token: &str) -> Option<Notice> {
    shared.sessions().find(token)?.notice.take()
}

/// Keeps something for the one page that may show it.
pub(super) fn keep_once(shared: &Shared, token: &str, shown: Value) {
    if let Some(session) = shared.sessions().find(token) {
        session.once = Some(shown);
    }
}

/// What was kept to be shown once.
pub(super) fn take_once(shared: &Shared, token: &str) -> Option<Value> {
    shared.sessions().find(token)?.once.take()
}
