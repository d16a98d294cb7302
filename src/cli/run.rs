//! `scimulate run`.

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;

use super::dialect::DialectArg;
use super::files::{self, Loaded};
use super::reports::{ReportArgs, exit_code, masked, told};
use super::targets::{Chosen, TargetArgs};
use super::{Color, EXIT_NOTHING, EXIT_OK, Failed, say};
use crate::clients::Dialect;
use crate::clients::operation::Switches;
use crate::scenario::{self, RunOptions, Scenario};
use crate::snapshot::UpdateMode;
use crate::target::names::{PREFIX, mark};

/// Most reasons that are shown when nothing can run.
const REASONS: usize = 10;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    /// Scenario files or folders, or names of built-in scenarios, e.g. `okta/lifecycle`; all built-in
    /// scenarios when there is none.
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
    /// How the client speaks: `oin` (Okta, catalogue template), `aiw` (Okta, App Integration Wizard), `all`
    /// (both of Okta's), or `entra` (Microsoft Entra's client; less attested, and never part of `all`).
    #[arg(long, value_enum, default_value_t = DialectArg::ALL)]
    dialect: DialectArg,
    /// A switch for behaviour of which the evidence is split, over what scenarios say; `scimulate list
    /// switches` shows them. May be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    switch: Vec<(String, String)>,
    /// Only scenarios with one of these tags; may be repeated.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// No scenario with one of these tags; may be repeated.
    #[arg(long, value_name = "TAG")]
    exclude_tag: Vec<String>,
    /// Only a part of the scenarios: `slice:M/N` or `hash:M/N`.
    #[arg(long, value_name = "PART")]
    partition: Option<Partition>,
    /// Scenario runs at once; 8 against a remote target, else one for each processor.
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// Begin no further scenario after the first failure.
    #[arg(long, conflicts_with = "max_fail")]
    fail_fast: bool,
    /// Begin no further scenario after so many failures.
    #[arg(long, value_name = "N")]
    max_fail: Option<usize>,
    /// Show what would run, and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// What to do with snapshots that are missing or differ: auto, new, always, unseen, no, force.
    #[arg(long, value_name = "MODE", env = "SCIMULATE_UPDATE", default_value = "auto")]
    update: UpdateMode,
    /// Folder of the snapshots, if not `snapshots` beside the scenarios.
    #[arg(long, value_name = "DIR")]
    snapshots: Option<PathBuf>,
    /// Value of a variable; may be repeated.
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = assignment)]
    variables: Vec<(String, String)>,
    /// Value of a variable that is masked wherever it would be shown; may be repeated.
    #[arg(long = "secret", value_name = "NAME=VALUE", value_parser = assignment)]
    secrets: Vec<(String, String)>,
    /// Leave on the target what the scenarios created; without it that is deleted.
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

/// A part of the scenarios, as in nextest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Partition {
    hash: bool,
    part: u64,
    of: u64,
}

impl std::str::FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not a partition; write it like slice:1/3 or hash:2/3");
        let (kind, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (part, of) = rest.split_once('/').ok_or_else(wrong)?;
        let (part, of): (u64, u64) = (part.parse().map_err(|_| wrong())?, of.parse().map_err(|_| wrong())?);
        let hash = match kind {
            "hash" => true,
            "slice" => false,
            _ => return Err(wrong()),
        };
        if part == 0 || part > of { Err(wrong()) } else { Ok(Self { hash, part, of }) }
    }
}

impl Partition {
    fn holds(self, index: usize, name: &str) -> bool {
        // FNV-1a: the same on every machine and in every version.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let number = if self.hash { hash } else { index as u64 };
        number % self.of == self.part - 1
    }
}

pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| format!("`{text}` has no `=`; write it like name=value"))
}

