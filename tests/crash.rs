//! Killed at any moment: whatever was answered is there afterwards, and opens.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use yaoshi::dialect::alibaba::signature::sign::{Scheme, Unsigned};
use yaoshi::world::World;

use crate::command_line::Server;
use crate::support::CONFIG_FOLDER;
use crate::support::samples::PLAINTEXT;

/// Rounds, unless the environment says otherwise.
const ROUNDS: u64 = 10;
const ROUNDS_VARIABLE: &str = "YAOSHI_CRASH_ROUNDS";

/// Connections that write at the same time.
const WRITERS: usize = 4;

/// What the service answered for.
#[derive(Debug, Default)]
struct Answered {
    /// Whether it is about to be killed: its port may be somebody else's then.
    is_over: bool,
    keys: BTreeSet<String>,
    aliases: BTreeSet<(String, String)>,
    disabled: BTreeSet<String>,
    blobs: Vec<String>,
}

/// A call, its answer if there was one.
fn call(agent: &ureq::Agent, world: &World, url: &str, action: &str, parameters: &[(&str, &str)]) -> Option<Value> {
    let host = url.strip_prefix("http://").unwrap();
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let unsigned = Unsigned {
        action,
        parameters: &parameters,
        region: "cn-hangzhou",
        host,
        access_key_id: "yaoshi",
        access_key_secret: "yaoshi",
        now: world.clock.now(),
        nonce: &world.chance.request_id().to_string(),
    };
    let signed = unsigned.sign(Scheme::V1 { format: "JSON" });
    let mut answer = agent.post(format!("{url}/?{}", signed.query)).send_empty().ok()?;
    serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
}

/// Write until the service is gone.
fn write(agent: &ureq::Agent, world: &World, url: &str, answered: &Mutex<Answered>, writer: usize) -> Option<()> {
    for turn in 0.. {
        if answered.lock().unwrap().is_over {
            break;
        }
        let created = call(agent, world, url, "CreateKey", &[])?;
        let key = created["KeyMetadata"]["KeyId"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
        answered.lock().unwrap().keys.insert(key.clone());
        let sealed = call(agent, world, url, "Encrypt", &[("KeyId", &key), ("Plaintext", PLAINTEXT)])?;
        let blob = sealed["CiphertextBlob"].as_str().unwrap_or_else(|| panic!("{sealed}")).to_owned();
        let is_to_be_disabled = turn % 3 == 2;
        if !is_to_be_disabled {
            answered.lock().unwrap().blobs.push(blob);
        }
        let alias = format!("alias/{writer}-{turn}-{}", &key[..8]);
        let named = call(agent, world, url, "CreateAlias", &[("KeyId", &key), ("AliasName", &alias)])?;
        assert_eq!(named.get("Code"), None, "{named}");
        answered.lock().unwrap().aliases.insert((alias, key.clone()));
        if is_to_be_disabled {
            let disabled = call(agent, world, url, "DisableKey", &[("KeyId", &key)])?;
            assert_eq!(disabled.get("Code"), None, "{disabled}");
            answered.lock().unwrap().disabled.insert(key);
        }
    }
    None
}

fn check(agent: &ureq::Agent, world: &World, url: &str, answered: &Answered) {
    let ask = |action, parameters: &[_]| call(agent, world, url, action, parameters).expect("the service answers");
    for key in &answered.keys {
        let described = ask("DescribeKey", &[("KeyId", key)]);
        let state = described["KeyMetadata"]["KeyState"].as_str().unwrap_or_else(|| panic!("{key}: {described}"));
        assert!(state == "Disabled" || !answered.disabled.contains(key), "{key}: {described}");
    }
    for (alias, key) in &answered.aliases {
        assert_eq!(ask("DescribeKey", &[("KeyId", alias)])["KeyMetadata"]["KeyId"], *key, "{alias}");
    }
    for blob in &answered.blobs {
        assert_eq!(ask("Decrypt", &[("CiphertextBlob", blob)])["Plaintext"], PLAINTEXT, "{blob}");
    }
}

#[test]
fn what_was_answered_survives_a_kill() {
    let rounds = std::env::var(ROUNDS_VARIABLE).map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let arguments = ["--data", data, "--limits", "off", "--log", "warn"];
    let world = World::real();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(10)))
        .proxy(None)
        .build()
        .into();
    let mut written = 0;
    for round in 0..rounds {
        let answered = Mutex::new(Answered::default());
        let mut server = Server::start(&arguments);
        let mut moment = [0; 2];
        world.chance.draw("").fill(&mut moment);
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (agent, world, url, answered) = (&agent, &world, server.url.clone(), &answered);
                scope.spawn(move || write(agent, world, &url, answered, writer));
            }
            thread::sleep(Duration::from_micros(20_000 + 4 * u64::from(u16::from_le_bytes(moment))));
            answered.lock().unwrap().is_over = true;
            server.child.kill().unwrap();
            server.child.wait().unwrap();
        });
        let answered = answered.into_inner().unwrap();
        written += answered.keys.len() + answered.aliases.len() + answered.disabled.len();
        let server = Server::start(&arguments);
        check(&agent, &world, &server.url, &answered);
        assert_eq!(server.last_log(), "", "round {round}");
    }
    assert!(written > usize::try_from(rounds).unwrap(), "{written} writes were answered in {rounds} rounds");
    println!("{written} writes were answered in {rounds} rounds, and all of them are there");
}

/// Killed while it begins: the next start begins anew, and whatever was promised by then is there.
#[test]
fn a_kill_while_it_begins_spoils_no_folder() {
    let rounds = std::env::var(ROUNDS_VARIABLE).map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let world = World::real();
    for round in 0..rounds {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_yaoshi"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "off", "--data"]).arg(&data);
        command.env("XDG_CONFIG_HOME", CONFIG_FOLDER).stdout(Stdio::null()).stderr(Stdio::null());
        let mut moment = [0; 2];
        world.chance.draw("").fill(&mut moment);
        let mut child = command.spawn().unwrap();
        thread::sleep(Duration::from_micros(u64::from(u16::from_le_bytes(moment)) / 3));
        child.kill().unwrap();
        child.wait().unwrap();
        let server = Server::start(&["--data", data.to_str().unwrap(), "--log", "warn"]);
        assert_eq!(server.log(), "", "round {round}");
        drop(server);
        let names = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let names: BTreeSet<_> = names.collect();
        assert_eq!(names, BTreeSet::from(["ca.key", "ca.pem", "keys.redb", "root.key"].map(str::to_owned)));
    }
}
