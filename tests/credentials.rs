//! AccessKeys with a key pair, and bearer tokens: who is let in by them, and who is not.

use base64::prelude::{BASE64_STANDARD, Engine};
use rstest::rstest;
use yaoshi::config::{Options, SandboxFile};
use yaoshi::dialect::alibaba::Limits;

use crate::support::wire::{Draft, Part, Raw, Signing, bearer_captures};
use crate::support::{Service, pair};

const ACCOUNT_TOKEN: &str = "bearer-of-the-account";
const READER_TOKEN: &str = "bearer-of-the-reader";

fn outcome(service: &Service, raw: &Raw) -> (u16, String) {
    let reply = service.send(raw.to_http());
    (reply.status, reply.outcome())
}

fn ok() -> (u16, String) {
    (200, "OK".to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Set a parameter in the query to another value, or leave it out.
fn change(raw: &mut Raw, name: &str, value: Option<&str>) {
    let mut pairs = raw.pairs(Part::Query);
    pairs.retain(|(own, _)| own != name.as_bytes());
    pairs.extend(value.map(|value| (name.into(), value.into())));
    raw.set_pairs(Part::Query, &pairs);
}

// Key pairs.

#[test]
fn a_key_pair_signs_once() {
    let service = Service::with_fixture();
    for signing in Signing::PAIRS {
        for method in ["GET", "POST"] {
            let mut draft = Draft::new(signing, "ListKeys", &[("PageSize", "1")]);
            draft.method = method;
            let raw = draft.sign();
            assert_eq!(outcome(&service, &raw), ok(), "{signing:?} {method}");
            assert_eq!(outcome(&service, &raw), refused(400, "SignatureNonceUsed"), "{signing:?} {method}");
        }
        let mut late = Draft::new(signing, "ListKeys", &[]);
        late.set("Timestamp", "2026-11-22T06:00:00Z");
        assert_eq!(outcome(&service, &late.sign()), refused(400, "InvalidTimeStamp.Expired"), "{signing:?}");
    }
}

/// Whoever knows the public key knows every text that could be taken for its secret.
#[test]
fn a_public_key_is_no_secret() {
    let service = Service::with_fixture();
    let pem = pair::public_key_pem();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let file = format!("\n{pem}");
    for secret in ["", &pem, pem.trim_end(), &file, &base64, &pair::public_key_pkcs1_pem()] {
        for signing in Signing::ALL {
            let mut draft = Draft::new(signing, "ListKeys", &[]);
            (draft.access_key_id, draft.secret) = ("pair".to_owned(), secret.to_owned());
            let refusal = refused(400, "InvalidSignatureMethod");
            assert_eq!(outcome(&service, &draft.sign()), refusal, "{signing:?} {secret:?}");
        }
    }
}

/// What is signed by one key pair, shown as the work of others.
#[test]
fn a_key_pair_signs_for_its_own_access_key() {
    let blocks = format!(
        "[[account.user]]\nname = \"pairs\"\naccess_keys = [\n{{ id = \"another\", public_key = '''{OTHER_PUBLIC_KEY}''' }},\n\
         {{ id = \"off\", status = \"Inactive\", public_key = '''{}''' }}]\n",
        pair::public_key_pem()
    );
    let service = Service::with_file(&crate::support::samples::fixture_with(&blocks));
    for signing in Signing::PAIRS {
        for (access_key_id, refusal) in [
            ("another", refused(400, "SignatureDoesNotMatch")),
            ("yaoshi", refused(400, "InvalidSignatureMethod")),
            ("off", refused(403, "Forbidden.AccessKey")),
            ("stranger", refused(404, "InvalidAccessKeyId.NotFound")),
        ] {
            let mut draft = Draft::new(signing, "ListKeys", &[]);
            access_key_id.clone_into(&mut draft.access_key_id);
            assert_eq!(outcome(&service, &draft.sign()), refusal, "{signing:?} {access_key_id}");
        }
    }
}

/// Nobody has its private half.
const OTHER_PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAlf3BJrsQxTVE3Qi5w0Ud
kGueLreQGDo8e45/6GfT0TdOxsz1guWlwJpXc36JrlvEDa3hEiotYrlNsj6HaQFG
fDqj/yu36bOd/twnW7kKqdZX/9gj4q6LV3Grl0Lp8IJ/OPIr374rEGrrsWrYn3sH
ODA7Sg/nlEiX5c2PCoSuEAgk1FOAg0312SI0vWHgl+3x6vy9IztuySPc9mItIPXs
8Gt09W+NhI+2oWU0fp6QwlAlWLtVzzmkE+rm/BJq92JDTNIRzPJeHNzJRSqvULDz
lULRHx4fBqSo3t3Zjvp03o98h3xUdv7BQg4hXtMN5z3GM0QRavqsjROtqz/nym8E
dQIDAQAB
-----END PUBLIC KEY-----
";

/// Each writing of a signature that is right once decoded, or nearly.
#[test]
fn a_signature_is_written_in_one_way() {
    let service = Service::with_fixture();
    let v1: [fn(&str) -> String; 5] = [
        |text| text.trim_end_matches('=').to_owned(),
        |text| text.replace(['+', '/'], "-"),
        |text| format!("{text}\n"),
        |text| BASE64_STANDARD.decode(text).unwrap().iter().map(|byte| format!("{byte:02x}")).collect(),
        |text| {
            let mut bytes = BASE64_STANDARD.decode(text).unwrap();
            bytes.insert(0, 0);
            BASE64_STANDARD.encode(bytes)
        },
    ];
    for write in v1 {
        let mut raw = Draft::new(Signing::V1Pair, "ListKeys", &[]).sign();
        let pairs = raw.pairs(Part::Query);
        let (_, signature) = pairs.iter().find(|(name, _)| name == b"Signature").unwrap();
        let written = write(std::str::from_utf8(signature).unwrap());
        change(&mut raw, "Signature", Some(&written));
        assert_eq!(outcome(&service, &raw), refused(400, "SignatureDoesNotMatch"), "{written}");
    }
    let v3: [fn(&str) -> String; 5] = [
        str::to_uppercase,
        |text| text[1..].to_owned(),
        |text| text[2..].to_owned(),
        |text| format!("00{text}"),
        |_| String::new(),
    ];
    for write in v3 {
        let mut raw = Draft::new(Signing::V3Pair, "ListKeys", &[]).sign();
        let authorization = String::from_utf8(raw.header("authorization").unwrap().to_vec()).unwrap();
        let (rest, signature) = authorization.split_once("Signature=").unwrap();
        let written = write(signature);
        raw.set_header("authorization", format!("{rest}Signature={written}"));
        assert_eq!(outcome(&service, &raw), refused(400, "SignatureDoesNotMatch"), "{written}");
    }
}

/// The V1 words that name a way to sign, set behind the signature's back. `by_secret`, `by_pair`: what an AccessKey of
/// each kind is answered.
#[rstest]
#[case("HMAC-SHA1", "", "OK", "InvalidSignatureMethod")]
#[case("", "", "SignatureDoesNotMatch", "InvalidSignatureMethod")]
#[case("SHA256withRSA", "PRIVATEKEY", "InvalidSignatureMethod", "OK")]
#[case("HMAC-SHA1", "PRIVATEKEY", "InvalidSignatureMethod", "InvalidSignatureMethod")]
#[case("", "PRIVATEKEY", "InvalidSignatureMethod", "InvalidSignatureMethod")]
#[case("SHA256withRSA", "", "InvalidSignatureMethod", "InvalidSignatureMethod")]
#[case("SHA256WITHRSA", "PRIVATEKEY", "InvalidSignatureMethod", "InvalidSignatureMethod")]
#[case("SHA256withRSA", "privatekey", "InvalidSignatureMethod", "InvalidSignatureMethod")]
#[case("HMAC-SHA256", "", "InvalidSignatureMethod", "InvalidSignatureMethod")]
fn words_of_a_way_to_sign(#[case] method: &str, #[case] kind: &str, #[case] by_secret: &str, #[case] by_pair: &str) {
    let service = Service::with_fixture();
    for (signing, expected) in [(Signing::V1, by_secret), (Signing::V1Pair, by_pair)] {
        let mut raw = Draft::new(signing, "ListKeys", &[]).sign();
        change(&mut raw, "SignatureMethod", Some(method));
        change(&mut raw, "SignatureType", Some(kind));
        assert_eq!(outcome(&service, &raw).1, expected, "{signing:?}");
    }
}

#[test]
fn algorithms_that_nobody_has() {
    let service = Service::with_fixture();
    for name in ["ACS3-RSA-SM3", "ACS4-RSA-SHA256", "acs3-rsa-sha256", "ACS3-HMAC-SHA256", "ACS3-HMAC-SM3"] {
        let mut raw = Draft::new(Signing::V3Pair, "ListKeys", &[]).sign();
        let authorization = String::from_utf8(raw.header("authorization").unwrap().to_vec()).unwrap();
        raw.set_header("authorization", authorization.replacen("ACS3-RSA-SHA256", name, 1));
        let refusal = match name {
            // Not a word of this service: a proxy may have its own, and the parameters name nobody.
            "acs3-rsa-sha256" => refused(400, "MissingParameter"),
            // Its content hash is another one.
            "ACS3-HMAC-SM3" => refused(400, "IncompleteSignature"),
            _ => refused(400, "InvalidSignatureMethod"),
        };
        assert_eq!(outcome(&service, &raw), refusal, "{name}");
    }
}

// Bearer tokens.

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
            change(&mut raw, name, (self == Self::V1Go).then_some(""));
        }
        if !self.is_in_headers() {
            change(&mut raw, "BearerToken", Some(token));
        } else {
            raw.set_header("x-acs-bearer-token", token);
        }
        match self {
            Self::V4 => raw.set_header("authorization", format!("Bearer {token}")),
            _ => change(&mut raw, "SignatureType", Some("BEARERTOKEN")),
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
        assert_eq!(outcome(&service, &raw), refused(400, "SignatureNonceUsed"), "{showing:?}");
    }
}

