//! `scimulate sweep`: what earlier runs left on a target.

use serde_json::Value;

use super::reports::code;
use super::targets::{Examined, TargetArgs};
use super::{Failed, say, say_error};
use crate::exchange::{Request, Response, host, percent_encode, segment};
use crate::target::Pages;
use crate::target::names::{PREFIX, run_of};

/// Arguments of `sweep`.
#[derive(Debug, clap::Args)]
pub(super) struct SweepArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Delete them; without it they are listed.
    #[arg(long)]
    delete: bool,
    /// Only what this run created: the eight digits after the prefix in its names.
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Only what was created so long ago at least, by meta.created: `30m`, `1h`, `2d`. What says no time is left alone.
    #[arg(long, value_name = "TIME")]
    older: Option<jiff::Span>,
    /// What the names begin with, where --prefix was given to the runs.
    #[arg(long, value_name = "TEXT", default_value = PREFIX)]
    prefix: String,
}

/// One resource that an earlier run created.
struct Found {
    path: String,
    name: String,
    created: Option<jiff::Timestamp>,
}

/// Groups first, so that none loses its members before it goes itself.
const COLLECTIONS: [(&str, &str); 2] = [("Groups", "displayName"), ("Users", "userName")];

/// Runs the command.
pub(super) fn sweep(args: &SweepArgs) -> Result<u8, Failed> {
    if !args.target.is_remote() {
        return Err(Failed::usage("there is nothing to sweep without a target; give one with --target"));
    }
    let before = match &args.older {
        None => None,
        Some(span) => {
            let now = super::now().to_zoned(jiff::tz::TimeZone::UTC);
            let before = now.checked_sub(*span).map_err(|error| Failed::usage(error.to_string()))?;
            Some(before.timestamp())
        }
    };
    let runtime = super::runtime()?;
    let examined = args.target.subject("")?;
    let interruption = examined.ledger.interruption();
    super::on_signals(&runtime, "the sweep", &interruption, None);
    runtime.block_on(async {
        let mut found = Vec::new();
        for (collection, attribute) in COLLECTIONS {
            let listed = all(args, &examined, collection, attribute).await?;
            found.extend(listed.iter().filter_map(|resource| {
                let found = described(args, collection, attribute, resource)?;
                let old = before.is_none_or(|before| found.created.is_some_and(|created| created < before));
                old.then_some(found)
            }));
        }
        let mut left = Vec::new();
        for Found { path, name, created } in &found {
            let created = created.map_or_else(|| "no time".to_owned(), |time| time.to_string());
            let mut line = format!("{path}  {name}  {created}");
            if args.delete && !interruption.is_raised() {
                match send(&examined, "DELETE", path).await {
                    Ok(response) if response.is_success() || response.status == 404 => {
                        line.push_str("  deleted");
                    }
                    Ok(response) => {
                        line.push_str(&format!("  not deleted: {} {}", response.status, response.reason));
                        left.push(format!("{path} ({name})"));
                    }
                    Err(error) => {
                        line.push_str(&format!("  not deleted: {error}"));
                        left.push(format!("{path} ({name})"));
                    }
                }
            }
            say(&super::serve::one_line(&examined.masker.text(&line)));
        }
        say(&match (found.len(), args.delete) {
            (0, _) => {
                format!("{} has nothing whose name begins with {}-<run id>-", examined.name, args.prefix)
            }
            (count, false) => format!("{count} found; --delete deletes them"),
            (count, true) => format!("{count} found, {} deleted", count - left.len()),
        });
        Ok(code(false, &left, interruption.is_raised(), true))
    })
}

/// What a resource is called and when it was made, if a run named it.
fn described(args: &SweepArgs, collection: &str, attribute: &str, resource: &Value) -> Option<Found> {
    let name = resource.get(attribute)?.as_str()?;
    let run = run_of(&args.prefix, name)?;
    if args.run.as_ref().is_some_and(|wanted| !wanted.eq_ignore_ascii_case(&run)) {
        return None;
    }
    let id = resource.get("id")?.as_str()?;
    let created = resource.pointer("/meta/created").and_then(Value::as_str);
    Some(Found {
        path: format!("/{collection}/{}", segment(id).ok()?),
        name: name.to_owned(),
        created: created.and_then(|created| created.parse().ok()),
    })
}

/// The resources whose names begin like those of runs, or all where the service cannot filter so.
async fn all(
    args: &SweepArgs,
    examined: &Examined,
    collection: &str,
    attribute: &str,
) -> Result<Vec<Value>, Failed> {
    let filter = format!("{attribute} sw {}", Value::from(format!("{}-", args.prefix)));
    let filter = format!("filter={}&", percent_encode(&filter));
    for filter in [filter.as_str(), ""] {
        let mut pages = Pages::default();
        while let Some(next) = pages.next() {
            pages.take(send(examined, "GET", &format!("/{collection}?{filter}{next}")).await.ok().as_ref());
        }
        if let Some((resources, whole)) = pages.all() {
            if !whole {
                say_error(&format!(
                    "/{collection} has more pages than are read; only the first {} resources were looked at",
                    resources.len()
                ));
            }
            return Ok(resources);
        }
    }
    // A service without groups has nothing to sweep there.
    match send(examined, "GET", &format!("/{collection}")).await {
        Ok(response) if [404, 501].contains(&response.status) => Ok(Vec::new()),
        Ok(response) => Err(Failed::io(format!(
            "GET /{collection} was answered with {} {} and no list; look at the base URL and the credentials",
            response.status, response.reason
        ))),
        Err(error) => Err(Failed::io(format!("{error}; look at the base URL and whether the service runs"))),
    }
}

async fn send(
    examined: &Examined,
    method: &str,
    path: &str,
) -> Result<Response, crate::exchange::TransportError> {
    let subject = &examined.subject;
    let url = format!("{}{path}", subject.base_url.trim_end_matches('/'));
    let mut headers = vec![
        ("Host".to_owned(), host(&url).to_owned()),
        ("Accept".to_owned(), "application/scim+json".to_owned()),
    ];
    headers.extend(subject.headers.clone());
    headers.extend(subject.authorization.clone().map(|value| ("Authorization".to_owned(), value)));
    let transport = examined.ledger.unguarded();
    let request = transport.as_sent(Request { method: method.into(), url, headers, body: None });
    transport.send(&request).await
}
