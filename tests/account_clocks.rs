//! Accounts may have a time of their own: what is theirs follows it, and nobody else's does.

use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;
use yaoshi::call::Limits;
use yaoshi::config::{Data, Options, SandboxFile};
use yaoshi::state::ClockChange;
use yaoshi::world::Draft;

use crate::support::samples::{APP, PLAINTEXT, user};
use crate::support::wire::{self, Signing};
use crate::support::{ACCOUNT, NOW, Reply, Service};

/// The other account of the sandbox file; `other` is its AccessKey.
const OTHER: &str = "6543210987654321";

/// 400 days after the beginning.
const AHEAD: &str = "2027-12-27T07:00:00Z";

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn options(limits: Limits, folder: Option<&TempDir>) -> Options {
    const OTHERS: &str = r#"access_keys = [{ id = "other", secret = "other-secret" }]"#;
    let fixture = include_str!("../fixtures/sandbox.toml");
    let late = r#"{"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"DateGreaterThan":
        {"acs:CurrentTime":"2027-06-01T00:00:00Z"}}}"#;
    let text = fixture.replace(OTHERS, &format!("{OTHERS}\n{}", user("late-there", late)));
    assert_ne!(text, fixture);
    let text = text.replacen("[[account.user]]", &format!("{}\n[[account.user]]", user("late-here", late)), 1);
    let data = folder.map(|folder| Data { folder: folder.path().join("data"), root_key_file: None, reset: false });
    Options { file: Some(SandboxFile::parse("test.toml", &text).unwrap()), data, limits, ..Options::default() }
}

fn service() -> Service {
    Service::with_options(&options(Limits::Off, None))
}

/// Set the clock of an account.
fn set(service: &Service, account: &str, offset: SignedDuration) {
    let mut transaction = service.premises.holdings.begin().unwrap();
    let (state, changes) = transaction.parts();
    Draft::new(&mut state.clocks, &mut changes.clocks).record(ClockChange { account: account.into(), offset });
    transaction.commit().unwrap();
}

fn create(service: &Service, access_key: &str, more: &[(&str, &str)]) -> Reply {
    service.call(access_key, "CreateKey", more).ok()
}

fn id(created: &Reply) -> String {
    created.text_at("KeyMetadata.KeyId")
}

fn describe(service: &Service, access_key: &str, key: &str) -> Value {
    service.call(access_key, "DescribeKey", &[("KeyId", key)]).ok().json()["KeyMetadata"].clone()
}

#[test]
fn what_an_account_does_is_dated_by_its_own_clock() {
    let service = service();
    set(&service, OTHER, days(400));
    for (access_key, date, deleted) in
        [("yaoshi", NOW, "2026-11-29T07:00:00Z"), ("other", AHEAD, "2028-01-03T07:00:00Z")]
    {
        let created = create(&service, access_key, &[]);
        assert_eq!(created.text_at("KeyMetadata.CreationDate"), date);
        let key = id(&created);
        service.call(access_key, "ScheduleKeyDeletion", &[("KeyId", &key), ("PendingWindowInDays", "7")]).ok();
        assert_eq!(describe(&service, access_key, &key)["DeleteDate"], deleted);
    }
    // Behind the wall clock, too.
    set(&service, OTHER, days(-1));
    assert_eq!(create(&service, "other", &[]).text_at("KeyMetadata.CreationDate"), "2026-11-21T07:00:00Z");
    set(&service, OTHER, days(0));
    assert_eq!(create(&service, "other", &[]).text_at("KeyMetadata.CreationDate"), NOW);
}

/// A write erases what is overdue of its own account alone.
#[test]
fn an_account_that_is_ahead_erases_nothing_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(Limits::Off, Some(&folder));
    let service = Service::with_options(&options);
    let planned = |access_key: &str| {
        let key = id(&create(&service, access_key, &[]));
        service.call(access_key, "ScheduleKeyDeletion", &[("KeyId", &key), ("PendingWindowInDays", "7")]).ok();
        key
    };
    let (own, others) = (planned("yaoshi"), planned("other"));
    set(&service, OTHER, days(400));
    // Written in either region, by whoever is there.
    create(&service, "other", &[]);
    create(&service, "other", &[("RegionId", "ap-southeast-1")]);
    service.call("other", "DescribeKey", &[("KeyId", &others)]).refused(404, "Forbidden.KeyNotFound");
    drop(service);
    let service = Service::with_options(&options);
    assert_eq!(describe(&service, "yaoshi", &own)["KeyState"], "PendingDeletion");
    service.call("yaoshi", "CancelKeyDeletion", &[("KeyId", &own)]).ok();
    assert_eq!(describe(&service, "yaoshi", &own)["KeyState"], "Enabled");
    // What was erased stays so, whatever the time is by then.
    set(&service, OTHER, days(0));
    service.call("other", "DescribeKey", &[("KeyId", &others)]).refused(404, "Forbidden.KeyNotFound");
}