/// Permissions are the holder's.
#[test]
fn a_bearer_may_do_what_its_holder_may() {
    let service = Service::with_fixture();
    for showing in SHOWINGS {
        assert_eq!(outcome(&service, &showing.call("CreateKey", ACCOUNT_TOKEN)), ok(), "{showing:?}");
        assert_eq!(outcome(&service, &showing.call("ListKeys", READER_TOKEN)), ok(), "{showing:?}");
        let refusal = refused(403, "Forbidden.NoPermission");
        assert_eq!(outcome(&service, &showing.call("CreateKey", READER_TOKEN)), refusal, "{showing:?}");
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
                assert_eq!(outcome(&service, &raw), refused(404, "InvalidAccessKeyId.NotFound"), "{showing:?} {token}");
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
    ("no token", IN_QUERY, |raw| change(raw, "BearerToken", None), MISSING),
    ("an empty token", IN_QUERY, |raw| change(raw, "BearerToken", Some("")), MISSING),
    ("an empty token", &IN_HEADERS, |raw| raw.set_header("x-acs-bearer-token", ""), INCOMPLETE),
    ("no token", &IN_HEADERS, |raw| raw.remove_header("x-acs-bearer-token"), MISSING),
    (
        "two tokens",
        &IN_HEADERS,
        |raw| raw.headers.push(("x-acs-bearer-token".to_owned(), ACCOUNT_TOKEN.into())),
        INCOMPLETE,
    ),
    ("no type", IN_QUERY, |raw| change(raw, "SignatureType", None), INCOMPLETE),
    ("another type", IN_QUERY, |raw| change(raw, "SignatureType", Some("bearertoken")), INCOMPLETE),
    ("no type", &[Showing::V3], |raw| change(raw, "SignatureType", None), INVALID_METHOD),
    ("another type", &[Showing::V3], |raw| change(raw, "SignatureType", Some("PRIVATEKEY")), INVALID_METHOD),
    ("no type", &[Showing::V4], |raw| raw.remove_header("x-acs-signature-type"), INVALID_METHOD),
    ("another type", &[Showing::V4], |raw| raw.set_header("x-acs-signature-type", "PRIVATEKEY"), INVALID_METHOD),
    ("two types", &[Showing::V4], |raw| change(raw, "SignatureType", Some("PRIVATEKEY")), INVALID_METHOD),
    (
        "another token in Authorization",
        &[Showing::V4],
        |raw| raw.set_header("authorization", format!("Bearer {READER_TOKEN}")),
        INCOMPLETE,
    ),
    ("another token in the parameters", &IN_HEADERS, |raw| change(raw, "BearerToken", Some(READER_TOKEN)), INCOMPLETE),
    ("another token in the headers", IN_QUERY, |raw| raw.set_header("x-acs-bearer-token", READER_TOKEN), INCOMPLETE),
    ("a signature too", &IN_HEADERS, |raw| change(raw, "Signature", Some("c2lnbmF0dXJl")), INCOMPLETE),
    ("no time", IN_QUERY, |raw| change(raw, "Timestamp", None), (400, "IllegalTimestamp")),
    ("no time", &IN_HEADERS, |raw| raw.remove_header("x-acs-date"), (400, "IllegalTimestamp")),
    (
        "too old",
        IN_QUERY,
        |raw| change(raw, "Timestamp", Some("2026-11-22T06:44:59Z")),
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
    ("no action", IN_QUERY, |raw| change(raw, "Action", None), MISSING),
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
        |raw| change(raw, "SecurityToken", Some("CAIS")),
        (400, "InvalidSecurityToken.MismatchWithAccessKey"),
    ),
    ("somebody else's AccessKey", IN_QUERY, |raw| change(raw, "AccessKeyId", Some("reader")), INCOMPLETE),
    (
        "an AccessKey that is off",
        IN_QUERY,
        |raw| change(raw, "AccessKeyId", Some("reader-old")),
        (403, "Forbidden.AccessKey"),
    ),
    (
        "nobody's AccessKey",
        IN_QUERY,
        |raw| change(raw, "AccessKeyId", Some("stranger")),
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
            assert_eq!(outcome(&service, &raw), refused(*status, code), "{situation}, {showing:?}");
        }
    }
}

