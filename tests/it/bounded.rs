//! What a hostile service may cost: bytes, memory, time, and requests that it leads astray.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use rstest::rstest;
use scimulate::exchange::{Request, Response, Tcp, TcpOptions, Transport as _, TransportError};
use serde_json::{Value, json};

use crate::support::hostile::{Hostile, answer, endless};
use crate::support::program::{Ended, program};

/// Four times what is taken of one answer.
const BOMB: usize = 64 << 20;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bare_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn asked(hostile: &Hostile, max_time: Duration) -> Result<Response, TransportError> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let tcp = Tcp::new(&TcpOptions { max_time, ..TcpOptions::default() }).unwrap();
    let url = format!("{}/Users", hostile.base_url());
    tcp.send(&Request { method: "GET".into(), url, headers: Vec::new(), body: None }).await
}

const LONG: Duration = Duration::from_secs(60);
const HEAD: &str = "HTTP/1.1 200 OK\r\n";

fn coded(coding: &str, body: &[u8]) -> impl Fn(&mut TcpStream) -> std::io::Result<()> + use<> {
    let (fields, body) = (format!("Content-Encoding: {coding}\r\n"), body.to_vec());
    move |stream| answer(stream, "200 OK", &fields, &body)
}

fn plain(body: String) -> impl Fn(&mut TcpStream) -> std::io::Result<()> {
    move |stream| answer(stream, "200 OK", "", body.as_bytes())
}

#[rstest]
#[case::gzip(coded("gzip", &gzip(&vec![b' '; BOMB])), "larger than 16 MiB")]
#[case::gzip_in_pieces(coded("x-gzip", &gzip(&vec![b' '; 1 << 20]).repeat(64)), "larger than 16 MiB")]
#[case::zlib(coded("deflate", &zlib(&vec![b' '; BOMB])), "larger than 16 MiB")]
#[case::bare_deflate(coded("deflate", &bare_deflate(&vec![b' '; BOMB])), "larger than 16 MiB")]
#[case::no_coding_that_is_undone(coded("zstd", &vec![b' '; BOMB]), "larger than 16 MiB")]
#[case::no_end(|stream: &mut TcpStream| endless(stream, &format!("{HEAD}\r\n"), &[b' '; 4096]), "larger than 16 MiB")]
#[case::no_end_of_chunks(|stream: &mut TcpStream| endless(stream, &format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n"), format!("1000\r\n{}\r\n", " ".repeat(4096)).as_bytes()), "larger than 16 MiB")]
#[case::a_length_that_none_has(|stream: &mut TcpStream| endless(stream, &format!("{HEAD}Content-Length: 9999999999999\r\n\r\n"), &[b' '; 4096]), "larger than 16 MiB")]
#[case::no_end_of_the_head(|stream: &mut TcpStream| endless(stream, &format!("{HEAD}X: "), &[b'x'; 4096]), "head is larger than 256 KiB")]
#[case::many_fields(|stream: &mut TcpStream| endless(stream, HEAD, b"X: y\r\n"), "256 fields")]
#[case::depth(plain("[".repeat(10_000)), "deeper than 127 levels")]
#[case::depth_of_objects(plain("{\"a\":".repeat(10_000)), "deeper than 127 levels")]
#[case::values(plain(format!("[{}0]", "0,".repeat(5_000_000))), "more than 100000 values")]
#[case::values_in_a_bomb(coded("gzip", &gzip(format!("[{}0]", "{},".repeat(5_000_000)).as_bytes())), "more than 100000 values")]
#[tokio::test]
async fn an_answer_that_is_too_large_is_none(
    #[case] writes: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
    #[case] says: &str,
) {
    let hostile = Hostile::start(move |_, _, stream| writes(stream));
    let told = asked(&hostile, LONG).await.unwrap_err();
    assert!(
        matches!(&told, TransportError::TooLarge { authority, reason }
            if *authority == hostile.address.to_string() && reason.contains(says)),
        "{told}"
    );
}

/// A gzip body inside of one is undone once, as the header field says.
#[tokio::test]
async fn what_is_within_the_limits_is_taken() {
    let inner = gzip(&vec![b' '; BOMB]);
    let hostile = Hostile::start({
        let outer = gzip(&inner);
        move |_, _, stream| coded("gzip", &outer)(stream)
    });
    assert_eq!(asked(&hostile, LONG).await.unwrap().body, inner);
    let list = format!("[{}0]", "0,".repeat(99_000));
    let hostile = Hostile::start({
        let list = list.clone();
        move |_, _, stream| plain(list.clone())(stream)
    });
    assert_eq!(asked(&hostile, LONG).await.unwrap().body, list);
}

