//! What a signature covers: every byte that says something, and no more than that.
//!
//! Exhaustive over the captures: every byte is changed, one at a time, to its neighbour, and letters to the other case.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::thread;

use proptest::prelude::*;
use proptest::string::string_regex;
use sha2::{Digest, Sha256};
use yaoshi::dialect::alibaba::parameters::Parameters;
use yaoshi::dialect::alibaba::signature::v1;

use crate::support::wire::{Capture, Pair, Part, Raw, captures, percent};

/// Run `check` on all captures, on as many threads as there are.
fn on_every_capture(check: impl Fn(&Capture) + Sync) {
    let captures = captures();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for share in captures.chunks(captures.len().div_ceil(threads)) {
            scope.spawn(|| share.iter().for_each(&check));
        }
    });
}

#[track_caller]
fn assert_refused(capture: &Capture, changed: &Raw, what: &str) {
    assert!(
        changed.verify_by(&capture.verifier).is_err(),
        "{} still verifies after a change of {what}: {changed:?}",
        capture.name
    );
}

/// Every version of `bytes` with one byte changed to its neighbour.
fn neighbours(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len()).map(move |index| {
        let mut changed = bytes.to_vec();
        // No header can hold a delete character, which is the tilde's neighbour.
        changed[index] ^= if changed[index] == b'~' { 2 } else { 1 };
        changed
    })
}

/// Every version of `bytes` with one letter in the other case.
fn other_cases(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let letters = (0..bytes.len()).filter(|index| bytes[*index].is_ascii_alphabetic());
    letters.map(move |index| {
        let mut changed = bytes.to_vec();
        changed[index] ^= 0x20;
        changed
    })
}

fn changes(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    neighbours(bytes).chain(other_cases(bytes))
}

#[test]
fn every_byte_of_a_parameters_name_and_value_is_signed() {
    on_every_capture(|capture| {
        for part in [Part::Query, Part::Body] {
            let pairs = capture.raw.pairs(part);
            for (index, (name, value)) in pairs.iter().enumerate() {
                let names = changes(name).map(|name| (name, value.clone()));
                let values = changes(value).map(|value| (name.clone(), value));
                for pair in names.chain(values) {
                    let mut changed = capture.raw.clone();
                    let mut pairs = pairs.clone();
                    pairs[index] = pair;
                    changed.set_pairs(part, &pairs);
                    let what = format!("{} in {part:?}", String::from_utf8_lossy(name));
                    assert_refused(capture, &changed, &what);
                }
            }
        }
    });
}

#[test]
fn a_parameter_more_or_less_is_noticed() {
    on_every_capture(|capture| {
        for part in [Part::Query, Part::Body] {
            let pairs = capture.raw.pairs(part);
            for index in 0..pairs.len() {
                let (mut without, mut fewer) = (capture.raw.clone(), pairs.clone());
                let (name, _) = fewer.remove(index);
                without.set_pairs(part, &fewer);
                let what = format!("{} in {part:?} to nothing", String::from_utf8_lossy(&name));
                assert_refused(capture, &without, &what);
            }
            let (mut with, mut more) = (capture.raw.clone(), pairs);
            more.push((b"DryRun".to_vec(), Vec::new()));
            with.set_pairs(part, &more);
            assert_refused(capture, &with, "nothing to an empty DryRun");
        }
    });
}

/// Signed as it is, such a name would write the same text as the parameters it is made of.
#[test]
fn two_parameters_do_not_pass_for_one() {
    on_every_capture(|capture| {
        let mut pairs = capture.raw.pairs(Part::Query);
        pairs.sort();
        for at in 1..pairs.len() {
            let encoded = |bytes: &[u8]| bytes.iter().map(|byte| percent(*byte)).collect::<String>();
            let ((first, value), (second, _)) = (&pairs[at - 1], &pairs[at]);
            let name = format!("{}={}&{}", encoded(first), encoded(value), encoded(second));
            let (mut changed, mut folded) = (capture.raw.clone(), pairs.clone());
            folded[at].0 = name.clone().into_bytes();
            folded.remove(at - 1);
            changed.set_pairs(Part::Query, &folded);
            assert_refused(capture, &changed, &format!("two parameters to {name}"));
        }
    });
}