#[test]
fn what_may_stand_beside_a_token() {
    let service = Service::with_fixture();
    let rows: &[(&str, &[Showing], fn(&mut Raw))] = &[
        ("the holder's AccessKey", IN_QUERY, |raw| change(raw, "AccessKeyId", Some("yaoshi"))),
        ("no nonce", IN_QUERY, |raw| change(raw, "SignatureNonce", None)),
        ("a signature made with an empty secret", IN_QUERY, |raw| {
            change(raw, "SignatureMethod", Some("HMAC-SHA1"));
            change(raw, "Signature", Some("c2lnbmF0dXJl"));
        }),
        ("the same token in the headers", IN_QUERY, |raw| raw.set_header("x-acs-bearer-token", ACCOUNT_TOKEN)),
        ("the same token in the parameters", &IN_HEADERS, |raw| change(raw, "BearerToken", Some(ACCOUNT_TOKEN))),
        ("the type in both places", &[Showing::V4], |raw| change(raw, "SignatureType", Some("BEARERTOKEN"))),
        ("no Authorization", &[Showing::V4], |raw| raw.remove_header("authorization")),
        ("a proxy's Authorization", &[Showing::V3], |raw| {
            raw.set_header("authorization", "Basic eWFvc2hpOnlhb3NoaQ==")
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
            assert_eq!(outcome(&service, &draft.sign()), refused(400, "IncompleteSignature"), "{signing:?} {token}");
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
            change(&mut raw, "Format", Some("XML"));
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
        let expected = if name.ends_with("CreateSecret.txt") { refused(400, "UnsupportedOperation") } else { ok() };
        assert_eq!(outcome_with(&capture.token), expected, "{name}");
        let unknown = refused(404, "InvalidAccessKeyId.NotFound");
        assert_eq!(outcome_with("another-token-than-that"), unknown, "{name}");
        let service = Service::with_file(&sandbox(&capture.token));
        assert_eq!(outcome(&service, &capture.raw), refused(400, "InvalidTimeStamp.Expired"), "{name}");
    }
}
