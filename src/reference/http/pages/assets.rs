//! The one style sheet and the one script of the pages.

use super::super::answer::Answer;
use super::guard::guarded;

pub(super) const STYLE: &str = "/assets/pages.css";
pub(super) const SCRIPT: &str = "/assets/pages.js";

/// One of the two, to anybody: neither says anything about the service.
pub(super) fn answer(path: &str) -> Option<Answer> {
    let (text, kind) = match path {
        STYLE => (include_str!("pages.css"), "text/css; charset=utf-8"),
        SCRIPT => (include_str!("pages.js"), "text/javascript; charset=utf-8"),
        _ => return None,
    };
    Some(guarded(Answer::bytes(200, text.as_bytes().to_vec(), kind)))
}
