//! Small parts that several sections of the page show.

use maud::{Markup, html as page};

use crate::text::plain;

/// A word on a coloured ground.
pub(super) fn badge(kind: &str, word: &str) -> Markup {
    page! { span class={ "badge " (kind) } { (word) } }
}

/// A slug or the name of a scenario run, leading to its place on the page.
pub(super) fn linked(name: &str) -> Markup {
    page! { a href={ "#" (name.replace(' ', "%20")) } { code { (plain(name)) } } }
}
