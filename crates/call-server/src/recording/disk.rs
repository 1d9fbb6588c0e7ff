use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::AbortHandle;

/// How often the disk is looked at.
const EVERY: Duration = Duration::from_secs(10);
/// Not known.
const UNKNOWN: u64 = u64::MAX;

/// How much room is left on the disk of a folder, as of a moment ago: asking a disk may take its time.
#[derive(Debug)]
pub(super) struct Disk {
    free: Arc<AtomicU64>,
    watch: AbortHandle,
}

impl Disk {
    /// Looks at once, and then now and then. Needs a tokio runtime.
    pub(super) fn watch(folder: PathBuf) -> Self {
        let free = Arc::new(AtomicU64::new(free_bytes(&folder).unwrap_or(UNKNOWN)));
        let seen = Arc::clone(&free);
        let watch = tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                let folder = folder.clone();
                let look = tokio::task::spawn_blocking(move || free_bytes(&folder));
                let free = look.await.ok().flatten();
                seen.store(free.unwrap_or(UNKNOWN), Ordering::Relaxed);
            }
        });
        Self {
            free,
            watch: watch.abort_handle(),
        }
    }

    /// Bytes that this server may still write; `None` if the system does not tell.
    pub(super) fn free_bytes(&self) -> Option<u64> {
        Some(self.free.load(Ordering::Relaxed)).filter(|free| *free != UNKNOWN)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// Bytes that this server may still write beneath a folder, or beneath the nearest one above that exists.
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let existing = folder.ancestors().find(|folder| folder.exists());
    // "data/recordings" of the working directory: its last ancestor is empty.
    let existing = existing.filter(|folder| !folder.as_os_str().is_empty());
    let stat = rustix::fs::statvfs(existing.unwrap_or(Path::new("."))).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_yet_to_be_made_has_the_room_of_the_one_above() {
        let folder = tempfile::tempdir().expect("a folder");
        let above = free_bytes(folder.path()).expect("known");
        let beneath = free_bytes(&folder.path().join("a/b")).expect("known");
        assert!(above > 0 && beneath > 0);
        assert!(free_bytes(Path::new("never-made/at-all")).is_some());
    }
}
