//! Reads the frames of clients.

use std::borrow::Cow;

use call_domain::CallId;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::media_command::wanted_views;
use super::{
    ClientCommand, ClientFrame, ErrorCode, IceCandidate, MediaCommand, MediaSession, Parsed,
    Signal, SignalBody, SignalError, StatsSample, Topology, WantedView,
};

/// The longest SDP between participants, in bytes.
pub const MAX_SDP: usize = 32 * 1024;
/// The longest SDP of a `media:answer`, in bytes.
pub const MAX_MEDIA_SDP: usize = 48 * 1024;
/// The longest candidate string, in bytes.
pub const MAX_CANDIDATE: usize = 1024;
/// The longest `id` of a message, in bytes.
pub const MAX_MESSAGE_ID: usize = 128;
/// The most samples of one `call:stats`.
pub const MAX_SAMPLES: usize = 64;
/// The longest token, in bytes.
const MAX_TOKEN: usize = 8 * 1024;

/// How long an SDP may be, and what is said of one that is longer.
struct SdpLimit {
    bytes: usize,
    exceeded: &'static str,
}

const SIGNAL_SDP: SdpLimit = SdpLimit {
    bytes: MAX_SDP,
    exceeded: "`sdp` is longer than 32 KiB",
};
const MEDIA_SDP: SdpLimit = SdpLimit {
    bytes: MAX_MEDIA_SDP,
    exceeded: "`sdp` is longer than 48 KiB",
};

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
    #[serde(borrow, default, deserialize_with = "present")]
    session: Option<&'a RawValue>,
    #[serde(default)]
    revision: Option<u32>,
    #[serde(borrow, default)]
    streams: Option<&'a RawValue>,
    #[serde(borrow, default)]
    topology: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reaction: Option<Cow<'a, str>>,
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
            "call:offer" => self.signal(|fields| fields.sdp(&SIGNAL_SDP).map(SignalBody::Offer)),
            "call:answer" => self.signal(|fields| fields.sdp(&SIGNAL_SDP).map(SignalBody::Answer)),
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
            "call:reaction" => {
                let call = self.call()?;
                let reaction = parse(self.reaction.as_deref(), "`reaction`")?;
                Ok(ClientFrame::Command(ClientCommand::Reaction {
                    call,
                    reaction,
                }))
            }
            "media:answer" => self.media(Self::answer),
            "media:candidate" => self.media(|fields| {
                Ok(MediaCommand::Candidate {
                    session: fields.needed_session()?,
                    candidate: fields.candidate()?,
                })
            }),
            "media:subscription" => {
                self.media(|fields| fields.streams().map(MediaCommand::Subscribe))
            }
            "media:restart" => self.media(|fields| fields.session().map(MediaCommand::Restart)),
            "media:switched" => self.media(|fields| fields.topology().map(MediaCommand::Switched)),
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

    fn media(
        mut self,
        command: impl FnOnce(&mut Self) -> Result<MediaCommand, SignalError>,
    ) -> Result<ClientFrame, SignalError> {
        let call = self.call()?;
        let command = command(&mut self)?;
        Ok(ClientFrame::Command(ClientCommand::Media { call, command }))
    }

    fn answer(&mut self) -> Result<MediaCommand, SignalError> {
        Ok(MediaCommand::Answer {
            session: self.needed_session()?,
            revision: self
                .revision
                .ok_or_else(|| SignalError::invalid("`revision` is missing"))?,
            sdp: self.sdp(&MEDIA_SDP)?,
        })
    }

    fn needed_session(&self) -> Result<MediaSession, SignalError> {
        self.session()?
            .ok_or_else(|| SignalError::invalid("`session` is null"))
    }

    fn session(&self) -> Result<Option<MediaSession>, SignalError> {
        let raw = self
            .session
            .ok_or_else(|| SignalError::invalid("`session` is missing"))?;
        let session: Option<Cow<'_, str>> = serde_json::from_str(raw.get())
            .map_err(|_| SignalError::invalid("`session` is neither null nor a string"))?;
        session
            .map(|session| parse(Some(&session), "`session`"))
            .transpose()
    }

    fn topology(&self) -> Result<Topology, SignalError> {
        let raw = self
            .topology
            .ok_or_else(|| SignalError::invalid("`topology` is missing"))?;
        serde_json::from_str(raw.get())
            .map_err(|_| SignalError::invalid("`topology` is neither p2p nor sfu"))
    }

    fn streams(&self) -> Result<Vec<WantedView>, SignalError> {
        let raw = self
            .streams
            .ok_or_else(|| SignalError::invalid("`streams` is missing"))?;
        wanted_views(raw.get())
    }

    fn sdp(&mut self, limit: &SdpLimit) -> Result<String, SignalError> {
        match self.sdp.take() {
            None => Err(SignalError::invalid("`sdp` is missing")),
            Some(sdp) if sdp.len() > limit.bytes => Err(SignalError::invalid(limit.exceeded)),
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
            return Err(SignalError::invalid("`samples` has more than 64 entries"));
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
