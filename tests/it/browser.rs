//! The pages in a real browser: the guide is walked by clicking from Step 1 to Step 9 and through its
//! considerations, with what it says to come of it; every page is looked over by axe, in both colour schemes
//! and at the width of a phone. Skipped where there is no `chromedriver`.
#![expect(clippy::disallowed_methods, reason = "the service's own clock, and the wish for pictures")]

use crate::support::webdriver;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use base64::Engine as _;
use scimulate::exchange::TcpOptions;
use scimulate::panel::{Panel, PanelOptions};
use scimulate::reference::http::{Preset, Reference, ReferenceOptions};
use serde_json::{Value, json};
use webdriver::Chromium;

const WITHOUT: &str =
    "skipped: there is no `chromedriver`; on Debian, apt-get install chromium chromium-driver";

/// A service on a socket, and a browser that is signed in to it.
struct Desk {
    browser: Chromium,
    origin: String,
    runtime: tokio::runtime::Runtime,
}

impl Desk {
    fn new() -> Option<Self> {
        let browser = Chromium::start()?;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let reference = Reference::new(ReferenceOptions {
            preset: Preset::Seed,
            origin: origin.clone(),
            start: jiff::Timestamp::constant(1_767_225_600, 0),
            live: None,
            seed: 1,
            console_username: "admin@reference.test".into(),
            console_password: "console".into(),
        });
        let panel = Panel::new(
            reference,
            PanelOptions {
                faults: Vec::new(),
                fill: Arc::new(|_| Ok(())),
                now: Arc::new(jiff::Timestamp::now),
                seed: 1,
                tcp: TcpOptions::default(),
            },
        );
        let router = panel.router();
        runtime.spawn(async move { axum::serve(listener, router).await });
        let desk = Self { browser, origin, runtime };
        desk.browser.size(1280, 900);
        desk.go("/administration");
        desk.fill("User name", "admin@reference.test");
        desk.fill("Password", "console");
        desk.button("Sign in");
        desk.heading("Provisioning");
        Some(desk)
    }

