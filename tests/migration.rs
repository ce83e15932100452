//! Data folders that earlier versions wrote: `fixtures/data` has one of each schema.

use std::fs;
use std::path::{Path, PathBuf};

use redb::{ReadableDatabase, ReadableTable, TableDefinition};
use serde_json::Value;
use tempfile::TempDir;
use yaoshi::call::Limits;
use yaoshi::config::{Data, Options};
use yaoshi::world::{Database, OpenError, Records};

use crate::support::Service;

const SCHEMA_1: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/data/schema-1");

const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
const RECORDS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("records");

/// What every record of today begins with.
const KEY: &[u8] = b"key/";

/// A copy of the folder of schema 1.
fn copied() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["keys.redb", "root.key"] {
        fs::copy(Path::new(SCHEMA_1).join(file), folder.path().join(file)).unwrap();
    }
    folder
}

fn records(folder: &TempDir) -> PathBuf {
    folder.path().join("keys.redb")
}

fn open(folder: &TempDir) -> Service {
    let data = Data { folder: folder.path().to_owned(), root_key_file: None, reset: false };
    let service = Service::with_options(&Options { data: Some(data), limits: Limits::Off, ..Options::default() });
    // A little after it was written.
    service.turn_clock_to("2026-11-28T07:00:00Z".parse().unwrap());
    service
}

/// Whatever was told then is told again.
fn tells_the_same(service: &Service) {
    let told: Value = serde_json::from_str(include_str!("../fixtures/data/schema-1/told.json")).unwrap();
    let keys = told["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 6);
    for key in keys {
        let described = service.call("yaoshi", "DescribeKey", &[("KeyId", key["KeyId"].as_str().unwrap())]).ok().json();
        for (member, value) in key.as_object().unwrap() {
            assert_eq!(described["KeyMetadata"][member], *value, "{member} of {}", key["KeyId"]);
        }
    }
    let listed = service.call("yaoshi", "ListKeys", &[]).ok().json();
    assert_eq!(listed["TotalCount"], keys.len());
    let sealed = |member: &str| told["sealed"][member].as_str().unwrap();
    let by_alias = service.call("yaoshi", "DescribeKey", &[("KeyId", told["alias"].as_str().unwrap())]).ok();
    assert_eq!(by_alias.text_at("KeyMetadata.KeyId"), sealed("key"));
    let blob = [("CiphertextBlob", sealed("blob")), ("EncryptionContext", sealed("context"))];
    assert_eq!(service.call("yaoshi", "Decrypt", &blob).ok().text_at("Plaintext"), sealed("plaintext"));
}

/// Schema, and the ids of all records.
fn written(folder: &TempDir) -> (u32, Vec<Vec<u8>>) {
    let database = redb::Database::open(records(folder)).unwrap();
    let read = database.begin_read().unwrap();
    let schema = read.open_table(META).unwrap().get("schema").unwrap().unwrap().value().try_into().unwrap();
    let table = read.open_table(RECORDS).unwrap();
    let ids = table.iter().unwrap().map(|record| record.unwrap().0.value().to_vec()).collect();
    (u32::from_be_bytes(schema), ids)
}

fn is_of_today(folder: &TempDir) {
    let (schema, ids) = written(folder);
    assert_eq!((schema, ids.len()), (2, 6));
    assert!(ids.iter().all(|id| id.starts_with(KEY)), "{ids:?}");
}

#[test]
fn a_folder_of_schema_1_opens_and_is_one_of_today_then() {
    let folder = copied();
    let (schema, ids) = written(&folder);
    assert_eq!((schema, ids.len()), (1, 6));
    assert!(ids.iter().all(|id| !id.starts_with(KEY)), "the fixture is no folder of schema 1");
    tells_the_same(&open(&folder));
    is_of_today(&folder);
    let service = open(&folder);
    tells_the_same(&service);
    // It is written as any other.
    let created = service.call("yaoshi", "CreateKey", &[("Description", "of today")]).ok();
    service.call("yaoshi", "DeleteAlias", &[("AliasName", "alias/kept")]).ok();
    drop(service);
    let service = open(&folder);
    let key = created.text_at("KeyMetadata.KeyId");
    let described = service.call("yaoshi", "DescribeKey", &[("KeyId", &key)]).ok();
    assert_eq!(described.text_at("KeyMetadata.Description"), "of today");
    service.call("yaoshi", "DescribeKey", &[("KeyId", "alias/kept")]).refused(404, "Forbidden.AliasNotFound");
}

/// Cut off, a migration has brought some records into today's form, and the schema is today's.
#[test]
fn a_folder_that_was_migrated_in_part_is_migrated_to_the_end() {
    for brought in 0..=6 {
        let (whole, part) = (copied(), copied());
        drop(open(&whole));
        {
            let (from, to) = [&whole, &part].map(|folder| redb::Database::open(records(folder)).unwrap()).into();
            let read = from.begin_read().unwrap().open_table(RECORDS).unwrap();
            let write = to.begin_write().unwrap();
            write.open_table(META).unwrap().insert("schema", 2_u32.to_be_bytes().as_slice()).unwrap();
            for record in read.iter().unwrap().take(brought) {
                let (id, content) = record.unwrap();
                let mut table = write.open_table(RECORDS).unwrap();
                table.remove(&id.value()[KEY.len()..]).unwrap().expect("it had another id before");
                table.insert(id.value(), content.value()).unwrap();
            }
            write.commit().unwrap();
        }
        tells_the_same(&open(&part));
        is_of_today(&part);
    }
}

/// What is of an earlier form is not read where it would be another record.
#[test]
fn a_record_of_schema_1_under_another_id_is_not_read() {
    let folder = copied();
    let database = redb::Database::open(records(&folder)).unwrap();
    let write = database.begin_write().unwrap();
    {
        let mut table = write.open_table(RECORDS).unwrap();
        let (id, content) =
            table.first().unwrap().map(|(id, content)| (id.value().to_vec(), content.value().to_vec())).unwrap();
        table.insert([&id[..id.len() - 1], b"x"].concat().as_slice(), content.as_slice()).unwrap();
    }
    write.commit().unwrap();
    drop(database);
    let data = Data { folder: folder.path().to_owned(), root_key_file: None, reset: false };
    let world = yaoshi::world::World::real();
    let opened = yaoshi::config::open(Some(&data), &world, &mut |_, _| {});
    let error = opened.expect_err("it is another record").to_string();
    assert!(error.contains("its seal is broken"), "{error}");
}

/// A program that knows schema 1 alone.
struct Old;

impl Records<()> for Old {
    const SCHEMA: u32 = 1;

    fn owner(&self) -> &[u8] {
        &[]
    }

    fn write(&self, (): &()) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        None
    }

    fn read(&self, _id: &[u8], _content: &[u8]) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn an_older_program_leaves_a_folder_of_today_alone() {
    let folder = copied();
    let old = || Database::open(&records(&folder), Old).err().map(|error| error.to_string());
    assert_eq!(old(), Some(OpenError::OtherOwner.to_string()), "the schema is its own, the root key is not");
    drop(open(&folder));
    assert_eq!(old(), Some(OpenError::Newer(2).to_string()));
    tells_the_same(&open(&folder));
}
