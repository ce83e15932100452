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
    heading("of floor");
    for (scheme, connections) in loads() {
        rows(servers, &of(heats, scheme, connections), Part::Throughput, FLOOR);
    }
}

/// Another build, beside this one in the same run.
pub(crate) fn before(servers: &Servers, heats: &[Heat]) {
    if servers.chosen().iter().all(|server| server.part != Part::Before) {
        return;
    }
    println!();
    println!("The build of YAOSHI_BENCH_BEFORE");
    heading("of yaoshi");
    for (scheme, connections) in loads() {
        rows(servers, &of(heats, scheme, connections), Part::Before, YAOSHI);
    }
}

/// The second table: what logging costs.
pub(crate) fn variants(servers: &Servers, heats: &[Heat]) {
    if servers.chosen().iter().all(|server| server.part != Part::Variant) {
        return;
    }
    println!();
    println!(
        "Yaoshi with `--data`, and with `--log info` to /dev/null and to a pipe that is read; above it has `--log warn`"
    );
    heading("of yaoshi");
    for scheme in Scheme::ALL {
        rows(servers, &of(heats, scheme, VARIANT_CONNECTIONS), Part::Variant, YAOSHI);
    }
}

fn heading(first_ratio: &str) {
    println!();
    println!(
        "{:8} {:>5}  {:10} {:>10} {:>7} {:>7} {:>6}  {:17} {:17} by CPU time",
        "scheme", "conns", "server", "requests/s", "p50 µs", "p99 µs", "CPU µs", first_ratio, "of work limit",
    );
}

/// One line a server: medians over the heats, which are all of one load.
fn rows(servers: &Servers, heats: &[&Heat], part: Part, first_ratio_to: &str) {
    let Some(load) = heats.first() else { return };
    for server in servers.chosen().iter().filter(|server| server.part == part) {
        let middle = |figure: fn(&Sample) -> f64| {
            let samples = heats.iter().filter_map(|heat| heat.sample(server.name));
            median(&mut samples.map(figure).collect::<Vec<_>>()).unwrap_or(f64::NAN)
        };
        println!(
            "{:8} {:>5}  {:10} {:>10.0} {:>7.0} {:>7.0} {:>6.1}  {:17} {:17} {:17}",
            load.scheme.name(),
            load.connections,
            server.name,
            middle(|sample| sample.rate),
            middle(|sample| microseconds(sample.p50)),
            middle(|sample| microseconds(sample.p99)),
            middle(|sample| microseconds(sample.cpu)),
            spread(&mut by_rate(heats, server.name, first_ratio_to)),
            spread(&mut by_rate(heats, server.name, WORK_LIMIT)),
            spread(&mut by_cpu(heats, server.name, WORK_LIMIT)),
        );
    }
}

/// The third table.
pub(crate) fn idle(idle: &[Idle]) {
    println!();
    println!(
        "{:10} {:>6} {:>16} {:>18} {:>10} {:>10}",
        "server", "keys", "first answer ms", "(lowest–highest)", "VmRSS MiB", "VmHWM MiB"
    );
    for one in idle {
        let starts = &one.first_answer;
        let (lowest, highest) = (starts[0], starts[starts.len() - 1]);
        println!(
            "{:10} {:>6} {:>16.1} {:>18} {:>10.1} {:>10.1}",
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
    if idle.iter().all(|one| one.server != YAOSHI) {
        return;
    }
    println!();
    for (scheme, connections) in loads().filter(|(_, connections)| *connections > 1) {
        let heats = of(heats, scheme, connections);
        let by_cpu = median(&mut by_cpu(&heats, YAOSHI, WORK_LIMIT));
        if let (Some(ratio), Some(by_cpu)) = (median(&mut by_rate(&heats, YAOSHI, WORK_LIMIT)), by_cpu) {
            let what = format!("{}, {connections} connections", scheme.name());
            let goal = format!(">= {WORK_LIMIT_SHARE:.2} of the work limit");
            let figure = format!("{ratio:.2} (by CPU time {by_cpu:.2})");
            verdict(&what, &goal, &figure, ratio >= WORK_LIMIT_SHARE);
        }
    }
    for one in idle.iter().filter(|one| one.server == YAOSHI) {
        let what = format!("first answer, keys: {}", one.keys);
        let start = median_start(one);
        let goal = format!("< {} ms", FIRST_ANSWER.as_millis());
        verdict(&what, &goal, &format!("{:.1}", milliseconds(start)), start < FIRST_ANSWER);
        if one.keys == MANY_KEYS {
            let what = format!("resident memory, keys: {MANY_KEYS}");
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
    println!("goal: {what:27} {goal:26} {figure}: {word}");
}

fn of(heats: &[Heat], scheme: Scheme, connections: usize) -> Vec<&Heat> {
    heats.iter().filter(|heat| heat.scheme == scheme && heat.connections == connections).collect()
}

/// Median (lowest–highest).
fn spread(ratios: &mut [f64]) -> String {
    match (median(ratios), ratios) {
        (Some(median), [_]) => format!("{median:.2}"),
        (Some(median), [lowest, .., highest]) => format!("{median:.2} ({lowest:.2}–{highest:.2})"),
        _ => "–".to_owned(),
    }
}

/// Requests a second against another server's, heat by heat.
fn by_rate(heats: &[&Heat], server: &str, to: &str) -> Vec<f64> {
    ratios(heats, server, to, |sample| sample.rate)
}

/// The same by requests a second of processor time: it hardly suffers from others on the machine.
fn by_cpu(heats: &[&Heat], server: &str, to: &str) -> Vec<f64> {
    ratios(heats, server, to, |sample| sample.cpu.as_secs_f64().recip())
}

fn ratios(heats: &[&Heat], server: &str, to: &str, figure: fn(&Sample) -> f64) -> Vec<f64> {
    let in_heat = |heat: &&Heat| Some(figure(heat.sample(server)?) / figure(heat.sample(to)?));
    heats.iter().filter_map(in_heat).collect()
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
