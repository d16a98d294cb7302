//! Chromium without a window, through the WebDriver protocol: as much of it as the tests of the pages need.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use super::until;

/// How an element's identifier is named in an answer (W3C WebDriver §11).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub(crate) struct Chromium {
    driver: Child,
    session: String,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let ended = self.client.delete(&self.session).send();
        let _ = self.runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), ended).await });
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Chromium {
    /// A browser, or none when the machine has no driver for one.
    pub(crate) fn start() -> Option<Self> {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.by_ref().map(Result::unwrap).find_map(|line| {
            let rest = line.split("successfully on port ").nth(1)?.trim_end_matches('.').to_owned();
            rest.parse::<u16>().ok()
        });
        // Whoever reads no more of it would stop it one day.
        std::thread::spawn(move || lines.for_each(drop));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut chromium = Self {
            driver,
            session: format!("http://127.0.0.1:{}/session", port.expect("the driver says its port")),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            runtime,
        };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--force-device-scale-factor=1",
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "unhandledPromptBehavior": "accept",
            // A busy machine takes its time over a long page.
            "timeouts": { "script": 300_000 },
        } } });
        let made = chromium.call("POST", "", &wanted);
        chromium.session = format!("{}/{}", chromium.session, made["sessionId"].as_str().unwrap());
        Some(chromium)
    }

    fn try_call(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        let url = format!("{}{path}", self.session);
        let request = match method {
            "GET" => self.client.get(url),
            _ => self.client.post(url).header("Content-Type", "application/json").body(body.to_string()),
        };
        let (status, text) = self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            (answer.status(), answer.text().await.unwrap())
        });
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        let value = answer["value"].take();
        if status.is_success() { Ok(value) } else { Err(value) }
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_call(method, path, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {}", error["message"]))
    }

    pub(crate) fn open(&self, url: &str) {
        self.call("POST", "/url", &json!({ "url": url }));
    }

    pub(crate) fn script(&self, script: &str, arguments: &Value) -> Value {
        self.call("POST", "/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    pub(crate) fn promise(&self, script: &str) -> Value {
        self.call("POST", "/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// The first element that is seen and fits an XPath, as soon as there is one.
    pub(crate) fn element(&self, xpath: &str) -> String {
        let seen = |id: &String| {
            self.try_call("GET", &format!("/element/{id}/displayed"), &Value::Null) == Ok(json!(true))
        };
        until(
            || {
                let found = self.call("POST", "/elements", &json!({ "using": "xpath", "value": xpath }));
                let elements = found.as_array().unwrap().iter();
                elements.map(|element| element[ELEMENT].as_str().unwrap().to_owned()).find(seen)
            },
            || format!("nothing fits {xpath} on:\n{}", self.text("//body")),
        )
    }

    pub(crate) fn there_is(&self, xpath: &str) -> bool {
        let found = self.call("POST", "/elements", &json!({ "using": "xpath", "value": xpath }));
        !found.as_array().unwrap().is_empty()
    }

    /// What people read there.
    pub(crate) fn text(&self, xpath: &str) -> String {
        let found = self.call("POST", "/element", &json!({ "using": "xpath", "value": xpath }));
        let id = found[ELEMENT].as_str().unwrap();
        self.call("GET", &format!("/element/{id}/text"), &Value::Null).as_str().unwrap().to_owned()
    }

    pub(crate) fn value(&self, xpath: &str) -> String {
        let id = self.element(xpath);
        self.call("GET", &format!("/element/{id}/property/value"), &Value::Null).as_str().unwrap().to_owned()
    }

    pub(crate) fn click(&self, xpath: &str) {
        // A page may be replaced between finding and clicking.
        let click = || {
            let id = self.element(xpath);
            self.try_call("POST", &format!("/element/{id}/click"), &json!({}))
        };
        until(|| click().ok(), || format!("{xpath}: {}", click().unwrap_err()["message"]));
    }

    /// Types into a field, in place of what it holds.
    pub(crate) fn fill(&self, xpath: &str, text: &str) {
        let id = self.element(xpath);
        self.call("POST", &format!("/element/{id}/clear"), &json!({}));
        self.call("POST", &format!("/element/{id}/value"), &json!({ "text": text }));
    }

    /// Presses keys, wherever the focus is.
    pub(crate) fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]
            })
            .collect();
        let sources = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.call("POST", "/actions", &sources);
    }

    /// Drags one element onto another with the mouse.
    pub(crate) fn drag(&self, from: &str, to: &str) {
        let (from, to) = (self.element(from), self.element(to));
        let origin = |id: &str| json!({ ELEMENT: id });
        let to_element = |id: &str, y: i64| json!({ "type": "pointerMove", "duration": 200, "origin": origin(id), "x": 0, "y": y });
        let sources = json!({ "actions": [{ "type": "pointer", "id": "mouse", "actions": [
            to_element(&from, 0),
            { "type": "pointerDown", "button": 0 },
            to_element(&to, 4),
            to_element(&to, 0),
            { "type": "pointerUp", "button": 0 },
        ] }] });
        self.call("POST", "/actions", &sources);
    }

    /// Makes the page as wide, and as high as its content for a picture.
    pub(crate) fn size(&self, width: u32, height: u32) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.cdp("Emulation.setDeviceMetricsOverride", &metrics);
    }

    pub(crate) fn colours(&self, scheme: &str) {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.cdp("Emulation.setEmulatedMedia", &media);
    }

    fn cdp(&self, command: &str, parameters: &Value) {
        self.call("POST", "/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }));
    }

    pub(crate) fn picture(&self, path: &std::path::Path) {
        let picture = self.call("GET", "/screenshot", &Value::Null);
        let bytes = base64::engine::general_purpose::STANDARD.decode(picture.as_str().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}
