//! Where what must wait is done. All of it passes here; what nobody waits for any more is not done.

use tokio::task::spawn_blocking;

use crate::dialect::{Answer, Attendance, Work};

/// Do `work` where waiting holds up nobody. `None`: it went wrong; a defect.
pub(super) async fn done(work: Work) -> Option<Answer> {
    // Dropped with this future: that is how a caller goes.
    let waiting = Attendance::default();
    let abandoned = waiting.look();
    let run = move || (!abandoned.is_gone()).then(|| (work.run)(&abandoned));
    let answer = spawn_blocking(run).await;
    drop(waiting);
    answer.ok().flatten()
}
