//! The served reference under load through real sockets: 16 connections, 10,000 users. Prints rates, the 99th
//! percentile and each rate as a part of that of GET by id. Asserts nothing about time.
//!
//! Run with `cargo bench --bench socket`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and prints its result"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 16;
const PEOPLE: usize = 10_000;
const TIME: Duration = Duration::from_secs(3);

struct Serving {
    child: Child,
    address: String,
    authorization: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(people: usize) -> Serving {
    let mut child = Command::new(env!("CARGO_BIN_EXE_scimulate"))
        .args(["serve", "--port", "0", "--quiet", "--people", &people.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let shown: Vec<String> = lines.map(Result::unwrap).take(4).collect();
    let value = |at: usize| shown[at].split_once(": ").unwrap().1.to_owned();
    let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", value(2), value(3)));
    Serving {
        child,
        address: value(1).split('/').nth(2).unwrap().to_owned(),
        authorization: format!("Basic {credentials}"),
    }
}

impl Serving {
    fn request(&self, path: &str) -> Vec<u8> {
        format!(
            "GET /scim/v2{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nAccept: application/scim+json\r\n\r\n",
            self.address, self.authorization
        )
        .into_bytes()
    }

    /// Resident memory in KiB.
    fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    }
}

/// Sends a request on an open connection and reads the whole answer; gives where its body begins.
async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) -> usize {
    stream.write_all(request).await.unwrap();
    buffer.clear();
    let (mut expected, mut body) = (usize::MAX, 0);
    while buffer.len() < expected {
        assert!(stream.read_buf(buffer).await.unwrap() > 0, "the server hung up");
        if expected == usize::MAX
            && let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
            assert!(head.starts_with("http/1.1 200"), "{head}");
            let length = head.split("content-length: ").nth(1).unwrap();
            body = end + 4;
            expected = body + length.lines().next().unwrap().parse::<usize>().unwrap();
        }
    }
    body
}

/// Requests a second, and the 99th percentile, over all connections.
async fn load(serving: &Serving, path: &str) -> (f64, Duration) {
    let request = serving.request(path);
    let began = Instant::now();
    let one = move |request: Vec<u8>, address: String| async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (mut buffer, mut times) = (Vec::new(), Vec::new());
        while began.elapsed() < TIME {
            let sent = Instant::now();
            exchange(&mut stream, &request, &mut buffer).await;
            times.push(sent.elapsed());
        }
        times
    };
    let tasks: Vec<_> =
        (0..CONNECTIONS).map(|_| tokio::spawn(one(request.clone(), serving.address.clone()))).collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    times.sort_unstable();
    (times.len() as f64 / began.elapsed().as_secs_f64(), times[times.len() * 99 / 100])
}

async fn measure() {
    let began = Instant::now();
    let empty = serve(0);
    let mut stream = TcpStream::connect(&empty.address).await.unwrap();
    exchange(&mut stream, &empty.request("/Users"), &mut Vec::new()).await;
    println!("first answer {:.1} ms after the program was started", began.elapsed().as_secs_f64() * 1e3);
    drop(empty);

    let serving = serve(PEOPLE);
    println!("{:.1} MB resident with {PEOPLE} users", serving.resident() as f64 / 1024.0);
    let mut stream = TcpStream::connect(&serving.address).await.unwrap();
    let mut buffer = Vec::new();
    let page = format!("/Users?startIndex={}&count=1", PEOPLE / 2);
    let body = exchange(&mut stream, &serving.request(&page), &mut buffer).await;
    let found: serde_json::Value = serde_json::from_slice(&buffer[body..]).unwrap();
    let text = |name: &str| found["Resources"][0][name].as_str().unwrap().to_owned();
    let (id, name) = (text("id"), text("userName"));
    let requests = [
        ("GET by id", format!("/Users/{id}")),
        ("userName eq, hit", format!("/Users?filter=userName%20eq%20%22{name}%22&startIndex=1&count=100")),
        ("userName eq, miss", "/Users?filter=userName%20eq%20%22nobody%40example.com%22".to_owned()),
        ("page of 100, middle", format!("/Users?startIndex={}&count=100", PEOPLE / 2)),
    ];
    println!("{:20} {:>12} {:>10} {:>14}", "", "requests/s", "p99", "/ GET by id");
    let mut base = None;
    for (what, path) in requests {
        let (rate, late) = load(&serving, &path).await;
        let base = *base.get_or_insert(rate);
        println!("{what:20} {rate:>12.0} {:>7.2} ms {:>14.2}", late.as_secs_f64() * 1e3, rate / base);
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(measure());
}
