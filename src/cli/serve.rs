//! `scimulate serve`: the reference service provider on a socket.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;

use super::defects::Defect;
use super::listen::{self, LimitArgs};
use super::targets::{Leniency, PresetArg};
use super::{EXIT_OK, Failed, say, tls};
use crate::exchange::{Masker, TcpOptions, percent_decode};
use crate::panel::{Panel, PanelOptions};
use crate::reference::http::{Reference, ReferenceOptions, Refusal, bad_request};
use crate::serving::{Limits, Listening};

/// The provider that there is from the start.
const PROVIDER: &str = "Okta";

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Whoever signs in to the pages is signed out after an hour of real time without a request, when they sign out, and when the server ends; advancing the service's clock signs nobody out.")]
pub(super) struct ServeArgs {
    /// Address or host name to listen on; 0.0.0.0 is every address of the machine.
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    host: String,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,
    /// PEM file with the certificate, and those of its issuers, to serve HTTPS.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// PEM file with the certificate's private key.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Origin under which clients reach the server, when it stands behind a proxy or tunnel.
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// How the reference behaves.
    #[arg(long, value_enum, default_value_t = PresetArg::Seed)]
    preset: PresetArg,
    /// What it takes although no preset does: `text-booleans` for the texts "True" and "False", as Microsoft
    /// Entra sends them by default.
    #[arg(long, value_enum, value_name = "WHAT")]
    lenient: Option<Leniency>,
    /// How many users there are from the start.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    people: usize,
    /// Decides identifiers, secrets and people; random when left out.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Deliberate defect to switch on, see `scimulate list faults`; may be repeated.
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
    /// Password of the console's user `admin@reference.test`; random when left out.
    #[arg(long, value_name = "PASSWORD", env = "SCIMULATE_CONSOLE_PASSWORD", hide_env_values = true)]
    console_password: Option<String>,
    /// Print no line for each request.
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Runs the command until it is interrupted.
pub(super) fn serve(args: ServeArgs) -> Result<u8, Failed> {
    let tls = tls::given(args.tls_cert.as_ref(), args.tls_key.as_ref())?;
    let change = "Choose another with --host and --port";
    let limits = args.limits.limits();
    listen((&args.host, args.port), change, tls, limits, bad_request, |address, tls| {
        prepare(&args, address, tls)
    })
}

/// Serves what `prepare` makes of the address, until the program is interrupted; `refuse` answers requests that are
/// for nobody.
pub(super) fn listen(
    (host, port): (&str, u16),
    change: &str,
    tls: Option<rustls::ServerConfig>,
    limits: Limits,
    refuse: fn(&str) -> Response,
    prepare: impl FnOnce(SocketAddr, bool) -> Result<axum::Router, Failed>,
) -> Result<u8, Failed> {
    let runtime = super::runtime()?;
    let outcome = runtime.block_on(async move {
        let (listener, address) = listen::bound((host, port), &format!("{host}:{port}"), change).await?;
        let router = prepare(address, tls.is_some())?;
        listen::serve(Listening { listener, tls, limits }, router, refuse).await;
        Ok(EXIT_OK)
    });
    runtime.shutdown_background();
    outcome
}

/// The origin under which callers reach the address.
pub(super) fn origin(host: &str, address: SocketAddr, tls: bool) -> String {
    // A certificate names a host, so the address that was resolved from a name would not do.
    let host = if address.ip().is_unspecified() { "127.0.0.1" } else { host };
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    format!("{}://{host}:{}", if tls { "https" } else { "http" }, address.port())
}

/// Makes the service and tells how to reach it.
fn prepare(args: &ServeArgs, address: SocketAddr, tls: bool) -> Result<axum::Router, Failed> {
    let origin = match &args.origin {
        Some(origin) => origin.trim_end_matches('/').to_owned(),
        None => origin(&args.host, address, tls),
    };
    let console_username = "admin@reference.test".to_owned();
    let console_password =
        args.console_password.clone().unwrap_or_else(|| format!("{:016x}", super::random()));
    let seed = args.seed.unwrap_or_else(super::random);
    let reference = Reference::new(ReferenceOptions {
        preset: args.preset.into(),
        origin: origin.clone(),
        start: super::now(),
        live: Some(Arc::new(super::now)),
        seed,
        console_username: console_username.clone(),
        console_password: console_password.clone(),
    });
    reference.take_text_booleans(args.lenient.is_some());
    let provider = reference.add_provider(PROVIDER).map_err(Failed::io)?;
    reference.add_people(&provider, args.people).map_err(Failed::io)?;
    let mut faults = Vec::new();
    for name in &args.fault {
        match Defect::named(name)? {
            Defect::Exchange(fault) => faults.push(fault),
            _ => return Err(Defect::not_for(name, "`serve` can switch on, which change single exchanges")),
        }
    }
    let people = args.people;
    let panel = Panel::new(
        reference,
        PanelOptions {
            faults,
            fill: Arc::new(move |reference| {
                let provider = reference.add_provider(PROVIDER)?;
                reference.add_people(&provider, people)
            }),
            now: Arc::new(super::now),
            seed,
            tcp: TcpOptions::default(),
        },
    );
    say(&format!(
        "SCIM provider for Okta\n  base URL: {}\n  username: {}\n  password: {}\n\nConsole\n  pages: {origin}/administration\n  API: {origin}/console/v1\n  username: {console_username}\n  password: {console_password}\n\nPress Ctrl-C to stop.",
        provider.base_url, provider.username, provider.password
    ));
    listen::tell_exposure(
        address.ip(),
        tls,
        "Whoever has the provider's password changes users and groups, and whoever has the console's password everything else; discovery answers without one.",
        "Use `--host 127.0.0.1` to be reached from this machine alone.",
    );
    let router = panel.router();
    Ok(if args.quiet { router } else { router.layer(middleware::from_fn(logged)) })
}

/// One line for each request: time, status, method and path, bytes, duration; why, when it was refused.
pub(super) async fn logged(request: Request, next: Next) -> Response {
    let elapsed = super::stopwatch();
    let method = request.method().clone();
    let masker = Masker::new();
    let target = request.uri().path_and_query();
    let target = target.map_or_else(String::new, |target| readable(target.as_str(), &masker));
    let response = next.run(request).await;
    let why = response
        .extensions()
        .get::<Refusal>()
        .map(|Refusal(why)| format!("\n          {}", one_line(&masker.text(why))));
    let size = response.body().size_hint().exact().unwrap_or_default();
    say(&format!(
        "{}  {}  {:6} {target}  {size} bytes, {:.1} ms{}",
        super::now().strftime("%H:%M:%S"),
        response.status().as_u16(),
        method.as_str(),
        elapsed().as_secs_f64() * 1e3,
        why.unwrap_or_default(),
    ));
    response
}

/// A target as a person reads it: escapes decoded, secrets masked before that.
pub(super) fn readable(target: &str, masker: &Masker) -> String {
    one_line(&percent_decode(&masker.text(target)))
}

/// Without anything that would move the cursor and so forge a line.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
