//! Checks as a browser sends them, written by another implementation of STUN.

use stun_types::attribute::{AttributeType, RawAttribute, Username};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, Message, MessageIntegrityCredentials, MessageWrite,
    MessageWriteExt, MessageWriteVec, ShortTermCredentials,
};

const PRIORITY: AttributeType = AttributeType::new(0x0024);
const USE_CANDIDATE: AttributeType = AttributeType::new(0x0025);
const ICE_CONTROLLED: AttributeType = AttributeType::new(0x8029);
const ICE_CONTROLLING: AttributeType = AttributeType::new(0x802a);

/// A check, as far as it can vary.
#[derive(Debug, Clone)]
pub(super) struct Check {
    pub(super) username: Option<String>,
    pub(super) pwd: Option<String>,
    pub(super) priority: u32,
    pub(super) use_candidate: bool,
    pub(super) controlled: bool,
    pub(super) fingerprint: bool,
    pub(super) extra: Option<u16>,
}

impl Check {
    /// A valid one.
    pub(super) fn new(local: (&str, &str), remote_ufrag: &str) -> Self {
        Self {
            username: Some(format!("{}:{remote_ufrag}", local.0)),
            pwd: Some(local.1.to_owned()),
            priority: 1000,
            use_candidate: false,
            controlled: false,
            fingerprint: true,
            extra: None,
        }
    }

    pub(super) fn nominating(mut self) -> Self {
        self.use_candidate = true;
        self
    }

    pub(super) fn priority(mut self, priority: u32) -> Self {
        self.priority = priority;
        self
    }

    /// With a transaction of its own each time.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut message = Message::builder_request(BINDING, MessageWriteVec::new());
        if let Some(username) = &self.username {
            let username = Username::new(username).unwrap();
            message.add_attribute(&username).unwrap();
        }
        let priority = self.priority.to_be_bytes();
        let mut add = |kind, value: &[u8]| {
            message
                .add_attribute(&RawAttribute::new(kind, value))
                .unwrap();
        };
        add(PRIORITY, &priority);
        let role = if self.controlled {
            ICE_CONTROLLED
        } else {
            ICE_CONTROLLING
        };
        add(role, &[7; 8]);
        if self.use_candidate {
            add(USE_CANDIDATE, &[]);
        }
        if let Some(kind) = self.extra {
            add(AttributeType::new(kind), &[1, 2, 3]);
        }
        if let Some(pwd) = &self.pwd {
            message
                .add_message_integrity(&credentials(pwd), IntegrityAlgorithm::Sha1)
                .unwrap();
        }
        if self.fingerprint {
            message.add_fingerprint().unwrap();
        }
        message.finish()
    }
}

pub(super) fn credentials(pwd: &str) -> MessageIntegrityCredentials {
    ShortTermCredentials::new(pwd.to_owned()).into()
}
