//! `scimulate org` as a user meets it: the real program on a real socket, spoken to as Okta's SDKs do, and the
//! SCIM side looked at over its own API.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::service::{Service, resources, service};

const TOKEN: &str = "00-a-token-of-this-test";

/// The program while it runs.
struct Org {
    child: Child,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    origin: String,
    app: String,
    /// SCIM base URL and `Authorization` of the built-in reference.
    scim: (String, String),
}

impl Drop for Org {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer of the API.
struct Answer {
    status: u16,
    body: Value,
    links: Vec<String>,
}

impl Answer {
    /// What must be a success.
    fn good(self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.body);
        self.body
    }

    /// Where the list goes on.
    fn next(&self) -> Option<&str> {
        let next = self.links.iter().find(|link| link.ends_with("; rel=\"next\""))?;
        next.strip_prefix('<')?.split_once('>').map(|(url, _)| url)
    }
}

fn org(arguments: &[&str]) -> Org {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("scimulate"))
        .args(["org", "--listen", "127.0.0.1:0", "--token", TOKEN])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let shown: Vec<String> =
        lines.by_ref().map(Result::unwrap).take_while(|line| !line.starts_with("Press")).collect();
    // The program must never wait for somebody to read what it tells.
    std::thread::spawn(move || lines.for_each(drop));
    let value = |name: &str| {
        let found = shown.iter().find_map(|line| line.strip_prefix(&format!("  {name}: ")));
        found.unwrap_or_default().to_owned()
    };
    let basic = format!("{}:{}", value("username"), value("password"));
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(basic));
    Org {
        child,
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        client: reqwest::Client::new(),
        origin: value("org URL"),
        app: value("app id"),
        scim: (value("base URL"), basic),
    }
}

impl Org {
    fn send(&self, method: &str, url: &str, authorization: &str, body: Option<String>) -> Answer {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, url).header("Authorization", authorization);
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body);
        }
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            let links = response.headers().get_all("link").iter();
            let links = links.map(|link| link.to_str().unwrap().to_owned()).collect();
            let text = response.text().await.unwrap();
            Answer { status, body: serde_json::from_str(&text).unwrap_or_default(), links }
        })
    }

    fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = (!body.is_null()).then(|| body.to_string());
        self.send(method, &format!("{}/api/v1{path}", self.origin), &format!("SSWS {TOKEN}"), body)
    }

    fn get(&self, path: &str) -> Value {
        self.call("GET", path, Value::Null).good()
    }

    /// A path below the app.
    fn app(&self, below: &str) -> String {
        format!("/apps/{}{below}", self.app)
    }

    fn user(&self, name: &str) -> String {
        let login = format!("{name}@example.com");
        let profile =
            json!({ "firstName": name, "lastName": "Tester", "email": login.clone(), "login": login });
        let body = json!({ "profile": profile, "credentials": { "password": { "value": "Abcde12345" } } });
        self.call("POST", "/users", body).good()["id"].as_str().unwrap().to_owned()
    }

    fn group(&self, name: &str) -> String {
        let made = self.call("POST", "/groups", json!({ "profile": { "name": name } })).good();
        made["id"].as_str().unwrap().to_owned()
    }

    fn scim(&self, path: &str) -> Value {
        let answer = self.send("GET", &format!("{}{path}", self.scim.0), &self.scim.1, None);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// The one account of that user name.
    fn account(&self, name: &str) -> Value {
        let list = self.scim(&format!("/Users?filter=userName%20eq%20%22{name}%40example.com%22"));
        assert_eq!(list["totalResults"], 1, "{list}");
        list["Resources"][0].clone()
    }
}

