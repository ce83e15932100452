//! The machine under the bench: which cores to use, and what else it was doing meanwhile.

use std::{
    fs,
    time::{Duration, Instant},
};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::Outcome;

/// Where the server and the load generator run.
pub(crate) struct Machine {
    everywhere: CpuSet,
    cores: Option<Cores>,
}

#[derive(Clone, Copy)]
struct Cores {
    load: usize,
    server: usize,
}

impl Machine {
    /// Chooses two cores, if there are two, and moves the calling thread to the load generator's.
    pub(crate) fn prepare() -> Outcome<Self> {
        Ticks::now()?;
        let everywhere = sched_getaffinity(None)?;
        let allowed: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| everywhere.is_set(*core)).collect();
        let machine = Self { everywhere, cores: choose(&allowed).filter(|cores| pin(cores.load).is_ok()) };
        Ok(machine)
    }

    /// Runs `start` on the server's core; a process started there stays there.
    pub(crate) fn on_server_core<T>(&self, start: impl FnOnce() -> T) -> Outcome<T> {
        let Some(cores) = self.cores else {
            return Ok(start());
        };
        pin(cores.server)?;
        let started = start();
        pin(cores.load)?;
        Ok(started)
    }

    /// Runs `start` where nothing is bound to a core; a process started there is free.
    pub(crate) fn everywhere<T>(&self, start: impl FnOnce() -> T) -> Outcome<T> {
        sched_setaffinity(None, &self.everywhere)?;
        let started = start();
        if let Some(cores) = self.cores {
            pin(cores.load)?;
        }
        Ok(started)
    }

    /// Whether server and load generator have a core each.
    pub(crate) fn is_pinned(&self) -> bool {
        self.cores.is_some()
    }

    /// One line for a person.
    pub(crate) fn describe(&self) -> String {
        let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = model
            .lines()
            .find_map(|line| line.strip_prefix("model name"))
            .map_or("unknown processor", |rest| rest.trim_start_matches([' ', '\t', ':']));
        let count = self.everywhere.count();
        match self.cores {
            Some(Cores { load, server }) => {
                let siblings = if siblings(load).contains(&server) { " (two threads of one core)" } else { "" };
                format!("{model}, cores: {count}; server on core {server}, load on core {load}{siblings}")
            }
            None => format!("{model}, cores: {count}; UNPINNED: ratios are worth little"),
        }
    }
}

/// The last core for the server (the first one takes most interrupts), for the load generator one that does not share
/// its arithmetic units if there is such a core.
fn choose(allowed: &[usize]) -> Option<Cores> {
    let (&server, others) = allowed.split_last()?;
    let beside = siblings(server);
    let load = others.iter().find(|core| !beside.contains(core)).or(others.first())?;
    Some(Cores { load: *load, server })
}

/// Cores that share one physical core with `core`, itself included; empty where the system does not tell.
fn siblings(core: usize) -> Vec<usize> {
    let path = format!("/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list");
    let text = fs::read_to_string(path).unwrap_or_default();
    let number = |text: &str| text.trim().parse::<usize>().ok();
    text.split(',')
        .filter_map(|part| match part.split_once('-') {
            Some((first, last)) => Some((number(first)?, number(last)?)),
            None => number(part).map(|only| (only, only)),
        })
        .flat_map(|(first, last)| first..=last)
        .collect()
}

fn pin(core: usize) -> rustix::io::Result<()> {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only)
}

/// Watches the machine while one server is measured.
pub(crate) struct Watch {
    server: u32,
    begun: Instant,
    ticks: Ticks,
    server_time: TaskTime,
    own_time: TaskTime,
}

/// What was seen between `Watch::begin` and `Watch::end`.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    /// Time the server was on a core.
    pub(crate) server_ran: Duration,
    /// Cores kept busy by neither the server nor the bench. `/proc/stat` samples at clock ticks: a server that sleeps
    /// and wakes at every request seems up to 0.3 of a core busier than it is.
    others: f64,
    /// Share of the time that the server or the load generator was ready to run and had to wait for its core.
    waited: f64,
}

impl Seen {
    /// More than this and a round is repeated.
    const OTHERS: f64 = 0.4;
    const WAITED: f64 = 0.03;

