//! The servers that compete, each started as a fresh process on the server's core.

use std::{
    env,
    ffi::OsStr,
    fs,
    fs::File,
    io::{self, BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use super::{
    Outcome,
    load::{self, ask},
    machine::Machine,
    process, sandbox,
    sign::Scheme,
    yardstick,
};

/// One of the servers that are measured.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    program: Program,
    pub(crate) part: Part,
}

#[derive(Clone, Copy)]
enum Program {
    Yardstick,
    Yaoshi {
        log: &'static str,
        to: LogTo,
        keeps: bool,
    },
    /// Another build, in memory.
    Before,
}

/// Where the log (standard error) goes.
#[derive(Clone, Copy)]
enum LogTo {
    /// Kept, and shown when the server fails.
    File,
    Null,
    /// Read as fast as it comes, by a thread beside the load generator.
    Pipe,
}

/// What a server is measured for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The first table: every number of connections.
    Throughput,
    /// The second table: what an option costs, at 16 connections.
    Variant,
    /// The table beside the first one: another build.
    Before,
}

pub(crate) const FLOOR: &str = yardstick::FLOOR;
pub(crate) const WORK_LIMIT: &str = yardstick::WORK_LIMIT;
pub(crate) const YAOSHI: &str = "yaoshi";
pub(crate) const BEFORE: &str = "before";

const ALL: &[Server] = &[
    Server { name: FLOOR, program: Program::Yardstick, part: Part::Throughput },
    Server { name: WORK_LIMIT, program: Program::Yardstick, part: Part::Throughput },
    Server {
        name: YAOSHI,
        program: Program::Yaoshi { log: "warn", to: LogTo::File, keeps: false },
        part: Part::Throughput,
    },
    Server { name: BEFORE, program: Program::Before, part: Part::Before },
    Server {
        name: "info-null",
        program: Program::Yaoshi { log: "info", to: LogTo::Null, keeps: false },
        part: Part::Variant,
    },
    Server {
        name: "data",
        program: Program::Yaoshi { log: "warn", to: LogTo::File, keeps: true },
        part: Part::Variant,
    },
    Server {
        name: "info-pipe",
        program: Program::Yaoshi { log: "info", to: LogTo::Pipe, keeps: false },
        part: Part::Variant,
    },
];

/// The chosen servers and the files they need.
pub(crate) struct Servers<'a> {
    machine: &'a Machine,
    directory: tempfile::TempDir,
    chosen: Vec<&'static Server>,
}