    fn go(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.origin));
    }

    fn heading(&self, text: &str) {
        self.browser.element(&format!("//h1[normalize-space()='{text}']"));
    }

    /// The dialog with this heading.
    fn dialog(&self, text: &str) {
        self.browser.element(&format!("//dialog//h2[normalize-space()='{text}']"));
    }

    fn notice(&self, part: &str) {
        self.browser.element(&format!("//*[@role='status' or @role='alert'][contains(., \"{part}\")]"));
    }

    /// In the dialog where one is open, else on the page.
    fn within(&self) -> &'static str {
        if self.browser.there_is("//dialog[@open]") { "//dialog" } else { "//main" }
    }

    fn button(&self, text: &str) {
        self.browser.click(&format!("{}//button[normalize-space()='{text}']", self.within()));
    }

    fn link(&self, text: &str) {
        self.browser.click(&format!("{}//a[normalize-space()='{text}']", self.within()));
    }

    /// A link or button by its accessible name, where its text says too little.
    fn named(&self, name: &str) {
        self.browser.click(&format!("//main//*[@aria-label='{name}']"));
    }

    fn section(&self, name: &str) {
        self.browser.click(&format!("//nav[@aria-label='Administration']//a[normalize-space()='{name}']"));
        self.heading(name);
    }

    fn field(&self, label: &str) -> String {
        format!("{0}//*[@id=//label[normalize-space()='{label}']/@for]", self.within())
    }

    fn fill(&self, label: &str, text: &str) {
        self.browser.fill(&self.field(label), text);
    }

    fn choose(&self, label: &str, option: &str) {
        self.browser.click(&format!("{}/option[normalize-space()='{option}']", self.field(label)));
    }

    /// A box or a choice by its label.
    fn tick(&self, label: &str) {
        self.browser
            .click(&format!("{}//label[contains(normalize-space(), \"{label}\")]/input", self.within()));
    }

    /// A button in the row of a table that begins with a name.
    fn in_row(&self, name: &str, button: &str) {
        self.browser.click(&format!("//tr[th[starts-with(normalize-space(), '{name}')]]//button[starts-with(normalize-space(), '{button}')]"));
    }

    fn api(&self, path: &str) -> Value {
        let credential = base64::engine::general_purpose::STANDARD.encode("admin@reference.test:console");
        let request = reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .get(format!("{}/console/v1{path}", self.origin))
            .header("Authorization", format!("Basic {credential}"));
        let text = self.runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() });
        serde_json::from_str(&text).unwrap()
    }

    fn user(&self, login: &str) -> Value {
        let users = self.api("/state")["users"].clone();
        users.as_array().unwrap().iter().find(|user| user["username"] == login).cloned().unwrap_or_default()
    }

    fn users_of(&self, organization: &str) -> Value {
        let all = self.api("/state")["organizations"].clone();
        all.as_array().unwrap().iter().find(|known| known["orgName"] == organization).unwrap()["users"]
            .clone()
    }

    fn add_organization(&self, name: &str) {
        self.link("Add organization");
        self.dialog("Add organization");
        self.fill("Name", name);
        self.button("Add organization");
        self.heading(name);
        self.section("Organizations");
    }

    /// Steps 1 to 9, and what follows from them, as `scenarios/guide/walkthrough.yaml` has them.
    fn walk_to_the_mapping(&self) {
        // Step 1: organizations, for mapping by SCIM groups.
        self.section("Organizations");
        for name in ["Executive", "United Kingdom", "Unmapped"] {
            self.add_organization(name);
        }
        self.link("United Kingdom");
        self.named("Edit settings");
        self.dialog("Edit settings");
        self.tick("PROe User");
        self.browser.click("//dialog//input[@name='inheritDefaultRoleIds']");
        self.button("Save");
        self.notice("settings were saved");
        // Step 2: a provisioning provider; its credentials are shown once.
        self.browser.click("//nav[@aria-label='Administration']//a[normalize-space()='Identity Management']");
        self.link("Provisioning");
        self.browser.click("//summary[normalize-space()='Add Provisioning Provider']");
        self.link("Add SCIM Provider");
        self.dialog("Add SCIM provisioning provider");
        self.fill("Display name", "Okta");
        assert_eq!(self.browser.value(&self.field("Authentication credential type")), "API_CREDENTIALS");
        self.button("Next");
        self.heading("SCIM Provider Created");
        let shown =
            ["base-url", "username", "password"].map(|id| self.browser.value(&format!("//*[@id='{id}']")));
        self.browser.click("//button[@data-copy='password']");
        self.link("Done");
        self.heading("Okta");
        // Step 5: the deactivation delay.
        self.named("Edit deactivation delay");
        self.dialog("Edit deactivation delay");
        self.fill("Delay in minutes", "30");
        self.button("Save");
        self.notice("30 minutes");
        // Step 4: Okta's provisioning tab, with the attributes.
        self.section("Okta");
        self.fill("Base URL", &shown[0]);
        self.fill("Username", &shown[1]);
        self.fill("Password or token", &shown[2]);
        self.button("Configure API Integration");
        self.notice("configured");
        self.button("Test API Credentials");
        self.notice("was verified successfully");
        self.button("Save");
        self.notice("Save: done with 1 request");
        for attribute in ["country", "department", "division", "locality", "region", "title", "usertype"] {
            self.browser.click(&format!("//input[@name='use'][@value='{attribute}']"));
        }
        self.button("Save mappings");
        self.notice("nothing was sent");
        // Step 7 begins: the method is chosen, but there are no groups yet.
        self.browser.click("//nav[@aria-label='Administration']//a[normalize-space()='Identity Management']");
        self.link("Okta");
        self.link("Add Organization Mapping");
        self.dialog("Edit Organization Mapping Method");
        self.tick("Map users to organizations using SCIM groups");
        self.choose("Organization of unmapped users", "Unmapped");
        self.button("Save");
        self.notice("organization mapping was saved");
        self.browser.element("//*[contains(text(), 'There are no SCIM groups available')]");
        self.named("Edit role mapping");
        self.dialog("Edit Role Mapping");
        self.tick("Map SCIM groups to Code42 roles");
        self.button("Save");
        self.notice("role mapping was saved");
        // Step 9: a test user first, then everybody; Step 6: the groups.
        self.section("Okta");
        self.in_row("Test User", "Assign");
        self.notice("Assign Test User: done");
        assert_eq!(self.user("test.user@example.com")["organization"], "Unmapped");
        assert_eq!(self.user("ada@example.com"), Value::Null);
        self.in_row("Ada Lovelace", "Assign");
        self.notice("Assign Ada Lovelace: done");
        self.in_row("Grace Hopper", "Assign");
        self.notice("Assign Grace Hopper: done");
        self.in_row("Executives", "Push group");
        self.notice("Push group Executives: done");
        self.in_row("UK", "Push group");
        self.notice("Push group UK: done");
    }

    fn provider(&self) {
        self.browser.click("//nav[@aria-label='Administration']//a[normalize-space()='Identity Management']");
        self.link("Okta");
        self.heading("Okta");
    }
}

