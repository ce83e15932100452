//! The judges: unmodified official SDKs, driven against the built binary. The promises are written in
//! `sdk/scenarios.py` and `sdk/key_pairs.py`; here each becomes one test for every flavour of client that
//! `sdk/clients.py` knows. The Python of README.md and the programs of `examples/` run as well.

#[path = "sdk/process.rs"]
mod process;
#[path = "sdk/toolbox.rs"]
mod toolbox;

use std::collections::HashMap;
use std::env;
use std::fs;
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde::Deserialize;

use process::{CA, Server, output};
use toolbox::{Missing, Node, Python};

const README: &str = "README.md";
const README_ADDRESS: &str = "127.0.0.1:7220";

/// How the Node SDKs come to the server; of the Python SDKs, each flavour has its own way.
const PROTOCOLS: [&str; 2] = ["http", "https"];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(2);
    let suite = Arc::new(Suite::new());
    let conclusion = libtest_mimic::run(&arguments, suite.trials());
    match suite.server.get() {
        Some(Ok(server)) => match server.stop() {
            Ok(()) => conclusion.exit_code(),
            Err(error) => {
                eprintln!("the server did not stop as it should: {error}");
                ExitCode::FAILURE
            }
        },
        _ => conclusion.exit_code(),
    }
}

/// What the tests share. All of it is made by the first test that needs it.
struct Suite {
    server: OnceLock<Result<Server, String>>,
    python: OnceLock<Result<Python, Missing>>,
    node: OnceLock<Result<Node, Missing>>,
    /// The scenarios as each flavour of the Python SDK saw them.
    flavours: Vec<(String, OnceLock<Report>)>,
    /// The checks of the Node SDKs, by each of `PROTOCOLS`.
    node_reports: [OnceLock<Report>; PROTOCOLS.len()],
    readme_address: Mutex<()>,
}

/// What a driver found: an error or none by scenario. `Err` when the driver itself failed.
type Report = Result<HashMap<String, Option<String>>, String>;

/// A line that a driver prints.
#[derive(Deserialize)]
struct Line {
    scenario: String,
    error: Option<String>,
}

impl Suite {
    fn new() -> Self {
        Self {
            server: OnceLock::new(),
            python: OnceLock::new(),
            node: OnceLock::new(),
            flavours: flavours().into_iter().map(|flavour| (flavour, OnceLock::new())).collect(),
            node_reports: PROTOCOLS.map(|_| OnceLock::new()),
            readme_address: Mutex::new(()),
        }
    }

    /// Scenario by scenario, so that neighbours belong to different flavours: each flavour's first test runs all of
    /// its scenarios, and the others of that flavour wait for it.
    fn trials(self: &Arc<Self>) -> Vec<Trial> {
        let mut trials = Vec::new();
        for scenario in scenarios() {
            for (index, (flavour, _)) in self.flavours.iter().enumerate() {
                let name = format!("{flavour}::{scenario}");
                let scenario = scenario.clone();
                trials.push(self.python_trial(name, move |suite, python| suite.scenario(python, index, &scenario)));
            }
        }
        for (line, block) in python_blocks(&fs::read_to_string(README).unwrap_or_default()) {
            let name = format!("{README}::python_at_line_{line}");
            trials.push(self.python_trial(name, move |suite, python| suite.readme_block(python, &block)));
        }
        trials.push(self.python_trial("examples::decrypt.py", Self::decrypt_py));
        trials.push(self.python_trial("examples::permission_test", |_, python| permission_test(python)));
        for check in node_checks() {
            for (index, protocol) in PROTOCOLS.iter().enumerate() {
                let (name, check) = (format!("node-{protocol}::{check}"), check.clone());
                trials.push(self.node_trial(name, move |suite, node| suite.node_check(node, index, &check)));
            }
        }
        trials.push(self.node_trial("examples::decrypt.mjs", Self::decrypt_mjs));
        trials
    }

    /// Ignored where Python cannot be had, but not in continuous integration.
    fn python_trial<F>(self: &Arc<Self>, name: impl Into<String>, run: F) -> Trial
    where
        F: FnOnce(&Self, &Python) -> Result<(), Failed> + Send + 'static,
    {
        let suite = Arc::clone(self);
        Trial::ignorable_test(name, move || match suite.python.get_or_init(Python::prepare) {
            Ok(python) => run(&suite, python).map(|()| Completion::Completed),
            Err(missing) if env::var("CI").is_ok_and(|value| value == "true") => Err(missing.to_string().into()),
            Err(missing) => Ok(Completion::ignored_with(missing)),
        })
    }

    /// Ignored where Node cannot be had: the README does not ask for it.
    fn node_trial<F>(self: &Arc<Self>, name: impl Into<String>, run: F) -> Trial
    where
        F: FnOnce(&Self, &Node) -> Result<(), Failed> + Send + 'static,
    {
        let suite = Arc::clone(self);
        Trial::ignorable_test(name, move || match suite.node.get_or_init(Node::prepare) {
            Ok(node) => run(&suite, node).map(|()| Completion::Completed),
            Err(missing) => Ok(Completion::ignored_with(missing)),
        })
    }