/// Runs the command.
pub(super) fn run(args: RunArgs, color: Color) -> Result<u8, Failed> {
    let mark = mark(PREFIX, super::random());
    let Chosen { targets, dialects, overrides, masker, interruption, ledger } = args.target.choose(&mark)?;
    let Loaded { scenarios, snapshots } = files::load(&args.paths, args.snapshots.as_deref(), overrides)?;
    switches(&args.switch)?;
    let scenarios = switched(select(&args, scenarios), &args.switch)?;
    let dialects = chosen_dialects(args.dialect, dialects)?;
    let any =
        scenarios.iter().any(|scenario| scenario.dialects.iter().any(|dialect| dialects.contains(dialect)));
    if !any {
        let reasons = dialects.iter().flat_map(|dialect| {
            let reason = |scenario: &Arc<Scenario>| {
                Some(format!(
                    "{} [{}] is not: {}",
                    scenario.name,
                    dialect.as_str(),
                    scenario.skipped_in(*dialect)?
                ))
            };
            scenarios.iter().filter_map(reason)
        });
        let reasons: String = reasons.take(REASONS).map(|reason| format!("\n  {reason}")).collect();
        return Err(Failed {
            code: EXIT_NOTHING,
            message: format!(
                "no scenario was selected; look at `scimulate list scenarios` and at --tag, --exclude-tag, --dialect and --partition{reasons}"
            ),
        });
    }
    if args.dry_run {
        for scenario in &scenarios {
            for dialect in scenario.dialects.iter().filter(|dialect| dialects.contains(dialect)) {
                say(&format!("{} [{}]: {}", scenario.name, dialect.as_str(), scenario.title));
            }
        }
        return Ok(EXIT_OK);
    }

    let mut variables: IndexMap<String, String> = args.variables.iter().cloned().collect();
    for (name, value) in &args.secrets {
        masker.add(value);
        variables.insert(name.clone(), value.clone());
    }
    let runtime = super::runtime()?;
    super::on_signals(&runtime, "this run", &interruption, ledger.as_ref());
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    let options = RunOptions {
        snapshots,
        // What a defect makes of the state is not to be kept.
        update: if args.target.is_defective() { UpdateMode::No } else { args.update },
        ci: super::is_ci(),
        variables,
        masker: masker.clone(),
        stopwatch: super::stopwatch(),
        events: Arc::new(told(color, args.verbose, args.quiet, &masker)),
        jobs: args.jobs.unwrap_or(if args.target.is_remote() { 8 } else { processors }),
        max_fail: if args.fail_fast { Some(1) } else { args.max_fail },
        patience: args.target.patience(),
        interruption: interruption.clone(),
        keep: args.keep,
        dialects,
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let result = runtime
        .block_on(scenario::run(&scenarios, targets, options))
        .map_err(|error| Failed::io(error.to_string()))?;
    let result = masked(&result, &masker)?;
    args.reports.write(&result)?;
    Ok(exit_code(&result, interruption.is_raised()))
}

fn select(args: &RunArgs, scenarios: Vec<Arc<Scenario>>) -> Vec<Arc<Scenario>> {
    let tagged = |scenario: &Scenario, tags: &[String]| tags.iter().any(|tag| scenario.tags.contains(tag));
    scenarios
        .into_iter()
        .filter(|scenario| args.tag.is_empty() || tagged(scenario, &args.tag))
        .filter(|scenario| !tagged(scenario, &args.exclude_tag))
        .enumerate()
        .filter(|(index, scenario)| args.partition.is_none_or(|part| part.holds(*index, &scenario.name)))
        .map(|(_, scenario)| scenario)
        .collect()
}

/// The switches with those that were given.
pub(super) fn switches(given: &[(String, String)]) -> Result<Switches, Failed> {
    with_switches(Switches::default(), given)
}

fn with_switches(switches: Switches, given: &[(String, String)]) -> Result<Switches, Failed> {
    given
        .iter()
        .try_fold(switches, |switches, (name, value)| switches.with(name, value))
        .map_err(Failed::usage)
}

/// The scenarios with these switches in their apps.
fn switched(scenarios: Vec<Arc<Scenario>>, given: &[(String, String)]) -> Result<Vec<Arc<Scenario>>, Failed> {
    if given.is_empty() {
        return Ok(scenarios);
    }
    let one = |scenario: Arc<Scenario>| {
        let mut scenario = Arc::unwrap_or_clone(scenario);
        scenario.app.switches = with_switches(scenario.app.switches, given)?;
        Ok(Arc::new(scenario))
    };
    scenarios.into_iter().map(one).collect()
}

fn chosen_dialects(argument: DialectArg, configured: Option<Vec<String>>) -> Result<Vec<Dialect>, Failed> {
    let mut chosen = match (argument.0, configured) {
        (Some(dialect), _) => vec![dialect],
        (None, None) => Dialect::OKTA.to_vec(),
        (None, Some(names)) => names
            .iter()
            .map(|name| {
                Dialect::ALL.into_iter().find(|dialect| dialect.as_str() == name).ok_or_else(|| {
                    Failed::usage(format!(
                        "`{name}` in `dialects` is no dialect; the dialects are oin, aiw and entra"
                    ))
                })
            })
            .collect::<Result<_, _>>()?,
    };
    // Okta's come first, so that they are compared with one another.
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("slice:0/3")]
    #[case("slice:4/3")]
    #[case("hash:1")]
    #[case("count:1/2")]
    #[case("slice:a/b")]
    fn what_is_no_partition_is_refused_with_an_example(#[case] text: &str) {
        assert!(text.parse::<Partition>().unwrap_err().contains("slice:1/3"));
    }

    #[rstest::rstest]
    fn the_parts_of_a_partition_together_hold_everything_once(#[values("slice", "hash")] kind: &str) {
        let parts: Vec<Partition> = (1..=3).map(|part| format!("{kind}:{part}/3").parse().unwrap()).collect();
        for index in 0..50 {
            let name = format!("scenario-{index}");
            assert_eq!(parts.iter().filter(|part| part.holds(index, &name)).count(), 1);
        }
    }
}
