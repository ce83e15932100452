//! Calls that run again, because the other node was quicker: nothing but the decision is made again.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use rstest::rstest;
use yaoshi::call::Limits;
use yaoshi::dialect::{Queue, Taken};
use yaoshi::keyring::{self, Key, States};
use yaoshi::state::Change;
use yaoshi::world::{Appended, Batch, Bounds, Followed, Revision, Store, StoreError};

use super::cluster::{Cluster, KEYS, later, ring, version_of};
use crate::support::engine::Fault;
use crate::support::samples::PLAINTEXT;
use crate::support::wire::{Draft, Signing};
use crate::support::{Reply, Service, after_waiting, from_loopback};

/// How often a call is run.
const TRIES: usize = 8;

/// An RSA key that is old enough for a further version.
const RSA: &str = "202b9877-5a25-46e3-a763-e20791b5000d";

/// What the other node does before the first one's batches get through, and those batches.
#[derive(Default)]
struct Meddling {
    act: Mutex<Option<Act>>,
    batches: Mutex<Vec<Batch<Change>>>,
}

type Act = Box<dyn FnMut() + Send>;

/// The store of a node that others are quicker than.
struct Meddled {
    meddling: Arc<Meddling>,
    store: Box<dyn Store<Change>>,
}

impl Store<Change> for Meddled {
    fn count(&self) -> Result<u64, StoreError> {
        self.store.count()
    }

    fn load(&self, take: &mut dyn FnMut(Vec<Change>)) -> Result<Revision, StoreError> {
        self.store.load(take)
    }