/// The steps of Okta's own CRUD suite for SCIM 2.0.
#[rstest]
#[case("oin")]
#[case("aiw")]
fn the_steps_of_oktas_crud_suite_pass(#[case] dialect: &str) {
    let org = org(&["--dialect", dialect]);
    assert_eq!(org.get(&org.app(""))["id"], org.app.as_str());
    let profile = |first: &str| json!({ "firstName": first, "lastName": "Tester", "email": "run@example.com", "login": "run@example.com" });
    let mut body = json!({
        "profile": profile("Run"),
        "credentials": { "password": { "value": "Abcde12345" }, "recovery_question": { "question": "Which?", "answer": "this" } },
    });
    body["profile"]["title"] = json!("Engineer");
    body["profile"]["primaryPhone"] = json!("+1 555 0100");
    let created = org.call("POST", "/users?activate=true", body);
    assert_eq!(created.status, 200, "{}", created.body);
    assert_eq!(created.body["status"], "ACTIVE");
    let id = created.body["id"].as_str().unwrap();
    assert!(id.starts_with("00u") && id.len() == 20, "{id}");
    assert_eq!(org.scim("/Users")["totalResults"], 0, "nobody is provisioned before the assignment");

    let assign = |first: &str| {
        let body = json!({
            "id": id, "scope": "USER", "credentials": { "userName": "run@example.com" },
            "profile": { "familyName": "Tester", "givenName": first, "emailType": "work", "email": "run@example.com" },
        });
        org.call("POST", &org.app("/users"), body)
    };
    let assigned = assign("Run");
    assert_eq!(assigned.status, 200, "{}", assigned.body);
    assert_eq!(assigned.body["status"], "PROVISIONED");
    assert_eq!(assigned.body["syncState"], "SYNCHRONIZED");
    let account = org.account("run");
    assert_eq!(assigned.body["externalId"], account["id"]);
    assert_eq!(account["externalId"], id);
    assert_eq!(account["emails"][0]["value"], "run@example.com");
    assert_eq!(account["name"], json!({ "familyName": "Tester", "givenName": "Run" }));
    assert_eq!(account["title"], "Engineer");
    assert_eq!(account["phoneNumbers"][0]["value"], "+1 555 0100");
    let path = format!("/Users/{}", account["id"].as_str().unwrap());

    assert_eq!(org.call("PUT", &format!("/users/{id}"), json!({ "profile": profile("Ran") })).status, 200);
    let account = org.scim(&path);
    assert_eq!(account["name"]["givenName"], "Ran");
    assert_eq!(account["title"], Value::Null, "PUT replaces the whole profile");

    assert_eq!(org.call("POST", &format!("/users/{id}/lifecycle/deactivate"), Value::Null).status, 200);
    assert_eq!(org.scim(&path)["active"], false);
    assert_eq!(org.call("GET", &org.app(&format!("/users/{id}")), Value::Null).status, 404);

    let activated = org.call("POST", &format!("/users/{id}/lifecycle/activate"), Value::Null);
    assert_eq!((activated.status, activated.body), (200, json!({})));
    assert_eq!(org.scim(&path)["active"], false, "activation alone sends nothing");
    assert_eq!(assign("Ran").status, 200);
    assert_eq!(org.scim(&path)["active"], true);

    assert_eq!(org.call("DELETE", &org.app(&format!("/users/{id}")), Value::Null).status, 204);
    assert_eq!(org.scim(&path)["active"], false);
    assert_eq!(org.scim("/Users")["totalResults"], 1, "it was one account all the time");
}

