//! A bounded queue that is fair between accounts: they take turns, however many each has waiting.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::limits::QueueLimits;

/// Whom a queue is fair between.
pub(super) type Account = u64;

/// Places for work of one kind, and who waits for one.
#[derive(Debug)]
pub(super) struct Queue {
    limits: QueueLimits,
    line: Mutex<Line>,
}

/// While a place is free, whoever waits is of an account that has as many as one may have.
#[derive(Debug, Default)]
struct Line {
    busy: usize,
    waiting: usize,
    accounts: HashMap<Account, Share>,
    /// The accounts that have somebody waiting, in the order of their turns.
    turns: VecDeque<Account>,
    last_ticket: u64,
}

#[derive(Debug, Default)]
struct Share {
    busy: usize,
    /// By ticket, ascending.
    waiting: VecDeque<(u64, oneshot::Sender<Place>)>,
}

/// A place to work at; whoever is next has it when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    queue: Arc<Queue>,
    account: Account,
}

/// A wait for a place; given up when dropped.
struct Ticket<'q> {
    queue: &'q Queue,
    account: Account,
    number: u64,
    place: oneshot::Receiver<Place>,
}

enum Arrival<'q> {
    Place(Place),
    Ticket(Ticket<'q>),
    NoRoom,
}

impl Queue {
    pub(super) fn new(limits: QueueLimits) -> Arc<Self> {
        Arc::new(Self { limits, line: Mutex::default() })
    }

    /// A place for `account`, once it is its turn; `None` at once where there is no room to wait.
    pub(super) async fn enter(self: &Arc<Self>, account: Account) -> Option<Place> {
        match self.arrive(account) {
            Arrival::Place(place) => Some(place),
            Arrival::Ticket(mut ticket) => (&mut ticket.place).await.ok(),
            Arrival::NoRoom => None,
        }
    }

    fn arrive(self: &Arc<Self>, account: Account) -> Arrival<'_> {
        let mut line = self.line();
        let share = line.accounts.entry(account).or_default();
        let (own_busy, own_waiting) = (share.busy, share.waiting.len());
        if line.busy < self.limits.places && own_busy < self.limits.places_of_one {
            line.occupy(account);
            return Arrival::Place(self.place(account));
        }
        if line.waiting >= self.limits.waiting || own_waiting >= self.limits.waiting_of_one {
            line.forget_idle(account);
            return Arrival::NoRoom;
        }
        let (sender, place) = oneshot::channel();
        let number = line.wait(account, sender);
        Arrival::Ticket(Ticket { queue: self, account, number, place })
    }

    /// `account` leaves its place to whoever is next.
    fn leave(self: &Arc<Self>, account: Account) {
        let next = {
            let mut line = self.line();
            line.vacate(account);
            line.next(&self.limits)
        };
        if let Some((account, waiting)) = next {
            // Not while the line is held: whom nobody waits for any more leaves the place at once.
            drop(waiting.send(self.place(account)));
        }
    }

    fn place(self: &Arc<Self>, account: Account) -> Place {
        Place { queue: Arc::clone(self), account }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn share(&mut self, account: Account) -> &mut Share {
        self.accounts.entry(account).or_default()
    }

    fn occupy(&mut self, account: Account) {
        self.busy += 1;
        self.share(account).busy += 1;
    }

    fn vacate(&mut self, account: Account) {
        self.busy -= 1;
        self.share(account).busy -= 1;
        self.forget_idle(account);
    }

    fn forget_idle(&mut self, account: Account) {
        if self.accounts.get(&account).is_some_and(|share| share.busy == 0 && share.waiting.is_empty()) {
            self.accounts.remove(&account);
        }
    }

    /// The ticket's number.
    fn wait(&mut self, account: Account, sender: oneshot::Sender<Place>) -> u64 {
        self.waiting += 1;
        self.last_ticket += 1;
        let number = self.last_ticket;
        let waiting = &mut self.share(account).waiting;
        waiting.push_back((number, sender));
        if waiting.len() == 1 {
            self.turns.push_back(account);
        }
        number
    }

    /// Whoever gets the place that is free.
    fn next(&mut self, limits: &QueueLimits) -> Option<(Account, oneshot::Sender<Place>)> {
        let may_have_one =
            |account: &Account| self.accounts.get(account).is_some_and(|share| share.busy < limits.places_of_one);
        let account = self.turns.iter().position(may_have_one).and_then(|index| self.turns.remove(index))?;
        let share = self.share(account);
        let (_, sender) = share.waiting.pop_front()?;
        if !share.waiting.is_empty() {
            self.turns.push_back(account);
        }
        self.waiting -= 1;
        self.occupy(account);
        Some((account, sender))
    }

    fn give_up(&mut self, account: Account, number: u64) {
        let Some(share) = self.accounts.get_mut(&account) else { return };
        // Not there any more where a place is on its way.
        let Ok(index) = share.waiting.binary_search_by_key(&number, |(number, _)| *number) else { return };
        share.waiting.remove(index);
        if share.waiting.is_empty() {
            self.turns.retain(|other| *other != account);
        }
        self.waiting -= 1;
        self.forget_idle(account);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queue.leave(self.account);
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.queue.line().give_up(self.account, self.number);
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
