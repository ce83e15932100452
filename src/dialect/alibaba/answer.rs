//! Answers: one `Serialize` for JSON and XML, an envelope around it.

use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use super::fault::{AccessDeniedDetail, Fault};
use crate::dialect::Answer;

/// The element around every XML answer, successes and errors alike.
const XML_ROOT: &str = "KMS";

/// The header that names the request, as the body does.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-acs-request-id");

const XML_DECLARATION: &str = r#"<?xml version="1.0" encoding="utf-8"?>"#;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    #[default]
    Json,
    Xml,
}

impl Format {
    /// The format that a `Format` parameter names: XML in any case, JSON for everything else (clients send `None`).
    pub fn named(name: Option<&str>) -> Self {
        if name.is_some_and(|name| name.eq_ignore_ascii_case("xml")) { Self::Xml } else { Self::Json }
    }

    fn content_type(self) -> HeaderValue {
        match self {
            Self::Json => const { HeaderValue::from_static("application/json;charset=utf-8") },
            Self::Xml => const { HeaderValue::from_static("text/xml;charset=utf-8") },
        }
    }

    fn write(self, body: &impl Serialize) -> Vec<u8> {
        const SERIALIZABLE: &str = "answers are structs of texts, numbers and lists";
        match self {
            Self::Json => {
                let mut bytes = Vec::with_capacity(512);
                serde_json::to_writer(&mut bytes, body).expect(SERIALIZABLE);
                bytes
            }
            Self::Xml => {
                let text = quick_xml::se::to_string_with_root(XML_ROOT, body).expect(SERIALIZABLE);
                format!("{XML_DECLARATION}{}", without_unspeakable(&text)).into_bytes()
            }
        }
    }
}

