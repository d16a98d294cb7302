//! What is wrong on purpose with the built-in reference: defects of the service itself, and troubles between
//! it and Okta, which no service can have by itself.

use std::sync::Arc;

use serde_json::json;

use super::Failed;
use crate::checks::dictionary;
use crate::exchange::{BoxFuture, InProcess, Request, Response, Transport, TransportError};
use crate::faults::{self, Fault};
use crate::reference::faults::{SERVICE, ServiceFault, service_layer};

/// A trouble between Okta and the service.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// There is nothing where Okta looks.
    Elsewhere,
    /// A gateway refuses everything.
    TooMany,
    /// Nothing comes while Okta waits.
    Silence,
}

/// All of them.
pub(super) static TROUBLES: [Trouble; 3] = [
    Trouble {
        name: "base-url-wrong",
        title: "The service is not at the base URL that Okta has.",
        what: What::Elsewhere,
    },
    Trouble {
        name: "too-many-requests",
        title: "A gateway answers every request with 429.",
        what: What::TooMany,
    },
    Trouble {
        name: "no-answer-in-time",
        title: "Nothing comes within the 60 seconds that Okta waits.",
        what: What::Silence,
    },
];

/// What is wrong with a reference on purpose.
#[derive(Debug, Clone, Copy)]
pub(super) enum Defect {
    /// Nothing.
    None,
    /// Single exchanges.
    Exchange(&'static Fault),
    /// What the service does.
    Service(&'static ServiceFault),
    /// The way to it.
    Between(&'static Trouble),
}

impl Defect {
    /// That of the name.
    pub(super) fn named(name: &str) -> Result<Self, Failed> {
        let of_exchanges = dictionary::by_name(name).map(Self::Exchange);
        of_exchanges
            .or_else(|| SERVICE.iter().find(|fault| fault.name == name).map(Self::Service))
            .or_else(|| TROUBLES.iter().find(|trouble| trouble.name == name).map(Self::Between))
            .ok_or_else(|| {
                Failed::usage(format!("there is no fault `{name}`; `scimulate list faults` shows them"))
            })
    }

    /// The error of a command that cannot take this fault: what it takes instead, and who takes this one.
    pub(super) fn not_for(name: &str, takes: &str) -> Failed {
        Failed::usage(format!(
            "the fault `{name}` is none of those that {takes}; see it with `scimulate run --fault {name}`"
        ))
    }

    /// How clients reach the service.
    pub(super) fn reached(self, router: axum::Router) -> Arc<dyn Transport> {
        match self {
            Self::None => Arc::new(InProcess::new(router)),
            Self::Exchange(fault) => Arc::new(InProcess::new(faults::layer(router, vec![fault]))),
            Self::Service(fault) => Arc::new(InProcess::new(service_layer(router, fault))),
            Self::Between(trouble) => {
                Arc::new(Troubled { what: trouble.what, service: InProcess::new(router) })
            }
        }
    }
}

/// The way to the service, which some requests do not come to the end of. The console's do.
struct Troubled {
    what: What,
    service: InProcess,
}

impl Transport for Troubled {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        let scim = request.target().starts_with("/scim");
        match self.what {
            What::Elsewhere if scim => Box::pin(async move {
                let mut request = request.clone();
                request.url = request.url.replacen("/scim/v2", "/scim/v1", 1);
                self.service.send(&request).await
            }),
            What::TooMany if scim => Box::pin(std::future::ready(Ok(too_many()))),
            What::Silence if scim => Box::pin(std::future::ready(Err(TransportError::Timeout {
                authority: "reference.test:443".into(),
                seconds: 60,
            }))),
            _ => self.service.send(request),
        }
    }
}

fn too_many() -> Response {
    let body = json!({
        "schemas": [crate::urn::ERROR],
        "status": "429",
        "detail": "Slow down.",
    });
    Response {
        status: 429,
        reason: "Too Many Requests".into(),
        headers: vec![
            ("Content-Type".into(), "application/scim+json".into()),
            ("Retry-After".into(), "30".into()),
        ],
        body: body.to_string().into(),
    }
}
