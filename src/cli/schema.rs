//! `scimulate schema`: the JSON Schema of scenario and configuration files, for editors, and of results and explanations.

use schemars::generate::{SchemaGenerator, SchemaSettings};

use super::{EXIT_OK, Failed, say};
use crate::config::Config;
use crate::explain::Report;
use crate::result::RunResult;
use crate::scenario::ScenarioFile;

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub(super) struct SchemaArgs {
    /// Of which files.
    #[arg(value_enum, default_value_t = Of::Scenario)]
    of: Of,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Of {
    Scenario,
    Config,
    /// What `--report-json` writes.
    Result,
    /// What `explain --report-json` writes.
    Explanation,
}

/// Of what is written: members that may be left out are optional, all others are always there.
fn written() -> SchemaGenerator {
    SchemaSettings::draft2020_12().for_serialize().into_generator()
}

pub(super) fn schema(args: SchemaArgs) -> Result<u8, Failed> {
    let schema = match args.of {
        Of::Scenario => schemars::schema_for!(ScenarioFile),
        Of::Config => schemars::schema_for!(Config),
        Of::Result => written().into_root_schema_for::<RunResult>(),
        Of::Explanation => written().into_root_schema_for::<Report>(),
    };
    say(&serde_json::to_string_pretty(&schema).map_err(|error| Failed::io(error.to_string()))?);
    Ok(EXIT_OK)
}