/// XML 1.0 has no way to write most control characters: U+FFFD stands for them.
fn without_unspeakable(text: &str) -> String {
    let is_speakable = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..);
    text.chars().map(|c| if is_speakable(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// What every answer to one request has in common.
#[derive(Debug, Clone, Copy)]
pub struct Envelope {
    pub request_id: RequestId,
    pub format: Format,
}

/// Identifies a request, and its answer in the log: a lower-case UUID.
#[derive(Debug, Clone, Copy)]
pub struct RequestId([u8; Hyphenated::LENGTH]);

impl RequestId {
    pub fn new(id: Uuid) -> Self {
        let mut text = [0; Hyphenated::LENGTH];
        id.hyphenated().encode_lower(&mut text);
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("a UUID is ASCII")
    }
}

#[derive(Serialize)]
struct Success<'a, R> {
    #[serde(flatten)]
    reply: &'a R,
    #[serde(rename = "RequestId")]
    request_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failure<'a> {
    request_id: &'a str,
    host_id: &'a str,
    code: &'a str,
    message: &'a str,
    recommend: String,
    http_status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_denied_detail: Option<&'a AccessDeniedDetail>,
}

impl Envelope {
    pub fn success(&self, reply: &impl Serialize) -> Answer {
        let request_id = self.request_id.as_str();
        let body = match self.format {
            // Appended, not flattened: `flatten` makes writing JSON a quarter dearer.
            Format::Json => with_member(self.format.write(reply), "RequestId", request_id),
            Format::Xml => self.format.write(&Success { reply, request_id }),
        };
        self.answer(StatusCode::OK, body)
    }

    /// `host`: what the request was for, without scheme, port and path.
    pub fn failure(&self, host: &str, fault: &Fault) -> Answer {
        let (code, request_id) = (fault.code.name, self.request_id.as_str());
        let status = StatusCode::from_u16(fault.code.status).expect("the table's statuses are valid");
        let body = self.format.write(&Failure {
            request_id,
            host_id: host,
            code,
            message: &fault.message,
            recommend: format!("https://api.aliyun.com/troubleshoot?q={code}&product=Kms&requestId={request_id}"),
            http_status: fault.code.status,
            access_denied_detail: fault.access_denied_detail.as_deref(),
        });
        self.answer(status, body)
    }

    fn answer(&self, status: StatusCode, body: Vec<u8>) -> Answer {
        let mut answer = Answer::new(status, self.format.content_type(), body);
        let request_id = HeaderValue::from_bytes(&self.request_id.0).expect("a UUID is a header value");
        answer.headers.insert(REQUEST_ID, request_id);
        answer
    }
}

/// A JSON object with one member more; neither `name` nor `value` needs an escape.
fn with_member(mut object: Vec<u8>, name: &str, value: &str) -> Vec<u8> {
    object.pop();
    let separator = if object.len() > 1 { "," } else { "" };
    for part in [separator, "\"", name, "\":\"", value, "\"}"] {
        object.extend_from_slice(part.as_bytes());
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::alibaba::fault;

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Reply {
        text: &'static str,
        count: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<u32>,
        items: Items,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Items {
        item: Vec<Item>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Item {
        id: &'static str,
    }

    fn written(format: Format, text: &'static str, item: Vec<Item>) -> String {
        let envelope = Envelope { request_id: RequestId::new(Uuid::nil()), format };
        let answer = envelope.success(&Reply { text, count: 2, absent: None, items: Items { item } });
        String::from_utf8(answer.body).unwrap()
    }

    #[test]
    fn a_success_in_both_formats() {
        let items = || vec![Item { id: "a" }, Item { id: "b" }];
        assert_eq!(
            written(Format::Json, "<&\u{1}", items()),
            r#"{"Text":"<&\u0001","Count":2,"Items":{"Item":[{"Id":"a"},{"Id":"b"}]},"RequestId":"00000000-0000-0000-0000-000000000000"}"#
        );
        assert_eq!(
            written(Format::Xml, "<&\u{1}\u{FFFE}ü", items()),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><KMS><Text>&lt;&amp;\u{FFFD}\u{FFFD}ü</Text><Count>2</Count><Items>\
             <Item><Id>a</Id></Item><Item><Id>b</Id></Item></Items><RequestId>00000000-0000-0000-0000-000000000000</RequestId></KMS>"
        );
        assert!(written(Format::Xml, "", vec![]).contains("<Items/>"));
    }

    #[test]
    fn a_failure_in_both_formats() {
        for (format, expected) in [
            (
                Format::Json,
                r#"{"RequestId":"00000000-0000-0000-0000-000000000000","HostId":"h","Code":"Forbidden.KeyNotFound","Message":"The specified Key is not found.","Recommend":"https://api.aliyun.com/troubleshoot?q=Forbidden.KeyNotFound&product=Kms&requestId=00000000-0000-0000-0000-000000000000","HttpStatus":404}"#,
            ),
            (
                Format::Xml,
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><KMS><RequestId>00000000-0000-0000-0000-000000000000</RequestId><HostId>h</HostId><Code>Forbidden.KeyNotFound</Code><Message>The specified Key is not found.</Message><Recommend>https://api.aliyun.com/troubleshoot?q=Forbidden.KeyNotFound&amp;product=Kms&amp;requestId=00000000-0000-0000-0000-000000000000</Recommend><HttpStatus>404</HttpStatus></KMS>",
            ),
        ] {
            let envelope = Envelope { request_id: RequestId::new(Uuid::nil()), format };
            let answer = envelope.failure("h", &Fault::from(&fault::KEY_NOT_FOUND));
            assert_eq!(String::from_utf8(answer.body).unwrap(), expected);
            assert_eq!(answer.status, 404);
        }
    }

    #[test]
    fn formats_are_named_loosely() {
        for (name, expected) in [
            (None, Format::Json),
            (Some("JSON"), Format::Json),
            (Some("None"), Format::Json),
            (Some("xml"), Format::Xml),
        ] {
            assert_eq!(Format::named(name), expected, "{name:?}");
        }
    }
}
