//! Pieces of forms that several pages of the panel have.

use maud::{Markup, html};

use crate::reference::http::pages::{Visit, post_button};

/// A button that posts a form of its own.
pub(super) fn button(
    visit: &Visit,
    action: &str,
    fields: &[(&str, &str)],
    class: &str,
    label: &str,
) -> Markup {
    post_button(visit, action, fields, class, &html! { (label) })
}

/// A small button of a row; what it is about is said to those who do not see the row.
pub(super) fn row_button(
    visit: &Visit,
    action: &str,
    field: (&str, &str),
    label: &str,
    about: &str,
) -> Markup {
    post_button(visit, action, &[field], "small", &html! { (label) span.unseen { " " (about) } })
}
