//! One direction's keys and what they do to a packet where it lies: AES-GCM (RFC 7714) and AES-CM with HMAC-SHA1
//! (RFC 3711).

use rtc_srtp::crypto::{
    AeadAlgorithm, AeadCipher, CryptoError, HmacAlgorithm, Mac, RTCCrypto, StreamCipher,
    StreamCipherAlgorithm, constant_time_eq,
};

use super::SrtpProfile;
use super::key_derivation::{Label, Master};

/// Authentication tag of AES-GCM, in bytes.
const GCM_TAG: usize = 16;
const GCM_NONCE: usize = 12;
/// Authentication tag of HMAC-SHA1-80, in bytes.
const SHA1_TAG: usize = 10;
const SHA1_OUTPUT: usize = 20;
/// What an SRTCP packet tells in clear: the header and the sender's SSRC.
pub(super) const RTCP_CLEAR: usize = 8;
/// The E flag and the SRTCP index.
pub(super) const RTCP_INDEX: usize = 4;
/// The E flag: the packet is encrypted.
pub(super) const RTCP_ENCRYPTED: u32 = 1 << 31;

/// A packet was not made with this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unauthentic;

/// Where an RTP packet is in its stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct RtpPlace {
    pub(super) ssrc: u32,
    /// Rollover counter and sequence number, 48 bits.
    pub(super) index: u64,
}

/// Keys of one direction.
pub(super) enum Cipher {
    Gcm(Box<Gcm>),
    Cm(Box<Cm>),
}

impl Cipher {
    pub(super) fn new(
        profile: SrtpProfile,
        master: Master<'_>,
        crypto: &dyn RTCCrypto,
    ) -> Result<Self, CryptoError> {
        match profile {
            SrtpProfile::AeadAes128Gcm => Gcm::new::<16>(AeadAlgorithm::Aes128Gcm, master, crypto)
                .map(|gcm| Self::Gcm(Box::new(gcm))),
            SrtpProfile::AeadAes256Gcm => Gcm::new::<32>(AeadAlgorithm::Aes256Gcm, master, crypto)
                .map(|gcm| Self::Gcm(Box::new(gcm))),
            SrtpProfile::Aes128CmSha1 => Cm::new(master, crypto).map(|cm| Self::Cm(Box::new(cm))),
        }
    }

    /// Encrypts the packet at `buffer[start..]` behind its header of `header` bytes, and appends the tag.
    pub(super) fn seal_rtp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
        header: usize,
        place: RtpPlace,
    ) -> Result<(), CryptoError> {
        match self {
            Self::Gcm(gcm) => gcm.seal_rtp(buffer, start, header, place),
            Self::Cm(cm) => cm.seal_rtp(buffer, start, header, place),
        }
    }

    /// Decrypts a packet behind its header of `header` bytes and tells its length without the tag.
    pub(super) fn open_rtp(
        &mut self,
        packet: &mut [u8],
        header: usize,
        place: RtpPlace,
    ) -> Result<usize, Unauthentic> {
        match self {
            Self::Gcm(gcm) => gcm.open_rtp(packet, header, place),
            Self::Cm(cm) => cm.open_rtp(packet, header, place),
        }
    }

    /// Encrypts the compound packet at `buffer[start..]`, and appends tag and index. It has [`RTCP_CLEAR`] bytes at least.
    pub(super) fn seal_rtcp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
        ssrc: u32,
        index: u32,
    ) -> Result<(), CryptoError> {
        match self {
            Self::Gcm(gcm) => gcm.seal_rtcp(buffer, start, ssrc, index),
            Self::Cm(cm) => cm.seal_rtcp(buffer, start, ssrc, index),
        }
    }

    /// The word of E flag and index, and where it stands. `None` where the packet is too short to have one.
    pub(super) fn rtcp_word(&self, packet: &[u8]) -> Option<u32> {
        let behind = match self {
            Self::Gcm(_) => 0,
            Self::Cm(_) => SHA1_TAG,
        };
        if packet.len() < RTCP_CLEAR + self.rtcp_overhead() {
            return None;
        }
        packet[..packet.len() - behind]
            .last_chunk()
            .map(|word| u32::from_be_bytes(*word))
    }

    /// Decrypts a compound packet and tells its length without tag and index. `word` is its [`Cipher::rtcp_word`].
    pub(super) fn open_rtcp(
        &mut self,
        packet: &mut [u8],
        ssrc: u32,
        word: u32,
    ) -> Result<usize, Unauthentic> {
        match self {
            Self::Gcm(gcm) => gcm.open_rtcp(packet, ssrc, word),
            Self::Cm(cm) => cm.open_rtcp(packet, ssrc, word),
        }
    }

    fn rtcp_overhead(&self) -> usize {
        RTCP_INDEX
            + match self {
                Self::Gcm(_) => GCM_TAG,
                Self::Cm(_) => SHA1_TAG,
            }
    }
}

