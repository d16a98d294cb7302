//! The frame, the sign-in and the checks of forms for pages that stand above the reference.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use http::Method;

use super::super::shared::Shared;
use super::super::{Reference, body_of};
use super::frame::framed;
use super::guard::seen_other;
use super::kept::{Notice, Section};
use super::route::{Page, Visit};
use super::session::{keep_notice, take_notice};
use super::{admit, trouble};
use crate::reference::tenant::ConsoleError;

/// Lends what the reference's own pages have to pages of others.
#[derive(Clone)]
pub struct Pages {
    shared: Arc<Shared>,
}

impl Reference {
    /// The pages, for those who add some.
    #[must_use]
    pub fn pages(&self) -> Pages {
        Pages { shared: Arc::clone(&self.shared) }
    }
}

impl Pages {
    /// Adds parts to the navigation, once.
    pub fn navigation(&self, sections: Vec<Section>) {
        let _ = self.shared.pages.sections.set(sections);
    }

    /// Lets in who is signed in, and forms that come from our own pages.
    ///
    /// # Errors
    /// With the answer to give to everybody else.
    pub async fn admit(&self, request: Request) -> Result<Visit, Box<Response>> {
        let (parts, body) = request.into_parts();
        let body = body_of(&parts.method, body).await.unwrap_or_default();
        let method = if parts.method == Method::HEAD { "GET" } else { parts.method.as_str() };
        admit(&self.shared, &parts.headers, method, parts.uri.path(), parts.uri.query(), &body)
            .map_err(|answer| Box::new(answer.into_response()))
    }

    /// A page in its frame.
    #[must_use]
    pub fn show(&self, visit: &Visit, page: &Page) -> Response {
        let notice = take_notice(&self.shared, &visit.token);
        let now = self.shared.lock().now();
        framed(&self.shared, &now, visit, notice.as_ref(), 200, page).into_response()
    }

    /// After a form: another page, and what it tells.
    #[must_use]
    pub fn go(&self, visit: &Visit, to: &str, notice: Notice) -> Response {
        keep_notice(&self.shared, &visit.token, notice);
        seen_other(to).into_response()
    }

    /// There is no page at this address.
    #[must_use]
    pub fn nothing_here(&self, visit: &Visit) -> Response {
        let error = ConsoleError::new(404, "NOT_FOUND", "There is no page at this address.");
        trouble(&self.shared, visit, &error).into_response()
    }
}
