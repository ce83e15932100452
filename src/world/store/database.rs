//! Changes in a redb file: one record for each thing that changes.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use redb::{
    Builder, DatabaseError, ReadOnlyTable, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition,
};

use super::{Appended, Batch, Bounds, Followed, Revision, Store, StoreError};
use crate::world::files::{Readers, is_named, place_filled};

const RECORDS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("records");

/// What the whole file is: [`SCHEMA`] and [`OWNER`].
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
const SCHEMA: &str = "schema";
const OWNER: &str = "owner";

/// Bytes of the file that are kept in memory: it is read once, when it is opened.
const CACHE: usize = 4 * 1024 * 1024;

/// Bytes at the start of a file by which it is known; zeros until it is whole.
const MAGIC_LENGTH: u64 = 9;

/// Records that are read at once.
const PORTION: usize = 4096;

/// Portions that wait for who asked for them.
const PORTIONS_AHEAD: usize = 4;

/// Records of an earlier form that are migrated in one commit.
pub(super) const STEP: usize = 10_000;

/// How changes are written down.
pub trait Records<C>: Send + Sync {
    /// Which form of records this is; a higher one cannot be read.
    const SCHEMA: u32;

    /// Tells whose records they are: nobody else can read them.
    fn owner(&self) -> &[u8];

    /// The id of the record that `change` is about, and what stands in it from now on; nothing where it goes. `None` for
    /// a change that is not kept.
    fn write(&self, change: &C) -> Option<(Vec<u8>, Option<Vec<u8>>)>;

    /// The change that makes what a record says. Errors tell what is wrong with it.
    fn read(&self, id: &[u8], content: &[u8]) -> Result<C, String>;

    /// Under which ids records of earlier forms lie. No record of today's form lies there.
    fn legacy(&self) -> Option<Range<Vec<u8>>> {
        None
    }

    /// A record of an earlier form, as id and content of today's. Errors tell what is wrong with it.
    fn migrate(&self, _id: &[u8], _content: &[u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
        Err("there is no earlier form of it".to_owned())
    }
}

/// A file of records, open for this process alone.
pub struct Database<R> {
    file: redb::Database,
    records: R,
}

/// Why a file of records cannot be used. Nothing was changed in it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("another process uses it")]
    InUse,
    #[error("a newer Yaoshi wrote it (schema {0})")]
    Newer(u32),
    #[error("its root key is another one")]
    OtherOwner,
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// It was cut off while it was made: nothing was ever kept in it.
    #[error("it was never finished, and nothing is kept in it: remove it to begin anew")]
    Unfinished,
    #[error("{0}")]
    Io(String),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.to_string())
    }
}

/// Whether a file was cut off before its first pages were written: earlier releases gave it its name by then.
fn is_unfinished(path: &Path) -> Result<bool, io::Error> {
    let mut start = Vec::new();
    File::open(path)?.take(MAGIC_LENGTH).read_to_end(&mut start)?;
    Ok(start.iter().all(|byte| *byte == 0))
}

/// See that a file is `owner`'s, or make it so if it is new.
fn claim(file: &redb::Database, schema: u32, owner: &[u8]) -> Result<(), OpenError> {
    let read = file.begin_read().map_err(redb::Error::from)?;
    match read.open_table(META) {
        Ok(meta) => {
            let found = schema_of(&meta)?;
            if found > schema {
                return Err(OpenError::Newer(found));
            }
            let own = meta.get(OWNER).map_err(redb::Error::from)?;
            if own.is_none_or(|own| own.value() != owner) { Err(OpenError::OtherOwner) } else { Ok(()) }
        }
        Err(redb::TableError::TableDoesNotExist(_)) => begin(file, schema, owner).map_err(OpenError::from),
        Err(error) => Err(redb::Error::from(error).into()),
    }
}

fn begin(file: &redb::Database, schema: u32, owner: &[u8]) -> Result<(), redb::Error> {
    let write = begin_write(file)?;
    {
        let mut meta = write.open_table(META)?;
        meta.insert(SCHEMA, schema.to_be_bytes().as_slice())?;
        meta.insert(OWNER, owner)?;
        write.open_table(RECORDS)?;
    }
    Ok(write.commit()?)
}

