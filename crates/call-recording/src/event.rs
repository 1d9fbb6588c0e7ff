use call_domain::UserId;
use serde::{Deserialize, Serialize};

/// Something that happened in the call while it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Event {
    /// Somebody came in.
    ParticipantJoined {
        /// Who.
        user_id: UserId,
    },
    /// Somebody left.
    ParticipantLeft {
        /// Who.
        user_id: UserId,
    },
    /// Somebody turned something on or off; also said once for everybody who is there when the recording begins.
    MediaChanged {
        /// Who.
        user_id: UserId,
        /// The microphone is on.
        audio: bool,
        /// The camera is on.
        video: bool,
        /// The screen is shared.
        screen: bool,
    },
    /// Somebody said whether they may be recorded.
    Consent {
        /// Who.
        user_id: UserId,
        /// Yes or no.
        given: bool,
    },
    /// The recording began.
    RecordingStarted {
        /// By whose wish; absent: the server's policy.
        user_id: Option<UserId>,
    },
    /// The recording stopped.
    RecordingStopped {
        /// By whose wish; absent: it went with the call, or could not go on.
        user_id: Option<UserId>,
    },
    /// The recorder went on after a crash or a restart: what came meanwhile is missing.
    RecorderRestarted,
}

/// An [`Event`] and its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimedEvent {
    /// Milliseconds from the recording's beginning.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_flat_and_in_the_words_of_the_manifest() {
        let user_id: UserId = "bob".parse().unwrap();
        for (event, json) in [
            (
                Event::ParticipantJoined {
                    user_id: user_id.clone(),
                },
                r#"{"atMs":7,"type":"participant-joined","userId":"bob"}"#,
            ),
            (
                Event::MediaChanged {
                    user_id: user_id.clone(),
                    audio: true,
                    video: false,
                    screen: true,
                },
                r#"{"atMs":7,"type":"media-changed","userId":"bob","audio":true,"video":false,"screen":true}"#,
            ),
            (
                Event::Consent {
                    user_id,
                    given: false,
                },
                r#"{"atMs":7,"type":"consent","userId":"bob","given":false}"#,
            ),
            (
                Event::RecorderRestarted,
                r#"{"atMs":7,"type":"recorder-restarted"}"#,
            ),
        ] {
            let timed = TimedEvent { at_ms: 7, event };
            assert_eq!(serde_json::to_string(&timed).unwrap(), json);
            assert_eq!(serde_json::from_str::<TimedEvent>(json).unwrap(), timed);
        }
    }
}
