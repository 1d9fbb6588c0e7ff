use std::collections::VecDeque;
use std::time::Duration;

use bytestring::ByteString;
use call_domain::{DeviceId, Timestamp};
use call_media::sfu::{Publication, SessionId, StreamState, View, WantedLayer};

/// How many sessions of a member are known: the one in use, the one that takes its place, and those that a client
/// which begins anew all the time left behind.
const MOST_SESSIONS: usize = 4;

/// How long an offer and a wish for one may cross each other on the way.
const CROSSING: Duration = Duration::from_secs(1);

/// A device in a room.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) device: DeviceId,
    /// What it may send, as the media plane was last told.
    pub(crate) publication: Publication,
    /// The sessions that it was offered, the newest last.
    sessions: VecDeque<SessionId>,
    /// When the media plane was asked for a session that it has not offered yet.
    awaited: Option<Timestamp>,
    /// The last offer, until it is answered.
    offer: Option<Outstanding>,
    pub(crate) latest: Latest,
}

/// Which offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferKey {
    pub(crate) session: SessionId,
    pub(crate) revision: u32,
}

#[derive(Debug)]
struct Outstanding {
    key: OfferKey,
    frame: ByteString,
    /// When it was given to the device's present socket; `None` if it was not.
    sent: Option<Timestamp>,
}

/// The pictures that a member asked for, and how they come; and which of its own the others look at.
#[derive(Debug, Default)]
pub(crate) struct Latest {
    /// As the media plane said it last; `None` before that.
    pub(crate) streams: Option<Vec<StreamState>>,
    /// Asked for in no size: the media plane knows nothing of them.
    pub(crate) hidden: Vec<View>,
    /// What of its own pictures is looked at, as the media plane said it last; `None` before that.
    pub(crate) wanted: Option<Vec<WantedLayer>>,
}

impl Member {
    /// Who comes in now, and is to be offered a session.
    pub(crate) fn new(device: DeviceId, publication: Publication, now: Timestamp) -> Self {
        Self {
            device,
            publication,
            sessions: VecDeque::new(),
            awaited: Some(now),
            offer: None,
            latest: Latest::default(),
        }
    }

    pub(crate) fn knows(&self, session: &SessionId) -> bool {
        self.sessions.contains(session)
    }

    /// Takes in an offer and sends it by `send`, which says whether the device is connected.
    pub(crate) fn offered(
        &mut self,
        key: OfferKey,
        frame: ByteString,
        now: Timestamp,
        send: impl FnOnce(&ByteString) -> bool,
    ) {
        if !self.knows(&key.session) {
            if self.sessions.len() >= MOST_SESSIONS {
                self.sessions.pop_front();
            }
            self.sessions.push_back(key.session.clone());
            self.awaited = None;
        }
        let given = send(&frame).then_some(now);
        self.offer = Some(Outstanding {
            key,
            frame,
            sent: given,
        });
    }

    /// The device answered an offer: that one need not be sent again.
    pub(crate) fn answered(&mut self, key: &OfferKey) {
        if self.offer.as_ref().is_some_and(|offer| offer.key == *key) {
            self.offer = None;
        }
    }

    /// The device has another socket: what was sent by the last one may be lost.
    pub(crate) fn reconnected(&mut self) {
        if let Some(offer) = &mut self.offer {
            offer.sent = None;
        }
    }

    /// Sends the last offer, unless it was sent by this socket or answered.
    pub(crate) fn deliver(&mut self, now: Timestamp, send: impl FnOnce(&ByteString) -> bool) {
        if let Some(offer) = &mut self.offer
            && offer.sent.is_none()
        {
            offer.sent = send(&offer.frame).then_some(now);
        }
    }

    /// Whether a new session is to be asked for, at the device's wish. It is not while one is on its way: whoever asks
    /// has not seen it yet.
    pub(crate) fn asks_anew(&mut self, now: Timestamp) -> bool {
        let lately = |at: Timestamp| now.since(at) < CROSSING;
        let on_its_way = self
            .offer
            .as_ref()
            .is_some_and(|offer| offer.key.revision == 1 && offer.sent.is_none_or(lately));
        if on_its_way || self.awaited.is_some_and(lately) {
            return false;
        }
        self.awaited = Some(now);
        true
    }
}
