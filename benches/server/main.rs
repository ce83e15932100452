//! Yaoshi beside its two yardsticks, in one interleaved run.
//!
//! * *floor*: a bare hyper server that answers a fixed body;
//! * *work limit*: the same server doing inline the least work that a signed Decrypt needs;
//! * *yaoshi*: the real binary, in memory, with verification and permission on.
//!
//! `cargo bench` prints requests/s and latencies of a signed Decrypt at 1, 16 and 64 connections, each also as a ratio
//! to both yardsticks, then the time from start to the first answer and the resident memory.
//! `YAOSHI_BENCH_QUICK=1` takes 3 short rounds; `YAOSHI_BENCH_ONLY=floor,work-limit` chooses servers.
//!
//! `cargo bench -- keys` measures instead what a million keys in a data folder cost (`YAOSHI_BENCH_KEYS` of them).
//!
//! `cargo bench -- pairs` measures signatures beside `openssl speed`, and what a Decrypt waits while key pairs are made.
//!
//! `cargo bench -- writes` measures durable CreateKey at 1, 16 and 64 connections.
//!
//! `YAOSHI_BENCH_BEFORE=/path/to/yaoshi` measures another build beside this one, in the same interleaved run: of signed
//! Decrypts, and of `writes`.
//!
//! The yardsticks are this same binary started again as `server yardstick NAME`, so that every server is a fresh
//! process on a core of its own.
#![expect(clippy::disallowed_methods, reason = "a bench measures real time; nothing here is part of Yaoshi")]

#[cfg(target_os = "linux")]
mod harness;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    harness::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("This bench needs Linux (CPU affinity, epoll and /proc); nothing was measured.");
}
