//! What ends a process from outside.

use std::future::pending;

/// SIGTERM and SIGINT, as they come; none where signals cannot be had.
pub(super) struct Signals {
    #[cfg(unix)]
    streams: Option<(tokio::signal::unix::Signal, tokio::signal::unix::Signal)>,
}

/// A signal, by its number.
pub(super) type Signal = u8;

const INTERRUPT: Signal = 2;

#[cfg(unix)]
const TERMINATE: Signal = 15;

impl Signals {
    /// They count from this call on. Called within a runtime.
    pub(super) fn listen() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let streams = signal(SignalKind::terminate()).and_then(|one| Ok((one, signal(SignalKind::interrupt())?)));
            Self { streams: streams.ok() }
        }
        #[cfg(not(unix))]
        Self {}
    }

    pub(super) async fn next(&mut self) -> Signal {
        #[cfg(unix)]
        if let Some((terminate, interrupt)) = &mut self.streams {
            tokio::select! {
                Some(()) = terminate.recv() => return TERMINATE,
                Some(()) = interrupt.recv() => return INTERRUPT,
                else => {}
            }
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_ok() {
            return INTERRUPT;
        }
        pending().await
    }
}

/// The exit status of a process that a signal has ended, as shells tell it.
pub(super) fn exit_status(signal: Signal) -> u8 {
    128 + signal
}