pub(super) struct Gcm {
    rtp: Box<dyn AeadCipher>,
    rtcp: Box<dyn AeadCipher>,
    rtp_salt: [u8; GCM_NONCE],
    rtcp_salt: [u8; GCM_NONCE],
}

impl Gcm {
    fn new<const KEY: usize>(
        algorithm: AeadAlgorithm,
        master: Master<'_>,
        crypto: &dyn RTCCrypto,
    ) -> Result<Self, CryptoError> {
        let aead = |label| {
            let mut key = [0; KEY];
            master.derive(crypto, label, &mut key)?;
            crypto.new_aead(algorithm, &key)
        };
        let salt = |label| {
            let mut salt = [0; GCM_NONCE];
            master.derive(crypto, label, &mut salt).map(|()| salt)
        };
        Ok(Self {
            rtp: aead(Label::RtpEncryption)?,
            rtcp: aead(Label::RtcpEncryption)?,
            rtp_salt: salt(Label::RtpSalt)?,
            rtcp_salt: salt(Label::RtcpSalt)?,
        })
    }

    fn seal_rtp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
        header: usize,
        place: RtpPlace,
    ) -> Result<(), CryptoError> {
        let nonce = self.rtp_nonce(place);
        let end = buffer.len();
        buffer.resize(end + GCM_TAG, 0);
        let (associated, rest) = buffer[start..].split_at_mut(header);
        let (payload, tag) = rest.split_at_mut(end - start - header);
        self.rtp.seal_in_place(&nonce, associated, payload, tag)
    }

    fn open_rtp(
        &mut self,
        packet: &mut [u8],
        header: usize,
        place: RtpPlace,
    ) -> Result<usize, Unauthentic> {
        let end = packet.len().checked_sub(GCM_TAG).ok_or(Unauthentic)?;
        let nonce = self.rtp_nonce(place);
        let (head, tag) = packet.split_at_mut(end);
        let (associated, payload) = head.split_at_mut_checked(header).ok_or(Unauthentic)?;
        self.rtp
            .open_in_place(&nonce, associated, payload, tag)
            .map_err(|_| Unauthentic)?;
        Ok(end)
    }

    fn seal_rtcp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
        ssrc: u32,
        index: u32,
    ) -> Result<(), CryptoError> {
        let nonce = self.rtcp_nonce(ssrc, index);
        let word = RTCP_ENCRYPTED | index;
        let end = buffer.len();
        buffer.resize(end + GCM_TAG, 0);
        let (clear, rest) = buffer[start..].split_at_mut(RTCP_CLEAR);
        let associated = rtcp_associated(clear, word);
        let (payload, tag) = rest.split_at_mut(end - start - RTCP_CLEAR);
        self.rtcp.seal_in_place(&nonce, &associated, payload, tag)?;
        buffer.extend_from_slice(&word.to_be_bytes());
        Ok(())
    }

    fn open_rtcp(&mut self, packet: &mut [u8], ssrc: u32, word: u32) -> Result<usize, Unauthentic> {
        let end = packet
            .len()
            .checked_sub(GCM_TAG + RTCP_INDEX)
            .filter(|end| *end >= RTCP_CLEAR)
            .ok_or(Unauthentic)?;
        let nonce = self.rtcp_nonce(ssrc, word & !RTCP_ENCRYPTED);
        let (clear, rest) = packet.split_at_mut(RTCP_CLEAR);
        let associated = rtcp_associated(clear, word);
        let (payload, rest) = rest.split_at_mut(end - RTCP_CLEAR);
        self.rtcp
            .open_in_place(&nonce, &associated, payload, &rest[..GCM_TAG])
            .map_err(|_| Unauthentic)?;
        Ok(end)
    }

    /// RFC 7714 section 8.1.
    fn rtp_nonce(&self, place: RtpPlace) -> [u8; GCM_NONCE] {
        let mut nonce = self.rtp_salt;
        mask(&mut nonce[2..6], &place.ssrc.to_be_bytes());
        mask(&mut nonce[6..], &place.index.to_be_bytes()[2..]);
        nonce
    }

    /// RFC 7714 section 9.1.
    fn rtcp_nonce(&self, ssrc: u32, index: u32) -> [u8; GCM_NONCE] {
        let mut nonce = self.rtcp_salt;
        mask(&mut nonce[2..6], &ssrc.to_be_bytes());
        mask(&mut nonce[8..], &index.to_be_bytes());
        nonce
    }
}

