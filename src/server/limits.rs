//! The bounds of the server.

use std::thread;
use std::time::Duration;

/// How much and how long the server takes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// Requests at once on one connection of HTTP/2; more wait at the client.
    pub streams: u32,
    /// Bytes of all bodies under way: from when they come in until their requests are answered or their callers gone.
    /// What has no room is refused. A quarter is kept for short bodies.
    pub bodies: usize,
    /// Changes to be made durable.
    pub disk: QueueLimits,
    /// Key pairs to be made.
    pub key_pairs: QueueLimits,
    /// What needs a processor for longer than others should wait.
    pub compute: QueueLimits,
    /// For the first bytes of a connection: a TLS handshake with what comes before it, and the beginning of HTTP.
    pub first_byte: Duration,
    /// For a connection without a request under way: between requests, and while a head trickles in.
    pub idle: Duration,
    /// For a request's body.
    pub body: Duration,
    /// For answers under way when the server is told to stop.
    pub shutdown: Duration,
}

/// How much work of one kind is done at once, and how much may wait for that. What has no room is refused.
#[derive(Debug, Clone, Copy)]
pub struct QueueLimits {
    /// Done at once, a thread each.
    pub places: usize,
    /// Done at once for one account.
    pub places_of_one: usize,
    pub waiting: usize,
    /// For one account.
    pub waiting_of_one: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let others = processors.saturating_sub(1).max(1);
        let for_compute = (2 * processors).max(8);
        Self {
            connections: 4096,
            // What clients begin with before they have heard of a bound, and the least that RFC 9113 recommends.
            streams: 100,
            bodies: 64 * 1024 * 1024,
            // Many that wait for the disk share a trip to it.
            disk: QueueLimits { places: 128, places_of_one: 96, waiting: 8192, waiting_of_one: 4096 },
            // All processors but one, for whoever asks: an account that is alone has them all.
            key_pairs: QueueLimits { places: others, places_of_one: others, waiting: 256, waiting_of_one: 64 },
            compute: QueueLimits {
                places: for_compute,
                places_of_one: for_compute - 2,
                waiting: 8192,
                waiting_of_one: 4096,
            },
            first_byte: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            body: Duration::from_secs(30),
            shutdown: Duration::from_secs(10),
        }
    }
}