    /// Where the one server listens that all clients share.
    fn address(&self) -> Result<&str, String> {
        let start = || {
            Server::start(&[
                ["--listen", "127.0.0.1:0"],
                ["--sandbox", "tests/sdk/sandbox.toml"],
                ["--limits", "off"],
                ["--log", "warn"],
            ])
        };
        self.server.get_or_init(start).as_ref().map(Server::address).map_err(Clone::clone)
    }

    fn scenario(&self, python: &Python, flavour: usize, scenario: &str) -> Result<(), Failed> {
        let (flavour, report) = &self.flavours[flavour];
        let drive = || {
            let mut driver = python.run("tests/sdk/run.py");
            driver.args([flavour, self.address()?]).envs([("YAOSHI_CA", CA), ("ALIBABA_CLOUD_CA_BUNDLE", CA)]);
            drive(&mut driver, &scenarios())
        };
        verdict(report.get_or_init(drive), scenario)
    }

    fn node_check(&self, node: &Node, protocol: usize, check: &str) -> Result<(), Failed> {
        let drive = || {
            let mut driver = node.run("tests/sdk/node/run.mjs")?;
            driver.args([PROTOCOLS[protocol], self.address()?]).env("NODE_EXTRA_CA_CERTS", CA);
            drive(&mut driver, &node_checks())
        };
        verdict(self.node_reports[protocol].get_or_init(drive), check)
    }

    fn readme_block(&self, python: &Python, block: &str) -> Result<(), Failed> {
        let _mine = self.readme_address.lock().unwrap_or_else(PoisonError::into_inner);
        let server = Server::start(&[["--listen", README_ADDRESS], ["--log", "warn"]])?;
        output(python.command().args(["-c", block]))?;
        Ok(server.stop()?)
    }

    fn decrypt_py(&self, python: &Python) -> Result<(), Failed> {
        says_hello(python.run("examples/decrypt.py").env("YAOSHI_ENDPOINT", self.address()?))
    }

    fn decrypt_mjs(&self, node: &Node) -> Result<(), Failed> {
        says_hello(node.run("examples/decrypt.mjs")?.env("YAOSHI_ENDPOINT", self.address()?))
    }
}

/// The server is the example's own.
fn permission_test(python: &Python) -> Result<(), Failed> {
    let mut pytest = python.command();
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "examples/permission_test"]);
    output(pytest.env("YAOSHI", process::YAOSHI))?;
    Ok(())
}

/// Run a driver, which must speak of exactly these scenarios.
fn drive(driver: &mut Command, scenarios: &[String]) -> Report {
    let mut report = HashMap::new();
    for line in output(driver)?.lines() {
        let Line { scenario, error } =
            serde_json::from_str(line).map_err(|error| format!("a line that is none of ours: {line}: {error}"))?;
        if !scenarios.contains(&scenario) {
            return Err(format!("the driver ran {scenario}, which is no test here"));
        }
        report.insert(scenario, error);
    }
    Ok(report)
}

fn verdict(report: &Report, scenario: &str) -> Result<(), Failed> {
    match report.as_ref()?.get(scenario) {
        Some(None) => Ok(()),
        Some(Some(error)) => Err(error.into()),
        None => Err("the driver did not run it".into()),
    }
}

fn says_hello(program: &mut Command) -> Result<(), Failed> {
    let said = output(program)?;
    if said.contains("hello, world") { Ok(()) } else { Err(said.into()) }
}

/// The keys of `FLAVOURS` in clients.py.
fn flavours() -> Vec<String> {
    let line = |line: &str| Some(line.strip_prefix("    \"")?.split_once("\": Flavour(")?.0.to_owned());
    named("tests/sdk/clients.py", include_str!("sdk/clients.py").lines().filter_map(line))
}

/// The functions in scenarios.py and key_pairs.py that are decorated with `@scenario`.
fn scenarios() -> Vec<String> {
    let after = |text: &str| Some(text.strip_prefix("def ")?.split_once('(')?.0.to_owned());
    let of = |file, text: &str| named(file, text.split("\n@scenario\n").skip(1).filter_map(after));
    [
        of("tests/sdk/scenarios.py", include_str!("sdk/scenarios.py")),
        of("tests/sdk/key_pairs.py", include_str!("sdk/key_pairs.py")),
    ]
    .concat()
}

/// The first arguments of `check(…)` in run.mjs.
fn node_checks() -> Vec<String> {
    let line = |line: &str| Some(line.strip_prefix("check(\"")?.split_once('"')?.0.to_owned());
    named("tests/sdk/node/run.mjs", include_str!("sdk/node/run.mjs").lines().filter_map(line))
}

fn named(file: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let names: Vec<_> = names.collect();
    assert!(!names.is_empty(), "{file} is not written as it was");
    names
}

/// The Python blocks of a Markdown text, each with the number of its first line.
fn python_blocks(markdown: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line.trim_end() == "```python" {
            let block: Vec<_> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            blocks.push((number + 2, block.join("\n")));
        }
    }
    blocks
}
