//! The real binary as a process of its own.

use std::{
    env,
    ffi::{OsStr, OsString},
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{
    Outcome,
    load::{self, ask},
    sandbox,
    sign::Scheme,
};

/// A running `yaoshi`, killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first answer.
    pub(crate) first_answer: Duration,
}

/// Another build to measure beside this one, named by `YAOSHI_BENCH_BEFORE`.
pub(crate) fn before() -> Option<OsString> {
    env::var_os("YAOSHI_BENCH_BEFORE").filter(|program| !program.is_empty())
}

/// Start this build with a sandbox file, keys in the folder `data` if there is one, and wait for its first answer.
pub(crate) fn start(sandbox_file: &Path, data: Option<&Path>) -> Outcome<Running> {
    start_program(env!("CARGO_BIN_EXE_yaoshi").as_ref(), sandbox_file, data)
}

/// The same with the build `program`.
pub(crate) fn start_program(program: &OsStr, sandbox_file: &Path, data: Option<&Path>) -> Outcome<Running> {
    let mut command = Command::new(program);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--limits", "off", "--log", "warn", "--sandbox"])
        .arg(sandbox_file)
        .args(data.iter().flat_map(|folder| ["--data".as_ref(), folder.as_os_str()]))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let begun = Instant::now();
    let mut child = command.spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("standard output is piped")?).read_line(&mut line)?;
    let address = line.trim().strip_prefix("listening on http://").ok_or("it does not listen")?.parse()?;
    let mut running = Running { child, address, first_answer: Duration::ZERO };
    running.decrypt()?;
    running.first_answer = begun.elapsed();
    Ok(running)
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn decrypt(&self) -> Outcome<()> {
        let request = Scheme::V1Get.decrypt(&sandbox::ciphertext_blob(0), &load::nonce(), &load::timestamp(), false);
        match ask(self.address, &request)? {
            (200, body) if body.contains(sandbox::PLAINTEXT) => Ok(()),
            (status, body) => Err(format!("a right Decrypt is answered with {status}: {body}").into()),
        }
    }

    /// Tell it to stop, and wait until it has.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM)?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("it stopped with {status}").into()) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
