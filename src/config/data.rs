//! The folder that keys are kept in, and the root key that they are sealed under.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::keyring::RootKey;
use crate::state::{Holdings, Vault};
use crate::world::{
    Chance, Database, Memory, OpenError, Readers, StoreError, World, is_named, make_folder, place, tidy,
};

/// The file of records in a data folder.
const RECORDS: &str = "keys.redb";

/// The root key in a data folder, unless it is kept elsewhere.
const ROOT_KEY: &str = "root.key";

/// Where keys are kept.
#[derive(Debug, Clone)]
pub struct Data {
    pub folder: PathBuf,
    /// The file of the root key. `None`: one in the folder, made with it.
    pub root_key_file: Option<PathBuf>,
    /// Whether to forget every key first.
    pub reset: bool,
}

/// Why a data folder cannot be used. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("keys that are kept must not follow from a seed")]
    Seeded,
    #[error("cannot use {0}: {1}")]
    Path(PathBuf, io::Error),
    #[error("cannot use {0}: {1}")]
    Records(PathBuf, OpenError),
    #[error("cannot use {0}: {1}")]
    Load(PathBuf, StoreError),
    #[error("{0} is not a root key: base64 of {len} bytes", len = RootKey::LENGTH)]
    MalformedRootKey(PathBuf),
    #[error("{0} has no root key {1}: without it nothing there can be read")]
    RootKeyMissing(PathBuf, PathBuf),
}

/// What is kept in `data`, or nothing, in memory. `progress` hears now and then how many of how many have been read.
pub fn open(data: Option<&Data>, world: &World, progress: &mut dyn FnMut(u64, u64)) -> Result<Holdings, DataError> {
    let Some(data) = data else {
        let import_secret = world.chance.service_secret("import tokens");
        return Ok(Holdings::open(Box::new(Memory), &import_secret, progress).expect("memory has nothing to load"));
    };
    if world.chance.is_seeded() {
        return Err(DataError::Seeded);
    }
    make_folder(&data.folder).map_err(|error| DataError::Path(data.folder.clone(), error))?;
    let path = data.folder.join(RECORDS);
    let root_key = root_key(data, &path, &world.chance)?;
    let database = Database::open(&path, Vault::new(&root_key, Arc::clone(&world.chance)))
        .map_err(|error| DataError::Records(path.clone(), error))?;
    let failed = |error| DataError::Load(path.clone(), error);
    if data.reset {
        database.clear().map_err(failed)?;
    }
    // Whoever has the file has the folder: nobody else is at work there.
    tidy(&data.folder, Duration::ZERO);
    Holdings::open(Box::new(database), &root_key.derive("import tokens"), progress).map_err(failed)
}

/// The root key of the records at `path`. One is made only where there are no records that it could be missing for.
fn root_key(data: &Data, path: &Path, chance: &Chance) -> Result<RootKey, DataError> {
    let file = data.root_key_file.clone().unwrap_or_else(|| data.folder.join(ROOT_KEY));
    match fs::read_to_string(&file).map(Zeroizing::new) {
        Ok(text) => RootKey::parse(&text).map_err(|_| DataError::MalformedRootKey(file)),
        Err(error) if error.kind() == ErrorKind::NotFound && data.root_key_file.is_none() => {
            if is_named(path) {
                return Err(DataError::RootKeyMissing(data.folder.clone(), file));
            }
            if is_named(&file) {
                return Err(DataError::Path(file, io::Error::other("it is a link that leads to nothing")));
            }
            let made = RootKey::new(&mut chance.draw(""));
            match place(&file, &made.to_text(), Readers::Owner) {
                Ok(true) => Ok(made),
                // Somebody else began at the same time: what they made is looked at once more, and no more than that.
                Ok(false) => root_key(data, path, chance),
                Err(error) => Err(DataError::Path(file, error)),
            }
        }
        Err(error) => Err(DataError::Path(file, error)),
    }
}
