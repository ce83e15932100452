//! What many keys cost: `cargo bench -- keys`. A thousand beside a million, both kept in data folders.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    Outcome,
    load::{Batch, Driven, Fleet},
    machine::{Machine, Memory},
    process::{self, Running},
    sandbox,
    sign::{self, Scheme},
};

/// The argument that asks for it.
pub(crate) const NAME: &str = "keys";

const FEW: u32 = 1_000;

/// The larger number, unless the environment says otherwise.
const MANY: u32 = 1_000_000;
const MANY_VARIABLE: &str = "YAOSHI_BENCH_KEYS";

const STARTS: usize = 3;
const ROUNDS: usize = 9;
const DECRYPTS: usize = 20_000;
const CREATIONS: usize = 500;
const PAGES: usize = 20;
const PAGE_SIZE: u32 = 100;

pub(crate) fn measure() -> Outcome<()> {
    sign::check_vectors()?;
    let many = env::var(MANY_VARIABLE).map_or(Ok(MANY), |number| number.parse())?;
    let machine = Machine::prepare()?;
    println!("Keys in a data folder: {FEW} beside {many}\n{}", machine.describe());
    let (few, many) = (Kept::fill(&machine, FEW)?, Kept::fill(&machine, many)?);
    for kept in [&few, &many] {
        kept.report_starts()?;
    }
    decrypt_ratio(&machine, &few, &many)?;
    for kept in [&few, &many] {
        kept.report_lists()?;
        kept.report_creations()?;
    }
    Ok(())
}

/// A data folder with so many keys.
struct Kept<'m> {
    machine: &'m Machine,
    folder: tempfile::TempDir,
    keys: u32,
}

impl<'m> Kept<'m> {
    /// Fill a folder from a sandbox file.
    fn fill(machine: &'m Machine, keys: u32) -> Outcome<Self> {
        let kept = Self { machine, folder: tempfile::tempdir()?, keys };
        fs::write(kept.sandbox(), sandbox::file(keys))?;
        let running = kept.start()?;
        let filled = running.first_answer;
        let begun = Instant::now();
        running.stop()?;
        println!("{keys:>8} keys: filled from a sandbox file in {filled:.1?}, stopped in {:.1?}", begun.elapsed());
        // From here on the folder alone holds the keys; the file says who may use them.
        fs::write(kept.sandbox(), sandbox::file(0))?;
        Ok(kept)
    }

    fn sandbox(&self) -> PathBuf {
        self.folder.path().join("sandbox.toml")
    }

    fn start(&self) -> Outcome<Running> {
        let data = self.folder.path().join("data");
        self.machine.everywhere(|| process::start(&self.sandbox(), Some(&data)))?
    }

    fn report_starts(&self) -> Outcome<()> {
        let (mut clean, mut killed) = (Vec::new(), Vec::new());
        let mut memory = Vec::new();
        for _ in 0..STARTS {
            let running = self.start()?;
            clean.push(running.first_answer);
            memory.push(Memory::of(running.id())?.now);
            drop(running); // by SIGKILL
            let running = self.start()?;
            killed.push(running.first_answer);
            running.stop()?;
        }
        let file = size(&self.folder.path().join("data/keys.redb"))?;
        let per_key = |bytes: u64| bytes / u64::from(self.keys);
        let resident = u64::from(median(&mut memory)) * 1024;
        println!(
            "{:>8} keys: first answer {:.2?} after a clean stop, {:.2?} after SIGKILL; {} MiB resident ({} B a key), \
             {} MiB on disk ({} B a key)",
            self.keys,
            median(&mut clean),
            median(&mut killed),
            resident >> 20,
            per_key(resident),
            file >> 20,
            per_key(file),
        );
        Ok(())
    }

    fn report_lists(&self) -> Outcome<()> {
        let running = self.start()?;
        let mut fleet = Fleet::connect(running.address, 1, false)?;
        for (what, page) in [("first", 1), ("last", self.keys.div_ceil(PAGE_SIZE))] {
            let (page, size) = (page.to_string(), PAGE_SIZE.to_string());
            let parameters = [("Action", "ListKeys"), ("PageNumber", &page), ("PageSize", &size)];
            let batch = Batch::of(PAGES, |nonce, timestamp| sign::v1_as_owner(&parameters, nonce, timestamp));
            let driven = fleet.drive(&batch, 0..PAGES)?;
            println!("{:>8} keys: {what} page of {PAGE_SIZE} in {:.2?}", self.keys, driven.latencies[PAGES / 2]);
        }
        Ok(())
    }

    fn report_creations(&self) -> Outcome<()> {
        let running = self.start()?;
        for connections in [1, 16] {
            let mut fleet = Fleet::connect(running.address, connections, false)?;
            let create = [("Action", "CreateKey")];
            let batch = Batch::of(CREATIONS, |nonce, timestamp| sign::v1_as_owner(&create, nonce, timestamp));
            let driven = fleet.drive(&batch, 0..CREATIONS)?;
            println!("{:>8} keys: {:.0} CreateKey/s at {connections} connections", self.keys, rate(&driven));
        }
        Ok(())
    }
}

/// Both run at once; the load goes to one, then to the other.
fn decrypt_ratio(machine: &Machine, few: &Kept<'_>, many: &Kept<'_>) -> Outcome<()> {
    let (one, other) = (few.start()?, many.start()?);
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let mut rates = [0.0; 2];
        for (running, rate_of) in [&one, &other].into_iter().zip(&mut rates) {
            let mut fleet = Fleet::connect(running.address, 16, machine.is_pinned())?;
            let batch = Batch::sign(Scheme::V1Get, DECRYPTS);
            *rate_of = rate(&fleet.drive(&batch, 0..DECRYPTS)?);
        }
        ratios.push(rates[1] / rates[0]);
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let (lowest, middle, highest) = (ratios[0], ratios[ROUNDS / 2], ratios[ROUNDS - 1]);
    println!("Decrypt/s with {} keys, of that with {}: {middle:.2} ({lowest:.2}–{highest:.2})", many.keys, few.keys);
    Ok(())
}

fn rate(driven: &Driven) -> f64 {
    f64::from(u32::try_from(driven.latencies.len()).unwrap_or(u32::MAX)) / driven.wall.as_secs_f64()
}

fn median<T: Ord + Copy>(values: &mut [T]) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}

fn size(path: &Path) -> Outcome<u64> {
    Ok(fs::metadata(path)?.len())
}