#[test]
fn what_is_wrong_is_refused_in_oktas_shape() {
    let org = org(&["--quiet"]);
    let ada = org.user("ada");
    let code = |answer: &Answer| {
        let body = &answer.body;
        assert!(body["errorId"].as_str().unwrap().starts_with("oae"), "{body}");
        assert_eq!(body["errorLink"], body["errorCode"]);
        assert!(body["errorCauses"].is_array(), "{body}");
        format!("{} {}", answer.status, body["errorCode"].as_str().unwrap())
    };
    // As Okta's SDK for Python writes it.
    let joined = org.send("GET", &format!("{}/api/v1/users", org.origin), &format!("SSWS{TOKEN}"), None);
    assert_eq!(joined.status, 200);
    for authorization in ["SSWS wrong", "SSWS", "Bearer x", "", TOKEN] {
        let answer = org.send("GET", &format!("{}/api/v1/users", org.origin), authorization, None);
        assert_eq!(code(&answer), "401 E0000011");
        assert_eq!(answer.body["errorSummary"], "Invalid token provided");
    }
    let missing = org.call("GET", "/users/00unobody", Value::Null);
    assert_eq!(code(&missing), "404 E0000007");
    assert_eq!(missing.body["errorSummary"], "Not found: Resource not found: 00unobody (User)");
    assert_eq!(code(&org.call("GET", "/apps/0oanone/users", Value::Null)), "404 E0000007");
    assert_eq!(code(&org.call("GET", "/groups/00gnone", Value::Null)), "404 E0000007");
    assert_eq!(code(&org.call("GET", "/policies", Value::Null)), "404 E0000007");
    assert_eq!(code(&org.call("PATCH", "/users", Value::Null)), "405 E0000022");
    assert_eq!(code(&org.call("GET", "/users?filter=status%20is%20x", Value::Null)), "400 E0000031");
    assert_eq!(code(&org.call("GET", "/users?limit=none", Value::Null)), "400 E0000001");
    let url = format!("{}/api/v1/users", org.origin);
    let broken = org.send("POST", &url, &format!("SSWS {TOKEN}"), Some("{".into()));
    assert_eq!(code(&broken), "400 E0000003");

    let incomplete = json!({ "profile": { "login": "nobody", "email": "n@example.com", "lastName": " " } });
    let refused = org.call("POST", "/users", incomplete);
    assert_eq!(code(&refused), "400 E0000001");
    assert_eq!(refused.body["errorSummary"], "Api validation failed: firstName");
    let causes: Vec<&str> = refused.body["errorCauses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cause| cause["errorSummary"].as_str().unwrap())
        .collect();
    assert_eq!(
        causes,
        [
            "firstName: The field cannot be left blank",
            "lastName: The field cannot be left blank",
            "login: Username must be in the form of an email address",
        ]
    );
    let again = json!({ "profile": { "login": "ADA@example.com", "email": "a@example.com", "firstName": "A", "lastName": "B" } });
    let refused = org.call("POST", "/users", again);
    let cause = refused.body["errorCauses"][0]["errorSummary"].as_str().unwrap();
    assert_eq!(cause, "login: An object with this field already exists in the current organization");

    let lifecycle = |word: &str| org.call("POST", &format!("/users/{ada}/lifecycle/{word}"), Value::Null);
    assert_eq!(code(&lifecycle("activate")), "403 E0000016");
    assert_eq!(code(&lifecycle("unsuspend")), "400 E0000001");
    assert_eq!(code(&lifecycle("dance")), "405 E0000022");
    assert_eq!(lifecycle("suspend").status, 200);
    assert_eq!(lifecycle("suspend").body["errorSummary"], "Cannot suspend a user that is not active");
    assert_eq!(lifecycle("unsuspend").status, 200);
    assert_eq!(lifecycle("deactivate").status, 200);
    assert_eq!(code(&lifecycle("deactivate")), "403 E0000038");
    // Somebody who left cannot be assigned.
    let refused = org.call("POST", &org.app("/users"), json!({ "id": ada }));
    assert_eq!(code(&refused), "400 E0000001");
    assert!(refused.body["errorCauses"][0]["errorSummary"].as_str().unwrap().contains("deactivated"));
    // The second DELETE deletes.
    assert_eq!(org.get(&format!("/users/{ada}"))["status"], "DEPROVISIONED");
    assert_eq!(org.call("DELETE", &format!("/users/{ada}"), Value::Null).status, 204);
    assert_eq!(org.call("GET", &format!("/users/{ada}"), Value::Null).status, 404);
    assert_eq!(org.scim("/Users")["totalResults"], 0, "nothing of all this was provisioned");
}

#[test]
fn lists_go_on_by_link_and_are_filtered() {
    let org = org(&["--quiet"]);
    let names = ["ada", "bob", "cyd", "dan", "eve"];
    let ids: Vec<String> = names.iter().map(|name| org.user(name)).collect();
    let mut seen = Vec::new();
    let mut url = format!("{}/api/v1/users?limit=2", org.origin);
    let mut pages = 0;
    loop {
        let page = org.send("GET", &url, &format!("SSWS {TOKEN}"), None);
        assert!(page.links[0].ends_with("; rel=\"self\""), "{:?}", page.links);
        pages += 1;
        let users = page.body.as_array().unwrap();
        assert!(users.len() <= 2);
        seen.extend(users.iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        match page.next() {
            Some(next) => url = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, seen), (3, ids.clone()));
    let logins = |path: &str| -> Vec<String> {
        let list = org.get(path);
        let login = |user: &Value| user["profile"]["login"].as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(login).collect()
    };
    assert_eq!(logins("/users?search=profile.firstName%20sw%20%22d%22"), ["dan@example.com"]);
    assert_eq!(logins("/users?q=ev"), ["eve@example.com"]);
    assert_eq!(org.get("/users/bob@example.com")["id"], ids[1].as_str(), "a login stands for the id");
    org.call("POST", &format!("/users/{}/lifecycle/deactivate", ids[0]), Value::Null).good();
    assert_eq!(logins("/users").len(), 4, "who left is listed only when asked for");
    assert_eq!(logins("/users?filter=status%20eq%20%22DEPROVISIONED%22"), ["ada@example.com"]);
}

#[test]
fn groups_give_the_app_are_pushed_renamed_and_unlinked() {
    let org = org(&["--quiet"]);
    let (ada, bob) = (org.user("ada"), org.user("bob"));
    let group = org.group("Pioneers");
    let join = |user: &str| org.call("PUT", &format!("/groups/{group}/users/{user}"), Value::Null).status;
    assert_eq!(join(&ada), 204);
    assert_eq!(org.call("PUT", &org.app(&format!("/groups/{group}")), json!({})).status, 200);
    assert_eq!(org.account("ada")["active"], true);
    let app_user = org.get(&org.app(&format!("/users/{ada}")));
    assert_eq!(app_user["scope"], "GROUP");
    let pushed = org.call(
        "POST",
        &org.app("/group-push/mappings"),
        json!({ "sourceGroupId": group, "targetGroupName": "Pioneers" }),
    );
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    assert_eq!(pushed.body["status"], "ACTIVE");
    let scim_group = |path: &str| {
        let group = org.scim(path);
        let members = group["members"].as_array().cloned().unwrap_or_default();
        let mut names: Vec<String> =
            members.iter().map(|member| member["display"].as_str().unwrap().to_owned()).collect();
        names.sort();
        (group["displayName"].as_str().unwrap().to_owned(), names)
    };
    let target = format!("/Groups/{}", pushed.body["targetGroupId"].as_str().unwrap());
    assert_eq!(scim_group(&target), ("Pioneers".into(), vec!["ada@example.com".into()]));
    assert_eq!(join(&bob), 204);
    assert_eq!(
        scim_group(&target),
        ("Pioneers".into(), vec!["ada@example.com".into(), "bob@example.com".into()])
    );
    org.call("PUT", &format!("/groups/{group}"), json!({ "profile": { "name": "Trailblazers" } })).good();
    assert_eq!(scim_group(&target).0, "Trailblazers");
    assert_eq!(org.call("DELETE", &format!("/groups/{group}/users/{ada}"), Value::Null).status, 204);
    assert_eq!(scim_group(&target).1, ["bob@example.com"]);
    assert_eq!(org.account("ada")["active"], false, "the group was all she had the app by");

    let mapping = org.app(&format!("/group-push/mappings/{}", pushed.body["id"].as_str().unwrap()));
    let delete = format!("{mapping}?deleteTargetGroup=true");
    assert_eq!(org.call("DELETE", &delete, Value::Null).status, 400, "an active mapping stays");
    let paused = org.call("PATCH", &mapping, json!({ "status": "INACTIVE" })).good();
    assert_eq!(paused["status"], "INACTIVE");
    assert_eq!(org.call("DELETE", &delete, Value::Null).status, 204);
    assert_eq!(org.scim("/Groups")["totalResults"], 0);
    assert_eq!(org.call("DELETE", &format!("/groups/{group}"), Value::Null).status, 204);
    assert_eq!(org.account("bob")["active"], false, "with the group went its assignment");
}

/// A group that is in the app already, with these members.
fn app_group(org: &Org, name: &str, members: &[&Value]) -> String {
    let members: Vec<Value> = members.iter().map(|account| json!({ "value": account["id"] })).collect();
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members
    });
    let made =
        org.send("POST", &format!("{}/Groups", org.scim.0), &org.scim.1, Some(body.to_string())).good();
    made["id"].as_str().unwrap().to_owned()
}

