//! The log. It never decides: whoever tells it something goes on at once, whatever becomes of the line. Lines wait in a
//! bounded queue, a thread of its own writes them; those that find no room, or that the writer does not take, are lost
//! and counted.

use std::io::{self, ErrorKind, Write};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::line::{Line, Style};
use crate::world::Clock;

/// What may wait to be written, in bytes.
const CAPACITY: usize = 4 * 1024 * 1024;

/// How much is worth a write at once, in bytes: what a pipe takes.
const PLENTY: usize = 64 * 1024;

/// How long the first line waits for others, so that they share a write.
const GATHERING: Duration = Duration::from_millis(5);

/// How long the end of a process waits until all is written.
const LAST_CHANCE: Duration = Duration::from_secs(1);

/// Where events become lines.
#[derive(Debug)]
pub struct Log {
    lines: Lines,
    queue: Arc<Queue>,
}

/// How many lines of the log are lost.
#[derive(Debug, Clone, Default)]
pub struct Lost(Arc<AtomicU64>);

/// Dropped at the end of the process, it waits until what is waiting is written, but not for long.
#[derive(Debug)]
#[must_use]
pub struct Ending(Arc<Queue>);

impl Log {
    /// A log that writes to `out`. Errors: there is no thread to be had.
    pub fn start(
        style: Style,
        clock: Arc<dyn Clock>,
        out: impl Write + Send + 'static,
    ) -> io::Result<(Self, Lost, Ending)> {
        let queue = Arc::new(Queue::default());
        let lines = Lines { style, clock };
        let writer =
            Writer { out, lines: lines.clone(), queue: Arc::clone(&queue), untold: 0, works: true, is_torn: false };
        thread::Builder::new().name("log".to_owned()).spawn(move || writer.run())?;
        Ok((Self { lines, queue: Arc::clone(&queue) }, queue.lost.clone(), Ending(queue)))
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = self.lines.begin(*event.metadata().level(), event.metadata().target());
        event.record(&mut line);
        self.queue.push(&line.end());
    }
}

impl Lost {
    pub fn lines(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, lines: u64) {
        self.0.fetch_add(lines, Ordering::Relaxed);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting();
        waiting.is_closed = true;
        self.0.filled.notify_one();
        drop(self.0.ended.wait_timeout_while(waiting, LAST_CHANCE, |waiting| !waiting.is_over));
    }
}

/// What all lines have in common.
#[derive(Clone)]
struct Lines {
    style: Style,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("style", &self.style).finish_non_exhaustive()
    }
}

impl Lines {
    fn begin(&self, level: Level, target: &str) -> Line {
        Line::begin(self.style, self.clock.now(), level, target)
    }

    fn of_losses(&self, count: u64) -> String {
        let mut line = self.begin(Level::WARN, module_path!());
        line.message("lines of the log are lost here: they came faster than they were read, or could not be written");
        line.plain("lost", count);
        line.end()
    }
}

/// Lines between those who tell and the thread that writes.
#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// There is something to do for the writer.
    filled: Condvar,
    /// The writer has done its last.
    ended: Condvar,
    lost: Lost,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Lines that found no room behind these.
    dropped: u64,
    is_closed: bool,
    is_over: bool,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &str) {
        let mut waiting = self.waiting();
        let before = waiting.lines.len();
        // Once one is dropped all are, so that a gap has one place.
        if waiting.dropped > 0 || before + line.len() > CAPACITY {
            waiting.dropped += 1;
            self.lost.add(1);
            return;
        }
        waiting.lines.extend_from_slice(line.as_bytes());
        // The writer waits for the first line, and then for many.
        if before == 0 || (before < PLENTY && waiting.lines.len() >= PLENTY) {
            self.filled.notify_one();
        }
    }

    /// Exchange `lines`, which are written, for those that wait; how many were dropped behind them. With nothing there,
    /// wait, unless there is something else to write. `None`: there are no more.
    fn next(&self, lines: &mut Vec<u8>, has_else: bool) -> Option<u64> {
        lines.clear();
        let is_idle = |waiting: &mut Waiting| waiting.lines.is_empty() && waiting.dropped == 0 && !waiting.is_closed;
        let mut waiting = self.waiting();
        if !has_else {
            waiting = self.filled.wait_while(waiting, is_idle).unwrap_or_else(PoisonError::into_inner);
            let is_short = |waiting: &mut Waiting| waiting.lines.len() < PLENTY && !waiting.is_closed;
            let gathered = self.filled.wait_timeout_while(waiting, GATHERING, is_short);
            waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
        }
        if waiting.is_closed && waiting.lines.is_empty() && waiting.dropped == 0 && !has_else {
            waiting.is_over = true;
            self.ended.notify_all();
            return None;
        }
        mem::swap(&mut waiting.lines, lines);
        Some(mem::take(&mut waiting.dropped))
    }
}

/// What the thread does that writes.
#[derive(Debug)]
struct Writer<W> {
    out: W,
    lines: Lines,
    queue: Arc<Queue>,
    /// Lines that are lost, and that nobody was told of.
    untold: u64,
    /// Whether what was written last was taken.
    works: bool,
    /// Whether what was taken last ends in the middle of a line.
    is_torn: bool,
}

impl<W: Write> Writer<W> {
    fn run(mut self) {
        let mut lines = Vec::new();
        while let Some(dropped) = self.queue.next(&mut lines, self.works && self.untold > 0) {
            self.works = true;
            if self.untold > 0 && self.write(self.lines.of_losses(self.untold).as_bytes()) == 0 {
                self.untold = 0;
            }
            let lost = if self.works { self.write(&lines) } else { count(&lines) };
            self.queue.lost.add(lost);
            self.untold += lost + dropped;
        }
    }

