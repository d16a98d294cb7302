//! What the transport puts on a socket, byte for byte, and what it makes of what comes back.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use rstest::rstest;
use scimulate::exchange::{Request, Response, Tcp, TcpOptions, Transport as _, TransportError};

const PATIENCE: Duration = Duration::from_secs(30);
const DONE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

/// A server of one connection: waits for so many bytes, answers, and tells all that came until the end.
struct Peer {
    address: SocketAddr,
    heard: JoinHandle<Vec<u8>>,
}

impl Peer {
    /// Each turn is how many bytes are waited for and what is answered then.
    fn start(turns: Vec<(usize, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut all = Vec::new();
            for (length, answer) in turns {
                all.extend(taken(&mut stream, length));
                stream.write_all(answer.as_bytes()).unwrap();
            }
            let _ = stream.read_to_end(&mut all);
            all
        });
        Self { address, heard }
    }

    fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    /// Leaves the thread to the client's side, which has its connections to close.
    async fn heard(self) -> String {
        let heard = tokio::task::spawn_blocking(|| self.heard.join().unwrap()).await.unwrap();
        String::from_utf8(heard).unwrap()
    }
}

fn taken(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let mut at = 0;
    while at < length {
        match stream.read(&mut bytes[at..]) {
            Ok(0) | Err(_) => break,
            Ok(read) => at += read,
        }
    }
    bytes.truncate(at);
    bytes
}

fn tcp() -> Tcp {
    tcp_with(TcpOptions::default())
}

fn tcp_with(options: TcpOptions) -> Tcp {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Tcp::new(&options).unwrap()
}

fn request(method: &str, url: String, headers: &[(&str, &str)], body: Option<&'static str>) -> Request {
    Request {
        method: method.into(),
        url,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.map(|body| Bytes::from_static(body.as_bytes())),
    }
}

/// What went over the socket for a request, with nothing but itself in view.
async fn spoken(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<&'static str>,
    length: usize,
) -> String {
    let peer = Peer::start(vec![(length, DONE.to_owned())]);
    tcp().send(&request(method, peer.url(target), headers, body)).await.unwrap();
    peer.heard().await
}

#[rstest]
#[case::nothing_is_added("GET", "/scim/v2/Users", &[], None, "GET /scim/v2/Users HTTP/1.1\r\n\r\n")]
#[case::post_without_a_body("POST", "/Users", &[("Host", "h")], None, "POST /Users HTTP/1.1\r\nHost: h\r\n\r\n")]
#[case::post_of_no_bytes("POST", "/Users", &[("Content-Length", "0")], None, "POST /Users HTTP/1.1\r\nContent-Length: 0\r\n\r\n")]
#[case::put("PUT", "/Users/1", &[("content-length", "2")], Some("{}"), "PUT /Users/1 HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}")]
#[case::patch("PATCH", "/Users/1", &[("Content-Length", "2")], Some("{}"), "PATCH /Users/1 HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")]
#[case::delete("DELETE", "/Users/1", &[("Content-Type", "x")], None, "DELETE /Users/1 HTTP/1.1\r\nContent-Type: x\r\n\r\n")]
#[case::options("OPTIONS", "/", &[], None, "OPTIONS / HTTP/1.1\r\n\r\n")]
#[case::trace("TRACE", "/", &[], None, "TRACE / HTTP/1.1\r\n\r\n")]
#[case::unheard_of("QUERY-x", "/", &[], None, "QUERY-x / HTTP/1.1\r\n\r\n")]
#[case::a_body_that_is_not_announced("POST", "/", &[("Host", "h")], Some("{}"), "POST / HTTP/1.1\r\nHost: h\r\n\r\n{}")]
#[case::a_body_that_is_longer_than_announced("POST", "/", &[("Content-Length", "1")], Some("{}"), "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n{}")]
#[case::chunks_of_ones_own("POST", "/", &[("Transfer-Encoding", "chunked")], Some("2\r\n{}\r\n0\r\n\r\n"), "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")]
#[case::order_and_spelling(
    "GET", "/", &[("uSER-aGENT", "x"), ("HOST", "h"), ("Accept-ENCODING", "gzip"), ("accept", "*/*")], None,
    "GET / HTTP/1.1\r\nuSER-aGENT: x\r\nHOST: h\r\nAccept-ENCODING: gzip\r\naccept: */*\r\n\r\n"
)]
#[case::a_name_twice_with_another_between(
    "GET", "/", &[("Accept", "a"), ("Host", "h"), ("accept", "b"), ("Host", "i")], None,
    "GET / HTTP/1.1\r\nAccept: a\r\nHost: h\r\naccept: b\r\nHost: i\r\n\r\n"
)]
#[case::targets_as_they_are_spelt("GET", "/a%2fb/%7Eada/../x?filter=a%20eq%20\"b+c\"&y=[|]", &[], None, "GET /a%2fb/%7Eada/../x?filter=a%20eq%20\"b+c\"&y=[|] HTTP/1.1\r\n\r\n")]
#[case::a_fragment_stays_here("GET", "/x?y=1#z", &[], None, "GET /x?y=1 HTTP/1.1\r\n\r\n")]
#[case::values_beyond_ascii("GET", "/", &[("X-Name", "Zoë\t日本"), ("X-Empty", "")], None, "GET / HTTP/1.1\r\nX-Name: Zoë\t日本\r\nX-Empty: \r\n\r\n")]
#[tokio::test]
async fn the_socket_gets_what_the_request_lists(
    #[case] method: &str,
    #[case] target: &str,
    #[case] headers: &[(&str, &str)],
    #[case] body: Option<&'static str>,
    #[case] bytes: &str,
) {
    assert_eq!(spoken(method, target, headers, body, bytes.len()).await, bytes);
}

