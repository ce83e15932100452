//! It answers, whatever happens around it.
//!
//! Needs: Linux (`/dev/full`, pipes, named pipes, `sh`). Elsewhere there is nothing of this module.

#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "how long a process takes to end can be told by the real clock alone")]

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::Value;

use crate::command_line::{Server, outcome, run, yaoshi};
use crate::support::client::{Connection, LONG};
use crate::support::wire::Raw;

/// Of a line of the log, in bytes; of a field, in characters.
const LONGEST_LINE: usize = 4096;
const LONGEST_FIELD: usize = 256;

/// How long a server may take to end: what is under way, and a second for the log.
const END: Duration = Duration::from_secs(5);

fn serve(more: &[&str]) -> Command {
    yaoshi(&[&["serve", "--listen", "127.0.0.1:0", "--limits", "off"], more].concat())
}

fn connect(server: &Server) -> Connection {
    Connection::to(server.url.strip_prefix("http://").unwrap()).unwrap()
}

/// A request that nobody signed: refused, and one line in the log.
fn unsigned(action: &str) -> Raw {
    let body = format!("Action={action}&Version=2016-01-20&AccessKeyId=yaoshi");
    let head = "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-www-form-urlencoded\r\n\r\n";
    Raw::parse(format!("{head}{body}").as_bytes())
}

/// Send `count` requests whose lines are as long as lines get.
fn chatter(server: &Server, count: usize) {
    let (mut connection, raw) = (connect(server), unsigned(&"x".repeat(300)));
    for _ in 0..count {
        assert_eq!(connection.call(&raw).status, 400);
    }
}

/// Wait for the health to hold warnings, and tell them.
#[track_caller]
fn warnings(server: &Server) -> Vec<Value> {
    let since = Instant::now();
    loop {
        let health = server.health();
        assert_eq!(health["status"], "ok");
        if let Some(warnings) = health["warnings"].as_array() {
            return warnings.clone();
        }
        assert!(since.elapsed() < LONG, "{health}");
    }
}

/// Tell it to stop; it ends well, and in time.
#[track_caller]
fn ends_in_time(mut server: Server) {
    let told = Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap();
    assert!(told.success());
    let since = Instant::now();
    let status = loop {
        if let Some(status) = server.child.try_wait().unwrap() {
            break status;
        }
        assert!(since.elapsed() < END, "it does not end");
        thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(0));
}

