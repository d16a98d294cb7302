//! `scimulate record` between real sockets: the versions of HTTP on both sides, with real TLS, and connections
//! of which one side is closed early.

use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rstest::rstest;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::program;
use crate::support::recorder;
use program::scimulate;
use recorder::{Recorder, Served};

/// A certificate for this machine, in files as the program takes them.
struct Certificate {
    made: rcgen::CertifiedKey<rcgen::KeyPair>,
    folder: TempDir,
}

impl Certificate {
    fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let names = vec!["localhost".into(), "127.0.0.1".into()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        Self { made, folder }
    }

    fn file(&self, name: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        path.to_str().unwrap().to_owned()
    }

    /// A server's side that takes one of these protocols.
    fn acceptor(&self, protocols: &[&str]) -> tokio_rustls::TlsAcceptor {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.made.signing_key.serialize_der()));
        let mut config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![self.made.cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        tokio_rustls::TlsAcceptor::from(Arc::new(config))
    }

    fn client(&self) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(self.made.cert.pem().as_bytes()).unwrap()])
            .timeout(Duration::from_secs(30))
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A server that says in which version it was asked, and how much came.
fn upstream(runtime: &tokio::runtime::Runtime, certificate: &Certificate, protocols: &[&str]) -> String {
    let acceptor = (!protocols.is_empty()).then(|| certificate.acceptor(protocols));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    let answer = |request: http::Request<hyper::body::Incoming>| async move {
        let version = format!("{:?}", request.version());
        let length = request.into_body().collect().await.unwrap().to_bytes().len();
        let body = json!({ "asked": version, "length": length }).to_string();
        Ok::<_, Infallible>(
            http::Response::builder()
                .header("content-type", "application/scim+json")
                .body(Full::new(bytes::Bytes::from(body)))
                .unwrap(),
        )
    };
    runtime.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let builder = Builder::new(TokioExecutor::new());
                let service = service_fn(answer);
                match acceptor {
                    None => drop(builder.serve_connection(TokioIo::new(stream), service).await),
                    Some(acceptor) => {
                        let Ok(stream) = acceptor.accept(stream).await else { return };
                        let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                    }
                }
            });
        }
    });
    format!("{scheme}://{address}/scim/v2")
}

/// Which version each side speaks is between the proxy and that side, and the capture tells both.
#[rstest]
#[case::both_http_2(true, "HTTP/2", &["h2", "http/1.1"], "HTTP/2")]
#[case::the_server_is_older(true, "HTTP/2", &["http/1.1"], "HTTP/1.1")]
#[case::the_client_is_older(true, "HTTP/1.1", &["h2"], "HTTP/2")]
#[case::known_before_and_without_tls(false, "HTTP/2", &[], "HTTP/1.1")]
fn each_side_speaks_its_own_version_of_http(
    #[case] tls: bool,
    #[case] asked: &str,
    #[case] protocols: &[&str],
    #[case] answered: &str,
) {
    let (certificate, runtime) = (Certificate::new(), runtime());
    let upstream = upstream(&runtime, &certificate, protocols);
    let (cert, key) = (certificate.file("cert.pem"), certificate.file("key.pem"));
    let mut more = vec!["--cacert", cert.as_str()];
    if tls {
        more.extend(["--tls-cert", cert.as_str(), "--tls-key", key.as_str()]);
    }
    let mut recorder = Recorder::start(&upstream, &more);
    let client = match (tls, asked) {
        (false, "HTTP/2") => certificate.client().http2_prior_knowledge(),
        (_, "HTTP/1.1") => certificate.client().http1_only(),
        _ => certificate.client(),
    };
    let client = client.build().unwrap();
    let body = "x".repeat(1 << 20);
    runtime.block_on(async {
        let url = format!("{}/Users", recorder.base_url);
        // Several at once, which HTTP/2 carries over one connection.
        let sent = (0..4).map(|_| client.post(&url).body(body.clone()).send());
        for answer in futures_util::future::join_all(sent).await {
            let answer = answer.unwrap();
            assert_eq!(answer.status(), 200);
            let version = if asked == "HTTP/2" { http::Version::HTTP_2 } else { http::Version::HTTP_11 };
            assert_eq!(answer.version(), version);
            let text = answer.text().await.unwrap();
            let seen: Value = serde_json::from_str(&text).unwrap();
            let version = if answered == "HTTP/2" { "HTTP/2.0" } else { "HTTP/1.1" };
            assert_eq!(seen, json!({ "asked": version, "length": 1 << 20 }));
        }
    });
    let entries = recorder.entries_when(4);
    for entry in &entries {
        assert_eq!(entry["request"]["httpVersion"], asked);
        assert_eq!(entry["response"]["httpVersion"], answered);
        assert_eq!(entry["request"]["postData"]["text"].as_str().unwrap().len(), 1 << 20);
        assert_eq!(entry.get("comment"), None, "{}", entry["comment"]);
        let names = entry["request"]["headers"].as_array().unwrap();
        assert!(names.iter().all(|field| !field["name"].as_str().unwrap().starts_with(':')), "{names:?}");
    }
    drop(client);
    recorder.stop();
}

