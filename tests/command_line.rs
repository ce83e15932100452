//! The commands, as somebody at a shell meets them.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use yaoshi::certificates::Authority;
use yaoshi::world::World;

use crate::support::samples::{APP, PLAINTEXT};
use crate::support::{ACCOUNT, CONFIG_FOLDER};

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sandbox.toml");

/// The built program, with nothing in its environment but the search path and a configuration folder.
pub(crate) fn yaoshi(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yaoshi"));
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("XDG_CONFIG_HOME", CONFIG_FOLDER).stdin(Stdio::null());
    command
}

/// What a command came to: exit status, stdout, stderr.
pub(crate) fn run(arguments: &[&str]) -> (i32, String, String) {
    outcome(&yaoshi(arguments).output().unwrap())
}

pub(crate) fn outcome(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Check that a command failed with exit status 1 and this one line.
#[track_caller]
pub(crate) fn fails_with(arguments: &[&str], complaint: &str) {
    assert_eq!(run(arguments), (1, String::new(), format!("yaoshi: {complaint}\n")), "{arguments:?}");
}

/// A running `yaoshi serve`, on a free port, ended with the test.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) url: String,
    log: PathBuf,
    _folder: TempDir,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_in(&[], &[&["serve", "--listen", "127.0.0.1:0"], arguments].concat())
    }

    pub(crate) fn start_in(environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = yaoshi(arguments);
        command.envs(environment.iter().copied());
        Self::of(command)
    }

    /// What `command` starts, with its log in a file.
    pub(crate) fn of(command: Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        Self::logging_to(log, folder, command)
    }

    /// What `command` starts; `log` takes the place of stderr.
    pub(crate) fn with_stderr(log: impl Into<Stdio>, command: Command) -> Self {
        Self::logging_to(log, tempfile::tempdir().unwrap(), command)
    }

    fn logging_to(stderr: impl Into<Stdio>, folder: TempDir, mut command: Command) -> Self {
        let log = folder.path().join("log");
        command.stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let mut server = Self { child, url: String::new(), log, _folder: folder };
        let url = line.strip_prefix("listening on ").filter(|url| url.starts_with("http://"));
        url.unwrap_or_else(|| panic!("{line:?}, {}", server.log())).trim_end().clone_into(&mut server.url);
        server
    }

    pub(crate) fn call(&self, arguments: &[&str]) -> (i32, String, String) {
        run(&[&["call"], arguments, &["--endpoint", &self.url]].concat())
    }

    /// The answer to a call that must come to `status`.
    #[track_caller]
    pub(crate) fn answer(&self, status: i32, arguments: &[&str]) -> Value {
        let (exit, out, complaint) = self.call(arguments);
        assert_eq!((exit, complaint.as_str()), (status, ""), "{arguments:?}: {out}");
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// Tell it to stop, and wait until it has.
    pub(crate) fn stop(mut self) {
        self.terminate();
    }

    pub(crate) fn health(&self) -> Value {
        let (exit, out, _) = run(&["health", "--endpoint", &self.url]);
        assert_eq!(exit, 0);
        serde_json::from_str(&out).unwrap()
    }

    /// What is in the log by now. A line comes there a moment after what it tells of.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The whole log: that of a server which has stopped.
    pub(crate) fn last_log(mut self) -> String {
        self.terminate();
        self.log()
    }

    /// Tell it to stop, and wait until it has.
    fn terminate(&mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success() && self.child.wait().unwrap().success(), "{}", self.log());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn file(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A certificate for localhost and its key, in files.
pub(crate) fn certificate(folder: &TempDir) -> (String, String) {
    let now = World::real().clock.now();
    let identity = Authority::new(now).unwrap().certify(&["localhost".to_owned()], now).unwrap();
    (file(folder, "certificate.pem", &identity.certificate), file(folder, "key.pem", &identity.key))
}

#[test]
fn check_tells_what_a_right_file_holds() {
    let (exit, out, complaint) = run(&["check", FIXTURE]);
    assert_eq!((exit, complaint.as_str()), (0, ""));
    assert_eq!(out, format!("{FIXTURE} is right; accounts: 2, users: 2, policies: 1, keys: 11\n"));
}

#[test]
fn check_complains_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = file(&folder, "wrong.toml", "version = 1\n[[account]]\nid = \"12\"\ncolor = \"red\"\n");
    let known = "`id`, `access_keys`, `bearer_tokens`, `user`, `policy`, `key`, `data_key`";
    fails_with(&["check", &wrong], &format!("{wrong}:4:1: unknown field `color`, expected one of {known}"));
    let none = folder.path().join("none.toml").to_str().unwrap().to_owned();
    fails_with(&["check", &none], &format!("cannot read {none}: No such file or directory (os error 2)"));
    let folder_itself = folder.path().to_str().unwrap();
    let (exit, out, complaint) = run(&["check", folder_itself]);
    assert_eq!((exit, out.as_str(), complaint.lines().count()), (1, "", 1), "{complaint}");
}

#[test]
fn check_warns_and_is_content() {
    let folder = tempfile::tempdir().unwrap();
    let odd = "version = 1\n[[account]]\nid = \"12\"\n[[account.policy]]\nname = \"p\"\ndocument = '{\"Version\":\"1\",\
               \"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"acs:kms:*:${account}:key/*\"}]}'\n";
    let odd = file(&folder, "odd.toml", odd);
    let (exit, out, warning) = run(&["check", &odd]);
    assert_eq!((exit, out.lines().count()), (0, 1));
    assert!(warning.starts_with(&format!("warning: {odd}:4:1: policy \"p\", statement 1: ")), "{warning}");
}

#[test]
fn env_is_evaluated_by_a_shell() {
    let script = r#"eval "$("$0" env --endpoint http://127.0.0.1:1234/ --access-key-id me --access-key-secret "it's \$x")"
printf '%s\n' "$ALIBABA_CLOUD_ACCESS_KEY_ID" "$ALIBABA_CLOUD_ACCESS_KEY_SECRET" "$ALIBABA_CLOUD_REGION_ID" \
  "$ALIBABA_CLOUD_ENDPOINT" "$ALIBABA_CLOUD_ENDPOINT_KMS" "$YAOSHI_ENDPOINT""#;
    let mut shell = Command::new("sh");
    shell
        .args(["-euc", script, env!("CARGO_BIN_EXE_yaoshi")])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap());
    let (exit, out, complaint) = outcome(&shell.output().unwrap());
    assert_eq!((exit, complaint.as_str()), (0, ""));
    let expected = ["me", "it's $x", "cn-hangzhou", "127.0.0.1:1234", "127.0.0.1:1234", "127.0.0.1:1234"];
    assert_eq!(out.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn env_writes_for_each_shell() {
    for (shell, line) in [
        ("sh", "export ALIBABA_CLOUD_ACCESS_KEY_ID='yaoshi'"),
        ("fish", "set -gx ALIBABA_CLOUD_ACCESS_KEY_ID 'yaoshi'"),
        ("powershell", "$env:ALIBABA_CLOUD_ACCESS_KEY_ID = 'yaoshi'"),
    ] {
        let (exit, out, _) = run(&["env", "--shell", shell]);
        assert_eq!((exit, out.lines().next()), (0, Some(line)));
        assert_eq!(out.lines().count(), 6);
    }
    assert_eq!(run(&["env", "--shell", "csh"]).0, 2);
}

#[test]
fn calls_are_signed_in_every_way() {
    let server = Server::start(&[]);
    for sign in ["v1", "v3", "v4"] {
        let created = server.answer(0, &["CreateKey", "--sign", sign]);
        let id = format!("KeyId={}", created["KeyMetadata"]["KeyId"].as_str().unwrap());
        let encrypted = server.answer(0, &["Encrypt", &id, "Plaintext=a+b/c%20=", "--sign", sign]);
        let blob = format!("CiphertextBlob={}", encrypted["CiphertextBlob"].as_str().unwrap());
        assert_eq!(server.answer(0, &["Decrypt", &blob, "--sign", sign])["Plaintext"], "a+b/c%20=");
        let refused = server.answer(1, &["Decrypt", &blob, r#"EncryptionContext={"a":"b"}"#, "--sign", sign]);
        assert_eq!(refused["Code"], "InvalidParameter");
    }
    assert_eq!(server.answer(1, &["CreateKey", "--access-key-secret", "wrong"])["Code"], "SignatureDoesNotMatch");
    assert_eq!(server.answer(1, &["CreateKey", "--access-key-id", "none"])["Code"], "InvalidAccessKeyId.NotFound");
    let elsewhere = server.answer(0, &["CreateKey", "--region", "cn-beijing"]);
    assert!(elsewhere["KeyMetadata"]["Arn"].as_str().unwrap().starts_with("acs:kms:cn-beijing:"), "{elsewhere}");
    // The endpoint as people write it.
    for endpoint in [server.url.clone(), format!("{}/", server.url), server.url.replace("http://", "")] {
        assert_eq!(run(&["call", "DescribeRegions", "--endpoint", &endpoint]).0, 0, "{endpoint}");
    }
}

#[test]
fn answers_are_printed_for_people() {
    let server = Server::start(&[]);
    let (exit, json, _) = server.call(&["ListKeys"]);
    assert_eq!(exit, 0);
    assert!(json.starts_with("{\n  \"Keys\": {\n    \"Key\": []\n  },\n  \"TotalCount\": 0,\n"), "{json}");
    let (exit, xml, _) = server.call(&["ListKeys", "--sign", "v1", "--format", "xml"]);
    assert_eq!(exit, 0);
    let expected = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<KMS>\n  <Keys/>\n  <TotalCount>0</TotalCount>\n";
    assert!(xml.starts_with(expected), "{xml}");
    let (exit, xml, _) = server.call(&["DescribeKey", "KeyId=none", "--sign", "v1", "--format", "xml"]);
    assert_eq!(exit, 1);
    assert!(xml.contains("\n  <Code>Forbidden.KeyNotFound</Code>\n"), "{xml}");
    for sign in ["v3", "v4"] {
        fails_with(
            &["call", "ListKeys", "--format", "xml", "--sign", sign],
            "only calls signed V1 can ask for XML: add --sign v1",
        );
    }
    assert_eq!(run(&["call", "ListKeys", "PageSize"]).0, 2, "a parameter is NAME=VALUE");
}

/// A port where nothing listens: one that was free a moment ago.
fn silent_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn no_answer_is_exit_status_3() {
    let endpoint = format!("http://127.0.0.1:{}", silent_port());
    for arguments in [vec!["call", "ListKeys"], vec!["health"]] {
        let (exit, out, complaint) = run(&[&arguments[..], &["--endpoint", &endpoint]].concat());
        assert_eq!((exit, out.as_str(), complaint.lines().count()), (3, "", 1), "{complaint}");
        assert!(complaint.starts_with(&format!("yaoshi: {endpoint}")), "{complaint}");
    }
}

#[test]
fn health_tells_the_modes_and_waits() {
    let health = Server::start(&["--limits", "5", "--seed", "7", "--no-verify"]).health();
    assert_eq!(
        health,
        serde_json::json!({
            "status": "ok", "version": env!("CARGO_PKG_VERSION"),
            "verify_signatures": false, "limits": "5", "seeded": true
        })
    );
    // By a name that the server does not know: it says what to do.
    let server = Server::start(&[]);
    let by_another_name = server.url.replace("127.0.0.1", "0.0.0.0");
    let (exit, out, complaint) = run(&["health", "--endpoint", &by_another_name]);
    assert_eq!((exit, out.as_str()), (3, ""));
    assert!(complaint.contains("the host \"0.0.0.0\" is not known") && complaint.contains("--hostname"), "{complaint}");
    // Asked before the server is there.
    let address = format!("127.0.0.1:{}", silent_port());
    let waiting = yaoshi(&["health", "--endpoint", &address, "--wait", "30"]).stdout(Stdio::piped()).spawn().unwrap();
    let _server = Server::start_in(&[], &["serve", "--listen", &address]);
    let (exit, out, _) = outcome(&waiting.wait_with_output().unwrap());
    assert_eq!(exit, 0);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["limits"], "documented");
}

#[test]
fn what_keeps_the_server_from_starting_is_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    // With and without the word serve. The number at the end is the operating system's.
    for arguments in [["serve", "--listen", &address].as_slice(), &["--listen", &address]] {
        let (exit, out, complaint) = run(arguments);
        assert_eq!((exit, out.as_str(), complaint.lines().count()), (1, "", 1), "{complaint}");
        let expected = format!("yaoshi: cannot listen on {address}: Address already in use (os error ");
        assert!(complaint.starts_with(&expected), "{complaint}");
    }
    fails_with(
        &["serve", "--sandbox", "/none/s.toml"],
        "cannot read /none/s.toml: No such file or directory (os error 2)",
    );
    let folder = tempfile::tempdir().unwrap();
    let wrong = file(&folder, "wrong.toml", "version = 7\n");
    let complaint = format!("{wrong}:1:11: version 7 of the sandbox file is not known, only 1 is");
    fails_with(&["serve", "--sandbox", &wrong], &complaint);
    fails_with(
        &["serve", "--listen", "0.0.0.0:0", "--seed", "7", "--allow-well-known-credentials"],
        "--seed makes every key foreseeable: it is refused beyond loopback",
    );
    fails_with(
        &["serve", "--listen", "0.0.0.0:0", "--no-verify", "--allow-well-known-credentials"],
        "--no-verify lets everybody in who knows an AccessKey's ID: beyond loopback only with --allow-no-verify",
    );
    let known = "everybody knows the AccessKey yaoshi / yaoshi, and 0.0.0.0:0 can be reached from elsewhere: give \
                 AccessKeys of your own with --sandbox, or say --allow-well-known-credentials";
    fails_with(&["serve", "--listen", "0.0.0.0:0"], known);
    fails_with(&["serve", "--listen", "0.0.0.0:0", "--sandbox", FIXTURE], known);
}

#[test]
fn beyond_loopback_with_a_word_or_with_accesskeys_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let own = "version = 1\n[[account]]\nid = \"12\"\naccess_keys = [{ id = \"me\", secret = \"s\" }]\n";
    let own = file(&folder, "own.toml", own);
    for arguments in [
        ["--allow-well-known-credentials", "--log=info"].as_slice(),
        &["--sandbox", &own],
        &["--sandbox", &own, "--no-verify", "--allow-no-verify"],
    ] {
        let server = Server::start_in(&[], &[&["serve", "--listen", "0.0.0.0:0"][..], arguments].concat());
        assert!(server.url.starts_with("http://0.0.0.0:"), "{}", server.url);
        let endpoint = server.url.replace("0.0.0.0", "127.0.0.1");
        assert_eq!(run(&["health", "--endpoint", &endpoint]).0, 0);
    }
}

/// Option, and the environment variable that stands for it.
const OPTIONS: [(&str, &str); 17] = [
    ("--listen", "YAOSHI_LISTEN"),
    ("--hostname", "YAOSHI_HOSTNAME"),
    ("--tls-cert", "YAOSHI_TLS_CERT"),
    ("--tls-key", "YAOSHI_TLS_KEY"),
    ("--sandbox", "YAOSHI_SANDBOX"),
    ("--data", "YAOSHI_DATA"),
    ("--root-key-file", "YAOSHI_ROOT_KEY_FILE"),
    ("--sandbox-reset", "YAOSHI_SANDBOX_RESET"),
    ("--region", "YAOSHI_REGION"),
    ("--limits", "YAOSHI_LIMITS"),
    ("--seed", "YAOSHI_SEED"),
    ("--no-verify", "YAOSHI_NO_VERIFY"),
    ("--max-connections", "YAOSHI_MAX_CONNECTIONS"),
    ("--allow-well-known-credentials", "YAOSHI_ALLOW_WELL_KNOWN_CREDENTIALS"),
    ("--allow-no-verify", "YAOSHI_ALLOW_NO_VERIFY"),
    ("--log", "YAOSHI_LOG"),
    ("--log-format", "YAOSHI_LOG_FORMAT"),
];

#[test]
fn help_teaches() {
    for arguments in [["--help"].as_slice(), &["serve", "--help"]] {
        let (exit, help, _) = run(arguments);
        assert_eq!(exit, 0);
        let flowing = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for (option, variable) in OPTIONS {
            assert!(flowing.contains(&format!("{option} ")), "{option}: {help}");
            assert!(flowing.contains(&format!("[env: {variable}=")), "{variable}: {help}");
        }
        let named = help.lines().filter(|line| line.trim_start().starts_with("--")).count();
        assert_eq!(named, OPTIONS.len(), "an option is new: {help}");
    }
    let (_, help, _) = run(&["--help"]);
    for taught in ["serve", "ca", "call", "check", "env", "health", "http://127.0.0.1:7220", "yaoshi call CreateKey"] {
        assert!(help.contains(taught), "{taught}");
    }
    for (command, options) in [
        (
            "call",
            &[
                "--endpoint",
                "--access-key-id",
                "--access-key-secret",
                "--region",
                "--ca",
                "--sign",
                "--format",
                "NAME=VALUE",
            ][..],
        ),
        ("ca", &["--data"]),
        ("check", &["<FILE>"]),
        ("env", &["--shell", "--endpoint", "--ca"]),
        ("health", &["--endpoint", "--wait", "--ca"]),
    ] {
        let (exit, help, _) = run(&[command, "--help"]);
        assert_eq!(exit, 0);
        for option in options {
            assert!(help.contains(option), "{command} {option}: {help}");
        }
    }
    let (exit, out, _) = run(&["--version"]);
    assert_eq!((exit, out), (0, format!("yaoshi {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn options_out_of_bounds_are_usage_errors() {
    for arguments in [
        ["--listen", "localhost"],
        ["--region", "CN"],
        ["--limits", "0"],
        ["--limits", "none"],
        ["--seed", "x"],
        ["--max-connections", "0"],
        ["--log-format", "xml"],
        ["--log", "yaoshi=chatty"],
        ["--color", "red"],
    ] {
        let (exit, out, complaint) = run(&[&["serve", "--listen", "127.0.0.1:0"][..], &arguments].concat());
        assert_eq!((exit, out.as_str()), (2, ""), "{arguments:?}: {complaint}");
        assert!(complaint.contains(arguments[0]), "{complaint}");
    }
}

/// All of them at once, and plain `yaoshi`.
#[test]
fn environment_variables_stand_for_options() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(&folder);
    let environment = |flag| {
        [
            ("YAOSHI_LISTEN", "127.0.0.1:0"),
            ("YAOSHI_HOSTNAME", "kms.test,kms"),
            ("YAOSHI_TLS_CERT", certificate.as_str()),
            ("YAOSHI_TLS_KEY", key.as_str()),
            ("YAOSHI_SANDBOX", FIXTURE),
            ("YAOSHI_REGION", "eu-central-1"),
            ("YAOSHI_LIMITS", "off"),
            ("YAOSHI_SEED", "7"),
            ("YAOSHI_NO_VERIFY", flag),
            ("YAOSHI_MAX_CONNECTIONS", "16"),
            ("YAOSHI_ALLOW_WELL_KNOWN_CREDENTIALS", flag),
            ("YAOSHI_ALLOW_NO_VERIFY", flag),
            ("YAOSHI_LOG", "info"),
            ("YAOSHI_LOG_FORMAT", "json"),
        ]
    };
    let of_data = ["YAOSHI_DATA", "YAOSHI_ROOT_KEY_FILE", "YAOSHI_SANDBOX_RESET"];
    let others = OPTIONS.iter().map(|(_, variable)| *variable).filter(|variable| !of_data.contains(variable));
    assert_eq!(environment("").map(|(variable, _)| variable), others.collect::<Vec<_>>()[..]);
    for flag in ["true", "1", "yes"] {
        let server = Server::start_in(&environment(flag), &[]);
        let health = server.health();
        assert_eq!((&health["limits"], &health["seeded"]), (&"off".into(), &true.into()));
        assert_eq!(health["verify_signatures"], false, "{flag}");
        // No signature, a host name of the list, and the region of the option.
        let query = "Action=CreateKey&Version=2016-01-20&AccessKeyId=yaoshi&Signature=none&SignatureVersion=1.0\
                     &SignatureMethod=HMAC-SHA1";
        let mut answer = ureq::get(format!("{}/?{query}", server.url)).header("host", "kms.test").call().unwrap();
        let created: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
        let arn = created["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
        assert!(arn.starts_with(&format!("acs:kms:eu-central-1:{ACCOUNT}:key/")), "{arn}");
        let log = server.last_log();
        assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
    }
    for flag in ["false", "0"] {
        assert_eq!(Server::start_in(&environment(flag), &[]).health()["verify_signatures"], true, "{flag}");
    }
    // Those of clients.
    let server = Server::start(&["--sandbox", FIXTURE]);
    let mut call = yaoshi(&["call", "Encrypt", &format!("KeyId={APP}"), "Plaintext=x"]);
    call.envs([
        ("YAOSHI_ENDPOINT", server.url.as_str()),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "nobody"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "nobody-secret"),
        ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"),
    ]);
    let (exit, out, _) = outcome(&call.output().unwrap());
    assert_eq!(exit, 1);
    assert!(out.contains("Forbidden.NoPermission"), "{out}");
    // A secret in the environment is not shown by the help.
    let mut help = yaoshi(&["call", "--help"]);
    let (_, help, _) = outcome(&help.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "hush-hush").output().unwrap());
    assert!(!help.contains("hush-hush"));
}

/// A sandbox file with secrets that occur nowhere else.
const SECRETIVE: &str = r#"version = 1
[[account]]
id = "1234567890123456"
access_keys = [{ id = "root", secret = "hush-root-secret" }]
[[account.user]]
name = "nobody"
access_keys = [{ id = "nobody", secret = "hush-nobody-secret" }]
[[account.key]]
id = "key-app"
versions = [{ id = "2ab1a983-7072-4bbc-a582-584b5bd80000", material = "aHVzaC1tYXRlcmlhbC1odXNoLW1hdGVyaWFsLWh1c2g=" }]
"#;

#[test]
fn every_request_is_a_line_in_the_log_and_no_secret_is() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = file(&folder, "secretive.toml", SECRETIVE);
    for format in ["text", "json"] {
        let server = Server::start(&["--sandbox", &sandbox, "--log", "info", "--log-format", format]);
        let root = |arguments: &[&str], status: i32| {
            let own = ["--access-key-id", "root", "--access-key-secret", "hush-root-secret"];
            server.answer(status, &[arguments, &own].concat())
        };
        let nobody = |arguments: &[&str]| {
            let own = ["--access-key-id", "nobody", "--access-key-secret", "hush-nobody-secret"];
            server.answer(1, &[arguments, &own].concat())
        };
        let mut expected = Vec::new();
        let mut data_keys = Vec::new();
        for sign in ["v1", "v3", "v4"] {
            let (account, user) = ("acs:ram::1234567890123456:root", "acs:ram::1234567890123456:user/nobody");
            let sign = ["--sign", sign];
            root(&[&["CreateKey"][..], &sign].concat(), 0);
            expected.push(("CreateKey", account, "OK", 200));
            let encrypt =
                ["Encrypt", "KeyId=key-app", "Plaintext=hush-plaintext", r#"EncryptionContext={"a":"hush-context"}"#];
            let encrypted = root(&[&encrypt[..], &sign].concat(), 0);
            expected.push(("Encrypt", account, "OK", 200));
            let blob = format!("CiphertextBlob={}", encrypted["CiphertextBlob"].as_str().unwrap());
            let decrypt = ["Decrypt", &blob, r#"EncryptionContext={"a":"hush-context"}"#];
            assert_eq!(root(&[&decrypt[..], &sign].concat(), 0)["Plaintext"], "hush-plaintext");
            expected.push(("Decrypt", account, "OK", 200));
            root(&[&["Decrypt", &blob][..], &sign].concat(), 1);
            expected.push(("Decrypt", account, "InvalidParameter", 400));
            let data_key = root(&[&["GenerateDataKey", "KeyId=key-app"][..], &sign].concat(), 0);
            data_keys.push(data_key["Plaintext"].as_str().unwrap().to_owned());
            expected.push(("GenerateDataKey", account, "OK", 200));
            nobody(&[&encrypt[..], &sign].concat());
            expected.push(("Encrypt", user, "Forbidden.NoPermission", 403));
            let wrong_secret = ["--access-key-id", "root", "--access-key-secret", "hush-wrong-secret"];
            server.answer(1, &[&encrypt[..], &sign, &wrong_secret].concat());
            expected.push(("Encrypt", "AccessKey root (not verified)", "SignatureDoesNotMatch", 400));
            root(
                &[&["Encrypt", "KeyId=key-app", "Plaintext=hush-plaintext", "DryRun=hush-value"][..], &sign].concat(),
                1,
            );
            expected.push(("Encrypt", account, "ValidationError", 400));
        }
        let log = server.last_log();
        for secret in ["hush-", "aHVzaC1", PLAINTEXT].into_iter().chain(data_keys.iter().map(String::as_str)) {
            assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
        }
        let lines: Vec<_> = log.lines().filter(|line| line.contains("yaoshi::request")).collect();
        assert_eq!(lines.len(), expected.len(), "{log}");
        for (line, (action, caller, outcome, status)) in lines.into_iter().zip(expected) {
            if format == "text" {
                for member in [
                    format!(" action={action:?} "),
                    format!(" caller={caller:?} "),
                    format!(" outcome={outcome:?} "),
                    format!(" status={status} "),
                    " micros=".to_owned(),
                    " request_id=".to_owned(),
                ] {
                    assert!(line.contains(&member), "{member}: {line}");
                }
            } else {
                let line: Value = serde_json::from_str(line).unwrap();
                assert_eq!(line["action"], action);
                assert_eq!((&line["caller"], &line["outcome"]), (&caller.into(), &outcome.into()), "{line}");
                assert_eq!(line["status"], status);
                assert!(line["micros"].is_u64() && line["request_id"].is_string(), "{line}");
            }
        }
    }
}

/// Also where it stands in the query, and the log tells all it can.
#[test]
fn bearer_tokens_are_not_logged() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox =
        SECRETIVE.replacen("[[account.user]]", "bearer_tokens = [\"hush-bearer-token\"]\n[[account.user]]", 1);
    let server = Server::start(&["--sandbox", &file(&folder, "secretive.toml", &sandbox), "--log", "trace"]);
    let now = yaoshi::world::World::real().clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
    for (token, time, status) in [
        ("hush-bearer-token", now.as_str(), 200),
        ("hush-unknown-token", &now, 404),
        ("hush-bearer-token", "2026-01-01T00:00:00Z", 400),
    ] {
        let query = format!("Action=ListKeys&Version=2016-01-20&Timestamp={time}&SignatureType=BEARERTOKEN");
        let url = format!("{}/?{query}&BearerToken={token}", server.url);
        assert_eq!(agent.get(url).call().unwrap().status(), status);
        let v3 = [
            ("x-acs-action", "ListKeys"),
            ("x-acs-version", "2016-01-20"),
            ("x-acs-date", time),
            ("x-acs-signature-nonce", token),
            ("x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("x-acs-bearer-token", token),
        ];
        let request = agent.get(format!("{}/?SignatureType=BEARERTOKEN", server.url));
        let request = v3.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        assert_eq!(request.call().unwrap().status(), status);
    }
    let log = server.last_log();
    assert!(!log.contains("hush-"), "{log}");
    for told in ["caller=\"acs:ram::1234567890123456:root\"", "nobody holds this bearer token"] {
        assert_eq!(log.matches(told).count(), 2, "{told}: {log}");
    }
}

/// What callers might have overlooked, and why they were refused, is for whoever reads the log.
#[test]
fn the_log_gives_reasons() {
    let server = Server::start(&["--sandbox", FIXTURE, "--log", "info"]);
    let encrypt = ["Encrypt", &format!("KeyId={APP}")];
    server.answer(0, &[&encrypt[..], &["Plaintext=not base64!"]].concat());
    server.answer(0, &["CreateKey", "DryRun=true"]);
    let nobody = ["Plaintext=x", "--access-key-id", "nobody", "--access-key-secret", "nobody-secret"];
    server.answer(1, &[&encrypt[..], &nobody].concat());
    let log = server.last_log();
    for said in ["not base64", "DryRun is ignored", "no policy is attached"] {
        assert!(log.contains(said), "{said}: {log}");
    }
}
