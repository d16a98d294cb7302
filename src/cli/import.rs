//! `scimulate import runscope|postman`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::files;
use super::reports::{ReportArgs, code, masked, told};
use super::targets::{Examined, TargetArgs};
use super::{Color, EXIT_PARSE, EXIT_USAGE, Failed, say};
use crate::checks::Subject;
use crate::exchange::Request;
use crate::import::{ImportError, ImportOptions, Postman, Runscope};
use crate::result::Outcome;
use crate::target::names::{PREFIX, mark};
use crate::text::Problem;

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, clap::Subcommand)]
enum Kind {
    /// Run a test in Runscope's export format, as Okta's own suites are. Okta's variables SCIMBaseURL,
    /// auth and those of random values are given values; others come from --variable or --environment.
    Runscope(Box<FileArgs>),
    /// Run a Postman collection, format v2.1, with the scripts of its requests. The variables baseUrl and
    /// SCIMBaseURL are the target's base URL, and token is its bearer token; others come from --variable,
    /// --secret or --environment.
    Postman(Box<FileArgs>),
}

#[derive(Debug, clap::Args)]
struct FileArgs {
    /// The file as it was exported.
    file: PathBuf,
    #[command(flatten)]
    target: TargetArgs,
    /// Environment file, as it was exported; may be repeated.
    #[arg(long, value_name = "FILE")]
    environment: Vec<PathBuf>,
    /// Value of a variable; wins over the file's own; may be repeated.
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = super::run::assignment)]
    variables: Vec<(String, String)>,
    /// Value of a variable that is masked wherever it would be shown; may be repeated.
    #[arg(long = "secret", value_name = "NAME=VALUE", value_parser = super::run::assignment)]
    secrets: Vec<(String, String)>,
    /// Wait where the file says so; without it pauses are skipped.
    #[arg(long)]
    pauses: bool,
    /// Leave on the target what the collection made; without it what was made is deleted at the end.
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    reports: ReportArgs,
    /// Show steps and exchanges too.
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    /// Show only failures and the counts.
    #[arg(short, long)]
    quiet: bool,
}

enum Collection {
    Runscope(Runscope),
    Postman(Postman),
}

/// Runs the command.
pub(super) fn import(args: ImportArgs, color: Color) -> Result<u8, Failed> {
    match args.kind {
        Kind::Runscope(args) => {
            let test = parsed(&args.file, Runscope::parse)?;
            run(&args, Collection::Runscope(test), color)
        }
        Kind::Postman(args) => {
            let collection = parsed(&args.file, Postman::parse)?;
            run(&args, Collection::Postman(collection), color)
        }
    }
}

/// The text of a file of JSON.
fn read(path: &Path) -> Result<String, Failed> {
    let text = files::text(path)?;
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(Failed::wrong(&Problem::json(path, &text, &error, "export it again, as JSON"))),
    }
}

fn parsed<T>(path: &Path, parse: fn(&str) -> Result<T, ImportError>) -> Result<T, Failed> {
    parse(&read(path)?).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &ImportError) -> Failed {
    let code = if matches!(error, ImportError::Variable { .. }) { EXIT_USAGE } else { EXIT_PARSE };
    Failed { code, message: format!("{} cannot be run: {error}", path.display()) }
}

fn run(args: &FileArgs, mut collection: Collection, color: Color) -> Result<u8, Failed> {
    for path in &args.environment {
        let text = read(path)?;
        match &mut collection {
            Collection::Runscope(test) => test.environment(&text),
            Collection::Postman(collection) => collection.environment(&text),
        }
        .map_err(|error| unusable(path, &error))?;
    }
    let seed = super::random();
    let mark = mark(PREFIX, seed);
    let Examined { name: target, subject, masker, ledger } = args.target.subject(&mark)?;
    args.secrets.iter().for_each(|(_, secret)| masker.add(secret));
    let runtime = super::runtime()?;
    let interruption = ledger.interruption();
    super::on_signals(&runtime, "this collection", &interruption, Some(&ledger));
    if !args.target.is_remote() {
        // Okta's suite asks for a service that has a user already.
        runtime.block_on(one_user(&subject)).map_err(Failed::io)?;
    }
    let mut headers = subject.headers.clone();
    headers.extend(subject.authorization.clone().map(|value| ("Authorization".to_owned(), value)));
    let mut variables: BTreeMap<String, String> =
        args.variables.iter().chain(&args.secrets).cloned().collect();
    if matches!(collection, Collection::Postman(_)) {
        for name in ["baseUrl", "SCIMBaseURL"] {
            variables.entry(name.to_owned()).or_insert_with(|| subject.base_url.clone());
        }
        if let Some(token) = subject.authorization.as_deref().and_then(|value| value.strip_prefix("Bearer "))
        {
            variables.entry("token".to_owned()).or_insert_with(|| token.to_owned());
        }
    }
    let stem = args.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let options = ImportOptions {
        name: stem.unwrap_or_else(|| "collection".into()),
        target,
        base_url: subject.base_url.clone(),
        headers,
        variables,
        transport: ledger.unguarded(),
        masker: masker.clone(),
        elapsed: super::stopwatch(),
        seed,
        now: super::now().as_second(),
        pauses: args.pauses,
        mark,
        interruption: interruption.clone(),
        ledger: (args.target.is_remote() && !args.keep).then_some(ledger),
        events: Arc::new(told(color, args.verbose, args.quiet, &masker)),
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let result = runtime.block_on(async {
        match &collection {
            Collection::Runscope(test) => test.run(&options).await,
            Collection::Postman(collection) => collection.run(&options).await,
        }
    });
    let result = masked(&result.map_err(|error| unusable(&args.file, &error))?, &masker)?;
    let steps = result.scenarios.iter().flat_map(|scenario| &scenario.steps);
    let passed = steps.clone().filter(|step| step.outcome == Outcome::Passed).count();
    let failed = steps.clone().filter(|step| step.outcome == Outcome::Failed).count();
    let blocked = steps.filter(|step| matches!(step.outcome, Outcome::Blocked { .. })).count();
    say(&format!("requests: {passed} passed, {failed} failed, {blocked} blocked"));
    args.reports.write(&result)?;
    let counts = result.counts();
    let broken = interruption.is_raised() || counts.errors > 0;
    Ok(code(counts.failed > 0, &result.left_behind, broken, passed > 0))
}

/// Makes one user on a fresh reference.
async fn one_user(subject: &Subject) -> Result<(), String> {
    let body = serde_json::json!({
        "schemas": [crate::urn::USER],
        "userName": "resident@example.com",
        "name": { "givenName": "Rosalind", "familyName": "Resident" },
        "emails": [{ "value": "resident@example.com", "type": "work", "primary": true }],
        "active": true,
    })
    .to_string();
    let mut headers = vec![
        ("Host".to_owned(), "reference.test".to_owned()),
        ("Content-Type".to_owned(), "application/scim+json".to_owned()),
        ("Content-Length".to_owned(), body.len().to_string()),
    ];
    headers.extend(subject.authorization.clone().map(|value| ("Authorization".to_owned(), value)));
    let request = Request {
        method: "POST".into(),
        url: format!("{}/Users", subject.base_url),
        headers,
        body: Some(Bytes::from(body)),
    };
    let response = subject.transport.send(&request).await.map_err(|error| error.to_string())?;
    if response.status == 201 {
        Ok(())
    } else {
        Err(format!("the reference did not take its first user: {}", response.status))
    }
}
