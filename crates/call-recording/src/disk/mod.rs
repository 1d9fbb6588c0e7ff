//! Where files lie: the disk, and what stands for it in tests.

#[cfg(test)]
pub(crate) mod memory;

use std::fmt::Debug;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// What people said is nobody's business but the server's: a file is read and written by its owner only, …
pub(crate) const PRIVATE_FILE: u32 = 0o600;

/// … and so is a folder, and what is in it.
pub(crate) const PRIVATE_FOLDER: u32 = 0o700;

/// A file that is written at its end, and patched in a few places.
pub(crate) trait Medium: Debug + Send {
    /// Its length in bytes.
    fn length(&mut self) -> io::Result<u64>;
    /// Fills the buffer from there, or as much of it as there is.
    fn read_at(&mut self, buffer: &mut [u8], at: u64) -> io::Result<usize>;
    /// Writes all of it there. After an error any part of it may have been written.
    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()>;
    /// Cuts it off there.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
    /// Returns when what was written would survive a power failure.
    fn sync(&mut self) -> io::Result<()>;
    /// Lets go of what it holds of the system; it is taken again when needed.
    fn rest(&mut self);
}

/// The folders that recordings are written into.
pub(crate) trait Disk: Debug + Send {
    /// A file that must not be there yet.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Medium>>;
    /// A file that must be there.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Medium>>;
    /// How many bytes may still be written below a folder.
    fn free(&self, folder: &Path) -> io::Result<u64>;
}

/// The machine's own.
#[derive(Debug)]
pub(crate) struct System;

impl Disk for System {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Medium>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(PRIVATE_FILE)
            .open(path)?;
        Ok(Box::new(SystemFile {
            path: path.to_owned(),
            file: Some(file),
        }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Medium>> {
        let mut file = SystemFile {
            path: path.to_owned(),
            file: None,
        };
        file.held()?;
        Ok(Box::new(file))
    }

    fn free(&self, folder: &Path) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(folder)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

#[derive(Debug)]
struct SystemFile {
    path: PathBuf,
    file: Option<File>,
}

impl SystemFile {
    fn held(&mut self) -> io::Result<&File> {
        if self.file.is_none() {
            self.file = Some(OpenOptions::new().read(true).write(true).open(&self.path)?);
        }
        self.file
            .as_ref()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Medium for SystemFile {
    fn length(&mut self) -> io::Result<u64> {
        Ok(self.held()?.metadata()?.len())
    }

    fn read_at(&mut self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let file = self.held()?;
        let mut read = 0;
        while read < buffer.len() {
            match file.read_at(&mut buffer[read..], at + read as u64) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }

    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.held()?.write_all_at(bytes, at)
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.held()?.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.held()?.sync_data()
    }

    fn rest(&mut self) {
        self.file = None;
    }
}

/// Makes a folder for recordings, with those above it that are missing. One that is there stays as it is.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(PRIVATE_FOLDER).create(folder)
}

/// As [`make_folder`], for whoever may not wait.
pub(crate) async fn make_folder_async(folder: &Path) -> io::Result<()> {
    let mut builder = tokio::fs::DirBuilder::new();
    builder.recursive(true).mode(PRIVATE_FOLDER);
    builder.create(folder).await
}

/// Makes the names in a folder survive a power failure.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes a file, if there is one.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn folders_that_are_made_are_private_and_others_stay_as_they_are() {
        let top = tempfile::tempdir().unwrap();
        let given = top.path().join("given");
        fs::create_dir(&given).unwrap();
        fs::set_permissions(&given, fs::Permissions::from_mode(0o750)).unwrap();
        make_folder(&given.join("a/b")).unwrap();
        make_folder_async(&given.join("c/d")).await.unwrap();
        for made in ["a", "a/b", "c", "c/d"] {
            assert_eq!(mode(&given.join(made)), 0o700, "{made}");
        }
        // Twice is once.
        make_folder(&given).unwrap();
        make_folder_async(&given).await.unwrap();
        assert_eq!(mode(&given), 0o750);
    }

    #[test]
    fn files_are_their_owners_alone() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("file");
        System.create(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
    }
}
