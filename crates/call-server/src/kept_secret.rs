//! Secrets that nobody configured.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::settings::{MIN_SECRET_BYTES, Secret};

/// A secret that is made up once and kept in a file of `folder`, readable by its owner only, so
/// that what is made with it outlives a restart.
pub(crate) fn kept_secret(folder: &Path, file: &str) -> io::Result<Secret> {
    let path = folder.join(file);
    match fs::read_to_string(&path) {
        Ok(text) if text.trim().len() >= MIN_SECRET_BYTES => return Ok(Secret::new(text.trim())),
        Ok(_) => fs::remove_file(&path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    fs::create_dir_all(folder)?;
    let secret = random_secret();
    let draft = folder.join(format!("{file}.{}", Uuid::new_v4()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut draft_file = options.open(&draft)?;
    draft_file.write_all(secret.expose().as_bytes())?;
    draft_file.sync_all()?;
    // Unlike a rename, a link never replaces: of two processes that start together one wins, and
    // the other reads a whole secret.
    let linked = fs::hard_link(&draft, &path);
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => Ok(secret),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Ok(Secret::new(fs::read_to_string(&path)?.trim()))
        }
        Err(error) => Err(error),
    }
}

/// 366 random bits: three version 4 UUIDs, whose source is that of the operating system.
pub(crate) fn random_secret() -> Secret {
    let bytes: Vec<u8> = std::iter::repeat_with(Uuid::new_v4)
        .take(3)
        .flat_map(Uuid::into_bytes)
        .collect();
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "some-secret";

    #[test]
    fn it_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let beneath = folder.path().join("not/yet");
        let first = kept_secret(&beneath, FILE).expect("made");
        assert!(first.len() >= MIN_SECRET_BYTES);
        assert_eq!(kept_secret(&beneath, FILE).expect("read"), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(beneath.join(FILE))
                .expect("there")
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_too_short_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(FILE), "short").expect("written");
        assert!(kept_secret(folder.path(), FILE).expect("made").len() >= MIN_SECRET_BYTES);
    }
}
