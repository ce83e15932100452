//! The SDKs themselves: exact releases from the package registries, kept under `target/` under a name that follows
//! from what is asked for. Each is made under another name and then renamed, so that a half-made one is never used
//! and two test runs at once do not hurt.

use std::fmt;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::process::{output, sealed};

const REQUIREMENTS: &str = "tests/sdk/requirements.txt";
const NODE_PACKAGE: [&str; 2] = ["package.json", "package-lock.json"];

/// What cannot be had here, and what mends that; why it is so has been said on stderr.
pub struct Missing(String);

impl Missing {
    /// Tell once, in full, what mends it.
    fn new(what: &str, why: &str, mend: &str) -> Self {
        eprintln!("\n{what}: {why}\nTo run these tests: {mend}\n");
        Self(format!("{what}; try: {mend}"))
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A virtual environment with the official Python SDKs.
pub struct Python(PathBuf);

impl Python {
    pub fn prepare() -> Result<Self, Missing> {
        let (python, version) = Self::find().ok_or_else(|| {
            let mend = "sudo apt-get install python3 python3-venv (or the like)";
            Missing::new("no Python", "none with the modules venv and ensurepip, 3.7 or later, is in the PATH", mend)
        })?;
        let install = |folder: &Path| {
            output(sealed(python).args(["-m", "venv"]).arg(folder))?;
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries=2"];
            output(Command::new(interpreter(folder)).args(pip).args(["-r", REQUIREMENTS]))
        };
        let requirements = fs::read_to_string(REQUIREMENTS).expect("the requirements are part of the sources");
        installed("sdk-venv", (requirements, version), install).map(|folder| Self(interpreter(&folder))).map_err(
            |error| Missing::new("no Python SDKs", &error, "PIP_INDEX_URL=<an index in reach> cargo test --test sdk"),
        )
    }

    /// A Python that can make virtual environments, and what it says of itself.
    fn find() -> Option<(&'static str, String)> {
        let ask = "import sys, venv, ensurepip; print(sys.version); sys.exit(sys.version_info < (3, 7))";
        ["python3", "python"].into_iter().find_map(|name| Some((name, output(sealed(name).args(["-c", ask])).ok()?)))
    }

    /// Run a program of the repository.
    pub fn run(&self, program: &str) -> Command {
        let mut command = self.command();
        command.arg(program);
        command
    }

    pub fn command(&self) -> Command {
        let mut command = sealed(&self.0);
        command.args(["-E", "-B"]);
        command
    }
}

fn interpreter(venv: &Path) -> PathBuf {
    venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

/// A folder with the official Node SDKs in its `node_modules`.
pub struct Node {
    folder: PathBuf,
    /// Where programs are copied to: a module's imports are looked for from the folder it lies in.
    programs: TempDir,
}

impl Node {
    pub fn prepare() -> Result<Self, Missing> {
        let mend = "install Node.js 16 or later, with npm";
        let version = output(sealed("node").args(["--input-type=module", "-e", "await console.log(process.version)"]))
            .map_err(|error| Missing::new("no Node.js", &error, mend))?;
        let sources: Vec<_> = NODE_PACKAGE.map(|name| Path::new("tests/sdk/node").join(name)).into();
        let text = sources.iter().map(|file| fs::read(file).expect("it is part of the sources")).collect::<Vec<_>>();
        let install = |folder: &Path| {
            for (source, name) in sources.iter().zip(NODE_PACKAGE) {
                fs::copy(source, folder.join(name)).map_err(|error| error.to_string())?;
            }
            let npm = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
            output(Command::new("npm").args(npm).current_dir(folder))
        };
        let node = installed("sdk-node", (text, version), install).and_then(|folder| {
            let programs = TempDir::new_in(&folder).map_err(|error| error.to_string())?;
            Ok(Self { folder, programs })
        });
        node.map_err(|error| {
            Missing::new("no Node SDKs", &error, "npm_config_registry=<a registry in reach> cargo test --test sdk")
        })
    }

    /// Run a program of the repository.
    pub fn run(&self, program: &str) -> Result<Command, String> {
        let copy = self.programs.path().join(Path::new(program).file_name().expect("a program has a name"));
        fs::copy(program, &copy).map_err(|error| format!("{program}: {error}"))?;
        let mut command = sealed("node");
        command.arg(copy).current_dir(&self.folder);
        Ok(command)
    }
}

/// The folder under `target/` for these `contents`, made by `make` unless it is there already.
fn installed(
    name: &str,
    contents: impl Hash,
    make: impl FnOnce(&Path) -> Result<String, String>,
) -> Result<PathBuf, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it lies within target");
    let mut hash = DefaultHasher::new();
    contents.hash(&mut hash);
    let folder = target.join(format!("{name}-{:016x}", hash.finish()));
    if !folder.exists() {
        let new = TempDir::with_prefix_in(format!("{name}-new-"), target).map_err(|error| error.to_string())?;
        make(new.path())?;
        match fs::rename(new.path(), &folder) {
            Ok(()) => drop(new.keep()),
            Err(_) if folder.exists() => (), // somebody else was faster
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(folder)
}
