use super::attribute::{self, Attribute, Attributes};

/// Length of the STUN header (RFC 8489 section 5).
pub(crate) const HEADER: usize = 20;
pub(crate) const MAGIC_COOKIE: u32 = 0x2112_a442;

/// The 96 bits that tie an answer to its request.
pub(crate) type TransactionId = [u8; 12];

/// RFC 8489 section 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Request,
    Indication,
    Success,
    Error,
}

/// Methods of STUN and TURN (RFC 8489 section 18.2, RFC 8656 section 17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Binding,
    Allocate,
    Refresh,
    Send,
    Data,
    CreatePermission,
    ChannelBind,
}

impl Method {
    pub(crate) fn number(self) -> u16 {
        match self {
            Self::Binding => 0x001,
            Self::Allocate => 0x003,
            Self::Refresh => 0x004,
            Self::Send => 0x006,
            Self::Data => 0x007,
            Self::CreatePermission => 0x008,
            Self::ChannelBind => 0x009,
        }
    }

    fn of(number: u16) -> Option<Self> {
        [
            Self::Binding,
            Self::Allocate,
            Self::Refresh,
            Self::Send,
            Self::Data,
            Self::CreatePermission,
            Self::ChannelBind,
        ]
        .into_iter()
        .find(|method| method.number() == number)
    }
}

impl Class {
    fn bits(self) -> u16 {
        match self {
            Self::Request => 0x000,
            Self::Indication => 0x010,
            Self::Success => 0x100,
            Self::Error => 0x110,
        }
    }

    fn of(kind: u16) -> Self {
        match (kind & 0x100 != 0, kind & 0x010 != 0) {
            (false, false) => Self::Request,
            (false, true) => Self::Indication,
            (true, false) => Self::Success,
            (true, true) => Self::Error,
        }
    }
}

/// The first 16 bits of a message. Class and method are interleaved (RFC 8489 figure 3).
pub(crate) fn message_type(class: Class, method: u16) -> u16 {
    (method & 0x000f) | (method & 0x0070) << 1 | (method & 0x0f80) << 2 | class.bits()
}

/// A message of which header, length, all attribute lengths and the fingerprint are right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    bytes: &'a [u8],
    kind: u16,
    transaction: &'a TransactionId,
    fingerprint: bool,
}

impl<'a> Message<'a> {
    /// `None` for what is to be dropped in silence: not STUN, of a wrong length, with lying
    /// attribute lengths or a wrong fingerprint (RFC 8489 sections 6.3 and 14.7).
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (header, body) = bytes.split_first_chunk::<HEADER>()?;
        let kind = u16::from_be_bytes([header[0], header[1]]);
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let cookie = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        if kind & 0xc000 != 0 || length % 4 != 0 || length != body.len() || cookie != MAGIC_COOKIE {
            return None;
        }
        let transaction = bytes.get(8..HEADER)?.first_chunk::<12>()?;
        let mut message = Self {
            bytes,
            kind,
            transaction,
            fingerprint: false,
        };
        let mut attributes = message.all_attributes();
        let mut last = None;
        for attribute in attributes.by_ref() {
            // The fingerprint must be the last.
            if last.is_some_and(|last: Attribute<'_>| last.kind == attribute::FINGERPRINT) {
                return None;
            }
            last = Some(attribute);
        }
        if !attributes.complete() {
            return None;
        }
        if let Some(last) = last.filter(|last| last.kind == attribute::FINGERPRINT) {
            if last.value != super::integrity::fingerprint(&bytes[..last.offset]) {
                return None;
            }
            message.fingerprint = true;
        }
        Some(message)
    }

    /// `None` for methods that this server has not.
    pub(crate) fn method(&self) -> Option<Method> {
        let kind = self.kind;
        Method::of((kind & 0x000f) | (kind & 0x00e0) >> 1 | (kind & 0x3e00) >> 2)
    }

    pub(crate) fn class(&self) -> Class {
        Class::of(self.kind)
    }

    pub(crate) fn transaction(&self) -> &'a TransactionId {
        self.transaction
    }

    /// Whether it ended in a (right) fingerprint: its answer then does too.
    pub(crate) fn has_fingerprint(&self) -> bool {
        self.fingerprint
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The attributes that count: what follows MESSAGE-INTEGRITY is not protected by it and
    /// ignored (RFC 8489 section 14.5).
    pub(crate) fn attributes(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        let mut sealed = false;
        self.all_attributes().take_while(move |attribute| {
            let counts = !sealed;
            sealed |= attribute.kind == attribute::MESSAGE_INTEGRITY;
            counts
        })
    }

    /// The first attribute of a type; further ones are ignored (RFC 8489 section 14).
    pub(crate) fn attribute(&self, kind: u16) -> Option<Attribute<'a>> {
        self.attributes().find(|attribute| attribute.kind == kind)
    }

    /// The value of the first attribute of a type.
    pub(crate) fn value(&self, kind: u16) -> Option<&'a [u8]> {
        self.attribute(kind).map(|attribute| attribute.value)
    }

    /// Types that must be understood and are not (RFC 8489 section 6.3.1).
    pub(crate) fn unknown(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.attributes()
            .map(|attribute| attribute.kind)
            .filter(|kind| attribute::is_unknown(*kind))
    }

    fn all_attributes(&self) -> Attributes<'a> {
        Attributes::new(self.bytes, HEADER)
    }
}