#[test]
fn every_byte_of_a_signed_headers_value_is_signed() {
    on_every_capture(|capture| {
        let Some(authorization) = capture.raw.header("authorization") else { return };
        let authorization = std::str::from_utf8(authorization).unwrap();
        let names = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
        for name in names.split(';') {
            let value = capture.raw.header(name).unwrap_or_else(|| panic!("{}: no {name}", capture.name));
            for value in changes(value) {
                let mut changed = capture.raw.clone();
                changed.set_header(name, value);
                assert_refused(capture, &changed, name);
            }
            let mut repeated = capture.raw.clone();
            repeated.headers.push((name.to_owned(), value.to_vec()));
            assert_refused(capture, &repeated, &format!("one {name} to two"));
        }
    });
}

#[test]
fn every_byte_of_a_signature_counts() {
    on_every_capture(|capture| {
        // In the parameters it is one of them.
        let Some(authorization) = capture.raw.header("authorization") else { return };
        let (rest, signature) = std::str::from_utf8(authorization).unwrap().split_once("Signature=").unwrap();
        for signature in changes(signature.as_bytes()) {
            let mut changed = capture.raw.clone();
            changed.set_header("authorization", [rest.as_bytes(), b"Signature=", &signature].concat());
            assert_refused(capture, &changed, "the signature");
        }
    });
}

#[test]
fn every_byte_of_the_body_the_secret_and_the_method_is_signed() {
    on_every_capture(|capture| {
        // The two cases of a hexadecimal digit in an escape mean the same; a signature in the headers tells them apart.
        let bodies: Vec<_> = if capture.is_v1() {
            neighbours(&capture.raw.body).collect()
        } else {
            changes(&capture.raw.body).collect()
        };
        for body in bodies {
            assert_refused(capture, &Raw { body, ..capture.raw.clone() }, "the body");
        }
        for secret in changes(capture.secret().unwrap_or_default().as_bytes()) {
            let verified = capture.raw.verify(&String::from_utf8(secret).unwrap());
            assert!(verified.is_err(), "{} still verifies with another secret", capture.name);
        }
        let method = if capture.raw.method == "GET" { "POST" } else { "GET" }.to_owned();
        assert_refused(capture, &Raw { method, ..capture.raw.clone() }, "the method");
    });
}

/// Writes a byte of a parameter.
type Encoding = Box<dyn Fn(u8) -> String>;

/// How else a client may write a byte of a parameter, and who does.
fn encodings() -> Vec<(&'static str, Encoding)> {
    let hex = |is_plain: fn(u8) -> bool| {
        move |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { percent(byte) }
    };
    vec![
        ("as it is signed", Box::new(percent)),
        ("+ for a space (Python, Go)", Box::new(|byte| if byte == b' ' { "+".to_owned() } else { percent(byte) })),
        ("* as it is (Go, Java)", Box::new(hex(|byte| byte == b'*'))),
        ("!'()* as they are (Node)", Box::new(hex(|byte| b"!'()*".contains(&byte)))),
        (":,/* as they are (aiohttp)", Box::new(hex(|byte| b":,/*".contains(&byte)))),
        ("%7E for ~ (Java)", Box::new(|byte| if byte == b'~' { "%7E".to_owned() } else { percent(byte) })),
        ("%7e for ~", Box::new(|byte| if byte == b'~' { "%7e".to_owned() } else { percent(byte) })),
        (
            "lower-case hex",
            Box::new(|byte| if percent(byte).starts_with('%') { percent(byte).to_lowercase() } else { percent(byte) }),
        ),
        ("every byte escaped", Box::new(|byte| format!("%{byte:02X}"))),
        ("every byte escaped in lower-case hex", Box::new(|byte| format!("%{byte:02x}"))),
        (
            "only what would end a value escaped",
            Box::new(hex(|byte| byte.is_ascii_graphic() && !b"&=+%#\"<>[]\\^`{|}".contains(&byte))),
        ),
    ]
}

/// V3 and V4 sign the body as it was sent: there, only the query may be written otherwise.
fn free_parts(capture: &Capture) -> &'static [Part] {
    if capture.is_v1() { &[Part::Query, Part::Body] } else { &[Part::Query] }
}

