use std::str::FromStr;

use super::answer::{AnswerLine, Direction, Extensions, SctpAnswer, SdpError, Spoken};
use super::{Codec, Extension};
use crate::sfu::{Layer, Source};

/// What a section says of the transport.
#[derive(Debug, Default)]
pub(super) struct Transport<'a> {
    pub(super) ufrag: Option<&'a str>,
    pub(super) pwd: Option<&'a str>,
    pub(super) fingerprints: Vec<[u8; 32]>,
    pub(super) setup: Option<&'a str>,
}

impl<'a> Transport<'a> {
    /// Fingerprints kept at most.
    pub(super) const FINGERPRINTS_MAX: usize = 4;

    pub(super) fn attribute(&mut self, key: &str, value: &'a str) {
        match key {
            "ice-ufrag" => self.ufrag = Some(value),
            "ice-pwd" => self.pwd = Some(value),
            "setup" => self.setup = Some(value),
            "fingerprint" if self.fingerprints.len() < Self::FINGERPRINTS_MAX => {
                self.fingerprints.extend(sha256(value));
            }
            _ => {}
        }
    }
}

/// A media section as it is read, with everything bounded that is kept of it.
#[derive(Debug)]
pub(super) struct Section<'a> {
    kind: &'a str,
    pub(super) rejected: bool,
    pub(super) mid: Option<&'a str>,
    pub(super) transport: Transport<'a>,
    direction: Option<Direction>,
    codecs: Vec<Codec>,
    extensions: Option<Extensions>,
    rids: Vec<Layer>,
    simulcast: Option<Vec<Layer>>,
    ssrcs: Vec<u32>,
    retransmissions: Vec<(u32, u32)>,
    sctp_port: Option<u16>,
    max_message_size: Option<u64>,
}

impl<'a> Section<'a> {
    /// SSRCs kept at most: three layers, their retransmissions, and as many again.
    pub(super) const SSRCS_MAX: usize = 12;

    /// `m=<media> <port> <proto> <fmt> …`
    pub(super) fn new(value: &'a str) -> Result<Self, SdpError> {
        let mut fields = value.split_ascii_whitespace();
        let kind = fields.next().ok_or(SdpError::Malformed)?;
        let port = fields.next().ok_or(SdpError::Malformed)?;
        let port = port.split_once('/').map_or(port, |(port, _)| port);
        let port: u16 = number(port).ok_or(SdpError::Malformed)?;
        fields.next().ok_or(SdpError::Malformed)?;
        let mut codecs = Vec::new();
        for codec in fields
            .filter_map(number)
            .filter_map(Codec::from_payload_type)
        {
            // No more of them than there are codecs.
            if !codecs.contains(&codec) {
                codecs.push(codec);
            }
        }
        Ok(Self {
            kind,
            rejected: port == 0,
            mid: None,
            transport: Transport::default(),
            direction: None,
            codecs,
            extensions: None,
            rids: Vec::new(),
            simulcast: None,
            ssrcs: Vec::new(),
            retransmissions: Vec::new(),
            sctp_port: None,
            max_message_size: None,
        })
    }

    pub(super) fn attribute(&mut self, key: &str, value: &'a str) {
        match key {
            "mid" => self.mid = Some(value),
            "extmap" => {
                let accepted = self.extensions.get_or_insert_default();
                if let Some(extension) = extension(value) {
                    accepted.insert(extension);
                }
            }
            "rid" => {
                if let Some(layer) = sent_rid(value).filter(|layer| !self.rids.contains(layer)) {
                    self.rids.push(layer);
                }
            }
            "simulcast" => self.simulcast = sent_layers(value),
            "ssrc" => {
                let ssrc = value.split_ascii_whitespace().next().and_then(number);
                if let Some(ssrc) = ssrc.filter(|ssrc| !self.ssrcs.contains(ssrc))
                    && self.ssrcs.len() < Self::SSRCS_MAX
                {
                    self.ssrcs.push(ssrc);
                }
            }
            "ssrc-group" => {
                if let Some(pair) = retransmission(value)
                    && self.retransmissions.len() < Self::SSRCS_MAX
                {
                    self.retransmissions.push(pair);
                }
            }
            "sctp-port" => self.sctp_port = number(value),
            "max-message-size" => self.max_message_size = number(value),
            _ => match Direction::from_attribute(key) {
                Some(direction) => self.direction = Some(direction),
                None => self.transport.attribute(key, value),
            },
        }
    }

