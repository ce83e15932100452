//! Who leads and who builds, and what a call is made of.

use std::sync::Arc;

use super::Recorded;
use super::queue::{Gathering, Queue, Queued};
use super::recorded::{folded, scopes};
use super::toys::{Map, put};
use crate::world::{Bounds, Revision, Scope};

/// A call of `changes` changes that waits.
fn waiting(changes: usize) -> Queued<Map> {
    Queued {
        verdict: Arc::default(),
        scopes: Vec::new(),
        changes: vec![put("a", 1); changes],
        bytes: 0,
        state: Arc::default(),
    }
}

#[test]
fn who_leads_and_who_builds() {
    let bounds = Bounds { changes: 4, bytes: usize::MAX, shared: true };
    // Changes that wait, whether they are stale, under way, building, arriving; who may lead, who may build.
    for (changes, is_stale, is_under_way, is_building, arriving, leads, builds) in [
        (0, false, false, false, 0, false, true),
        (0, true, false, false, 1, false, true),
        (0, false, true, false, 1, false, false),
        (1, false, false, false, 0, true, true),
        (1, false, false, false, 1, false, true),
        (2, false, false, false, 1, false, true),
        (3, false, false, false, 1, true, false),
        (1, true, false, false, 1, true, false),
        (1, false, true, false, 0, false, false),
        (1, false, false, true, 0, false, true),
        (3, false, false, true, 1, false, false),
        (1, true, false, true, 1, false, false),
    ] {
        let revision = Revision(u64::from(is_stale));
        let mut queue = Queue::<Map>::new(Arc::default(), revision, true);
        queue.calls.extend((changes > 0).then(|| waiting(changes)));
        queue.is_under_way = is_under_way;
        queue.gathering = Some(Gathering { base: Revision(0), is_building, arriving });
        let case = (changes, is_stale, is_under_way, is_building, arriving);
        assert_eq!((queue.may_lead(&bounds), queue.may_build(&bounds)), (leads, builds), "{case:?}");
    }
}

/// A state whose scope is itself.
#[derive(Clone, Default)]
struct Count(u8);

impl Recorded for Count {
    type Change = u8;
    type Changes = Vec<u8>;

    fn apply(&mut self, change: &u8) {
        self.0 += change;
    }

    fn record_id(_change: &u8) -> Vec<u8> {
        Vec::new()
    }

    fn scopes(&self, _change: &u8) -> Vec<Scope> {
        vec![Scope::new([self.0])]
    }
}

#[test]
fn scopes_are_asked_of_the_state_before_each_change() {
    assert_eq!(scopes(&Count(1), &[2, 0, 4]), [Scope::new([1]), Scope::new([3])]);
    assert_eq!(folded::<Count>(vec![1, 2, 3]), [3]);
}
