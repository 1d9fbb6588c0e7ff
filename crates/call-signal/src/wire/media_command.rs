use std::collections::BTreeMap;
use std::str::FromStr;

use call_domain::UserId;
use serde::Deserialize;

use super::{IceCandidate, SignalError, Topology, VideoSource};

/// The most pictures of one `media:subscription`.
pub const MAX_STREAMS: usize = 64;
/// The largest width and height that a picture can be wanted in, in pixels.
pub const MAX_DIMENSION: u32 = 8192;
/// The longest name of a media session, in bytes.
pub const MAX_SESSION: usize = 64;
/// The longest reaction, in bytes.
pub const MAX_REACTION: usize = 32;

/// What a device asks of, or tells, the forwarding unit behind the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaCommand {
    /// `media:answer`.
    Answer {
        /// The session of the offer.
        session: MediaSession,
        /// Which offer of that session.
        revision: u32,
        /// The SDP, within its size and not looked at.
        sdp: String,
    },
    /// `media:candidate`; `None` is the end of candidates.
    Candidate {
        /// The session that it belongs to.
        session: MediaSession,
        /// The candidate.
        candidate: Option<IceCandidate>,
    },
    /// `media:subscription`: the whole wish, each picture once.
    Subscribe(Vec<WantedView>),
    /// `media:restart`: of a session, or `None` for a new one.
    Restart(Option<MediaSession>),
    /// `media:switched`: the device renders everything over this topology now.
    Switched(Topology),
}

/// Names a peer connection of a device with the server. Given out by the server; what a client
/// sends back may be any short word.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MediaSession(String);

impl MediaSession {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no name of a session: 1 to 64 letters, digits, `-`, `_`, `.` or `:` of ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a media session")]
pub struct BadMediaSession;

impl FromStr for MediaSession {
    type Err = BadMediaSession;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.:".contains(&c);
        if (1..=MAX_SESSION).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadMediaSession)
        }
    }
}

/// One picture that a device wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedView {
    /// Whose.
    pub user: UserId,
    /// Camera or screen.
    pub source: VideoSource,
    /// Its width on the screen in device pixels, at most [`MAX_DIMENSION`]; 0: it cannot be seen just now.
    pub width: u32,
    /// Its height, in the same way.
    pub height: u32,
    /// It comes first where not everything fits.
    pub pinned: bool,
}

/// Reads `streams`. A picture that is listed more than once is wanted in its largest size.
pub(super) fn wanted_views(json: &str) -> Result<Vec<WantedView>, SignalError> {
    let listed: Vec<Listed> = serde_json::from_str(json)
        .map_err(|_| SignalError::invalid("`streams` is no list of pictures"))?;
    if listed.len() > MAX_STREAMS {
        return Err(SignalError::invalid("`streams` has more than 64 entries"));
    }
    let mut places: BTreeMap<(UserId, VideoSource), usize> = BTreeMap::new();
    let mut views: Vec<WantedView> = Vec::with_capacity(listed.len());
    for entry in listed {
        let user: UserId = entry
            .user_id
            .parse()
            .map_err(|_| SignalError::invalid("a `userId` of `streams` is not valid"))?;
        let view = WantedView {
            user,
            source: entry.source,
            width: pixels(entry.width),
            height: pixels(entry.height),
            pinned: entry.pinned,
        };
        let place = *places
            .entry((view.user.clone(), view.source))
            .or_insert(views.len());
        match views.get_mut(place) {
            None => views.push(view),
            Some(known) => {
                known.width = known.width.max(view.width);
                known.height = known.height.max(view.height);
                known.pinned |= view.pinned;
            }
        }
    }
    Ok(views)
}

/// An entry as it is sent: CSS pixels times the device's pixel ratio are seldom whole numbers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    user_id: String,
    source: VideoSource,
    width: f64,
    height: f64,
    #[serde(default)]
    pinned: bool,
}

