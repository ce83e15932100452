//! Records that were written by an earlier program.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::database::{Database, OpenError, Records, STEP};
use super::{Appended, Batch, BatchId, Call, Revision, Store};

/// A text by its number. The program of schema `SCHEMA` writes the number's digits, one of schema 2 with `n` before
/// them, and the text with an exclamation mark.
struct Texts<const SCHEMA: u32> {
    /// How many more records are migrated before something breaks.
    left: AtomicUsize,
}

type Change = (u32, Option<String>);

impl<const SCHEMA: u32> Records<Change> for Texts<SCHEMA> {
    const SCHEMA: u32 = SCHEMA;

    fn owner(&self) -> &[u8] {
        b"everybody"
    }

    fn write(&self, (number, text): &Change) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let (kind, mark) = if SCHEMA == 1 { ("", "") } else { ("n", "!") };
        let content = text.as_ref().map(|text| format!("{text}{mark}").into_bytes());
        Some((format!("{kind}{number:06}").into_bytes(), content))
    }

    fn read(&self, id: &[u8], content: &[u8]) -> Result<Change, String> {
        let (kind, mark) = if SCHEMA == 1 { ("", "") } else { ("n", "!") };
        let number = str::from_utf8(id).unwrap().strip_prefix(kind).and_then(|id| id.parse().ok());
        let text = str::from_utf8(content).unwrap().strip_suffix(mark);
        Ok((number.ok_or("its id is none of today")?, Some(text.ok_or("it has no mark")?.to_owned())))
    }

    fn legacy(&self) -> Option<Range<Vec<u8>>> {
        (SCHEMA > 1).then(|| b"0".to_vec()..b":".to_vec())
    }

    fn migrate(&self, id: &[u8], content: &[u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
        let counted = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        counted.map_err(|_| "its seal is broken".to_owned())?;
        match content {
            b"stays" => Ok((id.to_vec(), content.to_vec())),
            _ => Ok(([b"n", id].concat(), [content, b"!"].concat())),
        }
    }
}

fn open<const SCHEMA: u32>(path: &Path, left: usize) -> Result<Database<Texts<SCHEMA>>, OpenError> {
    Database::open(path, Texts { left: AtomicUsize::new(left) })
}

fn append<const SCHEMA: u32>(database: &Database<Texts<SCHEMA>>, changes: Vec<Change>) {
    let call = Call { after: Revision::default(), scopes: Vec::new(), changes };
    let appended = database.append(&Batch { id: BatchId::default(), calls: vec![call] });
    assert!(matches!(appended, Appended::Done(_)), "{appended:?}");
}

fn texts<const SCHEMA: u32>(database: &Database<Texts<SCHEMA>>) -> Result<BTreeMap<u32, String>, String> {
    let mut texts = BTreeMap::new();
    let taken = database.load(&mut |changes| {
        texts.extend(changes.into_iter().map(|(number, text)| (number, text.unwrap())));
    });
    taken.map_err(|error| error.to_string())?;
    assert_eq!(database.count().unwrap(), texts.len() as u64);
    Ok(texts)
}

/// A file with so many records of schema 1.
fn written(path: &Path, count: usize) -> BTreeMap<u32, String> {
    let database = open::<1>(path, 0).unwrap();
    let numbers = 0..u32::try_from(count).unwrap();
    append(&database, numbers.map(|number| (number, Some(format!("text {number}")))).collect());
    texts(&database).unwrap()
}

#[test]
fn an_earlier_schema_is_migrated_in_steps_and_cut_off_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let count = 2 * STEP + 5;
    let expected = written(&path, count);
    assert_eq!(expected.len(), count);
    // To open it changes nothing: the older program still can.
    drop(open::<2>(&path, 0).unwrap());
    assert_eq!(texts(&open::<1>(&path, 0).unwrap()).unwrap(), expected);

    // It breaks in the second step: the first one is kept, and the file is one of today's.
    let broken = texts(&open::<2>(&path, STEP + 1).unwrap()).unwrap_err();
    assert_eq!(broken, "storage failed: record 010001 is damaged: its seal is broken");
    assert!(matches!(open::<1>(&path, 0), Err(OpenError::Newer(2))));

    // It goes on with what is left, and not a record more.
    let database = open::<2>(&path, count - STEP).unwrap();
    assert_eq!(texts(&database).unwrap(), expected);
    append(&database, vec![(0, None), (3, Some("new".to_owned()))]);
    drop(database);
    let kept = texts(&open::<2>(&path, 0).unwrap()).unwrap();
    assert_eq!((kept.len(), kept[&3].as_str(), kept.get(&0)), (count - 1, "new", None));
}

#[test]
fn a_new_file_and_an_empty_one_are_of_todays_schema() {
    let folder = tempfile::tempdir().unwrap();
    let [new, empty] = ["new", "empty"].map(|name| folder.path().join(name));
    drop(open::<2>(&new, 0).unwrap());
    assert!(matches!(open::<1>(&new, 0), Err(OpenError::Newer(2))));
    drop(open::<1>(&empty, 0).unwrap());
    assert!(texts(&open::<2>(&empty, 0).unwrap()).unwrap().is_empty());
    assert!(matches!(open::<1>(&empty, 0), Err(OpenError::Newer(2))));
}

#[test]
fn what_is_forgotten_need_not_be_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    written(&path, 3);
    let database = open::<2>(&path, 0).unwrap();
    database.clear().unwrap();
    drop(database);
    assert!(matches!(open::<1>(&path, 0), Err(OpenError::Newer(2))));
    let database = open::<2>(&path, 0).unwrap();
    append(&database, vec![(1, Some("new".to_owned()))]);
    assert_eq!(texts(&database).unwrap().len(), 1);
}

#[test]
fn a_migration_that_leads_nowhere_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    append(&open::<1>(&path, 0).unwrap(), vec![(7, Some("stays".to_owned()))]);
    let broken = texts(&open::<2>(&path, 9).unwrap()).unwrap_err();
    assert_eq!(broken, "storage failed: record 000007 is damaged: its new id is an earlier one");
}
