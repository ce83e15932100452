//! Bearer tokens: who is let in by them, and who is not.

use yaoshi::call::Limits;
use yaoshi::config::{Options, SandboxFile};

use crate::support::wire::{Draft, Raw, Signing, bearer_captures};
use crate::support::{Service, ok, outcome, refusal};

const ACCOUNT_TOKEN: &str = "bearer-of-the-account";
const READER_TOKEN: &str = "bearer-of-the-reader";

/// How clients show a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Showing {
    /// Python, Node: in the query.
    V1,
    /// The same in a form body.
    V1Body,
    /// The classic Go SDK: with an AccessKey id, method and signature that are empty.
    V1Go,
    V3,
    V4,
}

const SHOWINGS: [Showing; 5] = [Showing::V1, Showing::V1Body, Showing::V1Go, Showing::V3, Showing::V4];
const IN_HEADERS: [Showing; 2] = [Showing::V3, Showing::V4];

impl Showing {
    fn is_in_headers(self) -> bool {
        IN_HEADERS.contains(&self)
    }

    /// A call that is right, and its nonce its own.
    fn call(self, action: &str, token: &str) -> Raw {
        let mut draft = Draft::new(if self.is_in_headers() { Signing::V3 } else { Signing::V1 }, action, &[]);
        if self == Self::V4 {
            draft.headers.push(("x-acs-signature-type", "BEARERTOKEN".to_owned()));
        }
        let mut raw = draft.sign();
        raw.remove_header("authorization");
        for name in ["Signature", "SignatureMethod", "SignatureType", "SignatureVersion", "AccessKeyId"] {
            raw.change(name, (self == Self::V1Go).then_some(""));
        }
        if self.is_in_headers() {
            raw.set_header("x-acs-bearer-token", token);
        } else {
            raw.change("BearerToken", Some(token));
        }
        match self {
            Self::V4 => raw.set_header("authorization", format!("Bearer {token}")),
            _ => raw.change("SignatureType", Some("BEARERTOKEN")),
        }
        if self == Self::V1Body {
            raw.body = std::mem::take(&mut raw.query).into_bytes();
        }
        raw
    }
}

#[test]
fn a_bearer_calls_once() {
    let service = Service::with_fixture();
    for showing in SHOWINGS {
        let raw = showing.call("ListKeys", ACCOUNT_TOKEN);
        assert_eq!(outcome(&service, &raw), ok(), "{showing:?}");
        assert_eq!(outcome(&service, &raw), refusal(400, "SignatureNonceUsed"), "{showing:?}");
    }
}

/// Permissions are the holder's.
#[test]
fn a_bearer_may_do_what_its_holder_may() {
    let service = Service::with_fixture();
    for showing in SHOWINGS {
        assert_eq!(outcome(&service, &showing.call("CreateKey", ACCOUNT_TOKEN)), ok(), "{showing:?}");
        assert_eq!(outcome(&service, &showing.call("ListKeys", READER_TOKEN)), ok(), "{showing:?}");
        let expected = refusal(403, "Forbidden.NoPermission");
        assert_eq!(outcome(&service, &showing.call("CreateKey", READER_TOKEN)), expected, "{showing:?}");
    }
}

