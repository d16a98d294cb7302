//! What the panel starts from, the paths of its pages, and what an action leads to.

use std::sync::Arc;

use jiff::Timestamp;

use crate::exchange::TcpOptions;
use crate::faults::Fault;
use crate::reference::http::Reference;

pub(super) const OKTA: &str = "/developer/okta";

pub(super) const TRAFFIC: &str = "/developer/traffic";

pub(super) const CONTROLS: &str = "/developer/service";

/// Fills a service that has just been created.
pub type Fill = Arc<dyn Fn(&Reference) -> Result<(), String> + Send + Sync>;

/// What the panel starts from.
#[derive(Clone)]
pub struct PanelOptions {
    /// Faults that are on from the start.
    pub faults: Vec<&'static Fault>,
    /// What a reset puts into the service.
    pub fill: Fill,
    /// Real time.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Decides identifiers of the Okta side.
    pub seed: u64,
    /// How other services are reached.
    pub tcp: TcpOptions,
}

/// An action did not succeed; the message says why.
pub(super) type Done = Result<String, String>;