#[rstest]
#[case("GET", "/Users?filter=a eq", &[], "write it as %20")]
#[case("GET", "/Users\r\nX: y", &[], "write it as %0D")]
#[case("GE T", "/", &[], "`GE T` is not a method")]
#[case("GET", "/", &[("X Y", "z")], "`X Y` is not a header name")]
#[case("GET", "/", &[("X", "y\r\nZ: a")], "header `X` holds a character that HTTP forbids")]
#[tokio::test]
async fn what_would_be_another_request_is_not_sent(
    #[case] method: &str,
    #[case] target: &str,
    #[case] headers: &[(&str, &str)],
    #[case] says: &str,
) {
    let url = format!("http://127.0.0.1:1{target}");
    let refused = tcp().send(&request(method, url, headers, None)).await.unwrap_err();
    assert!(matches!(&refused, TransportError::BadRequest { reason } if reason.contains(says)), "{refused}");
}

#[tokio::test]
async fn an_answer_is_told_as_it_was_spelt() {
    let answer = "HTTP/1.1 100 Continue\r\nX: not this\r\n\r\nHTTP/1.1 299 Rather Fine\r\nb-second: 1\r\nA-FIRST: 2\r\n\
                  B-Second: 3\r\nETag:  W/\"x\" \r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    let peer = Peer::start(vec![(18, answer.to_owned())]);
    let told = tcp().send(&request("GET", peer.url("/"), &[], None)).await.unwrap();
    let expected = [
        ("b-second", "1"),
        ("A-FIRST", "2"),
        ("B-Second", "3"),
        ("ETag", "W/\"x\""),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let body = Bytes::from_static(b"{}");
    assert_eq!(told, Response { status: 299, reason: "Rather Fine".into(), headers: expected, body });
}

/// Head and body of one exchange do not run into the next, and one connection does for both.
#[tokio::test]
async fn a_connection_is_used_again() {
    let first = "POST /1 HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}";
    let second = "GET /2 HTTP/1.1\r\nX: y\r\n\r\n";
    let answer = |name: &str| format!("HTTP/1.1 200 OK\r\n{name}: x\r\nContent-Length: 4\r\n\r\n\r\n\r\n");
    let peer = Peer::start(vec![(first.len(), answer("FIRST")), (second.len(), answer("SECOND"))]);
    let tcp = tcp();
    let told =
        tcp.send(&request("POST", peer.url("/1"), &[("Content-Length", "2")], Some("{}"))).await.unwrap();
    assert_eq!(told.headers[0].0, "FIRST");
    let told = tcp.send(&request("GET", peer.url("/2"), &[("X", "y")], None)).await.unwrap();
    assert_eq!(told.headers[0].0, "SECOND");
    drop(tcp);
    assert_eq!(peer.heard().await, format!("{first}{second}"));
}

/// Where the server cannot tell where a request ends, the next one goes over a connection of its own.
#[rstest]
#[case::not_announced(&[])]
#[case::announced_twice(&[("Content-Length", "2"), ("Content-Length", "2")])]
#[case::too_much(&[("Content-Length", "1")])]
#[tokio::test]
async fn a_connection_is_left_after_a_body_that_has_no_end(#[case] headers: &[(&str, &str)]) {
    let (first, second) =
        (Peer::start(vec![(10, DONE.replace("close", "keep-alive"))]), "GET /2 HTTP/1.1\r\n\r\n");
    let tcp = tcp();
    tcp.send(&request("POST", first.url("/1"), headers, Some("{}"))).await.unwrap();
    let address = first.address;
    // All that is heard there ends with the body: the connection was closed from here.
    assert!(first.heard().await.ends_with("\r\n\r\n{}"));
    let listener = TcpListener::bind(address).unwrap();
    let next = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let heard = taken(&mut stream, second.len());
        stream.write_all(DONE.as_bytes()).unwrap();
        String::from_utf8(heard).unwrap()
    });
    tcp.send(&request("GET", format!("http://{address}/2"), &[], None)).await.unwrap();
    assert_eq!(next.join().unwrap(), second);
}