/// RFC 7714 section 9.2.
fn rtcp_associated(clear: &[u8], word: u32) -> [u8; RTCP_CLEAR + RTCP_INDEX] {
    let mut associated = [0; RTCP_CLEAR + RTCP_INDEX];
    associated[..RTCP_CLEAR].copy_from_slice(clear);
    associated[RTCP_CLEAR..].copy_from_slice(&word.to_be_bytes());
    associated
}

pub(super) struct Cm {
    rtp: Box<dyn StreamCipher>,
    rtp_mac: Box<dyn Mac>,
    rtp_salt: [u8; 14],
    rtcp: Box<dyn StreamCipher>,
    rtcp_mac: Box<dyn Mac>,
    rtcp_salt: [u8; 14],
}

impl Cm {
    fn new(master: Master<'_>, crypto: &dyn RTCCrypto) -> Result<Self, CryptoError> {
        let stream = |label| {
            let mut key = [0; 16];
            master.derive(crypto, label, &mut key)?;
            crypto.new_stream_cipher(StreamCipherAlgorithm::Aes128Ctr, &key)
        };
        let mac = |label| {
            let mut key = [0; SHA1_OUTPUT];
            master.derive(crypto, label, &mut key)?;
            crypto.new_hmac(HmacAlgorithm::Sha1, &key)
        };
        let salt = |label| {
            let mut salt = [0; 14];
            master.derive(crypto, label, &mut salt).map(|()| salt)
        };
        Ok(Self {
            rtp: stream(Label::RtpEncryption)?,
            rtp_mac: mac(Label::RtpAuthentication)?,
            rtp_salt: salt(Label::RtpSalt)?,
            rtcp: stream(Label::RtcpEncryption)?,
            rtcp_mac: mac(Label::RtcpAuthentication)?,
            rtcp_salt: salt(Label::RtcpSalt)?,
        })
    }

    fn seal_rtp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
        header: usize,
        place: RtpPlace,
    ) -> Result<(), CryptoError> {
        let counter = counter(&self.rtp_salt, place.ssrc, place.index);
        let packet = &mut buffer[start..];
        self.rtp.apply_keystream(&counter, &mut packet[header..])?;
        let tag = rtp_tag(&mut *self.rtp_mac, packet, place.index)?;
        buffer.extend_from_slice(&tag[..SHA1_TAG]);
        Ok(())
    }

    fn open_rtp(
        &mut self,
        packet: &mut [u8],
        header: usize,
        place: RtpPlace,
    ) -> Result<usize, Unauthentic> {
        let end = packet
            .len()
            .checked_sub(SHA1_TAG)
            .filter(|end| *end >= header)
            .ok_or(Unauthentic)?;
        let (packet, tag) = packet.split_at_mut(end);
        let expected = rtp_tag(&mut *self.rtp_mac, packet, place.index).map_err(|_| Unauthentic)?;
        if !constant_time_eq(tag, &expected[..SHA1_TAG]) {
            return Err(Unauthentic);
        }
        let counter = counter(&self.rtp_salt, place.ssrc, place.index);
        self.rtp
            .apply_keystream(&counter, &mut packet[header..])
            .map_err(|_| Unauthentic)?;
        Ok(end)
    }

    fn seal_rtcp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
        ssrc: u32,
        index: u32,
    ) -> Result<(), CryptoError> {
        let counter = counter(&self.rtcp_salt, ssrc, index.into());
        let payload = &mut buffer[start + RTCP_CLEAR..];
        self.rtcp.apply_keystream(&counter, payload)?;
        buffer.extend_from_slice(&(RTCP_ENCRYPTED | index).to_be_bytes());
        let mut tag = [0; SHA1_OUTPUT];
        self.rtcp_mac.sign(&[&buffer[start..]], &mut tag)?;
        buffer.extend_from_slice(&tag[..SHA1_TAG]);
        Ok(())
    }

    fn open_rtcp(&mut self, packet: &mut [u8], ssrc: u32, word: u32) -> Result<usize, Unauthentic> {
        let end = packet
            .len()
            .checked_sub(RTCP_INDEX + SHA1_TAG)
            .filter(|end| *end >= RTCP_CLEAR)
            .ok_or(Unauthentic)?;
        let (signed, tag) = packet.split_at_mut(end + RTCP_INDEX);
        let mut expected = [0; SHA1_OUTPUT];
        self.rtcp_mac
            .sign(&[signed], &mut expected)
            .map_err(|_| Unauthentic)?;
        if !constant_time_eq(tag, &expected[..SHA1_TAG]) {
            return Err(Unauthentic);
        }
        let index = word & !RTCP_ENCRYPTED;
        let counter = counter(&self.rtcp_salt, ssrc, index.into());
        self.rtcp
            .apply_keystream(&counter, &mut signed[RTCP_CLEAR..end])
            .map_err(|_| Unauthentic)?;
        Ok(end)
    }
}

