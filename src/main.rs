//! The command `yaoshi`. See `yaoshi --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    yaoshi::cli::run()
}
