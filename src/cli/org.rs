//! `scimulate org`: an Okta org on a socket, provisioning to a target.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::middleware;

use super::listen::{self, LimitArgs};
use super::serve;
use super::targets::{Chosen, TargetArgs};
use super::{Failed, say, tls};
use crate::clients::{Dialect, Pacing};
use crate::exchange::{
    Auth, BoxFuture, InProcess, Masker, Patience, Request, Response, Transport, TransportError,
};
use crate::org::{Org, OrgOptions, bad_request};
use crate::reference::http::{Reference, ReferenceOptions};

/// Arguments of `org`.
#[derive(Debug, clap::Args)]
pub(super) struct OrgArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Where the org's API listens; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8090")]
    listen: String,
    /// How the app that is there from the start speaks: `oin` (catalogue template), `aiw` (App Integration
    /// Wizard) or `entra` (Microsoft Entra's client instead of Okta's; less attested). Further apps speak as catalogue apps when they are made with a name, else as the wizard's.
    #[arg(long, value_enum, default_value_t = Dialect::Oin)]
    dialect: Dialect,
    /// A switch for behaviour of which the evidence is split, for every app; `scimulate list switches` shows
    /// them. May be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::run::assignment)]
    switch: Vec<(String, String)>,
    /// API token; random when left out.
    #[arg(long, value_name = "TOKEN", env = "SCIMULATE_ORG_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Decides identifiers; random when left out.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// PEM file with the certificate, and those of its issuers, to serve HTTPS.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// PEM file with the certificate's private key.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Print no line for each request, and none for what is provisioned.
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Runs the command until it is interrupted.
pub(super) fn org(args: OrgArgs) -> Result<u8, Failed> {
    let (host, port) = args
        .listen
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host.trim_matches(['[', ']']).to_owned(), port.parse().ok()?)))
        .ok_or_else(|| {
            Failed::usage(format!(
                "`{}` is no address to listen on; write it like 127.0.0.1:8090",
                args.listen
            ))
        })?;
    let tls = tls::given(args.tls_cert.as_ref(), args.tls_key.as_ref())?;
    let (change, limits) = ("Choose another with --listen", args.limits.limits());
    serve::listen((&host, port), change, tls, limits, bad_request, |address, tls| {
        prepare(&args, &host, address, tls)
    })
}

/// Makes the org and tells how to reach it.
fn prepare(args: &OrgArgs, host: &str, address: SocketAddr, tls: bool) -> Result<axum::Router, Failed> {
    let origin = serve::origin(host, address, tls);
    let token =
        args.token.clone().unwrap_or_else(|| format!("00{:016x}{:016x}", super::random(), super::random()));
    let seed = args.seed.unwrap_or_else(super::random);
    let (base_url, auth, outgoing, told, beside) = if args.target.is_remote() {
        let Chosen { targets, masker, ledger, .. } = args.target.choose("")?;
        let target = targets.open(0).map_err(Failed::io)?;
        // What an org provisions is to stay, and may have been there before.
        let inner = ledger.map_or(target.transport, |ledger| ledger.beneath());
        let told = format!("Provisioning goes to {}", target.name);
        let outgoing = Outgoing { inner, headers: target.headers, masker, quiet: args.quiet };
        (target.base_url, target.auth, outgoing, told, None)
    } else {
        let console_password = format!("{:016x}", super::random());
        let reference = Reference::new(ReferenceOptions {
            preset: args.target.preset(),
            origin: origin.clone(),
            start: super::now(),
            live: Some(Arc::new(super::now)),
            seed,
            console_username: "admin@reference.test".into(),
            console_password: console_password.clone(),
        });
        reference.take_text_booleans(args.target.lenient().is_some());
        let provider = reference.add_provider("Okta").map_err(Failed::io)?;
        let told = format!(
            "Provisioning goes to the built-in reference\n  base URL: {}\n  username: {}\n  password: {}\n  console: {origin}/console/v1\n  console username: admin@reference.test\n  console password: {console_password}",
            provider.base_url, provider.username, provider.password
        );
        let auth = Auth::Basic { username: provider.username, password: provider.password };
        let outgoing = Outgoing {
            inner: Arc::new(InProcess::new(reference.router())),
            headers: Vec::new(),
            masker: Masker::new(),
            quiet: args.quiet,
        };
        (provider.base_url, auth, outgoing, told, Some(reference.router()))
    };
    let org = Org::new(OrgOptions {
        origin: origin.clone(),
        token: token.clone(),
        seed,
        dialect: args.dialect,
        switches: super::run::switches(&args.switch)?,
        base_url,
        auth,
        transport: Arc::new(outgoing),
        pacing: Arc::new(Waiting { most: args.target.max_wait() }),
        now: Arc::new(super::now),
    });
    say(&format!(
        "Okta org\n  org URL: {origin}\n  API token: {token}\n  app id: {}\n\n{told}\n\nPress Ctrl-C to stop.",
        org.app_id()
    ));
    listen::tell_exposure(
        address.ip(),
        tls,
        "Whoever has the API token changes the org, and through it what it provisions to.",
        "Use `--listen 127.0.0.1:8090` to be reached from this machine alone.",
    );
    let mut router = org.router();
    if !args.quiet {
        router = router.layer(middleware::from_fn(serve::logged));
    }
    Ok(match beside {
        Some(reference) => router.merge(reference),
        None => router,
    })
}

/// Adds the target's header fields, and tells what is provisioned.
struct Outgoing {
    inner: Arc<dyn Transport>,
    headers: Vec<(String, String)>,
    masker: Masker,
    quiet: bool,
}

impl Transport for Outgoing {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            let mut request = request.clone();
            for (name, value) in &self.headers {
                request.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                request.headers.push((name.clone(), value.clone()));
            }
            let outcome = self.inner.send(&request).await;
            if !self.quiet {
                let came = match &outcome {
                    Ok(response) => response.status.to_string(),
                    Err(error) => error.to_string(),
                };
                let target = serve::readable(request.target(), &self.masker);
                let line = format!("            → {:6} {target}  {came}", request.method);
                say(&self.masker.text(&line));
            }
            outcome
        })
    }
}

/// Waits as long as the target asks for, each time at most as long as a run waits in all.
struct Waiting {
    most: Duration,
}

impl Pacing for Waiting {
    fn wait<'a>(&'a self, why: &'a str, seconds: u64) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            // A server runs on; what is bounded is each wait.
            say(&format!("            {why}"));
            let patience = Patience::new(self.most, super::stopwatch(), Arc::new(|_| {}));
            patience.wait(Duration::from_secs(seconds)).await
        })
    }
}
