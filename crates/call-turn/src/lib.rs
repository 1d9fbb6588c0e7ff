//! A STUN and TURN relay (RFC 8489, RFC 8656) to put into a server, and the credentials for it or
//! any other.
//!
//! [`RelayServer`] is the relay with its sockets and threads, [`Relay`] the state machine by itself.
//!
//! The credentials need no account: the REST scheme (draft-uberti-behave-turn-rest-00) that coturn
//! calls `use-auth-secret`. Whoever issues and whoever verifies share a secret and nothing else:
//!
//! ```text
//! username   = <Unix time of expiry, in seconds>:<user id>
//! credential = base64(HMAC-SHA1(secret, username))
//! ```
//!
//! # Contract
//!
//! - No I/O, no clock: the time is passed in ([`RelayServer`] alone opens sockets).
//! - Secrets rotate: put the new one first. Credentials are issued with the first secret and
//!   verified against all, so that those issued before the rotation stay good until they expire.
//! - Verification of a password takes the same time whichever secret matches, and if none does.
//! - A secret is never printed: [`Secret`] and [`TurnCredential`] hide it in their `Debug`.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use call_domain::{Timestamp, UserId};
//! use call_turn::{IceUri, Secret, TurnAuthority};
//!
//! let authority = TurnAuthority::new(
//!     vec![Secret::new("new secret")?, Secret::new("old secret")?],
//!     vec!["turn:turn.example.com:3478?transport=udp".parse::<IceUri>()?],
//!     Duration::from_hours(24),
//! )?;
//! let alice: UserId = "alice".parse()?;
//! let now = Timestamp::from_micros(1_790_000_000_000_000);
//!
//! let issued = authority.issue(&alice, now);
//! let access = issued.credential.ok_or("a secret is configured")?;
//! assert_eq!(access.username, "1790086400:alice");
//! assert_eq!(authority.verify(&access.username, &access.password, now)?, alice);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authority;
mod relay;
mod secret;
mod server;
mod stun;
mod uri;

pub use authority::{
    IceServer, IceServers, InvalidTurnConfig, TurnAuthority, TurnCredential, VerifyError,
};
pub use relay::{
    AllocationSummary, Client, Command, Family, Now, PeerPolicy, Refusal, Relay, RelayAddress,
    RelayLimits, RelayPort, Target, Transmit, Transport,
};
pub use secret::{InvalidSecret, Secret};
pub use server::{
    CertificateFiles, Listener, RelayConfig, RelayServer, RelayStats, StartError, TransportStats,
};
pub use uri::{IceScheme, IceUri, InvalidIceUri};
