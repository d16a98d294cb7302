//! Who may do what: nothing without a credential, nothing with a wrong one, nothing of another tenant
//! (RFC 7644 §2, §7).

use serde_json::{Value, json};

use crate::checks::active::{Answer, Call, Capability, Credential, Probe, Session, Stop, patch_call, probe};
use crate::checks::requirement::requirements;

requirements! {
    NOTHING = "auth.read-needs-credential", Must, "RFC 7644 §2, §3.12 table 8",
        "Reading users and groups without a credential is refused.",
        "Ask for the credential on every request but discovery.";
    NOTHING_WRITES = "auth.write-needs-credential", Must, "RFC 7644 §2, §3.12 table 8",
        "Writing without a credential is refused, and changes nothing.",
        "Check the credential before anything else, for every method.";
    WRONG = "auth.wrong-credential", Must, "RFC 7644 §3.12 table 8",
        "A wrong credential is refused, also one that only begins like the right one, or that has its letters in the other case.",
        "Compare the whole credential.";
    EVERYWHERE = "auth.every-endpoint", Must, "RFC 7644 §2, §3.12 table 8",
        "Queries by POST, bulk requests and /Me are refused without a credential, and with a wrong one.",
        "Check the credential before a request is routed, for every path but discovery.";
    STATUS = "auth.status-401", Must, "RFC 7644 §3.12 table 8; okta-client §9",
        "The refusal of a missing or wrong credential is a 401.",
        "Answer 401 with a SCIM error and WWW-Authenticate.";
    SCHEME_CASE = "auth.scheme-any-case", Should, "RFC 9110 §11.1",
        "The name of the authentication scheme is matched in any letter case.",
        "Compare Bearer and Basic without regard to case.";
    TENANT_READ = "security.other-tenant-reads", Must, "RFC 7644 §6.2, §7",
        "A credential of another tenant does not read this one's resources, by id, filter or list.",
        "Look up every resource within the tenant of the credential.";
    TENANT_WRITE = "security.other-tenant-writes", Must, "RFC 7644 §6.2, §7",
        "A credential of another tenant does not change or delete this one's resources.",
        "Look up every resource within the tenant of the credential.";
    TENANT_MEMBER = "security.other-tenant-members", Must, "RFC 7644 §6.2, §7",
        "A user of another tenant cannot be made a member of a group.",
        "Look members up within the tenant of the credential.";
}

probe!(READING, "auth.reading", Writes, [NOTHING, WRONG, STATUS, SCHEME_CASE], reading);
probe!(EVERY, "auth.endpoints", Writes, [EVERYWHERE], every);
probe!(WRITING, "auth.writing", Writes, [NOTHING_WRITES], writing);
probe!(TENANTS, "security.tenants", Writes, [TENANT_READ, TENANT_WRITE, TENANT_MEMBER], tenants);

pub(in crate::checks) static PROBES: &[&Probe] = &[&READING, &EVERY, &WRITING, &TENANTS];

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
        let held =
            session.hold(&NOTHING, turned_away(&answer), &answer, &["401 Unauthorized"], || answer.outcome());
        if held {
            session.hold(&STATUS, answer.status == 401, &answer, &["401 Unauthorized"], || answer.outcome());
        }
    }
    for value in wrong(&own) {
        let call = Call::get(paths[0].clone()).credential(Credential::Value(value));
        let answer = session.send(call).await?;
        // A credential that cannot be one may also be called a bad request.
        let held = turned_away(&answer) || answer.status == 400;
        if session.hold(&WRONG, held, &answer, &["401 Unauthorized"], || answer.outcome()) {
            session.hold(
                &STATUS,
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
        session.hold(&SCHEME_CASE, answer.ok(), &answer, &["200 with a list"], || answer.outcome());
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
            session.hold(&EVERYWHERE, !served, &answer, &["401 Unauthorized"], || answer.outcome());
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
        Call::new("POST", "/Users").json(&fresh),
        Call::new("PUT", ada.path.clone()).json(&changed),
        patch_call(&ada.path, json!({"op": "replace", "path": "displayName", "value": "Changed"})),
        Call::new("DELETE", ada.path.clone()),
    ];
    for call in calls {
        let answer = session.send(call.credential(Credential::None)).await?;
        // What a service does not offer at all it may refuse as such.
        let held = turned_away(&answer) || [404, 405, 501].contains(&answer.status);
        session.hold(&NOTHING_WRITES, held, &answer, &["401 Unauthorized"], || answer.outcome());
    }
    let after = session.get(&ada.path).await?;
    let same = after.status == 200 && after.at("displayName") == before.at("displayName");
    session.hold(&NOTHING_WRITES, same, &after, &["the user as before"], || after.outcome());
    Ok(())
}

async fn tenants(session: &mut Session) -> Result<(), Stop> {
    if !session.has_second() {
        return session.absent("no credential of another tenant was given; --second-bearer-env does");
    }
    session.need(Capability::ReadUser)?;
    let ada = session.user().await?;
    let other = |call: Call| call.credential(Credential::Second);
    let mut leaks = Vec::new();
    let read = session.send(other(Call::get(ada.path.clone()))).await?;
    if read.ok() {
        leaks.push("by its id");
    }
    let filter = format!("userName eq {}", Value::from(ada.text("userName")));
    let found = session.send(other(Call::get(crate::checks::active::filtered("/Users", &filter)))).await?;
    if found.ok() && found.lists(&ada.id) {
        leaks.push("by a filter");
    }
    let listed = session.send(other(Call::get("/Users?startIndex=1&count=200"))).await?;
    if listed.ok() && listed.lists(&ada.id) {
        leaks.push("in the list");
    }
    session.hold(&TENANT_READ, leaks.is_empty(), &read, &["404 Not Found", "403 Forbidden"], || {
        format!("the user is seen {}", leaks.join(", "))
    });
    if session.need(Capability::CreateGroup).is_ok() {
        let mut body = session.group_body(&[]);
        body["members"] = json!([{"value": ada.id}]);
        let created = session.send(other(Call::new("POST", "/Groups").json(&body))).await?;
        // A service need not check members, so what counts is whether the user is taken in.
        let seen = session.get(&ada.path).await?;
        let group = created.id().unwrap_or_default();
        let taken =
            created.ok() && crate::checks::json::texts(&seen.body, "groups", "value").contains(&group);
        session.hold(&TENANT_MEMBER, !taken, &seen, &["a user that is in no foreign group"], || {
            "the user is in the group of another tenant".to_owned()
        });
        if created.ok() {
            let path = format!("/Groups/{}", crate::exchange::percent_encode(&group));
            session.send(other(Call::new("DELETE", path))).await?;
        }
    } else {
        session.skip(&TENANT_MEMBER, "groups cannot be created");
    }
    let patch = patch_call(&ada.path, json!({"op": "replace", "path": "displayName", "value": "Taken over"}));
    let patched = session.send(other(patch)).await?;
    let deleted = session.send(other(Call::new("DELETE", ada.path.clone()))).await?;
    // The session forgets what was deleted; should that have worked, there is nothing to clean up.
    let after = session.get(&ada.path).await?;
    if after.ok() {
        session.adopt(&ada.path);
    }
    let same = after.status == 200 && after.text("displayName") != Some("Taken over");
    session.hold(
        &TENANT_WRITE,
        same && !patched.ok() && !deleted.ok(),
        &deleted,
        &["404, and the user as before"],
        || format!("{} for PATCH, {} for DELETE, then {}", patched.status, deleted.status, after.status),
    );
    Ok(())
}
