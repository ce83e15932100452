//! What durable writes cost: `cargo bench -- writes`. CreateKey into a data folder at 1, 16 and 64 connections; beside
//! another build where `YAOSHI_BENCH_BEFORE` names one, in turns.

use std::{ffi::OsString, fs, path::PathBuf};

use super::{
    Outcome,
    load::{Batch, Fleet},
    machine::Machine,
    process, sandbox, sign,
};

/// The argument that asks for it.
pub(crate) const NAME: &str = "writes";

const ROUNDS: usize = 9;
const CREATIONS: usize = 1_000;
const WARM_UP: usize = 100;
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// A build, and the folder that it keeps its keys in.
struct Writer {
    name: &'static str,
    program: OsString,
    folder: tempfile::TempDir,
}

impl Writer {
    fn new(name: &'static str, program: OsString) -> Outcome<Self> {
        let writer = Self { name, program, folder: tempfile::tempdir()? };
        fs::write(writer.sandbox(), sandbox::file(1))?;
        Ok(writer)
    }

    fn sandbox(&self) -> PathBuf {
        self.folder.path().join("sandbox.toml")
    }

    /// CreateKey/s of a fresh process.
    fn rate(&self, machine: &Machine, connections: usize) -> Outcome<f64> {
        let data = self.folder.path().join("data");
        let start = || process::start_program(&self.program, &self.sandbox(), Some(&data));
        let running = machine.everywhere(start)??;
        let mut fleet = Fleet::connect(running.address, connections, false)?;
        let create = [("Action", "CreateKey")];
        let batch = Batch::of(WARM_UP + CREATIONS, |nonce, timestamp| sign::v1_as_owner(&create, nonce, timestamp));
        fleet.drive(&batch, 0..WARM_UP)?;
        let driven = fleet.drive(&batch, WARM_UP..WARM_UP + CREATIONS)?;
        running.stop()?;
        Ok(f64::from(u32::try_from(driven.latencies.len())?) / driven.wall.as_secs_f64())
    }
}

pub(crate) fn measure() -> Outcome<()> {
    sign::check_vectors()?;
    let machine = Machine::prepare()?;
    println!(
        "Durable CreateKey: {ROUNDS} rounds of {CREATIONS}, in turns; medians (lowest–highest)\n{}",
        machine.describe()
    );
    let mut writers = vec![Writer::new("yaoshi", env!("CARGO_BIN_EXE_yaoshi").into())?];
    writers.extend(process::before().map(|program| Writer::new("before", program)).transpose()?);
    for connections in CONNECTIONS {
        let mut rates = vec![Vec::new(); writers.len()];
        for round in 0..ROUNDS {
            for turn in 0..writers.len() {
                let at = (turn + round) % writers.len();
                rates[at].push(writers[at].rate(&machine, connections)?);
            }
        }
        for (writer, rates) in writers.iter().zip(&rates) {
            println!("{connections:>3} connections  {:7} {} CreateKey/s", writer.name, spread(rates.clone(), 0));
        }
        if let [own, before] = rates.as_slice() {
            let ratios = own.iter().zip(before).map(|(own, before)| own / before).collect();
            println!("{connections:>3} connections  ratio   {}", spread(ratios, 2));
        }
    }
    Ok(())
}

fn spread(mut figures: Vec<f64>, digits: usize) -> String {
    figures.sort_unstable_by(f64::total_cmp);
    let (lowest, middle, highest) = (figures[0], figures[figures.len() / 2], figures[figures.len() - 1]);
    format!("{middle:.digits$} ({lowest:.digits$}–{highest:.digits$})")
}
