//! A whole sandbox as a value: for `yaoshi serve`, and for tests in Rust.

use std::collections::HashSet;
use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::call::{Limits, Premises, Throttle};
use crate::certificates::{Authority, CertificateError};
use crate::config::{self, Contents, Counts, DataError, Options, SandboxFileError, StockError, Stocker};
use crate::dialect::alibaba::{self, Gateway, service_names};
use crate::dialect::browsers::Browsers;
use crate::dialect::console::{Console, Modes};
use crate::dialect::front::Front;
use crate::journal::Lost;
use crate::server::{self, Tls};
use crate::state::Holdings;
use crate::world::World;

/// Hears of long work how many of how many things are done.
pub type Progress<'p> = dyn FnMut(u64, u64) + 'p;

/// Why a sandbox cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    File(#[from] SandboxFileError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("the keys of the sandbox file cannot be kept: {0}")]
    Stock(#[from] StockError),
}

/// Everything that answers, put together and not yet listening.
#[derive(Debug)]
pub struct Assembly {
    front: Arc<Front>,
    premises: Arc<Premises>,
    /// What is not wrong in the sandbox file but probably not meant.
    pub warnings: Vec<String>,
    pub counts: Counts,
    /// Whether the AccessKey that everybody knows opens it.
    pub has_well_known_access_key: bool,
}

impl Assembly {
    /// `progress` hears now and then how many of how many keys have been read or made.
    pub fn new(options: &Options, world: World, progress: &mut Progress<'_>) -> Result<Self, StartError> {
        Self::logging(options, world, Lost::default(), progress)
    }

    /// The same where there is a log: its health tells of lines that are `lost`.
    pub fn logging(
        options: &Options,
        world: World,
        lost: Lost,
        progress: &mut Progress<'_>,
    ) -> Result<Self, StartError> {
        let contents = config::load(options.file.as_ref(), &options.region, world.clock.now())?;
        let holdings = config::open(options.data.as_ref(), &world, progress)?;
        Self::put_together(options, world, lost, contents, holdings, progress)
    }

    /// The same over `holdings` of the caller's own: what the options say of data is not asked.
    pub fn over(
        options: &Options,
        world: World,
        holdings: Holdings,
        progress: &mut Progress<'_>,
    ) -> Result<Self, StartError> {
        let contents = config::load(options.file.as_ref(), &options.region, world.clock.now())?;
        Self::put_together(options, world, Lost::default(), contents, holdings, progress)
    }

    fn put_together(
        options: &Options,
        world: World,
        lost: Lost,
        contents: Contents,
        holdings: Holdings,
        progress: &mut Progress<'_>,
    ) -> Result<Self, StartError> {
        let now = world.clock.now();
        let has_well_known_access_key = contents.has_well_known_access_key;
        let browsers = if has_well_known_access_key || !options.verify_signatures {
            Browsers::KnownHosts(options.hostnames.clone())
        } else {
            Browsers::AnyHost
        };
        let gateway_options =
            alibaba::Options { region: Arc::clone(&options.region), verify_signatures: options.verify_signatures };
        let modes = Modes {
            verify_signatures: options.verify_signatures,
            limits: match options.limits {
                Limits::Documented => "documented".to_owned(),
                Limits::Off => "off".to_owned(),
                Limits::Each(per_second) => per_second.to_string(),
            },
            seeded: options.seed.is_some(),
        };
        let mut warnings = contents.warnings;
        let stocker = Stocker { holdings: &holdings, chance: &world.chance, now };
        stocker.people(&contents.people)?;
        warnings.extend(stocker.keys(contents.keys, progress)?);
        warnings.extend(stocker.data_keys(contents.data_keys)?);
        let throttle = Throttle::new(options.limits, Arc::clone(&world.clock));
        let premises = Arc::new(Premises { world, holdings, throttle });
        let gateway = Gateway::new(Arc::clone(&premises), gateway_options);
        let front =
            Front::new(vec![Arc::new(Console::new(modes, lost, Arc::clone(&premises))), Arc::new(gateway)], browsers);
        Ok(Self { front: Arc::new(front), premises, warnings, counts: contents.counts, has_well_known_access_key })
    }

