//! Where what must wait is done. All of it passes here; what nobody waits for any more is not done.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::limits::Limits;
use super::queue::Queue;
use crate::dialect::{self, Answer, Attendance, Taken, Waited, Work};

/// The queues of the server.
#[derive(Debug)]
pub(super) struct Queues {
    disk: Arc<Queue>,
    key_pairs: Arc<Queue>,
    compute: Arc<Queue>,
}

impl Queues {
    pub(super) fn new(limits: &Limits) -> Self {
        let [disk, key_pairs, compute] = [limits.disk, limits.key_pairs, limits.compute].map(Queue::new);
        Self { disk, key_pairs, compute }
    }

    /// Do `work` where waiting holds up nobody, when its turn has come. `None`: it went wrong; a defect.
    pub(super) async fn done(&self, mut work: Work) -> Option<Answer> {
        // Dropped with this future, as is its place in a queue: that is how a caller goes.
        let waiting = Attendance::default();
        loop {
            let Some(place) = self.queue(work.queue).enter(work.fair_by).await else { return refused(work) };
            let abandoned = waiting.look();
            let run = move || {
                let _until_done = place;
                (!abandoned.is_gone()).then(|| (work.run)(Waited::Through(&abandoned)))
            };
            match spawn_blocking(run).await.ok().flatten()? {
                Taken::Answered(answer) => return Some(answer),
                Taken::Later(more) => work = more,
            }
        }
    }

    fn queue(&self, queue: dialect::Queue) -> &Arc<Queue> {
        match queue {
            dialect::Queue::Disk => &self.disk,
            dialect::Queue::KeyPair => &self.key_pairs,
            dialect::Queue::Compute => &self.compute,
        }
    }
}

/// What work that has no room to wait says of that.
fn refused(work: Work) -> Option<Answer> {
    match catch_unwind(AssertUnwindSafe(|| (work.run)(Waited::InVain))) {
        Ok(Taken::Answered(answer)) => Some(answer),
        Ok(Taken::Later(_)) | Err(_) => None,
    }
}