fn desk() -> Option<Desk> {
    let desk = Desk::new();
    if desk.is_none() {
        println!("{WITHOUT}");
    }
    desk
}

/// A state without what no two runs have in common: identifiers, times, and the numbers of requests.
fn comparable(state: &Value) -> Value {
    match state {
        Value::Object(fields) => {
            let rest = fields.iter().filter(|(name, _)| *name != "requestId");
            rest.map(|(name, value)| (name.clone(), comparable(value))).collect()
        }
        Value::Array(items) => items.iter().map(comparable).collect(),
        Value::String(text) => {
            let placeholder = text.starts_with('[') && text.ends_with(']');
            let id = text.len() == 18 && text.bytes().all(|byte| byte.is_ascii_digit());
            let okta = text.len() == 20 && text.starts_with("00u");
            if placeholder || id || okta || text.parse::<jiff::Timestamp>().is_ok() {
                json!("…")
            } else {
                state.clone()
            }
        }
        other => other.clone(),
    }
}

#[test]
fn the_guide_is_walked_by_clicking() {
    let Some(desk) = desk() else { return };
    desk.walk_to_the_mapping();
    // Step 7: organizations by group, the executives first.
    desk.provider();
    for (group, organization) in [("Executives", "Executive"), ("UK", "United Kingdom")] {
        desk.named("Add organization mapping of SCIM groups");
        desk.dialog("Add Mapping");
        desk.tick(group);
        desk.choose("Select a Code42 organization", organization);
        desk.button("Save");
        desk.notice("mapping was added");
    }
    desk.browser.element("//*[contains(text(), 'All SCIM groups are mapped')]");
    // The priority is changed by the keyboard, and back by the mouse.
    let order = || {
        let mapping = desk.api("/provisioning/providers")["providers"][0]["orgMapping"].clone();
        let rules = mapping["rules"].as_array().unwrap();
        rules.iter().map(|rule| rule["organization"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(order(), ["Executive", "United Kingdom"]);
    desk.browser
        .script("document.querySelector('ol.rules li:nth-child(2) button[value=up]').focus()", &json!([]));
    desk.browser.press("\u{e007}");
    desk.notice("priority was saved");
    assert_eq!(order(), ["United Kingdom", "Executive"]);
    desk.provider();
    desk.browser.drag("//ol[@class='rules']/li[2]", "//ol[@class='rules']/li[1]");
    desk.notice("priority was saved");
    assert_eq!(order(), ["Executive", "United Kingdom"]);
    // Step 8: roles by group.
    desk.named("Add role mapping");
    desk.dialog("Add Role Mapping");
    desk.choose("SCIM group", "UK");
    desk.tick("Agent User");
    desk.button("Add");
    desk.notice("role mapping was added");
    // Nobody has been moved by that; the preview tells who will be.
    assert_eq!(
        desk.users_of("Unmapped"),
        json!(["ada@example.com", "grace@example.com", "test.user@example.com"])
    );
    desk.link("Apply Org and Role Settings");
    desk.dialog("Apply Org and Role Settings");
    let count = |key: &str| desk.browser.text(&format!("//dialog//dd[@data-count='{key}']"));
    assert_eq!([count("evaluated"), count("orgMoved"), count("rolesChanged")], ["3", "3", "2"]);
    desk.button("Apply");
    desk.notice("3 changed organization, 2 changed roles");
    assert_eq!(desk.users_of("Executive"), json!(["ada@example.com", "grace@example.com"]));
    assert_eq!(desk.users_of("United Kingdom"), json!(["test.user@example.com"]));
    assert_eq!(desk.user("ada@example.com")["roles"], json!(["agent-user"]));
    // An edit here starts no sync, and Okta's values overwrite it.
    desk.section("Users");
    desk.link("ada@example.com");
    desk.link("Edit");
    desk.dialog("Edit user");
    desk.fill("Title", "Programmer");
    desk.button("Save");
    desk.notice("user was saved");
    assert_eq!(desk.user("ada@example.com")["riskProfile"]["title"], "Programmer");
    desk.section("Okta");
    desk.browser.click("//a[normalize-space()='Profile of Ada Lovelace']");
    desk.dialog("Profile of Ada Lovelace");
    desk.fill("Title", "Lady");
    desk.button("Save profile");
    desk.notice("Change the profile of Ada Lovelace: done");
    assert_eq!(desk.user("ada@example.com")["riskProfile"]["title"], "Lady");
    // Grace is on legal hold; she and the test user are deactivated in Okta.
    desk.section("Legal Hold");
    desk.link("Create matter");
    desk.dialog("Create matter");
    desk.fill("Name", "Case");
    desk.button("Create matter");
    desk.heading("Case");
    desk.fill("User name", "grace@example.com");
    desk.button("Add custodian");
    desk.notice("on legal hold");
    desk.section("Okta");
    for person in ["Test User", "Grace Hopper"] {
        desk.in_row(person, "Deactivate");
        desk.notice(&format!("Deactivate {person}: done"));
    }
    assert_eq!(desk.user("test.user@example.com")["state"], "PENDING_DEACTIVATION");
    desk.section("Clock and faults");
    desk.button("Advance the delay of Okta (30 min)");
    desk.notice("00:30:00");
    let test = desk.user("test.user@example.com");
    assert_eq!((&test["state"], &test["archive"]), (&json!("DEACTIVATED"), &json!("COLD")));
    let grace = desk.user("grace@example.com");
    assert_eq!(
        (&grace["state"], &grace["blocked"], &grace["archive"]),
        (&json!("HELD"), &json!(true), &json!("HOT"))
    );
    desk.section("Legal Hold");
    desk.link("Case");
    desk.button("Release grace@example.com");
    desk.notice("was released");
    assert_eq!(desk.user("grace@example.com")["state"], "DEACTIVATED");
    // All that is what the scenario of the walk-through leads to, as it was reviewed.
    let snapshot = std::fs::read_to_string("snapshots/guide/walkthrough@end.snap").unwrap();
    let reviewed: Value = serde_saphyr::from_str(snapshot.splitn(3, "---\n").nth(2).unwrap()).unwrap();
    assert_eq!(
        serde_json::to_string_pretty(&comparable(&desk.api("/state"))).unwrap(),
        serde_json::to_string_pretty(&comparable(&reviewed["console"])).unwrap()
    );
    // The sync log tells it, filtered and refreshed.
    desk.browser.click("//nav[@aria-label='Administration']//a[normalize-space()='Identity Management']");
    desk.link("Sync Log");
    desk.choose("Event", "User deactivated");
    desk.button("Refresh table");
    desk.browser.element("//td[contains(., 'Cause: legal hold released')]");
    desk.browser.element("//td[contains(., 'Cause: delay elapsed')]");
    assert!(!desk.browser.there_is("//td[contains(., 'User created')]"));
}

#[test]
fn the_trouble_cases_are_seen_and_mended_by_clicking() {
    let Some(desk) = desk() else { return };
    desk.walk_to_the_mapping();
    desk.in_row("John Doe", "Assign");
    desk.notice("Assign John Doe: done");
    // Case 1: what is changed on this side goes nowhere, is in no sync log, and no Force Sync mends it.
    let title = || desk.user("ada@example.com")["riskProfile"]["title"].clone();
    assert_eq!(title(), "Countess");
    let updates = || {
        desk.browser.click("//nav[@aria-label='Administration']//a[normalize-space()='Identity Management']");
        desk.link("Sync Log");
        desk.choose("Event", "User updated");
        desk.button("Refresh table");
        desk.heading("Sync Log");
        let count = "return [...document.querySelectorAll('main tbody tr')].filter(row => row.textContent.includes('ada@example.com')).length";
        desk.browser.script(count, &json!([])).as_u64().unwrap()
    };
    assert_eq!(updates(), 0);
    desk.section("Users");
    desk.link("ada@example.com");
    desk.link("Edit");
    desk.dialog("Edit user");
    desk.fill("Title", "Programmer");
    desk.button("Save");
    desk.notice("user was saved");
    assert_eq!(title(), "Programmer");
    assert_eq!(updates(), 0);
    desk.section("Okta");
    desk.button("Force Sync");
    desk.notice("Force Sync: nothing was sent");
    assert_eq!(title(), "Programmer");
    // Okta still has its own value, and any change there brings the two together again.
    desk.browser.click("//a[normalize-space()='Profile of Ada Lovelace']");
    desk.dialog("Profile of Ada Lovelace");
    assert_eq!(desk.browser.value(&desk.field("Title")), "Countess");
    desk.fill("Department", "Analysis");
    desk.button("Save profile");
    desk.notice("Change the profile of Ada Lovelace: done");
    assert_eq!(title(), "Countess");
    assert_eq!(desk.user("ada@example.com")["riskProfile"]["department"], "Analysis");
    assert_eq!(updates(), 1);
    desk.section("Okta");
    // Case 3: the title in the wrong namespace is a server error.
    let namespace = "//input[@name='title.namespace']";
    let core = desk.browser.value(namespace);
    desk.browser.fill(namespace, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User");
    desk.button("Save mappings");
    desk.notice("nothing was sent");
    desk.button("Force Sync");
    desk.notice("Automatic profile push of user");
    desk.browser.element("//*[contains(., 'Automatic profile push of user John Doe to app Code42 failed')]");
    desk.section("Traffic");
    desk.browser
        .element("//article[contains(., '500 Internal Server Error')][contains(., 'Request rejected')]");
    // Case 2: without a namespace it is not sent at all.
    desk.section("Okta");
    desk.browser.fill(namespace, "");
    desk.button("Save mappings");
    desk.button("Force Sync");
    desk.notice("Force Sync: ");
    // Both are mended by the right namespace and Force Sync.
    desk.browser.fill(namespace, &core);
    desk.button("Save mappings");
    desk.button("Force Sync");
    desk.notice("Force Sync: ");
    assert_eq!(desk.user("john.doe@example.com")["riskProfile"]["title"], "Clerk");
}

#[test]
fn without_a_mouse_dialogs_open_and_close_and_keep_the_focus() {
    let Some(desk) = desk() else { return };
    desk.browser.press("\u{e004}");
    assert_eq!(
        desk.browser.script("return document.activeElement.textContent", &json!([])),
        "Skip to content"
    );
    desk.section("Organizations");
    desk.browser.script("document.querySelector('main a[data-dialog]').focus()", &json!([]));
    desk.browser.press("\u{e007}");
    desk.dialog("Add organization");
    assert_eq!(desk.browser.script("return document.activeElement.name", &json!([])), "orgName");
    desk.browser.press("\u{e00c}");
    let began = std::time::Instant::now();
    while desk.browser.there_is("//dialog") {
        assert!(began.elapsed().as_secs() < 5, "the dialog stays");
    }
    assert_eq!(
        desk.browser.script("return document.activeElement.textContent", &json!([])),
        "Add organization"
    );
}

/// The text of axe-core, fetched once; none where it cannot be had.
fn axe() -> Option<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("axe-core-4.10.3");
    let script = folder.join("package/axe.min.js");
    if !script.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        let run = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).current_dir(&folder);
            command.output().is_ok_and(|output| output.status.success())
        };
        if !run("npm", &["pack", "axe-core@4.10.3"]) || !run("tar", &["xzf", "axe-core-4.10.3.tgz"]) {
            return None;
        }
    }
    std::fs::read_to_string(script).ok()
}