/// Also where signatures are not asked for: who calls must be known.
#[test]
fn every_character_of_a_token_counts() {
    let file = SandboxFile::parse("f.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
    let lax = Options { file: Some(file), limits: Limits::Off, verify_signatures: false, ..Options::default() };
    for service in [Service::with_fixture(), Service::with_options(&lax)] {
        let mut wrong: Vec<String> = (0..ACCOUNT_TOKEN.len())
            .map(|index| {
                let mut bytes = ACCOUNT_TOKEN.as_bytes().to_vec();
                bytes[index] ^= 1;
                String::from_utf8(bytes).unwrap()
            })
            .collect();
        wrong.extend(["x".to_owned(), ACCOUNT_TOKEN[1..].to_owned(), format!("{ACCOUNT_TOKEN}x")]);
        wrong.extend([ACCOUNT_TOKEN.to_uppercase(), "yaoshi".to_owned()]);
        for token in wrong {
            for showing in SHOWINGS {
                let raw = showing.call("ListKeys", &token);
                assert_eq!(outcome(&service, &raw), refusal(404, "InvalidAccessKeyId.NotFound"), "{showing:?} {token}");
            }
        }
    }
}

/// A row: what is wrong, how it is shown, what is done to the call, and the refusal.
type Row = (&'static str, &'static [Showing], fn(&mut Raw), (u16, &'static str));

const INCOMPLETE: (u16, &str) = (400, "IncompleteSignature");
const INVALID_METHOD: (u16, &str) = (400, "InvalidSignatureMethod");
const MISSING: (u16, &str) = (400, "MissingParameter");
const IN_QUERY: &[Showing] = &[Showing::V1, Showing::V1Go];

const ROWS: &[Row] = &[
    ("no token", IN_QUERY, |raw| raw.change("BearerToken", None), MISSING),
    ("an empty token", IN_QUERY, |raw| raw.change("BearerToken", Some("")), MISSING),
    ("an empty token", &IN_HEADERS, |raw| raw.set_header("x-acs-bearer-token", ""), INCOMPLETE),
    ("no token", &IN_HEADERS, |raw| raw.remove_header("x-acs-bearer-token"), MISSING),
    (
        "two tokens",
        &IN_HEADERS,
        |raw| raw.headers.push(("x-acs-bearer-token".to_owned(), ACCOUNT_TOKEN.into())),
        INCOMPLETE,
    ),
    ("no type", IN_QUERY, |raw| raw.change("SignatureType", None), INCOMPLETE),
    ("another type", IN_QUERY, |raw| raw.change("SignatureType", Some("bearertoken")), INCOMPLETE),
    ("no type", &[Showing::V3], |raw| raw.change("SignatureType", None), INVALID_METHOD),
    ("another type", &[Showing::V3], |raw| raw.change("SignatureType", Some("PRIVATEKEY")), INVALID_METHOD),
    ("no type", &[Showing::V4], |raw| raw.remove_header("x-acs-signature-type"), INVALID_METHOD),
    ("another type", &[Showing::V4], |raw| raw.set_header("x-acs-signature-type", "PRIVATEKEY"), INVALID_METHOD),
    ("two types", &[Showing::V4], |raw| raw.change("SignatureType", Some("PRIVATEKEY")), INVALID_METHOD),
    (
        "another token in Authorization",
        &[Showing::V4],
        |raw| raw.set_header("authorization", format!("Bearer {READER_TOKEN}")),
        INCOMPLETE,
    ),
    ("another token in the parameters", &IN_HEADERS, |raw| raw.change("BearerToken", Some(READER_TOKEN)), INCOMPLETE),
    ("another token in the headers", IN_QUERY, |raw| raw.set_header("x-acs-bearer-token", READER_TOKEN), INCOMPLETE),
    ("a signature too", &IN_HEADERS, |raw| raw.change("Signature", Some("c2lnbmF0dXJl")), INCOMPLETE),
    ("no time", IN_QUERY, |raw| raw.change("Timestamp", None), (400, "IllegalTimestamp")),
    ("no time", &IN_HEADERS, |raw| raw.remove_header("x-acs-date"), (400, "IllegalTimestamp")),
    (
        "too old",
        IN_QUERY,
        |raw| raw.change("Timestamp", Some("2026-11-22T06:44:59Z")),
        (400, "InvalidTimeStamp.Expired"),
    ),
    (
        "too old",
        &IN_HEADERS,
        |raw| raw.set_header("x-acs-date", "2026-11-22T06:44:59Z"),
        (400, "InvalidTimeStamp.Expired"),
    ),
    ("no nonce", &IN_HEADERS, |raw| raw.remove_header("x-acs-signature-nonce"), INCOMPLETE),
    ("no content hash", &IN_HEADERS, |raw| raw.remove_header("x-acs-content-sha256"), INCOMPLETE),
    ("another content hash", &IN_HEADERS, |raw| raw.set_header("x-acs-content-sha256", "0".repeat(64)), INCOMPLETE),
    ("another body", &IN_HEADERS, |raw| raw.body = b"PageSize=1".to_vec(), INCOMPLETE),
    ("no action", &IN_HEADERS, |raw| raw.remove_header("x-acs-action"), MISSING),
    ("no action", IN_QUERY, |raw| raw.change("Action", None), MISSING),
    ("another version", &IN_HEADERS, |raw| raw.set_header("x-acs-version", "2014-05-26"), (400, "InvalidVersion")),
    (
        "an STS token",
        &IN_HEADERS,
        |raw| raw.set_header("x-acs-security-token", "CAIS"),
        (400, "InvalidSecurityToken.MismatchWithAccessKey"),
    ),
    (
        "an STS token",
        IN_QUERY,
        |raw| raw.change("SecurityToken", Some("CAIS")),
        (400, "InvalidSecurityToken.MismatchWithAccessKey"),
    ),
    ("somebody else's AccessKey", IN_QUERY, |raw| raw.change("AccessKeyId", Some("reader")), INCOMPLETE),
    (
        "an AccessKey that is off",
        IN_QUERY,
        |raw| raw.change("AccessKeyId", Some("reader-old")),
        (403, "Forbidden.AccessKey"),
    ),
    (
        "nobody's AccessKey",
        IN_QUERY,
        |raw| raw.change("AccessKeyId", Some("stranger")),
        (404, "InvalidAccessKeyId.NotFound"),
    ),
];

#[test]
fn what_is_wrong_beside_a_token_is_refused() {
    let service = Service::with_fixture();
    for (situation, showings, spoil, (status, code)) in ROWS {
        for showing in *showings {
            let mut raw = showing.call("ListKeys", ACCOUNT_TOKEN);
            spoil(&mut raw);
            assert_eq!(outcome(&service, &raw), refusal(*status, code), "{situation}, {showing:?}");
        }
    }
}

/// What is there too, how the token is shown, and what is done to the call.
type Addition = (&'static str, &'static [Showing], fn(&mut Raw));

#[test]
fn what_may_stand_beside_a_token() {
    let service = Service::with_fixture();
    let rows: &[Addition] = &[
        ("the holder's AccessKey", IN_QUERY, |raw| raw.change("AccessKeyId", Some("yaoshi"))),
        ("no nonce", IN_QUERY, |raw| raw.change("SignatureNonce", None)),
        ("a signature made with an empty secret", IN_QUERY, |raw| {
            raw.change("SignatureMethod", Some("HMAC-SHA1"));
            raw.change("Signature", Some("c2lnbmF0dXJl"));
        }),
        ("the same token in the headers", IN_QUERY, |raw| raw.set_header("x-acs-bearer-token", ACCOUNT_TOKEN)),
        ("the same token in the parameters", &IN_HEADERS, |raw| raw.change("BearerToken", Some(ACCOUNT_TOKEN))),
        ("the type in both places", &[Showing::V4], |raw| raw.change("SignatureType", Some("BEARERTOKEN"))),
        ("no Authorization", &[Showing::V4], |raw| raw.remove_header("authorization")),
        ("a proxy's Authorization", &[Showing::V3], |raw| {
            raw.set_header("authorization", "Basic eWFvc2hpOnlhb3NoaQ==");
        }),
    ];
    for (situation, showings, add) in rows {
        for showing in *showings {
            let mut raw = showing.call("ListKeys", ACCOUNT_TOKEN);
            add(&mut raw);
            assert_eq!(outcome(&service, &raw), ok(), "{situation}, {showing:?}");
        }
    }
}

/// One call has one proof, even where both would be right.
#[test]
fn a_signature_and_a_token_are_refused() {
    let service = Service::with_fixture();
    for signing in Signing::ALL.into_iter().chain(Signing::PAIRS) {
        for token in [ACCOUNT_TOKEN, READER_TOKEN, "unknown-to-everybody"] {
            let mut draft = Draft::new(signing, "ListKeys", &[]);
            if matches!(signing, Signing::V1 | Signing::V1Pair) {
                draft.set_parameter("BearerToken", token);
            } else {
                draft.headers.push(("x-acs-bearer-token", token.to_owned()));
            }
            assert_eq!(outcome(&service, &draft.sign()), refusal(400, "IncompleteSignature"), "{signing:?} {token}");
        }
    }
}

/// V1 names its format in the parameters; V3 and V4 have one.
#[test]
fn a_bearer_is_answered_in_its_format() {
    let service = Service::with_fixture();
    for (showing, is_xml) in [(Showing::V1, true), (Showing::V3, false), (Showing::V4, false)] {
        for token in [ACCOUNT_TOKEN, "unknown-to-everybody"] {
            let mut raw = showing.call("ListKeys", token);
            raw.change("Format", Some("XML"));
            let reply = service.send(raw.to_http());
            assert_eq!(reply.text.starts_with('<'), is_xml, "{showing:?}: {}", reply.text);
        }
    }
}

/// What the official SDK sent, byte for byte.
#[test]
fn every_capture_of_a_bearer_is_let_in() {
    let captures = bearer_captures();
    assert_eq!(captures.len(), 16, "fixtures/bearer is whole");
    for capture in captures {
        let sandbox = |token: &str| {
            format!(
                "version = 1\n[[account]]\nid = \"1234567890123456\"\nbearer_tokens = [{token:?}]\n\
                 [[account.key]]\nid = \"key-hzz62f1cb66fa42qo1234\"\n"
            )
        };
        let outcome_with = |token: &str| {
            let service = Service::with_file(&sandbox(token));
            service.turn_clock_to(capture.time);
            outcome(&service, &capture.raw)
        };
        let name = &capture.name;
        let expected = if name.ends_with("CreateSecret.txt") { refusal(400, "UnsupportedOperation") } else { ok() };
        assert_eq!(outcome_with(&capture.token), expected, "{name}");
        let unknown = refusal(404, "InvalidAccessKeyId.NotFound");
        assert_eq!(outcome_with("another-token-than-that"), unknown, "{name}");
        let service = Service::with_file(&sandbox(&capture.token));
        assert_eq!(outcome(&service, &capture.raw), refusal(400, "InvalidTimeStamp.Expired"), "{name}");
    }
}
