//! Probes of the rules in this area.

use crate::checks::engine::{Capability, Session, Stop, probes};
use crate::checks::rules::read::{OTHER_TYPE_IS_404, UNKNOWN_IS_404};

probes! {
    "read.unknown", Writes, [UNKNOWN_IS_404, OTHER_TYPE_IS_404], unknown;
}

async fn unknown(session: &mut Session) -> Result<(), Stop> {
    let odd = [
        "010101001010101011001010101011".to_owned(),
        session.name(),
        "00000000-0000-4000-8000-000000000000".to_owned(),
        "no%20such%20user".to_owned(),
        "%C3%BC".to_owned(),
        "9".repeat(300),
    ];
    for id in odd {
        let answer = session.get(&format!("/Users/{id}")).await?;
        // A text that cannot be an id at all may also be refused as such.
        let right = answer.status == 404 || (answer.status == 400 || answer.status == 414) && id.len() > 200;
        session.require(&UNKNOWN_IS_404, right, &answer, &["404 Not Found"], || answer.outcome());
    }
    session.need(Capability::CreateUser)?;
    let ada = session.user().await?;
    if session.need(Capability::CreateGroup).is_ok() {
        let other = session.get(&ada.path.replacen("/Users/", "/Groups/", 1)).await?;
        session
            .require(&OTHER_TYPE_IS_404, other.status == 404, &other, &["404 Not Found"], || other.outcome());
    } else {
        session.skip(&OTHER_TYPE_IS_404, "the service has no groups");
    }
    Ok(())
}
