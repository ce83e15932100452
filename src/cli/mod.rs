//! The command line: one file a command.

mod ca;
mod call;
mod check;
mod client;
mod env;
mod exit_codes;
mod health;
mod https;
mod progress;
mod serve;
mod signals;
mod speech;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use speech::complain;

/// A local Alibaba Cloud KMS, for official SDKs by endpoint override.
///
/// Without a command it serves: point an SDK at <http://127.0.0.1:7220> with the AccessKey yaoshi / yaoshi.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_long_help = AFTER_HELP)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Arguments,
}

const AFTER_HELP: &str = "\
First steps:
  yaoshi                                       start the sandbox
  yaoshi call CreateKey                        make a key
  yaoshi call Encrypt KeyId=ID Plaintext=aGk=  encrypt under it
  eval \"$(yaoshi env)\"                         point SDKs and tools here
  yaoshi ca > ca.pem                           what https clients have to trust
  yaoshi check sandbox.toml                    validate a sandbox file";

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the sandbox (the default).
    Serve(serve::Arguments),
    /// Print the CA certificate that clients have to trust for https; make the CA if there is none.
    Ca(ca::Arguments),
    /// Make a signed call and print the answer.
    Call(call::Arguments),
    /// Validate a sandbox file.
    Check(check::Arguments),
    /// Print the environment variables that point SDKs and tools here.
    Env(env::Arguments),
    /// Ask whether a sandbox is up.
    Health(health::Arguments),
}

/// Run the command that the arguments name.
pub fn run() -> ExitCode {
    let CommandLine { command, serve } = CommandLine::parse();
    let outcome = match command.unwrap_or(Command::Serve(serve)) {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Ca(arguments) => ca::run(&arguments),
        Command::Call(arguments) => call::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Env(arguments) => env::run(&arguments),
        Command::Health(arguments) => health::run(&arguments),
    };
    outcome.unwrap_or_else(|complaint| {
        complain(&format!("yaoshi: {complaint}"));
        ExitCode::FAILURE
    })
}
