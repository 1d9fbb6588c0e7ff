use std::borrow::Cow;

use call_domain::{CallId, DeviceId, UserId};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::{ErrorCode, SignalError, StatsSample};

/// The longest SDP, in bytes.
pub const MAX_SDP: usize = 32 * 1024;
/// The longest candidate string, in bytes.
pub const MAX_CANDIDATE: usize = 1024;
/// The longest `id` of a message, in bytes.
pub const MAX_MESSAGE_ID: usize = 128;
/// The most samples of one `call:stats`.
pub const MAX_SAMPLES: usize = 8;
/// The longest token, in bytes.
const MAX_TOKEN: usize = 8 * 1024;

/// What a client sends, one JSON object in a text frame. Any of them may carry an `id`.
///
/// This is the shape for those who write messages; [`ClientFrame::parse`] reads them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ClientMessage {
    /// Opens the session.
    #[serde(rename = "session:hello")]
    SessionHello {
        /// A JWT.
        token: String,
        /// Which device; stable over reconnects.
        device_id: String,
    },
    /// Shows a new token before the old one expires.
    #[serde(rename = "session:refresh")]
    SessionRefresh {
        /// A JWT of the same user.
        token: String,
    },
    /// Asks for `session:pong`.
    #[serde(rename = "session:ping")]
    SessionPing,
    /// An SDP offer (RFC 8829) for another participant.
    #[serde(rename = "call:offer")]
    CallOffer {
        /// Which call.
        call_id: String,
        /// To whom.
        to: String,
        /// The session description, 32 KiB at most.
        sdp: String,
    },
    /// An SDP answer (RFC 8829) for another participant.
    #[serde(rename = "call:answer")]
    CallAnswer {
        /// Which call.
        call_id: String,
        /// To whom.
        to: String,
        /// The session description, 32 KiB at most.
        sdp: String,
    },
    /// An ICE candidate (RFC 8838) for another participant; null is the end of candidates.
    #[serde(rename = "call:ice-candidate")]
    CallIceCandidate {
        /// Which call.
        call_id: String,
        /// To whom.
        to: String,
        /// The candidate.
        candidate: Option<IceCandidate>,
    },
    /// This device rings now.
    #[serde(rename = "call:alerting")]
    CallAlerting {
        /// Which call.
        call_id: String,
    },
    /// Media flows on this device.
    #[serde(rename = "call:connected")]
    CallConnected {
        /// Which call.
        call_id: String,
    },
    /// What this device measured.
    #[serde(rename = "call:stats")]
    CallStats {
        /// Which call.
        call_id: String,
        /// One sample for each peer, 8 at most.
        samples: Vec<StatsSample>,
    },
    /// Asks for the call as it is now, answered by `call:updated`.
    #[serde(rename = "call:sync")]
    CallSync {
        /// Which call.
        call_id: String,
    },
}

/// `RTCIceCandidateInit` of W3C webrtc.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct IceCandidate {
    /// The candidate attribute (RFC 8839), 1 KiB at most, without line breaks.
    pub candidate: String,
    /// The media section by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional = nullable))]
    pub sdp_mid: Option<String>,
    /// The media section by number.
    #[serde(
        rename = "sdpMLineIndex",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "typescript", ts(optional = nullable))]
    pub sdp_m_line_index: Option<u16>,
    /// The ICE user name fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional = nullable))]
    pub username_fragment: Option<String>,
}

/// A frame of a client, read and within its bounds.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientFrame {
    /// `session:hello`.
    Hello {
        /// A JWT, not checked yet.
        token: String,
        /// Which device.
        device: DeviceId,
    },
    /// `session:refresh`.
    Refresh {
        /// A JWT, not checked yet.
        token: String,
    },
    /// `session:ping`.
    Ping,
    /// For another participant.
    Signal(Signal),
    /// For the server.
    Command(ClientCommand),
}

/// Something that is passed on to another participant.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Which call.
    pub call: CallId,
    /// To whom.
    pub to: UserId,
    /// What.
    pub body: SignalBody,
}

/// What is passed on.
#[derive(Debug, Clone, PartialEq)]
pub enum SignalBody {
    /// An SDP offer.
    Offer(String),
    /// An SDP answer.
    Answer(String),
    /// An ICE candidate; `None` is the end of candidates.
    IceCandidate(Option<IceCandidate>),
}

/// Something that a device asks of, or tells, the server about a call.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientCommand {
    /// The device rings now.
    Alerting(CallId),
    /// Media flows on the device.
    Connected(CallId),
    /// The device wants the call as it is now.
    Sync(CallId),
    /// What the device measured.
    Stats {
        /// In which call.
        call: CallId,
        /// One sample for each peer.
        samples: Vec<StatsSample>,
    },
}

impl ClientCommand {
    /// Which call it is about.
    pub const fn call(&self) -> CallId {
        match self {
            Self::Alerting(call)
            | Self::Connected(call)
            | Self::Sync(call)
            | Self::Stats { call, .. } => *call,
        }
    }
}

/// A frame that was read, or why it was not, with what an answer to it must name.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The message's `id`.
    pub id: Option<String>,
    /// The call that it names.
    pub call_id: Option<String>,
    /// The message.
    pub frame: Result<ClientFrame, SignalError>,
}

/// Every field that any message has. Read in one go: the frames of a hot path are not buffered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    token: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    device_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    call_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    to: Option<Cow<'a, str>>,
    #[serde(default)]
    sdp: Option<String>,
    #[serde(borrow, default, deserialize_with = "present")]
    candidate: Option<&'a RawValue>,
    #[serde(borrow, default)]
    samples: Option<&'a RawValue>,
}

