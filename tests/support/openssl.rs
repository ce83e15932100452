//! The `openssl` in the PATH: a peer that shares no code with Yaoshi.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::process::{Command, Output, Stdio};
use std::sync::{Once, OnceLock};

use tempfile::TempDir;

/// A folder of its own to run `openssl` in.
pub struct OpenSsl(TempDir);

impl OpenSsl {
    /// `None` without OpenSSL 3.0 or later that knows SM2: a line on stderr tells it once, and with `CI=true` it is a
    /// failure.
    #[track_caller]
    pub fn find() -> Option<Self> {
        static MISSING: OnceLock<Option<String>> = OnceLock::new();
        static TOLD: Once = Once::new();
        let Some(what) = MISSING.get_or_init(missing) else { return Some(Self(tempfile::tempdir().unwrap())) };
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "{what}");
        // The macros' output is held back where tests pass.
        let line = format!("{what}: tests that need it are left out\n");
        TOLD.call_once(|| io::stderr().write_all(line.as_bytes()).unwrap());
        None
    }

    /// Put a file there.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.path().join(name), content).unwrap();
    }

    /// What `openssl` with these arguments, separated by blanks, makes of `input`.
    #[track_caller]
    pub fn run(&self, arguments: &str, input: impl AsRef<[u8]>) -> Vec<u8> {
        let done = self.end(arguments, input.as_ref());
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "openssl {arguments}: {}\n{said}", done.status);
        done.stdout
    }

    /// The same, where it is text.
    #[track_caller]
    pub fn text(&self, arguments: &str, input: impl AsRef<[u8]>) -> String {
        String::from_utf8(self.run(arguments, input)).unwrap()
    }

    fn end(&self, arguments: &str, input: &[u8]) -> Output {
        let mut command = Command::new("openssl");
        command.args(arguments.split_whitespace()).current_dir(&self.0);
        let mut running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // One that fails may not read all.
        let _ = running.stdin.take().unwrap().write_all(input);
        running.wait_with_output().unwrap()
    }
}

/// What is not there.
fn missing() -> Option<String> {
    let says = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()
    };
    let Some(version) = says(&["version"]) else { return Some("there is no openssl in the PATH".to_owned()) };
    // LibreSSL has an `openssl`, too.
    let major = version.strip_prefix("OpenSSL ").and_then(|number| number.split('.').next()?.parse().ok());
    if major.is_none_or(|major: u32| major < 3) {
        return Some(format!("the openssl in the PATH is {}, not OpenSSL 3.0 or later", version.trim_end()));
    }
    let has_sm2 = says(&["list", "-public-key-algorithms"]).is_some_and(|algorithms| algorithms.contains("SM2"));
    (!has_sm2).then(|| "the openssl in the PATH knows no SM2".to_owned())
}
