//! Probes of the rules in this area.

use crate::checks::engine::{Call, Session, Stop, probes};
use crate::checks::rules::me::{ANSWER, LOCATION};

probes! {
    "me.alias", Reads, [ANSWER, LOCATION], me;
}

/// Whether a URI is the alias itself, which is no permanent location.
fn alias(uri: &str) -> bool {
    uri.trim_end_matches('/').rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case("me"))
}

async fn me(session: &mut Session) -> Result<(), Stop> {
    let answer = session.send(Call::get("/Me").unwatched()).await?;
    let (done, moved) = (answer.ok() && answer.id().is_some(), answer.status == 308);
    if [401, 403, 404, 406].contains(&answer.status) {
        // Either there is no alias, which 501 would say, or nobody to whom this credential belongs.
        session.skip(&ANSWER, format!("no resource belongs to this credential: {}", answer.outcome()));
    } else {
        session.require(
            &ANSWER,
            done || moved || answer.status == 501,
            &answer,
            &["200", "308", "501"],
            || answer.outcome(),
        );
    }
    if done || moved {
        let told = answer.header("Location");
        session.require(
            &LOCATION,
            told.is_some_and(|uri| !alias(uri)),
            &answer,
            &["Location with the URI of the resource"],
            || format!("Location {}", told.unwrap_or("absent")),
        );
    } else {
        session.skip(&LOCATION, format!("/Me leads to no resource: {}", answer.outcome()));
    }
    Ok(())
}
