//! The key ring's file: read with care for who else can read it, written once and never over another.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::AppError;
use crate::clock::{Chance, OsChance};
use crate::keyring::KeyRing;

/// Reads a ring. Refuses a file that others can read.
pub fn read(path: &Path) -> Result<KeyRing, AppError> {
    let shown = path.display();
    let wrong = |problem: String| AppError::Configuration(format!("keyring.file: {shown}: {problem}"));
    let mut file = File::open(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let mode = file.metadata().map_err(|error| wrong(error.to_string()))?.mode();
    if mode & 0o077 != 0 {
        return Err(wrong(format!(
            "others can read it (mode {:04o}); run `chmod 600 {shown}`, and make a new ring if others may have seen it",
            mode & 0o7777
        )));
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    KeyRing::parse(&text).map_err(|error| wrong(format!("is not a key ring: {error}")))
}

/// Writes a new ring, readable by its owner alone: whole or not at all, and never over a file that is there.
pub fn create(path: &Path, ring: &KeyRing) -> Result<(), AppError> {
    let shown = path.display();
    let failed =
        |error: std::io::Error| AppError::Failed(format!("the key ring {shown} cannot be written: {error}"));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    let beside = Beside::write(path, ring).map_err(failed)?;
    std::fs::hard_link(&beside.0, path).map_err(failed)?;
    sync_folder(path).map_err(failed)
}

/// A file beside the ring that no other process uses; it is gone when it is dropped, unless it took the ring's place.
struct Beside(PathBuf);

impl Beside {
    fn write(path: &Path, ring: &KeyRing) -> std::io::Result<Self> {
        let mut suffix = [0; 8];
        OsChance.rng().fill_bytes(&mut suffix);
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{:016x}.new", u64::from_be_bytes(suffix)));
        let beside = Self(PathBuf::from(name));
        write(&beside.0, ring)?;
        Ok(beside)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Holds the ring's lock file until it is dropped. For whoever replaces the ring.
pub fn lock(path: &Path) -> Result<File, AppError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let failed = |error: &dyn std::fmt::Display| {
        AppError::Failed(format!(
            "the key ring {} cannot be locked: {error}. Is another rotation running?",
            path.display()
        ))
    };
    let file =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(PathBuf::from(name));
    let file = file.map_err(|error| failed(&error))?;
    file.try_lock().map_err(|error| failed(&error))?;
    Ok(file)
}

fn write(path: &Path, ring: &KeyRing) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(ring.to_text().as_bytes())?;
    file.sync_all()
}

/// Puts a rotated ring in a ring's place, whole or not at all.
pub fn replace(path: &Path, ring: &KeyRing) -> Result<(), AppError> {
    let failed = |error: std::io::Error| {
        AppError::Failed(format!("the key ring {} cannot be replaced: {error}", path.display()))
    };
    let beside = Beside::write(path, ring).map_err(failed)?;
    // Whoever could read the old file must be able to read the new one, and nobody else.
    let owner = path.metadata().map_err(failed)?;
    std::os::unix::fs::chown(&beside.0, Some(owner.uid()), Some(owner.gid())).map_err(failed)?;
    std::fs::rename(&beside.0, path).map_err(failed)?;
    sync_folder(path).map_err(failed)
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}