/// Rounded up, so that no visible picture becomes invisible.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped just before
fn pixels(length: f64) -> u32 {
    length.ceil().clamp(0.0, f64::from(MAX_DIMENSION)) as u32
}

/// An emoji, or a few, that somebody shows to everybody in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction(String);

impl Reaction {
    /// The emoji.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no emoji, or longer than 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an emoji of 32 bytes at most")]
pub struct BadReaction;

impl FromStr for Reaction {
    type Err = BadReaction;

    /// Takes the characters that emoji are made of (UTS 51) and nothing else: no letters, hence no
    /// words; no controls, no marks that pile up, nothing that turns the direction of writing.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text.len() > MAX_REACTION {
            return Err(BadReaction);
        }
        let mut seen = false;
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            match c {
                // A keycap: 1️⃣, the only use of an ASCII character.
                '0'..='9' | '#' | '*' => {
                    let joined = rest.as_str().trim_start_matches('\u{FE0F}');
                    let Some(after) = joined.strip_prefix('\u{20E3}') else {
                        return Err(BadReaction);
                    };
                    rest = after.chars();
                    seen = true;
                }
                c if is_pictograph(c) => seen = true,
                c if is_joiner(c) && seen => {}
                _ => return Err(BadReaction),
            }
        }
        Ok(Self(text.to_owned()))
    }
}

/// The blocks of Unicode in which emoji stand.
const fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{23FF}' | '\u{24C2}'
        | '\u{25A0}'..='\u{27BF}' | '\u{2934}' | '\u{2935}' | '\u{2B00}'..='\u{2BFF}'
        | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}')
}

/// What changes or joins the pictograph before it: variation selectors, the zero-width joiner, and
/// the tags of the flags of regions.
const fn is_joiner(c: char) -> bool {
    matches!(
        c,
        '\u{200D}' | '\u{FE0E}' | '\u{FE0F}' | '\u{E0020}'..='\u{E007F}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_are_reactions_and_words_are_not() {
        for emoji in [
            "👍",
            "❤️",
            "👩🏽‍🚀",
            "🇺🇸",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
            "1️⃣",
            "#⃣",
            "🎉🎉",
            "™️",
            "⌚",
            "☕",
        ] {
            assert!(emoji.parse::<Reaction>().is_ok(), "{emoji}");
        }
        for text in [
            "",
            " ",
            "a",
            "1",
            "12⃣",
            "hello",
            "<b>",
            "👍a",
            "👍\n",
            "\u{0}",
            "\u{202E}👍",
            "\u{200D}",
            "\u{FE0F}",
            "e\u{301}",
            "👍\u{301}",
            "你",
            "👍👍👍👍👍👍👍👍👍",
        ] {
            assert_eq!(text.parse::<Reaction>(), Err(BadReaction), "{text:?}");
        }
    }

    #[test]
    fn sessions_are_short_words() {
        for name in ["a", "s-1.2_3:4", &"x".repeat(MAX_SESSION)] {
            assert!(name.parse::<MediaSession>().is_ok(), "{name}");
        }
        for name in ["", "a b", "a\n", "é", &"x".repeat(MAX_SESSION + 1)] {
            assert_eq!(name.parse::<MediaSession>(), Err(BadMediaSession), "{name}");
        }
    }

    #[test]
    fn sizes_are_clamped_and_pictures_merged() {
        let views = wanted_views(
            r#"[{"userId":"bob","source":"video","width":320.4,"height":-1},
                {"userId":"bob","source":"screen","width":1e300,"height":0.1,"pinned":true},
                {"userId":"bob","source":"video","width":100,"height":180,"pinned":true}]"#,
        );
        let bob = |source, width, height| WantedView {
            user: "bob".parse().unwrap_or_else(|_| unreachable!()),
            source,
            width,
            height,
            pinned: true,
        };
        let expected = vec![
            bob(VideoSource::Video, 321, 180),
            bob(VideoSource::Screen, MAX_DIMENSION, 1),
        ];
        assert_eq!(views, Ok(expected));
    }
}
