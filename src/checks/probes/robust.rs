//! Bad input, media types and methods: refused with a SCIM error that helps, never with a crash
//! (RFC 7644 §3.1, §3.8, §3.12).

use serde_json::{Value, json};

use crate::checks::active::{Call, Capability, Credential, Probe, SCIM_JSON, Session, Stop, probe};
use crate::checks::json::{at, shown};
use crate::checks::requirement::requirements;

requirements! {
    MALFORMED = "error.malformed-body", Must, "RFC 7644 §3.12 table 8, §3.8",
        "A body that is not a JSON object is refused with 400.",
        "Answer 400 with scimType invalidSyntax, whatever the body is.";
    MALFORMED_TYPE = "error.malformed-scim-type", Should, "RFC 7644 §3.12 table 9",
        "The 400 for a body that cannot be parsed has the scimType invalidSyntax.",
        "Add \"scimType\": \"invalidSyntax\".";
    DETAIL = "error.detail", Oin, "okta-client §5, §6",
        "Errors have a detail that says what is wrong; Okta shows it to the administrator.",
        "Write one sentence into detail for every error.";
    NO_ENDPOINT = "error.unknown-endpoint", Must, "RFC 7644 §3.12 table 8",
        "A path that does not exist is answered with 404.",
        "Answer 404 with a SCIM error below the base URL.";
    METHOD = "error.unsupported-method", Must, "RFC 7644 §3.2; RFC 9110 §15.5.6, §15.6.2",
        "A method that an endpoint does not have is refused.",
        "Answer 405, or 501 for what is not implemented.";
    ALLOW = "error.allow-field", Should, "RFC 9110 §15.5.6",
        "A 405 has an Allow header field.",
        "List the methods of the resource in Allow.";
    LEAK = "error.no-internals", Should, "RFC 7644 §7; RFC 9110 §17.9; IPSIE AL §8",
        "Errors tell nothing of the service's inside: no stack trace, no SQL, no file path.",
        "Catch the failure and answer with a sentence of your own.";
    ACCEPT_JSON = "negotiation.accept-json", Should, "RFC 7644 §3.8",
        "Accept: application/json is answered with JSON.",
        "Take application/json for application/scim+json.";
    ACCEPT_NONE = "negotiation.accept-absent", Must, "RFC 7644 §3.8",
        "Without Accept, and with */*, the answer is JSON.",
        "Default to application/scim+json.";
    ACCEPT_SCIM = "negotiation.accept-scim", Must, "RFC 7644 §3.8",
        "Accept: application/scim+json is taken, with parameters and among others too.",
        "Parse Accept as a list of media ranges with parameters.";
    BODY_CHARSET = "negotiation.body-charset", Okta, "okta-client §2.1; RFC 7644 §3.8",
        "A body labelled application/scim+json; charset=utf-8, as Okta labels it, is taken.",
        "Ignore the parameters of Content-Type.", [Rfc, Okta];
    BODY_JSON = "negotiation.body-json", Should, "RFC 7644 §3.1, §3.8; okta-client §9",
        "A body labelled application/json is taken; Okta's test suite sends one.",
        "Take application/json for application/scim+json.";
    UTF8 = "negotiation.utf-8", Must, "RFC 7644 §3.8; RFC 7643 §2.3.1",
        "Text in any script comes back as it was sent.",
        "Read and write UTF-8 throughout.";
}

probe!(BODIES, "error.bodies", Writes, [MALFORMED, MALFORMED_TYPE, DETAIL, LEAK], bodies);
probe!(PATHS, "error.paths", Writes, [NO_ENDPOINT, METHOD, ALLOW], paths);
probe!(ACCEPTS, "negotiation.accept", Reads, [ACCEPT_JSON, ACCEPT_NONE, ACCEPT_SCIM], accepts);
probe!(LABELS, "negotiation.bodies", Writes, [BODY_CHARSET, BODY_JSON, UTF8], labels);