/// RFC 3711 section 4.2: what is signed is the packet and the rollover counter.
fn rtp_tag(mac: &mut dyn Mac, packet: &[u8], index: u64) -> Result<[u8; SHA1_OUTPUT], CryptoError> {
    let mut tag = [0; SHA1_OUTPUT];
    let rollover = &index.to_be_bytes()[2..6];
    mac.sign(&[packet, rollover], &mut tag).map(|()| tag)
}

/// RFC 3711 section 4.1.1.
fn counter(salt: &[u8; 14], ssrc: u32, index: u64) -> [u8; 16] {
    let mut counter = [0; 16];
    counter[..14].copy_from_slice(salt);
    mask(&mut counter[4..8], &ssrc.to_be_bytes());
    mask(&mut counter[8..14], &index.to_be_bytes()[2..]);
    counter
}

fn mask(bytes: &mut [u8], with: &[u8]) {
    for (byte, with) in bytes.iter_mut().zip(with) {
        *byte ^= with;
    }
}

#[cfg(test)]
mod tests {
    use rtc_srtp::crypto::default_provider;

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: String = text.split_whitespace().collect();
        (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
            .collect()
    }

    fn gcm(algorithm: AeadAlgorithm, key: &[u8]) -> Gcm {
        let provider = default_provider().unwrap();
        let aead = || provider.crypto().new_aead(algorithm, key).unwrap();
        let salt = hex("51756964 2070726f 2071756f").try_into().unwrap();
        Gcm {
            rtp: aead(),
            rtcp: aead(),
            rtp_salt: salt,
            rtcp_salt: salt,
        }
    }

    const RTP: &str =
        "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070
        61727465 73207472 6573";
    const RTCP: &str =
        "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef
        deadbeef deadbeef deadbeef";

    fn check_rtp(algorithm: AeadAlgorithm, key: &[u8], expected: &str) {
        let place = RtpPlace {
            ssrc: 0x5501_a0b2,
            index: 0xf17b,
        };
        let mut packet = hex(RTP);
        gcm(algorithm, key)
            .seal_rtp(&mut packet, 0, 12, place)
            .unwrap();
        assert_eq!(packet, hex(expected));
        let length = gcm(algorithm, key).open_rtp(&mut packet, 12, place);
        assert_eq!(packet[..length.unwrap()], hex(RTP));
    }

    fn check_rtcp(algorithm: AeadAlgorithm, key: &[u8], expected: &str) {
        let mut packet = hex(RTCP);
        gcm(algorithm, key)
            .seal_rtcp(&mut packet, 0, 0x4d61_7273, 0x5d4)
            .unwrap();
        assert_eq!(packet, hex(expected));
        let length = gcm(algorithm, key).open_rtcp(&mut packet, 0x4d61_7273, 0x8000_05d4);
        assert_eq!(packet[..length.unwrap()], hex(RTCP));
    }

    /// RFC 7714 sections 16.1.1 and 17.1.
    #[test]
    fn the_vectors_of_aes_128() {
        let key: Vec<u8> = (0..16).collect();
        check_rtp(
            AeadAlgorithm::Aes128Gcm,
            &key,
            "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b
             36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
        );
        check_rtcp(
            AeadAlgorithm::Aes128Gcm,
            &key,
            "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46
             86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4",
        );
    }

    /// RFC 7714 sections 16.2.1 and 17.3.
    #[test]
    fn the_vectors_of_aes_256() {
        let key: Vec<u8> = (0..32).collect();
        check_rtp(
            AeadAlgorithm::Aes256Gcm,
            &key,
            "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f
             1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13",
        );
        check_rtcp(
            AeadAlgorithm::Aes256Gcm,
            &key,
            "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658
             c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4",
        );
    }
}
