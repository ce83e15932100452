//! What a command says. `println!` and `eprintln!` would end the process where nobody listens.

use std::io::{self, Write};

/// Say what was asked for. Errors: it cannot be said.
pub(super) fn say(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|error| format!("cannot write to stdout: {error}"))
}

/// Say on stderr what went wrong, or what is to be known besides. Where it cannot be said, the exit status tells.
pub(super) fn complain(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}
