//! What a request says of the host that it is for.

use std::net::IpAddr;

use http::request::Parts;
use http::uri::Authority;
use http::{Version, header};

/// What is wrong with `Host`: HTTP/1.1 demands exactly one that is valid (RFC 9112 §3.2). Nothing, when it is as it
/// should be; HTTP/2 has the authority in its target.
#[must_use]
pub fn host_fault(parts: &Parts) -> Option<&'static str> {
    if parts.version >= Version::HTTP_2 {
        return None;
    }
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if parts.version == Version::HTTP_11 => {
            Some("The request has no `Host` header field; HTTP/1.1 demands one (RFC 9112 §3.2).")
        }
        (_, Some(_)) => Some(
            "The request has several `Host` header fields; HTTP/1.1 demands exactly one (RFC 9112 §3.2).",
        ),
        (Some(host), _) if !host.is_empty() && Authority::try_from(host.as_bytes()).is_err() => {
            Some("The value of the `Host` header field is not a host with or without a port (RFC 9112 §3.2).")
        }
        _ => None,
    }
}

/// Whether a host, without its port, is one that no other machine reaches.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    match plain.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => plain.eq_ignore_ascii_case("localhost"),
    }
}
