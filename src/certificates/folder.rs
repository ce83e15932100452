//! Where a CA is kept: `ca.key`, which is what counts, and `ca.pem`, which is for everybody to read.
//!
//! Nothing that is there is ever written over. Whoever makes a CA at the same time ends up with the same one: the key is
//! put in its place whole or not at all, and certificates of one key stand for each other.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{Authority, CertificateError};
use crate::world::{Readers, make_folder, place, tidy};

/// The CA's certificate, in its folder.
pub const CERTIFICATE_FILE: &str = "ca.pem";

/// The CA's private key, in its folder: mode 0600.
const KEY_FILE: &str = "ca.key";

/// How long nobody touches what a start that was interrupted left behind; others may be at work in the folder.
const AN_INTERRUPTED_START: Duration = Duration::from_secs(600);

#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is none there yet, and none can be put there.
    #[error("no CA can be kept in {}: {error}", folder.display())]
    Unusable { folder: PathBuf, error: io::Error },
    #[error("cannot read {}: {error}", file.display())]
    Unreadable { file: PathBuf, error: io::Error },
    #[error("{} cannot be used: {error} (without {CERTIFICATE_FILE} and {KEY_FILE} a new CA is made)", file.display())]
    Broken { file: PathBuf, error: CertificateError },
}

/// The CA that is kept in `folder`; made, with the folder (mode 0700), if there is none.
pub fn open(folder: &Path, now: Timestamp) -> Result<Authority, FolderError> {
    let (key_file, certificate_file) = (folder.join(KEY_FILE), folder.join(CERTIFICATE_FILE));
    let unusable = |error| FolderError::Unusable { folder: folder.to_owned(), error };
    let is_there = |file: &Path| file.try_exists().map_err(unusable);
    tidy(folder, AN_INTERRUPTED_START);
    // A certificate without its key may be one that somebody trusts: it is not ours to replace.
    let key = if is_there(&key_file)? || is_there(&certificate_file)? {
        read(&key_file)?
    } else {
        make_folder(folder).map_err(unusable)?;
        let made = Authority::new(now).map_err(|error| broken(&key_file, error))?.key();
        if place(&key_file, &made, Readers::Owner).map_err(unusable)? { made } else { read(&key_file)? }
    };
    if !is_there(&certificate_file)? {
        let made = Authority::from_key(&key, now).map_err(|error| broken(&key_file, error))?;
        place(&certificate_file, made.certificate(), Readers::Everybody).map_err(unusable)?;
    }
    Authority::from_pem(&read(&certificate_file)?, &key, now).map_err(|error| {
        let is_keys_fault = matches!(error, CertificateError::Key);
        broken(if is_keys_fault { &key_file } else { &certificate_file }, error)
    })
}

fn broken(file: &Path, error: CertificateError) -> FolderError {
    FolderError::Broken { file: file.to_owned(), error }
}

fn read(file: &Path) -> Result<Zeroizing<String>, FolderError> {
    fs::read_to_string(file)
        .map(Zeroizing::new)
        .map_err(|error| FolderError::Unreadable { file: file.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const NOW: &str = "2026-11-22T07:00:00Z";

    fn now() -> Timestamp {
        NOW.parse().expect("it is a timestamp")
    }

    fn files(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_ca_is_made_once_for_whoever_asks_first() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("new").join("yaoshi");
        let open_there = || open(&folder, now()).unwrap().certificate().to_owned();
        let all: Vec<_> = thread::scope(|scope| {
            let asking: Vec<_> = (0..8).map(|_| scope.spawn(open_there)).collect();
            asking.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(all.iter().all(|certificate| *certificate == open_there()));
        assert_eq!(files(&folder), ["ca.key", "ca.pem"]);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_key() {
        use std::os::unix::fs::PermissionsExt;
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("yaoshi");
        open(&folder, now()).unwrap();
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.clone()), mode(folder.join(KEY_FILE))), (0o700, 0o600));
        assert_eq!(mode(folder.join(CERTIFICATE_FILE)) & 0o444, 0o444);
    }

    #[test]
    fn a_lost_certificate_is_made_again_from_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let old = open(folder.path(), now()).unwrap();
        fs::remove_file(folder.path().join(CERTIFICATE_FILE)).unwrap();
        let new = open(folder.path(), now()).unwrap();
        assert_eq!(new.key(), old.key());
        // Who trusts the old one trusts what the new one certifies.
        Authority::from_pem(old.certificate(), &new.key(), now()).unwrap();
    }

    /// Change what is kept; the complaint, and that nothing was repaired.
    #[test]
    fn what_is_broken_is_told_and_left_alone() {
        let other = Authority::new(now()).unwrap();
        let identity = other.certify(&["localhost".to_owned()], now()).unwrap();
        for (file, text, complaint) in [
            (KEY_FILE, "", "ca.key cannot be used: it is no private key for ECDSA"),
            (KEY_FILE, other.certificate(), "ca.key cannot be used: it is no private key for ECDSA"),
            (KEY_FILE, &other.key(), "ca.pem cannot be used: what the key signs does not hold up"),
            (CERTIFICATE_FILE, "", "ca.pem cannot be used: it is no CA certificate"),
            (CERTIFICATE_FILE, other.certificate(), "ca.pem cannot be used: what the key signs does not hold up"),
            (CERTIFICATE_FILE, &identity.certificate, "ca.pem cannot be used: what the key signs does not hold up"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            open(folder.path(), now()).unwrap();
            fs::write(folder.path().join(file), text).unwrap();
            let told = open(folder.path(), now()).unwrap_err().to_string();
            assert!(told.contains(complaint) && !told.contains('\n'), "{file} {text}: {told}");
            assert_eq!(fs::read_to_string(folder.path().join(file)).unwrap(), text);
        }
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), now()).unwrap();
        fs::remove_file(folder.path().join(KEY_FILE)).unwrap();
        let told = open(folder.path(), now()).unwrap_err();
        assert!(matches!(told, FolderError::Unreadable { .. }), "{told}");
        assert_eq!(files(folder.path()), ["ca.pem"]);
    }

    #[test]
    fn a_ca_ends_after_ten_years() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), now()).unwrap();
        let open_at = |moment: &str| open(folder.path(), moment.parse().unwrap());
        for moment in ["2026-11-21T00:00:00Z", "2036-11-19T23:59:59Z"] {
            open_at(moment).unwrap();
        }
        for moment in ["2026-11-20T23:59:59Z", "2036-11-20T00:00:01Z"] {
            let told = open_at(moment).unwrap_err().to_string();
            assert!(told.contains("ca.pem cannot be used: it has expired, or is not valid yet"), "{told}");
        }
    }

    #[test]
    fn where_nothing_can_be_written_no_ca_is_kept() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let told = open(&file.path().join("yaoshi"), now()).unwrap_err();
        assert!(matches!(told, FolderError::Unusable { .. }), "{told}");
    }
}