/// Name of a group of the app and the user names of its members.
fn there(org: &Org, id: &str) -> (String, Vec<String>) {
    let group = org.scim(&format!("/Groups/{id}"));
    let members = group["members"].as_array().cloned().unwrap_or_default();
    let mut names: Vec<String> =
        members.iter().map(|member| member["display"].as_str().unwrap().to_owned()).collect();
    names.sort();
    (group["displayName"].as_str().unwrap().to_owned(), names)
}

/// A person who has the app and is in the group.
fn member(org: &Org, name: &str, group: &str) -> String {
    let id = org.user(name);
    org.call("POST", &org.app("/users"), json!({ "id": id })).good();
    assert_eq!(org.call("PUT", &format!("/groups/{group}/users/{id}"), Value::Null).status, 204);
    id
}

#[rstest]
fn a_mapping_that_is_made_inactive_pushes_nothing_before_it_is_activated(
    #[values("oin", "aiw")] dialect: &str,
) {
    let org = org(&["--quiet", "--dialect", dialect]);
    let group = org.group("Pioneers");
    member(&org, "ada", &group);
    let mappings = org.app("/group-push/mappings");
    let body = json!({ "sourceGroupId": group, "targetGroupName": "Pioneers", "status": "INACTIVE" });
    let made = org.call("POST", &mappings, body);
    assert_eq!(made.status, 201, "{}", made.body);
    let pick = |mapping: &Value| {
        ["status", "targetGroupId", "lastPush", "errorSummary"].map(|name| mapping[name].clone())
    };
    assert_eq!(pick(&made.body), [json!("INACTIVE"), Value::Null, Value::Null, Value::Null]);
    member(&org, "bob", &group);
    assert_eq!(org.scim("/Groups")["totalResults"], 0, "an inactive mapping pushes no membership");
    let mapping = format!("{mappings}/{}", made.body["id"].as_str().unwrap());
    let active = org.call("PATCH", &mapping, json!({ "status": "ACTIVE" })).good();
    assert_eq!(active["status"], "ACTIVE");
    assert!(active["lastPush"].is_string(), "{active}");
    let names = vec!["ada@example.com".to_owned(), "bob@example.com".to_owned()];
    assert_eq!(there(&org, active["targetGroupId"].as_str().unwrap()), ("Pioneers".to_owned(), names));
}