pub(in crate::checks) static PROBES: &[&Probe] = &[&BODIES, &PATHS, &ACCEPTS, &LABELS];

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
        let held = session
            .hold(&MALFORMED, answer.status == 400, &answer, &["400 invalidSyntax"], || answer.outcome());
        if held {
            // invalidValue is a fair word for JSON of another shape.
            let right = ["invalidSyntax", "invalidValue"].contains(&answer.scim_type().unwrap_or_default());
            session.hold(&MALFORMED_TYPE, right, &answer, &["scimType invalidSyntax"], || answer.outcome());
            let told = answer.text("detail").is_some_and(|text| !text.trim().is_empty());
            session.hold(&DETAIL, told, &answer, &["a detail"], || {
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
                &LEAK,
                &answer,
                &["a sentence of the service's own"],
                format!("an error with `{}`", found.trim()),
            );
        }
    }
    if leaks == 0 {
        session.pass(&LEAK);
    }
    let missing = session.get("/Users/010101001010101011001010101011").await?;
    let told = missing.text("detail").is_some_and(|text| !text.trim().is_empty());
    session
        .hold(&DETAIL, told, &missing, &["a detail"], || format!("detail {}", shown(missing.at("detail"))));
    Ok(())
}

async fn paths(session: &mut Session) -> Result<(), Stop> {
    let answer = session.get("/ScimulateUnknown").await?;
    session.hold(&NO_ENDPOINT, answer.status == 404, &answer, &["404 Not Found"], || answer.outcome());
    let answer = session.get("/ScimulateUnknown/7").await?;
    session.hold(&NO_ENDPOINT, answer.status == 404, &answer, &["404 Not Found"], || answer.outcome());
    session.need(Capability::CreateUser)?;
    let ada = session.user().await?;
    let body = session.user_body(json!({}));
    for (method, path) in
        [("PUT", "/Users".to_owned()), ("PATCH", "/Users".into()), ("POST", ada.path.clone())]
    {
        let answer = session.send(Call::new(method, path).json(&body)).await?;
        session.hold(
            &METHOD,
            answer.refused() || answer.status == 501,
            &answer,
            &["405 Method Not Allowed", "501"],
            || answer.outcome(),
        );
        if answer.status == 405 {
            session.hold(&ALLOW, answer.header("Allow").is_some(), &answer, &["Allow"], || {
                "no Allow".to_owned()
            });
        }
    }
    Ok(())
}

async fn accepts(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ListUsers)?;
    let forms: [(&'static crate::checks::Requirement, Option<&str>); 7] = [
        (&ACCEPT_JSON, Some("application/json")),
        (&ACCEPT_NONE, None),
        (&ACCEPT_NONE, Some("*/*")),
        (&ACCEPT_SCIM, Some("application/scim+json")),
        (&ACCEPT_SCIM, Some("application/scim+json; charset=utf-8")),
        (&ACCEPT_SCIM, Some("application/scim+json, application/json;q=0.9, */*;q=0.1")),
        (&ACCEPT_SCIM, Some("APPLICATION/SCIM+JSON")),
    ];
    for (requirement, accept) in forms {
        let answer = session.send(Call::get("/Users?startIndex=1&count=1").accept(accept)).await?;
        session.hold(
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
        session.hold(requirement, answer.ok(), &answer, &["201 with the user"], || {
            format!("{} for Content-Type: {label}", answer.outcome())
        });
    }
    let names = json!({"givenName": "Zoë Ægir", "familyName": "Łukasiewicz 李 Ω"});
    let ada = session.user_with(json!({"name": names})).await?;
    let read = session.get(&ada.path).await?;
    let same = ["givenName", "familyName"].iter().all(|name| {
        at(&read.body, &format!("name.{name}")) == names.get(name)
            && names.get(name).is_some_and(Value::is_string)
    });
    session.hold(&UTF8, same, &read, &["the names as they were sent"], || {
        format!("name {}", shown(read.at("name")))
    });
    Ok(())
}
