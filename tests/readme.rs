//! The README's shell blocks do what they say.
//!
//! Run are the blocks fenced as `sh`; `console` and `text` are for reading, `python` is run by the SDK suite. Each
//! runs by itself under `sh -eu` in an empty folder with the built `yaoshi` first in its path. Blocks with `cargo ` in
//! them are not run, which would build again, but listed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::support::CONFIG_FOLDER;

/// Blocks start servers on the default port: one at a time.
static DEFAULT_PORT: Mutex<()> = Mutex::new(());

const DEFAULT_ADDRESS: &str = "127.0.0.1:7220";

/// Stands before a block: what would build again fails.
const NO_CARGO: &str = "cargo() { echo 'blocks that build are not run' >&2; return 127; }";

/// How long a block may take, in tenths of a second.
const PATIENCE: u32 = 600;

/// The blocks fenced as `language`, each with the line it begins in.
fn blocks(markdown: &str, language: &str) -> Vec<(usize, String)> {
    let (mut found, mut open) = (Vec::new(), None::<(bool, usize, usize, String)>);
    for (number, line) in (1..).zip(markdown.lines()) {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        match (&mut open, text.strip_prefix("```")) {
            (None, Some(info)) => open = Some((info.trim() == language, indent, number + 1, String::new())),
            (Some(_), Some("")) => {
                found.extend(open.take().filter(|block| block.0).map(|(_, _, start, text)| (start, text)));
            }
            (Some((_, indent, _, block)), _) => {
                block.push_str(line.get(*indent..).unwrap_or(text));
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

/// Run a block. Errors: what it said, if it failed or took too long.
fn run(block: &str) -> Result<String, String> {
    let _alone = DEFAULT_PORT.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(is_free(), "{DEFAULT_ADDRESS} is taken: end what listens there, the blocks need it");
    let folder = tempfile::tempdir().unwrap();
    let said = tempfile::NamedTempFile::new().unwrap();
    let output = || File::options().append(true).open(said.path()).unwrap();
    let mut shell = Command::new("sh")
        .args(["-euc", &format!("{NO_CARGO}\n{block}")])
        .current_dir(folder.path())
        .env("PATH", path())
        .env("XDG_CONFIG_HOME", CONFIG_FOLDER)
        .stdin(Stdio::null())
        .stdout(output())
        .stderr(output())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut status = shell.try_wait().unwrap();
    for _ in 0..PATIENCE {
        if status.is_some() {
            break;
        }
        thread::sleep(Duration::from_millis(100));
        status = shell.try_wait().unwrap();
    }
    // What the block left running ends with it: the group is the block's own.
    let group = format!("-{}", shell.id());
    Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status().unwrap();
    drop(shell.wait());
    assert!((0..PATIENCE).any(|_| is_free()), "what the block started on {DEFAULT_ADDRESS} does not end");
    let said = fs::read_to_string(said.path()).unwrap();
    match status {
        Some(status) if status.success() => Ok(said),
        Some(status) => Err(format!("{status}\n{said}")),
        None => Err(format!("it does not end\n{said}")),
    }
}

/// Whether nothing listens on the default port; waits a little if something does.
fn is_free() -> bool {
    let is_free = TcpStream::connect(DEFAULT_ADDRESS).is_err();
    if !is_free {
        thread::sleep(Duration::from_millis(100));
    }
    is_free
}

/// The search path, `yaoshi` first.
fn path() -> OsString {
    let own = Path::new(env!("CARGO_BIN_EXE_yaoshi")).parent().unwrap().to_owned();
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&inherited))).unwrap()
}

#[test]
fn shell_blocks_of_the_readme_work() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("there is a README.md");
    let (building, running): (Vec<_>, Vec<_>) =
        blocks(&readme, "sh").into_iter().partition(|(_, block)| block.contains("cargo "));
    for (line, block) in &building {
        println!("README.md:{line}: not run, it builds: {}", block.trim());
    }
    println!("{} blocks to run, {} that build", running.len(), building.len());
    assert!(!running.is_empty(), "the README shows nothing to run");
    let failed: Vec<_> = running
        .iter()
        .filter_map(|(line, block)| run(block).err().map(|said| format!("README.md:{line}:\n{block}{said}")))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn blocks_are_found_by_their_language() {
    let markdown =
        "a\n```sh\none\n  two\n```\n- item\n  ```sh\n  three\n    four\n  ```\n```console\n$ no\n```\n```\nno\n```\n";
    let expected = [(3, "one\n  two\n".to_owned()), (8, "three\n  four\n".to_owned())];
    assert_eq!(blocks(markdown, "sh"), expected);
    assert_eq!(blocks(markdown, "console"), [(12, "$ no\n".to_owned())]);
}

/// A block is run as the module says: strictly, alone, in an empty folder; and what it started ends with it.
#[test]
fn blocks_are_run_strictly_and_cleaned_up_after() {
    assert_eq!(run("ls -A; echo done").unwrap(), "done\n");
    for failing in ["false; true", "echo $unset_variable", "cargo --version", "exit 3"] {
        run(failing).unwrap_err();
    }
    let started =
        run("yaoshi --log warn & yaoshi health --wait 20; yaoshi call CreateKey; yaoshi call ListKeys").unwrap();
    assert!(started.contains("\"TotalCount\": 1"), "{started}");
    // Its server is gone: another takes the port.
    let again = run("yaoshi --log warn & yaoshi health --wait 20; yaoshi call ListKeys").unwrap();
    assert!(again.contains("\"TotalCount\": 0"), "{again}");
}