#[rstest]
fn a_group_of_another_name_is_linked_by_its_id(
    #[values("oin", "aiw", "entra")] dialect: &str,
    #[values("ACTIVE", "INACTIVE")] status: &str,
) {
    // okta-client §3.17i: members that are there stay at the link, and the name follows Okta's.
    let org = org(&["--quiet", "--dialect", dialect]);
    let group = org.group("Pioneers");
    member(&org, "ada", &group);
    let other = org.group("Others");
    member(&org, "bob", &other);
    let target = app_group(&org, "Engineers of old", &[&org.account("bob")]);
    let mappings = org.app("/group-push/mappings");
    let made = org
        .call("POST", &mappings, json!({ "sourceGroupId": group, "targetGroupId": target, "status": status }))
        .good();
    assert_eq!((&made["status"], &made["targetGroupId"]), (&json!(status), &json!(target)));
    let mapping = format!("{mappings}/{}", made["id"].as_str().unwrap());
    if status == "INACTIVE" {
        let before = ("Engineers of old".to_owned(), vec!["bob@example.com".to_owned()]);
        assert_eq!(there(&org, &target), before);
        org.call("PATCH", &mapping, json!({ "status": "ACTIVE" })).good();
    }
    let both = vec!["ada@example.com".to_owned(), "bob@example.com".to_owned()];
    assert_eq!(there(&org, &target), ("Pioneers".to_owned(), both));
    let shown = org.get(&mapping);
    assert_eq!((&shown["status"], &shown["errorSummary"]), (&json!("ACTIVE"), &Value::Null), "{shown}");
    assert_eq!(org.scim("/Groups")["totalResults"], 1, "no group is made beside it");
    // From now on it is Okta's.
    org.call("PUT", &format!("/groups/{group}"), json!({ "profile": { "name": "Trailblazers" } })).good();
    member(&org, "eve", &group);
    let (name, members) = there(&org, &target);
    assert_eq!(name, "Trailblazers");
    assert!(members.contains(&"eve@example.com".to_owned()), "{members:?}");
}

