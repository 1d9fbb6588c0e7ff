//! Room that is kept so that a recording can be finished on a disk that is full.

use std::io;
use std::path::Path;

use crate::disk::{self, Disk};

/// Enough for the cues and the manifest of long recordings.
const BYTES: usize = 1 << 20;

const FILE: &str = ".reserve";

/// Takes the room, if it is not taken yet.
pub(super) fn take(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    match disk.create(&folder.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created?.write_at(&vec![0; BYTES], 0),
    }
}

/// Gives it back.
pub(super) fn free(folder: &Path) {
    if let Err(error) = disk::remove(&folder.join(FILE)) {
        tracing::warn!(folder = %folder.display(), %error, "the room that a recording had kept free stays taken");
    }
}
