//! Probes of the rules in this area.

use serde_json::json;

use crate::checks::engine::{Answer, Call, Capability, Credential, Session, Stop, patch_call, probes};
use crate::checks::rules::auth::{
    ANONYMOUS_CREATION, EVERY_ENDPOINT, READ_NEEDS_CREDENTIAL, SCHEME_ANY_CASE, STATUS_401,
    WRITE_NEEDS_CREDENTIAL, WRONG_CREDENTIAL,
};

probes! {
    "auth.reading", Writes, [READ_NEEDS_CREDENTIAL, WRONG_CREDENTIAL, STATUS_401, SCHEME_ANY_CASE], reading;
    "auth.endpoints", Writes, [EVERY_ENDPOINT], every;
    "auth.writing", Writes, [WRITE_NEEDS_CREDENTIAL, ANONYMOUS_CREATION], writing;
}

fn turned_away(answer: &Answer) -> bool {
    [401, 403].contains(&answer.status)
}

async fn reading(session: &mut Session) -> Result<(), Stop> {
    let Some(own) = session.authorization() else {
        return session.absent("the target is used without a credential");
    };
    let mut paths = vec!["/Users?startIndex=1&count=2".to_owned()];
    if session.need(Capability::CreateUser).is_ok() {
        let ada = session.user().await?;
        paths.push(ada.path);
    }
    if session.facts.has_endpoint("/Groups") != Some(false) {
        paths.push("/Groups?startIndex=1&count=2".to_owned());
    }
    for path in &paths {
        // An answer that was given to somebody else is no answer to anybody.
        session.get(path).await?;
        let answer = session.send(Call::get(path.clone()).credential(Credential::None)).await?;
        let held = session.require(
            &READ_NEEDS_CREDENTIAL,
            turned_away(&answer),
            &answer,
            &["401 Unauthorized"],
            || answer.outcome(),
        );
        if held {
            session.require(&STATUS_401, answer.status == 401, &answer, &["401 Unauthorized"], || {
                answer.outcome()
            });
        }
    }
    for value in wrong(&own) {
        let call = Call::get(paths[0].clone()).credential(Credential::Value(value));
        let answer = session.send(call).await?;
        // A credential that cannot be one may also be called a bad request.
        let held = turned_away(&answer) || answer.status == 400;
        if session.require(&WRONG_CREDENTIAL, held, &answer, &["401 Unauthorized"], || answer.outcome()) {
            session.require(
                &STATUS_401,
                [400, 401].contains(&answer.status),
                &answer,
                &["401 Unauthorized"],
                || answer.outcome(),
            );
        }
    }
    session.need(Capability::ListUsers)?;
    if let Some((scheme, rest)) = own.split_once(' ') {
        let value = format!("{} {rest}", scheme.to_lowercase());
        let answer = session.send(Call::get(paths[0].clone()).credential(Credential::Value(value))).await?;
        session.require(&SCHEME_ANY_CASE, answer.ok(), &answer, &["200 with a list"], || answer.outcome());
    }
    Ok(())
}

async fn every(session: &mut Session) -> Result<(), Stop> {
    let Some(own) = session.authorization() else {
        return session.absent("the target is used without a credential");
    };
    let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 1});
    let nobody = json!({"method": "DELETE", "path": "/Users/scimulate-nobody"});
    let bulk =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [nobody]});
    let calls = [
        Call::new("POST", "/Users/.search").json(&search),
        Call::new("POST", "/Groups/.search").json(&search),
        Call::new("POST", "/.search").json(&search),
        Call::new("POST", "/Bulk").json(&bulk),
        Call::get("/Me"),
        Call::get("/?count=1"),
    ];
    let wrong = wrong(&own).swap_remove(0);
    for call in calls {
        for credential in [Credential::None, Credential::Value(wrong.clone())] {
            let answer = session.send(call.clone().credential(credential).unwatched()).await?;
            // What is not there at all may be refused as such; a success without a SCIM message is some other page.
            let served = answer.ok() && answer.at("schemas").is_some();
            session.require(&EVERY_ENDPOINT, !served, &answer, &["401 Unauthorized"], || answer.outcome());
        }
    }
    Ok(())
}

/// The same text in the other letter case.
fn swapped(text: &str) -> String {
    let swap = |letter: char| {
        if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
    };
    text.chars().map(swap).collect()
}

/// Credentials that are not the right one, the closest first.
fn wrong(own: &str) -> Vec<String> {
    let (scheme, secret) = own.split_once(' ').unwrap_or(("", own));
    let with =
        |secret: &str| if scheme.is_empty() { secret.to_owned() } else { format!("{scheme} {secret}") };
    let mut all = vec![with("scimulate-non-token")];
    if scheme.eq_ignore_ascii_case("basic") {
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::STANDARD;
        if let Some(plain) = engine.decode(secret).ok().and_then(|bytes| String::from_utf8(bytes).ok())
            && let Some((user, password)) = plain.split_once(':')
        {
            all.push(with(&engine.encode(format!("{user}:{password}x"))));
            all.push(with(&engine.encode(format!("{user}:"))));
            if swapped(password) != password {
                all.push(with(&engine.encode(format!("{user}:{}", swapped(password)))));
            }
            if password.is_ascii() && password.len() > 1 {
                all.push(with(&engine.encode(format!("{user}:{}", &password[..password.len() - 1]))));
            }
        }
    } else {
        all.push(with(&format!("{secret}x")));
        if swapped(secret) != secret {
            all.push(with(&swapped(secret)));
        }
        if secret.is_ascii() && secret.len() > 1 {
            all.push(with(&secret[..secret.len() - 1]));
        }
    }
    all
}

async fn writing(session: &mut Session) -> Result<(), Stop> {
    if session.authorization().is_none() {
        return session.absent("the target is used without a credential");
    }
    session.need(Capability::ReadUser)?;
    let ada = session.user().await?;
    let before = session.get(&ada.path).await?;
    let mut changed = before.object();
    changed["displayName"] = json!("Changed without a credential");
    let fresh = session.user_body(json!({}));
    let calls = [
        (&ANONYMOUS_CREATION, Call::new("POST", "/Users").json(&fresh)),
        (&WRITE_NEEDS_CREDENTIAL, Call::new("PUT", ada.path.clone()).json(&changed)),
        (
            &WRITE_NEEDS_CREDENTIAL,
            patch_call(&ada.path, json!({"op": "replace", "path": "displayName", "value": "Changed"})),
        ),
        (&WRITE_NEEDS_CREDENTIAL, Call::new("DELETE", ada.path.clone())),
    ];
    for (requirement, call) in calls {
        let answer = session.send(call.credential(Credential::None)).await?;
        // What a service does not offer at all it may refuse as such.
        let held = turned_away(&answer) || [404, 405, 501].contains(&answer.status);
        session.require(requirement, held, &answer, &["401 Unauthorized"], || answer.outcome());
    }
    let after = session.get(&ada.path).await?;
    let same = after.status == 200 && after.at("displayName") == before.at("displayName");
    session.require(&WRITE_NEEDS_CREDENTIAL, same, &after, &["the user as before"], || after.outcome());
    Ok(())
}
