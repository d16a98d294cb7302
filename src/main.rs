//! The binary: installs the TLS provider, hands over to [`scimulate::cli`], and turns the outcome into
//! an exit code. Nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A second installation would fail; there is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    ExitCode::from(scimulate::cli::main(std::env::args_os()))
}
