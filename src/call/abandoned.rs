//! Whether anybody still waits for an answer.

use std::sync::{Arc, Weak};

/// A look at whether the caller has gone, for work that nobody needs then.
#[derive(Debug, Clone)]
pub struct Abandoned(Option<Weak<()>>);

/// Whoever waits for an answer: gone once this is dropped.
#[derive(Debug, Default)]
pub struct Attendance(Arc<()>);

impl Attendance {
    pub fn look(&self) -> Abandoned {
        Abandoned(Some(Arc::downgrade(&self.0)))
    }
}

impl Abandoned {
    /// For a caller that stays until the end.
    pub fn never() -> Self {
        Self(None)
    }

    pub fn is_gone(&self) -> bool {
        self.0.as_ref().is_some_and(|waiting| waiting.strong_count() == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_gone_once_it_no_longer_waits() {
        let (waiting, other) = (Attendance::default(), Attendance::default());
        let looks = [waiting.look(), waiting.look().clone()];
        assert!(looks.iter().all(|look| !look.is_gone()));
        drop(other);
        assert!(looks.iter().all(|look| !look.is_gone()));
        drop(waiting);
        assert!(looks.iter().all(Abandoned::is_gone));
        assert!(!Abandoned::never().is_gone());
    }
}
