//! Changes in a redb file: one record for each thing that changes.

use std::fmt;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use redb::{Builder, DatabaseError, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};

use super::{Store, StoreError};

const RECORDS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("records");

/// What the whole file is: [`SCHEMA`] and [`OWNER`].
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
const SCHEMA: &str = "schema";
const OWNER: &str = "owner";

/// Bytes of the file that are kept in memory: it is read once, when it is opened.
const CACHE: usize = 4 * 1024 * 1024;

/// Records that are read at once.
const BATCH: usize = 4096;

/// Batches that wait for who asked for them.
const BATCHES_AHEAD: usize = 4;

/// How changes are written down.
pub trait Records<C>: Send + Sync {
    /// Which form of records this is; a higher one cannot be read.
    const SCHEMA: u32;

    /// Tells whose records they are: nobody else can read them.
    fn owner(&self) -> &[u8];

    /// The id of the record that `change` is about, and what stands in it from now on; nothing where it goes.
    fn write(&self, change: &C) -> (Vec<u8>, Option<Vec<u8>>);

    /// The change that makes what a record says. Errors tell what is wrong with it.
    fn read(&self, id: &[u8], content: &[u8]) -> Result<C, String>;
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
    #[error("{0}")]
    Io(String),
}

impl<R> Database<R> {
    /// Open the file at `path`, or make it.
    ///
    /// Every page of it is checked against its checksum, after a clean end and after a crash alike.
    pub fn open<C>(path: &Path, records: R) -> Result<Self, OpenError>
    where
        R: Records<C>,
    {
        let file = Builder::new().set_cache_size(CACHE).set_check_integrity_on_open(true).create(path)?;
        let database = Self { file, records };
        database.claim(R::SCHEMA)?;
        Ok(database)
    }

    /// See that the file is ours, or make it so if it is new.
    fn claim<C>(&self, schema: u32) -> Result<(), OpenError>
    where
        R: Records<C>,
    {
        let read = self.file.begin_read().map_err(redb::Error::from)?;
        match read.open_table(META) {
            Ok(meta) => {
                let of = |name| Ok::<_, redb::Error>(meta.get(name)?.map(|value| value.value().to_vec()));
                let found = of(SCHEMA)?.and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
                if found > schema {
                    return Err(OpenError::Newer(found));
                }
                if of(OWNER)?.as_deref() != Some(self.records.owner()) {
                    return Err(OpenError::OtherOwner);
                }
                Ok(())
            }
            Err(redb::TableError::TableDoesNotExist(_)) => self.begin(schema).map_err(OpenError::from),
            Err(error) => Err(redb::Error::from(error).into()),
        }
    }

    fn begin<C>(&self, schema: u32) -> Result<(), redb::Error>
    where
        R: Records<C>,
    {
        let write = self.file.begin_write()?;
        {
            let mut meta = write.open_table(META)?;
            meta.insert(SCHEMA, schema.to_be_bytes().as_slice())?;
            meta.insert(OWNER, self.records.owner())?;
            write.open_table(RECORDS)?;
        }
        Ok(write.commit()?)
    }

    /// Forget every record.
    pub fn clear(&self) -> Result<(), StoreError> {
        let clear = || -> Result<(), redb::Error> {
            let write = self.file.begin_write()?;
            write.delete_table(RECORDS)?;
            write.open_table(RECORDS)?;
            Ok(write.commit()?)
        };
        clear().map_err(|error| StoreError(error.to_string()))
    }

    /// Read all records in batches, each handed over as soon as it is read.
    fn read_all<C>(&self, batches: &SyncSender<Vec<C>>) -> Result<(), StoreError>
    where
        R: Records<C>,
    {
        let damaged = |error: &dyn fmt::Display| StoreError(error.to_string());
        let read = self.file.begin_read().map_err(|error| damaged(&error))?;
        let table = read.open_table(RECORDS).map_err(|error| damaged(&error))?;
        let mut batch = Vec::with_capacity(BATCH);
        for record in table.iter().map_err(|error| damaged(&error))? {
            let (id, content) = record.map_err(|error| damaged(&error))?;
            let change = self.records.read(id.value(), content.value()).map_err(|what| {
                StoreError(format!("record {} is damaged: {what}", String::from_utf8_lossy(id.value())))
            })?;
            batch.push(change);
            if batch.len() == BATCH && batches.send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))).is_err() {
                return Ok(());
            }
        }
        // Whoever asked may have gone; then nobody misses the rest.
        drop(batches.send(batch));
        Ok(())
    }
}

impl<C: Send, R: Records<C>> Store<C> for Database<R> {
    fn count(&self) -> Result<u64, StoreError> {
        let count = || -> Result<u64, redb::Error> { Ok(self.file.begin_read()?.open_table(RECORDS)?.len()?) };
        count().map_err(|error| StoreError(error.to_string()))
    }

    fn load(&self, take: &mut dyn FnMut(Vec<C>)) -> Result<(), StoreError> {
        let (sender, receiver) = sync_channel(BATCHES_AHEAD);
        thread::scope(|scope| {
            let reader = scope.spawn(move || self.read_all(&sender));
            receiver.into_iter().for_each(take);
            reader.join().unwrap_or_else(|_| Err(StoreError("the file is damaged".to_owned())))
        })
    }

    fn append(&self, changes: &[C]) -> Result<(), StoreError> {
        let append = || -> Result<(), redb::Error> {
            let write = self.file.begin_write()?;
            {
                let mut table = write.open_table(RECORDS)?;
                for change in changes {
                    let (id, content) = self.records.write(change);
                    match content {
                        Some(content) => table.insert(id.as_slice(), content.as_slice())?,
                        None => table.remove(id.as_slice())?,
                    };
                }
            }
            Ok(write.commit()?)
        };
        append().map_err(|error| StoreError(error.to_string()))
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
