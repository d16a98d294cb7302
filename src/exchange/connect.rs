//! Makes connections: TCP, through a proxy if one is asked for, with TLS where the URL says so.

use std::sync::Arc;
use std::time::Duration;

use axum::BoxError;
use base64::Engine as _;
use http::{HeaderValue, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, SignatureScheme};
use tower::{Service, ServiceExt as _};
use url::Url;

use super::limits::Limits;
use super::{percent_decode, without_user};

/// Options of [`Tcp`](super::Tcp), all with curl's names and meanings.
#[derive(Debug, Clone)]
pub struct TcpOptions {
    /// Do not verify the server's certificate.
    pub insecure: bool,
    /// Further root certificates, PEM. A server's own certificate is taken, too, whoever signed it.
    pub cacert_pem: Option<Vec<u8>>,
    /// Limit for making a connection, handshakes included.
    pub connect_timeout: Duration,
    /// Limit for the whole exchange. Okta waits 60 s.
    pub max_time: Duration,
    /// Proxy URL for all requests; without it no proxy is used, whatever the environment says.
    pub proxy: Option<String>,
    /// Speak HTTP/2 with servers that choose it.
    pub http2: bool,
    /// How much of an answer is taken.
    pub limits: Limits,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            insecure: false,
            cacert_pem: None,
            connect_timeout: Duration::from_secs(10),
            max_time: Duration::from_secs(60),
            proxy: None,
            http2: false,
            limits: Limits::default(),
        }
    }
}

/// The options do not make a client. The message completes "could not set up the connection: …".
#[derive(Debug, thiserror::Error)]
pub enum TcpSetupError {
    /// The PEM file holds no certificate that can be read.
    #[error("the CA certificate is not valid PEM: {0}")]
    CaCert(String),
    /// The proxy URL cannot be used.
    #[error("the proxy `{0}` is not a usable URL; write it like http://host:3128 or socks5h://host:1080")]
    Proxy(String),
    /// Anything else, TLS for example.
    #[error("{0}")]
    Client(String),
}

/// A connection to whom bytes are sent.
pub(super) trait Io: hyper::rt::Read + hyper::rt::Write + Send + Unpin {}

impl<T: hyper::rt::Read + hyper::rt::Write + Send + Unpin> Io for T {}

type Near = HttpsConnector<HttpConnector>;

/// The way to servers.
#[derive(Clone)]
enum Route {
    Direct(Near),
    Http(Box<HttpProxy>),
    Socks4(HttpsConnector<SocksV4<Near>>),
    Socks5(HttpsConnector<SocksV5<Near>>),
}

/// Plain requests go to it as they are; encrypted ones through a tunnel.
#[derive(Clone)]
struct HttpProxy {
    near: Near,
    uri: Uri,
    tunnel: HttpsConnector<Tunnel<Near>>,
    credential: Option<HeaderValue>,
}

/// Makes connections.
#[derive(Clone)]
pub(super) struct Connector {
    route: Route,
    limit: Duration,
}

impl Connector {
    pub(super) fn new(options: &TcpOptions) -> Result<Self, TcpSetupError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let mut tls = tls(options)?;
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let near = HttpsConnector::from((tcp.clone(), tls.clone()));
        if options.http2 {
            tls.alpn_protocols.insert(0, b"h2".to_vec());
        }
        let route = match &options.proxy {
            None => Route::Direct((tcp, tls).into()),
            Some(proxy) => {
                route(proxy, near, tls).ok_or_else(|| TcpSetupError::Proxy(without_user(proxy).0))?
            }
        };
        Ok(Self { route, limit: options.connect_timeout })
    }

    /// A connection to the server of `uri`, and whether HTTP/2 was chosen on it.
    pub(super) async fn connect(&self, uri: Uri) -> Result<(Box<dyn Io>, bool), BoxError> {
        let connecting = async {
            match &self.route {
                Route::Direct(way) => connected(way.clone(), uri).await,
                Route::Http(proxy) if self.forwards(&uri) => {
                    connected(proxy.near.clone(), proxy.uri.clone()).await
                }
                Route::Http(proxy) => connected(proxy.tunnel.clone(), uri).await,
                Route::Socks4(way) => connected(way.clone(), uri).await,
                Route::Socks5(way) => connected(way.clone(), uri).await,
            }
        };
        tokio::time::timeout(self.limit, connecting).await.unwrap_or_else(|_| {
            Err(format!("there was no connection within {} s", self.limit.as_secs()).into())
        })
    }

    /// Whether a proxy gets the request itself, which needs the whole URL (RFC 9112 §3.2.2) then.
    pub(super) fn forwards(&self, uri: &Uri) -> bool {
        matches!(self.route, Route::Http(_)) && uri.scheme_str() == Some("http")
    }

    /// What such a proxy is told of who asks.
    pub(super) fn credential(&self) -> Option<&HeaderValue> {
        match &self.route {
            Route::Http(proxy) => proxy.credential.as_ref(),
            _ => None,
        }
    }
}

