//! Pages for developers around the reference: the traffic as it goes by, the clock, faults to switch on, and
//! an Okta that is driven with the buttons of the guide. They stand above the reference, whose frame and
//! sign-in they use, because the reference knows neither the simulator nor the judge.

mod controls;
mod forms;
mod okta;
mod okta_page;
mod options;
mod state;
mod traffic;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use tower::ServiceExt as _;

use self::okta::OktaSide;
use self::options::{CONTROLS, Done, OKTA, TRAFFIC};
pub use self::options::{Fill, PanelOptions};
use self::state::PanelState;
use self::traffic::Traffic;
use crate::reference::http::Reference;
use crate::reference::http::pages::{Page, Visit};

/// The pages, and the service behind them.
#[derive(Clone)]
pub struct Panel {
    inner: Arc<PanelState>,
}

impl Panel {
    /// Pages around `reference`.
    #[must_use]
    pub fn new(reference: Reference, options: PanelOptions) -> Self {
        let pages = reference.pages();
        pages.navigation(vec![(
            "Developer",
            &[("Okta", OKTA), ("Traffic", TRAFFIC), ("Clock and faults", CONTROLS)],
        )]);
        let traffic = Arc::new(Traffic::new(&reference, &options));
        let okta = tokio::sync::Mutex::new(OktaSide::new(&reference, &traffic, &options));
        Self { inner: Arc::new(PanelState { reference, pages, traffic, okta, options }) }
    }

    /// The whole service: these pages, and everything that the reference answers.
    pub fn router(&self) -> Router {
        Router::new().fallback(handle).with_state(Arc::clone(&self.inner))
    }
}

async fn handle(State(inner): State<Arc<PanelState>>, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/scim/") {
        return inner.traffic.pass(request).await;
    }
    if path == "/developer" || path.starts_with("/developer/") {
        return match inner.pages.admit(request).await {
            Ok(visit) => inner.answer(&visit).await,
            Err(answer) => *answer,
        };
    }
    inner.reference.router().oneshot(request).await.unwrap_or_else(|never| match never {})
}

impl PanelState {
    async fn answer(&self, visit: &Visit) -> Response {
        let path: Vec<&str> = visit.path.split('/').filter(|part| !part.is_empty()).skip(1).collect();
        match (visit.method.as_str(), path.as_slice()) {
            ("GET", [] | ["okta"]) => {
                let side = self.okta.lock().await;
                self.pages.show(visit, &okta_page::page(visit, &side))
            }
            ("GET", ["okta", "people", "add"]) => self.pages.show(visit, &okta_page::add_person(visit)),
            ("GET", ["okta", "groups", "add"]) => {
                let side = self.okta.lock().await;
                self.pages.show(visit, &okta_page::add_group(visit, &side))
            }
            ("GET", ["okta", "people", key]) => {
                let side = self.okta.lock().await;
                self.show(visit, okta_page::profile(visit, &side, key))
            }
            ("POST", ["okta", action]) => {
                let done = self.okta.lock().await.act(&self.reference, action, visit).await;
                self.go(visit, OKTA, done)
            }
            ("GET", ["traffic"]) => self.pages.show(visit, &traffic::page(&self.reference, &self.traffic)),
            ("POST", ["traffic"]) => {
                self.traffic.forget();
                self.go(visit, TRAFFIC, Ok("The list is empty again.".into()))
            }
            ("GET", ["service"]) => self.pages.show(visit, &controls::page(visit, self)),
            ("POST", ["service", action]) => {
                let done = controls::act(self, action, visit).await;
                self.go(visit, CONTROLS, done)
            }
            _ => self.pages.nothing_here(visit),
        }
    }

    fn show(&self, visit: &Visit, page: Option<Page>) -> Response {
        page.map_or_else(|| self.pages.nothing_here(visit), |page| self.pages.show(visit, &page))
    }

    fn go(&self, visit: &Visit, to: &str, done: Done) -> Response {
        use crate::reference::http::pages::Notice;
        self.pages.go(visit, to, done.map_or_else(Notice::Failed, Notice::Done))
    }
}
