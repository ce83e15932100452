//! `yaoshi env`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::call::Credentials;
use super::speech::say;
use crate::config::DEFAULT_REGION;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    credentials: Credentials,

    /// The shell to write for.
    #[arg(long, default_value = "sh")]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shell {
    Sh,
    Fish,
    Powershell,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let Credentials { endpoint, access_key_id, access_key_secret, trust } = &arguments.credentials;
    let host = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, host)| host).trim_end_matches('/');
    let is_https = endpoint.starts_with("https://");
    let own = if is_https { format!("https://{host}") } else { host.to_owned() };
    let mut variables = vec![
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", access_key_id.clone()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", access_key_secret.clone()),
        ("ALIBABA_CLOUD_REGION_ID", DEFAULT_REGION.to_owned()),
        // The aliyun command line, and the Terraform provider.
        ("ALIBABA_CLOUD_ENDPOINT", host.to_owned()),
        ("ALIBABA_CLOUD_ENDPOINT_KMS", host.to_owned()),
        ("YAOSHI_ENDPOINT", own),
    ];
    if let Some(ca) = trust.file().filter(|_| is_https) {
        // Those that add a CA, or are read by one SDK alone: the rest of the shell's programs go on as before.
        let names = ["YAOSHI_CA", "NODE_EXTRA_CA_CERTS", "ALIBABA_CLOUD_CA_BUNDLE"];
        variables.extend(names.map(|name| (name, ca.display().to_string())));
    }
    let lines: Vec<_> = variables.iter().map(|(name, value)| assignment(arguments.shell, name, value)).collect();
    say(&lines.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn assignment(shell: Shell, name: &str, value: &str) -> String {
    match shell {
        Shell::Sh => format!("export {name}='{}'", value.replace('\'', r"'\''")),
        Shell::Fish => format!("set -gx {name} '{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
        Shell::Powershell => format!("$env:{name} = '{}'", value.replace('\'', "''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_each_shell() {
        for (shell, expected) in [
            (Shell::Sh, r"export N='a'\''\b'"),
            (Shell::Fish, r"set -gx N 'a\'\\b'"),
            (Shell::Powershell, r"$env:N = 'a''\b'"),
        ] {
            assert_eq!(assignment(shell, "N", r"a'\b"), expected);
        }
    }
}
