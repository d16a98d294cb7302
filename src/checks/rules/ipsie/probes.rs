//! Probes of the rules in this area.

use serde_json::json;

use crate::checks::engine::{Session, Stop, probes};
use crate::checks::rules::ipsie::GROUP_NAME_UNIQUE;
use crate::urn::GROUP;

probes! {
    "ipsie.group-names", Writes, [GROUP_NAME_UNIQUE], group_names;
}

async fn group_names(session: &mut Session) -> Result<(), Stop> {
    let made = session.group(&[]).await?;
    let body = json!({"schemas": [GROUP], "displayName": made.text("displayName")});
    let second = session.post("/Groups", &body).await?;
    session
        .require(&GROUP_NAME_UNIQUE, second.status == 409, &second, &["409 uniqueness"], || second.outcome());
    Ok(())
}
