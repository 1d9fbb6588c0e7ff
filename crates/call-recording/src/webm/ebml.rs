//! EBML (RFC 8794): ids, sizes and values of elements, written and read.

/// How long an element's data are, as its header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// So many bytes.
    Known(u64),
    /// Until an element that cannot be inside (RFC 8794, section 6.2).
    Unknown,
}

/// The size of what is still being written, in 8 bytes, so that [`known_size`] can take its place.
pub(crate) const UNKNOWN_SIZE: [u8; 8] = [0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

/// The largest size that can be written: all ones are reserved.
const MAX_SIZE: u64 = (1 << 56) - 2;

/// A size in 8 bytes.
pub(crate) fn known_size(size: u64) -> [u8; 8] {
    ((1 << 56) | size.min(MAX_SIZE)).to_be_bytes()
}

/// An id; ids are written with their marker.
pub(crate) fn put_id(out: &mut Vec<u8>, id: u32) {
    out.extend_from_slice(without_leading_zeros(&id.to_be_bytes()));
}

/// A size in as few bytes as it takes.
pub(crate) fn put_size(out: &mut Vec<u8>, size: u64) {
    let size = size.min(MAX_SIZE);
    let mut length = 1;
    while size > (1 << (7 * length)) - 2 {
        length += 1;
    }
    let marked = (1 << (7 * length)) | size;
    out.extend_from_slice(&marked.to_be_bytes()[8 - length..]);
}

/// An element of raw bytes.
pub(crate) fn put_bytes(out: &mut Vec<u8>, id: u32, data: &[u8]) {
    put_id(out, id);
    put_size(out, data.len() as u64);
    out.extend_from_slice(data);
}

/// An unsigned integer in as few bytes as it takes.
pub(crate) fn put_uint(out: &mut Vec<u8>, id: u32, value: u64) {
    let bytes = value.to_be_bytes();
    let short = without_leading_zeros(&bytes);
    // Zero could take no byte at all, but not every reader knows.
    put_bytes(out, id, if short.is_empty() { &[0] } else { short });
}

/// A double.
pub(crate) fn put_float(out: &mut Vec<u8>, id: u32, value: f64) {
    put_bytes(out, id, &value.to_be_bytes());
}

/// An element of elements.
pub(crate) fn put_master(out: &mut Vec<u8>, id: u32, children: impl FnOnce(&mut Vec<u8>)) {
    let mut inside = Vec::new();
    children(&mut inside);
    put_bytes(out, id, &inside);
}

/// Nothing, `total` bytes long with its header; at least 2.
pub(crate) fn put_void(out: &mut Vec<u8>, total: u64) {
    let start = out.len();
    put_void_head(out, total);
    out.resize(start + usize::try_from(total).unwrap_or(0), 0);
}

/// The header that makes nothing of `total` bytes, itself included; at least 2.
pub(crate) fn put_void_head(out: &mut Vec<u8>, total: u64) {
    put_id(out, VOID);
    let short = total.saturating_sub(2);
    if short < 0x7F {
        put_size(out, short);
    } else {
        out.extend_from_slice(&known_size(total.saturating_sub(9)));
    }
}

/// The id of nothing.
pub(crate) const VOID: u32 = 0xEC;

/// The header of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// With its marker.
    pub(crate) id: u32,
    /// Of the data.
    pub(crate) size: Size,
    /// Of the header itself.
    pub(crate) length: usize,
}

/// No header is longer: 4 bytes of id, 8 of size.
pub(crate) const MAX_HEAD: usize = 12;

/// The header at the beginning of these bytes; `None` if there is none, or not all of it.
pub(crate) fn head(bytes: &[u8]) -> Option<Head> {
    let id_length = length_of_vint(*bytes.first()?);
    if id_length > 4 {
        return None;
    }
    let id = big_endian(bytes.get(..id_length)?);
    let rest = &bytes[id_length..];
    let size_length = length_of_vint(*rest.first()?);
    if size_length > 8 {
        return None;
    }
    let marked = big_endian(rest.get(..size_length)?);
    let ones = (1 << (7 * size_length)) - 1;
    let value = marked & ones;
    Some(Head {
        id: u32::try_from(id).ok()?,
        size: if value == ones {
            Size::Unknown
        } else {
            Size::Known(value)
        },
        length: id_length + size_length,
    })
}