#[rstest]
fn a_group_is_pushed_under_another_name_and_linked_where_that_is_there(
    #[values("oin", "aiw")] dialect: &str,
    #[values(false, true)] exists: bool,
) {
    let org = org(&["--quiet", "--dialect", dialect]);
    let group = org.group("Pioneers");
    member(&org, "ada", &group);
    let before = exists.then(|| app_group(&org, "In the app", &[]));
    let made = org
        .call(
            "POST",
            &org.app("/group-push/mappings"),
            json!({ "sourceGroupId": group, "targetGroupName": "In the app" }),
        )
        .good();
    let target = made["targetGroupId"].as_str().unwrap();
    assert!(before.is_none_or(|before| before == target));
    assert_eq!(there(&org, target), ("In the app".to_owned(), vec!["ada@example.com".to_owned()]));
    // A change of members leaves the chosen name; a new name in Okta is the app's too.
    let bob = member(&org, "bob", &group);
    assert_eq!(there(&org, target).0, "In the app");
    org.call("PUT", &format!("/groups/{group}"), json!({ "profile": { "name": "Trailblazers" } })).good();
    assert_eq!(org.call("DELETE", &format!("/groups/{group}/users/{bob}"), Value::Null).status, 204);
    assert_eq!(there(&org, target), ("Trailblazers".to_owned(), vec!["ada@example.com".to_owned()]));
}

#[test]
fn a_mapping_without_one_target_is_refused_and_leaves_nothing() {
    let org = org(&["--quiet"]);
    let group = org.group("Pioneers");
    let mappings = org.app("/group-push/mappings");
    let refused = |body: Value| {
        let answer = org.call("POST", &mappings, body);
        (
            answer.status,
            answer.body["errorCode"].clone(),
            answer.body["errorCauses"][0]["errorSummary"].clone(),
        )
    };
    let (status, code, cause) =
        refused(json!({ "sourceGroupId": group, "targetGroupId": "1", "targetGroupName": "Pioneers" }));
    assert_eq!((status, code), (400, json!("E0000001")));
    assert!(cause.as_str().unwrap().contains("but not both"), "{cause}");
    let (status, _, cause) = refused(json!({ "sourceGroupId": group }));
    assert_eq!(status, 400);
    assert!(cause.as_str().unwrap().contains("must be provided"), "{cause}");
    let (status, code, _) = refused(json!({ "sourceGroupId": group, "targetGroupId": "nowhere" }));
    assert_eq!((status, code), (404, json!("E0000007")));
    let (status, _, cause) =
        refused(json!({ "sourceGroupId": group, "targetGroupName": "Pioneers", "status": "PAUSED" }));
    assert_eq!(status, 400);
    assert!(cause.as_str().unwrap().contains("ACTIVE or INACTIVE"), "{cause}");
    assert_eq!(org.get(&mappings), json!([]));
    assert_eq!(org.scim("/Groups")["totalResults"], 0);
    org.call("POST", &mappings, json!({ "sourceGroupId": group, "targetGroupName": "Pioneers" })).good();
}

#[test]
fn with_a_group_go_its_assignments_and_the_accounts_of_who_has_nothing_else() {
    let org = org(&["--quiet"]);
    let (first, second) = (org.group("First"), org.group("Second"));
    let (ada, bob, eve) = (org.user("ada"), org.user("bob"), org.user("eve"));
    for (group, user) in [(&first, &ada), (&first, &bob), (&first, &eve), (&second, &bob)] {
        assert_eq!(org.call("PUT", &format!("/groups/{group}/users/{user}"), Value::Null).status, 204);
    }
    for group in [&first, &second] {
        org.call("PUT", &org.app(&format!("/groups/{group}")), json!({})).good();
    }
    org.call("POST", &org.app("/users"), json!({ "id": eve })).good();
    org.call(
        "POST",
        &org.app("/group-push/mappings"),
        json!({ "sourceGroupId": first, "targetGroupName": "First" }),
    )
    .good();

    assert_eq!(org.call("DELETE", &format!("/groups/{first}"), Value::Null).status, 204);

    let of_app: Vec<Value> =
        org.get(&org.app("/groups")).as_array().unwrap().iter().map(|entry| entry["id"].clone()).collect();
    assert_eq!(of_app, [json!(second)]);
    assert_eq!(org.call("GET", &org.app(&format!("/groups/{first}")), Value::Null).status, 404);
    assert_eq!(org.get(&org.app("/group-push/mappings")), json!([]));
    assert_eq!(org.call("GET", &org.app(&format!("/users/{ada}")), Value::Null).status, 404);
    for (name, active) in [("ada", false), ("bob", true), ("eve", true)] {
        assert_eq!(org.account(name)["active"], active, "{name}");
    }
    assert_eq!(org.get(&org.app(&format!("/users/{bob}")))["scope"], "GROUP");
    assert_eq!(org.get(&org.app(&format!("/users/{eve}")))["scope"], "USER");
    assert_eq!(org.scim("/Groups")["totalResults"], 1, "what was pushed stays in the app");
    let gone = org.get("/logs?filter=eventType%20eq%20%22application.user_membership.remove%22");
    let gone: Vec<&Value> = gone.as_array().unwrap().iter().map(|entry| &entry["target"][0]["id"]).collect();
    assert_eq!(gone, [&json!(ada)]);
}