async fn connected<S>(way: S, uri: Uri) -> Result<(Box<dyn Io>, bool), BoxError>
where
    S: Service<Uri, Error = BoxError>,
    S::Response: Io + Connection + 'static,
{
    let stream = way.oneshot(uri).await?;
    let http2 = stream.connected().is_negotiated_h2();
    Ok((Box::new(stream), http2))
}

/// The way through a proxy; nothing if there is none by such a URL.
fn route(proxy: &str, near: Near, tls: rustls::ClientConfig) -> Option<Route> {
    let whole = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    let url = Url::parse(&whole).ok()?;
    let (scheme, default) = match url.scheme() {
        "http" => ("http", 80),
        "https" => ("https", 443),
        "socks4" | "socks4a" | "socks5" | "socks5h" => ("http", 1080),
        _ => return None,
    };
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let uri: Uri = format!("{scheme}://{host}:{}/", url.port().unwrap_or(default)).parse().ok()?;
    let user = percent_decode(url.username());
    let password = percent_decode(url.password().unwrap_or_default());
    let named = !user.is_empty() || !password.is_empty();
    Some(match url.scheme() {
        "socks4" | "socks4a" => {
            let way = SocksV4::new(uri, near).local_dns(url.scheme() == "socks4");
            Route::Socks4((way, tls).into())
        }
        "socks5" | "socks5h" => {
            let mut way = SocksV5::new(uri, near).local_dns(url.scheme() == "socks5");
            if named {
                way = way.with_auth(user, password);
            }
            Route::Socks5((way, tls).into())
        }
        _ => {
            let mut tunnel = Tunnel::new(uri.clone(), near.clone());
            let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            let credential =
                named.then(|| HeaderValue::from_str(&format!("Basic {encoded}"))).transpose().ok()?;
            if let Some(credential) = &credential {
                tunnel = tunnel.with_auth(credential.clone());
            }
            Route::Http(Box::new(HttpProxy { near, uri, tunnel: (tunnel, tls).into(), credential }))
        }
    })
}

fn tls(options: &TcpOptions) -> Result<rustls::ClientConfig, TcpSetupError> {
    let failed = |error: rustls::Error| TcpSetupError::Client(error.to_string());
    let provider = CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()));
    let verifier: Arc<dyn ServerCertVerifier> = if options.insecure {
        Arc::new(Anyone(Arc::clone(&provider)))
    } else {
        let mut known = Vec::new();
        if let Some(pem) = &options.cacert_pem {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                known.push(certificate.map_err(|error| TcpSetupError::CaCert(error.to_string()))?);
            }
            if known.is_empty() {
                return Err(TcpSetupError::CaCert("it holds no certificate".into()));
            }
        }
        let roots = known.clone();
        let platform = rustls_platform_verifier::Verifier::new_with_extra_roots(roots, Arc::clone(&provider));
        Arc::new(Known { platform: platform.map_err(failed)?, known })
    };
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// Takes what the platform takes, what the given roots signed, and the given certificates themselves.
#[derive(Debug)]
struct Known {
    platform: rustls_platform_verifier::Verifier,
    known: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self.platform.verify_server_cert(certificate, chain, name, ocsp, now);
        match &verdict {
            // A certificate that signed itself says as a rule that it is an authority, which no server's may
            // say; who signed it is no question where it was given itself. That it has ended is another error.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::Other(_) | CertificateError::UnknownIssuer,
            )) if self.known.iter().any(|known| known == certificate) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            _ => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.platform.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.platform.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.platform.supported_verify_schemes()
    }
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
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
