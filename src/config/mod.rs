//! What Yaoshi is told: options, and the sandbox file. Parsed and bounded once.

mod credentials;
mod data;
mod load;
mod material;
mod sandbox_file;
mod stock;

use std::sync::Arc;

pub use data::{Data, DataError, open};
pub use load::{Contents, Counts, load};
pub use sandbox_file::{ReadError, SandboxFile, SandboxFileError};
pub use stock::{StockError, Stocker};

use crate::call::Limits;

/// The AccessKey of a sandbox without a file, id and secret: everybody knows it.
pub const WELL_KNOWN_ACCESS_KEY: &str = "yaoshi";

/// The account of a sandbox without a file.
pub const DEFAULT_ACCOUNT: &str = "1234567890123456";

/// The region of calls and keys that name none.
pub const DEFAULT_REGION: &str = "cn-hangzhou";

/// How a sandbox is to behave.
#[derive(Debug, Clone)]
pub struct Options {
    /// Who there is and which keys. `None`: one account with the well-known AccessKey.
    pub file: Option<SandboxFile>,
    /// Where keys are kept. `None`: in memory.
    pub data: Option<Data>,
    /// The region of calls and keys that name none.
    pub region: Arc<str>,
    pub limits: Limits,
    pub verify_signatures: bool,
    /// All chance follows from it. For tests.
    pub seed: Option<u64>,
    /// Names by which the server is reached beside loopback and `*.aliyuncs.com`.
    pub hostnames: Vec<String>,
    /// Whether an embedded sandbox speaks https too, under a CA of its own. `yaoshi serve` always does.
    pub https: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            file: None,
            data: None,
            region: DEFAULT_REGION.into(),
            limits: Limits::Documented,
            verify_signatures: true,
            seed: None,
            hostnames: Vec::new(),
            https: false,
        }
    }
}
