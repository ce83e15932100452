//! `yaoshi env`.

use clap::{Args, ValueEnum};

use super::call::Credentials;
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

pub(super) fn run(arguments: &Arguments) {
    let Credentials { endpoint, access_key_id, access_key_secret } = &arguments.credentials;
    let host = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, host)| host).trim_end_matches('/');
    for (name, value) in [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", access_key_id.as_str()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", access_key_secret),
        ("ALIBABA_CLOUD_REGION_ID", DEFAULT_REGION),
        // The aliyun command line, and the Terraform provider.
        ("ALIBABA_CLOUD_ENDPOINT", host),
        ("ALIBABA_CLOUD_ENDPOINT_KMS", host),
        ("YAOSHI_ENDPOINT", host),
    ] {
        println!("{}", assignment(arguments.shell, name, value));
    }
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
