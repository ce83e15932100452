//! Files that are whole or not there, and that not everybody may read.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::Path;
use std::time::Duration;

/// Who may read a file beside those who may do everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    Owner,
    Everybody,
}

/// Make a folder for its owner alone, and those above it. One that is there stays as it is.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// What stands before the name of a file that is not whole yet.
const UNFINISHED: &str = ".new-";

/// Put a file in its place, whole and durable; `false` if there is one already, which stays.
pub fn place(file: &Path, text: &str, readers: Readers) -> io::Result<bool> {
    place_filled(file, readers, |unfinished| fs::write(unfinished, text))
}

/// The same with what `write` makes of an empty file.
pub fn place_filled<E: From<io::Error>>(
    file: &Path,
    readers: Readers,
    write: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<bool, E> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new(); // mode 0600
    if readers == Readers::Everybody {
        let_everybody_read(&mut builder);
    }
    let new = builder.prefix(UNFINISHED).tempfile_in(folder)?;
    write(new.path())?;
    new.as_file().sync_all()?;
    match new.persist_noclobber(file) {
        Ok(_) => Ok(sync_folder(folder).map(|()| true)?),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error.into()),
    }
}

/// Take away what starts that were interrupted left in `folder`, if nobody has touched it for `idle`.
pub fn tidy(folder: &Path, idle: Duration) {
    // What cannot be taken away does no harm.
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_unfinished = entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes());
        let touched = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_unfinished && (idle.is_zero() || touched().is_some_and(|ago| ago >= idle)) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// Whether there is a name, though it may lead to nothing.
pub fn is_named(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

#[cfg(unix)]
fn let_everybody_read(file: &mut tempfile::Builder<'_, '_>) {
    file.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
}

#[cfg(not(unix))]
fn let_everybody_read(_file: &mut tempfile::Builder<'_, '_>) {}

/// A file's name is durable once its folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_placed_once() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("a/b");
        make_folder(&folder).unwrap();
        make_folder(&folder).unwrap();
        let file = folder.join("file");
        assert!(place(&file, "first", Readers::Owner).unwrap());
        assert!(!place(&file, "second", Readers::Owner).unwrap());
        assert_eq!(fs::read_to_string(&file).unwrap(), "first");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        place(&folder.join("gone/file"), "text", Readers::Everybody).unwrap_err();
    }

    #[test]
    fn what_an_interrupted_start_left_is_taken_away_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".new-abc", ".new", "keys.redb", "new-abc"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let count = || fs::read_dir(folder.path()).unwrap().count();
        tidy(folder.path(), Duration::from_secs(60));
        assert_eq!(count(), 4, "somebody may be at it");
        tidy(folder.path(), Duration::ZERO);
        assert_eq!(count(), 3);
        assert!(!is_named(&folder.path().join(".new-abc")));
        tidy(&folder.path().join("none"), Duration::ZERO);
    }

    #[test]
    fn a_file_that_cannot_be_filled_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let refused = place_filled(&file, Readers::Owner, |_| Err(io::Error::other("no")));
        assert!(refused.is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
