//! The transport over TLS: whose certificate is taken, and the way through a proxy.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rstest::rstest;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use scimulate::exchange::{Request, Response, Tcp, TcpOptions, Transport as _, TransportError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A certificate that signed itself, as `openssl req -x509` makes them: it says that it is an authority.
fn certificate(change: impl FnOnce(&mut CertificateParams)) -> (String, TlsAcceptor) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    let made = params.self_signed(&key).unwrap();
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.der().clone()], private)
        .unwrap();
    (made.pem(), TlsAcceptor::from(Arc::new(config)))
}

async fn head(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(bytes).unwrap()
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    head(&mut stream).await;
    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
    let _ = stream.shutdown().await;
}

async fn ask(url: String, options: TcpOptions) -> Result<Response, TransportError> {
    let headers = vec![("Host".to_owned(), "h".to_owned())];
    Tcp::new(&options).unwrap().send(&Request { method: "GET".into(), url, headers, body: None }).await
}

/// One answer of a server with this certificate, to a client with these options.
async fn asked(acceptor: TlsAcceptor, host: &str, options: TcpOptions) -> Result<Response, TransportError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { serve(listener.accept().await.unwrap().0, acceptor).await });
    ask(format!("https://{host}:{port}/"), options).await
}

fn trusting(pem: &str) -> TcpOptions {
    TcpOptions { cacert_pem: Some(pem.as_bytes().to_vec()), ..TcpOptions::default() }
}

#[rstest]
#[case::as_openssl_makes_it(true)]
#[case::no_authority(false)]
#[tokio::test]
async fn the_certificate_of_a_server_can_be_given_itself(#[case] authority: bool) {
    let (pem, acceptor) = certificate(|params| {
        if !authority {
            params.is_ca = IsCa::ExplicitNoCa;
        }
    });
    assert_eq!(asked(acceptor, "127.0.0.1", trusting(&pem)).await.unwrap().status, 204);
}

#[tokio::test]
async fn a_certificate_is_refused_that_is_another_or_for_another_or_has_ended() {
    let (given, _) = certificate(|_| {});
    let (own, acceptor) = certificate(|_| {});
    let another = asked(acceptor.clone(), "127.0.0.1", trusting(&given)).await;
    let for_another = asked(acceptor.clone(), "localhost", trusting(&own)).await;
    let (old, ended) = certificate(|params| {
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2001, 1, 1);
    });
    let over = asked(ended, "127.0.0.1", trusting(&old)).await;
    for refused in [another, for_another, over] {
        let refused = refused.unwrap_err();
        assert!(
            matches!(&refused, TransportError::Connect { reason, .. } if reason.contains("certificate")),
            "{refused}"
        );
    }
    let insecure = TcpOptions { insecure: true, ..TcpOptions::default() };
    assert_eq!(asked(acceptor, "127.0.0.1", insecure).await.unwrap().status, 204);
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_tunnel_where_the_request_is_encrypted() {
    let (pem, acceptor) = certificate(|_| {});
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let asked = head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
        serve(stream, acceptor).await;
        asked
    });
    let options = TcpOptions { proxy: Some(format!("http://ada:secret@{address}")), ..trusting(&pem) };
    assert_eq!(ask("https://127.0.0.1:4433/".into(), options).await.unwrap().status, 204);
    let asked = proxy.await.unwrap().to_ascii_lowercase();
    assert!(asked.starts_with("connect 127.0.0.1:4433 http/1.1\r\n"), "{asked}");
    assert!(asked.contains("proxy-authorization: basic ywrhonnly3jlda==\r\n"), "{asked}");
}
