//! Plain-text tables of medians.

use std::time::Duration;

use super::{
    idle::Idle,
    machine::Machine,
    rounds::{Heat, Plan, Sample, VARIANT_CONNECTIONS, loads},
    servers::{FLOOR, MANY_KEYS, Part, Servers, WORK_LIMIT, YAOSHI},
    sign::Scheme,
};

/// What the measured figures are held against.
const WORK_LIMIT_SHARE: f64 = 0.85;
const FIRST_ANSWER: Duration = Duration::from_millis(50);
const RESIDENT_MEBIBYTES: f64 = 15.0;

pub(crate) fn opening(machine: &Machine, plan: &Plan) {
    let (single, many) = plan.requests;
    println!("A signed Decrypt, verification and permission on, beside two yardsticks");
    println!("{}", machine.describe());
    println!(
        "{} rounds, {many} requests a server and round ({single} at 1 connection); medians, ratios with (lowest–highest)",
        plan.rounds
    );
}

/// The first table.
pub(crate) fn throughput(servers: &Servers, heats: &[Heat]) {
    println!();
    println!(
        "{:8} {:>5}  {:11} {:>10} {:>8} {:>8} {:>7}  {:18} {:18}",
        "scheme", "conns", "server", "requests/s", "p50 µs", "p99 µs", "CPU µs", "of floor", "of work limit"
    );
    for (scheme, connections) in loads() {
        let heats = of(heats, scheme, connections);
        for server in servers.chosen() {
            if server.part == Part::Throughput {
                println!(
                    "{:8} {connections:>5}  {} {:18} {:18}",
                    scheme.name(),
                    figures(&heats, server.name),
                    ratio(&heats, server.name, FLOOR),
                    ratio(&heats, server.name, WORK_LIMIT),
                );
            }
        }
    }
}

/// The second table: what logging costs.
pub(crate) fn variants(servers: &Servers, heats: &[Heat]) {
    if servers.chosen().iter().all(|server| server.part != Part::Variant) {
        return;
    }
    println!();
    println!("With `--log info`, to /dev/null and to a pipe that is read, against `--log warn`");
    println!(
        "{:8} {:>5}  {:11} {:>10} {:>8} {:>8} {:>7}  {:18} {:18}",
        "scheme", "conns", "server", "requests/s", "p50 µs", "p99 µs", "CPU µs", "of yaoshi", "of work limit"
    );
    for scheme in Scheme::ALL {
        let heats = of(heats, scheme, VARIANT_CONNECTIONS);
        for server in servers.chosen() {
            if server.part == Part::Variant {
                println!(
                    "{:8} {VARIANT_CONNECTIONS:>5}  {} {:18} {:18}",
                    scheme.name(),
                    figures(&heats, server.name),
                    ratio(&heats, server.name, YAOSHI),
                    ratio(&heats, server.name, WORK_LIMIT),
                );
            }
        }
    }
}

/// The third table.
pub(crate) fn idle(idle: &[Idle]) {
    println!();
    println!(
        "{:11} {:>6} {:>16} {:>18} {:>10} {:>10}",
        "server", "keys", "first answer ms", "(lowest–highest)", "VmRSS MiB", "VmHWM MiB"
    );
    for one in idle {
        let starts = &one.first_answer;
        let (lowest, highest) = (starts[0], starts[starts.len() - 1]);
        println!(
            "{:11} {:>6} {:>16.1} {:>18} {:>10.1} {:>10.1}",
            one.server,
            one.keys,
            milliseconds(median_start(one)),
            format!("({:.1}–{:.1})", milliseconds(lowest), milliseconds(highest)),
            mebibytes(one.memory.now),
            mebibytes(one.memory.most),
        );
    }
}