/// What axe finds on the page that matters, in words.
fn findings(desk: &Desk, axe: &str) -> Vec<String> {
    desk.browser.script(axe, &json!([]));
    let found = desk.browser.promise(
        "const done = arguments[arguments.length - 1]; axe.run(document, { resultTypes: ['violations'] }).then(found => done(found.violations), error => done(String(error)));",
    );
    let violations = found.as_array().unwrap_or_else(|| panic!("{found}"));
    violations
        .iter()
        .filter(|violation| ["serious", "critical"].iter().any(|impact| violation["impact"] == *impact))
        .map(|violation| {
            format!("{}: {} {}", violation["id"], violation["help"], violation["nodes"][0]["html"])
        })
        .collect()
}

#[test]
fn every_page_is_usable_by_everybody_in_both_schemes_and_at_any_width() {
    let Some(desk) = desk() else { return };
    desk.walk_to_the_mapping();
    desk.section("Legal Hold");
    desk.link("Create matter");
    desk.dialog("Create matter");
    desk.fill("Name", "Case");
    desk.button("Create matter");
    desk.heading("Case");
    desk.fill("User name", "ada@example.com");
    desk.button("Add custodian");
    desk.notice("on legal hold");
    desk.section("Watchlists");
    desk.link("Create watchlist");
    desk.dialog("Create watchlist");
    desk.button("Create watchlist");
    desk.heading("Contract employee");
    desk.provider();
    desk.named("Add organization mapping of SCIM groups");
    desk.dialog("Add Mapping");
    desk.tick("UK");
    desk.choose("Select a Code42 organization", "United Kingdom");
    desk.button("Save");
    desk.notice("mapping was added");
    desk.named("Add role mapping");
    desk.dialog("Add Role Mapping");
    desk.choose("SCIM group", "UK");
    desk.tick("Agent User");
    desk.button("Add");
    desk.notice("role mapping was added");
    desk.section("Okta");
    desk.in_row("Test User", "Deactivate");
    desk.notice("Deactivate Test User: done");
    let state = desk.api("/state");
    let id = |list: &str, key: &str| state[list][0][key].as_str().unwrap().to_owned();
    let provider =
        format!("/administration/identity-management/provisioning/{}", id("providers", "providerId"));
    let test = state["users"]
        .as_array()
        .unwrap()
        .iter()
        .find(|user| user["username"] == "test.user@example.com")
        .unwrap();
    let pages: Vec<(&str, String)> = vec![
        ("provisioning", "/administration/identity-management/provisioning".into()),
        ("add-provider", "/administration/identity-management/provisioning/add".into()),
        ("provider", provider.clone()),
        ("org-mapping", format!("{provider}/org-mapping")),
        ("role-rule", format!("{provider}/role-rules/add")),
        ("apply", format!("{provider}/apply")),
        ("sync-log", "/administration/identity-management/sync-log".into()),
        ("users", "/administration/users".into()),
        ("user", format!("/administration/users/{}", test["userId"].as_str().unwrap())),
        ("organizations", "/administration/organizations".into()),
        ("organization", format!("/administration/organizations/{}", id("organizations", "orgId"))),
        ("settings", format!("/administration/organizations/{}/settings", id("organizations", "orgId"))),
        ("groups", "/administration/groups".into()),
        ("group", format!("/administration/groups/{}", id("groups", "groupId"))),
        ("legal-hold", "/administration/legal-hold".into()),
        ("matter", format!("/administration/legal-hold/{}", id("matters", "matterId"))),
        ("watchlist", format!("/administration/watchlists/{}", id("watchlists", "watchlistId"))),
        ("audit-log", "/administration/audit-log".into()),
        ("okta", "/developer/okta".into()),
        ("traffic", "/developer/traffic".into()),
        ("service", "/developer/service".into()),
        ("not-found", "/administration/nowhere".into()),
    ];
    let pictures = std::env::var_os("SCIMULATE_PICTURES").map(PathBuf::from);
    let axe = axe();
    if axe.is_none() {
        println!("axe-core could not be fetched with npm: nothing but the widths is looked at");
    }
    let mut wrong = Vec::new();
    for (scheme, width) in [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)] {
        desk.browser.colours(scheme);
        desk.browser.size(width, 900);
        for (name, path) in &pages {
            desk.go(path);
            let wide = desk.browser.script("return document.documentElement.scrollWidth", &json!([]));
            if wide.as_u64().unwrap() > u64::from(width) {
                wrong.push(format!("{name} at {width}: {wide} wide"));
            }
            if let Some(axe) = &axe {
                wrong.extend(
                    findings(&desk, axe).iter().map(|found| format!("{name}, {scheme}, {width}: {found}")),
                );
            }
            if let Some(folder) = &pictures {
                let high = desk.browser.script("return document.documentElement.scrollHeight", &json!([]));
                desk.browser.size(width, u32::try_from(high.as_u64().unwrap()).unwrap().clamp(700, 3_000));
                desk.browser.picture(&folder.join(format!("{name}-{scheme}-{width}.png")));
                desk.browser.size(width, 900);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
