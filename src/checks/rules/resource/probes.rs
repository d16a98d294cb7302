//! Probes of the rules in this area.

use jiff::Timestamp;
use serde_json::json;

use crate::checks::engine::{Capability, Session, Stop, probes};
use crate::checks::rules::create;
use crate::checks::rules::resource::{LOCATION_HOST, TIMES_ARE_TRUE};

probes! {
    "resource.created", Writes, [LOCATION_HOST, TIMES_ARE_TRUE], made;
}

async fn made(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let body = session.user_body(json!({}));
    let answer = session.post("/Users", &body).await?;
    if !answer.ok() {
        return Err(Stop::Blocked(&create::USER));
    }
    let host = |url: &str| {
        url.split_once("://")
            .map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or_default().to_ascii_lowercase())
    };
    let own = host(&answer.exchange.request.url).unwrap_or_default();
    let locations = [answer.header("Location"), answer.text("meta.location")];
    let foreign: Vec<String> = locations
        .into_iter()
        .flatten()
        .filter_map(host)
        .filter(|there| without_port(there) != without_port(&own) && !(loopback(there) && loopback(&own)))
        .collect();
    session.require(&LOCATION_HOST, foreign.is_empty(), &answer, &[&format!("the host {own}")], || {
        foreign.join(", ")
    });
    let date = answer.header("Date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let created = answer.text("meta.created").and_then(|text| text.parse::<Timestamp>().ok());
    match (date, created) {
        (Some(date), Some(created)) => {
            let apart = created.duration_since(date.timestamp()).abs().as_secs();
            session.require(
                &TIMES_ARE_TRUE,
                apart <= 300,
                &answer,
                &["meta.created within minutes of Date"],
                || format!("meta.created {created}, Date {}", date.timestamp()),
            );
        }
        _ => session.skip(&TIMES_ARE_TRUE, "the answer to a creation has no Date, or no meta.created"),
    }
    Ok(())
}

fn without_port(authority: &str) -> &str {
    authority
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(authority, |(host, _)| host)
}

/// Whether a host is this machine, under whichever name.
fn loopback(authority: &str) -> bool {
    let host = without_port(authority);
    host == "localhost" || host.starts_with("127.") || host == "[::1]" || host == "0.0.0.0"
}
