//! The room on the disk that mixes leave to others.

use std::io;
use std::path::Path;

use crate::disk::{Disk as _, System};

/// Room that no mix takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room<'a> {
    /// On whose disk.
    pub(super) dir: &'a Path,
    /// Bytes.
    pub(super) least: u64,
}

impl Room<'_> {
    /// An error that says that the disk is full, when less is free. A system that does not tell is believed to have room.
    pub(super) async fn check(self) -> io::Result<()> {
        let Self { dir, least } = self;
        if least == 0 {
            return Ok(());
        }
        let dir = dir.to_owned();
        let asked = tokio::task::spawn_blocking(move || System.free(&dir)).await;
        match asked {
            Ok(Ok(free)) if free < least => {
                tracing::error!(free, least, "too little room on the disk for a mix");
                Err(io::ErrorKind::StorageFull.into())
            }
            Ok(Ok(_) | Err(_)) | Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_to_stay_free_is_compared_with_what_is() {
        let folder = tempfile::tempdir().unwrap();
        let room = |least| Room {
            dir: folder.path(),
            least,
        };
        for enough in [0, 1] {
            room(enough).check().await.unwrap();
        }
        let full = room(u64::MAX).check().await.unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        let nowhere = Room {
            dir: Path::new("/nowhere"),
            least: 1,
        };
        nowhere.check().await.unwrap();
    }
}