/// Which goals were reached. Silent where Yaoshi was not measured.
pub(crate) fn goals(heats: &[Heat], idle: &[Idle]) {
    println!();
    for (scheme, connections) in loads().filter(|(_, connections)| *connections > 1) {
        let mut ratios = ratios(&of(heats, scheme, connections), YAOSHI, WORK_LIMIT);
        if let Some(ratio) = median(&mut ratios) {
            let what = format!("{}, {connections} connections", scheme.name());
            let goal = format!(">= {WORK_LIMIT_SHARE:.2} of the work limit");
            verdict(&what, &goal, &format!("{ratio:.2}"), ratio >= WORK_LIMIT_SHARE);
        }
    }
    for one in idle.iter().filter(|one| one.server == YAOSHI) {
        let what = format!("first answer, {} keys", one.keys);
        let start = median_start(one);
        let goal = format!("< {} ms", FIRST_ANSWER.as_millis());
        verdict(&what, &goal, &format!("{:.1}", milliseconds(start)), start < FIRST_ANSWER);
        if one.keys == MANY_KEYS {
            let what = format!("resident memory, {MANY_KEYS} keys");
            let goal = format!("< {RESIDENT_MEBIBYTES:.0} MiB");
            let resident = mebibytes(one.memory.now);
            verdict(&what, &goal, &format!("{resident:.1}"), resident < RESIDENT_MEBIBYTES);
        }
    }
}

pub(crate) fn closing(heats: &[Heat], took: Duration) {
    let repeats: u32 = heats.iter().map(|heat| heat.repeats).sum();
    let disturbed = heats.iter().filter(|heat| heat.disturbance() > 1.0).count();
    println!();
    println!(
        "{} heats, {repeats} repeated because others used the machine, {disturbed} disturbed all the same; {:.0} s",
        heats.len(),
        took.as_secs_f64()
    );
    println!(
        "A difference under 5–10 % proves nothing on a shared machine; at 1 connection waking an idle core hides the server."
    );
}

fn verdict(what: &str, goal: &str, figure: &str, met: bool) {
    let word = if met { "met" } else { "MISSED" };
    println!("goal: {what:26} {goal:26} {figure:>6}  {word}");
}

fn of(heats: &[Heat], scheme: Scheme, connections: usize) -> Vec<&Heat> {
    heats.iter().filter(|heat| heat.scheme == scheme && heat.connections == connections).collect()
}

/// Name, requests a second, latencies and CPU time: medians over the heats.
fn figures(heats: &[&Heat], server: &str) -> String {
    let middle = |figure: fn(&Sample) -> f64| {
        let samples = heats.iter().filter_map(|heat| heat.sample(server));
        median(&mut samples.map(figure).collect::<Vec<_>>()).unwrap_or(f64::NAN)
    };
    format!(
        "{server:11} {:>10.0} {:>8.0} {:>8.0} {:>7.1} ",
        middle(|sample| sample.rate),
        middle(|sample| microseconds(sample.p50)),
        middle(|sample| microseconds(sample.p99)),
        middle(|sample| microseconds(sample.cpu)),
    )
}

/// Median of the ratios of the rates, each within one heat.
fn ratio(heats: &[&Heat], server: &str, to: &str) -> String {
    let mut ratios = ratios(heats, server, to);
    match (median(&mut ratios), ratios.first(), ratios.last()) {
        (Some(median), Some(lowest), Some(highest)) => {
            format!("{median:.2} ({lowest:.2}–{highest:.2})")
        }
        _ => "–".to_owned(),
    }
}

fn ratios(heats: &[&Heat], server: &str, to: &str) -> Vec<f64> {
    heats.iter().filter_map(|heat| Some(heat.sample(server)?.rate / heat.sample(to)?.rate)).collect()
}

/// Sorts on the way.
fn median(figures: &mut [f64]) -> Option<f64> {
    figures.sort_unstable_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}

fn median_start(idle: &Idle) -> Duration {
    idle.first_answer[idle.first_answer.len() / 2]
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn mebibytes(kibibytes: u32) -> f64 {
    f64::from(kibibytes) / 1024.0
}
