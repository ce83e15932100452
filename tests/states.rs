//! What the state of a key allows.

use std::fmt::Write as _;

use yaoshi::dialect::alibaba::kms;

use crate::support::blob::Version;
use crate::support::samples::{APP, PLAINTEXT, Sample};
use crate::support::{ACCOUNT, Reply, Service};

/// What an action comes to on a key in some state.
#[derive(Debug, Clone, Copy)]
enum Cell {
    /// It succeeds, and the key's state is the same.
    Stays,
    /// It succeeds, and the key is in this state.
    Becomes(&'static str),
    /// 409 `Rejected.<state>`.
    Rejected,
    /// 409 `Rejected.StateModifiedFailed`.
    NotModified,
}

use Cell::{Becomes, NotModified, Rejected, Stays};

/// The key states, in the order of the matrix's columns.
const STATES: [&str; 5] = ["Enabled", "Disabled", "PendingDeletion", "PendingImport", "Unavailable"];

/// Source: alibaba-errors §5.1 for the first four columns of the rows that the documents have. The rest are choices:
///
/// * GenerateAndExportDataKey and ExportDataKey have no rows: they are judged as GenerateDataKey and Decrypt.
/// * ReEncrypt has no row: its source is judged as Decrypt's key, its destination as Encrypt's.
/// * TagResources and UntagResources have no rows: they are judged as TagResource and UntagResource.
/// * SetDeletionProtection has no row, but its page says that the key must not be PendingDeletion.
/// * Unavailable has no column: `Rejected.Unavailable` is documented for cryptographic calls; what only looks at the
///   key, names it or plans its deletion is allowed; its state cannot be set by hand.
const MATRIX: &[(&str, [Cell; 5])] = &[
    ("GenerateDataKey", [Stays, Rejected, Rejected, Rejected, Rejected]),
    ("GenerateDataKeyWithoutPlaintext", [Stays, Rejected, Rejected, Rejected, Rejected]),
    ("Encrypt", [Stays, Rejected, Rejected, Rejected, Rejected]),
    ("Decrypt", [Stays, Rejected, Rejected, Rejected, Rejected]),
    ("GenerateAndExportDataKey", [Stays, Rejected, Rejected, Rejected, Rejected]),
    ("ExportDataKey", [Stays, Rejected, Rejected, Rejected, Rejected]),
    ("ReEncrypt source", [Stays, Rejected, Rejected, Rejected, Rejected]),
    ("ReEncrypt destination", [Stays, Rejected, Rejected, Rejected, Rejected]),
    ("CreateKey", [Stays, Stays, Stays, Stays, Stays]),
    ("ListKeys", [Stays, Stays, Stays, Stays, Stays]),
    ("DescribeKey", [Stays, Stays, Stays, Stays, Stays]),
    ("DeleteAlias", [Stays, Stays, Stays, Stays, Stays]),
    ("ListAliases", [Stays, Stays, Stays, Stays, Stays]),
    ("EnableKey", [Stays, Becomes("Enabled"), NotModified, NotModified, NotModified]),
    ("DisableKey", [Becomes("Disabled"), Stays, NotModified, NotModified, NotModified]),
    (
        "ScheduleKeyDeletion",
        [
            Becomes("PendingDeletion"),
            Becomes("PendingDeletion"),
            NotModified,
            Becomes("PendingDeletion"),
            Becomes("PendingDeletion"),
        ],
    ),
    ("CancelKeyDeletion", [NotModified, NotModified, Becomes("Enabled"), NotModified, NotModified]),
    ("CreateAlias", [Stays, Stays, NotModified, Stays, Stays]),
    ("CreateKeyVersion", [Stays, Rejected, Rejected, Rejected, Rejected]),
    ("UpdateRotationPolicy", [Stays, Rejected, Rejected, Rejected, Rejected]),
    ("DescribeKeyVersion", [Stays, Stays, Stays, Stays, Stays]),
    ("ListKeyVersions", [Stays, Stays, Stays, Stays, Stays]),
    ("ListAliasesByKeyId", [Stays, Stays, Stays, Stays, Stays]),
    ("ListResourceTags", [Stays, Stays, Stays, Stays, Stays]),
    ("ListTagResources", [Stays, Stays, Stays, Stays, Stays]),
    ("UpdateKeyDescription", [Stays, Stays, Rejected, Stays, Stays]),
    ("SetDeletionProtection", [Stays, Stays, Rejected, Stays, Stays]),
    ("TagResource", [Stays, Stays, Rejected, Stays, Stays]),
    ("UntagResource", [Stays, Stays, Rejected, Stays, Stays]),
    ("TagResources", [Stays, Stays, Rejected, Stays, Stays]),
    ("UntagResources", [Stays, Stays, Rejected, Stays, Stays]),
    ("UpdateAlias to", [Stays, Stays, Rejected, Stays, Stays]),
    ("UpdateAlias from", [Stays, Stays, Stays, Stays, Stays]),
];

/// The rows of keys that are no symmetric ones, and so never wait for import: none is documented. They are judged as
/// Encrypt's key, but for GetPublicKey, which tells nothing secret. A managed data key goes by the key it is kept under.
const OTHER_KINDS: &[(&str, [Cell; 4])] = &[
    ("AsymmetricSign", [Stays, Rejected, Rejected, Rejected]),
    ("AsymmetricVerify", [Stays, Rejected, Rejected, Rejected]),
    ("AsymmetricEncrypt", [Stays, Rejected, Rejected, Rejected]),
    ("AsymmetricDecrypt", [Stays, Rejected, Rejected, Rejected]),
    ("GetPublicKey", [Stays, Stays, Stays, Stays]),
    ("GenerateMac", [Stays, Rejected, Rejected, Rejected]),
    ("VerifyMac", [Stays, Rejected, Rejected, Rejected]),
    ("GetManagedDataKey", [Stays, Rejected, Rejected, Rejected]),
    ("ListManagedDataKeyVersions", [Stays, Stays, Stays, Stays]),
];

/// The version of each state's key, then that of a further enabled key.
const VERSIONS: [Version; 6] = [
    version("2ab1a983-7072-4bbc-a582-000000000000"),
    version("2ab1a983-7072-4bbc-a582-000000000001"),
    version("2ab1a983-7072-4bbc-a582-000000000002"),
    version("2ab1a983-7072-4bbc-a582-000000000003"),
    version("2ab1a983-7072-4bbc-a582-000000000004"),
    version("2ab1a983-7072-4bbc-a582-000000000005"),
];

const OTHER: &str = "key-other";

const fn version(id: &'static str) -> Version {
    Version { id, material: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" }
}

fn key(state: &str) -> String {
    format!("key-{}", state.to_lowercase())
}

fn alias(state: &str) -> String {
    format!("alias/{}", state.to_lowercase())
}

/// A key in each state, with an alias, and a further enabled one.
fn service() -> Service {
    let mut file = format!(
        "version = 1\n[[account]]\nid = {ACCOUNT:?}\naccess_keys = [{{ id = \"yaoshi\", secret = \"yaoshi\" }}]\n"
    );
    for (state, version) in STATES.iter().chain(&["Enabled"]).zip(VERSIONS) {
        let is_other = version.id == VERSIONS[5].id;
        let id = if is_other { OTHER.to_owned() } else { key(state) };
        let more = match *state {
            "PendingDeletion" => "delete_at = 2099-01-01T00:00:00Z",
            "PendingImport" => "origin = \"EXTERNAL\"",
            _ => "",
        };
        let aliases = if is_other { String::new() } else { format!("{:?}", alias(state)) };
        let Version { id: version, material } = version;
        writeln!(
            file,
            "[[account.key]]\nid = {id:?}\ncreated = 2026-01-01T00:00:00Z\nstate = {state:?}\naliases = [{aliases}]\n{more}\n\
             versions = [{{ id = {version:?}, material = {material:?} }}]"
        )
        .unwrap();
    }
    Service::with_file(&file)
}

/// The request of a row for the key of a column.
fn request(row: &str, column: usize) -> Sample {
    let (state, version) = (STATES[column], VERSIONS[column]);
    let blob = version.seal(PLAINTEXT.as_bytes(), &[]);
    let action = row.split(' ').next().unwrap();
    let sample = Sample::of(action);
    match row {
        "CreateKey" | "ListKeys" | "ListAliases" => sample,
        "Decrypt" | "ExportDataKey" => sample.with("CiphertextBlob", blob),
        "ReEncrypt source" => sample.with("CiphertextBlob", blob).with("DestinationKeyId", OTHER),
        "ReEncrypt destination" => sample
            .with("CiphertextBlob", VERSIONS[5].seal(PLAINTEXT.as_bytes(), &[]))
            .with("DestinationKeyId", key(state)),
        "DeleteAlias" => sample.with("AliasName", alias(state)),
        "UpdateAlias from" => sample.with("AliasName", alias(state)).with("KeyId", OTHER),
        "UpdateAlias to" => {
            let other = STATES[usize::from(column == 0)];
            sample.with("AliasName", alias(other)).with("KeyId", key(state))
        }
        "DescribeKeyVersion" => sample.with("KeyId", key(state)).with("KeyVersionId", version.id),
        "TagResources" | "UntagResources" | "ListTagResources" => sample.with("ResourceId.1", key(state)),
        "SetDeletionProtection" => {
            sample.with("ProtectedResourceArn", format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{}", key(state)))
        }
        _ => sample.with("KeyId", key(state)),
    }
}

fn describe(service: &Service, key: &str) -> Reply {
    service.call("yaoshi", "DescribeKey", &[("KeyId", key)])
}

fn state(service: &Service, key: &str) -> String {
    describe(service, key).ok().text_at("KeyMetadata.KeyState")
}

#[test]
fn every_action_on_a_key_in_every_state() {
    for (row, cells) in MATRIX {
        for (column, cell) in cells.iter().enumerate() {
            let (service, before) = (service(), STATES[column]);
            let reply = request(row, column).call(&service, "yaoshi");
            let said =
                |reply: &Reply| (reply.status, reply.outcome(), reply.json()["Message"].as_str().map(str::to_owned));
            let (expected, after) = match cell {
                Stays => ((200, "OK".to_owned(), None), before),
                Becomes(state) => ((200, "OK".to_owned(), None), *state),
                Rejected => {
                    let message = format!("The request was rejected because the key state is {before}.");
                    ((409, format!("Rejected.{before}"), Some(message)), before)
                }
                NotModified => {
                    let message = "Keystate modified failed.".to_owned();
                    ((409, "Rejected.StateModifiedFailed".to_owned(), Some(message)), before)
                }
            };
            assert_eq!(said(&reply), expected, "{row} on {before}");
            assert_eq!(state(&service, &key(before)), after, "after {row} on {before}");
        }
    }
}

/// The fixture, and in it the key that `sample` goes by in `state`.
fn with_key_in(state: &str, sample: &Sample) -> (Service, String) {
    let key = if sample.action.contains("ManagedDataKey") { APP } else { sample.key() };
    let more = if state == "PendingDeletion" { "delete_at = 2099-01-01T00:00:00Z\n" } else { "" };
    let before = format!("id = \"{key}\"\n");
    let fixture = include_str!("../fixtures/sandbox.toml").replacen("state = \"Enabled\"\n", "", 1);
    assert_eq!(fixture.matches(&before).count(), 1, "the fixture has changed");
    let file = fixture.replace(&before, &format!("{before}state = \"{state}\"\n{more}"));
    (Service::with_file(&file), key.to_owned())
}

#[test]
fn other_kinds_of_keys_in_every_state() {
    for (action, cells) in OTHER_KINDS {
        for (before, cell) in ["Enabled", "Disabled", "PendingDeletion", "Unavailable"].into_iter().zip(cells) {
            let sample = Sample::of(action);
            let (service, key) = with_key_in(before, &sample);
            let reply = sample.call(&service, "yaoshi");
            match cell {
                Stays => drop(reply.ok()),
                Rejected => drop(reply.refused(409, &format!("Rejected.{before}"))),
                Becomes(_) | NotModified => panic!("{action} changes nothing"),
            }
            assert_eq!(state(&service, &key), before, "after {action} on {before}");
        }
    }
}

#[test]
fn the_matrix_has_a_row_for_every_action_that_is_about_keys() {
    const ABOUT_OTHER_THINGS: [&str; 3] = ["DescribeRegions", "DescribeAccountKmsStatus", "OpenKmsService"];
    for entry in kms::ACTIONS.iter().filter(|entry| !ABOUT_OTHER_THINGS.contains(&entry.name)) {
        let mut rows = MATRIX
            .iter()
            .map(|(row, _)| *row)
            .chain(OTHER_KINDS.iter().map(|(row, _)| *row))
            .chain(crate::material::MATRIX.iter().map(|(row, _)| *row));
        assert!(rows.any(|row| row.split(' ').next() == Some(entry.name)), "{}", entry.name);
    }
}

/// A choice: the first key that a call names is judged first.
#[test]
fn re_encrypt_judges_its_source_before_its_destination() {
    let service = service();
    let both = |source: usize, destination: usize| {
        request("ReEncrypt source", source).with("DestinationKeyId", key(STATES[destination])).call(&service, "yaoshi")
    };
    both(1, 3).refused(409, "Rejected.Disabled");
    both(3, 1).refused(409, "Rejected.PendingImport");
}

#[test]
fn a_key_that_never_had_material_waits_for_it_again_when_its_deletion_is_cancelled() {
    let service = Service::with_fixture();
    let id = service.call("yaoshi", "CreateKey", &[("Origin", "EXTERNAL")]).ok().text_at("KeyMetadata.KeyId");
    assert_eq!(state(&service, &id), "PendingImport");
    service.call("yaoshi", "ScheduleKeyDeletion", &[("KeyId", &id), ("PendingWindowInDays", "7")]).ok();
    assert_eq!(state(&service, &id), "PendingDeletion");
    service.call("yaoshi", "CancelKeyDeletion", &[("KeyId", &id)]).ok();
    assert_eq!(state(&service, &id), "PendingImport");
}

/// The material is deleted: nothing may bring it back but an import.
#[test]
fn a_key_whose_material_was_deleted_waits_for_it_again_when_its_deletion_is_cancelled() {
    let (service, id) = (service(), key("PendingImport"));
    service.call("yaoshi", "ScheduleKeyDeletion", &[("KeyId", &id), ("PendingWindowInDays", "7")]).ok();
    service.call("yaoshi", "CancelKeyDeletion", &[("KeyId", &id)]).ok();
    assert_eq!(state(&service, &id), "PendingImport");
}

/// Source: alibaba-errors §5.2, 7 to 366 days.
#[test]
fn a_deletion_is_planned_7_to_366_days_ahead() {
    for (days, delete_date) in [
        ("6", None),
        ("7", Some("2026-11-29T07:00:00Z")),
        ("30", Some("2026-12-22T07:00:00Z")),
        ("366", Some("2027-11-23T07:00:00Z")),
        ("367", None),
        ("0", None),
        ("-7", None),
        ("7.0", None),
        ("seven", None),
    ] {
        let (service, id) = (service(), key("Enabled"));
        let reply = service.call("yaoshi", "ScheduleKeyDeletion", &[("KeyId", &id), ("PendingWindowInDays", days)]);
        let described = describe(&service, &id).ok();
        assert_eq!(described.text_at("KeyMetadata.DeleteDate"), delete_date.unwrap_or(""), "{days}");
        if delete_date.is_some() {
            reply.ok();
        } else {
            let message = reply.refused(400, "InvalidParameter").message();
            assert_eq!(message, "The specified parameter  PendingWindowInDays  is not valid.", "{days}");
        }
    }
}

/// Rows whose request names the key by an id or a blob: all but those about no single key or an alias.
fn rows_about_a_key() -> impl Iterator<Item = &'static str> {
    MATRIX
        .iter()
        .map(|(row, _)| *row)
        .filter(|row| !["CreateKey", "ListKeys", "ListAliases", "DeleteAlias", "UpdateAlias from"].contains(row))
}

#[test]
fn a_key_past_its_deletion_date_is_gone_and_its_aliases_are_free() {
    let (service, id) = (service(), key("Enabled"));
    service.call("yaoshi", "ScheduleKeyDeletion", &[("KeyId", &id), ("PendingWindowInDays", "7")]).ok();

    service.turn_clock_to("2026-11-29T06:59:59Z".parse().unwrap());
    assert_eq!(state(&service, &id), "PendingDeletion");
    assert!(service.call("yaoshi", "ListKeys", &[]).ok().text.contains(&id));
    service
        .call("yaoshi", "CreateAlias", &[("KeyId", OTHER), ("AliasName", "alias/enabled")])
        .refused(400, "AliasAlreadyExists");

    service.turn_clock_to("2026-11-29T07:00:00Z".parse().unwrap());
    let is_gone = || {
        for row in rows_about_a_key() {
            let (code, message) = if row.ends_with("Resources") {
                ("InvalidResourceId.NotFound", "The specified ResourceId is not found.")
            } else {
                ("Forbidden.KeyNotFound", "The specified Key is not found.")
            };
            let reply = request(row, 0).call(&service, "yaoshi").refused(404, code);
            assert_eq!(reply.message(), message, "{row}");
        }
        assert!(!service.call("yaoshi", "ListKeys", &[]).ok().text.contains(&id));
    };
    is_gone();
    service.call("yaoshi", "DeleteAlias", &[("AliasName", "alias/enabled")]).refused(404, "Forbidden.AliasNotFound");
    service.call("yaoshi", "DescribeKey", &[("KeyId", "alias/enabled")]).refused(404, "Forbidden.AliasNotFound");
    assert!(!service.call("yaoshi", "ListAliases", &[]).ok().text.contains("alias/enabled"));

    service.call("yaoshi", "CreateAlias", &[("KeyId", OTHER), ("AliasName", "alias/enabled")]).ok();
    assert_eq!(
        service.call("yaoshi", "DescribeKey", &[("KeyId", "alias/enabled")]).ok().text_at("KeyMetadata.KeyId"),
        OTHER
    );
    is_gone();
}

/// The next write erases what is past its date, in whatever account: not even a clock turned back finds it again.
#[test]
fn a_key_past_its_deletion_date_is_erased_by_the_next_write() {
    let (service, id) = (service(), key("Enabled"));
    service.call("yaoshi", "ScheduleKeyDeletion", &[("KeyId", &id), ("PendingWindowInDays", "7")]).ok();
    let (before, after) = ("2026-11-28T00:00:00Z", "2026-11-30T00:00:00Z");
    let found_before = |service: &Service| {
        service.turn_clock_to(before.parse().unwrap());
        describe(service, &id).status
    };
    service.turn_clock_to(after.parse().unwrap());
    describe(&service, &id).refused(404, "Forbidden.KeyNotFound");
    assert_eq!(found_before(&service), 200, "a read erases nothing");
    service.turn_clock_to(after.parse().unwrap());
    service.call("yaoshi", "CreateKey", &[]).ok();
    assert_eq!(found_before(&service), 404);
}

/// Nothing is left of a plan that was given up, whatever is written behind its date; a new plan has its own.
#[test]
fn a_key_that_was_to_be_deleted_and_is_kept_stays() {
    let (service, id) = (service(), key("Enabled"));
    let schedule = |days: &str| {
        service.call("yaoshi", "ScheduleKeyDeletion", &[("KeyId", &id), ("PendingWindowInDays", days)]).ok();
    };
    let cancel = || service.call("yaoshi", "CancelKeyDeletion", &[("KeyId", &id)]).ok();
    // A write, and whether the key is still there.
    let is_there_on = |day: &str| {
        service.turn_clock_to(format!("{day}T07:00:00Z").parse().unwrap());
        service.call("yaoshi", "CreateKey", &[]).ok();
        let count = service.call("yaoshi", "ListKeys", &[]).ok().json()["Keys"]["Key"].to_string();
        assert_eq!(count.contains(&id), describe(&service, &id).status == 200);
        describe(&service, &id).status == 200 && describe(&service, &alias("Enabled")).status == 200
    };
    schedule("7");
    cancel();
    assert!(is_there_on("2026-11-29") && is_there_on("2026-12-29"));
    schedule("7");
    cancel();
    schedule("30");
    assert!(is_there_on("2027-01-05"), "the first plan's date");
    assert!(!is_there_on("2027-01-28"), "the second plan's date");
}
