//! From the command line to the printed tables.

mod growth;
mod idle;
mod load;
mod machine;
mod pairs;
mod process;
mod report;
mod rounds;
mod sandbox;
mod servers;
mod sign;
mod writes;
mod yardstick;

use std::{env, error::Error, process::ExitCode, time::Instant};

use machine::Machine;
use rounds::Plan;
use servers::Servers;

/// Every failure of the bench is told to a person and ends it, so it is a text.
type Outcome<T> = Result<T, Box<dyn Error>>;

/// Exit status 1, with a sentence on standard error, when a server could not be measured.
pub(crate) fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [role, name] if role == yardstick::ROLE => yardstick::serve(name),
        [what, ..] if what == growth::NAME => growth::measure(),
        [what, ..] if what == pairs::NAME => pairs::measure(),
        [what, ..] if what == writes::NAME => writes::measure(),
        arguments if arguments.iter().any(|argument| argument == "--bench") => bench(),
        _ => {
            println!("This is a bench: run it with `cargo bench`.");
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> Outcome<()> {
    let begun = Instant::now();
    sign::check_vectors()?;
    let plan = Plan::from_environment();
    let machine = Machine::prepare()?;
    let servers = Servers::prepare(&machine)?;
    report::opening(&machine, &plan);

    servers.check()?;
    let idle = idle::measure(&servers)?;
    let heats = rounds::run(&plan, &machine, &servers)?;

    report::throughput(&servers, &heats);
    report::before(&servers, &heats);
    report::variants(&servers, &heats);
    report::idle(&idle);
    report::goals(&heats, &idle);
    report::closing(&heats, begun.elapsed());
    Ok(())
}