#[test]
fn the_same_values_written_otherwise_verify() {
    for (encoding, encode) in encodings() {
        for capture in captures() {
            let mut rewritten = capture.raw.clone();
            for part in free_parts(&capture) {
                rewritten.set_pairs_encoded(*part, &capture.raw.pairs(*part), &*encode);
            }
            let verified = rewritten.verify_by(&capture.verifier);
            assert!(verified.is_ok(), "{}, {encoding}: {verified:?} {rewritten:?}", capture.name);
        }
    }
}

#[test]
fn the_order_of_parameters_does_not_matter() {
    for capture in captures() {
        for part in free_parts(&capture) {
            let mut pairs = capture.raw.pairs(*part);
            for turn in 0..pairs.len() {
                pairs.rotate_left(1);
                if turn % 2 == 0 {
                    pairs.reverse();
                }
                let mut reordered = capture.raw.clone();
                reordered.set_pairs(*part, &pairs);
                assert!(reordered.verify_by(&capture.verifier).is_ok(), "{}: {reordered:?}", capture.name);
            }
        }
    }
}

#[test]
fn v1_does_not_care_whether_a_parameter_is_in_the_query_or_the_body() {
    type Choice = (&'static str, fn(usize) -> bool);
    let choices: [Choice; 4] = [
        ("all in the query", |_| true),
        ("all in the body", |_| false),
        ("every second one in the body", |index| index % 2 == 0),
        ("the first in the query", |index| index == 0),
    ];
    for capture in captures().into_iter().filter(Capture::is_v1) {
        let all: Vec<Pair> = [Part::Query, Part::Body].iter().flat_map(|part| capture.raw.pairs(*part)).collect();
        for (choice, is_in_query) in choices {
            let side = |wanted: bool| -> Vec<Pair> {
                let chosen = all.iter().enumerate().filter(|(index, _)| is_in_query(*index) == wanted);
                chosen.map(|(_, pair)| pair.clone()).collect()
            };
            let mut moved = capture.raw.clone();
            moved.set_pairs(Part::Query, &side(true));
            moved.set_pairs(Part::Body, &side(false));
            assert!(moved.verify_by(&capture.verifier).is_ok(), "{}, {choice}: {moved:?}", capture.name);
        }
    }
}

/// Path and unsigned headers: SDKs sign `/` also behind a prefix, and proxies add headers.
#[test]
fn what_is_not_signed_may_change() {
    for capture in captures() {
        let mut changed = capture.raw.clone();
        changed.path = "/kms/".to_owned();
        changed.set_header("accept-encoding", "gzip");
        changed.set_header("via", "1.1 a-proxy");
        if capture.is_v1() {
            changed.set_header("host", "kms.example:443");
        }
        assert!(changed.verify_by(&capture.verifier).is_ok(), "{}", capture.name);
    }
}

// An independent canonicalisation: slow, plain, and written from the documents alone.

fn slow_encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.as_bytes() {
        let c = *byte as char;
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.' || c == '~' {
            encoded.push(c);
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
    }
    encoded
}

fn slow_query(parameters: &BTreeMap<String, String>) -> String {
    let pairs = parameters.iter().map(|(name, value)| format!("{}={}", slow_encode(name), slow_encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn slow_v1_string_to_sign(method: &str, parameters: &BTreeMap<String, String>) -> String {
    let mut signed = parameters.clone();
    signed.remove("Signature");
    format!("{method}&{}&{}", slow_encode("/"), slow_encode(&slow_query(&signed)))
}

fn slow_hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn slow_v3_string_to_sign(
    query: &BTreeMap<String, String>,
    headers: &BTreeMap<String, Vec<String>>,
    body: &[u8],
) -> String {
    let mut canonical_headers = String::new();
    let mut names = Vec::new();
    for (name, values) in headers {
        let mut values: Vec<_> = values.iter().map(|value| value.trim_matches([' ', '\t'])).collect();
        values.sort_unstable();
        writeln!(canonical_headers, "{name}:{}", values.join(",")).unwrap();
        names.push(name.as_str());
    }
    let request =
        format!("POST\n/\n{}\n{canonical_headers}\n{}\n{}", slow_query(query), names.join(";"), slow_hex(body));
    format!("ACS3-HMAC-SHA256\n{}", slow_hex(request.as_bytes()))
}

/// Names and values of any characters, those that encodings stumble over more often than others.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => any::<String>(),
        2 => string_regex("[ +*~%&=/!'().A-Za-z0-9_:-]{0,12}").unwrap(),
        1 => string_regex("%[0-9a-fA-F]{0,2}").unwrap(),
        1 => Just("Signature".to_owned()),
    ]
}

fn parameters() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map(text(), text(), 0..8)
}

