use std::io;
use std::path::Path;

use crate::kept_secret::kept_secret;
use crate::settings::Secret;

/// The secret that signs tokens in development when none is configured: made up once and kept in
/// `folder`, readable by its owner only, so that tokens outlive a restart.
pub fn dev_secret(folder: &Path) -> io::Result<Secret> {
    kept_secret(folder, "dev-secret")
}
