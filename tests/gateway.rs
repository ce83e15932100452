//! The gateway: who is let in, what is said to those who are not, and in which words and formats.

use std::num::NonZeroU32;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, ToSpan};
use rstest::rstest;
use serde_json::Value;
use yaoshi::call::Limits;
use yaoshi::config::{Options, SandboxFile};
use yaoshi::dialect::alibaba::kms::{ACTIONS, NOT_BUILT};
use yaoshi::dialect::alibaba::parameters::Parameters;
use yaoshi::dialect::alibaba::signature::v1;

use crate::support::samples::Sample;
use crate::support::wire::{Draft, Part, Raw, Signing};
use crate::support::{NOW, Reply, Service};

const KEY: &str = "202b9877-5a25-46e3-a763-e20791b50001";

/// A call that is right: every AccessKey that may do anything may do this.
fn list_keys(signing: Signing) -> Draft {
    Draft::new(signing, "ListKeys", &[])
}

impl Service {
    fn take(&self, raw: &Raw) -> Reply {
        self.send(raw.to_http())
    }
}

fn fixture_with(change: impl FnOnce(&mut Options)) -> Service {
    let file = SandboxFile::parse("sandbox.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
    let mut options = Options { file: Some(file), limits: Limits::Off, ..Options::default() };
    change(&mut options);
    Service::with_options(&options)
}

/// A row of the table of gateway errors.
struct Row {
    situation: &'static str,
    signings: &'static [Signing],
    /// Done before signing.
    write: fn(&mut Draft),
    /// Done after signing.
    tamper: fn(&Draft, &mut Raw),
    status: u16,
    code: &'static str,
    /// Whole, or up to `…`.
    message: &'static str,
}

const ALL: &[Signing] = &Signing::ALL;
const V1: &[Signing] = &[Signing::V1];
const IN_HEADERS: &[Signing] = &[Signing::V3, Signing::V3Sm3, Signing::V4];

const AS_WRITTEN: fn(&mut Draft) = |_| ();
const AS_SIGNED: fn(&Draft, &mut Raw) = |_, _| ();

const INCOMPLETE: (u16, &str, &str) =
    (400, "IncompleteSignature", "The request signature does not conform to Aliyun standards.");
const MISMATCH: (u16, &str, &str) = (
    400,
    "SignatureDoesNotMatch",
    "Specified signature is not matched with our calculation. server string to sign is:…",
);
const ILLEGAL_TIMESTAMP: (u16, &str, &str) = (
    400,
    "IllegalTimestamp",
    "The input parameter \"Timestamp\" that is mandatory for processing this request is not supplied.",
);
const EXPIRED: (u16, &str, &str) = (400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.");
const INVALID_METHOD: (u16, &str, &str) = (400, "InvalidSignatureMethod", "Specified signature method is not valid.");
const INVALID_VERSION: (u16, &str, &str) = (400, "InvalidVersion", "Specified parameter Version is not valid.");
const NO_SUCH_ACTION: (u16, &str, &str) =
    (404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.");

const fn row(
    situation: &'static str,
    signings: &'static [Signing],
    write: fn(&mut Draft),
    tamper: fn(&Draft, &mut Raw),
    (status, code, message): (u16, &'static str, &'static str),
) -> Row {
    Row { situation, signings, write, tamper, status, code, message }
}

/// The issue's table, and what lies between its lines.
const ROWS: &[Row] = &[
    row(
        "the AccessKey is unknown",
        ALL,
        |draft| draft.access_key_id = "stranger".into(),
        AS_SIGNED,
        (404, "InvalidAccessKeyId.NotFound", "The Access Key ID provided does not exist in our records."),
    ),
    row(
        "AccessKey ids are case-sensitive",
        ALL,
        |draft| draft.access_key_id = "YAOSHI".into(),
        AS_SIGNED,
        (404, "InvalidAccessKeyId.NotFound", "The Access Key ID provided does not exist in our records."),
    ),
    row(
        "the AccessKey is inactive",
        ALL,
        |draft| *draft = draft.clone().by("reader-old"),
        AS_SIGNED,
        (403, "Forbidden.AccessKey", "This AccessKey is not enabled."),
    ),
    row("another secret", ALL, |draft| draft.secret = "Yaoshi".into(), AS_SIGNED, MISMATCH),
    row("no secret", ALL, |draft| draft.secret = String::new(), AS_SIGNED, MISMATCH),
    row("a parameter more than was signed", ALL, AS_WRITTEN, |_, raw| raw.query.push_str("&PageNumber=2"), MISMATCH),
    row(
        "a signature of the right length",
        V1,
        AS_WRITTEN,
        |_, raw| change_parameter(raw, "Signature", Some("AAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
        MISMATCH,
    ),
    row("a signature cut short", V1, AS_WRITTEN, |_, raw| change_parameter(raw, "Signature", Some("AA")), MISMATCH),
    row("Signature is absent", V1, AS_WRITTEN, |_, raw| change_parameter(raw, "Signature", None), INCOMPLETE),
    row("Signature is empty", V1, AS_WRITTEN, |_, raw| change_parameter(raw, "Signature", Some("")), INCOMPLETE),
    row(
        "another SignatureVersion",
        V1,
        AS_WRITTEN,
        |_, raw| change_parameter(raw, "SignatureVersion", Some("2.0")),
        INCOMPLETE,
    ),
    row(
        "a SignatureMethod that nobody has",
        V1,
        AS_WRITTEN,
        |_, raw| change_parameter(raw, "SignatureMethod", Some("HMAC-MD5")),
        INVALID_METHOD,
    ),
    row(
        "an algorithm that nobody has",
        IN_HEADERS,
        AS_WRITTEN,
        |_, raw| change_authorization(raw, |text| text.replacen("-HMAC-", "-POLY1305-", 1)),
        INVALID_METHOD,
    ),
    row(
        "an algorithm that is for key pairs, by an AccessKey with a secret",
        &[Signing::V3],
        AS_WRITTEN,
        |_, raw| change_authorization(raw, |text| text.replacen("-HMAC-", "-RSA-", 1)),
        INVALID_METHOD,
    ),
    row(
        "Authorization without anything behind the algorithm",
        IN_HEADERS,
        AS_WRITTEN,
        |_, raw| change_authorization(raw, |text| text.split(' ').next().unwrap().to_owned()),
        INCOMPLETE,
    ),
    row(
        "Authorization without a Signature",
        IN_HEADERS,
        AS_WRITTEN,
        |_, raw| change_authorization(raw, |text| text.split(",Signature=").next().unwrap().to_owned()),
        INCOMPLETE,
    ),
    row(
        "Authorization without SignedHeaders",
        IN_HEADERS,
        AS_WRITTEN,
        |_, raw| change_authorization(raw, |text| text.replace("SignedHeaders=", "Signed=")),
        INCOMPLETE,
    ),
    row(
        "Authorization with two Signatures",
        IN_HEADERS,
        AS_WRITTEN,
        |_, raw| change_authorization(raw, |text| format!("{text},Signature=00")),
        INCOMPLETE,
    ),
    row(
        "a V4 credential without its scope",
        &[Signing::V4],
        AS_WRITTEN,
        |_, raw| change_authorization(raw, |text| text.replace("/aliyun_v4_request", "")),
        INCOMPLETE,
    ),
    row(
        "a V4 credential of another day than the request",
        &[Signing::V4],
        AS_WRITTEN,
        |_, raw| change_authorization(raw, |text| text.replace("/20261122/", "/20261121/")),
        INCOMPLETE,
    ),
    row(
        "a V4 credential of another region than was signed",
        &[Signing::V4],
        AS_WRITTEN,
        |_, raw| change_authorization(raw, |text| text.replace("/cn-hangzhou/", "/cn-beijing/")),
        MISMATCH,
    ),
    row(
        "host is not signed",
        IN_HEADERS,
        AS_WRITTEN,
        |_, raw| change_authorization(raw, |text| text.replace("SignedHeaders=host;", "SignedHeaders=")),
        INCOMPLETE,
    ),
    row(
        "an x-acs- header is not signed",
        IN_HEADERS,
        AS_WRITTEN,
        |_, raw| raw.set_header("x-acs-trace", "1"),
        INCOMPLETE,
    ),
    row("no nonce", IN_HEADERS, |draft| draft.leave_out("SignatureNonce"), AS_SIGNED, INCOMPLETE),
    row(
        "no content hash",
        IN_HEADERS,
        AS_WRITTEN,
        |draft, raw| {
            raw.remove_header("x-acs-content-sha256");
            draft.seal(raw);
        },
        INCOMPLETE,
    ),
    row(
        "a content hash that is not the body's, signed",
        IN_HEADERS,
        AS_WRITTEN,
        |draft, raw| {
            raw.set_header("x-acs-content-sha256", "0".repeat(64));
            draft.seal(raw);
        },
        INCOMPLETE,
    ),
    row(
        "a body that the content hash does not know",
        IN_HEADERS,
        AS_WRITTEN,
        |_, raw| raw.body = b"PageSize=1".to_vec(),
        INCOMPLETE,
    ),
    row("no time", ALL, |draft| draft.leave_out("Timestamp"), AS_SIGNED, ILLEGAL_TIMESTAMP),
    row("an empty time", ALL, |draft| draft.set("Timestamp", ""), AS_SIGNED, ILLEGAL_TIMESTAMP),
    row("a time that is none", V1, |draft| draft.set("Timestamp", "yesterday"), AS_SIGNED, ILLEGAL_TIMESTAMP),
    row(
        "a time with a zone",
        V1,
        |draft| draft.set("Timestamp", "2026-11-22T15:00:00+08:00"),
        AS_SIGNED,
        ILLEGAL_TIMESTAMP,
    ),
    row(
        "a time without seconds",
        V1,
        |draft| draft.set("Timestamp", "2026-11-22T07:00Z"),
        AS_SIGNED,
        ILLEGAL_TIMESTAMP,
    ),
    row(
        "a time without its form",
        IN_HEADERS,
        |draft| draft.set("Timestamp", "20261122T070000Z"),
        AS_SIGNED,
        ILLEGAL_TIMESTAMP,
    ),
    row("a time of another day", ALL, |draft| draft.set("Timestamp", "2026-11-23T07:00:00Z"), AS_SIGNED, EXPIRED),
    row(
        "an STS token, which no session gave out",
        ALL,
        |draft| draft.set("SecurityToken", "CAIS"),
        AS_SIGNED,
        (400, "InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey."),
    ),
    row("an action that there never was", ALL, |draft| draft.set("Action", "DecryptAll"), AS_SIGNED, NO_SUCH_ACTION),
    row("an action in other letters", ALL, |draft| draft.set("Action", "listkeys"), AS_SIGNED, NO_SUCH_ACTION),
    row(
        "an action of the catalogue that is not built yet",
        ALL,
        |draft| draft.set("Action", NOT_BUILT[0]),
        AS_SIGNED,
        (400, "UnsupportedOperation", "This action is not supported."),
    ),
    row(
        "no action",
        ALL,
        |draft| draft.leave_out("Action"),
        AS_SIGNED,
        (400, "MissingParameter", "The parameter  Action  needed but no provided."),
    ),
    row(
        "no AccessKey id",
        ALL,
        |draft| draft.access_key_id = String::new(),
        AS_SIGNED,
        (400, "MissingParameter", "The parameter  AccessKeyId  needed but no provided."),
    ),
    row("no version", ALL, |draft| draft.leave_out("Version"), AS_SIGNED, INVALID_VERSION),
    row("another version", ALL, |draft| draft.set("Version", "2014-05-26"), AS_SIGNED, INVALID_VERSION),
    row(
        "a needed parameter is absent",
        ALL,
        |draft| draft.set("Action", "DescribeKey"),
        AS_SIGNED,
        (400, "MissingParameter", "The parameter  KeyId  needed but no provided."),
    ),
    row(
        "a needed parameter is empty",
        ALL,
        |draft| {
            draft.set("Action", "DescribeKey");
            draft.set_parameter("KeyId", "");
        },
        AS_SIGNED,
        (400, "MissingParameter", "The parameter  KeyId  needed but no provided."),
    ),
    row(
        "a parameter is out of bounds",
        ALL,
        |draft| draft.set_parameter("PageSize", "101"),
        AS_SIGNED,
        (400, "InvalidParameter", "The specified parameter  PageSize  is not valid."),
    ),
    row(
        "a parameter stands twice in the query",
        ALL,
        |draft| {
            draft.set_parameter("PageSize", "1");
            draft.set_parameter("PageSize", "1");
        },
        AS_SIGNED,
        (400, "InvalidParameter", "The specified parameter  PageSize  is not valid."),
    ),
    row(
        "a parameter stands in the query and in the body",
        ALL,
        |draft| {
            draft.set_parameter("PageSize", "1");
            draft.body = b"PageSize=1".to_vec();
        },
        AS_SIGNED,
        (400, "InvalidParameter", "The specified parameter  PageSize  is not valid."),
    ),
    row(
        "a parameter is no text",
        ALL,
        AS_WRITTEN,
        |_, raw| raw.query.push_str("&KeyId=%FF"),
        (400, "ParseRequestParameterException", "Server parse parameters exception. Please check your input params."),
    ),
    row(
        "a region that none could be",
        ALL,
        |draft| draft.set_parameter("RegionId", "cn hangzhou"),
        AS_SIGNED,
        (400, "InvalidParameter", "The specified parameter  RegionId  is not valid."),
    ),
    row(
        "not allowed",
        ALL,
        |draft| *draft = draft.clone().by("nobody"),
        AS_SIGNED,
        (
            403,
            "Forbidden.NoPermission",
            "This operation for acs:kms:cn-hangzhou:1234567890123456:key is forbidden by permission system.",
        ),
    ),
    row("PUT", ALL, |draft| draft.method = "PUT", AS_SIGNED, UNSUPPORTED_METHOD),
    row("DELETE", ALL, |draft| draft.method = "DELETE", AS_SIGNED, UNSUPPORTED_METHOD),
    row("HEAD", ALL, |draft| draft.method = "HEAD", AS_SIGNED, UNSUPPORTED_METHOD),
    row("OPTIONS", ALL, |draft| draft.method = "OPTIONS", AS_SIGNED, UNSUPPORTED_METHOD),
    row("PATCH", ALL, |draft| draft.method = "PATCH", AS_SIGNED, UNSUPPORTED_METHOD),
    row(
        "a web page's request",
        ALL,
        |draft| draft.headers.push(("origin", "http://127.0.0.1:3000".to_owned())),
        AS_SIGNED,
        (
            403,
            "Forbidden.BrowserRequest",
            "Requests from web pages of other sites, or for a host name that this server does not know, are refused: the request has an Origin.",
        ),
    ),
];

const UNSUPPORTED_METHOD: (u16, &str, &str) = (403, "UnsupportedHTTPMethod", "This http method is not supported.");

fn change_parameter(raw: &mut Raw, name: &str, value: Option<&str>) {
    let mut pairs = raw.pairs(Part::Query);
    pairs.retain(|(own, _)| own != name.as_bytes());
    pairs.extend(value.map(|value| (name.into(), value.into())));
    raw.set_pairs(Part::Query, &pairs);
}

fn change_authorization(raw: &mut Raw, change: impl FnOnce(&str) -> String) {
    let text = String::from_utf8(raw.header("authorization").unwrap().to_vec()).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text, "the change is one");
    raw.set_header("authorization", changed);
}

#[test]
fn errors_of_the_gateway() {
    let service = Service::with_fixture();
    for row in ROWS {
        for signing in row.signings {
            let what = format!("{}, {signing:?}", row.situation);
            let mut draft = list_keys(*signing);
            (row.write)(&mut draft);
            let mut raw = draft.sign();
            (row.tamper)(&draft, &mut raw);
            let reply = service.take(&raw);
            assert_eq!((reply.status, &*reply.outcome()), (row.status, row.code), "{what}: {}", reply.text);
            assert_is_failure(&reply, row, &what);
        }
    }
}

/// The error object, member by member: every SDK reads some of them, and some insist on their types.
fn assert_is_failure(reply: &Reply, row: &Row, what: &str) {
    let json = reply.json();
    let object = json.as_object().unwrap();
    let expected = ["RequestId", "HostId", "Code", "Message", "Recommend", "HttpStatus", "AccessDeniedDetail"];
    let expected = if row.code == "Forbidden.NoPermission" { &expected[..] } else { &expected[..6] };
    assert_eq!(object.keys().collect::<Vec<_>>(), expected, "{what}");

    let request_id = json["RequestId"].as_str().unwrap_or_else(|| panic!("{what}: RequestId is a text"));
    assert_eq!(request_id, reply.request_id, "{what}: header and body have the same request id");
    assert!(is_uuid(request_id), "{what}: {request_id}");
    assert_eq!(json["HostId"], "127.0.0.1", "{what}");
    let message = json["Message"].as_str().unwrap_or_else(|| panic!("{what}: Message is a text"));
    match row.message.strip_suffix('…') {
        None => assert_eq!(message, row.message, "{what}"),
        Some(start) => assert!(message.starts_with(start), "{what}: {message}"),
    }
    let link = format!("https://api.aliyun.com/troubleshoot?q={}&product=Kms&requestId={request_id}", row.code);
    assert_eq!(json["Recommend"], *link, "{what}");
    assert_eq!(json["HttpStatus"], Value::from(row.status), "{what}: a number");
    if let Some(detail) = object.get("AccessDeniedDetail") {
        let detail = detail.as_object().unwrap_or_else(|| panic!("{what}: the detail is an object"));
        assert!(!detail.is_empty() && detail.values().all(Value::is_string), "{what}: {detail:?}");
    }
    assert_eq!(reply.content_type, "application/json;charset=utf-8", "{what}");
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

#[test]
fn a_success_has_a_request_id_and_no_code() {
    let service = Service::with_fixture();
    let mut seen = Vec::new();
    for signing in Signing::ALL {
        for method in ["GET", "POST"] {
            let reply = service.take(&Draft { method, ..list_keys(signing) }.sign()).ok();
            let json = reply.json();
            assert_eq!(json["RequestId"], *reply.request_id);
            assert!(is_uuid(&reply.request_id));
            assert_eq!(json.get("Code"), None, "pop-core takes any Code for a failure");
            assert_eq!(reply.content_type, "application/json;charset=utf-8");
            assert!(!seen.contains(&reply.request_id), "request ids are not repeated");
            seen.push(reply.request_id);
        }
    }
}

#[test]
fn every_documented_action_is_known() {
    let service = Service::with_fixture();
    for action in NOT_BUILT {
        service.take(&Draft::new(Signing::V3, action, &[]).sign()).refused(400, "UnsupportedOperation");
    }
    for action in ACTIONS {
        let outcome = service.take(&Draft::new(Signing::V3, action.name, &[]).sign()).outcome();
        // The last is what OpenKmsService comes to.
        let known = ["OK", "MissingParameter", "Forbidden.Opened"];
        assert!(known.contains(&outcome.as_str()), "{}: {outcome}", action.name);
    }
}

/// Every action is served alike by GET and POST, from query and body, in all schemes: clients choose as they like.
#[test]
fn methods_and_places_of_parameters_do_not_matter() {
    let service = Service::with_fixture();
    for action in ACTIONS.iter().map(|action| action.name).filter(|name| !name.starts_with("Create")) {
        let parameters = [("KeyId", KEY), ("NumberOfBytes", "0"), ("CiphertextBlob", "!"), ("AliasName", "no")];
        let mut outcomes = Vec::new();
        for signing in Signing::ALL {
            let draft = Draft::new(signing, action, &parameters);
            outcomes.push(service.take(&Draft { method: "GET", ..draft.clone() }.sign()));
            outcomes.push(service.take(&Draft::new(signing, action, &parameters).sign()));
            let mut in_body = Draft::new(signing, action, &[]);
            let encoded = parameters.map(|(name, value)| format!("{name}={value}"));
            in_body.body = encoded.join("&").into_bytes();
            outcomes.push(service.take(&in_body.sign()));
        }
        let outcomes: Vec<_> = outcomes.iter().map(|reply| (reply.status, reply.outcome())).collect();
        assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{action}: {outcomes:?}");
        let (_, outcome) = &outcomes[0];
        assert!(!outcome.contains("Signature") && !outcome.contains("Method"), "{action}: {outcome}");
    }
}

/// Clients add what they like: `SourceIp`, `SecureTransport`, `ResourceOwnerId`, headers of their own.
#[test]
fn unknown_parameters_and_headers_never_fail_a_call() {
    let service = Service::with_fixture();
    for signing in Signing::ALL {
        let mut draft = list_keys(signing);
        for (name, value) in
            [("SourceIp", "1.2.3.4"), ("ResourceOwnerId", "-1"), ("KeyId", "?"), ("", ""), ("ü", "&=%")]
        {
            draft.set_parameter(name, value);
        }
        draft.headers.push(("x-acs-retry-attempts", "1".to_owned()));
        draft.headers.push(("x-sdk-client", "python/2.0.0".to_owned()));
        service.take(&draft.sign()).ok();
    }
}

#[rstest]
// Format, is the answer XML
#[case(None, false)]
#[case(Some("JSON"), false)]
#[case(Some("json"), false)]
#[case(Some(""), false)]
#[case(Some("None"), false)] // the classic Python SDK without a wish
#[case(Some("YAML"), false)]
#[case(Some("XML"), true)]
#[case(Some("xml"), true)]
#[case(Some("Xml"), true)]
fn formats(#[case] format: Option<&str>, #[case] is_xml: bool) {
    let service = Service::with_fixture();
    for signing in Signing::ALL {
        for (action, status) in [("ListKeys", 200), ("DescribeKey", 400), ("NoSuchAction", 404)] {
            let mut draft = Draft::new(signing, action, &[]);
            if let Some(format) = format {
                draft.set_parameter("Format", format);
            }
            let reply = service.take(&draft.sign());
            assert_eq!(reply.status, status);
            // V3 and V4 ignore Format: their SDKs read nothing but JSON.
            if is_xml && signing == Signing::V1 {
                let declared = r#"<?xml version="1.0" encoding="utf-8"?><KMS>"#;
                assert!(reply.text.starts_with(declared) && reply.text.ends_with("</KMS>"), "{}", reply.text);
                let id = format!("<RequestId>{}</RequestId>", reply.request_id);
                assert_eq!(reply.text.matches(&id).count(), 1, "{}", reply.text);
                assert_eq!(reply.text.contains("<Code>"), status != 200, "{}", reply.text);
                assert_eq!(reply.content_type, "text/xml;charset=utf-8");
            } else {
                assert_eq!(reply.text_at("RequestId"), reply.request_id);
                assert_eq!(reply.content_type, "application/json;charset=utf-8");
            }
        }
    }
}

/// The same members with the same values, whichever format.
#[test]
fn errors_in_xml_say_what_errors_in_json_say() {
    let service = Service::with_fixture();
    let mut unreadable = Vec::new();
    for row in ROWS.iter().filter(|row| row.signings.contains(&Signing::V1)) {
        let mut draft = list_keys(Signing::V1);
        draft.set_parameter("Format", "XML");
        (row.write)(&mut draft);
        let mut raw = draft.sign();
        (row.tamper)(&draft, &mut raw);
        let reply = service.take(&raw);
        assert_eq!(reply.status, row.status, "{}: {}", row.situation, reply.text);
        // Where parameters cannot be read, neither can their Format.
        let is_readable = Parameters::read(&raw.query, &raw.body).is_ok();
        assert_eq!(reply.text.starts_with("<?xml"), is_readable, "{}: {}", row.situation, reply.text);
        if !is_readable {
            unreadable.push(row.situation);
            continue;
        }
        for element in [
            format!("<Code>{}</Code>", row.code),
            format!("<HttpStatus>{}</HttpStatus>", row.status),
            format!("<RequestId>{}</RequestId>", reply.request_id),
            "<HostId>127.0.0.1</HostId>".to_owned(),
            format!("<Message>{}", row.message.trim_end_matches('…').replace('"', "&quot;")),
        ] {
            let plain = reply.text.replace("&#34;", "&quot;").replace('"', "&quot;");
            assert!(plain.contains(&element), "{}: no {element} in {}", row.situation, reply.text);
        }
    }
    assert_eq!(
        unreadable,
        [
            "a parameter stands twice in the query",
            "a parameter stands in the query and in the body",
            "a parameter is no text"
        ]
    );
}

/// Classic SDKs compare this text with their own string to sign, to tell a wrong secret from a defect: it must be
/// exactly that, and hold no colon of its own.
#[test]
fn a_mismatch_tells_the_string_to_sign() {
    let service = Service::with_fixture();
    for (name, value) in
        [("PageSize", "1"), ("Filters", r#"[{"Key":"KeyState","Values":["Enabled"]}]"#), ("ü: ", ":+*%~")]
    {
        let mut draft = Draft::new(Signing::V1, "ListKeys", &[(name, value)]);
        draft.secret = "wrong".to_owned();
        draft.body = b"InBody=a%3Ab+c".to_vec();
        let raw = draft.sign();
        let message = service.take(&raw).refused(400, "SignatureDoesNotMatch").text_at("Message");
        let (start, told) = message.split_once(':').unwrap();
        assert_eq!(start, "Specified signature is not matched with our calculation. server string to sign is");
        let signed = v1::string_to_sign("POST", &Parameters::read(&raw.query, &raw.body).unwrap());
        assert_eq!(told, signed);
        assert!(!told.contains(':'), "{told}");
    }
    for signing in IN_HEADERS {
        let mut draft = list_keys(*signing);
        draft.secret = "wrong".to_owned();
        let message = service.take(&draft.sign()).refused(400, "SignatureDoesNotMatch").text_at("Message");
        let told = message.split_once(':').unwrap().1;
        let (algorithm, hash) = told.split_once('\n').unwrap();
        assert!(algorithm.starts_with("ACS") && hash.len() == 64, "{message}");
    }
}

#[test]
fn times_count_up_to_fifteen_minutes_both_ways() {
    let service = Service::with_fixture();
    let now: Timestamp = NOW.parse().unwrap();
    let second = SignedDuration::from_secs(1);
    for signing in Signing::ALL {
        for (apart, is_taken) in [
            (SignedDuration::ZERO, true),
            (second * 900, true),
            (second * 901, false),
            (second * -900, true),
            (second * -901, false),
            // Requests have whole seconds, the clock has not.
            (SignedDuration::from_millis(900_001), false),
            (SignedDuration::from_millis(-900_001), false),
            (SignedDuration::from_hours(24 * 366), false),
        ] {
            service.turn_clock_to(now + apart);
            let reply = service.take(&list_keys(signing).sign());
            if is_taken { drop(reply.ok()) } else { drop(reply.refused(400, "InvalidTimeStamp.Expired")) }
        }
    }
}

#[test]
fn a_nonce_counts_once_for_each_access_key() {
    let service = Service::with_fixture();
    let with_nonce = |signing, access_key: &str, nonce: &str| {
        let mut draft = list_keys(signing).by(access_key);
        draft.set("SignatureNonce", nonce);
        draft.sign()
    };
    for (step, raw, refusal) in [
        ("the first", with_nonce(Signing::V1, "yaoshi", "n"), None),
        ("the same once more", with_nonce(Signing::V1, "yaoshi", "n"), Some("SignatureNonceUsed")),
        ("signed otherwise", with_nonce(Signing::V3, "yaoshi", "n"), Some("SignatureNonceUsed")),
        ("signed otherwise again", with_nonce(Signing::V4, "yaoshi", "n"), Some("SignatureNonceUsed")),
        ("another AccessKey", with_nonce(Signing::V4, "reader", "n"), None),
        ("another nonce", with_nonce(Signing::V3, "yaoshi", "N"), None),
    ] {
        let reply = service.take(&raw);
        assert_eq!(reply.outcome(), refusal.unwrap_or("OK"), "{step}");
        if refusal.is_some() {
            assert_eq!(reply.status, 400, "{step}");
            assert_eq!(reply.text_at("Message"), "Specified signature nonce was used already.", "{step}");
        }
    }
}

#[test]
fn only_a_verified_request_uses_its_nonce_up() {
    let service = Service::with_fixture();
    for signing in Signing::ALL {
        let right = list_keys(signing);
        let wrong = Draft { secret: "wrong".to_owned(), ..right.clone() };
        service.take(&wrong.sign()).refused(400, "SignatureDoesNotMatch");
        service.take(&right.sign()).ok();
        service.take(&right.sign()).refused(400, "SignatureNonceUsed");

        let mut refused = right.clone();
        refused.set("SignatureNonce", &format!("{signing:?}"));
        refused.set("Action", "NoSuchAction");
        service.take(&refused.sign()).refused(404, "InvalidAction.NotFound");
        service.take(&refused.sign()).refused(400, "SignatureNonceUsed");
    }
}

#[test]
fn a_nonce_is_remembered_as_long_as_its_request_could_be_believed() {
    let now: Timestamp = NOW.parse().unwrap();
    for signing in Signing::ALL {
        let service = Service::with_fixture();
        let mut draft = list_keys(signing);
        draft.set("Timestamp", &(now + 15.minutes()).to_string());
        service.take(&draft.sign()).ok();
        for minutes in [1, 15, 30] {
            service.turn_clock_to(now + minutes.minutes());
            service.take(&draft.sign()).refused(400, "SignatureNonceUsed");
        }
        service.turn_clock_to(now + 30.minutes() + 1.seconds());
        service.take(&draft.sign()).refused(400, "InvalidTimeStamp.Expired");
    }
}

/// The KMS documents' own example has none.
#[test]
fn v1_needs_no_nonce() {
    let service = Service::with_fixture();
    let mut draft = list_keys(Signing::V1);
    draft.leave_out("SignatureNonce");
    for _ in 0..2 {
        service.take(&draft.sign()).ok();
    }
}

/// `Signature` and `Authorization` in one request must agree on who calls what.
#[rstest]
#[case::they_agree("yaoshi", "ListKeys", "OK")]
#[case::another_action("yaoshi", "CreateKey", "IncompleteSignature")]
#[case::another_access_key("reader", "ListKeys", "IncompleteSignature")]
fn two_signatures(#[case] access_key: &str, #[case] action: &str, #[case] expected: &str) {
    let service = Service::with_fixture();
    for signing in IN_HEADERS {
        let mut draft = list_keys(*signing);
        draft.set_parameter("AccessKeyId", access_key);
        draft.set_parameter("Action", action);
        draft.set_parameter("Signature", "c2lnbmF0dXJl");
        assert_eq!(service.take(&draft.sign()).outcome(), expected, "{signing:?}");
    }
}

/// Each scheme has one place for what is asked; elsewhere it is only a parameter or a header like others.
#[test]
fn what_is_asked_stands_in_one_place() {
    let service = Service::with_fixture();
    for signing in IN_HEADERS {
        let mut draft = list_keys(*signing);
        draft.set_parameter("Action", "CreateKey");
        draft.set_parameter("Version", "1999-01-01");
        draft.set_parameter("AccessKeyId", "reader");
        draft.set_parameter("Timestamp", "1999-01-01T00:00:00Z");
        let json = service.take(&draft.sign()).ok().json();
        assert!(json.get("Keys").is_some(), "{signing:?}: {json}");
    }
    let mut draft = list_keys(Signing::V1);
    draft.headers.push(("x-acs-action", "CreateKey".to_owned()));
    draft.headers.push(("x-acs-version", "1999-01-01".to_owned()));
    draft.headers.push(("x-acs-date", "1999-01-01T00:00:00Z".to_owned()));
    draft.headers.push(("authorization", "Basic eWFvc2hpOnlhb3NoaQ==".to_owned())); // a proxy's
    let json = service.take(&draft.sign()).ok().json();
    assert!(json.get("Keys").is_some(), "{json}");
}

#[test]
fn odd_hosts_and_path_prefixes_are_taken() {
    let service = Service::with_fixture();
    for (host, host_id) in [
        ("127.0.0.1:7220", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("http://127.0.0.1:7220", "127.0.0.1"), // the Python SDK, given a URL for an endpoint
        ("127.0.0.1:7220/kms", "127.0.0.1"),    // the same, given a path
        ("http://localhost:7220/kms/", "localhost"),
        ("LOCALHOST:7220", "LOCALHOST"),
        ("[::1]:7220", "::1"),
        ("kms.cn-hangzhou.aliyuncs.com", "kms.cn-hangzhou.aliyuncs.com"),
    ] {
        for path in ["/", "/kms", "/kms/", "/a/b/c", "//"] {
            for signing in Signing::ALL {
                let mut draft = list_keys(signing);
                draft.host = host.to_owned();
                draft.path = path.to_owned();
                service.take(&draft.sign()).ok();
                draft.set("Action", "NoSuchAction");
                draft.set("SignatureNonce", &format!("{host} {path} {signing:?}"));
                let reply = service.take(&draft.sign()).refused(404, "InvalidAction.NotFound");
                assert_eq!(reply.text_at("HostId"), host_id, "{host}{path}");
            }
        }
    }
}

/// Where a call goes: the host decides, then `RegionId`, then the V4 credential, then the server's own region.
#[rstest]
#[case::by_default(Signing::V1, "127.0.0.1:7220", None, "", "eu-west-1")]
#[case::by_default_v3(Signing::V3, "127.0.0.1:7220", None, "", "eu-west-1")]
#[case::region_id(Signing::V1, "127.0.0.1:7220", Some("cn-beijing"), "", "cn-beijing")]
#[case::region_id_v3(Signing::V3, "127.0.0.1:7220", Some("cn-beijing"), "", "cn-beijing")]
#[case::region_id_empty(Signing::V1, "127.0.0.1:7220", Some(""), "", "eu-west-1")]
#[case::host(Signing::V1, "kms.cn-shanghai.aliyuncs.com", None, "", "cn-shanghai")]
#[case::host_vpc(Signing::V1, "kms-vpc.cn-shanghai.aliyuncs.com", None, "", "cn-shanghai")]
#[case::host_odd(Signing::V3, "http://kms.cn-shanghai.aliyuncs.com:80/kms", None, "", "cn-shanghai")]
#[case::host_first(Signing::V3, "kms.cn-shanghai.aliyuncs.com", Some("cn-beijing"), "", "cn-shanghai")]
#[case::host_of_no_region(Signing::V3, "kms.aliyuncs.com", None, "", "eu-west-1")]
#[case::host_of_another_service(Signing::V3, "ecs.cn-shanghai.aliyuncs.com", None, "", "eu-west-1")]
#[case::host_longer(Signing::V3, "x.kms.cn-shanghai.aliyuncs.com", None, "", "eu-west-1")]
#[case::credential(Signing::V4, "127.0.0.1:7220", None, "cn-shenzhen", "cn-shenzhen")]
#[case::credential_of_no_region(Signing::V4, "127.0.0.1:7220", None, "center", "eu-west-1")]
#[case::region_id_before_credential(Signing::V4, "127.0.0.1:7220", Some("cn-beijing"), "cn-shenzhen", "cn-beijing")]
#[case::host_before_all(Signing::V4, "kms.cn-shanghai.aliyuncs.com", Some("cn-beijing"), "cn-shenzhen", "cn-shanghai")]
fn regions(
    #[case] signing: Signing,
    #[case] host: &str,
    #[case] region_id: Option<&str>,
    #[case] credential: &str,
    #[case] expected: &str,
) {
    let service = fixture_with(|options| {
        options.region = Arc::from("eu-west-1");
        options.hostnames = vec![host.to_owned()];
    });
    let mut draft = Draft::new(signing, "CreateKey", &[]);
    draft.host = host.to_owned();
    draft.region = credential.to_owned();
    if let Some(region) = region_id {
        draft.set_parameter("RegionId", region);
    }
    let reply = service.take(&draft.sign()).ok();
    let arn = reply.text_at("KeyMetadata.Arn");
    assert!(arn.starts_with(&format!("acs:kms:{expected}:1234567890123456:key/")), "{arn}");
}

/// `--no-verify` skips the signature and nothing else.
#[test]
fn without_verification() {
    type Change = fn(&mut Raw);
    let service = fixture_with(|options| options.verify_signatures = false);
    let anything: [(&str, &[Signing], Change); 6] = [
        ("signed as it should be", ALL, |_| ()),
        ("no Signature", V1, |raw| change_parameter(raw, "Signature", None)),
        ("any Signature", V1, |raw| change_parameter(raw, "Signature", Some("anything"))),
        ("any Authorization", IN_HEADERS, |raw| change_authorization(raw, |text| format!("{text}00"))),
        ("a header unsigned", IN_HEADERS, |raw| raw.set_header("x-acs-trace", "1")),
        ("another content hash", IN_HEADERS, |raw| raw.set_header("x-acs-content-sha256", "0")),
    ];
    for (what, signings, change) in anything {
        for signing in signings {
            let mut raw = list_keys(*signing).sign();
            change(&mut raw);
            assert_eq!(service.take(&raw).outcome(), "OK", "{what}, {signing:?}");
        }
    }
    for signing in Signing::ALL {
        let by = |access_key: &str| Draft { secret: "none".to_owned(), ..list_keys(signing).by(access_key) };
        service.take(&by("yaoshi").sign()).ok();
        service.take(&by("reader").sign()).ok();
        service.take(&by("stranger").sign()).refused(404, "InvalidAccessKeyId.NotFound");
        service.take(&by("reader-old").sign()).refused(403, "Forbidden.AccessKey");
        service.take(&by("nobody").sign()).refused(403, "Forbidden.NoPermission");
        let mut late = by("yaoshi");
        late.set("Timestamp", "2026-11-22T07:15:01Z");
        service.take(&late.sign()).refused(400, "InvalidTimeStamp.Expired");
        let once = by("yaoshi").sign();
        service.take(&once).ok();
        service.take(&once).refused(400, "SignatureNonceUsed");
    }
}

#[test]
fn callers_are_throttled_each_for_each_action() {
    let service = fixture_with(|options| options.limits = Limits::Each(NonZeroU32::new(3).unwrap()));
    let call =
        |access_key: &str, action: &str| service.call(access_key, action, &[("KeyId", KEY), ("Plaintext", "aGk=")]);
    for _ in 0..3 {
        call("yaoshi", "ListKeys").ok();
    }
    let refused = call("yaoshi", "ListKeys").refused(429, "Rejected.Throttling");
    assert_eq!(refused.text_at("Message"), "QPS Limit Exceeded");
    assert_eq!(refused.json()["HttpStatus"], 429);
    call("yaoshi", "DescribeKey").ok();
    call("reader", "ListKeys").ok();
    call("other", "ListKeys").ok();
}

/// What has not been verified counts for nobody: otherwise a stranger could use up another's calls.
#[test]
fn unverified_calls_are_not_counted() {
    let service = fixture_with(|options| options.limits = Limits::Each(NonZeroU32::MIN));
    for _ in 0..3 {
        let wrong = Draft { secret: "wrong".to_owned(), ..list_keys(Signing::V3) };
        service.take(&wrong.sign()).refused(400, "SignatureDoesNotMatch");
    }
    service.take(&list_keys(Signing::V3).sign()).ok();
    service.take(&list_keys(Signing::V3).sign()).refused(429, "Rejected.Throttling");
}

/// Who calls too often is told just that, whatever else is wrong with the call.
#[test]
fn calls_are_counted_before_anything_is_looked_at() {
    for action in ACTIONS {
        let service = fixture_with(|options| options.limits = Limits::Each(NonZeroU32::MIN));
        let sample = Sample::of(action.name).ready(&service);
        let call = |access_key: &str| {
            let parameters = sample.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            service.call(access_key, action.name, &parameters.collect::<Vec<_>>())
        };
        let denied = call("nobody");
        assert_eq!(denied.status, if action.name == "DescribeRegions" { 200 } else { 403 }, "{}", action.name);
        call("nobody").refused(429, "Rejected.Throttling");
    }
}

/// The documents limit cryptographic calls, those with key pairs to a fifth of the others, and no lists.
#[test]
fn documented_limits() {
    let service = fixture_with(|options| options.limits = Limits::Documented);
    for _ in 0..1100 {
        service.call("yaoshi", "DescribeRegions", &[]).ok();
    }
    // A second's worth at once; then, as the clock goes on, what each moment gives back.
    let encrypt = || service.call("yaoshi", "Encrypt", &[("KeyId", KEY), ("Plaintext", "aGk=")]);
    for _ in 0..1000 {
        encrypt().ok();
    }
    encrypt().refused(429, "Rejected.Throttling");
    service.call("yaoshi", "ListKeys", &[]).ok();
    let sign = || Sample::of("AsymmetricSign").call(&service, "yaoshi");
    for _ in 0..200 {
        sign().ok();
    }
    sign().refused(429, "Rejected.Throttling");
    service.turn_clock_to(NOW.parse::<Timestamp>().unwrap() + 5.milliseconds());
    for _ in 0..5 {
        encrypt().ok();
    }
    encrypt().refused(429, "Rejected.Throttling");
    sign().ok();
    sign().refused(429, "Rejected.Throttling");
}

/// Web pages are strangers, whoever's browser they run in.
#[rstest]
// headers, is the well-known AccessKey there, whether refused
#[case::no_browser(&[], true, false)]
#[case::origin(&[("origin", "https://evil.example")], true, true)]
#[case::own_origin(&[("origin", "http://127.0.0.1:7220")], true, true)]
#[case::hidden_origin(&[("origin", "null")], true, true)]
#[case::origin_without_well_known_key(&[("origin", "https://evil.example")], false, true)]
#[case::cross_site(&[("sec-fetch-site", "cross-site")], true, true)]
#[case::cross_site_without_well_known_key(&[("sec-fetch-site", "cross-site")], false, true)]
#[case::typed_by_hand(&[("sec-fetch-site", "none")], true, false)]
#[case::foreign_host(&[("host", "evil.example:7220")], true, true)]
#[case::foreign_host_with_scheme(&[("host", "http://evil.example/127.0.0.1")], true, true)]
#[case::foreign_host_like_ours(&[("host", "127.0.0.1.evil.example")], true, true)]
#[case::foreign_host_like_the_service(&[("host", "kms.cn-hangzhou.aliyuncs.com.evil.example")], true, true)]
#[case::foreign_host_without_well_known_key(&[("host", "evil.example:7220")], false, false)]
#[case::loopback(&[("host", "127.8.9.1:7220")], true, false)]
#[case::loopback_6(&[("host", "[::1]:7220")], true, false)]
#[case::localhost(&[("host", "localhost:7220")], true, false)]
#[case::the_service(&[("host", "kms.cn-hangzhou.aliyuncs.com")], true, false)]
#[case::a_hostname(&[("host", "Kms.Test:80")], true, false)]
#[case::another_address(&[("host", "192.168.1.5:7220")], true, true)]
fn browsers(#[case] headers: &[(&str, &str)], #[case] well_known: bool, #[case] is_refused: bool) {
    let file = include_str!("../fixtures/sandbox.toml");
    let file = if well_known {
        file.to_owned()
    } else {
        file.replace(r#"{ id = "yaoshi", secret = "yaoshi" }"#, r#"{ id = "root", secret = "root-secret" }"#)
    };
    let access_key = if well_known { "yaoshi" } else { "root" };
    let service = fixture_with(|options| {
        options.file = Some(SandboxFile::parse("sandbox.toml", &file).unwrap());
        options.hostnames = vec!["kms.test".to_owned()];
    });
    for signing in Signing::ALL {
        let mut draft = list_keys(signing).by(access_key);
        for (name, value) in headers {
            match *name {
                "host" => draft.host = (*value).to_owned(),
                "origin" => draft.headers.push(("origin", (*value).to_owned())),
                _ => draft.headers.push(("sec-fetch-site", (*value).to_owned())),
            }
        }
        let reply = service.take(&draft.sign());
        if is_refused { drop(reply.refused(403, "Forbidden.BrowserRequest")) } else { drop(reply.ok()) }
    }
    // A page's preflight is refused before anything else is looked at.
    let preflight = http::Request::builder().method("OPTIONS").uri("/").header("origin", "https://evil.example");
    service.send(preflight.body(bytes::Bytes::new()).unwrap()).refused(403, "Forbidden.BrowserRequest");
}
