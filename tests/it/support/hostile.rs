//! A server that answers with whatever bytes a test wants, for as long as the client reads, and tells what it was asked.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What answers one request: gets its method and its path with the query, and writes what it likes.
pub(crate) type Answers = dyn Fn(&str, &str, &mut TcpStream) -> std::io::Result<()> + Send + Sync;

pub(crate) struct Hostile {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Hostile {
    pub(crate) fn start(
        answers: impl Fn(&str, &str, &mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (log, answers) = (Arc::clone(&asked), Arc::new(answers));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, answers) = (Arc::clone(&log), Arc::clone(&answers));
                std::thread::spawn(move || converse(stream, &log, &*answers));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/scim", self.address)
    }

    /// `GET /scim/Users`: every request that came.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// One connection, until either side has had enough.
fn converse(mut stream: TcpStream, log: &Mutex<Vec<String>>, answers: &Answers) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let mut came = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = came.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            more(&mut stream, &mut came)?;
        };
        let head = String::from_utf8_lossy(&came[..end]).into_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let whole = end + length.unwrap_or(0);
        while came.len() < whole {
            more(&mut stream, &mut came)?;
        }
        came.drain(..whole);
        let mut words = head.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        log.lock().unwrap().push(format!("{method} {target}"));
        answers(method, target, &mut stream).ok()?;
    }
}

fn more(stream: &mut TcpStream, came: &mut Vec<u8>) -> Option<()> {
    let mut piece = [0; 4096];
    let length = stream.read(&mut piece).ok().filter(|length| *length > 0)?;
    came.extend_from_slice(&piece[..length]);
    Some(())
}

/// Writes an answer with these header fields and this body.
pub(crate) fn answer(stream: &mut TcpStream, status: &str, fields: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/scim+json\r\n{fields}Content-Length: {length}\r\n\r\n"
    )?;
    stream.write_all(body)
}

/// Writes the same piece until the client has had enough.
pub(crate) fn endless(stream: &mut TcpStream, head: &str, piece: &[u8]) -> std::io::Result<()> {
    stream.write_all(head.as_bytes())?;
    loop {
        stream.write_all(piece)?;
    }
}
