//! What devices are told, as frames: each is serialised once for all its recipients.

use std::cell::OnceCell;

use bytestring::ByteString;
use call_domain::{Address, CallId, Notice, UserId};
use call_media::{QualityChange, Reason};
use call_signal::wire::{self, Caller, QualityReason, ServerMessage, Signal, SignalBody};

use crate::{CallView, Present};

/// The messages about one version of a call.
pub(crate) struct Messages<'a> {
    view: &'a CallView,
    /// The call as clients see it, once a message needs it whole.
    whole: OnceCell<wire::Call>,
    /// The same is often told to several groups of recipients.
    latest: Option<(Notice, ByteString)>,
}

impl<'a> Messages<'a> {
    pub(crate) fn about(view: &'a CallView) -> Self {
        Self {
            view,
            whole: OnceCell::new(),
            latest: None,
        }
    }

    /// The frame that tells a notice. (`None` would be a notice about somebody who has no part in
    /// the call.)
    pub(crate) fn frame(&mut self, notice: &Notice) -> Option<ByteString> {
        if let Some((latest, frame)) = &self.latest
            && latest == notice
        {
            return Some(frame.clone());
        }
        let frame = self.message(notice)?.to_frame();
        self.latest = Some((notice.clone(), frame.clone()));
        Some(frame)
    }

    fn message(&self, notice: &Notice) -> Option<ServerMessage> {
        let call = &self.view.call;
        let (call_id, version) = (call.id().to_string(), call.version());
        Some(match notice {
            Notice::Incoming => ServerMessage::CallIncoming {
                call: self.whole(),
                from: Caller {
                    user_id: call.initiator_id().to_string(),
                    name: call
                        .participant(call.initiator_id())
                        .and_then(|p| p.name.clone()),
                },
            },
            Notice::Ringing { user } => ServerMessage::CallRinging {
                call_id,
                version,
                user_id: user.to_string(),
            },
            Notice::ParticipantJoined { user } => ServerMessage::CallParticipantJoined {
                call_id,
                version,
                participant: self.view.participant_to_wire(user)?,
            },
            Notice::ParticipantLeft { user, reason } => ServerMessage::CallParticipantLeft {
                call_id,
                version,
                user_id: user.to_string(),
                reason: reason.to_string(),
            },
            Notice::MediaStateChanged { user } => ServerMessage::CallMediaStateChanged {
                call_id,
                version,
                user_id: user.to_string(),
                media: call.participant(user)?.media.into(),
            },
            Notice::RecordingChanged { stopped } => ServerMessage::CallRecordingChanged {
                call_id,
                version,
                recording: self.whole().recording,
                stopped: stopped.as_ref().map(Into::into),
            },
            Notice::Updated => ServerMessage::CallUpdated {
                call_id,
                version,
                call: self.whole(),
            },
            Notice::Ended { reason } => ServerMessage::CallEnded {
                call_id,
                version,
                reason: (*reason).into(),
                ended_by: call.ended_by().map(ToString::to_string),
                call: self.whole(),
            },
        })
    }

    fn whole(&self) -> wire::Call {
        self.whole.get_or_init(|| self.view.to_wire()).clone()
    }
}

/// One message about a call, for one device.
pub(crate) fn single(view: &CallView, notice: &Notice) -> Option<ByteString> {
    Messages::about(view).frame(notice)
}

pub(crate) fn signal(from: &Address, signal: Signal) -> ByteString {
    let (call_id, from) = (signal.call.to_string(), from.user.to_string());
    let message = match signal.body {
        SignalBody::Offer(sdp) => ServerMessage::CallOffer { call_id, from, sdp },
        SignalBody::Answer(sdp) => ServerMessage::CallAnswer { call_id, from, sdp },
        SignalBody::IceCandidate(candidate) => ServerMessage::CallIceCandidate {
            call_id,
            from,
            candidate,
        },
    };
    message.to_frame()
}

pub(crate) fn quality_changed(call: CallId, user: &UserId, change: &QualityChange) -> ByteString {
    let reasons = change.reasons.iter().map(|reason| match reason {
        Reason::HighRoundTripTime => QualityReason::HighRoundTripTime,
        Reason::PacketLoss => QualityReason::PacketLoss,
        Reason::Jitter => QualityReason::Jitter,
        Reason::LowBitrate => QualityReason::LowBitrate,
        Reason::FrozenVideo => QualityReason::FrozenVideo,
        Reason::CpuLimited => QualityReason::CpuLimited,
        Reason::BandwidthLimited => QualityReason::BandwidthLimited,
        Reason::NoMedia => QualityReason::NoMedia,
    });
    let message = ServerMessage::CallQualityChanged {
        call_id: call.to_string(),
        user_id: user.to_string(),
        quality: change.quality.into(),
        reasons: reasons.collect(),
    };
    message.to_frame()
}

pub(crate) fn presence_changed(who: &Present, online: bool) -> ByteString {
    let message = ServerMessage::PresenceChanged {
        user_id: who.user_id.to_string(),
        name: who.name.clone(),
        online,
    };
    message.to_frame()
}
