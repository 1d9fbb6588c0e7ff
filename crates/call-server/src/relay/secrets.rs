use call_turn::{InvalidSecret, Secret};

use super::RelayError;
use crate::kept_secret::{kept_secret, random_secret};
use crate::settings::{self, Settings, TurnSettings};

const FILE: &str = "turn-secret";

/// The secrets of the settings.
pub(crate) fn configured(turn: &TurnSettings) -> Vec<Secret> {
    // What is left out here, an empty text, is in no list.
    let secrets = turn.secrets.iter().map(secret);
    secrets.filter_map(Result::ok).collect()
}

/// A secret that nobody ever knows.
pub(crate) fn throwaway() -> Result<Secret, InvalidSecret> {
    secret(&random_secret())
}

/// The secrets of the settings, or one kept beside the database, so that credentials outlive a
/// restart.
pub(super) fn configured_or_kept(settings: &Settings) -> Result<Vec<Secret>, RelayError> {
    let secrets = configured(&settings.turn);
    if !secrets.is_empty() {
        return Ok(secrets);
    }
    let folder = settings.data_dir();
    let kept = kept_secret(&folder, FILE).unwrap_or_else(|error| {
        tracing::warn!(
            %error,
            "turn.secrets is empty, and a secret cannot be kept in {}: TURN credentials end with \
             this process",
            folder.display()
        );
        random_secret()
    });
    Ok(vec![secret(&kept)?])
}

fn secret(text: &settings::Secret) -> Result<Secret, InvalidSecret> {
    Secret::new(text.expose())
}
