//! A headless Chromium behind WebDriver: one program, one page, nothing of the user's profile.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A browser of its own; it ends with the value.
pub struct Browser {
    driver: Child,
    session: String,
    agent: ureq::Agent,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a driver on a free port of the loopback address, and a browser with an empty profile.
    pub fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver (Debian: chromium-driver) is needed; `cargo verify` installs it");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next().expect("chromedriver says its port").unwrap();
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(180)))
            .build()
            .into();
        let mut browser =
            Self { driver, session: format!("http://127.0.0.1:{port}/session"), agent, _profile: profile };
        let arguments = json!([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            format!("--user-data-dir={}", browser._profile.path().display()),
        ]);
        let options = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let started = browser.call("", &options);
        let id = started["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {started}")).to_owned();
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    fn call(&self, path: &str, body: &Value) -> Value {
        let address = format!("{}{path}", self.session);
        let mut answer = self.agent.post(&address).content_type("application/json").send(body.to_string()).unwrap();
        let text = answer.body_mut().with_config().limit(64 << 20).read_to_string().unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert!(answer["value"]["error"].is_null(), "{path}: {}", answer["value"]["message"]);
        answer["value"].clone()
    }

    /// A command of the DevTools protocol.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.call("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// Sets the size of the page and whether the reader likes it dark.
    pub fn look(&self, width: u32, dark: bool) {
        let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
        let scheme = if dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &features);
    }

    /// Opens a file.
    pub fn open(&self, file: &Path) {
        self.call("/url", &json!({"url": format!("file://{}", file.display())}));
    }

    /// Runs the body of a function in the page.
    pub fn run(&self, script: &str) -> Value {
        self.call("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Runs the body of a function that calls its last argument when it is done.
    pub fn wait(&self, script: &str) -> Value {
        self.call("/execute/async", &json!({"script": script, "args": []}))
    }

    /// What the console has said since the last look, above mere information.
    pub fn console(&self) -> Vec<String> {
        let lines = self.call("/se/log", &json!({"type": "browser"}));
        let is_loud = |line: &&Value| !matches!(line["level"].as_str(), Some("INFO" | "DEBUG"));
        lines.as_array().into_iter().flatten().filter(is_loud).map(|line| line["message"].to_string()).collect()
    }

    /// Saves a picture of a part of the page, from an element on.
    pub fn picture(&self, file: &Path, from: &str, height: u32) {
        use std::io::Write as _;
        let top = self.run(&format!("return document.querySelector('{from}').getBoundingClientRect().top + scrollY"));
        let clip = json!({"x": 0, "y": top, "width": self.run("return innerWidth"), "height": height, "scale": 1});
        let found = self.devtools("Page.captureScreenshot", &json!({"clip": clip, "captureBeyondViewport": true}));
        let bytes = base64(found["data"].as_str().unwrap());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::File::create(file).unwrap().write_all(&bytes).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn base64(text: &str) -> Vec<u8> {
    let digit =
        |byte: u8| b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".iter().position(|d| *d == byte);
    let mut bytes = Vec::new();
    let (mut bits, mut number) = (0_u32, 0_u32);
    for digit in text.bytes().filter_map(digit) {
        number = (number << 6) | u32::try_from(digit).unwrap();
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((number >> bits) & 0xff).unwrap());
        }
    }
    bytes
}