    /// How many of the `lines` were not taken whole.
    fn write(&mut self, lines: &[u8]) -> u64 {
        let mut rest = lines;
        if mem::take(&mut self.is_torn) && !self.out.write(b"\n").is_ok_and(|count| count == 1) {
            self.is_torn = true;
            self.works = false;
            return count(lines);
        }
        while !rest.is_empty() {
            match self.out.write(rest) {
                Ok(0) => break,
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Whoever gave us this pipe wants to wait for nothing; here there is time.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(GATHERING),
                Err(_) => break,
            }
        }
        self.works &= rest.is_empty();
        self.is_torn = !rest.is_empty() && lines[..lines.len() - rest.len()].last().is_some_and(|last| *last != b'\n');
        count(rest)
    }
}

fn count(lines: &[u8]) -> u64 {
    lines.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use rstest::rstest;

    use super::*;
    use crate::world::ManualClock;

    /// Takes what the other side of a channel lets it.
    struct Out {
        allowed: mpsc::Receiver<io::Result<usize>>,
        taken: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Without a word: all.
            let count = self.allowed.recv().unwrap_or(Ok(usize::MAX))?.min(bytes.len());
            self.taken.send(bytes[..count].to_vec()).unwrap();
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Fixture {
        log: Log,
        lost: Lost,
        ending: Ending,
        allow: mpsc::Sender<io::Result<usize>>,
        taken: mpsc::Receiver<Vec<u8>>,
    }

    fn start() -> Fixture {
        let clock = Arc::new(ManualClock::at("2026-11-22T07:00:00Z".parse().unwrap()));
        let ((allow, allowed), (take, written)) = (mpsc::channel(), mpsc::channel());
        let (log, lost, ending) = Log::start(Style::Text, clock, Out { allowed, taken: take }).unwrap();
        Fixture { log, lost, ending, allow, taken: written }
    }

    impl Fixture {
        /// Let everything be written, and tell what was.
        fn end(self) -> String {
            drop((self.allow, self.ending));
            let taken: Vec<_> = self.taken.iter().flatten().collect();
            String::from_utf8(taken).unwrap()
        }
    }

    fn told(lost: u64) -> String {
        format!(
            "2026-11-22T07:00:00.000000Z  WARN yaoshi::journal::log: lines of the log are lost here: they came faster \
             than they were read, or could not be written lost={lost}\n"
        )
    }

    #[rstest]
    #[case::whole(&[], "a\nb\n")]
    #[case::in_parts(&[Ok(1), Ok(2)], "a\nb\n")]
    #[case::interrupted(&[Err(ErrorKind::Interrupted), Ok(3), Err(ErrorKind::Interrupted)], "a\nb\n")]
    #[case::not_waiting(&[Err(ErrorKind::WouldBlock), Ok(3), Err(ErrorKind::WouldBlock)], "a\nb\n")]
    fn what_the_writer_takes_is_not_lost(#[case] allowed: &[Result<usize, ErrorKind>], #[case] expected: &str) {
        let fixture = start();
        for allowed in allowed {
            fixture.allow.send(allowed.map_err(io::Error::from)).unwrap();
        }
        fixture.log.queue.push("a\nb\n");
        let lost = fixture.lost.clone();
        assert_eq!((fixture.end().as_str(), lost.lines()), (expected, 0));
    }

    #[rstest]
    #[case::nothing(&[Err(ErrorKind::BrokenPipe)], "", 2)]
    #[case::a_line(&[Ok(2), Err(ErrorKind::StorageFull)], "a\n", 1)]
    #[case::a_torn_line(&[Ok(3), Err(ErrorKind::StorageFull)], "a\nb\n", 1)]
    #[case::twice_torn(&[Ok(1), Ok(0), Err(ErrorKind::StorageFull)], "a\n", 3)]
    fn what_the_writer_does_not_take_is_told_next(
        #[case] allowed: &[Result<usize, ErrorKind>],
        #[case] before: &str,
        #[case] lost: u64,
    ) {
        let fixture = start();
        fixture.log.queue.push("a\nb\n");
        for allowed in allowed {
            fixture.allow.send(allowed.map_err(io::Error::from)).unwrap();
        }
        let wait_for = |lost| {
            while fixture.lost.lines() < lost {
                thread::yield_now();
            }
        };
        wait_for(lost.min(2));
        if lost == 3 {
            fixture.log.queue.push("c\n");
            wait_for(3);
        }
        fixture.log.queue.push("d\n");
        let counted = fixture.lost.clone();
        assert_eq!(fixture.end(), format!("{before}{}d\n", told(lost)));
        assert_eq!(counted.lines(), lost);
    }

    #[test]
    fn what_finds_no_room_is_told_where_it_is_missing() {
        let fixture = start();
        let line = format!("{}\n", "x".repeat(1023));
        // The writer holds these, and waits.
        fixture.log.queue.push("a\n");
        while !fixture.log.queue.waiting().lines.is_empty() {
            thread::yield_now();
        }
        (0..CAPACITY / line.len() + 3).for_each(|_| fixture.log.queue.push(&line));
        fixture.log.queue.push("b\n");
        assert_eq!(fixture.lost.lines(), 4);
        let written = fixture.end();
        assert!(written.starts_with("a\nx") && written.ends_with(&format!("x\n{}", told(4))));
        assert_eq!(written.len(), 2 + CAPACITY + told(4).len());
    }

    #[test]
    fn a_writer_that_never_comes_back_is_not_waited_for() {
        let fixture = start();
        fixture.log.queue.push("a\n");
        drop(fixture.ending);
        assert!(fixture.taken.try_recv().is_err());
    }
}