/// An answer that comes before the request was read counts, also when the server reads no more.
#[tokio::test]
async fn an_answer_before_the_end_of_the_request_counts() {
    let answer = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let peer = Peer::start(vec![(1000, answer.to_owned())]);
    let body: &'static str = Box::leak("x".repeat(8 << 20).into_boxed_str());
    let length = body.len().to_string();
    let told = tcp()
        .send(&request("POST", peer.url("/"), &[("Content-Length", &length)], Some(body)))
        .await
        .unwrap();
    assert_eq!((told.status, told.reason.as_str()), (413, "Content Too Large"));
}

#[rstest]
#[case::nothing("")]
#[case::no_http("220 mail ready\r\n")]
#[case::half("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}")]
#[tokio::test]
async fn what_is_no_whole_answer_is_broken(#[case] answer: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = answer.to_owned();
    let peer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        taken(&mut stream, 18);
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let told = tcp().send(&request("GET", format!("http://{address}/"), &[], None)).await.unwrap_err();
    assert!(
        matches!(&told, TransportError::Broken { authority, .. } if *authority == address.to_string()),
        "{told}"
    );
    peer.join().unwrap();
}

#[tokio::test]
async fn a_head_has_no_body_whatever_it_announces() {
    let peer =
        Peer::start(vec![(19, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n".into())]);
    let told = tcp().send(&request("HEAD", peer.url("/"), &[], None)).await.unwrap();
    assert_eq!((told.header("content-length"), told.body.len()), (Some("500"), 0));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let told = tcp().send(&request("GET", format!("http://{address}/"), &[], None)).await.unwrap_err();
    let TransportError::Connect { authority, reason } = told else { panic!("{told}") };
    assert_eq!(authority, address.to_string());
    assert!(reason.contains("refused"), "{reason}");
}

#[tokio::test]
async fn a_proxy_gets_the_whole_url_of_a_plain_request() {
    let bytes = "GET http://scim.example.com/Users?x=%2f HTTP/1.1\r\nHost: scim.example.com\r\n\
                 Proxy-Authorization: Basic YWRhOnMlY3JldA==\r\n\r\n";
    let peer = Peer::start(vec![(bytes.len(), DONE.to_owned())]);
    let proxy = format!("http://ada:s%25cret@{}", peer.address);
    let tcp = tcp_with(TcpOptions { proxy: Some(proxy), ..TcpOptions::default() });
    let url = "http://scim.example.com/Users?x=%2f".to_owned();
    tcp.send(&request("GET", url, &[("Host", "scim.example.com")], None)).await.unwrap();
    assert_eq!(peer.heard().await, bytes);
}

/// RFC 1928: the greeting, and the name that the proxy is to look up.
#[tokio::test]
async fn a_socks_proxy_is_asked_for_the_name() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("socks5h://{}", listener.local_addr().unwrap());
    let plain = "GET / HTTP/1.1\r\n\r\n";
    let peer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        assert_eq!(taken(&mut stream, 3), [5, 1, 0]);
        stream.write_all(&[5, 0]).unwrap();
        let asked = taken(&mut stream, 5 + 16 + 2);
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        let heard = taken(&mut stream, plain.len());
        stream.write_all(DONE.as_bytes()).unwrap();
        (asked, heard)
    });
    let tcp = tcp_with(TcpOptions { proxy: Some(proxy), ..TcpOptions::default() });
    tcp.send(&request("GET", "http://scim.example.com/".into(), &[], None)).await.unwrap();
    let (asked, heard) = peer.join().unwrap();
    assert_eq!(asked, [&[5, 1, 0, 3, 16], b"scim.example.com".as_slice(), &[0, 80]].concat());
    assert_eq!(heard, plain.as_bytes());
}

#[rstest]
#[case("ftp://h:21")]
#[case("http://")]
fn a_proxy_that_cannot_be_one_is_refused_without_its_password(#[case] url: &str) {
    let url = url.replace("://", "://ada:secret@");
    let options = TcpOptions { proxy: Some(url), ..TcpOptions::default() };
    let refused = Tcp::new(&options).err().unwrap().to_string();
    assert!(refused.contains("is not a usable URL") && !refused.contains("secret"), "{refused}");
}
