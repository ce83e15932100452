//! The bounds of the server.

use std::time::Duration;

/// How much and how long the server takes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// For the first bytes of a connection: a TLS handshake with what comes before it, and the beginning of HTTP.
    pub first_byte: Duration,
    /// For a connection without a request under way: between requests, and while a head trickles in.
    pub idle: Duration,
    /// For a request's body.
    pub body: Duration,
    /// For answers under way when the server is told to stop.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            first_byte: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            body: Duration::from_secs(30),
            shutdown: Duration::from_secs(10),
        }
    }
}