/// The whole way over HTTP/2 with the program itself at its end; what was recorded can be sent again.
#[test]
fn a_conversation_over_http_2_is_a_capture_like_any_other() {
    let certificate = Certificate::new();
    let (cert, key) = (certificate.file("cert.pem"), certificate.file("key.pem"));
    let tls = ["--tls-cert", cert.as_str(), "--tls-key", key.as_str()];
    let server = Served::start(&tls);
    let mut recorder = Recorder::start(&server.base_url, &[&tls[..], &["--cacert", &cert]].concat());
    let client = certificate.client().build().unwrap();
    let ada = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@example.com",
        "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "emails": [{ "value": "ada@example.com", "type": "work", "primary": true }], "active": true,
    });
    runtime().block_on(async {
        let url = format!("{}/Users", recorder.base_url);
        let request = client.post(&url).basic_auth(&server.username, Some(&server.password));
        let request = request.header("Content-Type", "application/scim+json").body(ada.to_string());
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (201, http::Version::HTTP_2));
        let made: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let one = format!("{url}/{}", made["id"].as_str().unwrap());
        let answer =
            client.get(one).basic_auth(&server.username, Some(&server.password)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    });
    drop(client);
    let entries = recorder.entries_when(2);
    for entry in &entries {
        assert_eq!(entry["request"]["httpVersion"], "HTTP/2");
        assert_eq!(entry["response"]["httpVersion"], "HTTP/2");
    }
    recorder.stop();
    let replayed = scimulate(&["replay", recorder.file.to_str().unwrap()]);
    assert_eq!(replayed.code, 0, "{}", replayed.text());
    assert!(replayed.out.contains("2 sent: 2 answered as then"), "{}", replayed.out);
}