/// The lines about requests, and how many the log says are lost.
fn told(log: &str) -> (usize, usize) {
    assert!(log.is_empty() || log.ends_with('\n'), "torn: {log}");
    let (lost, lines): (Vec<_>, Vec<_>) = log.lines().partition(|line| line.contains("of the log are lost"));
    for line in &lines {
        assert!(line.contains(" INFO yaoshi::request: ") && line.contains(" request_id="), "{line}");
    }
    let lost = lost.iter().map(|line| {
        assert!(line.contains(" WARN "), "{line}");
        let number = line.split(" lost=").nth(1).unwrap_or_else(|| panic!("{line}"));
        number.parse::<usize>().unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    (lines.len(), lost.sum())
}

enum Stderr {
    Full,
    Unread,
    Closed,
}

#[rstest]
#[case::its_disk_is_full(Stderr::Full)]
#[case::its_reader_has_gone(Stderr::Unread)]
#[case::it_is_closed(Stderr::Closed)]
fn a_log_that_nobody_takes_ends_no_call(#[case] stderr: Stderr, #[values("text", "json")] format: &str) {
    let command = serve(&["--log", "debug", "--log-format", format]);
    let server = match stderr {
        Stderr::Full => Server::with_stderr(OpenOptions::new().write(true).open("/dev/full").unwrap(), command),
        Stderr::Unread => Server::with_stderr(io::pipe().unwrap().1, command),
        Stderr::Closed => {
            let mut shell = Command::new("sh");
            shell.args(["-c", "exec \"$0\" \"$@\" 2>&-", env!("CARGO_BIN_EXE_yaoshi")]).args(command.get_args());
            shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            Server::with_stderr(Stdio::null(), shell)
        }
    };
    for _ in 0..3 {
        server.answer(0, &["CreateKey"]);
    }
    chatter(&server, 100);
    assert_eq!(server.answer(0, &["ListKeys"])["TotalCount"], 3);
    // A closed stderr is /dev/null to us, which takes everything.
    if !matches!(stderr, Stderr::Closed) {
        let warnings = warnings(&server);
        assert!(warnings[0].as_str().unwrap().contains("of the log are lost"), "{warnings:?}");
    }
    assert_eq!(run(&["health", "--endpoint", &server.url]).0, 0);
    ends_in_time(server);
}

#[test]
fn health_has_no_warnings_while_nothing_is_lost() {
    let server = Server::start(&[]);
    server.answer(0, &["CreateKey"]);
    assert_eq!(server.health().get("warnings"), None);
}

/// Enough to fill the pipe and what waits for it.
const MANY: usize = 24_000;

#[test]
fn a_log_that_is_never_read_holds_up_nothing() {
    let (_reader, writer) = io::pipe().unwrap();
    let server = Server::with_stderr(writer, serve(&["--log", "info"]));
    chatter(&server, MANY);
    server.answer(0, &["CreateKey"]);
    warnings(&server);
    ends_in_time(server);
}

#[test]
fn what_a_slow_reader_missed_is_told_where_it_is_missing() {
    let (mut reader, writer) = io::pipe().unwrap();
    let server = Server::with_stderr(writer, serve(&["--log", "info"]));
    chatter(&server, MANY);
    warnings(&server);
    let reading = thread::spawn(move || {
        let mut log = String::new();
        reader.read_to_string(&mut log).map(|_| log)
    });
    ends_in_time(server);
    let log = reading.join().unwrap().unwrap();
    let (lines, lost) = self::told(&log);
    assert!(lost > 0);
    assert_eq!(lines + lost, MANY, "every line is there or counted");
    assert!(log.lines().last().unwrap().contains("of the log are lost"), "what came last was lost");
}

fn open_to_read(path: &Path) -> File {
    // Without waiting for somebody who writes.
    const O_NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(path).unwrap()
}

#[test]
fn what_was_lost_is_told_when_writing_works_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let first = open_to_read(&path);
    let server = Server::with_stderr(OpenOptions::new().write(true).open(&path).unwrap(), serve(&["--log", "info"]));
    drop(first);
    chatter(&server, 5);
    let since = Instant::now();
    while !warnings(&server)[0].as_str().unwrap().starts_with("5 lines") {
        assert!(since.elapsed() < LONG);
    }
    let mut second = open_to_read(&path);
    chatter(&server, 3);
    ends_in_time(server);
    let mut log = String::new();
    second.read_to_string(&mut log).unwrap();
    assert!(log.lines().next().unwrap().contains("of the log are lost"), "{log}");
    assert_eq!(told(&log), (3, 5), "{log}");
}

/// Texts of a megabyte, as they stand in a body.
#[rstest]
#[case::control_characters("%01")]
#[case::letters("a")]
#[case::quotes("%22")]
#[case::wide("%E9%92%A5")]
fn lines_of_the_log_are_bounded(#[case] letter: &str) {
    let long = letter.repeat(1_000_000 / letter.len());
    let count = 1_000_000 / letter.len();
    for format in ["text", "json"] {
        let server = Server::start(&["--log", "info", "--log-format", format]);
        assert_eq!(connect(&server).call(&unsigned(&long)).status, 400);
        let by_long = format!(
            "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-www-form-urlencoded\r\n\r\n\
             Action=ListKeys&Version=2016-01-20&Signature=x&SignatureMethod=HMAC-SHA1&AccessKeyId={long}"
        );
        connect(&server).call(&Raw::parse(by_long.as_bytes()));
        let log = server.last_log();
        assert_eq!(log.lines().count(), 2, "{} bytes", log.len());
        for line in log.lines() {
            assert!(line.len() <= LONGEST_LINE, "{} bytes", line.len());
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(line.contains("request_id") && line.contains('…'), "{line}");
            if format == "json" {
                let line: Value = serde_json::from_str(line).unwrap();
                for (name, value) in line.as_object().unwrap() {
                    let length = value.as_str().map_or(0, |text| text.chars().count());
                    assert!(length <= LONGEST_FIELD + 20, "{name}: {length}");
                }
            }
        }
        let action = log.lines().next().unwrap();
        let missing = action.split("…(").nth(1).unwrap().split(' ').next().unwrap().parse::<usize>().unwrap();
        assert!((count - LONGEST_FIELD..count - 25).contains(&missing), "{missing} of {count}");
    }
}

#[test]
fn the_string_to_sign_in_an_answer_is_bounded() {
    let server = Server::start(&["--log", "off"]);
    let now = yaoshi::world::World::real().clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string().replace(':', "%3A");
    for (letter, format, count) in [("%01", "JSON", 300_000), ("%01", "XML", 300_000), ("a", "JSON", 100)] {
        let body = format!(
            "Action=ListKeys&Version=2016-01-20&AccessKeyId=yaoshi&Signature=x&SignatureMethod=HMAC-SHA1\
             &SignatureVersion=1.0&SignatureNonce=n&Format={format}&Timestamp={now}&X={}",
            letter.repeat(count)
        );
        let head = "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-www-form-urlencoded\r\n\r\n";
        let answer = connect(&server).call(&Raw::parse(format!("{head}{body}").as_bytes()));
        let text = String::from_utf8(answer.body).unwrap();
        assert!(answer.status == 400 && text.contains("SignatureDoesNotMatch"), "{} bytes", text.len());
        assert!(text.len() < 18 * 1024, "{} bytes", text.len());
        assert_eq!(text.contains(" more)"), count > 1000, "{text}");
    }
}

/// What a command has to say is lost where nobody takes it, and its exit status stays what it is.
#[test]
fn complaints_that_nobody_takes_change_no_exit_status() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    for (arguments, status) in [
        (&["check", "/none"][..], 1),
        (&["health", "--endpoint", "http://127.0.0.1:1"], 3),
        (&["call", "ListKeys", "--endpoint", "http://127.0.0.1:1"], 3),
        (&["serve", "--sandbox", "/none"], 1),
    ] {
        let ended = yaoshi(arguments).stderr(full()).output().unwrap();
        assert_eq!(ended.status.code(), Some(status), "{arguments:?}");
    }
    // What was asked for and cannot be had is a failure.
    let server = Server::start(&[]);
    for arguments in [
        &["call", "ListKeys", "--endpoint", &server.url][..],
        &["health", "--endpoint", &server.url],
        &["env"],
        &["ca"],
        &["check", concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sandbox.toml")],
    ] {
        let mut command = yaoshi(arguments);
        let child = command.stdout(full()).stderr(Stdio::piped()).spawn().unwrap();
        let (exit, _, complaint) = outcome(&child.wait_with_output().unwrap());
        assert_eq!(exit, 1, "{arguments:?}: {complaint}");
        assert!(complaint.contains("yaoshi: cannot write to stdout: No space left on device"), "{complaint}");
    }
}
