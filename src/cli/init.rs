//! `scimulate init`: a starter for one's own endpoint.

use std::path::{Path, PathBuf};

use super::{EXIT_OK, Failed, say};

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub(super) struct InitArgs {
    /// Where to.
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Write also where the environment variable CI is set.
    #[arg(long)]
    force: bool,
}

const CONFIG: &str = r#"# Targets for `scimulate run --target NAME`.

[target.mine]
base-url = "https://scim.example.com/scim/v2"      # as it would be entered in Okta
auth = { type = "bearer", token-env = "SCIM_TOKEN" }

# What SCIM does not carry, where an API of yours shows it: organizations, roles, sync-log. Without it such
# expectations are reported as not observed.
# [target.mine.observe.organizations]
# url = "https://scim.example.com/admin/teams"
# items = "/teams"                                                 # JSON Pointer to the list
# fields = { name = "/title", users = "/people/*/login" }          # JSON Pointers in an item
# next = "/links/next"                                             # JSON Pointer to the next page, if there is one
"#;

const SCENARIO: &str = r"# yaml-language-server: $schema=./scimulate.schema.json
title: A person who is assigned and unassigned is active and then is not
people:
  ada: { login: ada@example.com, firstName: Ada, lastName: Lovelace }
steps:
  - okta.test-credentials: {}
  - okta.assign: { user: ada }
  - expect.user: { user: ada, active: true, attributes: { name.givenName: Ada, name.familyName: Lovelace } }
  - okta.unassign: { user: ada }
  - expect.user: { user: ada, active: false }
";

const WORKFLOW: &str = r"name: SCIM
on: [push]
jobs:
  scimulate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      # scimulate is built from a checkout of its sources: fill in where they are.
      - uses: actions/checkout@v4
        with: { repository: OWNER/scimulate, path: scimulate-source }
      - run: cargo install --locked --path scimulate-source
      - run: scimulate run scenarios --target mine --report-junit scim.xml --report-github
        env:
          SCIM_TOKEN: ${{ secrets.SCIM_TOKEN }}
";

/// Runs the command. A file that is there already stops it before anything is written.
pub(super) fn init(args: &InitArgs) -> Result<u8, Failed> {
    super::may_write(args.force, "init")?;
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(crate::scenario::ScenarioFile))
        .map_err(|error| Failed::io(error.to_string()))?;
    let files = [
        ("scimulate.toml", CONFIG),
        ("scenarios/first.yaml", SCENARIO),
        ("scenarios/scimulate.schema.json", &schema),
        (".github/workflows/scim.yml", WORKFLOW),
    ];
    let path = |name: &str| args.directory.join(name);
    if let Some((name, _)) = files.iter().find(|(name, _)| path(name).exists()) {
        return Err(Failed::usage(format!(
            "{} is there already, and nothing was written; move it away or choose another folder",
            path(name).display()
        )));
    }
    for (name, text) in files {
        write(&path(name), text)?;
        say(&format!("wrote {}", path(name).display()));
    }
    say("\nTry `scimulate run scenarios` in that folder, then set base-url and run with --target mine.");
    Ok(EXIT_OK)
}

fn write(path: &Path, text: &str) -> Result<(), Failed> {
    let failed = |error: std::io::Error| Failed::io(format!("{} cannot be written: {error}", path.display()));
    crate::snapshot::write_whole(path, text).map_err(failed)
}
