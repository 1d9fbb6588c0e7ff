use call_domain::{ConversationId, Timestamp, UserId};
use serde::Deserialize;

/// The longest name that is kept, in characters.
const MAX_NAME_CHARS: usize = 128;

/// The role that opens the routes of operators.
const ADMIN: &str = "admin";

/// The claims of a token that this server reads. Others are ignored.
#[derive(Debug, Clone, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: String,
    /// When the token expires, in seconds since the Unix epoch.
    pub exp: f64,
    /// The name to show.
    #[serde(default)]
    pub name: Option<String>,
    /// What the user may do beyond its own calls.
    #[serde(default, deserialize_with = "null_is_none")]
    pub roles: Vec<String>,
    /// The conversations whose group calls the user may join uninvited.
    #[serde(default, deserialize_with = "null_is_none")]
    pub conversations: Vec<String>,
}

/// Some issuers write null for what they do not know.
fn null_is_none<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// Somebody whose token is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub user_id: UserId,
    /// The name to show, if the token has one.
    pub name: Option<String>,
    /// May read and end any call.
    pub admin: bool,
    /// The conversations whose group calls the user may join uninvited.
    pub conversations: Vec<ConversationId>,
    /// When the token expires.
    pub expires_at: Timestamp,
}

impl Caller {
    /// Reads verified claims; `None` when `sub` is no user id.
    pub fn from_claims(claims: &Claims) -> Option<Self> {
        Some(Self {
            user_id: claims.sub.parse().ok()?,
            name: claims.name.as_deref().and_then(presentable),
            admin: claims.roles.iter().any(|role| role == ADMIN),
            // What is no id is the id of no conversation.
            conversations: claims
                .conversations
                .iter()
                .filter_map(|id| id.parse().ok())
                .collect(),
            expires_at: seconds(claims.exp),
        })
    }
}

/// A name as it may be shown to others: no control characters, of bounded length.
pub(crate) fn presentable(name: &str) -> Option<String> {
    let clean: String = name
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_NAME_CHARS)
        .collect();
    (!clean.is_empty()).then_some(clean)
}

/// RFC 7519 allows fractions of a second; whoever has no end gets the far future.
#[expect(
    clippy::cast_possible_truncation,
    reason = "casts from f64 saturate, which is what is wanted"
)]
fn seconds(exp: f64) -> Timestamp {
    Timestamp::from_micros((exp * 1_000_000.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(sub: &str, name: &str, roles: &[&str]) -> Claims {
        Claims {
            sub: sub.to_owned(),
            exp: 1_790_000_000.5,
            name: Some(name.to_owned()),
            roles: roles.iter().map(ToString::to_string).collect(),
            conversations: vec!["team-42".to_owned(), "a b".to_owned()],
        }
    }

    #[test]
    fn names_are_cut_and_cleaned() {
        let long = "n".repeat(500);
        let caller = Caller::from_claims(&claims("alice", &long, &[])).expect("a user id");
        assert_eq!(caller.name.map(|name| name.len()), Some(128));
        let caller =
            Caller::from_claims(&claims("alice", " A\u{0}li\nce ", &[])).expect("a user id");
        assert_eq!(caller.name.as_deref(), Some("Alice"));
        let caller = Caller::from_claims(&claims("alice", "  ", &[])).expect("a user id");
        assert_eq!(caller.name, None);
    }

    #[test]
    fn only_the_role_admin_makes_an_administrator() {
        let admin = |roles: &[&str]| Caller::from_claims(&claims("a", "A", roles)).map(|c| c.admin);
        assert_eq!(admin(&["admin"]), Some(true));
        assert_eq!(admin(&["Admin", "administrator"]), Some(false));
        assert_eq!(admin(&[]), Some(false));
    }

    #[test]
    fn conversations_are_ids() {
        let caller = Caller::from_claims(&claims("alice", "A", &[])).expect("a user id");
        let ids: Vec<_> = caller
            .conversations
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(ids, ["team-42"]);
    }

    #[test]
    fn a_subject_that_is_no_user_id_is_nobody() {
        assert_eq!(Caller::from_claims(&claims("", "A", &[])), None);
        assert_eq!(Caller::from_claims(&claims("a b", "A", &[])), None);
        assert_eq!(
            Caller::from_claims(&claims(&"x".repeat(129), "A", &[])),
            None
        );
    }

    #[test]
    fn expiry_keeps_fractions_and_never_overflows() {
        assert_eq!(seconds(1.5), Timestamp::from_micros(1_500_000));
        assert_eq!(seconds(1e300), Timestamp::from_micros(i64::MAX));
    }
}
