//! `--data`: what it is kept in, what it refuses, and how it lives with a sandbox file.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use redb::TableDefinition;
use rstest::rstest;
use tempfile::TempDir;

use crate::command_line::{Server, fails_with, file, outcome, run, yaoshi};
use crate::support::samples::PLAINTEXT;

/// A folder in which a sandbox kept a few keys, the ids of the keys, and a blob of each.
struct Used {
    folder: TempDir,
    keys: Vec<String>,
    blobs: Vec<String>,
}

impl Used {
    fn new() -> Self {
        let mut used = Self { folder: tempfile::tempdir().unwrap(), keys: Vec::new(), blobs: Vec::new() };
        let server = used.start();
        for _ in 0..20 {
            let created = server.answer(0, &["CreateKey", "Description=kept"]);
            let key = created["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
            let sealed = server.answer(0, &["Encrypt", &format!("KeyId={key}"), &format!("Plaintext={PLAINTEXT}")]);
            used.blobs.push(sealed["CiphertextBlob"].as_str().unwrap().to_owned());
            used.keys.push(key);
        }
        drop(server);
        used
    }

    fn data(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&self) -> Server {
        Server::start(&["--data", self.data(), "--log", "warn"])
    }

    /// What a start comes to that must fail: the one line it says.
    #[track_caller]
    fn refusal(&self, arguments: &[&str]) -> String {
        let (exit, out, complaint) =
            run(&[&["serve", "--listen", "127.0.0.1:0", "--data", self.data()], arguments].concat());
        assert_eq!((exit, out.as_str(), complaint.lines().count()), (1, "", 1), "{complaint}");
        complaint
    }

    /// Whether a start ends by itself, with one clear line. If it does not, everything must open.
    fn is_refused_or_whole(&self, what: &str) -> bool {
        let mut command = yaoshi(&["serve", "--listen", "127.0.0.1:0", "--data", self.data(), "--log", "off"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        if let Some(url) = first.strip_prefix("listening on ") {
            for blob in &self.blobs {
                let blob = format!("CiphertextBlob={blob}");
                let (exit, out, _) = run(&["call", "Decrypt", &blob, "--endpoint", url.trim_end()]);
                assert!(exit == 0 && out.contains(PLAINTEXT), "{what}: {out}");
            }
            child.kill().unwrap();
            child.wait().unwrap();
            return false;
        }
        let (exit, _, complaint) = outcome(&child.wait_with_output().unwrap());
        assert_eq!((exit, complaint.lines().count()), (1, 1), "{what}: {complaint}");
        assert!(complaint.starts_with("yaoshi: cannot use "), "{what}: {complaint}");
        true
    }

    #[track_caller]
    fn all_opens(&self, server: &Server) {
        for blob in &self.blobs {
            let opened = server.answer(0, &["Decrypt", &format!("CiphertextBlob={blob}")]);
            assert_eq!(opened["Plaintext"], PLAINTEXT);
        }
    }
}

#[test]
fn only_the_owner_may_read_the_root_key() {
    let used = Used::new();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&used.path("root.key")), 0o600);
    let nested = used.path("a/b");
    drop(Server::start(&["--data", nested.to_str().unwrap()]));
    assert_eq!(mode(&nested), 0o700);
    // No material and no plaintext stands in the file: the blobs open, so both are known here.
    used.all_opens(&used.start());
}

#[test]
fn two_processes_cannot_share_a_folder() {
    let used = Used::new();
    let server = used.start();
    let complaint = used.refusal(&[]);
    assert_eq!(complaint, format!("yaoshi: cannot use {}/keys.redb: another process uses it\n", used.data()));
    used.all_opens(&server);
}

#[test]
fn a_root_key_that_is_missing_wrong_or_malformed() {
    let used = Used::new();
    let (root_key, elsewhere) = (used.path("root.key"), used.path("elsewhere"));
    fs::rename(&root_key, &elsewhere).unwrap();
    let complaint = used.refusal(&[]);
    assert!(complaint.contains("has no root key") && complaint.contains("root.key"), "{complaint}");
    assert!(!root_key.exists(), "a new one would hide the mistake");
    fs::write(&root_key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n").unwrap();
    assert!(used.refusal(&[]).ends_with("its root key is another one\n"));
    for malformed in ["", "AAAA", "no base64 at all"] {
        fs::write(&root_key, malformed).unwrap();
        assert!(used.refusal(&[]).ends_with("is not a root key: base64 of 32 bytes\n"));
    }
    let none = used.path("none");
    assert!(used.refusal(&["--root-key-file", none.to_str().unwrap()]).contains("No such file"));
    let elsewhere = elsewhere.to_str().unwrap();
    used.all_opens(&Server::start(&["--data", used.data(), "--root-key-file", elsewhere]));
}

#[test]
fn a_newer_schema_is_left_alone() {
    let used = Used::new();
    let meta: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
    let set_schema = |schema: u32| {
        let database = redb::Database::open(used.path("keys.redb")).unwrap();
        let write = database.begin_write().unwrap();
        write.open_table(meta).unwrap().insert("schema", schema.to_be_bytes().as_slice()).unwrap();
        write.commit().unwrap();
    };
    set_schema(7);
    assert!(used.refusal(&[]).ends_with("a newer Yaoshi wrote it (schema 7)\n"));
    assert!(used.refusal(&["--sandbox-reset"]).ends_with("a newer Yaoshi wrote it (schema 7)\n"));
    set_schema(1);
    used.all_opens(&used.start());
}

/// Each bit flipped either makes the file unusable, with a message, or changes nothing that is kept: after a clean end
/// and after a crash.
#[rstest]
fn a_flipped_bit_is_refused_or_harmless(#[values(true, false)] ended_cleanly: bool) {
    let used = Used::new();
    if ended_cleanly {
        used.start().stop();
    }
    let path = used.path("keys.redb");
    let length = fs::metadata(&path).unwrap().len();
    let whole = fs::read(&path).unwrap();
    // Where bytes are in use, spread over the whole file; the header densely.
    let in_use: Vec<_> = (0..length).filter(|at| whole[usize::try_from(*at).unwrap()] != 0).collect();
    let offsets = in_use.iter().copied().step_by((in_use.len() / 48).max(1)).chain(0..16);
    let mut refused = 0;
    for (turn, at) in offsets.enumerate() {
        let byte = whole[usize::try_from(at).unwrap()] ^ (1 << (turn % 8));
        fs::write(&path, &whole).unwrap();
        OpenOptions::new().write(true).open(&path).unwrap().write_all_at(&[byte], at).unwrap();
        refused += usize::from(used.is_refused_or_whole(&format!("byte {at}")));
    }
    assert!(refused > 16, "{refused} refused");
    fs::write(&path, &whole).unwrap();
    used.all_opens(&used.start());
}

#[test]
fn a_torn_file_is_refused() {
    let used = Used::new();
    let path = used.path("keys.redb");
    let whole = fs::read(&path).unwrap();
    for length in [1, 100, 4096, whole.len() / 3, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let is_refused = used.is_refused_or_whole(&format!("{length} of {} bytes", whole.len()));
        assert!(is_refused || length > whole.len() / 2, "{length} of {} bytes", whole.len());
    }
    fs::write(&path, "not a database, but long enough to be taken for one".repeat(1000)).unwrap();
    used.refusal(&[]);
    fs::write(&path, &whole).unwrap();
    used.all_opens(&used.start());
}

/// What a release before schema 2 left where it was killed while it began: no record was ever in it.
#[test]
fn a_file_that_was_never_finished_says_what_to_do() {
    for content in [vec![], vec![0; 9], vec![0; 4096]] {
        let used = Used::new();
        fs::write(used.path("keys.redb"), &content).unwrap();
        let complaint = used.refusal(&[]);
        assert!(complaint.contains("never finished") && complaint.contains("remove it"), "{complaint}");
        assert_eq!(fs::read(used.path("keys.redb")).unwrap(), content, "it is not ours to remove");
        fs::remove_file(used.path("keys.redb")).unwrap();
        drop(used.start());
    }
}

#[rstest]
#[case("root.key", "a link that leads to nothing")]
#[case("keys.redb", "has no root key")]
#[case("ca.key", "cannot read")]
fn a_link_that_leads_to_nothing_is_one_line(#[case] name: &str, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(folder.path().join("none"), folder.path().join(name)).unwrap();
    let data = folder.path().to_str().unwrap();
    let (exit, out, complaint) = run(&["serve", "--listen", "127.0.0.1:0", "--data", data]);
    assert_eq!((exit, out.as_str(), complaint.lines().count()), (1, "", 1), "{complaint}");
    assert!(complaint.contains(expected), "{complaint}");
}

#[test]
fn what_an_interrupted_start_left_is_taken_away() {
    let used = Used::new();
    fs::write(used.path(".new-root"), "a root key, perhaps").unwrap();
    let server = used.start();
    assert!(!used.path(".new-root").exists());
    used.all_opens(&server);
    let mode = fs::metadata(used.path("keys.redb")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
}

#[test]
fn a_folder_that_cannot_be_used_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let plain = file(&folder, "plain", "x");
    for data in [plain.as_str(), "/proc/yaoshi", "/dev/null/x"] {
        let (exit, out, complaint) = run(&["serve", "--listen", "127.0.0.1:0", "--data", data]);
        assert_eq!((exit, out.as_str(), complaint.lines().count()), (1, "", 1), "{complaint}");
        assert!(complaint.starts_with(&format!("yaoshi: cannot use {data}")), "{complaint}");
    }
    for (arguments, missing) in [
        (["--data", plain.as_str(), "--seed", "1"].as_slice(), "--seed"),
        (&["--root-key-file", &plain], "--data"),
        (&["--sandbox-reset"], "--data"),
    ] {
        let (exit, _, complaint) = run(&[&["serve"], arguments].concat());
        assert!(exit == 2 && complaint.contains(missing), "{complaint}");
    }
}

/// A disk that takes no more: what was answered stays, what cannot be kept is not done, reading goes on.
#[test]
fn a_full_disk_damages_nothing() {
    let used = Used::new();
    let kibibytes = fs::metadata(used.path("keys.redb")).unwrap().len() / 1024;
    let limited = format!("trap '' XFSZ; ulimit -f {kibibytes}; exec \"$0\" \"$@\"");
    let program = env!("CARGO_BIN_EXE_yaoshi");
    let mut command = Command::new("bash");
    command.args(["-c", &limited, program, "serve", "--listen", "127.0.0.1:0", "--data", used.data(), "--log", "warn"]);
    let server = Server::of(command);
    let mut created = Vec::new();
    let refusal = loop {
        let description = format!("Description={}", "x".repeat(8000));
        let (exit, out, _) = server.call(&["CreateKey", &description]);
        let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
        if exit != 0 {
            break answer;
        }
        created.push(answer["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned());
        assert!(created.len() < 2000, "the disk is never full");
    };
    assert_eq!((&refusal["Code"], &refusal["HttpStatus"]), (&"InternalFailure".into(), &500.into()));
    used.all_opens(&server);
    let (exit, out, complaint) = run(&["health", "--endpoint", &server.url]);
    assert_eq!((exit, out.as_str()), (1, ""), "{complaint}");
    assert!(complaint.contains("degraded: storage"), "{complaint}");
    let log = server.last_log();
    assert!(log.contains("storage failed"), "{log}");
    let server = used.start();
    used.all_opens(&server);
    for key in created.iter().chain(&used.keys) {
        server.answer(0, &["DescribeKey", &format!("KeyId={key}")]);
    }
    let listed = server.answer(0, &["ListKeys"]);
    assert_eq!(listed["TotalCount"], created.len() + used.keys.len(), "what was refused is not there");
}

const FILE: &str = r#"version = 1
[[account]]
id = "1234567890123456"
access_keys = [{ id = "yaoshi", secret = "yaoshi" }]
[[account.key]]
id = "one"
description = "first"
aliases = ["alias/a"]
versions = [{ id = "2ab1a983-7072-4bbc-a582-584b5bd80001", material = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" }]
[[account.key]]
id = "two"
"#;

/// Identities come from the file at every start; keys are created where absent and never changed.
#[test]
fn a_sandbox_file_beside_a_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    let start = |text: &str, more: &[&str]| {
        let sandbox = file(&folder, "sandbox.toml", text);
        Server::start(&[&["--data", &data, "--sandbox", &sandbox, "--log", "warn"], more].concat())
    };
    let server = start(FILE, &[]);
    let sealed = server.answer(0, &["Encrypt", "KeyId=two", &format!("Plaintext={PLAINTEXT}")]);
    let blob = format!("CiphertextBlob={}", sealed["CiphertextBlob"].as_str().unwrap());
    server.answer(0, &["DisableKey", "KeyId=one"]);
    drop(server);

    // The same file again: what was changed stays changed, and is told.
    let server = start(FILE, &[]);
    assert_eq!(server.answer(0, &["DescribeKey", "KeyId=one"])["KeyMetadata"]["KeyState"], "Disabled");
    assert_eq!(server.answer(0, &["Decrypt", &blob])["Plaintext"], PLAINTEXT);
    let log = server.last_log();
    assert!(
        log.contains(r#"key "one" in cn-hangzhou is kept as it is stored; the file says otherwise of: state"#),
        "{log}"
    );
    assert_eq!(log.matches("WARN").count(), 1, "{log}");

    // Another file: other people, a new key whose alias is taken, one whose version is, and another description.
    let other = FILE
        .replace("id = \"yaoshi\", secret = \"yaoshi\"", "id = \"other\", secret = \"other\"")
        .replace("first", "second");
    let other = format!(
        "{other}[[account.key]]\nid = \"three\"\naliases = [\"alias/b\"]\n[[account.key]]\nid = \"four\"\nversions = \
         [{{ id = \"2ab1a983-7072-4bbc-a582-584b5bd80009\", material = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\" }}]\n"
    );
    let server = start(&other, &[]);
    let unknown = server.answer(1, &["DescribeKey", "KeyId=one"]);
    assert_eq!(unknown["Code"], "InvalidAccessKeyId.NotFound");
    let as_other = ["--access-key-id", "other", "--access-key-secret", "other"];
    let described = server.answer(0, &[&["DescribeKey", "KeyId=one"][..], &as_other].concat());
    assert_eq!(described["KeyMetadata"]["Description"], "first");
    server.answer(0, &[&["DescribeKey", "KeyId=alias/b"][..], &as_other].concat());
    let log = server.last_log();
    assert!(log.contains("the file says otherwise of: description, state"), "{log}");

    let taken = FILE
        .replace("id = \"two\"", "id = \"five\"\naliases = [\"alias/b\"]")
        .replace("80001", "80009")
        .replace("\"one\"", "\"six\"");
    let server = start(&taken, &[]);
    let log = server.last_log();
    assert!(log.contains(r#"key "five" in cn-hangzhou goes without aliases that other keys have: "b""#), "{log}");
    assert!(log.contains(r#"key "six" in cn-hangzhou is not created: another key has its version"#), "{log}");

    // Starting over.
    let server = start(FILE, &["--sandbox-reset"]);
    let described = server.answer(0, &["DescribeKey", "KeyId=one"]);
    assert_eq!(described["KeyMetadata"]["KeyState"], "Enabled");
    assert_eq!(server.answer(0, &["ListKeys"])["TotalCount"], 2);
    assert_eq!(server.answer(1, &["Decrypt", &blob])["Code"], "Forbidden.KeyNotFound");
    let log = server.last_log();
    assert!(!log.contains("WARN"), "{log}");

    // Without the file, the well-known AccessKey and the keys as they are.
    let server = Server::start(&["--data", &data]);
    assert_eq!(server.answer(0, &["ListKeys"])["TotalCount"], 2);
    drop(server);

    // A file that is wrong changes nothing.
    let wrong = file(&folder, "sandbox.toml", &format!("{FILE}[[account.key]]\nid = \"two\"\n"));
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", &data, "--sandbox", &wrong, "--sandbox-reset"];
    fails_with(&arguments, &format!("{wrong}:12:1: key \"two\": it stands twice in cn-hangzhou"));
    assert_eq!(Server::start(&["--data", &data]).answer(0, &["ListKeys"])["TotalCount"], 2);
}
