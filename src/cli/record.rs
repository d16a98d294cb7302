//! `scimulate record`: a reverse proxy that writes what goes through it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use super::listen::{self, LimitArgs};
use super::{EXIT_IO, EXIT_OK, Failed, say, say_error, tls};
use crate::capture::{Captured, HarWriter, Operation, Privacy, Proxy, Recogniser, Upstream, base_of, shown};
use crate::exchange::{Limits, TcpOptions};
use crate::serving::Listening;

/// After so long without a request, what has begun is told as it stands.
const QUIET: Duration = Duration::from_secs(3);

/// Arguments of `record`.
#[derive(Debug, clap::Args)]
pub(super) struct RecordArgs {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    listen: String,
    /// Server behind the proxy. The path of each request is put after this URL.
    #[arg(long, value_name = "URL")]
    upstream: String,
    /// File to write; it is whole after every exchange.
    #[arg(short, long, value_name = "FILE", default_value = "capture.har")]
    output: PathBuf,
    /// Write over the file if it exists.
    #[arg(long)]
    force: bool,
    /// Write names, addresses and other personal data under pseudonyms, the same one everywhere.
    #[arg(long)]
    pseudonymize: bool,
    /// PEM file with the certificate, and those of its issuers, to serve HTTPS.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// PEM file with the certificate's private key.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Do not verify the certificate of the server behind.
    #[arg(short = 'k', long)]
    insecure: bool,
    /// PEM file with further root certificates.
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Seconds for making a connection to the server behind.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    connect_timeout: u64,
    /// Seconds that the server behind may send nothing; Okta waits 60.
    #[arg(short = 'm', long, value_name = "SECONDS", default_value_t = 60)]
    max_time: u64,
    /// Most bytes of a body that are written; all of it goes through.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().body)]
    body_limit: usize,
    /// Print a line for each exchange too.
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    /// Print nothing while it runs.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Runs the command until it is interrupted.
pub(super) fn record(args: &RecordArgs) -> Result<u8, Failed> {
    let tls = tls::given(args.tls_cert.as_ref(), args.tls_key.as_ref())?;
    let cacert_pem = match &args.cacert {
        Some(path) => Some(super::files::bytes(path)?),
        None => None,
    };
    let options = TcpOptions {
        insecure: args.insecure,
        cacert_pem,
        connect_timeout: Duration::from_secs(args.connect_timeout),
        max_time: Duration::from_secs(args.max_time),
        proxy: None,
        http2: true,
        limits: Limits::default(),
    };
    let upstream =
        Upstream::new(&args.upstream, &options).map_err(|error| Failed::usage(error.to_string()))?;
    let (sender, receiver) = channel();
    let proxy = Proxy {
        upstream,
        limit: args.body_limit,
        now: Arc::new(super::now),
        stopwatch: Arc::new(super::stopwatch),
        // The receiver lives until the proxy has ended.
        sink: Arc::new(move |captured| drop(sender.send(captured))),
    };
    let runtime = super::runtime()?;
    let change = "Choose another with --listen";
    let (listener, address) = runtime.block_on(listen::bound(&args.listen, &args.listen, change))?;
    let book = Book::new(args)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    say(&format!(
        "Recording proxy for {}\n  base URL: {scheme}://{address}\n  writes: {}\n\nPress Ctrl-C to stop.\n",
        shown(&args.upstream),
        args.output.display()
    ));
    listen::tell_exposure(
        address.ip(),
        tls.is_some(),
        "Whoever reaches it reaches the server behind it through this machine, and is recorded.",
        "Use `--listen 127.0.0.1:8081` to be reached from this machine alone.",
    );
    let writer = std::thread::spawn(move || book.keep(&receiver));
    let listening = Listening { listener, tls, limits: args.limits.limits() };
    runtime.block_on(listen::until_interrupted(|stop| proxy.serve(listening, stop)));
    // Ends what is still on its way, so that it is written too.
    runtime.shutdown_timeout(Duration::from_secs(1));
    let whole = writer.join().unwrap_or(false);
    Ok(if whole { EXIT_OK } else { EXIT_IO })
}

/// What is written and told of the exchanges.
struct Book {
    writer: HarWriter<File>,
    path: PathBuf,
    privacy: Privacy,
    recogniser: Option<Recogniser>,
    number: usize,
    whole: bool,
    verbose: bool,
    quiet: bool,
}

impl Book {
    fn new(args: &RecordArgs) -> Result<Self, Failed> {
        let file = opened(&args.output, args.force)?;
        let writer = HarWriter::new(file, env!("CARGO_PKG_VERSION"))
            .map_err(|error| Failed::io(format!("{} cannot be written: {error}", args.output.display())))?;
        Ok(Self {
            writer,
            path: args.output.clone(),
            privacy: Privacy::new(args.pseudonymize),
            recogniser: None,
            number: 0,
            whole: true,
            verbose: args.verbose,
            quiet: args.quiet,
        })
    }

    /// Takes exchanges until the proxy has ended; says whether all of them were written.
    fn keep(mut self, exchanges: &Receiver<Captured>) -> bool {
        loop {
            match exchanges.recv_timeout(QUIET) {
                Ok(captured) => self.exchange(&captured),
                Err(RecvTimeoutError::Timeout) => self.tell_the_rest(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.tell_the_rest();
        say(&format!("{} exchanges in {}", self.writer.entries(), self.path.display()));
        self.whole
    }

    fn exchange(&mut self, captured: &Captured) {
        let clean = self.privacy.clean(captured);
        if let Err(error) = self.writer.append(&clean)
            && std::mem::take(&mut self.whole)
        {
            say_error(&format!(
                "{} cannot be written: {error}. Requests go on; what follows is not recorded",
                self.path.display()
            ));
        }
        self.number += 1;
        if self.quiet {
            return;
        }
        let line = shown(&crate::exchange::percent_decode(&clean.exchange.summary()));
        if self.verbose || clean.exchange.outcome.is_err() {
            say(&format!("{}  {line}", time()));
        }
        if self.recogniser.is_none()
            && let Some(base_url) = base_of(&clean.exchange.request.url)
        {
            self.recogniser = Some(Recogniser::new(&base_url, "App"));
        }
        let number = self.number;
        let done = self.recogniser.as_mut().map(|recogniser| recogniser.observe(number, &clean));
        tell(&done.unwrap_or_default());
    }

    fn tell_the_rest(&mut self) {
        if !self.quiet
            && let Some(recogniser) = &mut self.recogniser
        {
            tell(&recogniser.finish());
        }
    }
}

fn opened(path: &Path, force: bool) -> Result<File, Failed> {
    let mut options = File::options();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    options.open(path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            Failed::usage(format!(
                "{} exists; choose another file with --output, or write over it with --force",
                path.display()
            ))
        } else {
            Failed::io(format!("{} cannot be written: {error}", path.display()))
        }
    })
}

fn tell(operations: &[Operation]) {
    for operation in operations {
        match operation.stop.as_ref().map(|stop| stop.message.text()) {
            None => say(&format!("{}  {}", time(), operation.title())),
            Some(None) => {
                say(&format!("{}  {}  failed: Okta stops without a message", time(), operation.title()));
            }
            Some(Some(message)) => {
                say(&format!("{}  {}  failed\n          {}", time(), operation.title(), shown(&message)))
            }
        }
    }
}

fn time() -> String {
    super::now().strftime("%H:%M:%S").to_string()
}
