//! `yaoshi call`: a signed call, as an SDK would make it.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ureq::http::{Request, Uri};

use super::client::{Trust, url};
use super::exit_codes::NO_ANSWER;
use super::speech::{complain, say};
use crate::config::{DEFAULT_REGION, WELL_KNOWN_ACCESS_KEY};
use crate::dialect::alibaba::signature::sign::{self, Scheme};
use crate::world::World;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The action, such as Decrypt.
    action: String,

    /// Its parameters.
    #[arg(value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,

    #[command(flatten)]
    credentials: Credentials,

    /// The region to call.
    #[arg(long, env = "ALIBABA_CLOUD_REGION_ID", default_value = DEFAULT_REGION)]
    region: String,

    /// How to sign.
    #[arg(long, default_value = "v3")]
    sign: Signature,

    /// How to have the answer; XML needs V1.
    #[arg(long, default_value = "json")]
    format: AnswerFormat,
}

/// Whom to ask, and who asks.
#[derive(Debug, Args)]
pub(super) struct Credentials {
    /// Where the sandbox listens.
    #[arg(long, env = "YAOSHI_ENDPOINT", default_value = "http://127.0.0.1:7220", value_name = "URL")]
    pub(super) endpoint: String,

    #[arg(long, env = "ALIBABA_CLOUD_ACCESS_KEY_ID", default_value = WELL_KNOWN_ACCESS_KEY, value_name = "ID")]
    pub(super) access_key_id: String,

    #[arg(long, env = "ALIBABA_CLOUD_ACCESS_KEY_SECRET", default_value = WELL_KNOWN_ACCESS_KEY, hide_env_values = true, value_name = "SECRET")]
    pub(super) access_key_secret: String,

    #[command(flatten)]
    pub(super) trust: Trust,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Signature {
    V1,
    V3,
    V4,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AnswerFormat {
    Json,
    Xml,
}

/// Exit status: 0 for a success, 1 for a refusal, 3 for no answer.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    if arguments.format == AnswerFormat::Xml && arguments.sign != Signature::V1 {
        return Err("only calls signed V1 can ask for XML: add --sign v1".to_owned());
    }
    let request = request(arguments)?;
    let agent = arguments.credentials.trust.agent(&request.uri().to_string(), Duration::from_secs(30))?;
    let answer = agent.run(request).and_then(|mut answer| {
        let status = answer.status();
        answer.body_mut().read_to_string().map(|text| (status, text))
    });
    match answer {
        Err(error) => {
            complain(&format!("yaoshi: {}: {error}", arguments.credentials.endpoint));
            Ok(ExitCode::from(NO_ANSWER))
        }
        Ok((status, text)) => {
            say(&pretty(&text))?;
            Ok(if status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

fn request(arguments: &Arguments) -> Result<Request<()>, String> {
    let Credentials { endpoint, access_key_id, access_key_secret, .. } = &arguments.credentials;
    let url = url(endpoint);
    let uri: Uri = url.parse().map_err(|_| format!("{endpoint:?} is not a URL"))?;
    let host = uri.authority().ok_or_else(|| format!("{endpoint:?} has no host"))?.as_str();
    let world = World::real();
    let unsigned = sign::Unsigned {
        action: &arguments.action,
        parameters: &arguments.parameters,
        region: &arguments.region,
        host,
        access_key_id,
        access_key_secret,
        now: world.clock.now(),
        nonce: &world.chance.request_id().to_string(),
    };
    let signed = unsigned.sign(match arguments.sign {
        Signature::V1 => Scheme::V1 { format: if arguments.format == AnswerFormat::Xml { "XML" } else { "JSON" } },
        Signature::V3 => Scheme::V3,
        Signature::V4 => Scheme::V4,
    });
    let mut request = Request::builder().method("POST").uri(format!("{url}/?{}", signed.query));
    for (name, value) in signed.headers {
        request = request.header(name, value);
    }
    request.body(()).map_err(|error| format!("the call cannot be made: {error}"))
}

/// JSON and XML indented, anything else as it is.
fn pretty(text: &str) -> String {
    let json = || serde_json::from_str::<serde_json::Value>(text).ok().map(|json| format!("{json:#}"));
    json().or_else(|| indented_xml(text)).unwrap_or_else(|| text.to_owned())
}

fn indented_xml(text: &str) -> Option<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(text);
    let mut writer = quick_xml::Writer::new_with_indent(Vec::new(), b' ', 2);
    loop {
        match reader.read_event().ok()? {
            Event::Eof => return String::from_utf8(writer.into_inner()).ok(),
            event => writer.write_event(event).ok()?,
        }
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter is written NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
