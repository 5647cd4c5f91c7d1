//! Answers health checks and Prometheus over HTTP/1.1: small GETs, one per connection.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::problem::{ADDRESS, Problem, problem};
use crate::status::Shared;

/// Connections that are served at a time; more are closed at once.
const MOST: usize = 32;
/// How long a client may take to ask.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest request that is read.
const LONGEST: usize = 4096;

/// Starts to answer; returns the address.
///
/// `stale` is how old the last round may be.
///
/// # Errors
/// The address is taken or is none of this machine's.
pub fn serve(address: SocketAddr, ready: &str, shared: &Shared, stale: Duration) -> Result<SocketAddr, Problem> {
    let refused = |error: io::Error| {
        let title = format!("{address} cannot be listened on: {}", error.kind());
        problem(ADDRESS, title, "end the program that listens there, or choose another address.")
    };
    let listener = TcpListener::bind(address).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let (shared, ready) = (shared.clone(), ready.to_owned());
    let open = Arc::new(AtomicUsize::new(0));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if open.fetch_add(1, Ordering::SeqCst) >= MOST {
                open.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            let (shared, ready, open) = (shared.clone(), ready.clone(), Arc::clone(&open));
            thread::spawn(move || {
                let _ = answer(stream, &ready, &shared, stale);
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    Ok(address)
}

fn answer(mut stream: TcpStream, ready: &str, shared: &Shared, stale: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < LONGEST {
        match stream.read(&mut part)? {
            0 => break,
            size => request.extend_from_slice(part.get(..size).unwrap_or_default()),
        }
    }
    let text = String::from_utf8_lossy(&request);
    let mut words = text.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, body) = respond(method, path, ready, shared, stale);
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

fn respond(method: &str, path: &str, ready: &str, shared: &Shared, stale: Duration) -> (&'static str, String) {
    if method != "GET" {
        return ("405 Method Not Allowed", "only GET is answered here\n".to_owned());
    }
    let status = shared.lock().clone();
    let verdict = |bad: Option<String>| match bad {
        None => ("200 OK", "ok\n".to_owned()),
        Some(reason) => ("503 Service Unavailable", format!("{reason}\n")),
    };
    match path.split('?').next().unwrap_or_default() {
        "/healthz" => verdict(status.stuck(stale)),
        // That somebody answers, also after the process stood still for longer than a round may take.
        "/alivez" => verdict(None),
        "/startedz" if status.has_files => verdict(None),
        "/startedz" => {
            let why = status.reason.unwrap_or_default();
            verdict(Some(format!("the files of the pool are not written yet: {why}")))
        }
        "/metrics" => ("200 OK", status.metrics(stale)),
        path if path == ready => verdict(status.not_ready(stale)),
        _ => ("404 Not Found", format!("there are /alivez, /healthz, {ready}, /startedz and /metrics\n")),
    }
}