/// Values of headers: printable, with blanks around them.
fn headers() -> impl Strategy<Value = BTreeMap<String, Vec<String>>> {
    let value = string_regex("[ \t]{0,2}[!-~]([ -~]{0,8}[!-~])?[ \t]{0,2}").unwrap();
    prop::collection::btree_map(string_regex("x-[a-z0-9-]{1,8}").unwrap(), prop::collection::vec(value, 1..4), 0..4)
        .prop_filter("these have their own values", |headers| headers.keys().all(|name| !name.starts_with("x-acs-")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn v1_canonicalisation_is_the_documented_one(
        parameters in parameters(),
        split in 0..8_usize,
        encoding in 0..11_usize,
        reversed: bool,
    ) {
        let mut pairs: Vec<Pair> =
            parameters.iter().map(|(name, value)| (name.clone().into(), value.clone().into())).collect();
        if reversed {
            pairs.reverse();
        }
        let (query, body) = pairs.split_at(split.min(pairs.len()));
        let mut raw = Raw {
            method: "GET".into(), path: "/".into(), query: String::new(), headers: Vec::new(), body: Vec::new(),
        };
        let encodings = encodings();
        let encode = &*encodings[encoding].1;
        raw.set_pairs_encoded(Part::Query, query, encode);
        raw.set_pairs_encoded(Part::Body, body, encode);
        let read = Parameters::read(&raw.query, &raw.body).unwrap();
        prop_assert_eq!(v1::string_to_sign("GET", &read), slow_v1_string_to_sign("GET", &parameters));
    }

    #[test]
    fn v3_canonicalisation_is_the_documented_one(
        query in parameters(),
        headers in headers(),
        body in "[a-zA-Z0-9]{0,16}",
        reversed: bool,
    ) {
        // No pair may say anything of its own here.
        let query: BTreeMap<_, _> = query.into_iter().filter(|(name, _)| name != "Signature" && *name != body).collect();
        let mut signed = headers;
        for (name, value) in [
            ("host", "127.0.0.1:7220"),
            ("x-acs-action", "ListKeys"),
            ("x-acs-content-sha256", &slow_hex(body.as_bytes())),
            ("x-acs-date", "2026-11-22T07:00:00Z"),
            ("x-acs-signature-nonce", "n"),
            ("x-acs-version", "2016-01-20"),
        ] {
            signed.insert(name.to_owned(), vec![value.to_owned()]);
        }
        let mut pairs: Vec<Pair> =
            query.iter().map(|(name, value)| (name.clone().into(), value.clone().into())).collect();
        let mut all: Vec<_> = signed
            .iter()
            .flat_map(|(name, values)| values.iter().map(|value| (name.clone(), value.clone().into_bytes())))
            .collect();
        if reversed {
            pairs.reverse();
            all.reverse();
        }
        let names = signed.keys().cloned().collect::<Vec<_>>().join(";");
        let wrong = format!("ACS3-HMAC-SHA256 Credential=a,SignedHeaders={names},Signature=00");
        all.push(("authorization".to_owned(), wrong.into_bytes()));
        let mut raw = Raw {
            method: "POST".into(), path: "/".into(), query: String::new(), headers: all, body: body.clone().into_bytes(),
        };
        raw.set_pairs(Part::Query, &pairs);
        let refused = raw.verify("secret").unwrap_err();
        let told = refused.message.split_once("server string to sign is:").map(|(_, told)| told.to_owned());
        prop_assert_eq!(told, Some(slow_v3_string_to_sign(&query, &signed, body.as_bytes())), "{:?}", refused);
    }
}