#[test]
fn keys_rotate_by_the_clock_of_their_account() {
    let service = service();
    let rotation = [("EnableAutomaticRotation", "true"), ("RotationInterval", "365d")];
    let [own, others] = ["yaoshi", "other"].map(|access_key| id(&create(&service, access_key, &rotation)));
    set(&service, OTHER, days(400));
    let rotated = |access_key: &str, key: &str| describe(&service, access_key, key)["LastRotationDate"].clone();
    assert_eq!(rotated("yaoshi", &own), NOW);
    assert_eq!(rotated("other", &others), "2027-11-22T07:00:00Z");
    let versions = |access_key: &str, key: &str| {
        service.call(access_key, "ListKeyVersions", &[("KeyId", key)]).ok().json()["TotalCount"].clone()
    };
    assert_eq!((versions("yaoshi", &own), versions("other", &others)), (1.into(), 2.into()));
}

/// Policies see the time of the account whose they are.
#[test]
fn conditions_on_the_time_see_that_of_the_account() {
    let service = service();
    let may = |access_key: &str| service.call(access_key, "ListKeys", &[]).status == 200;
    assert_eq!([may("late-here"), may("late-there")], [false, false]);
    set(&service, OTHER, days(400));
    assert_eq!([may("late-here"), may("late-there")], [false, true]);
    set(&service, ACCOUNT, days(400));
    set(&service, OTHER, days(0));
    assert_eq!([may("late-here"), may("late-there")], [true, false]);
}

/// Who signs has a clock of their own: it must be right by the real one.
#[test]
fn signatures_are_fresh_by_the_real_clock() {
    let service = service();
    set(&service, OTHER, days(400));
    for signing in [Signing::V1, Signing::V3] {
        let signed = |time: &str| {
            let mut draft = wire::Draft::new(signing, "ListKeys", &[]).by("other");
            draft.set("Timestamp", time);
            service.send(draft.sign().to_http())
        };
        signed(NOW).ok();
        signed(AHEAD).refused(400, "InvalidTimeStamp.Expired");
    }
}

/// Two calls a second, of a real one.
#[test]
fn calls_are_counted_by_the_real_clock() {
    let service = Service::with_options(&options(Limits::Each(NonZeroU32::new(2).unwrap()), None));
    let list = || service.call("other", "ListKeys", &[]);
    set(&service, OTHER, days(400));
    list().ok();
    list().ok();
    set(&service, OTHER, days(401));
    list().refused(429, "Rejected.Throttling");
    service.turn_clock_to(now() + SignedDuration::from_secs(1));
    list().ok();
}

#[test]
fn clocks_are_kept_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(Limits::Off, Some(&folder));
    let creation_date = |service: &Service| create(service, "other", &[]).text_at("KeyMetadata.CreationDate");
    let service = Service::with_options(&options);
    set(&service, OTHER, days(400));
    drop(service);
    for _ in 0..2 {
        let service = Service::with_options(&options);
        assert_eq!(creation_date(&service), AHEAD);
        assert_eq!(create(&service, "yaoshi", &[]).text_at("KeyMetadata.CreationDate"), NOW);
        // It goes on from there.
        service.turn_clock_to(now() + days(1));
        assert_eq!(creation_date(&service), "2027-12-28T07:00:00Z");
    }
    let service = Service::with_options(&options);
    set(&service, OTHER, days(0));
    drop(service);
    assert_eq!(creation_date(&Service::with_options(&options)), NOW);
}

/// One consistent moment: what is there for an account that is ahead is not gone for one that is not.
#[test]
fn what_is_used_follows_the_account_too() {
    let service = service();
    let key = id(&create(&service, "other", &[]));
    let sealed = service.call("other", "Encrypt", &[("KeyId", &key), ("Plaintext", PLAINTEXT)]).ok();
    let blob = sealed.text_at("CiphertextBlob");
    service.call("other", "ScheduleKeyDeletion", &[("KeyId", &key), ("PendingWindowInDays", "7")]).ok();
    let decrypt = || service.call("other", "Decrypt", &[("CiphertextBlob", &blob)]);
    decrypt().refused(409, "Rejected.PendingDeletion");
    set(&service, OTHER, days(7));
    decrypt().refused(404, "Forbidden.KeyNotFound");
    let listed = service.call("other", "ListKeys", &[("PageSize", "100")]).ok();
    assert!(!listed.text.contains(&key));
    set(&service, OTHER, days(0));
    decrypt().refused(409, "Rejected.PendingDeletion");
    assert_eq!(describe(&service, "yaoshi", APP)["KeyState"], "Enabled");
}