    /// What answers, without the server around it.
    pub fn front(&self) -> &Arc<Front> {
        &self.front
    }

    /// What calls are done with, whatever the dialect.
    pub fn premises(&self) -> &Arc<Premises> {
        &self.premises
    }

    /// Serve on `listener` until `stop` comes, then finish the answers that are under way. With `tls`, https as well.
    pub async fn serve(
        self,
        listener: TcpListener,
        limits: server::Limits,
        tls: Option<Tls>,
        stop: impl Future<Output = ()>,
    ) {
        server::serve(listener, self.front, limits, tls, stop).await;
    }
}

/// TLS under `authority` for a server that listens on `address`: every name by which it can be meant is certified.
///
/// Errors: a name among `hostnames` that is none.
pub fn certified(
    authority: &Authority,
    hostnames: &[String],
    address: IpAddr,
    now: Timestamp,
) -> Result<Tls, CertificateError> {
    let mut names: Vec<_> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    names.extend(Some(address.to_string()).filter(|_| !address.is_unspecified()));
    names.extend(hostnames.iter().map(|name| name.to_ascii_lowercase()));
    names.extend(service_names());
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    let identity = authority.certify(&names, now)?;
    Ok(Tls::from_pem(identity.certificate.as_bytes(), identity.key.as_bytes()).expect("it was made for TLS"))
}

/// A sandbox that runs in this process, on a free port of the loopback interface, until it is dropped.
///
/// ```
/// let sandbox = yaoshi::Sandbox::start()?;
/// println!("point the SDK at {}, AccessKey yaoshi / yaoshi", sandbox.endpoint());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    authority: Option<Authority>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// One account with the AccessKey `yaoshi`/`yaoshi`, no users, no keys.
    pub fn start() -> io::Result<Self> {
        Self::start_with(&Options::default())
    }

    /// What `options` say. Errors: a file that does not fit together, as [`io::ErrorKind::InvalidInput`].
    pub fn start_with(options: &Options) -> io::Result<Self> {
        let world = options.seed.map_or_else(World::real, World::seeded);
        Self::start_in(options, world, server::Limits::default())
    }

    /// In a `world` of the caller's own: a clock that can be turned.
    pub fn start_in(options: &Options, world: World, limits: server::Limits) -> io::Result<Self> {
        let now = world.clock.now();
        let assembly = Assembly::new(options, world, &mut |_, _| {}).map_err(invalid_input)?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let authority = options.https.then(|| Authority::new(now)).transpose().map_err(io::Error::other)?;
        let certified = |authority| certified(authority, &options.hostnames, address.ip(), now);
        let tls = authority.as_ref().map(certified).transpose().map_err(invalid_input)?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let thread = thread::Builder::new().name("yaoshi".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                let stop = async { stopped.await.unwrap_or(()) };
                assembly.serve(listener, limits, tls, stop).await;
            });
            runtime.shutdown_timeout(LAST_MOMENT);
        })?;
        Ok(Self { address, authority, stop: Some(stop), thread: Some(thread) })
    }

    /// `127.0.0.1:<port>`: what an SDK's `endpoint` wants.
    pub fn endpoint(&self) -> String {
        self.address.to_string()
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `https://127.0.0.1:<port>`, if the options asked for [`https`](Options::https).
    pub fn https_url(&self) -> Option<String> {
        self.authority.as_ref().map(|_| format!("https://{}", self.address))
    }

    /// The certificate (PEM) of the CA that clients have to trust for that.
    pub fn ca_pem(&self) -> Option<&str> {
        self.authority.as_ref().map(Authority::certificate)
    }
}

fn invalid_input(error: impl Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was reported there.
            drop(thread.join());
        }
    }
}

/// How long a runtime waits at its end for what cannot be interrupted: the making of a key pair, which nobody waits for
/// any more. Whatever can end ends within it, and a data folder is closed then.
pub const LAST_MOMENT: Duration = Duration::from_millis(500);