#[rstest]
#[case(&["--lenient", "text-booleans"], false)]
#[case(&["--switch", "entraPatch=compliant"], false)]
#[case(&["--lenient", "text-booleans", "--preset", "rfc"], false)]
#[case(&[], true)]
#[case(&["--preset", "rfc"], true)]
fn an_org_can_speak_as_entra_does(#[case] way: &[&str], #[case] active: bool) {
    let mut arguments = vec!["--quiet", "--dialect", "entra"];
    arguments.extend(way);
    let org = org(&arguments);
    let ada = org.user("ada");
    org.call("POST", &org.app("/users"), json!({ "id": ada })).good();
    org.call("DELETE", &org.app(&format!("/users/{ada}")), Value::Null);
    assert_eq!(org.account("ada")["active"], active);
    let filter = "/logs?filter=eventType%20eq%20%22application.provision.user.deactivate%22";
    let told = org.get(filter)[0]["outcome"].clone();
    assert_eq!(told["result"], if active { "FAILURE" } else { "SUCCESS" });
    if active {
        let reason = told["reason"].as_str().unwrap();
        assert!(reason.contains(r#"sets "active" to the text "False""#), "{reason}");
    }
}

#[test]
fn features_govern_what_is_sent_and_app_profiles_can_be_edited() {
    let org = org(&["--quiet", "--dialect", "aiw"]);
    let (ada, bob) = (org.user("ada"), org.user("bob"));
    let feature = org.app("/features/USER_PROVISIONING");
    let off = json!({ "create": { "lifecycleCreate": { "status": "DISABLED" } } });
    let changed = org.call("PUT", &feature, off).good();
    assert_eq!(changed["capabilities"]["create"]["lifecycleCreate"]["status"], "DISABLED");
    assert_eq!(changed["capabilities"]["update"]["profile"]["status"], "ENABLED");
    let refused = org.call("POST", &org.app("/users"), json!({ "id": ada })).good();
    assert_eq!((&refused["status"], &refused["syncState"]), (&json!("PENDING"), &json!("ERROR")));
    assert!(refused["_embedded"]["task"]["message"].as_str().unwrap().ends_with("Matching user not found"));
    let on = json!({ "create": { "lifecycleCreate": { "status": "ENABLED" } } });
    org.call("PUT", &feature, on).good();
    // Assigning again tries again.
    let again = org.call("POST", &org.app("/users"), json!({ "id": ada })).good();
    assert_eq!((&again["status"], &again["syncState"]), (&json!("PROVISIONED"), &json!("SYNCHRONIZED")));
    let edit = json!({ "profile": { "title": "Countess" } });
    let edited = org.call("POST", &org.app(&format!("/users/{ada}")), edit).good();
    assert_eq!(edited["profile"]["title"], "Countess");
    assert_eq!(org.account("ada")["title"], "Countess");
    // What was edited no longer follows the Okta profile; the rest does.
    let profile = json!({ "profile": { "title": "Baroness", "nickName": "Ada" } });
    org.call("POST", &format!("/users/{ada}"), profile).good();
    let account = org.account("ada");
    assert_eq!((&account["title"], &account["nickName"]), (&json!("Countess"), &json!("Ada")));
    let unknown = org.call("POST", &org.app("/users"), json!({ "id": bob, "profile": { "shoe": "8" } }));
    assert_eq!(unknown.status, 400);
    let named = json!({ "id": bob, "credentials": { "userName": "robert@example.com" } });
    org.call("POST", &org.app("/users"), named).good();
    assert_eq!(org.account("robert")["name"]["givenName"], "bob");
    let made = org.call("POST", "/apps", json!({ "label": "Another", "signOnMode": "AUTO_LOGIN" })).good();
    assert_eq!(made["label"], "Another");
    let labels: Vec<Value> =
        org.get("/apps").as_array().unwrap().iter().map(|app| app["label"].clone()).collect();
    assert_eq!(labels, ["SCIM app", "Another"]);
}

#[test]
fn system_log_tells_what_was_done_and_what_followed() {
    let org = org(&["--quiet"]);
    let ada = org.user("ada");
    org.call("POST", &org.app("/users"), json!({ "id": ada })).good();
    org.call("POST", &format!("/users/{ada}/lifecycle/suspend"), Value::Null).good();
    let log = org.get("/logs");
    let told: Vec<String> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            format!(
                "{} {}",
                entry["eventType"].as_str().unwrap(),
                entry["outcome"]["result"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "application.lifecycle.create SUCCESS",
            "user.lifecycle.create SUCCESS",
            "user.lifecycle.activate SUCCESS",
            "application.user_membership.add SUCCESS",
            "application.provision.user.verify_exists SUCCESS",
            "application.provision.user.push SUCCESS",
            "user.lifecycle.suspend SUCCESS",
        ]
    );
    let pushed = org.get("/logs?filter=eventType%20eq%20%22application.provision.user.push%22");
    assert_eq!(pushed.as_array().unwrap().len(), 1);
    assert_eq!(pushed[0]["target"][0]["id"], ada.as_str());
    assert_eq!(pushed[0]["target"][0]["alternateId"], "ada@example.com");
    assert_eq!(pushed[0]["target"][1]["id"], org.app.as_str());
    assert_eq!(org.get("/logs?sortOrder=DESCENDING&limit=1")[0]["eventType"], "user.lifecycle.suspend");
}

/// Refuses every creation.
async fn full(request: Request, next: Next) -> Response {
    if request.method() == "POST" {
        let body = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"507","detail":"no room"}"#;
        return Response::builder().status(507).body(Body::from(body)).unwrap();
    }
    next.run(request).await
}

async fn right(request: Request, next: Next) -> Response {
    next.run(request).await
}

fn before(service: &Service) -> Org {
    let user = format!("{}:{}", service.username, service.password);
    org(&["--target", &service.base_url, "--user", &user])
}

#[test]
fn provisioning_goes_to_any_target_and_its_refusals_are_shown() {
    let willing = service(right);
    let org = before(&willing);
    let ada = org.user("ada");
    org.call("POST", &org.app("/users"), json!({ "id": ada })).good();
    assert_eq!(resources(&willing, "/Users"), 1);
    drop(org);

    let unwilling = service(full);
    let org = before(&unwilling);
    let ada = org.user("ada");
    let app_user = org.call("POST", &org.app("/users"), json!({ "id": ada })).good();
    assert_eq!(app_user["syncState"], "ERROR");
    let message = app_user["_embedded"]["task"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("Automatic provisioning of user ada@example.com to app SCIM app failed: "),
        "{message}"
    );
    assert!(message.ends_with("Errors reported by remote server: no room"), "{message}");
    let failed = org.get("/logs?filter=outcome.result%20eq%20%22FAILURE%22");
    assert_eq!(failed[0]["eventType"], "application.provision.user.push");
    let group = org.group("Team");
    let body = json!({ "sourceGroupId": group, "targetGroupName": "Team" });
    let mapping = org.call("POST", &org.app("/group-push/mappings"), body).good();
    assert_eq!(mapping["status"], "ERROR");
    assert!(mapping["errorSummary"].as_str().unwrap().ends_with("no room"), "{mapping}");
}

#[test]
fn an_address_that_is_none_is_refused_with_an_example() {
    let output = Command::new(assert_cmd::cargo::cargo_bin("scimulate"))
        .args(["org", "--listen", "everywhere"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("write it like 127.0.0.1:8090"));
}