/// Begin to write. The commit is in two phases: whatever breaks in the file later, no older state can be taken for the
/// newest one.
fn begin_write(file: &redb::Database) -> Result<redb::WriteTransaction, redb::TransactionError> {
    let mut write = file.begin_write()?;
    write.set_two_phase_commit(true);
    Ok(write)
}

impl<R> Database<R> {
    /// Open the file at `path`, or make it.
    ///
    /// Every page of it is checked against its checksum, after a clean end and after a crash alike.
    pub fn open<C>(path: &Path, records: R) -> Result<Self, OpenError>
    where
        R: Records<C>,
    {
        if !is_named(path) {
            // It gets its name once it is whole; if somebody was quicker, theirs counts.
            place_filled(path, Readers::Owner, |unfinished| {
                claim(&Builder::new().create(unfinished)?, R::SCHEMA, records.owner())
            })?;
        }
        if is_unfinished(path)? {
            return Err(OpenError::Unfinished);
        }
        let file = Builder::new().set_cache_size(CACHE).set_check_integrity_on_open(true).open(path)?;
        claim(&file, R::SCHEMA, records.owner())?;
        Ok(Self { file, records })
    }

    fn schema(&self) -> Result<u32, redb::Error> {
        schema_of(&self.file.begin_read()?.open_table(META)?)
    }

    fn begin_write(&self) -> Result<redb::WriteTransaction, redb::TransactionError> {
        begin_write(&self.file)
    }

    /// Forget every record.
    pub fn clear<C>(&self) -> Result<(), StoreError>
    where
        R: Records<C>,
    {
        let clear = || -> Result<(), redb::Error> {
            let write = self.begin_write()?;
            write.open_table(META)?.insert(SCHEMA, R::SCHEMA.to_be_bytes().as_slice())?;
            write.delete_table(RECORDS)?;
            write.open_table(RECORDS)?;
            Ok(write.commit()?)
        };
        clear().map_err(|error| StoreError(error.to_string()))
    }

    /// Bring all records of earlier forms into today's, some at a time: cut off, it goes on when the file is read again.
    /// From the first step on, the file is one of today's: an older program does not write to it any more.
    fn migrate<C>(&self) -> Result<(), StoreError>
    where
        R: Records<C>,
    {
        let failed = |error: redb::Error| StoreError(error.to_string());
        loop {
            let found = self.legacy_records().map_err(failed)?;
            if found.is_empty() && self.schema().map_err(failed)? == R::SCHEMA {
                return Ok(());
            }
            let migrated = found.iter().map(|(id, content)| {
                let migrated = self.records.migrate(id, content).map_err(|what| damaged(id, &what))?;
                let is_legacy = self.records.legacy().is_some_and(|legacy| legacy.contains(&migrated.0));
                if is_legacy { Err(damaged(id, &"its new id is an earlier one")) } else { Ok(migrated) }
            });
            let migrated = migrated.collect::<Result<Vec<_>, _>>()?;
            self.step::<C>(&found, &migrated).map_err(failed)?;
        }
    }

    /// Put `migrated` in the stead of what was `found`.
    fn step<C>(&self, found: &[Record], migrated: &[Record]) -> Result<(), redb::Error>
    where
        R: Records<C>,
    {
        let write = self.begin_write()?;
        write.open_table(META)?.insert(SCHEMA, R::SCHEMA.to_be_bytes().as_slice())?;
        {
            let mut table = write.open_table(RECORDS)?;
            for (id, _) in found {
                table.remove(id.as_slice())?;
            }
            for (id, content) in migrated {
                table.insert(id.as_slice(), content.as_slice())?;
            }
        }
        Ok(write.commit()?)
    }

    /// The first records of earlier forms.
    fn legacy_records<C>(&self) -> Result<Vec<Record>, redb::Error>
    where
        R: Records<C>,
    {
        let Some(legacy) = self.records.legacy() else { return Ok(Vec::new()) };
        let table = self.file.begin_read()?.open_table(RECORDS)?;
        let found = table.range(legacy.start.as_slice()..legacy.end.as_slice())?.take(STEP).map(|record| {
            let (id, content) = record?;
            Ok((id.value().to_vec(), content.value().to_vec()))
        });
        found.collect()
    }

