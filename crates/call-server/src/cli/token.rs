use std::time::Duration;

use anyhow::Context as _;
use call_domain::{ConversationId, UserId};
use clap::Args;

use crate::auth::{self, TokenRequest};
use crate::settings::Settings;

/// Prints a token for a user.
#[derive(Debug, Args)]
pub(super) struct Token {
    /// For whom: the user's id
    #[arg(long, value_name = "ID")]
    user: UserId,

    /// The name that others see
    #[arg(long)]
    name: Option<String>,

    /// How long it is good for: 90s, 30m, 1h, 7d
    #[arg(long, default_value = "1h", value_parser = duration)]
    ttl: Duration,

    /// A role, such as admin; may be given several times
    #[arg(long, value_name = "ROLE")]
    role: Vec<String>,

    /// A conversation whose group calls the user may join; may be given several times
    #[arg(long, value_name = "ID")]
    conversation: Vec<ConversationId>,
}

impl Token {
    pub(super) fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let tokens = auth::tokens(settings)?;
        let token = tokens
            .issue(&TokenRequest {
                user_id: self.user,
                name: self.name,
                ttl: self.ttl,
                roles: self.role,
                conversations: self.conversation,
            })
            .context(
                "there is no secret to sign with: auth.hs256_secrets is empty. Whoever holds the \
                 private key issues tokens",
            )?;
        println!("{token}");
        Ok(())
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.char_indices().find(|(_, c)| !c.is_ascii_digit()) {
        Some((at, _)) => text.split_at(at),
        None => (text, "s"),
    };
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("use a number and s, m, h or d, such as 30m".to_owned()),
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(seconds))
        .filter(|total| *total > 0)
        .map(Duration::from_secs)
        .ok_or_else(|| "must be more than nothing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, seconds) in [
            ("90", 90),
            ("90s", 90),
            ("30m", 1800),
            ("1h", 3600),
            ("7d", 604_800),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "h", "0s", "1w", "1.5h", "-1s", "99999999999999999999d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
