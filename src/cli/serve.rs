//! `yaoshi serve`.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::panic;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::https::Certificate;
use super::progress;
use super::signals::{Signal, Signals, exit_status};
use crate::call::Limits;
use crate::config::{Data, Options, SandboxFile, WELL_KNOWN_ACCESS_KEY};
use crate::dialect::alibaba::is_region;
use crate::journal::{Ending, Log, Lost, Style};
use crate::sandbox::{Assembly, LAST_MOMENT};
use crate::server;
use crate::world::{Clock, World};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, env = "YAOSHI_LISTEN", default_value = "127.0.0.1:7220", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,

    /// A further name by which the server is reached; may be given more than once.
    #[arg(long, env = "YAOSHI_HOSTNAME", value_delimiter = ',', value_name = "NAME")]
    hostname: Vec<String>,

    #[command(flatten)]
    certificate: Certificate,

    /// Who there is and which keys (TOML). Without it: AccessKey yaoshi / yaoshi and no keys.
    #[arg(long, env = "YAOSHI_SANDBOX", value_name = "FILE")]
    sandbox: Option<PathBuf>,

    /// Keep keys in this folder, made if it is not there. Without it they are gone when the process ends.
    #[arg(long, env = "YAOSHI_DATA", value_name = "FOLDER", conflicts_with = "seed")]
    data: Option<PathBuf>,

    /// The key that everything in --data is sealed under: base64 of 32 bytes. Default: root.key in that folder, made
    /// with it.
    #[arg(long, env = "YAOSHI_ROOT_KEY_FILE", value_name = "FILE", requires = "data")]
    root_key_file: Option<PathBuf>,

    /// Forget every key in --data and begin with those of --sandbox.
    #[arg(long, env = "YAOSHI_SANDBOX_RESET", value_parser = BoolishValueParser::new(), requires = "data")]
    sandbox_reset: bool,

    /// The region of calls and keys that name none.
    #[arg(long, env = "YAOSHI_REGION", default_value = crate::config::DEFAULT_REGION, value_parser = region)]
    region: String,

    /// Calls a second for each caller and action: as documented, off, or a number.
    #[arg(long, env = "YAOSHI_LIMITS", default_value = "documented", value_parser = limits, value_name = "documented|off|NUMBER")]
    limits: Limits,

    /// Let all ids, key material and IVs follow from a number. Insecure, for tests.
    #[arg(long, env = "YAOSHI_SEED", value_name = "NUMBER")]
    seed: Option<u64>,

    /// Take any signature. AccessKeys must still be known, and permissions still apply.
    #[arg(long, env = "YAOSHI_NO_VERIFY", value_parser = BoolishValueParser::new())]
    no_verify: bool,

    /// Connections at once; more wait.
    #[arg(long, env = "YAOSHI_MAX_CONNECTIONS", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "NUMBER")]
    max_connections: u32,

    #[command(flatten)]
    risks: Risks,

    /// What to log, on stderr: a level (off, error, warn, info, debug) or a tracing filter.
    #[arg(long, env = "YAOSHI_LOG", default_value = "info", value_parser = filter, value_name = "FILTER")]
    log: String,

    /// How to write the log.
    #[arg(long, env = "YAOSHI_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,
}

/// What is refused beyond loopback unless it is said that it is meant.
#[derive(Debug, Args)]
struct Risks {
    /// Listen beyond loopback although everybody knows the AccessKey yaoshi / yaoshi.
    #[arg(long, env = "YAOSHI_ALLOW_WELL_KNOWN_CREDENTIALS", value_parser = BoolishValueParser::new())]
    allow_well_known_credentials: bool,

    /// Listen beyond loopback although --no-verify takes any signature.
    #[arg(long, env = "YAOSHI_ALLOW_NO_VERIFY", value_parser = BoolishValueParser::new())]
    allow_no_verify: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let world = arguments.seed.map_or_else(World::real, World::seeded);
    let (lost, _ending) =
        start_log(arguments, Arc::clone(&world.clock)).map_err(|error| format!("cannot start threads: {error}"))?;
    let options = options(arguments)?;
    let now = world.clock.now();
    let mut progress = progress::bar(Arc::clone(&world.clock));
    let assembly = Assembly::logging(&options, world, lost, &mut progress).map_err(|error| error.to_string())?;
    refuse_what_is_unsafe(arguments, &assembly)?;
    assembly.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let https =
        arguments.certificate.prepare(arguments.data.as_deref(), &arguments.hostname, arguments.listen.ip(), now)?;
    let limits = server::Limits { connections: arguments.max_connections as usize, ..server::Limits::default() };
    let runtime = runtime().map_err(|error| format!("cannot start threads: {error}"))?;
    let cut_off = runtime.block_on(async {
        let listener = TcpListener::bind(arguments.listen)
            .await
            .map_err(|error| format!("cannot listen on {}: {error}", arguments.listen))?;
        let address = listener.local_addr().map_err(|error| format!("cannot tell the port: {error}"))?;
        let signals = Signals::listen();
        announce(announcement(address, &https.notice, &assembly, arguments))
            .map_err(|error| format!("cannot start threads: {error}"))?;
        let (stop, stopped) = oneshot::channel();
        let stopped = async { stopped.await.unwrap_or(()) };
        Ok::<_, String>(until_stopped(signals, stop, assembly.serve(listener, limits, Some(https.tls), stopped)).await)
    })?;
    // What still goes on cannot be interrupted, and ends with the process.
    runtime.shutdown_timeout(if cut_off.is_some() { Duration::ZERO } else { LAST_MOMENT });
    Ok(cut_off.map_or(ExitCode::SUCCESS, |signal| exit_status(signal).into()))
}