    fn append(&self, batch: &Batch<Change>) -> Appended {
        if let Some(act) = &mut *self.meddling.act.lock().unwrap() {
            self.meddling.batches.lock().unwrap().push(batch.clone());
            act();
        }
        self.store.append(batch)
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

/// A cluster whose second node meddles with what the first one does.
struct Meddlers {
    cluster: Cluster,
    meddling: Arc<Meddling>,
}

impl Meddlers {
    fn new(limits: Limits) -> Self {
        let meddling = Arc::new(Meddling::default());
        let rsa = format!(
            "[[account.key]]\nid = {RSA:?}\nspec = \"RSA_2048\"\nusage = \"SIGN/VERIFY\"\n\
             created = 2026-01-01T00:00:00Z\nversions = [{{ id = \"302b9877-5a25-46e3-a763-e20791b5000d\", \
             created = 2026-01-01T00:00:00Z, material = '''\n{}''' }}]\n",
            include_str!("../../fixtures/keys/rsa-2048.pem"),
        );
        let cluster = Cluster::with(limits, &rsa, |node, store| match node {
            0 => Box::new(Meddled { meddling: Arc::clone(&meddling), store }),
            _ => store,
        });
        Self { cluster, meddling }
    }

    /// From now on the second node acts before each batch of the first, so many `times`.
    fn meddle(&self, times: usize, act: impl Fn(&Service, usize) + Send + 'static) {
        let (node, mut done) = (Arc::clone(&self.cluster.nodes[1]), 0);
        *self.meddling.act.lock().unwrap() = Some(Box::new(move || {
            if done < times {
                act(&node, done);
                done += 1;
            }
        }));
    }

    fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Reply {
        self.cluster.nodes[0].call("yaoshi", action, parameters)
    }

    /// What the other node tells.
    fn member(&self, key: &str, name: &str) -> String {
        let described = self.cluster.nodes[1].call("yaoshi", "DescribeKey", &[("KeyId", key)]);
        described.ok().text_at(&format!("KeyMetadata.{name}"))
    }

    /// How many batches the first node has sent since it is meddled with.
    fn sent(&self) -> usize {
        self.meddling.batches.lock().unwrap().len()
    }

    /// The keys that the batches would have put.
    fn tried(&self) -> Vec<Arc<Key>> {
        let batches = self.meddling.batches.lock().unwrap();
        let changes = batches.iter().flat_map(|batch| &batch.calls).flat_map(|call| &call.changes);
        let put = changes.filter_map(|change| match change {
            Change::Key(keyring::Change::Put(key)) => Some(Arc::clone(key)),
            _ => None,
        });
        put.collect()
    }

    /// The key as both nodes know it.
    fn key(&self, id: &str) -> Arc<Key> {
        let [one, other] = self.cluster.pictures();
        assert_eq!(one, other);
        let keys = ring(&self.cluster.nodes[0].premises.holdings.state().keys);
        keys.into_iter().find(|key| key.id.as_str() == id).unwrap()
    }
}

/// Change the key in a way that stands in nobody's way.
fn tag(key: &'static str) -> impl Fn(&Service, usize) {
    move |node, turn| {
        let tags = format!(r#"[{{"TagKey":"meddled","TagValue":"{turn}"}}]"#);
        node.call("yaoshi", "TagResource", &[("KeyId", key), ("Tags", &tags)]).ok();
    }
}

#[rstest]
#[case(0)]
#[case(1)]
#[case(TRIES - 1)]
#[case(TRIES)]
#[case(TRIES * 2)]
fn after_eight_tries_the_caller_is_asked_to_come_again(#[case] times: usize) {
    let meddlers = Meddlers::new(Limits::Off);
    meddlers.meddle(times, tag(KEYS[0]));
    let reply = meddlers.call("DisableKey", &[("KeyId", KEYS[0])]);
    assert_eq!(meddlers.sent(), (times + 1).min(TRIES));
    let state = if times < TRIES {
        reply.ok();
        "Disabled"
    } else {
        reply.refused(503, "ServiceUnavailableTemporary");
        "Enabled"
    };
    assert_eq!(meddlers.member(KEYS[0], "KeyState"), state);
    let tagged = times.min(TRIES).checked_sub(1).map(|last| last.to_string());
    assert_eq!(meddlers.key(KEYS[0]).tags.get("meddled").cloned(), tagged, "the other's changes stay");
    meddlers.meddle(0, |_, _| ());
    meddlers.call("DisableKey", &[("KeyId", KEYS[0])]).ok();
    assert_eq!(meddlers.member(KEYS[0], "KeyState"), "Disabled");
}

/// A call that changes something else goes with the first try, whatever others do.
#[test]
fn what_others_do_elsewhere_stands_in_nobodys_way() {
    let meddlers = Meddlers::new(Limits::Off);
    meddlers.meddle(TRIES, tag(KEYS[1]));
    meddlers.call("DisableKey", &[("KeyId", KEYS[0])]).ok();
    assert_eq!((meddlers.sent(), meddlers.cluster.engine.counts().conflicts), (1, 0));
}

/// What is decided is decided anew.
#[test]
fn what_the_other_node_did_counts() {
    let meddlers = Meddlers::new(Limits::Off);
    let call = |action: &'static str, parameters: &'static [(&str, &str)]| {
        move |node: &Service, _: usize| drop(node.call("yaoshi", action, parameters).ok())
    };
    let of = |key| [("KeyId", key), ("AliasName", "alias/one")];
    meddlers.meddle(1, call("CreateAlias", &[("KeyId", KEYS[1]), ("AliasName", "alias/one")]));
    meddlers.call("CreateAlias", &of(KEYS[0])).refused(400, "AliasAlreadyExists");
    meddlers.meddle(1, call("DeleteAlias", &[("AliasName", "alias/one")]));
    meddlers.call("UpdateAlias", &of(KEYS[0])).refused(404, "Forbidden.AliasNotFound");
    meddlers.meddle(1, call("DisableKey", &[("KeyId", KEYS[0])]));
    let policy = [("KeyId", KEYS[0]), ("EnableAutomaticRotation", "false")];
    meddlers.call("UpdateRotationPolicy", &policy).refused(409, "Rejected.Disabled");
    assert!(KEYS.iter().all(|key| meddlers.key(key).aliases.is_empty()));
}

fn public_key(key: &Arc<Key>) -> Vec<u8> {
    let last = key.versions.last().unwrap().id;
    States::ANY.admit(Arc::clone(key), later(0)).unwrap().public_key(last).unwrap()
}

/// Base64 of the DER in what GetPublicKey tells.
fn told_public_key(meddlers: &Meddlers, key: &str, version: &str) -> String {
    let told = meddlers.cluster.nodes[1].call("yaoshi", "GetPublicKey", &[("KeyId", key), ("KeyVersionId", version)]);
    let pem = told.ok().text_at("PublicKey");
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

#[test]
fn a_version_that_is_tried_again_has_the_key_pair_that_was_made_first() {
    let meddlers = Meddlers::new(Limits::Off);
    meddlers.meddle(3, tag(RSA));
    let version = meddlers.call("CreateKeyVersion", &[("KeyId", RSA)]).ok().text_at("KeyVersion.KeyVersionId");
    let tried: Vec<_> = meddlers.tried().iter().map(public_key).collect();
    assert_eq!(tried.len(), 4);
    assert!(tried.iter().all(|pair| *pair == tried[0]), "a key pair was made again");
    assert_eq!(told_public_key(&meddlers, RSA, &version), BASE64_STANDARD.encode(&tried[0]));
    assert_eq!(meddlers.key(RSA).versions.len(), 2);
}

#[test]
fn a_key_that_is_tried_again_has_the_key_pair_that_was_made_first() {
    let meddlers = Meddlers::new(Limits::Off);
    meddlers.call("ScheduleKeyDeletion", &[("KeyId", KEYS[0]), ("PendingWindowInDays", "7")]).ok();
    meddlers.cluster.turn_clock(8);
    // Each writer erases what is overdue: they meet there.
    meddlers.meddle(1, tag(KEYS[1]));
    let order = [("KeySpec", "RSA_2048"), ("KeyUsage", "SIGN/VERIFY"), ("Description", "made once")];
    let created = meddlers.call("CreateKey", &order).ok();
    let key = created.text_at("KeyMetadata.KeyId");
    let tried: Vec<_> = meddlers.tried().iter().map(public_key).collect();
    assert_eq!(tried.len(), 2);
    assert_eq!(tried[0], tried[1], "a key pair was made again");
    let version = created.text_at("KeyMetadata.PrimaryKeyVersion");
    assert_eq!(told_public_key(&meddlers, &key, &version), BASE64_STANDARD.encode(&tried[0]));
    let keys = ring(&meddlers.cluster.nodes[1].premises.holdings.state().keys);
    assert_eq!(keys.iter().filter(|key| &*key.description == "made once").count(), 1);
    assert!(keys.iter().all(|key| key.id.as_str() != KEYS[0]));
}

#[test]
fn of_two_versions_at_once_the_second_comes_too_soon() {
    let meddlers = Meddlers::new(Limits::Off);
    meddlers.meddle(1, |node, _| drop(node.call("yaoshi", "CreateKeyVersion", &[("KeyId", RSA)]).ok()));
    let refused = meddlers.call("CreateKeyVersion", &[("KeyId", RSA)]);
    assert_eq!((refused.status / 100, meddlers.sent()), (4, 1), "{}", refused.text);
    assert_eq!(meddlers.key(RSA).versions.len(), 2);
}

/// Three calls a second: that the first ran eight times is not counted.
#[test]
fn a_call_is_counted_once_however_often_it_runs() {
    let meddlers = Meddlers::new(Limits::Each(NonZeroU32::new(3).unwrap()));
    meddlers.meddle(TRIES, tag(KEYS[0]));
    let disable = || meddlers.call("DisableKey", &[("KeyId", KEYS[0])]);
    disable().refused(503, "ServiceUnavailableTemporary");
    disable().ok();
    disable().ok();
    disable().refused(429, "Rejected.Throttling");
}

#[test]
fn a_call_that_runs_again_needs_no_other_nonce() {
    let meddlers = Meddlers::new(Limits::Off);
    for signing in [Signing::V1, Signing::V3] {
        meddlers.meddle(TRIES - 1, tag(KEYS[0]));
        let raw = Draft::new(signing, "DisableKey", &[("KeyId", KEYS[0])]).sign();
        meddlers.cluster.nodes[0].send(raw.to_http()).ok();
        meddlers.cluster.nodes[0].send(raw.to_http()).refused(400, "SignatureNonceUsed");
    }
    assert_eq!(meddlers.sent(), 2 * TRIES);
}

/// To see what others have written means to ask for it, which takes a while.
#[test]
fn nothing_is_read_where_nothing_may_wait() {
    let meddlers = Meddlers::new(Limits::Off);
    let engine = &meddlers.cluster.engine;
    for (action, more) in [("Encrypt", &[("Plaintext", PLAINTEXT)][..]), ("DescribeKey", &[]), ("ListKeyVersions", &[])]
    {
        let raw = Draft::new(Signing::V3, action, &[&[("KeyId", KEYS[0])], more].concat()).sign();
        let request = from_loopback(raw.to_http());
        let asked = engine.counts();
        let dialect = Arc::clone(meddlers.cluster.nodes[0].front.claimant(&request.head).unwrap());
        let Taken::Later(work) = dialect.take(request) else { panic!("{action} is answered at once") };
        assert_eq!((work.queue, engine.counts()), (Queue::Compute, asked), "{action}");
        Reply::from(after_waiting(Taken::Later(work))).ok();
        assert_eq!(engine.counts().questions, asked.questions + 1, "{action}");
    }
}

fn encrypt(meddlers: &Meddlers) -> String {
    let encrypted = meddlers.call("Encrypt", &[("KeyId", KEYS[0]), ("Plaintext", PLAINTEXT)]).ok();
    encrypted.text_at("KeyVersionId")
}

#[test]
fn of_two_nodes_that_meet_a_due_rotation_one_settles_it() {
    let meddlers = Meddlers::new(Limits::Off);
    meddlers.cluster.rotate();
    meddlers.cluster.turn_clock(8);
    meddlers.meddle(1, |node, _| {
        node.call("yaoshi", "Encrypt", &[("KeyId", KEYS[0]), ("Plaintext", PLAINTEXT)]).ok();
    });
    let version = encrypt(&meddlers);
    assert_eq!(meddlers.sent(), 1, "what the other node has settled is not settled again");
    let key = meddlers.key(KEYS[0]);
    let dates: Vec<_> = key.versions.iter().map(|version| version.created).collect();
    assert_eq!(dates, [later(0), later(7)]);
    assert_eq!(key.primary_version().unwrap().id.to_string(), version);
}

/// Of two keys that are due the other node settles one: the other one is settled all the same.
#[test]
fn what_the_other_node_has_not_settled_is_settled() {
    let meddlers = Meddlers::new(Limits::Off);
    meddlers.call("CreateAlias", &[("KeyId", KEYS[0]), ("AliasName", "alias/one")]).ok();
    meddlers.cluster.rotate();
    meddlers.cluster.turn_clock(8);
    meddlers.meddle(1, |node, _| {
        node.call("yaoshi", "Encrypt", &[("KeyId", KEYS[1]), ("Plaintext", PLAINTEXT)]).ok();
    });
    meddlers.call("UpdateAlias", &[("KeyId", KEYS[1]), ("AliasName", "alias/one")]).ok();
    assert_eq!([0, 1].map(|key| meddlers.key(KEYS[key]).versions.len()), [2, 2]);
    assert_eq!(meddlers.sent(), 3, "two keys, then one of them, then the alias");
}

/// Where a rotation cannot be kept, the last version goes on, and another call settles it as of when it was due.
#[test]
fn a_rotation_that_cannot_be_kept_is_settled_later() {
    for fault in [Fault::Full, Fault::Failed] {
        let meddlers = Meddlers::new(Limits::Off);
        meddlers.cluster.rotate();
        meddlers.cluster.turn_clock(8);
        meddlers.cluster.engine.plan(&[fault]);
        assert_eq!(encrypt(&meddlers), version_of(KEYS[0]));
        assert_eq!(meddlers.key(KEYS[0]).versions.len(), 1);
        meddlers.cluster.turn_clock(9);
        let version = encrypt(&meddlers);
        let key = meddlers.key(KEYS[0]);
        let last = key.primary_version().unwrap();
        assert_eq!((last.id.to_string(), last.created), (version, later(7)));
    }
}
