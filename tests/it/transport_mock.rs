//! The transport against a server that answers by rule: what it waits for, and whose answer is whose.

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use futures_util::future::join_all;
use rstest::rstest;
use scimulate::exchange::{Request, Tcp, TcpOptions, Transport as _, TransportError};
use wiremock::matchers::{any, body_string, header_regex, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn tcp(max_time: Duration) -> Tcp {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Tcp::new(&TcpOptions { max_time, ..TcpOptions::default() }).unwrap()
}

fn request(method: &str, url: String, headers: &[(&str, &str)], body: Option<&str>) -> Request {
    Request {
        method: method.into(),
        url,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.map(|body| Bytes::copy_from_slice(body.as_bytes())),
    }
}

/// What a server understands of a request is what was listed, and nothing that a client likes to add.
#[tokio::test]
async fn a_server_understands_what_was_listed_and_no_more() {
    let server = MockServer::start().await;
    let host = server.address().to_string();
    let names = ["authorization", "content-length", "content-type", "host"];
    Mock::given(method("PATCH"))
        .and(path("/scim/v2/Users/a%2fb"))
        .and(query_param("attributes", "userName"))
        .and(header_regex("authorization", "^Bearer token$"))
        .and(body_string("{\"a\":1}"))
        .and(move |request: &wiremock::Request| {
            let mut known: Vec<&str> = request.headers.keys().map(http::HeaderName::as_str).collect();
            known.sort_unstable();
            known == names
        })
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    let headers = [
        ("Content-Type", "application/scim+json"),
        ("AUTHORIZATION", "Bearer token"),
        ("Content-Length", "7"),
        ("Host", host.as_str()),
    ];
    let url = format!("{}/scim/v2/Users/a%2fb?attributes=userName", server.uri());
    let told =
        tcp(Duration::from_secs(30)).send(&request("PATCH", url, &headers, Some("{\"a\":1}"))).await.unwrap();
    assert_eq!((told.status, told.reason.as_str()), (204, "No Content"));
}

/// A server that takes its time is told from one that breaks off, and the next request is not held up by it.
#[tokio::test]
async fn an_answer_that_is_late_is_none() {
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(600));
    Mock::given(path("/late")).respond_with(late).mount(&server).await;
    Mock::given(path("/soon")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let tcp = tcp(Duration::from_secs(2));
    let ask = |path: &str| request("GET", format!("{}{path}", server.uri()), &[("Host", "h")], None);
    assert_eq!(
        tcp.send(&ask("/late")).await.unwrap_err(),
        TransportError::Timeout { authority: server.address().to_string(), seconds: 2 }
    );
    assert_eq!(tcp.send(&ask("/soon")).await.unwrap().status, 200);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &str) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn bare(text: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn plain(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

#[rstest]
#[case("gzip", gzip, Some("{}"))]
#[case("deflate", zlib, Some("{}"))]
#[case("deflate", bare, Some("{}"))]
#[case("identity", plain, Some("{}"))]
#[case("gzip", plain, None)]
#[tokio::test]
async fn the_codings_that_okta_asks_for_are_undone(
    #[case] coding: &str,
    #[case] written: fn(&str) -> Vec<u8>,
    #[case] read: Option<&str>,
) {
    let server = MockServer::start().await;
    let answer =
        ResponseTemplate::new(200).insert_header("Content-Encoding", coding).set_body_bytes(written("{}"));
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let url = server.uri();
    let told = tcp(Duration::from_secs(30)).send(&request("GET", url, &[("Host", "h")], None)).await;
    match read {
        Some(read) => {
            let told = told.unwrap();
            assert_eq!((&told.body[..], told.header("content-encoding")), (read.as_bytes(), Some(coding)));
        }
        None => assert!(matches!(told, Err(TransportError::Broken { .. })), "{told:?}"),
    }
}

/// Many requests at once over connections of their own, and as many again over the same ones: each gets the answer
/// to itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_gets_its_own_answer() {
    let server = MockServer::start().await;
    let echo = |request: &wiremock::Request| {
        let own = request.headers["x-own"].to_str().unwrap();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        ResponseTemplate::new(200)
            .insert_header("X-Own", own)
            .set_body_string(format!("{} {body}", request.url.path()))
    };
    Mock::given(any()).respond_with(echo).expect(96).mount(&server).await;
    let tcp = tcp(Duration::from_secs(30));
    for round in 0..3 {
        let asked = (0..32).map(|number| {
            let (tcp, own) = (tcp.clone(), format!("{round}-{number}"));
            let body = "x".repeat(number * 1000);
            let length = body.len().to_string();
            let headers = [("Host", "h"), ("X-Own", own.as_str()), ("Content-Length", length.as_str())];
            let request = request("POST", format!("{}/{own}", server.uri()), &headers, Some(&body));
            async move {
                let told = tcp.send(&request).await.unwrap();
                assert_eq!(told.header("x-own"), Some(own.as_str()));
                assert_eq!(told.body, format!("/{own} {body}"));
            }
        });
        join_all(asked).await;
    }
}