/// The limit of time is that of the whole exchange, however often something comes.
#[tokio::test]
async fn a_body_that_drips_ends_with_the_time() {
    let hostile = Hostile::start(|_, _, stream| {
        write!(stream, "{HEAD}Content-Length: 100000\r\n\r\n")?;
        loop {
            stream.write_all(b" ")?;
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let told = asked(&hostile, Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(told, TransportError::Timeout { seconds: 1, .. }), "{told}");
}

fn check(hostile: &Hostile, arguments: &[&str]) -> Ended {
    let mut command = program();
    command.args(["check", "--target", &hostile.base_url(), "-v"]).args(arguments);
    crate::support::program::end(&mut command)
}

fn empty_list(stream: &mut TcpStream) -> std::io::Result<()> {
    let list = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 0,
    });
    answer(stream, "200 OK", "", list.to_string().as_bytes())
}

/// A path that an id leads astray would reach another resource, or the collection and all that is in it.
#[rstest]
#[case::nothing("", "an empty id")]
#[case::this(".", "the id `.` leads to another path")]
#[case::above("..", "the id `..` leads to another path")]
#[case::url("http://127.0.0.1:1/Users/1", "is a URL")]
#[case::long(&"a".repeat(100_000), "longer than 1024 bytes, it has 100000")]
fn nothing_is_sent_to_an_id_that_is_none(#[case] id: &str, #[case] says: &str) {
    let id = id.to_owned();
    let hostile = Hostile::start(move |method, _, stream| match method {
        "POST" => answer(stream, "201 Created", "", json!({ "id": id }).to_string().as_bytes()),
        _ => empty_list(stream),
    });
    let ended = check(&hostile, &[]);
    assert_eq!(ended.code, 4, "{}", ended.text());
    assert!(ended.out.contains(says), "{}", ended.out);
    let (collections, asked) = (["/scim/Users", "/scim/Groups"], hostile.asked());
    let astray: Vec<&String> = asked
        .iter()
        .filter(|line| {
            let (method, target) = line.split_once(' ').unwrap();
            let path = target.split('?').next().unwrap();
            let writes = ["DELETE", "PUT", "PATCH"].contains(&method);
            writes && collections.contains(&path.trim_end_matches('/'))
                || path.contains("/.")
                || path.len() > 2000
        })
        .collect();
    assert!(astray.is_empty(), "{astray:?}");
}

#[test]
fn a_service_that_stops_answering_ends_the_check() {
    let hostile = Hostile::start(|_, target, stream| match target.split('?').next() {
        Some("/scim/Users") => empty_list(stream),
        // The client closes the connection when its time is over.
        _ => std::io::copy(stream, &mut std::io::sink()).map(drop),
    });
    let ended = check(&hostile, &["--max-time", "1", "--jobs", "1"]);
    assert_eq!(ended.code, 4, "{}", ended.text());
    assert!(
        ended.err.contains("the check ended early, since 3 requests in a row got no answer"),
        "{}",
        ended.err
    );
    assert!(ended.out.contains("3 requests in a row got no answer"), "{}", ended.out);
    assert!(ended.out.contains("blocked by response.answered"), "{}", ended.out);
    assert_eq!(hostile.asked().len(), 4, "{:?}", hostile.asked());
}

#[test]
fn a_service_that_asks_to_wait_too_long_is_given_up() {
    let hostile =
        Hostile::start(|_, _, stream| answer(stream, "429 Too Many Requests", "Retry-After: 3600\r\n", b""));
    let ended = check(&hostile, &["--max-wait", "60"]);
    assert_eq!(ended.code, 3, "{}", ended.text());
    let says =
        "the service asks to wait 3600 s, and of the 60 s that a run waits in all (--max-wait) 60 s are left";
    assert!(ended.err.contains(says), "{}", ended.err);
    assert_eq!(hostile.asked().len(), 1);
}

/// The most memory that the program took, in MiB, where the system tells.
fn peak(hostile: &Hostile, arguments: &[&str]) -> Option<u64> {
    let mut command = program();
    command.args(["check", "--target", &hostile.base_url(), "--jobs", "16"]).args(arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()).or(peak);
        std::thread::sleep(Duration::from_millis(5));
    }
    peak.map(|kilobytes| kilobytes / 1024)
}

/// A list of users in which each has `text` in it, and there are as many as `count`.
fn users(count: usize, text: &str) -> Value {
    let user = |number: usize| {
        json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": format!("{number}"),
            "userName": format!("u{number}"), "title": text })
    };
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": count, "startIndex": 1, "itemsPerPage": count,
        "Resources": (0..count).map(user).collect::<Vec<_>>(),
        "id": "1", "userName": "u1", "displayName": "u1",
    })
}

/// Answers that are taken, each as costly as one can be.
#[rstest]
#[case::bombs(coded("gzip", &gzip(&vec![b' '; BOMB])))]
#[case::long_texts(plain(users(1, &"x".repeat(15 << 20)).to_string()))]
#[case::many_empty_values(plain(format!("{{\"id\":\"1\",\"Resources\":[{}{{}}]}}", "{},".repeat(90_000))))]
fn a_check_takes_little_memory_whatever_comes(
    #[case] writes: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
) {
    let hostile = Hostile::start(move |_, _, stream| writes(stream));
    if let Some(peak) = peak(&hostile, &["--only", "list"]) {
        assert!(peak < 300, "{peak} MiB");
    }
}
