//! The deliberate defects of all areas: what each is meant to break stands at its function, what it does break in
//! `tests/kill-matrix.txt`.

use std::sync::LazyLock;

use super::rules;
use crate::faults::Fault;

/// Every fault.
#[must_use]
pub fn all() -> &'static [&'static Fault] {
    static ALL: LazyLock<Vec<&'static Fault>> = LazyLock::new(|| rules::faults().collect());
    &ALL
}

/// The fault of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Fault> {
    all().iter().copied().find(|fault| fault.name == name)
}

/// Faults of single exchanges that the scenarios have to notice too: what was seen, or is likely, of the
/// service that the guide is about.
pub static ALSO_IN_SCENARIOS: &[&str] =
    &["group-replace-adds", "total-is-page-size", "filter-hides-inactive", "password-returned", "error-html"];

/// Requirements that no fault of a service in process can break, and where they are tested instead.
pub static UNTRIPPED: &[(&str, &str)] = &[(
    "response.answered",
    "the reference in process always answers; tests/it/check.rs examines a service that hangs up",
)];

/// Defects of the catalogue that no fault can show, with the reason.
pub static UNSHOWN: &[(&str, &str)] = &[
    ("D033", "it takes a record that was spoiled behind the service's back"),
    ("D153", "a deadlock comes by chance; the probe of parallel deletions looks for it"),
    ("D155", "how long a request may take depends on the machine; nothing about it is asserted"),
    ("D157", "a rate limit is legal, and is waited out"),
    ("D163", "it takes a second tenant with an account of its own for the same address"),
    ("D164", "what another tenant holds cannot be told from one tenant"),
    ("D165", "it takes the token of an ordinary user, which only the vendor can give"),
    ("D166", "whether a password signs in is not visible over SCIM"),
    ("D169", "keys and sessions are not visible over SCIM"),
    ("D170", "who is the last administrator is not visible over SCIM"),
    ("D172", "what a role allows is not visible over SCIM"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::body::Body;
    use serde_json::{Value, json};

    use axum::Router;
    use axum::extract::Request;
    use tower::ServiceExt as _;

    use super::*;
    use crate::faults::{FaultResponse, layer};

    #[test]
    fn names_are_unique_and_a_defect_is_shown_or_has_a_reason_but_not_both() {
        let mut names = BTreeSet::new();
        let mut shown: BTreeSet<&str> = BTreeSet::new();
        for fault in all() {
            assert!(names.insert(fault.name), "{} twice", fault.name);
            assert!(fault.title.ends_with('.'), "{}", fault.name);
            shown.extend(fault.defects);
        }
        for (defect, _) in UNSHOWN {
            assert!(!shown.contains(defect), "{defect} is shown and has a reason why it cannot be");
        }
        assert!(names.len() >= 150, "only {} faults", names.len());
    }

    /// `totalResults` of a list of users behind the fault that counts them once.
    async fn total(layer: &Router) -> Value {
        let request = Request::get("/scim/v2/Users").body(Body::empty()).unwrap();
        FaultResponse::of_http(layer.clone().oneshot(request).await.unwrap()).await.content()["totalResults"]
            .clone()
    }

    fn counts_once(total: u32) -> Router {
        let list = move || async move { json!({"totalResults": total, "Resources": []}).to_string() };
        layer(Router::new().fallback(list), vec![by_name("total-stands-still").unwrap()])
    }

    #[tokio::test]
    async fn what_a_fault_remembers_is_its_layers_alone() {
        let (one, other) = (counts_once(3), counts_once(8));
        assert_eq!((total(&one).await, total(&other).await), (json!(3), json!(8)));
        assert_eq!((total(&one).await, total(&other).await), (json!(3), json!(8)));
    }

    #[tokio::test]
    async fn whole_faults_compose() {
        let echo = |request: Request| async move { request.uri().to_string() };
        let both = ["filter-wildcards", "paging-floored"].map(|name| by_name(name).unwrap());
        let asked = "/scim/v2/Users?startIndex=4&count=3&filter=userName%20eq%20%22a_b%22";
        let request = Request::get(asked).body(Body::empty()).unwrap();
        let response = layer(Router::new().fallback(echo), both.to_vec()).oneshot(request).await.unwrap();
        let sent = String::from_utf8(FaultResponse::of_http(response).await.raw.to_vec()).unwrap();
        assert!(sent.contains("startIndex=4"), "{sent}");
        assert!(sent.contains("sw%20%22a%22"), "{sent}");
    }
}