/// Names of header fields are spelt as their writer spelt them, in what goes on and in what is written down, and
/// they keep their order. Only HTTP/1.1 has a spelling.
#[test]
fn header_names_keep_spelling_and_order_in_both_directions() {
    let says = "HTTP/1.1 200 Fine\r\nX-ZuLu: 1\r\ncontent-TYPE: application/scim+json\r\nSet-cookie: a=1\r\n\
        eTag: \"1\"\r\nSet-cookie: b=2\r\nCONTENT-length: 10\r\n\r\n{\"id\":\"1\"}";
    let (upstream, got) = bare(says, |got| got.ends_with("\r\n\r\n{}"), || ());
    let host = upstream.split('/').nth(2).unwrap().to_owned();
    let mut recorder = Recorder::start(&upstream, &[]);
    let answer = recorder::raw(
        &recorder.base_url,
        "PUT /Users/a%2Fb'(1)?x=%41&y=[1] HTTP/1.1\r\nUSER-agent: Okta\r\nhOsT: p\r\nx-B: 1\r\nX-a: 2\r\n\
         Content-length: 2\r\nConnection: close\r\nACCEPT: */*\r\n\r\n{}",
    );
    let names = |head: &str| -> Vec<String> {
        let fields = head.split("\r\n\r\n").next().unwrap().lines().skip(1);
        fields.map(|line| line.split(':').next().unwrap().to_owned()).collect()
    };
    let forwarded = got.recv().unwrap();
    assert!(forwarded.starts_with("PUT /scim/v2/Users/a%2Fb'(1)?x=%41&y=[1] HTTP/1.1\r\n"), "{forwarded}");
    assert!(forwarded.contains(&format!("\r\nhOsT: {host}\r\n")), "{forwarded}");
    assert_eq!(names(&forwarded), ["USER-agent", "hOsT", "x-B", "X-a", "Content-length", "ACCEPT"]);
    assert!(answer.starts_with("HTTP/1.1 200 Fine\r\n"), "{answer}");
    let passed_on = names(&answer);
    for name in ["X-ZuLu", "content-TYPE", "Set-cookie", "eTag", "CONTENT-length"] {
        assert!(passed_on.iter().any(|known| known == name), "{name} is not in {passed_on:?}");
    }
    let entry = &recorder.entries_when(1)[0];
    let written = |side: &str| -> Vec<String> {
        let fields = entry[side]["headers"].as_array().unwrap();
        fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        written("request")[..],
        ["USER-agent", "hOsT", "x-B", "X-a", "Content-length", "Connection", "ACCEPT"]
    );
    assert_eq!(
        written("response")[..],
        ["X-ZuLu", "content-TYPE", "Set-cookie", "eTag", "Set-cookie", "CONTENT-length"]
    );
    recorder.stop();
}

/// A server on a bare socket: what it gets before `enough` says so, it answers with `says` once `may` returns;
/// then it closes its writing side and reads on to the end. What it got is sent on.
fn bare(
    says: &'static str,
    enough: fn(&str) -> bool,
    may: impl FnOnce() + Send + 'static,
) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = format!("http://{}/scim/v2", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let (mut got, mut buffer) = (String::new(), [0; 4096]);
        while !enough(&got) {
            let length = stream.read(&mut buffer).unwrap_or_default();
            got.push_str(&String::from_utf8_lossy(&buffer[..length]));
            if length == 0 {
                // Nobody is there any more to be answered.
                let _ = sender.send(got);
                return;
            }
        }
        may();
        stream.write_all(says.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let _ = sender.send(got);
        while stream.read(&mut buffer).is_ok_and(|length| length > 0) {}
    });
    (upstream, receiver)
}

