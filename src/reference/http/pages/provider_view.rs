//! What the pages about a provider share: its fields, its address, and the way to its page.

use maud::Markup;
use serde_json::Value;

use super::addresses::{IDENTITY, PROVISIONING};
use super::route::{Cx, Page};
use crate::reference::tenant::ConsoleError;

/// The text of a field; nothing where there is none.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The address of a provider's details.
pub(super) fn address(provider: &Value) -> String {
    format!("{PROVISIONING}/{}", text(provider, "providerId"))
}

pub(super) fn page(title: &str, content: Markup) -> Page {
    Page::new(title, IDENTITY, content).below(&[
        ("Administration", None),
        ("Integrations", None),
        ("Identity Management", Some(PROVISIONING)),
    ])
}

/// A page about one provider.
pub(super) fn below_provider(provider: &Value, title: &str, content: Markup) -> Page {
    page(title, content).below(&[
        ("Provisioning", Some(PROVISIONING)),
        (text(provider, "displayName"), Some(&address(provider))),
    ])
}

/// The provider that the path names.
pub(super) fn provider(cx: &Cx<'_>) -> Result<Value, ConsoleError> {
    cx.tenant.provider_view(cx.provider()?)
}
