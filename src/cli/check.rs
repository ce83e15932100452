//! `yaoshi check`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::speech::{complain, say};
use crate::config::{DEFAULT_REGION, SandboxFile, load};
use crate::world::World;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The sandbox file.
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let file = SandboxFile::read(&arguments.file).map_err(|error| error.to_string())?;
    let contents = load(Some(&file), DEFAULT_REGION, World::real().clock.now()).map_err(|error| error.to_string())?;
    for warning in &contents.warnings {
        complain(&format!("warning: {warning}"));
    }
    let counts = contents.counts;
    say(&format!(
        "{} is right; accounts: {}, users: {}, policies: {}, keys: {}",
        arguments.file.display(),
        counts.accounts,
        counts.users,
        counts.policies,
        counts.keys
    ))?;
    Ok(ExitCode::SUCCESS)
}