const ANSWER: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nContent-Length: 10\r\n\r\n{\"id\":\"1\"}";

/// Sends all of it, closes the writing side, says so, and reads to the end.
fn half_closed(recorder: &Recorder, request: &str, closed: impl FnOnce()) -> String {
    let address = recorder.base_url.split("://").nth(1).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    closed();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

#[rstest]
#[case::no_body("GET /Users/1 HTTP/1.1\r\nHost: p\r\nX-mIxEd: 1\r\n\r\n", "\r\n\r\n")]
#[case::a_body("POST /Users HTTP/1.1\r\nHost: p\r\nX-mIxEd: 1\r\nContent-Length: 2\r\n\r\n{}", "\r\n\r\n{}")]
#[case::chunks(
    "POST /Users HTTP/1.1\r\nHost: p\r\nX-mIxEd: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "{}\r\n0\r\n\r\n"
)]
#[case::old("GET /Users/1 HTTP/1.0\r\nHost: p\r\nX-mIxEd: 1\r\n\r\n", "\r\n\r\n")]
fn a_client_that_has_said_all_and_waits_is_answered(#[case] request: &str, #[case] ends: &'static str) {
    let whole: fn(&str) -> bool = match ends {
        "\r\n\r\n" => |got| got.ends_with("\r\n\r\n"),
        "\r\n\r\n{}" => |got| got.ends_with("\r\n\r\n{}"),
        _ => |got| got.ends_with("{}\r\n0\r\n\r\n"),
    };
    // The end of the client's side is there before the answer is.
    let (closed, wait) = channel();
    let (upstream, got) = bare(ANSWER, whole, move || wait.recv().unwrap());
    let mut recorder = Recorder::start(&upstream, &[]);
    let answer = half_closed(&recorder, request, || closed.send(()).unwrap());
    assert!(answer.contains(" 200 OK\r\n") && answer.ends_with("\r\n\r\n{\"id\":\"1\"}"), "{answer}");
    assert!(got.recv().unwrap().ends_with(ends));
    let entry = &recorder.entries_when(1)[0];
    assert_eq!(entry["response"]["status"], 200, "{entry}");
    assert_eq!(entry["response"]["content"]["text"], "{\"id\":\"1\"}");
    assert_eq!(entry.get("comment"), None, "{entry}");
    let version = if request.contains("HTTP/1.0") { "HTTP/1.0" } else { "HTTP/1.1" };
    assert_eq!(entry["request"]["httpVersion"], version);
    assert_eq!(entry["response"]["httpVersion"], "HTTP/1.1");
    assert_eq!(entry["request"]["headers"][1], json!({ "name": "X-mIxEd", "value": "1" }));
    recorder.stop();
}

#[test]
fn a_client_that_closes_before_it_has_said_all_is_told_apart() {
    // A server that waits for the rest, so that it is the client who ends it.
    let (upstream, _got) = bare("", |_| false, || ());
    let recorder = Recorder::start(&upstream, &[]);
    half_closed(&recorder, CUT, || ());
    let entry = &recorder.entries_when(1)[0];
    assert_eq!(entry["response"]["status"], 0, "{entry}");
    assert!(entry["comment"].as_str().unwrap().contains("the request broke off after 6 bytes"), "{entry}");
}

#[rstest]
#[case::of_a_known_length(ANSWER)]
#[case::that_ends_with_the_connection(
    "HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\n\r\n{\"id\":\"1\"}"
)]
#[case::in_chunks(
    "HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nTransfer-Encoding: chunked\r\n\r\na\r\n{\"id\":\"1\"}\r\n0\r\n\r\n"
)]
fn a_server_that_has_said_all_and_still_reads_has_answered(#[case] says: &'static str) {
    let (upstream, _got) = bare(says, |got| got.ends_with("\r\n\r\n"), || ());
    let mut recorder = Recorder::start(&upstream, &[]);
    let answer = recorder::get(&recorder.base_url, "/Users/1");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("{\"id\":\"1\"}"), "{answer}");
    let entry = &recorder.entries_when(1)[0];
    assert_eq!(entry["response"]["content"]["text"], "{\"id\":\"1\"}", "{entry}");
    assert_eq!(entry.get("comment"), None, "{entry}");
    recorder.stop();
}

/// The refusal comes before the body has, and nothing more of it is wanted.
#[test]
fn an_answer_in_the_middle_of_the_request_is_passed_on_and_the_rest_is_said_to_be_missing() {
    let refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n";
    let (upstream, _got) = bare(refusal, |got| got.contains("\r\n\r\n{"), || ());
    let recorder = Recorder::start(&upstream, &[]);
    let address = recorder.base_url.split("://").nth(1).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(b"POST /Users HTTP/1.1\r\nHost: p\r\nContent-Length: 100000\r\n\r\n{").unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    let entry = &recorder.entries_when(1)[0];
    assert_eq!(entry["response"]["status"], 413, "{entry}");
    let comment = entry["comment"].as_str().unwrap();
    assert!(comment.contains("the server took only 1 bytes of the body of the request"), "{entry}");
}

