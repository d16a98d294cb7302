//! One page of a list, and the links to it and to the next.

use serde_json::Value;

use super::request::OrgRequest;
use super::response::{OrgError, OrgResponse};
use crate::exchange::percent_encode;

impl OrgResponse {
    /// One page of a list, by `limit` and `after`; each entry is found again by its identifier.
    pub(super) fn page(
        entries: Vec<(String, Value)>,
        request: &OrgRequest,
        origin: &str,
        limit: (usize, usize),
    ) -> Result<Self, OrgError> {
        let (default, most) = limit;
        let limit = match request.query("limit") {
            None => default,
            Some(text) => match text.parse::<usize>() {
                Ok(number) if number > 0 => number.min(most),
                _ => return Err(OrgError::invalid("limit", "The limit must be a whole number above 0")),
            },
        };
        let start = match request.query("after") {
            None => 0,
            Some(after) => match entries.iter().position(|(id, _)| id == after) {
                Some(at) => at + 1,
                None => return Err(OrgError::invalid("after", "Invalid paging request.")),
            },
        };
        let url = |after: Option<&str>| {
            let mut query: Vec<String> = request
                .query
                .iter()
                .filter(|(name, _)| name != "after" || after.is_none())
                .filter(|(name, _)| name != "limit")
                .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
                .collect();
            if let Some(after) = after {
                query.push(format!("after={}", percent_encode(after)));
            }
            query.push(format!("limit={limit}"));
            format!("{origin}{}?{}", request.path, query.join("&"))
        };
        let mut links = vec![format!("<{}>; rel=\"self\"", url(None))];
        let page: Vec<&(String, Value)> = entries.iter().skip(start).take(limit).collect();
        if let Some((last, _)) = page.last().filter(|_| start + page.len() < entries.len()) {
            links.push(format!("<{}>; rel=\"next\"", url(Some(last))));
        }
        let body = page.into_iter().map(|(_, body)| body.clone()).collect();
        Ok(Self { status: 200, body: Some(body), links })
    }
}
