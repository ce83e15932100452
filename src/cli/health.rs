//! `yaoshi health`.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::client::{Trust, url};
use super::exit_codes::NO_ANSWER;
use super::speech::{complain, say};
use crate::dialect::console::HEALTH;
use crate::world::{Clock, SystemClock};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where the sandbox listens.
    #[arg(long, env = "YAOSHI_ENDPOINT", default_value = "http://127.0.0.1:7220", value_name = "URL")]
    endpoint: String,

    /// Keep asking for so many seconds.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    wait: u64,

    #[command(flatten)]
    trust: Trust,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let clock = SystemClock::start();
    let target = format!("{}{HEALTH}", url(&arguments.endpoint));
    let agent = arguments.trust.agent(&target, Duration::from_secs(2))?;
    loop {
        let asked = agent.get(&target).call().and_then(|mut answer| {
            let is_well = answer.status() == 200;
            answer.body_mut().read_to_string().map(|text| (is_well, text))
        });
        let complaint = match asked {
            Ok((true, text)) => {
                say(&text)?;
                return Ok(ExitCode::SUCCESS);
            }
            Ok((false, text)) => {
                if let Some(reason) = degraded(&text) {
                    complain(&format!("yaoshi: {target}: degraded: {reason}"));
                    return Ok(ExitCode::FAILURE);
                }
                refusal(&text).unwrap_or_else(|| "what answers there is no sandbox".to_owned())
            }
            Err(error) => error.to_string(),
        };
        if clock.elapsed() >= Duration::from_secs(arguments.wait) {
            complain(&format!("yaoshi: {target}: {complaint}"));
            return Ok(ExitCode::from(NO_ANSWER));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// What a sandbox says that does not answer.
fn refusal(text: &str) -> Option<String> {
    let json: Value = serde_json::from_str(text).ok()?;
    json.get("message")?.as_str().map(str::to_owned)
}

/// Why a sandbox is up and cannot do all its work.
fn degraded(text: &str) -> Option<String> {
    let json: Value = serde_json::from_str(text).ok()?;
    json.get("status").filter(|status| *status == "degraded")?;
    json.get("reason")?.as_str().map(str::to_owned)
}
