//! Probes of the rules in this area.

use serde_json::json;

use crate::checks::engine::{Call, Capability, SCIM_JSON, Session, Stop, probes};
use crate::checks::json::shown;
use crate::checks::rules::error::{
    ALLOW_FIELD, DETAIL, MALFORMED_BODY, MALFORMED_SCIM_TYPE, NO_INTERNALS, UNKNOWN_ENDPOINT,
    UNSUPPORTED_METHOD,
};

probes! {
    "error.bodies", Writes, [MALFORMED_BODY, MALFORMED_SCIM_TYPE, DETAIL, NO_INTERNALS], bodies;
    "error.paths", Writes, [UNKNOWN_ENDPOINT, UNSUPPORTED_METHOD, ALLOW_FIELD], paths;
}

/// What only the inside of a program says.
const INSIDE: [&str; 16] = [
    "Traceback (most recent call last)",
    "File \"/",
    ".py\", line ",
    "\tat java.",
    "\n\tat ",
    "Exception in thread",
    "org.springframework",
    "java.lang.",
    "System.NullReferenceException",
    "   at System.",
    "node_modules/",
    "SQLSTATE",
    "syntax error at or near",
    "SELECT * FROM",
    "goroutine 1 [running]",
    "thread 'main' panicked",
];

async fn bodies(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::CreateUser)?;
    let ada = session.user().await?;
    let name = session.login();
    let whole = session.user_body(json!({}));
    let nested = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let bodies: Vec<(&str, String, Vec<u8>)> = vec![
        ("POST", "/Users".into(), b"{\"schemas\": [".to_vec()),
        ("POST", "/Users".into(), b"".to_vec()),
        ("POST", "/Users".into(), b"[]".to_vec()),
        ("POST", "/Users".into(), b"\"user\"".to_vec()),
        ("POST", "/Users".into(), b"null".to_vec()),
        ("POST", "/Users".into(), b"userName=ada&active=true".to_vec()),
        ("POST", "/Users".into(), format!("{whole} trailing").into_bytes()),
        ("POST", "/Users".into(), format!("{{\"userName\": \"\u{0}{name}\" \u{1}}}").into_bytes()),
        ("POST", "/Users".into(), nested.into_bytes()),
        ("PUT", ada.path.clone(), b"{\"userName\"".to_vec()),
        ("PUT", ada.path.clone(), b"[1]".to_vec()),
        ("PATCH", ada.path.clone(), b"{\"Operations\": [{]}".to_vec()),
        ("PATCH", ada.path.clone(), b"7".to_vec()),
    ];
    // A parser may mend bytes that are no UTF-8; it must not fall over them.
    session
        .send(
            Call::new("POST", "/Users")
                .raw([b"{\"userName\": \"".as_slice(), &[0xC3, 0x28], b"\"}"].concat(), SCIM_JSON),
        )
        .await?;
    let mut leaks = 0;
    for (method, path, body) in bodies {
        if method == "PATCH" && session.need(Capability::PatchUser).is_err()
            || method == "PUT" && session.need(Capability::PutUser).is_err()
        {
            continue;
        }
        let answer = session.send(Call::new(method, path).raw(body, SCIM_JSON)).await?;
        let held =
            session.require(&MALFORMED_BODY, answer.status == 400, &answer, &["400 invalidSyntax"], || {
                answer.outcome()
            });
        if held {
            // invalidValue is a fair word for JSON of another shape.
            let right = ["invalidSyntax", "invalidValue"].contains(&answer.scim_type().unwrap_or_default());
            session.require(&MALFORMED_SCIM_TYPE, right, &answer, &["scimType invalidSyntax"], || {
                answer.outcome()
            });
            let told = answer.text("detail").is_some_and(|text| !text.trim().is_empty());
            session.require(&DETAIL, told, &answer, &["a detail"], || {
                format!("detail {}", shown(answer.at("detail")))
            });
        }
        let text =
            answer.exchange.response().map(|response| String::from_utf8_lossy(&response.body).into_owned());
        let text = text.unwrap_or_default();
        // The inside may stand in JSON, with its line ends escaped.
        let plain = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\"");
        if let Some(found) = INSIDE.iter().find(|inside| plain.contains(**inside)) {
            leaks += 1;
            session.fail(
                &NO_INTERNALS,
                &answer,
                &["a sentence of the service's own"],
                format!("an error with `{}`", found.trim()),
            );
        }
    }
    if leaks == 0 {
        session.pass(&NO_INTERNALS);
    }
    let missing = session.get("/Users/010101001010101011001010101011").await?;
    let told = missing.text("detail").is_some_and(|text| !text.trim().is_empty());
    session.require(&DETAIL, told, &missing, &["a detail"], || {
        format!("detail {}", shown(missing.at("detail")))
    });
    Ok(())
}

async fn paths(session: &mut Session) -> Result<(), Stop> {
    let answer = session.get("/ScimulateUnknown").await?;
    session
        .require(&UNKNOWN_ENDPOINT, answer.status == 404, &answer, &["404 Not Found"], || answer.outcome());
    let answer = session.get("/ScimulateUnknown/7").await?;
    session
        .require(&UNKNOWN_ENDPOINT, answer.status == 404, &answer, &["404 Not Found"], || answer.outcome());
    session.need(Capability::CreateUser)?;
    let ada = session.user().await?;
    let body = session.user_body(json!({}));
    for (method, path) in
        [("PUT", "/Users".to_owned()), ("PATCH", "/Users".into()), ("POST", ada.path.clone())]
    {
        let answer = session.send(Call::new(method, path).json(&body)).await?;
        session.require(
            &UNSUPPORTED_METHOD,
            answer.refused() || answer.status == 501,
            &answer,
            &["405 Method Not Allowed", "501"],
            || answer.outcome(),
        );
        if answer.status == 405 {
            session.require(&ALLOW_FIELD, answer.header("Allow").is_some(), &answer, &["Allow"], || {
                "no Allow".to_owned()
            });
        }
    }
    Ok(())
}
