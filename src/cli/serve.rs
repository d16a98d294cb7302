//! `scimulate serve`: the reference service provider on a socket.

use std::net::SocketAddr;
use std::sync::Arc;

use super::targets::PresetArg;
use super::{EXIT_OK, Failed, say};
use crate::reference::http::{Reference, ReferenceOptions};

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// Address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Origin under which clients reach the server, when it stands behind a proxy or tunnel.
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// How the reference behaves.
    #[arg(long, value_enum, default_value_t = PresetArg::Seed)]
    preset: PresetArg,
    /// Changes identifiers and secrets; random when left out.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Password of the console's user `admin@reference.test`; random when left out.
    #[arg(long, value_name = "PASSWORD", env = "SCIMULATE_CONSOLE_PASSWORD", hide_env_values = true)]
    console_password: Option<String>,
}

/// Runs the command until it is interrupted.
pub(super) fn serve(args: ServeArgs) -> Result<u8, Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::io(error.to_string()))?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind(args.listen).await.map_err(|error| {
            Failed::io(format!("cannot listen on {}: {error}. Choose another with --listen", args.listen))
        })?;
        let address = listener.local_addr().map_err(|error| Failed::io(error.to_string()))?;
        let origin = match args.origin {
            Some(origin) => origin.trim_end_matches('/').to_owned(),
            None => format!("http://{address}"),
        };
        let console_username = "admin@reference.test".to_owned();
        let console_password = args.console_password.unwrap_or_else(|| format!("{:016x}", super::random()));
        let reference = Reference::new(ReferenceOptions {
            preset: args.preset.into(),
            origin: origin.clone(),
            start: super::now(),
            live: Some(Arc::new(super::now)),
            seed: args.seed.unwrap_or_else(super::random),
            console_username: console_username.clone(),
            console_password: console_password.clone(),
        });
        let provider = reference.add_provider("Okta").map_err(Failed::io)?;
        say(&format!(
            "SCIM provider for Okta\n  base URL: {}\n  username: {}\n  password: {}\n\nConsole API\n  URL: {origin}/console/v1\n  username: {console_username}\n  password: {console_password}\n\nPress Ctrl-C to stop.",
            provider.base_url, provider.username, provider.password
        ));
        axum::serve(listener, reference.router())
            .with_graceful_shutdown(async {
                let _ = tokio::signal::ctrl_c().await;
            })
            .await
            .map_err(|error| Failed::io(error.to_string()))?;
        Ok(EXIT_OK)
    })
}
