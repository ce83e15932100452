//! Files that are whole or not there, and that not everybody may read.

use std::fs::DirBuilder;
use std::io::{self, Write};
use std::path::Path;

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

/// Put a file in its place, whole and durable; `false` if there is one already, which stays.
pub fn place(file: &Path, text: &str, readers: Readers) -> io::Result<bool> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new(); // mode 0600
    if readers == Readers::Everybody {
        let_everybody_read(&mut builder);
    }
    let mut new = builder.prefix(".new-").tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    match new.persist_noclobber(file) {
        Ok(_) => sync_folder(folder).map(|()| true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error),
    }
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
    use std::fs;

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
}