    /// 1.0 is the limit of what is still called calm.
    pub(crate) fn disturbance(&self, machine: &Machine) -> f64 {
        // Without a core each, server and load generator wait for one another.
        let waited = if machine.is_pinned() { self.waited } else { 0.0 };
        (self.others / Self::OTHERS).max(waited / Self::WAITED)
    }
}

impl Watch {
    pub(crate) fn begin(server: u32) -> Outcome<Self> {
        Ok(Self {
            server,
            begun: Instant::now(),
            ticks: Ticks::now()?,
            server_time: TaskTime::of(server)?,
            own_time: TaskTime::of(std::process::id())?,
        })
    }

    pub(crate) fn end(self) -> Outcome<Seen> {
        let wall = self.begun.elapsed().as_secs_f64();
        let busy = Ticks::now()?.busy_since(&self.ticks);
        let server = TaskTime::of(self.server)?.since(&self.server_time);
        let own = TaskTime::of(std::process::id())?.since(&self.own_time);
        let ours = (server.ran + own.ran).as_secs_f64() / wall;
        Ok(Seen {
            server_ran: server.ran,
            others: (busy - ours).max(0.0),
            waited: server.waited.max(own.waited).as_secs_f64() / wall,
        })
    }
}

/// The first line of `/proc/stat`: clock ticks since the machine started, all cores together.
struct Ticks {
    busy: u64,
    all: u64,
    cores: u32,
}

impl Ticks {
    fn now() -> Outcome<Self> {
        let text = read("/proc/stat")?;
        let (all_cores, each): (Vec<&str>, Vec<&str>) =
            text.lines().take_while(|line| line.starts_with("cpu")).partition(|line| line.starts_with("cpu "));
        let fields: Vec<u64> = all_cores
            .iter()
            .flat_map(|line| line.split_whitespace().skip(1))
            .take(8) // user nice system idle iowait irq softirq steal; the guests' time is within the user's
            .filter_map(|field| field.parse().ok())
            .collect();
        let &[user, nice, system, idle, iowait, irq, softirq, steal] = fields.as_slice() else {
            return Err("/proc/stat has an unknown form; this bench needs Linux".into());
        };
        let busy = user + nice + system + irq + softirq + steal;
        Ok(Self { busy, all: busy + idle + iowait, cores: u32::try_from(each.len())? })
    }

    /// Cores that were busy, on average, since `earlier`.
    fn busy_since(&self, earlier: &Self) -> f64 {
        let ticks = |now: u64, then: u64| f64::from(u32::try_from(now.saturating_sub(then)).unwrap_or(u32::MAX));
        let all = ticks(self.all, earlier.all).max(1.0);
        ticks(self.busy, earlier.busy) / all * f64::from(self.cores)
    }
}

/// On a core, and ready but waiting for one: all threads of a process together.
struct TaskTime {
    ran: Duration,
    waited: Duration,
}

impl TaskTime {
    fn of(process: u32) -> Outcome<Self> {
        let directory = format!("/proc/{process}/task");
        let mut sum = Self { ran: Duration::ZERO, waited: Duration::ZERO };
        for task in fs::read_dir(&directory).map_err(|error| format!("{directory}: {error}"))? {
            let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else {
                continue; // a thread that has just ended
            };
            let mut nanoseconds = text.split_whitespace().map(|field| field.parse().ok());
            if let (Some(Some(ran)), Some(Some(waited))) = (nanoseconds.next(), nanoseconds.next()) {
                sum.ran += Duration::from_nanos(ran);
                sum.waited += Duration::from_nanos(waited);
            }
        }
        Ok(sum)
    }

    fn since(self, earlier: &Self) -> Self {
        Self { ran: self.ran.saturating_sub(earlier.ran), waited: self.waited.saturating_sub(earlier.waited) }
    }
}

/// Resident memory of a process.
pub(crate) struct Memory {
    /// `VmRSS`, kibibytes.
    pub(crate) now: u32,
    /// `VmHWM`, kibibytes: the most there ever was.
    pub(crate) most: u32,
}

impl Memory {
    pub(crate) fn of(process: u32) -> Outcome<Self> {
        let path = format!("/proc/{process}/status");
        let text = read(&path)?;
        let kibibytes = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
                .ok_or_else(|| format!("{path} has no {name}"))
        };
        Ok(Self { now: kibibytes("VmRSS")?, most: kibibytes("VmHWM")? })
    }
}

fn read(path: &str) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error} (this bench needs Linux with /proc)").into())
}
