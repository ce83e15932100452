//! A deed that tells which stages it came through, and the sandbox around it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use yaoshi::access::{self, AccessKey, AccountId, Policy, Principal, Verifier};
use yaoshi::call::{
    Abandoned, Asks, Deed, Done, Found, Limits, MustWait, Premises, Queue, Record, Refusal, Resource, Subject,
    Throttle, Turn, Waiting, take,
};
use yaoshi::keyring::{self, Admitted, Key, KeySpec, Kind, Order, Origin, Place, RingMut, Rotation, States};
use yaoshi::state::{Change, ClockChange, Holdings, Mode, View, Write};
use yaoshi::world::{
    Appended, Batch, Bounds, Chance, CommitError, Draft, Followed, ManualClock, Memory, Revision, Store, StoreError,
    World,
};

use crate::support::{ACCOUNT, NOW};

/// What the deed is called.
pub const NAME: &str = "Walk";

/// The action as policies write it.
pub const ACTION: &str = "test:Walk";

/// What the caller might have overlooked.
pub const NOTE: &str = "it is a test";

pub fn place() -> Place {
    Place { account: ACCOUNT.into(), region: "cn-hangzhou".into() }
}

/// So many days after the beginning.
pub fn day(days: i64) -> Timestamp {
    NOW.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * days)
}

/// A sandbox without a dialect.
pub struct Node {
    pub premises: Arc<Premises>,
}

impl Node {
    pub fn new() -> Self {
        Self::over(Box::new(Memory), Limits::Off)
    }

    pub fn over(store: Box<dyn Store<Change>>, limits: Limits) -> Self {
        let clock = Arc::new(ManualClock::at(day(0)));
        let holdings = Holdings::open(store, &[7; 32], &mut |_, _| {}).unwrap();
        let throttle = Throttle::new(limits, Arc::clone(&clock) as _);
        let world = World { clock, chance: Arc::new(Chance::system()) };
        Self { premises: Arc::new(Premises { world, holdings, throttle }) }
    }

