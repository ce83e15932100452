//! Child processes: the server under test, and programs that call it.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

pub const YAOSHI: &str = env!("CARGO_BIN_EXE_yaoshi");

/// The configuration folder of those who run the programs under test.
const CONFIG_FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/config");

/// The CA's certificate, in the place where all servers here keep it.
pub const CA: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/config/yaoshi/ca.pem");

/// A running `yaoshi serve`, killed at the latest when it is dropped.
pub struct Server {
    process: Mutex<Child>,
    address: String,
    _out: BufReader<ChildStdout>,
}

impl Server {
    pub fn start(options: &[[&str; 2]]) -> Result<Self, String> {
        let mut command = sealed(YAOSHI);
        command.arg("serve").args(options.as_flattened()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| format!("{YAOSHI}: {error}"))?;
        let mut out = BufReader::new(process.stdout.take().expect("stdout is piped"));
        let mut first_line = String::new();
        out.read_line(&mut first_line).map_err(|error| error.to_string())?;
        let address = first_line.trim_end().strip_prefix("listening on http://").map(str::to_owned);
        let mut server = Self { process: Mutex::new(process), address: String::new(), _out: out };
        server.address = address.ok_or_else(|| format!("yaoshi serve {options:?} began with {first_line:?}"))?;
        Ok(server)
    }

    /// `HOST:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Ask it to stop, as a shell or a container would, and see it end well.
    pub fn stop(&self) -> Result<(), String> {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if cfg!(not(unix)) {
            return process.kill().map_err(|error| error.to_string());
        }
        output(sealed("sh").args(["-c", "kill -TERM $0", &process.id().to_string()]))?;
        for _ in 0..200 {
            match process.try_wait().map_err(|error| error.to_string())? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("{status} after SIGTERM")),
                None => thread::sleep(Duration::from_millis(50)),
            }
        }
        Err("still there ten seconds after SIGTERM".to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let process = self.process.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(process.kill());
        drop(process.wait());
    }
}

/// A command that sees no setting of Yaoshi or of an SDK, no proxy and no CA of its user's own, whoever runs the tests.
pub fn sealed(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let upper = name.to_string_lossy().to_uppercase();
        let ours = ["YAOSHI", "ALIBABA", "ALIYUN"].iter().any(|prefix| upper.starts_with(prefix));
        if ours || upper == "DEBUG" || upper.ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    command.env("XDG_CONFIG_HOME", CONFIG_FOLDER);
    command
}

/// What `command` prints on stdout. An error, with all it said, when it fails.
pub fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{name}: {error}"))?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(said(&output.stdout))
    } else {
        Err(format!("{name}: {}\n{}{}", output.status, said(&output.stdout), said(&output.stderr)))
    }
}
