//! TLS for the servers: certificate and key from PEM files.

use std::path::{Path, PathBuf};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Failed;

/// The certificate, if one is given.
pub(super) fn given(
    certificate: Option<&PathBuf>,
    key: Option<&PathBuf>,
) -> Result<Option<ServerConfig>, Failed> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => config(certificate, key).map(Some),
        _ => Ok(None),
    }
}

/// Reads certificate chain and private key.
fn config(certificate: &Path, key: &Path) -> Result<ServerConfig, Failed> {
    let shown = certificate.display();
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| {
        Failed::usage(format!(
            "cannot read a certificate from {shown}: {error}. Give a PEM file with --tls-cert"
        ))
    })?;
    if chain.is_empty() {
        return Err(Failed::usage(format!(
            "{shown} holds no certificate; it must have a `BEGIN CERTIFICATE` section"
        )));
    }
    let shown = key.display();
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| {
        Failed::usage(format!(
            "cannot read a private key from {shown}: {error}. Give a PEM file with --tls-key"
        ))
    })?;
    let mut config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).map_err(|error| {
            Failed::usage(format!("the certificate and the key {shown} do not go together: {error}"))
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
