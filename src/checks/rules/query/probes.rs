//! Probes of the rules in this area.

use crate::checks::engine::{Capability, Session, Stop, probes};
use crate::checks::rules::query::UNKNOWN_PARAMETER;

probes! {
    "query.unknown", Reads, [UNKNOWN_PARAMETER], unknown_parameter;
}

async fn unknown_parameter(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ListUsers)?;
    let answer = session.get("/Users?count=1&scimulateUnknown=1").await?;
    session.require(&UNKNOWN_PARAMETER, answer.status == 200, &answer, &["200"], || answer.outcome());
    Ok(())
}