    /// Change the keys on the day `wall`, at once.
    pub fn write<T>(&self, wall: i64, edit: impl FnOnce(&mut RingMut<'_>) -> T) -> T {
        let draw = self.premises.world.chance.draw(ACCOUNT);
        let mut view: View<'_, Write> = self.premises.holdings.view(place(), day(wall), draw, None).unwrap();
        let done = edit(&mut view.keys_mut());
        view.commit().unwrap();
        done
    }

    /// A key that is made on the first day, and rotates every so many days.
    pub fn make(&self, spec: KeySpec, rotation: Option<i64>) -> String {
        let kind = Kind::new(spec, spec.usages()[0], Origin::Service).unwrap();
        let interval = rotation.map(|days| Rotation { interval: SignedDuration::from_hours(24 * days) });
        let order = Order::new(kind).rotating(interval).unwrap();
        self.write(0, |ring| ring.create(order)).id.to_string()
    }

    /// Change the key `id`, as another call would.
    pub fn touch(&self, id: &str, wall: i64) {
        self.try_touch(id, wall).unwrap();
    }

    /// The same, where it may fail.
    pub fn try_touch(&self, id: &str, wall: i64) -> Result<(), CommitError> {
        let draw = self.premises.world.chance.draw(ACCOUNT);
        let mut view: View<'_, Write> = self.premises.holdings.view(place(), day(wall), draw, None)?;
        let mut ring = view.keys_mut();
        let key = admitted(&ring, id);
        let times = key.tags.len().to_string();
        ring.tag(key, &BTreeMap::from([(times, String::new())]));
        view.commit()
    }

    pub fn disable(&self, id: &str, wall: i64) {
        self.write(wall, |ring| ring.disable(admitted(ring, id)));
    }

    /// The key as everybody sees it.
    pub fn key(&self, id: &str) -> Arc<Key> {
        let state = self.premises.holdings.state();
        keyring::Ring::new(&state.keys, &place(), day(0)).find(id).unwrap()
    }

    /// Let the account's clock be so many days ahead of the wall clock.
    pub fn set_clock(&self, days: i64) {
        let mut transaction = self.premises.holdings.begin().unwrap();
        let (state, changes) = transaction.parts();
        let offset = SignedDuration::from_hours(24 * days);
        Draft::new(&mut state.clocks, &mut changes.clocks).record(ClockChange { account: ACCOUNT.into(), offset });
        transaction.commit().unwrap();
    }

    /// Let the account itself sign with an AccessKey.
    pub fn let_in(&self, access_key: &str, secret: &str) {
        let access_key = AccessKey::new(access_key, Verifier::Secret(secret.into()), root()).unwrap();
        let mut transaction = self.premises.holdings.begin().unwrap();
        let (state, changes) = transaction.parts();
        let change = access::Change::AccessKey(Arc::new(access_key));
        Draft::new(&mut state.people, &mut changes.people).record(change);
        transaction.commit().unwrap();
    }

    /// A call of `caller` on the day `wall`.
    pub fn turn(&self, caller: &Arc<Principal>, wall: i64) -> Turn {
        Turn {
            premises: Arc::clone(&self.premises),
            service: "test",
            caller: Arc::clone(caller),
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            secure_transport: false,
            place: place(),
            wall: day(wall),
            dry_run: false,
            record: Record::default(),
            done: Done::default(),
        }
    }

    pub fn root_turn(&self, wall: i64) -> Turn {
        self.turn(&root(), wall)
    }
}

fn admitted(ring: &RingMut<'_>, id: &str) -> Admitted {
    States::ANY.admit(ring.ring().find(id).unwrap(), ring.now()).unwrap()
}

fn account() -> AccountId {
    AccountId::parse(ACCOUNT).unwrap()
}

pub fn root() -> Arc<Principal> {
    Arc::new(Principal::root(account()))
}

/// A user whose one policy is made of `statements`.
pub fn user(statements: &str) -> Arc<Principal> {
    let document = format!(r#"{{"Version":"1","Statement":[{statements}]}}"#);
    let policy = Arc::new(Policy::parse("p", &document).unwrap());
    Arc::new(Principal::user(account(), "u").unwrap().with_policies([policy]))
}

/// Why a walk is refused.
#[derive(Debug)]
pub enum Fault {
    OnTheWay(Refusal),
    /// By the deed itself.
    Own(String),
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::OnTheWay(refusal)
    }
}

/// What happens at a stage: given its name, how often it was come past before, and the key.
pub type At = dyn Fn(&str, usize, &Admitted) -> Result<(), String> + Send + Sync;

/// What the deed is about, and what it comes past.
pub struct Route {
    /// As a request would name it by an alias: it may become another one meanwhile.
    key: Mutex<String>,
    /// Whether it orders material for another version.
    pub makes: bool,
    at: Box<At>,
    log: Mutex<Vec<&'static str>>,
}

impl Route {
    fn key(&self) -> String {
        self.key.lock().unwrap().clone()
    }

    pub fn lead_to(&self, key: &str) {
        key.clone_into(&mut self.key.lock().unwrap());
    }

    fn past(&self, stage: &'static str) {
        self.log.lock().unwrap().push(stage);
    }

    fn at(&self, stage: &'static str, key: &Admitted) -> Result<(), Fault> {
        let before = self.times(stage);
        self.past(stage);
        (self.at)(stage, before, key).map_err(Fault::Own)
    }

    /// How often it came past a stage.
    pub fn times(&self, stage: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|past| **past == stage).count()
    }

    /// The stages it came past, in a row.
    pub fn stages(&self) -> String {
        self.log.lock().unwrap().join(" ")
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.key())
    }
}

/// The deed: to look at a key, or to give it another version.
pub struct Walk<M> {
    pub route: Arc<Route>,
    mode: std::marker::PhantomData<fn() -> M>,
}

impl<M: Mode> Walk<M> {
    pub fn to(key: &str) -> Self {
        let at = Box::new(|_: &str, _: usize, _: &Admitted| Ok(()));
        let route = Route { key: Mutex::new(key.to_owned()), makes: false, at, log: Mutex::default() };
        Self { route: Arc::new(route), mode: std::marker::PhantomData }
    }

    fn edit(mut self, edit: impl FnOnce(&mut Route)) -> Self {
        edit(Arc::get_mut(&mut self.route).expect("it has not begun"));
        self
    }

    /// With something that happens at its stages `makes` and `run`.
    pub fn with(self, at: impl Fn(&str, usize, &Admitted) -> Result<(), String> + Send + Sync + 'static) -> Self {
        self.edit(|route| route.at = Box::new(at))
    }

