//! Managed data keys in a data folder: made where there are none, and never changed.

use std::fs;

use tempfile::TempDir;
use yaoshi::call::Limits;
use yaoshi::config::{Data, Options, SandboxFile};

use crate::support::Service;
use crate::support::blob::decode;
use crate::support::samples::DATA_KEY;

/// What the fixture gives the data key: id and material of each version.
const VERSIONS: [(&str, &str); 2] =
    [("xH6OPUmz", "CYueyVmZJ2MfA1VSZV2jCbFT8bO7StAvBnHacplr9aI="), ("yI7PQVna", "AAECAwQFBgcICQoLDA0ODw==")];

const OTHER_MATERIAL: &str = "DwAOAQ0CDAMLBAoFCQYIBw==";

fn fixture() -> &'static str {
    include_str!("../fixtures/sandbox.toml")
}

/// The fixture, with something else in its place.
fn with(one: &str, other: &str) -> String {
    assert_eq!(fixture().matches(one).count(), 1, "the fixture has changed");
    fixture().replace(one, other)
}

fn without_data_keys() -> String {
    let (before, rest) = fixture().split_once("[[account.data_key]]").unwrap();
    let (_, after) = rest.split_once("[[account]]").unwrap();
    format!("{before}[[account]]{after}")
}

fn start(folder: &TempDir, file: &str) -> Service {
    let file = Some(SandboxFile::parse("test.toml", file).unwrap_or_else(|error| panic!("{error}")));
    let data = Data { folder: folder.path().join("data"), root_key_file: None, reset: false };
    Service::with_options(&Options { file, data: Some(data), limits: Limits::Off, ..Options::default() })
}

/// What is shown of every version.
fn shown(service: &Service) -> Vec<(String, String)> {
    let listed = service.call("yaoshi", "ListManagedDataKeyVersions", &[("DataKeyName", DATA_KEY)]).ok().json();
    let versions = listed["ManagedDataKeyVersions"]["ManagedDataKeyVersion"].as_array().unwrap();
    let shown = versions.iter().map(|version| {
        let id = version["DataKeyVersionId"].as_str().unwrap();
        let named = [("DataKeyName", DATA_KEY), ("DataKeyVersionId", id)];
        (id.to_owned(), service.call("yaoshi", "GetManagedDataKey", &named).ok().text_at("Plaintext"))
    });
    shown.collect()
}

fn expected() -> Vec<(String, String)> {
    VERSIONS.map(|(id, material)| (id.to_owned(), material.to_owned())).into()
}

fn is_unknown(service: &Service) {
    let named = [("DataKeyName", DATA_KEY)];
    service.call("yaoshi", "GetManagedDataKey", &named).refused(404, "Forbidden.ResourceNotFound");
}

#[test]
fn data_keys_are_made_where_there_are_none_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    is_unknown(&start(&folder, &without_data_keys()));
    for file in [fixture().to_owned(), fixture().to_owned(), without_data_keys(), without_data_keys()] {
        let service = start(&folder, &file);
        assert_eq!(shown(&service), expected());
        assert_eq!(service.warnings, Vec::<String>::new());
    }
    // Forgotten with everything else.
    let data = Data { folder: folder.path().join("data"), root_key_file: None, reset: true };
    let file = Some(SandboxFile::parse("test.toml", &without_data_keys()).unwrap());
    is_unknown(&Service::with_options(&Options { file, data: Some(data), ..Options::default() }));
}

#[test]
fn a_data_key_that_is_kept_is_never_changed() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(start(&folder, fixture()).warnings, Vec::<String>::new());
    let latest = format!("  {{ id = \"yI7PQVna\", material = {:?} }},\n", VERSIONS[1].1);
    let under = "key = \"202b9877-5a25-46e3-a763-e20791b50001\" # what it is kept under";
    let under_another = "key = \"key-hzz62f1cb66fa42qo0001\"";
    let other_material = latest.replace(VERSIONS[1].1, OTHER_MATERIAL);
    for (file, differences) in [
        (with(&latest, &other_material), "versions"),
        (with(&latest, &latest.replace("yI7PQVna", "yI7PQVnb")), "versions"),
        (with(&latest, ""), "versions"),
        (with(&latest, &format!("{latest}  {{ id = \"third\", material = \"AAEC\" }},\n")), "versions"),
        (with(under, under_another), "key"),
        (with(under, under_another).replace(&latest, &other_material), "key, versions"),
    ] {
        let service = start(&folder, &file);
        let expected_warning = format!(
            "data key {DATA_KEY:?} in cn-hangzhou is kept as it is stored; the file says otherwise of: {differences}"
        );
        assert_eq!(service.warnings, [expected_warning]);
        assert_eq!(shown(&service), expected());
    }
    // What it is kept under is what it was.
    let service = start(&folder, &with(under, under_another));
    service.call("yaoshi", "DisableKey", &[("KeyId", "key-hzz62f1cb66fa42qo0001")]).ok();
    assert_eq!(shown(&service), expected());
}

/// In another place it is another data key.
#[test]
fn a_data_key_of_another_region_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    start(&folder, fixture());
    let of_singapore = with(
        "name = \"app-data\"\nregion = \"cn-hangzhou\"\nkey = \"202b9877-5a25-46e3-a763-e20791b50001\"",
        "name = \"app-data\"\nregion = \"ap-southeast-1\"\nkey = \"202b9877-5a25-46e3-a763-e20791b50007\"",
    )
    .replace(VERSIONS[0].1, OTHER_MATERIAL);
    let service = start(&folder, &of_singapore);
    assert_eq!(service.warnings, Vec::<String>::new());
    assert_eq!(shown(&service), expected());
    let there = [("DataKeyName", DATA_KEY), ("RegionId", "ap-southeast-1")];
    assert_eq!(service.call("yaoshi", "GetManagedDataKey", &there).ok().text_at("Plaintext"), OTHER_MATERIAL);
}

#[test]
fn nothing_of_the_material_stands_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    drop(start(&folder, fixture()));
    let contains = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let mut names = 0;
    for file in fs::read_dir(folder.path().join("data")).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        for (_, material) in VERSIONS {
            assert!(!contains(&bytes, &decode(material)), "{}", path.display());
            assert!(!contains(&bytes, material.as_bytes()), "{}", path.display());
        }
        names += usize::from(contains(&bytes, b"data-key/1234567890123456/cn-hangzhou/app-data"));
    }
    assert_eq!(names, 1, "the record is there");
}