/// A connection to the proxy over TLS, without HTTP above it.
fn tls(
    recorder: &Recorder,
    certificate: &Certificate,
) -> rustls::StreamOwned<rustls::ClientConnection, TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.made.cert.der().clone()).unwrap();
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let address = recorder.base_url.split("://").nth(1).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    rustls::StreamOwned::new(connection, stream)
}

const WHOLE: &str = "POST /Users HTTP/1.1\r\nHost: p\r\nContent-Length: 2\r\n\r\n{}";
const CUT: &str = "POST /Users HTTP/1.1\r\nHost: p\r\nContent-Length: 200\r\n\r\n{\"user";

/// The end of the client's side is TLS's own word for it, after which the answer still comes.
#[test]
fn a_client_that_has_said_all_over_tls_is_answered() {
    let certificate = Certificate::new();
    let (cert, key) = (certificate.file("cert.pem"), certificate.file("key.pem"));
    let (closed, wait) = channel();
    let (upstream, _got) = bare(ANSWER, |got| got.ends_with("\r\n\r\n{}"), move || wait.recv().unwrap());
    let mut recorder = Recorder::start(&upstream, &["--tls-cert", &cert, "--tls-key", &key]);
    let mut client = tls(&recorder, &certificate);
    client.write_all(WHOLE.as_bytes()).unwrap();
    client.conn.send_close_notify();
    client.flush().unwrap();
    client.sock.shutdown(Shutdown::Write).unwrap();
    closed.send(()).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("{\"id\":\"1\"}"), "{answer}");
    let entry = &recorder.entries_when(1)[0];
    assert_eq!(entry["response"]["status"], 200, "{entry}");
    assert_eq!(entry.get("comment"), None, "{entry}");
    recorder.stop();
}

#[rstest]
#[case::with_tls_word_for_it(true)]
#[case::without_a_word(false)]
fn a_client_that_breaks_off_over_tls_is_told_apart(#[case] says_so: bool) {
    let certificate = Certificate::new();
    let (cert, key) = (certificate.file("cert.pem"), certificate.file("key.pem"));
    let (upstream, _got) = bare("", |_| false, || ());
    let mut recorder = Recorder::start(&upstream, &["--tls-cert", &cert, "--tls-key", &key]);
    let mut client = tls(&recorder, &certificate);
    client.write_all(CUT.as_bytes()).unwrap();
    if says_so {
        client.conn.send_close_notify();
    }
    client.flush().unwrap();
    client.sock.shutdown(Shutdown::Write).unwrap();
    let _ = client.read_to_end(&mut Vec::new());
    let entry = &recorder.entries_when(1)[0];
    assert_eq!(entry["response"]["status"], 0, "{entry}");
    assert!(entry["comment"].as_str().unwrap().contains("the request broke off after 6 bytes"), "{entry}");
    recorder.stop();
}

/// A server over TLS that goes away in the middle of its answer, with a word for it or without.
#[rstest]
#[case::with_tls_word_for_it(true)]
#[case::without_a_word(false)]
fn a_server_that_breaks_off_over_tls_is_told(#[case] says_so: bool) {
    let (certificate, runtime) = (Certificate::new(), runtime());
    let cert = certificate.file("cert.pem");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let upstream = format!("https://{}/scim/v2", listener.local_addr().unwrap());
    let acceptor = certificate.acceptor(&["http/1.1"]);
    runtime.spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":").await.unwrap();
        stream.flush().await.unwrap();
        if says_so {
            stream.shutdown().await.unwrap();
        }
        drop(stream);
    });
    let mut recorder = Recorder::start(&upstream, &["--cacert", &cert]);
    let answer = recorder::get(&recorder.base_url, "/Users/1");
    assert!(!answer.contains('}'), "{answer}");
    let entry = &recorder.entries_when(1)[0];
    assert_eq!(entry["response"]["status"], 0, "{entry}");
    assert!(entry.to_string().contains("after 6 bytes of the body"), "{entry}");
    recorder.stop();
}