    pub(super) fn line(
        mut self,
        mid: &str,
        session: Option<Direction>,
        spoken: &mut Spoken,
    ) -> Result<AnswerLine, SdpError> {
        let audio = match self.kind {
            "audio" => true,
            "video" => false,
            _ => return Err(SdpError::ForeignLine),
        };
        let published = Source::ALL.into_iter().find(|source| source.mid() == mid);
        let offered = match published {
            Some(source) => source.is_video() != audio,
            None => is_place(mid),
        };
        if !offered {
            return Err(SdpError::ForeignLine);
        }
        if self.rejected {
            self.codecs.clear();
        }
        let direction = if self.rejected {
            Direction::Inactive
        } else {
            self.direction.or(session).unwrap_or(Direction::SendRecv)
        };
        Ok(AnswerLine {
            mid: mid.to_owned(),
            direction,
            extensions: spoken.extensions(audio, self.extensions),
            ssrcs: self.ssrcs(),
            layers: self.simulcast.unwrap_or(self.rids),
            codecs: self.codecs,
        })
    }

    /// Every SSRC that is not for retransmissions, in the order in which they were named: that of the layers.
    fn ssrcs(&self) -> Vec<(u32, Option<u32>)> {
        let repeats = |ssrc: &u32| self.retransmissions.iter().any(|(_, rtx)| rtx == ssrc);
        let paired = |ssrc: u32| {
            let pair = self.retransmissions.iter().find(|(of, _)| *of == ssrc);
            (ssrc, pair.map(|(_, rtx)| *rtx))
        };
        let named = self.ssrcs.iter().copied();
        named.filter(|ssrc| !repeats(ssrc)).map(paired).collect()
    }

    pub(super) fn sctp(&self) -> Option<SctpAnswer> {
        let accepted = self.kind == "application" && !self.rejected;
        accepted.then(|| SctpAnswer {
            port: self.sctp_port.unwrap_or(5000),
            // RFC 8841 section 6.1.
            max_message_size: self.max_message_size.unwrap_or(65_536),
        })
    }
}

/// A number as the offer wrote it: no sign, no leading zeros.
pub(super) fn is_place(mid: &str) -> bool {
    number::<usize>(mid).is_some_and(|place| place.to_string() == mid)
}

/// `<id>[/<direction>] <uri>` (RFC 8285 section 8), where it says what was offered.
fn extension(value: &str) -> Option<Extension> {
    let mut fields = value.split_ascii_whitespace();
    let (id, uri) = (fields.next()?, fields.next()?);
    let (id, direction) = id.split_once('/').unwrap_or((id, "sendrecv"));
    let id: u8 = number(id)?;
    Extension::ALL
        .into_iter()
        .find(|extension| extension.id() == id && extension.uri() == uri && direction != "inactive")
}

/// `<rid> send …` (RFC 8851).
fn sent_rid(value: &str) -> Option<Layer> {
    let mut fields = value.split_ascii_whitespace();
    let rid = fields.next()?;
    (fields.next()? == "send").then(|| Layer::from_rid(rid))?
}

/// `send <rid>[,<alternative>][;…] [recv …]`, each one perhaps paused by `~` (RFC 8853 section 5.1).
fn sent_layers(value: &str) -> Option<Vec<Layer>> {
    let mut fields = value.split_ascii_whitespace();
    while let Some(direction) = fields.next() {
        let list = fields.next()?;
        if direction == "send" {
            let mut layers = Vec::new();
            for stream in list.split(';') {
                let mut alternatives = stream.split(',').map(|rid| rid.trim_start_matches('~'));
                let layer = alternatives.find_map(Layer::from_rid);
                layers.extend(layer.filter(|layer| !layers.contains(layer)));
            }
            return Some(layers);
        }
    }
    None
}

/// `FID <ssrc> <ssrc of its retransmissions>` (RFC 5576, RFC 4588).
fn retransmission(value: &str) -> Option<(u32, u32)> {
    let mut fields = value.split_ascii_whitespace();
    if fields.next()? != "FID" {
        return None;
    }
    Some((number(fields.next()?)?, number(fields.next()?)?))
}

/// `sha-256 <32 bytes in hex, with colons between>` (RFC 8122).
fn sha256(value: &str) -> Option<[u8; 32]> {
    let mut fields = value.split_ascii_whitespace();
    if !fields.next()?.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let mut digest = [0; 32];
    let mut bytes = fields.next()?.split(':');
    for byte in &mut digest {
        let digits =
            |hex: &&str| hex.len() == 2 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let hex = bytes.next().filter(digits)?;
        *byte = u8::from_str_radix(hex, 16).ok()?;
    }
    bytes.next().is_none().then_some(digest)
}

/// Digits only: no sign.
fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}
