//! A Secret Manager, metadata server and bucket on loopback: as much of their REST as the crate calls, and their moods.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// How the services answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As they should.
    Good,
    /// Always with this status.
    Status(u16),
    /// With this status twice, then as they should.
    Twice(u16),
    /// Not at all.
    Hang,
    /// Values are stored, but the answer to that is status 500 once.
    StoredAnd500,
}

#[derive(Default)]
struct State {
    mood: Option<Mood>,
    bad: u32,
    added: usize,
    versions: BTreeMap<String, Vec<String>>,
    missing: Vec<String>,
    object: String,
    objects: BTreeMap<String, (u64, String)>,
    storage: Option<u16>,
}

/// The services.
pub struct Google {
    /// Their address.
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Google {
    /// Starts them; every secret exists and is empty.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { url, state }
    }

    /// Sets how they answer.
    pub fn mood(&self, mood: Mood) {
        let mut state = self.state.lock().unwrap();
        state.mood = Some(mood);
        state.bad = 0;
    }

    /// Removes the container of a secret.
    pub fn remove(&self, secret: &str) {
        self.state.lock().unwrap().missing.push(secret.to_owned());
    }

    /// Forgets every value.
    pub fn clear(&self) {
        self.state.lock().unwrap().versions.clear();
    }

    /// Sets the object that every bucket holds.
    pub fn object(&self, text: &str) {
        text.clone_into(&mut self.state.lock().unwrap().object);
    }

    /// Puts an object, by its name, into every bucket; each time it gets a new generation.
    pub fn put(&self, name: &str, text: &str) {
        let mut state = self.state.lock().unwrap();
        let generation = 1 + state.objects.values().map(|(generation, _)| *generation).max().unwrap_or(100);
        state.objects.insert(name.to_owned(), (generation, text.to_owned()));
    }

    /// Sets the status with which buckets answer; none for as they should.
    pub fn storage(&self, status: Option<u16>) {
        self.state.lock().unwrap().storage = status;
    }

    /// Stores the first version of a secret: a login as the job makes it.
    pub fn login(&self, secret: &str, user: &str, generation: u32, password: &str) {
        let document = json!({"version": 1, "user": user, "generation": generation, "password": password});
        let data = STANDARD.encode(document.to_string());
        self.state.lock().unwrap().versions.insert(secret.to_owned(), vec![data]);
    }

    /// Destroys a secret's versions.
    pub fn destroy(&self, secret: &str) {
        self.state.lock().unwrap().versions.remove(secret);
    }

    /// How many versions were ever stored.
    pub fn added(&self) -> usize {
        self.state.lock().unwrap().added
    }

    /// The document of a secret's version 1.
    pub fn document(&self, secret: &str) -> Option<Value> {
        let state = self.state.lock().unwrap();
        let first = state.versions.get(secret)?.first()?;
        serde_json::from_slice(&STANDARD.decode(first).unwrap()).ok()
    }

    /// The password of a secret's version 1.
    pub fn password(&self, secret: &str) -> String {
        self.document(secret).unwrap_or_else(|| panic!("no {secret}"))["password"].as_str().unwrap().to_owned()
    }

    /// Every password and salt that is stored.
    pub fn values(&self) -> Vec<String> {
        let names: Vec<String> = self.state.lock().unwrap().versions.keys().cloned().collect();
        let documents = names.iter().filter_map(|name| self.document(name));
        documents
            .flat_map(|document| {
                let salts = document["salts"].as_object().cloned().unwrap_or_default();
                let salts = salts.values().filter_map(|value| value.as_str().map(str::to_owned)).collect::<Vec<_>>();
                salts.into_iter().chain([document["password"].as_str().unwrap().to_owned()])
            })
            .collect()
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).is_err() || line.is_empty() {
        return;
    }
    let (mut length, mut bearer) = (0, false);
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).unwrap_or(0) == 0 || header.trim().is_empty() {
            break;
        }
        let lower = header.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        bearer |= lower.starts_with("authorization: bearer test-token");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let path = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let (status, text) = answer(&path, &body, bearer, state);
    if status == 0 {
        thread::sleep(Duration::from_secs(10));
        return;
    }
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", text.len());
    let _ = stream.write_all(format!("{head}{text}").as_bytes());
}

/// Status 0 is no answer.
fn answer(path: &str, body: &[u8], bearer: bool, state: &Mutex<State>) -> (u16, String) {
    let mut state = state.lock().unwrap();
    if path.starts_with("/computeMetadata/") {
        return (200, json!({"access_token": "test-token", "expires_in": 3600, "token_type": "Bearer"}).to_string());
    }
    if !bearer {
        return (401, String::new());
    }
    if path.starts_with("/storage/") {
        return match state.storage {
            Some(status) => (status, String::new()),
            None => object(path, &state),
        };
    }
    match state.mood.unwrap_or(Mood::Good) {
        Mood::Status(status) => return (status, String::new()),
        Mood::Twice(status) if state.bad < 2 => {
            state.bad += 1;
            return (status, String::new());
        }
        Mood::Hang => return (0, String::new()),
        Mood::Good | Mood::Twice(_) | Mood::StoredAnd500 => {}
    }
    let Some(rest) = path.strip_prefix("/v1/projects/test-project/secrets/") else { return (404, String::new()) };
    if let Some(secret) = rest.strip_suffix("/versions/1:access") {
        return match state.versions.get(secret).and_then(|versions| versions.first()) {
            Some(data) => (200, json!({"name": "x", "payload": {"data": data}}).to_string()),
            None => (404, String::new()),
        };
    }
    let Some(secret) = rest.strip_suffix(":addVersion") else { return (404, String::new()) };
    if state.missing.iter().any(|missing| missing == secret) {
        return (404, String::new());
    }
    let sent: Value = serde_json::from_slice(body).unwrap();
    let data = sent["payload"]["data"].as_str().unwrap().to_owned();
    let versions = state.versions.entry(secret.to_owned()).or_default();
    versions.push(data);
    let number = versions.len();
    state.added += 1;
    if state.mood == Some(Mood::StoredAnd500) && state.bad == 0 {
        state.bad += 1;
        return (500, String::new());
    }
    (200, json!({"name": format!("projects/1/secrets/{secret}/versions/{number}")}).to_string())
}

/// An object by its name: its generation, or its text in exactly that generation.
fn object(path: &str, state: &State) -> (u16, String) {
    let name = path.rsplit('/').next().unwrap_or_default();
    let (name, query) = name.split_once('?').unwrap_or((name, ""));
    let Some((generation, text)) = state.objects.get(&name.replace("%2F", "/")) else {
        return if state.object.is_empty() { (404, String::new()) } else { (200, state.object.clone()) };
    };
    if query.starts_with("fields=generation") {
        return (200, json!({"generation": generation.to_string()}).to_string());
    }
    let asked = query.split('&').find_map(|part| part.strip_prefix("generation="));
    let is_same = asked.is_none_or(|asked| asked == generation.to_string());
    if is_same { (200, text.clone()) } else { (404, String::new()) }
}
