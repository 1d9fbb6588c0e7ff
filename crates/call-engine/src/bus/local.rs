use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use bytestring::ByteString;
use call_domain::{Address, Call, DeviceId, Recipients, UserId};
use call_signal::{Delivery, Hub};
use parking_lot::Mutex;

use super::Bus;
use crate::Present;

/// The way to the sockets of this process, and to no others.
#[derive(Debug)]
pub struct LocalBus {
    hub: Arc<Hub>,
    /// Who was said to be online, with the name that was said.
    shown: Mutex<HashMap<UserId, Option<String>>>,
}

impl LocalBus {
    /// A way to the sockets of a hub.
    pub fn new(hub: Arc<Hub>) -> Self {
        Self {
            hub,
            shown: Mutex::default(),
        }
    }
}

impl Bus for LocalBus {
    fn is_shared(&self) -> bool {
        false
    }

    fn is_online(&self, who: &Address) -> bool {
        self.hub.is_connected(who)
    }

    fn devices(&self, user: &UserId) -> Vec<DeviceId> {
        self.hub.devices_of(user)
    }

    fn name(&self, user: &UserId) -> Option<String> {
        self.hub.name_of(user)
    }

    fn present(&self) -> Vec<Present> {
        let online = self.hub.online().into_iter();
        let mut present: Vec<_> = online
            .map(|(user_id, name)| Present { user_id, name })
            .collect();
        present.sort_by(|a, b| a.user_id.cmp(&b.user_id));
        present
    }

    fn opened(&self, who: &Address, name: Option<&str>) -> Option<Present> {
        match self.shown.lock().entry(who.user.clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(shown) => {
                let name = name.map(ToOwned::to_owned);
                shown.insert(name.clone());
                Some(Present {
                    user_id: who.user.clone(),
                    name,
                })
            }
        }
    }

    fn closed(&self, who: &Address) -> Option<Present> {
        let mut shown = self.shown.lock();
        if !self.hub.devices_of(&who.user).is_empty() {
            return None;
        }
        let name = shown.remove(&who.user)?;
        Some(Present {
            user_id: who.user.clone(),
            name,
        })
    }

    fn send(&self, _about: &Call, to: &Recipients, frame: &ByteString) {
        match to {
            Recipients::Devices(devices) => {
                for device in devices {
                    self.hub.send(device, frame.clone());
                }
            }
            Recipients::User { user, except } => {
                self.hub.send_user(user, except.as_ref(), frame);
            }
        }
    }

    fn send_to(&self, to: &Address, frame: &ByteString) -> bool {
        match self.hub.send(to, frame.clone()) {
            Delivery::Sent => true,
            // An overflow closed the socket: the device has to come back.
            Delivery::NotConnected | Delivery::Overflowed => false,
        }
    }

    fn send_to_all(&self, frame: &ByteString) {
        self.hub.broadcast(frame);
    }
}
