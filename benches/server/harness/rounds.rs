//! Interleaved rounds: in each, every server is measured under the same signed load, in rotating order.

use std::{
    env,
    time::{Duration, Instant},
};

use super::{
    Outcome,
    load::{Batch, Driven, Fleet},
    machine::{Machine, Watch},
    servers::{FEW_KEYS, Part, Server, Servers},
    sign::Scheme,
};

pub(crate) const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// Where variants are measured.
pub(crate) const VARIANT_CONNECTIONS: usize = 16;

/// How much is measured.
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// At 1 connection, and at more.
    pub(crate) requests: (usize, usize),
    warm_up: usize,
    /// No disturbed heat is repeated after this time.
    patience: Duration,
}

impl Plan {
    /// `YAOSHI_BENCH_QUICK`, if set and not `0`, asks for a smoke test.
    pub(crate) fn from_environment() -> Self {
        if env::var("YAOSHI_BENCH_QUICK").is_ok_and(|quick| quick != "0") {
            Self { rounds: 3, requests: (5_000, 25_000), warm_up: 500, patience: Duration::from_secs(25) }
        } else {
            Self { rounds: 9, requests: (15_000, 60_000), warm_up: 1_000, patience: Duration::from_secs(330) }
        }
    }

    fn requests(&self, connections: usize) -> usize {
        if connections == 1 { self.requests.0 } else { self.requests.1 }
    }
}

/// All servers under one load, one after the other.
pub(crate) struct Heat {
    pub(crate) scheme: Scheme,
    pub(crate) connections: usize,
    pub(crate) samples: Vec<Sample>,
    /// How often it was run because others used the machine.
    pub(crate) repeats: u32,
}

/// One server in one heat.
pub(crate) struct Sample {
    pub(crate) server: &'static Server,
    /// Requests a second.
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// The server's time on its core, a request.
    pub(crate) cpu: Duration,
    /// Above 1.0: something else used the machine meanwhile.
    pub(crate) disturbance: f64,
}

impl Heat {
    pub(crate) fn disturbance(&self) -> f64 {
        let each = self.samples.iter().map(|sample| sample.disturbance);
        each.fold(0.0, f64::max)
    }

    pub(crate) fn sample(&self, server: &str) -> Option<&Sample> {
        self.samples.iter().find(|sample| sample.server.name == server)
    }
}

pub(crate) fn run(plan: &Plan, machine: &Machine, servers: &Servers) -> Outcome<Vec<Heat>> {
    const REPEATS: u32 = 2;

    let begun = Instant::now();
    let mut heats = Vec::new();
    for round in 0..plan.rounds {
        for (place, (scheme, connections)) in loads().enumerate() {
            let order = entrants(servers, connections, round + place);
            let mut heat = Heat::run(plan, machine, servers, scheme, connections, &order)?;
            while heat.disturbance() > 1.0 && heat.repeats < REPEATS && begun.elapsed() < plan.patience {
                let mut again = Heat::run(plan, machine, servers, scheme, connections, &order)?;
                again.repeats = heat.repeats + 1;
                if again.disturbance() < heat.disturbance() {
                    heat = again;
                } else {
                    heat.repeats = again.repeats;
                }
            }
            heats.push(heat);
        }
        eprintln!("round {} of {} done after {:.0} s", round + 1, plan.rounds, begun.elapsed().as_secs_f64());
    }
    Ok(heats)
}

pub(crate) fn loads() -> impl Iterator<Item = (Scheme, usize)> {
    Scheme::ALL.into_iter().flat_map(|scheme| CONNECTIONS.map(|connections| (scheme, connections)))
}

/// Who takes part at so many connections; the first place goes round.
fn entrants(servers: &Servers, connections: usize, turn: usize) -> Vec<&'static Server> {
    let takes_part = |server: &&&Server| server.part != Part::Variant || connections == VARIANT_CONNECTIONS;
    let mut order: Vec<&Server> = servers.chosen().iter().filter(takes_part).copied().collect();
    if !order.is_empty() {
        let first = turn % order.len();
        order.rotate_left(first);
    }
    order
}

impl Heat {
    fn run(
        plan: &Plan,
        machine: &Machine,
        servers: &Servers,
        scheme: Scheme,
        connections: usize,
        order: &[&'static Server],
    ) -> Outcome<Self> {
        let measured = plan.requests(connections);
        let batch = Batch::sign(scheme, plan.warm_up + measured);
        let mut samples = Vec::new();
        for server in order {
            let running = servers.start(server, FEW_KEYS)?;
            let sample = || -> Outcome<Sample> {
                let mut fleet = Fleet::connect(running.address, connections, machine.is_pinned())?;
                fleet.drive(&batch, 0..plan.warm_up)?;
                let watch = Watch::begin(running.process())?;
                let driven = fleet.drive(&batch, plan.warm_up..plan.warm_up + measured)?;
                let seen = watch.end()?;
                Ok(Sample::from(server, &driven, seen.server_ran, seen.disturbance(machine)))
            };
            samples.push(sample().map_err(|error| {
                let (server, scheme) = (server.name, scheme.name());
                format!("{server}, {scheme}, {connections} connections: {error}")
            })?);
        }
        Ok(Self { scheme, connections, samples, repeats: 0 })
    }
}

impl Sample {
    fn from(server: &'static Server, driven: &Driven, ran: Duration, disturbance: f64) -> Self {
        let latencies = &driven.latencies;
        let requests = u32::try_from(latencies.len()).unwrap_or(u32::MAX);
        let quantile = |hundredths: usize| latencies[(latencies.len() - 1) * hundredths / 100];
        Self {
            server,
            rate: f64::from(requests) / driven.wall.as_secs_f64(),
            p50: quantile(50),
            p99: quantile(99),
            cpu: ran / requests,
            disturbance,
        }
    }
}
