use call_domain::{Address, Call, MediaState, SfuRoomId, UserId};

/// What a call, at one version, wants of the media plane.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) version: u64,
    /// The room through which media goes, if it does not go from peer to peer.
    pub(crate) room: Option<SfuRoomId>,
    /// Who is in the call.
    pub(crate) present: Vec<InCall>,
}

/// Somebody who is in a call.
#[derive(Debug, Clone)]
pub(crate) struct InCall {
    pub(crate) who: Address,
    /// The device can be told something just now.
    pub(crate) online: bool,
    /// What it says to send.
    pub(crate) media: MediaState,
}

impl Wish {
    /// What a call wants, where `is_online` says which devices have their sockets open.
    pub(crate) fn of(call: &Call, is_online: impl Fn(&Address) -> bool) -> Self {
        let present = call.devices().into_iter().map(|who| InCall {
            online: is_online(&who),
            media: call
                .participant(&who.user)
                .map_or_else(MediaState::default, |p| p.media),
            who,
        });
        Self {
            version: call.version(),
            room: call.parts().sfu_room_id,
            present: present.collect(),
        }
    }

    pub(crate) fn of_user(&self, user: &UserId) -> Option<&InCall> {
        self.present.iter().find(|p| p.who.user == *user)
    }

    /// The user is in the call with this device.
    pub(crate) fn has(&self, user: &UserId, device: &call_domain::DeviceId) -> bool {
        self.of_user(user).is_some_and(|p| p.who.device == *device)
    }
}
