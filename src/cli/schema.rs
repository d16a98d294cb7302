//! `scimulate schema`: the JSON Schema of scenario and configuration files, for editors, and of results.

use super::{EXIT_OK, Failed, say};
use crate::config::Config;
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
}

pub(super) fn schema(args: SchemaArgs) -> Result<u8, Failed> {
    let schema = match args.of {
        Of::Scenario => schemars::schema_for!(ScenarioFile),
        Of::Config => schemars::schema_for!(Config),
        // What is written: members that may be left out are optional, all others are always there.
        Of::Result => schemars::generate::SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator()
            .into_root_schema_for::<RunResult>(),
    };
    say(&serde_json::to_string_pretty(&schema).map_err(|error| Failed::io(error.to_string()))?);
    Ok(EXIT_OK)
}