/// Serve until the first signal, then as long as that takes to end. A second signal, which is returned, cuts it off.
async fn until_stopped(
    mut signals: Signals,
    stop: oneshot::Sender<()>,
    serving: impl Future<Output = ()>,
) -> Option<Signal> {
    let told_twice = async {
        signals.next().await;
        drop(stop);
        signals.next().await
    };
    tokio::select! {
        () = serving => None,
        signal = told_twice => Some(signal),
    }
}

/// From here on everything that is told goes into the log, panics too: nothing else may write to stderr, since it may
/// fail there, or wait for ever.
fn start_log(arguments: &Arguments, clock: Arc<dyn Clock>) -> io::Result<(Lost, Ending)> {
    let style = match arguments.log_format {
        LogFormat::Json => Style::Json,
        LogFormat::Text if io::stderr().is_terminal() => Style::Colored,
        LogFormat::Text => Style::Text,
    };
    let (log, lost, ending) = Log::start(style, clock, io::stderr())?;
    tracing_subscriber::registry().with(EnvFilter::new(&arguments.log)).with(log).init();
    panic::set_hook(Box::new(|panic| tracing::error!(target: "yaoshi::panic", "{panic}")));
    Ok((lost, ending))
}

fn options(arguments: &Arguments) -> Result<Options, String> {
    let file = arguments.sandbox.as_deref().map(SandboxFile::read).transpose().map_err(|error| error.to_string())?;
    let data = arguments.data.clone().map(|folder| Data {
        folder,
        root_key_file: arguments.root_key_file.clone(),
        reset: arguments.sandbox_reset,
    });
    Ok(Options {
        file,
        data,
        region: arguments.region.as_str().into(),
        limits: arguments.limits,
        verify_signatures: !arguments.no_verify,
        seed: arguments.seed,
        hostnames: arguments.hostname.clone(),
        https: true,
    })
}

fn refuse_what_is_unsafe(arguments: &Arguments, assembly: &Assembly) -> Result<(), String> {
    if arguments.listen.ip().is_loopback() {
        return Ok(());
    }
    if arguments.seed.is_some() {
        return Err("--seed makes every key foreseeable: it is refused beyond loopback".to_owned());
    }
    if arguments.no_verify && !arguments.risks.allow_no_verify {
        return Err(
            "--no-verify lets everybody in who knows an AccessKey's ID: beyond loopback only with --allow-no-verify"
                .to_owned(),
        );
    }
    if assembly.has_well_known_access_key && !arguments.risks.allow_well_known_credentials {
        return Err(format!(
            "everybody knows the AccessKey {WELL_KNOWN_ACCESS_KEY} / {WELL_KNOWN_ACCESS_KEY}, and {} can be reached \
             from elsewhere: give AccessKeys of your own with --sandbox, or say --allow-well-known-credentials",
            arguments.listen
        ));
    }
    Ok(())
}

/// One thread a core; with a single core, no threads.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut builder = if cores == 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    builder.enable_all().build()
}

fn announcement(address: SocketAddr, https: &str, assembly: &Assembly, arguments: &Arguments) -> String {
    let mut lines = vec![format!("listening on http://{address}"), https.to_owned()];
    if arguments.seed.is_some() {
        lines.push("INSECURE: with --seed all ids and keys can be foretold; for tests only".to_owned());
    }
    if arguments.no_verify {
        lines.push("INSECURE: with --no-verify any signature is taken".to_owned());
    }
    if assembly.has_well_known_access_key {
        lines.push(format!("AccessKey ID {WELL_KNOWN_ACCESS_KEY}, AccessKey secret {WELL_KNOWN_ACCESS_KEY}"));
        lines.push(format!("try: yaoshi call CreateKey --endpoint http://{address}"));
    } else {
        let file = arguments.sandbox.as_deref().unwrap_or("".as_ref());
        lines.push(format!("AccessKeys are those of {}", file.display()));
    }
    lines.join("\n")
}

/// Whoever started us may not read on, or not read at all: nothing waits for that.
fn announce(text: String) -> io::Result<()> {
    let write = move || {
        let mut out = io::stdout().lock();
        drop(writeln!(out, "{text}").and_then(|()| out.flush()));
    };
    thread::Builder::new().name("announcement".to_owned()).spawn(write).map(drop)
}

fn limits(text: &str) -> Result<Limits, String> {
    match text {
        "documented" => Ok(Limits::Documented),
        "off" => Ok(Limits::Off),
        number => number
            .parse::<NonZeroU32>()
            .map(Limits::Each)
            .map_err(|_| "it is documented, off, or a number of calls a second".to_owned()),
    }
}

fn region(text: &str) -> Result<String, String> {
    if is_region(text) { Ok(text.to_owned()) } else { Err("a region is written like cn-hangzhou".to_owned()) }
}

fn filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}
