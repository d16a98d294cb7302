//! `scimulate record` as it runs, and raw requests to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::program::program;
use super::until;

/// `scimulate serve --preset rfc` as it runs, which ends with the test.
pub(crate) struct Served {
    child: Child,
    pub(crate) base_url: String,
    pub(crate) username: String,
    pub(crate) password: String,
}

impl Served {
    pub(crate) fn start(more: &[&str]) -> Self {
        let mut child = program()
            .args(["serve", "--port", "0", "--quiet", "--preset", "rfc"])
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut next = |prefix: &str| {
            lines.find_map(|line| line.trim().strip_prefix(prefix).map(str::to_owned)).unwrap()
        };
        let (base_url, username, password) = (next("base URL: "), next("username: "), next("password: "));
        Self { child, base_url, username, password }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A recording proxy that runs, with what it prints.
pub(crate) struct Recorder {
    child: Child,
    lines: Receiver<String>,
    pub(crate) base_url: String,
    pub(crate) file: PathBuf,
    _folder: TempDir,
}

impl Recorder {
    pub(crate) fn start(upstream: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("capture.har");
        let mut child = program()
            .args(["record", "--listen", "127.0.0.1:0", "--upstream", upstream, "--output"])
            .arg(&file)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)))
        });
        let mut recorder = Self { child, lines, base_url: String::new(), file, _folder: folder };
        loop {
            let line = recorder.lines.recv_timeout(Duration::from_secs(30)).unwrap();
            if let Some(url) = line.strip_prefix("  base URL: ") {
                recorder.base_url = url.to_owned();
                return recorder;
            }
        }
    }

    /// The capture as it is now; it has to be whole at any time. Reading takes more than one look, and an
    /// exchange that is written between two of them gives a text that the file never had: read again then.
    pub(crate) fn entries(&self) -> Vec<Value> {
        let read = || serde_json::from_str::<Value>(&std::fs::read_to_string(&self.file).unwrap());
        let har = read().or_else(|_| read()).or_else(|_| read()).unwrap();
        har["log"]["entries"].as_array().unwrap().clone()
    }

    /// The capture once it has so many entries.
    pub(crate) fn entries_when(&self, count: usize) -> Vec<Value> {
        until(
            || Some(self.entries()).filter(|entries| entries.len() >= count),
            || format!("there are never {count} entries: {:#?}", self.entries()),
        )
    }

    pub(crate) fn stop(&mut self) -> String {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(status.code(), Some(0), "{err}");
        self.lines.iter().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One raw request over a connection of its own; everything that comes back.
pub(crate) fn raw(base_url: &str, request: &str) -> String {
    let address = base_url.split("://").nth(1).unwrap().split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) fn get(base_url: &str, path: &str) -> String {
    raw(base_url, &format!("GET {path} HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n"))
}
