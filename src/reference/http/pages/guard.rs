//! The header fields that keep every answer of the pages safe. Nothing on a page is inline, so that the policy can
//! forbid everything that is.

use super::super::answer::Answer;

pub(super) const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The header fields that every answer of the pages carries.
pub(super) fn guarded(answer: Answer) -> Answer {
    answer
        .with("Content-Security-Policy", POLICY)
        .with("X-Content-Type-Options", "nosniff")
        // `no-referrer` would take the `Origin` away by which forms are told apart.
        .with("Referrer-Policy", "same-origin")
        .with("Cross-Origin-Opener-Policy", "same-origin")
        .with("Cache-Control", "no-store")
}

/// Go and see another page.
pub(super) fn seen_other(to: &str) -> Answer {
    guarded(Answer::empty(303)).with("Location", to)
}