/// Keeps a null apart from a field that is missing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl ClientFrame {
    /// Reads a frame. Never panics, and allocates no more than a few times the text's size.
    pub fn parse(text: &str) -> Parsed {
        let fields: Fields<'_> = match serde_json::from_str(text) {
            Ok(fields) => fields,
            // The position only: the message of serde would quote what was sent.
            Err(error) => {
                let detail = format!(
                    "not a message: line {}, column {}",
                    error.line(),
                    error.column()
                );
                return Parsed {
                    id: None,
                    call_id: None,
                    frame: Err(SignalError::invalid(detail)),
                };
            }
        };
        let bounded = |s: &Option<Cow<'_, str>>| {
            s.as_ref()
                .filter(|s| s.len() <= MAX_MESSAGE_ID)
                .map(|s| s.clone().into_owned())
        };
        if fields
            .id
            .as_ref()
            .is_some_and(|id| id.len() > MAX_MESSAGE_ID)
        {
            let frame = Err(SignalError::invalid("`id` is longer than 128 bytes"));
            return Parsed {
                id: None,
                call_id: None,
                frame,
            };
        }
        let (id, call_id) = (bounded(&fields.id), bounded(&fields.call_id));
        Parsed {
            id,
            call_id,
            frame: fields.read(),
        }
    }
}

impl Fields<'_> {
    fn read(self) -> Result<ClientFrame, SignalError> {
        match self.r#type.as_ref() {
            "session:hello" => Ok(ClientFrame::Hello {
                token: self.token()?,
                device: parse(self.device_id.as_deref(), "`deviceId`")?,
            }),
            "session:refresh" => Ok(ClientFrame::Refresh {
                token: self.token()?,
            }),
            "session:ping" => Ok(ClientFrame::Ping),
            "call:offer" => self.signal(|fields| fields.sdp().map(SignalBody::Offer)),
            "call:answer" => self.signal(|fields| fields.sdp().map(SignalBody::Answer)),
            "call:ice-candidate" => {
                self.signal(|fields| fields.candidate().map(SignalBody::IceCandidate))
            }
            "call:alerting" => Ok(ClientFrame::Command(ClientCommand::Alerting(self.call()?))),
            "call:connected" => Ok(ClientFrame::Command(ClientCommand::Connected(self.call()?))),
            "call:sync" => Ok(ClientFrame::Command(ClientCommand::Sync(self.call()?))),
            "call:stats" => {
                let (call, samples) = (self.call()?, self.samples()?);
                Ok(ClientFrame::Command(ClientCommand::Stats { call, samples }))
            }
            _ => Err(SignalError::new(
                ErrorCode::UnknownType,
                "no message has this `type`",
            )),
        }
    }

    fn token(&self) -> Result<String, SignalError> {
        match self.token.as_deref() {
            Some(token) if token.len() <= MAX_TOKEN => Ok(token.to_owned()),
            Some(_) => Err(SignalError::invalid("`token` is longer than 8 KiB")),
            None => Err(SignalError::invalid("`token` is missing")),
        }
    }

    fn call(&self) -> Result<CallId, SignalError> {
        parse(self.call_id.as_deref(), "`callId`")
    }

    fn signal(
        mut self,
        body: impl FnOnce(&mut Self) -> Result<SignalBody, SignalError>,
    ) -> Result<ClientFrame, SignalError> {
        let (call, to) = (self.call()?, parse(self.to.as_deref(), "`to`")?);
        Ok(ClientFrame::Signal(Signal {
            call,
            to,
            body: body(&mut self)?,
        }))
    }

    fn sdp(&mut self) -> Result<String, SignalError> {
        match self.sdp.take() {
            None => Err(SignalError::invalid("`sdp` is missing")),
            Some(sdp) if sdp.len() > MAX_SDP => {
                Err(SignalError::invalid("`sdp` is longer than 32 KiB"))
            }
            Some(sdp) if sdp.contains('\0') => Err(SignalError::invalid("`sdp` contains NUL")),
            Some(sdp) => Ok(sdp),
        }
    }

    fn candidate(&mut self) -> Result<Option<IceCandidate>, SignalError> {
        let raw = self
            .candidate
            .ok_or_else(|| SignalError::invalid("`candidate` is missing"))?;
        let candidate: Option<IceCandidate> = serde_json::from_str(raw.get()).map_err(|_| {
            SignalError::invalid("`candidate` is neither null nor an RTCIceCandidateInit")
        })?;
        if let Some(candidate) = &candidate {
            let named = [&candidate.sdp_mid, &candidate.username_fragment];
            let texts = named.into_iter().flatten().chain([&candidate.candidate]);
            for text in texts {
                if text.len() > MAX_CANDIDATE {
                    return Err(SignalError::invalid("`candidate` is longer than 1 KiB"));
                }
                if text.chars().any(char::is_control) {
                    return Err(SignalError::invalid(
                        "`candidate` has a line break or control character",
                    ));
                }
            }
        }
        Ok(candidate)
    }

    fn samples(&self) -> Result<Vec<StatsSample>, SignalError> {
        let raw = self
            .samples
            .ok_or_else(|| SignalError::invalid("`samples` is missing"))?;
        let samples: Vec<StatsSample> = serde_json::from_str(raw.get())
            .map_err(|_| SignalError::invalid("`samples` is no list of samples"))?;
        if samples.len() > MAX_SAMPLES {
            return Err(SignalError::invalid("`samples` has more than 8 entries"));
        }
        Ok(samples)
    }
}

fn parse<T: std::str::FromStr>(value: Option<&str>, field: &'static str) -> Result<T, SignalError> {
    let value = value.ok_or_else(|| SignalError::invalid(format!("{field} is missing")))?;
    value
        .parse()
        .map_err(|_| SignalError::invalid(format!("{field} is not valid")))
}