    pub fn making_a_version(self) -> Self {
        self.edit(|route| route.makes = true)
    }

    /// What it comes to where it may wait.
    pub fn go(&self, turn: &mut Turn) -> Result<usize, Fault>
    where
        Self: Deed<Reply = usize, Subject = Stop>,
    {
        match take(self, turn, Waiting::For(Queue::KeyPair, &Abandoned::never())) {
            Ok(outcome) => outcome,
            Err(MustWait { .. }) => panic!("it may wait"),
        }
    }
}

/// One key on the way.
#[derive(Debug)]
pub struct Stop(Arc<Route>, Arc<Key>);

impl Subject for Stop {
    type Fault = Fault;
    type Reference<'r> = &'r Arc<Route>;
    type Admitted = Admitted;

    fn find<M: Mode>(route: &Arc<Route>, asks: Asks, view: &View<'_, M>) -> Found<Self, Fault> {
        route.past("find");
        let id = route.key();
        let found = view.keys().find(&id);
        let name = format!("acs:test:cn-hangzhou:{ACCOUNT}:key/{id}");
        let key = found.as_ref().ok().cloned();
        let resources = vec![Resource { key, ..Resource::new(asks.first(), name) }];
        let outcome = found.map(|key| Self(Arc::clone(route), key));
        Found { resources, outcome: outcome.map_err(|_| Fault::Own(format!("no {id}"))) }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Admitted, keyring::Error> {
        self.0.past("admit");
        states.admit(self.1, now)
    }
}

/// Any mode: whether it writes is all that differs.
pub trait Walks: Mode {
    fn add_version(view: &mut View<'_, Self>, key: Admitted) -> Result<usize, keyring::Error>;
}

impl Walks for yaoshi::state::Read {
    fn add_version(_view: &mut View<'_, Self>, key: Admitted) -> Result<usize, keyring::Error> {
        Ok(key.versions.len())
    }
}

impl Walks for Write {
    fn add_version(view: &mut View<'_, Self>, key: Admitted) -> Result<usize, keyring::Error> {
        let before = key.versions.len();
        view.keys_mut().add_version(key)?;
        Ok(before + 1)
    }
}

impl<M: Walks> Deed for Walk<M> {
    const NAME: &'static str = NAME;
    const STATES: States = States::ENABLED;
    type Mode = M;
    type Subject = Stop;
    /// How many versions the key has then.
    type Reply = usize;

    fn subject(&self) -> &Arc<Route> {
        &self.route
    }

    fn note(&self) -> Option<&'static str> {
        Some(NOTE)
    }

    fn makes(&self, key: &Admitted, view: &View<'_, M>) -> Result<Option<KeySpec>, Fault> {
        self.route.at("makes", key)?;
        if !self.route.makes {
            return Ok(None);
        }
        key.takes_further_version(view.now()).map_err(|error| Fault::from(Refusal::from(error)))?;
        Ok(Some(key.spec))
    }

    fn run(&self, key: Admitted, view: &mut View<'_, M>) -> Result<usize, Fault> {
        self.route.at("run", &key)?;
        if !self.route.makes {
            return Ok(key.versions.len());
        }
        M::add_version(view, key).map_err(|error| Refusal::from(error).into())
    }
}

/// What happens just before something is kept, once; or instead of that.
pub type Before = Box<dyn FnOnce() -> Option<Appended> + Send>;

/// A store with something that happens just before the next append, or instead.
pub struct Meanwhile {
    pub store: Box<dyn Store<Change>>,
    pub before: Arc<Mutex<Option<Before>>>,
}

impl Store<Change> for Meanwhile {
    fn count(&self) -> Result<u64, StoreError> {
        self.store.count()
    }

    fn load(&self, take: &mut dyn FnMut(Vec<Change>)) -> Result<Revision, StoreError> {
        self.store.load(take)
    }

    fn append(&self, batch: &Batch<Change>) -> Appended {
        let before = self.before.lock().unwrap().take();
        before.and_then(|before| before()).unwrap_or_else(|| self.store.append(batch))
    }

    fn follow(&self, after: Revision) -> Result<Followed<Change>, StoreError> {
        self.store.follow(after)
    }

    fn current(&self) -> Result<Revision, StoreError> {
        self.store.current()
    }

    fn bounds(&self) -> Bounds {
        self.store.bounds()
    }
}
