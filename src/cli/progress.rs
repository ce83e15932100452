//! A bar for work that takes longer than a second.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::world::Clock;

/// How long work may take before anybody wants to know how far it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// Hears of work on keys and shows a bar on stderr, if that is a terminal and the work takes long.
pub(super) fn bar(clock: Arc<dyn Clock>) -> impl FnMut(u64, u64) {
    let (mut begun, mut bar) = (None, None::<ProgressBar>);
    move |done, total| {
        let now = clock.elapsed();
        let begun_at = *begun.get_or_insert(now);
        if done >= total {
            begun = None;
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
        } else if now.saturating_sub(begun_at) > PATIENCE {
            bar.get_or_insert_with(|| ProgressBar::new(total).with_style(style())).set_position(done);
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} keys").expect("the template is right")
}
