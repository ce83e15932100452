//! What a server costs before it has work: the time to its first answer, and its memory.

use std::time::{Duration, Instant};

use super::{
    Outcome,
    machine::Memory,
    servers::{FEW_KEYS, MANY_KEYS, Part, Servers},
    sign::Scheme,
};

const STARTS: u32 = 9;

/// One server with so many keys.
pub(crate) struct Idle {
    pub(crate) server: &'static str,
    pub(crate) keys: u32,
    /// From spawning the process to its first answer, a Decrypt: one figure a start, sorted.
    pub(crate) first_answer: Vec<Duration>,
    /// After a few calls.
    pub(crate) memory: Memory,
}

pub(crate) fn measure(servers: &Servers) -> Outcome<Vec<Idle>> {
    let mut idle = Vec::new();
    for server in servers.chosen() {
        if server.part != Part::Throughput {
            continue;
        }
        for keys in [FEW_KEYS, MANY_KEYS] {
            if keys > FEW_KEYS && !server.reads_sandbox() {
                continue;
            }
            let mut first_answer = Vec::new();
            for _ in 0..STARTS {
                let begun = Instant::now();
                let running = servers.start(server, keys)?;
                running.decrypts(Scheme::V1Get, 0)?;
                first_answer.push(begun.elapsed());
            }
            first_answer.sort_unstable();

            let running = servers.start(server, keys)?;
            for scheme in Scheme::ALL {
                for key in [0, keys / 2, keys - 1] {
                    running.decrypts(scheme, key)?;
                }
            }
            idle.push(Idle { server: server.name, keys, first_answer, memory: Memory::of(running.process())? });
        }
    }
    Ok(idle)
}
