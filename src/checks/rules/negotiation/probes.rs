//! Probes of the rules in this area.

use serde_json::json;

use crate::checks::engine::{Call, Capability, Credential, Session, Stop, probes};
use crate::checks::json::{at, shown};
use crate::checks::rules::negotiation::{
    ACCEPT_ABSENT, ACCEPT_JSON, ACCEPT_SCIM, BODY_CHARSET, BODY_JSON, UTF_8,
};

probes! {
    "negotiation.accept", Reads, [ACCEPT_JSON, ACCEPT_ABSENT, ACCEPT_SCIM], accepts;
    "negotiation.bodies", Writes, [BODY_CHARSET, BODY_JSON, UTF_8], labels;
}

async fn accepts(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ListUsers)?;
    let forms: [(&'static crate::checks::Requirement, Option<&str>); 7] = [
        (&ACCEPT_JSON, Some("application/json")),
        (&ACCEPT_ABSENT, None),
        (&ACCEPT_ABSENT, Some("*/*")),
        (&ACCEPT_SCIM, Some("application/scim+json")),
        (&ACCEPT_SCIM, Some("application/scim+json; charset=utf-8")),
        (&ACCEPT_SCIM, Some("application/scim+json, application/json;q=0.9, */*;q=0.1")),
        (&ACCEPT_SCIM, Some("APPLICATION/SCIM+JSON")),
    ];
    for (requirement, accept) in forms {
        let answer = session.send(Call::get("/Users?startIndex=1&count=1").accept(accept)).await?;
        session.require(
            requirement,
            answer.status == 200 && answer.body.is_object(),
            &answer,
            &["200 with JSON"],
            || {
                format!(
                    "{} for {}",
                    answer.outcome(),
                    accept.map_or_else(|| "no Accept".into(), |text| format!("Accept: {text}"))
                )
            },
        );
    }
    Ok(())
}

async fn labels(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    for (requirement, label) in [
        (&BODY_CHARSET, "application/scim+json; charset=utf-8"),
        (&BODY_CHARSET, "application/scim+json;charset=UTF-8"),
        (&BODY_JSON, "application/json"),
        (&BODY_JSON, "application/json; charset=utf-8"),
    ] {
        let body = session.user_body(json!({}));
        let call = Call::new("POST", "/Users")
            .raw(body.to_string(), label)
            .header("Accept-Charset", "utf-8")
            .credential(Credential::Own);
        let answer = session.send(call).await?;
        session.require(requirement, answer.ok(), &answer, &["201 with the user"], || {
            format!("{} for Content-Type: {label}", answer.outcome())
        });
    }
    let names = json!({"givenName": "Zoë Ægir", "familyName": "Łukasiewicz 李 Ω"});
    let ada = session.user_with(json!({"name": names})).await?;
    let read = session.get(&ada.path).await?;
    // What is not stored is not spoiled.
    let same = read.ok()
        && ["givenName", "familyName"].iter().all(|name| {
            let now = at(&read.body, &format!("name.{name}"));
            now.is_none() || now == names.get(name)
        });
    session.require(&UTF_8, same, &read, &["the names as they were sent"], || {
        format!("name {}", shown(read.at("name")))
    });
    Ok(())
}
