//! `yaoshi ca`, and where the CA is kept.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use etcetera::BaseStrategy;

use super::speech::{complain, say};
use crate::certificates::{self, CERTIFICATE_FILE};
use crate::world::World;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder in which the sandbox keeps its data; without it, the CA is in the user's configuration folder.
    #[arg(long, env = "YAOSHI_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Print the certificate, and on stderr where it lies. It is made if there is none.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let folder = folder(arguments.data.as_deref())
        .ok_or("there is no home folder to keep a CA in: set XDG_CONFIG_HOME, or say --data DIR")?;
    let now = World::real().clock.now();
    let authority = certificates::open(&folder, now).map_err(|error| error.to_string())?;
    complain(&folder.join(CERTIFICATE_FILE).display().to_string());
    say(authority.certificate().trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// The CA's folder: that of the `data`, else the user's own; `None` if there is no such user.
pub(super) fn folder(data: Option<&Path>) -> Option<PathBuf> {
    let users_own = || Some(etcetera::choose_base_strategy().ok()?.config_dir().join("yaoshi"));
    data.map(Path::to_owned).or_else(users_own)
}