    /// Read all records in portions, each handed over as soon as it is read.
    fn read_all<C>(&self, portions: &SyncSender<Vec<C>>) -> Result<(), StoreError>
    where
        R: Records<C>,
    {
        let failed = |error: &dyn fmt::Display| StoreError(error.to_string());
        let read = self.file.begin_read().map_err(|error| failed(&error))?;
        let table = read.open_table(RECORDS).map_err(|error| failed(&error))?;
        let mut portion = Vec::with_capacity(PORTION);
        for record in table.iter().map_err(|error| failed(&error))? {
            let (id, content) = record.map_err(|error| failed(&error))?;
            let change = self.records.read(id.value(), content.value()).map_err(|what| damaged(id.value(), &what))?;
            portion.push(change);
            if portion.len() == PORTION {
                let whole = std::mem::replace(&mut portion, Vec::with_capacity(PORTION));
                if portions.send(whole).is_err() {
                    return Ok(());
                }
            }
        }
        // Whoever asked may have gone; then nobody misses the rest.
        drop(portions.send(portion));
        Ok(())
    }
}

fn schema_of(meta: &ReadOnlyTable<&str, &[u8]>) -> Result<u32, redb::Error> {
    let bytes = meta.get(SCHEMA)?.and_then(|value| value.value().try_into().ok());
    Ok(bytes.map_or(0, u32::from_be_bytes))
}

/// An id and what stands under it.
type Record = (Vec<u8>, Vec<u8>);

fn damaged(id: &[u8], what: &dyn fmt::Display) -> StoreError {
    StoreError(format!("record {} is damaged: {what}", String::from_utf8_lossy(id)))
}

impl<C: Send, R: Records<C>> Store<C> for Database<R> {
    fn count(&self) -> Result<u64, StoreError> {
        let count = || -> Result<u64, redb::Error> { Ok(self.file.begin_read()?.open_table(RECORDS)?.len()?) };
        count().map_err(|error| StoreError(error.to_string()))
    }

    fn load(&self, take: &mut dyn FnMut(Vec<C>)) -> Result<Revision, StoreError> {
        self.migrate()?;
        let (sender, receiver) = sync_channel(PORTIONS_AHEAD);
        thread::scope(|scope| {
            let reader = scope.spawn(move || self.read_all(&sender));
            receiver.into_iter().for_each(take);
            reader.join().unwrap_or_else(|_| Err(StoreError("the file is damaged".to_owned())))
        })?;
        Ok(Revision::default())
    }

    fn append(&self, batch: &Batch<C>) -> Appended {
        let append = || -> Result<(), redb::Error> {
            let write = self.begin_write()?;
            {
                let mut table = write.open_table(RECORDS)?;
                for change in batch.calls.iter().flat_map(|call| &call.changes) {
                    let Some((id, content)) = self.records.write(change) else { continue };
                    match content {
                        Some(content) => table.insert(id.as_slice(), content.as_slice())?,
                        None => table.remove(id.as_slice())?,
                    };
                }
            }
            Ok(write.commit()?)
        };
        match append() {
            Ok(()) => Appended::Done(Revision::default()),
            Err(redb::Error::Io(error)) if error.kind() == ErrorKind::StorageFull => Appended::Full,
            Err(error) => Appended::Failed(StoreError(error.to_string())),
        }
    }

    fn follow(&self, after: Revision) -> Result<Followed<C>, StoreError> {
        Ok(Followed::Current(after))
    }

    fn current(&self) -> Result<Revision, StoreError> {
        Ok(Revision::default())
    }

    fn bounds(&self) -> Bounds {
        Bounds::NONE
    }
}

impl<R> fmt::Debug for Database<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Database").finish_non_exhaustive()
    }
}

impl From<DatabaseError> for OpenError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            DatabaseError::UpgradeRequired(format) => Self::Damaged(format!("file format {format} is not known")),
            DatabaseError::Storage(redb::StorageError::Corrupted(what)) => Self::Damaged(what),
            error => Self::Io(error.to_string()),
        }
    }
}

impl From<redb::Error> for OpenError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Corrupted(what) => Self::Damaged(what),
            error => Self::Io(error.to_string()),
        }
    }
}
