use call_domain::Address;
use call_media::sfu::{Command, Source, Subscription, View};
use call_signal::wire::{VideoSource, WantedView};

use super::MediaError;
use crate::Engine;
use crate::roster::LiveCall;

impl Engine {
    /// A device says what it wants to see, all of it (`media:subscription`).
    pub(super) fn subscribe(
        &self,
        live: &LiveCall,
        who: &Address,
        wanted: &[WantedView],
    ) -> Result<(), MediaError> {
        // It may be quicker than what makes its place in the room.
        self.follow_rooms(live);
        let call = live.call.id();
        let (visible, hidden): (Vec<_>, Vec<_>) = wanted
            .iter()
            .map(view)
            .partition(|view| view.width > 0 && view.height > 0);
        let passed_on = self.with_rooms(call, &live.line, |rooms, orders| {
            let room = rooms.of_device(who)?.clone();
            let member = rooms.room_mut(&room)?.member_mut(&who.user)?;
            let more_hidden = hidden
                .iter()
                .any(|view| !member.latest.hidden.contains(view));
            member.latest.hidden = hidden;
            if more_hidden {
                // The media plane does not know of these, and may have nothing new to tell.
                self.tell_streams(call, rooms, who);
            }
            let subscribe = Command::Subscribe {
                peer: who.user.clone(),
                subscription: Subscription { views: visible },
            };
            orders.push((room, subscribe));
            Some(())
        });
        passed_on.flatten().ok_or(MediaError::NotOnSfu)
    }
}

fn view(wanted: &WantedView) -> View {
    View {
        user: wanted.user.clone(),
        source: match wanted.source {
            VideoSource::Video => Source::Video,
            VideoSource::Screen => Source::Screen,
        },
        width: wanted.width,
        height: wanted.height,
        pinned: wanted.pinned,
    }
}
