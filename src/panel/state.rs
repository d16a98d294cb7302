//! What the panel keeps: the service, the traffic that was seen, and the Okta that provisions to it.

use std::sync::Arc;

use super::okta::OktaSide;
use super::options::PanelOptions;
use super::traffic::Traffic;
use crate::reference::http::Reference;
use crate::reference::http::pages::Pages;

pub(super) struct PanelState {
    pub(super) reference: Reference,
    pub(super) pages: Pages,
    pub(super) traffic: Arc<Traffic>,
    pub(super) okta: tokio::sync::Mutex<OktaSide>,
    pub(super) options: PanelOptions,
}