/// An unsigned integer's data; `None` if it is too long.
pub(crate) fn uint(data: &[u8]) -> Option<u64> {
    (data.len() <= 8).then(|| big_endian(data))
}

/// By its first byte; 9 for the byte that begins none.
fn length_of_vint(first: u8) -> usize {
    first.leading_zeros() as usize + 1
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |value, byte| (value << 8) | u64::from(*byte))
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(id: u32, size: u64) -> Vec<u8> {
        let mut out = Vec::new();
        put_id(&mut out, id);
        put_size(&mut out, size);
        out
    }

    fn any_id() -> impl Strategy<Value = u32> {
        prop_oneof![
            0x81..=0xFE_u32,
            0x4080..=0x7FFE_u32,
            0x20_4000..=0x3F_FFFE_u32,
            0x1020_0000..=0x1FFF_FFFE_u32,
        ]
    }

    #[test]
    fn sizes_are_those_of_the_specification() {
        // RFC 8794, section 4.4: 2 in one byte; 127 needs two, as all ones are reserved.
        assert_eq!(written(VOID, 2), [0xEC, 0x82]);
        assert_eq!(written(VOID, 126), [0xEC, 0xFE]);
        assert_eq!(written(VOID, 127), [0xEC, 0x40, 0x7F]);
        assert_eq!(written(VOID, 16_382), [0xEC, 0x7F, 0xFE]);
        assert_eq!(written(VOID, 16_383), [0xEC, 0x20, 0x3F, 0xFF]);
        assert_eq!(known_size(5), [1, 0, 0, 0, 0, 0, 0, 5]);
    }

    #[test]
    fn what_goes_on_says_so_in_every_width() {
        for length in 1..=8_usize {
            let marked: u64 = (1 << (7 * length + 1)) - 1;
            let mut bytes = vec![0xEC];
            bytes.extend_from_slice(&marked.to_be_bytes()[8 - length..]);
            assert_eq!(head(&bytes).unwrap().size, Size::Unknown, "{length}");
        }
        let mut cluster = vec![0x1F, 0x43, 0xB6, 0x75];
        cluster.extend_from_slice(&UNKNOWN_SIZE);
        let read = head(&cluster).unwrap();
        assert_eq!(
            (read.id, read.size, read.length),
            (0x1F43_B675, Size::Unknown, 12)
        );
    }

    #[test]
    fn zeros_are_no_element() {
        assert_eq!(head(&[0; 16]), None);
        assert_eq!(head(&[0xEC, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(head(&[0x08, 1, 1, 1, 1, 0x81]), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(id in any_id(), bits in 0..56_u32, noise: u64) {
            let size = (noise & ((1_u64 << bits) - 1)).min(MAX_SIZE);
            let bytes = written(id, size);
            let expected = Head { id, size: Size::Known(size), length: bytes.len() };
            prop_assert_eq!(head(&bytes), Some(expected));
            for short in 0..bytes.len() {
                prop_assert_eq!(head(&bytes[..short]), None);
            }
            let mut wide = Vec::new();
            put_id(&mut wide, id);
            wide.extend_from_slice(&known_size(size));
            prop_assert_eq!(head(&wide).map(|head| head.size), Some(Size::Known(size)));
        }

        #[test]
        fn nothing_is_as_long_as_it_should_be(total in 2_u64..5_000) {
            let mut out = Vec::new();
            put_void(&mut out, total);
            prop_assert_eq!(out.len() as u64, total);
            let read = head(&out).unwrap();
            prop_assert_eq!(read.id, VOID);
            prop_assert_eq!(read.size, Size::Known(total - read.length as u64));
        }

        #[test]
        fn integers_are_read_back(value: u64) {
            let mut out = Vec::new();
            put_uint(&mut out, 0xE7, value);
            prop_assert_eq!(uint(&out[2..]), Some(value));
        }

        #[test]
        fn noise_is_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            if let Some(head) = head(&bytes) {
                prop_assert!(head.length <= bytes.len() && head.length <= MAX_HEAD);
            }
        }
    }
}