impl<'a> Servers<'a> {
    /// `YAOSHI_BENCH_ONLY`: names with commas between; all servers without it.
    pub(crate) fn prepare(machine: &'a Machine) -> Outcome<Self> {
        let only = env::var("YAOSHI_BENCH_ONLY").unwrap_or_default();
        let mut chosen: Vec<&Server> = Vec::new();
        for name in only.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let server = ALL.iter().find(|server| server.name == name);
            chosen.push(server.ok_or_else(|| {
                let names: Vec<&str> = ALL.iter().map(|server| server.name).collect();
                format!("YAOSHI_BENCH_ONLY: no server {name}; there are {}", names.join(", "))
            })?);
        }
        if chosen.is_empty() {
            chosen = ALL.iter().collect();
        }
        chosen.retain(|server| server.name != BEFORE || process::before().is_some());
        let servers = Self { machine, directory: tempfile::tempdir()?, chosen };
        for keys in [FEW_KEYS, MANY_KEYS] {
            fs::write(servers.sandbox(keys), sandbox::file(keys))?;
        }
        Ok(servers)
    }

    pub(crate) fn chosen(&self) -> &[&'static Server] {
        &self.chosen
    }

    pub(crate) fn start(&self, server: &'static Server, keys: u32) -> Outcome<Running> {
        let log = self.directory.path().join("server.log");
        let mut command = match server.program {
            Program::Yardstick => {
                let mut command = Command::new(env::current_exe()?);
                command.args([yardstick::ROLE, server.name]);
                command
            }
            Program::Yaoshi { log, keeps, .. } => {
                let mut command = self.serving(env!("CARGO_BIN_EXE_yaoshi"), log, keys);
                if keeps {
                    command.arg("--data").arg(self.directory.path().join("data"));
                }
                command
            }
            Program::Before => self.serving(process::before().ok_or("there is no other build")?, "warn", keys),
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(match server.log_to() {
            LogTo::File => File::create(&log)?.into(),
            LogTo::Null => Stdio::null(),
            LogTo::Pipe => Stdio::piped(),
        });
        let child = self
            .machine
            .on_server_core(|| command.spawn())?
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        Running::await_listening(server, child, &log)
    }

    fn serving(&self, program: impl AsRef<OsStr>, log: &str, keys: u32) -> Command {
        let mut command = Command::new(program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--limits", "off"])
            .args(["--log", log, "--sandbox"])
            .arg(self.sandbox(keys))
            .env("XDG_CONFIG_HOME", self.directory.path());
        command
    }

    /// Every server gives the right plaintext to a right request, and 400 to a forged and to a repeated one.
    pub(crate) fn check(&self) -> Outcome<()> {
        for server in &self.chosen {
            let running = self.start(server, FEW_KEYS)?;
            for scheme in Scheme::ALL {
                running.decrypts(scheme, 0)?;
                if server.name == FLOOR {
                    continue; // it does not look
                }
                running.refuses_forged(scheme)?;
                running.refuses_repeated(scheme)?;
            }
        }
        Ok(())
    }

    fn sandbox(&self, keys: u32) -> PathBuf {
        self.directory.path().join(format!("{keys}-keys.toml"))
    }
}

pub(crate) const FEW_KEYS: u32 = 1;
pub(crate) const MANY_KEYS: u32 = 1000;

impl Server {
    fn log_to(&self) -> LogTo {
        match self.program {
            Program::Yardstick | Program::Before => LogTo::File,
            Program::Yaoshi { to, .. } => to,
        }
    }

    /// Whether the number of keys in the sandbox file matters to it.
    pub(crate) fn reads_sandbox(&self) -> bool {
        matches!(self.program, Program::Yaoshi { .. } | Program::Before)
    }
}

/// A server that listens; it is killed when this is dropped.
pub(crate) struct Running {
    pub(crate) server: &'static Server,
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Running {
    fn await_listening(server: &'static Server, mut child: Child, log: &Path) -> Outcome<Self> {
        if let Some(stderr) = child.stderr.take() {
            drain(stderr);
        }
        let stdout = child.stdout.take().ok_or("standard output is piped")?;
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        drain(stdout);

        let mut running = Self { server, address: SocketAddr::from(([127, 0, 0, 1], 0)), child };
        let address = line.trim().strip_prefix("listening on http://");
        let Some(Ok(address)) = address.map(str::parse) else {
            let log = fs::read_to_string(log).unwrap_or_default();
            let begun = format!("{} began with {line:?}, not `listening on http://HOST:PORT`", server.name);
            return Err(format!("{begun}; its log: {log}").into());
        };
        running.address = address;
        Ok(running)
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// One right request.
    pub(crate) fn decrypts(&self, scheme: Scheme, key: u32) -> Outcome<()> {
        let answer = ask(self.address, &signed(scheme, key, false))?;
        self.must(answer, &format!("a right {} Decrypt", scheme.name()), 200, sandbox::PLAINTEXT)
    }

    /// One request whose signature is wrong by a bit.
    fn refuses_forged(&self, scheme: Scheme) -> Outcome<()> {
        let answer = ask(self.address, &signed(scheme, 0, true))?;
        self.must(answer, &format!("a forged {} Decrypt", scheme.name()), 400, "SignatureDoesNotMatch")
    }

    /// A right request a second time.
    fn refuses_repeated(&self, scheme: Scheme) -> Outcome<()> {
        let request = signed(scheme, 0, false);
        ask(self.address, &request)?;
        let answer = ask(self.address, &request)?;
        self.must(answer, &format!("a repeated {} Decrypt", scheme.name()), 400, "SignatureNonceUsed")
    }

    fn must(&self, (status, body): (u16, String), what: &str, expected: u16, containing: &str) -> Outcome<()> {
        if status == expected && body.contains(containing) {
            return Ok(());
        }
        Err(format!("{} answers {what} with {status}, not {expected} {containing}: {body}", self.server.name).into())
    }
}

fn signed(scheme: Scheme, key: u32, forged: bool) -> String {
    let blob = sandbox::ciphertext_blob(key);
    scheme.decrypt(&blob, &load::nonce(), &load::timestamp(), forged)
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads to the end in the background, so that the writer never has to wait.
fn drain(mut from: impl io::Read + Send + 'static) {
    thread::spawn(move || io::copy(&mut from, &mut io::sink()));
}
