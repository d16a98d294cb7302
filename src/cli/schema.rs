//! `scimulate schema`: the JSON Schema of scenario and configuration files, for editors.

use super::{EXIT_OK, Failed, say};
use crate::config::Config;
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
}

pub(super) fn schema(args: SchemaArgs) -> Result<u8, Failed> {
    let schema = match args.of {
        Of::Scenario => schemars::schema_for!(ScenarioFile),
        Of::Config => schemars::schema_for!(Config),
    };
    say(&serde_json::to_string_pretty(&schema).map_err(|error| Failed::io(error.to_string()))?);
    Ok(EXIT_OK)
}
