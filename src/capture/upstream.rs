//! The side of the proxy that speaks to the server behind: HTTP/1.1, with header names as the client spelt
//! them, or HTTP/2 over TLS with a server that chooses it. Bodies stream both ways.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use http::{HeaderValue, Uri};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::net::TcpStream;
use tower::Service;

use super::watched::Watched;
use crate::exchange::{BoxFuture, TcpSetupError};

/// How the server behind is reached.
#[derive(Debug, Clone)]
pub struct UpstreamOptions {
    /// Do not verify the server's certificate.
    pub insecure: bool,
    /// Further root certificates, PEM.
    pub cacert_pem: Option<Vec<u8>>,
    /// Limit for making a connection, handshakes included.
    pub connect_timeout: Duration,
    /// How long the server may send nothing.
    pub max_time: Duration,
}

/// The server behind a proxy.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Its base URL without a slash at the end; the path of a request is put after it.
    pub(super) url: String,
    /// What `Host` is for it.
    pub(super) host: HeaderValue,
    /// How long it may send nothing.
    pub(super) max_time: Duration,
    client: Client<Connector, Body>,
}

impl Upstream {
    /// The server at `url`. The TLS provider must have been installed by the caller.
    ///
    /// # Errors
    /// When the URL or an option cannot be used; see [`TcpSetupError`].
    pub fn new(url: &str, options: &UpstreamOptions) -> Result<Self, TcpSetupError> {
        let url = url.trim_end_matches('/');
        let host = host(url).map_err(TcpSetupError::Client)?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let inner = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls(options)?)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .http1_preserve_header_case(true)
            .build(Connector { inner, limit: options.connect_timeout });
        Ok(Self { url: url.to_owned(), host, max_time: options.max_time, client })
    }

    /// Sends a request; the answer is there once its head is.
    pub(super) async fn send(
        &self,
        request: http::Request<Body>,
    ) -> Result<http::Response<hyper::body::Incoming>, Error> {
        self.client.request(request).await
    }
}

/// The value of `Host`, if the URL is one that paths can be put after.
fn host(url: &str) -> Result<HeaderValue, String> {
    let uri: Uri = url.parse().map_err(|error| format!("`{url}` is not a URL: {error}"))?;
    let authority = match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) => authority.as_str(),
        _ => {
            return Err(format!(
                "`{url}` is not the URL of a server; it must begin with http:// or https://"
            ));
        }
    };
    if authority.contains('@') {
        return Err(
            "the URL of the server holds a user's name; leave it out, the requests bring their own credentials".into()
        );
    }
    if uri.query().is_some() {
        return Err(format!("`{url}` has a query, after which no path can be put; leave it out"));
    }
    HeaderValue::from_str(authority).map_err(|error| format!("`{url}`: {error}"))
}

fn tls(options: &UpstreamOptions) -> Result<rustls::ClientConfig, TcpSetupError> {
    let failed = |error: rustls::Error| TcpSetupError::Client(error.to_string());
    let provider = CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
    let verifier: Arc<dyn ServerCertVerifier> = if options.insecure {
        Arc::new(Anyone(Arc::clone(&provider)))
    } else {
        let mut roots = Vec::new();
        if let Some(pem) = &options.cacert_pem {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                roots.push(certificate.map_err(|error| TcpSetupError::CaCert(error.to_string()))?);
            }
            if roots.is_empty() {
                return Err(TcpSetupError::CaCert("it holds no certificate".into()));
            }
        }
        let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(roots, Arc::clone(&provider));
        Arc::new(verifier.map_err(failed)?)
    };
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// Takes every certificate, as `--insecure` says.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

type Line = TokioIo<Watched<TokioIo<MaybeHttpsStream<TokioIo<TcpStream>>>>>;

/// Makes connections that are looked at, within a time.
#[derive(Debug, Clone)]
struct Connector {
    inner: HttpsConnector<HttpConnector>,
    limit: Duration,
}

impl Service<Uri> for Connector {
    type Response = Line;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Line, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, limit) = (self.inner.call(uri), self.limit);
        Box::pin(async move {
            match tokio::time::timeout(limit, connecting).await {
                Ok(stream) => Ok(TokioIo::new(Watched::new(TokioIo::new(stream?)).0)),
                Err(_) => Err(format!("there was no connection within {} s", limit.as_secs()).into()),
            }
        })
    }
}

/// Every answer brings along what was seen of the connection that it came on.
impl<S: Connection> Connection for Watched<TokioIo<S>> {
    fn connected(&self) -> Connected {
        self.stream().inner().connected().extra(self.wire())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_can_be_put_after_a_url_or_it_is_refused_with_a_reason() {
        assert_eq!(host("https://scim.example.com/scim/v2").unwrap(), "scim.example.com");
        assert_eq!(host("http://127.0.0.1:8080").unwrap(), "127.0.0.1:8080");
        for (url, reason) in [
            ("scim.example.com", "must begin with http"),
            ("ftp://scim.example.com/", "must begin with http"),
            ("https://ada:secret@scim.example.com/", "holds a user's name"),
            ("https://scim.example.com/?v=2", "has a query"),
            ("https://scim example.com/", "is not a URL"),
        ] {
            let refused = host(url).unwrap_err();
            assert!(refused.contains(reason), "{url}: {refused}");
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
