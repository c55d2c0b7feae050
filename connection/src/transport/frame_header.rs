//! The header of a WebSocket frame (RFC 6455, section 5.2), and its mask.

/// How long a header is at most.
pub(super) const MAX_SIZE: usize = 14;

/// The opcode of a Close frame.
const CLOSE: u8 = 0x8;
/// A text message in one frame: FIN, no extension, opcode 1.
pub(super) const WHOLE_TEXT: u8 = 0x81;

/// A frame's header.
#[derive(Debug, Clone, Copy)]
pub(super) struct FrameHeader {
    /// FIN, the reserved bits and the opcode, as sent.
    first: u8,
    /// The payload's mask; `None` if a server sent it.
    pub(super) mask: Option<[u8; 4]>,
    /// The length of the payload in bytes.
    pub(super) length: u64,
    /// The length of the header itself.
    pub(super) size: usize,
}

impl FrameHeader {
    /// Reads the header that `bytes` begin with.
    ///
    /// # Errors
    ///
    /// How many bytes are needed, as far as is known, if there are fewer.
    #[inline]
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, usize> {
        let [first, second, rest @ ..] = bytes else { return Err(2) };
        let mask_size = if second & 0x80 == 0 { 0 } else { 4 };
        let (length, length_size) = match (second & 0x7f, rest.first_chunk(), rest.first_chunk()) {
            (126, Some(length), _) => (u16::from_be_bytes(*length).into(), 2),
            (127, _, Some(length)) => (u64::from_be_bytes(*length), 8),
            (126, ..) => return Err(4 + mask_size),
            (127, ..) => return Err(10 + mask_size),
            (short, ..) => (short.into(), 0),
        };
        let size = 2 + length_size + mask_size;
        let mask = if mask_size == 0 {
            None
        } else {
            Some(*rest[length_size..].first_chunk().ok_or(size)?)
        };
        Ok(Self { first: *first, mask, length, size })
    }

    /// Whether it is the last frame of a message, or a control frame.
    pub(super) fn is_final(&self) -> bool {
        self.first & 0x80 != 0
    }

    pub(super) fn is_control(&self) -> bool {
        self.first & 0x08 != 0
    }

    pub(super) fn is_close(&self) -> bool {
        self.first & 0x0f == CLOSE
    }

    /// Whether it is a text message in one frame, with nothing unusual about it.
    pub(super) fn is_whole_text(&self) -> bool {
        self.first == WHOLE_TEXT && self.is_shortest()
    }

    /// Whether the length is written as short as it can be, as section 5.2 requires.
    fn is_shortest(&self) -> bool {
        let written = self.size - if self.mask.is_some() { 6 } else { 2 };
        match self.length {
            ..126 => written == 0,
            126..0x1_0000 => written == 2,
            0x1_0000.. => written == 8,
        }
    }
}

/// What the header of a [whole text](FrameHeader::is_whole_text) says.
#[derive(Debug, Clone, Copy)]
pub(super) struct WholeText {
    /// The length of the header.
    pub(super) header: usize,
    /// The length of the payload.
    pub(super) length: u64,
    /// The payload's mask; zeros if it has none.
    pub(super) mask: [u8; 4],
}

impl WholeText {
    /// Reads the header that `bytes` begin with: what [`FrameHeader::parse`] says of it, for most messages in a fraction
    /// of its time. `None` for half a header as well.
    #[inline]
    pub(super) fn parse(bytes: &[u8], is_masked: bool) -> Option<Self> {
        let (&[first, second], rest) = bytes.split_first_chunk()?;
        // A client masks each frame, and a server none.
        if first != WHOLE_TEXT || (second & 0x80 != 0) != is_masked {
            return None;
        }
        let (length, least, rest) = match second & 0x7f {
            126 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u16::from_be_bytes(*length).into(), 126, rest)
            }
            127 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u64::from_be_bytes(*length), 0x1_0000, rest)
            }
            short => (short.into(), 0, rest),
        };
        let (mask, rest) = if is_masked {
            let (mask, rest) = rest.split_first_chunk()?;
            (*mask, rest)
        } else {
            ([0; 4], rest)
        };
        let header = bytes.len() - rest.len();
        (length >= least).then_some(Self { header, length, mask })
    }
}

/// The header of a text message in one frame that isn't masked, and its size.
#[inline]
pub(super) fn text_header(length: usize) -> ([u8; MAX_SIZE], usize) {
    let mut header = [0; MAX_SIZE];
    header[0] = WHOLE_TEXT;
    let [.., high, low] = length.to_be_bytes();
    let size = match length {
        ..126 => {
            header[1] = low;
            2
        }
        126..0x1_0000 => {
            header[1..4].copy_from_slice(&[126, high, low]);
            4
        }
        0x1_0000.. => {
            header[1] = 127;
            header[2..10].copy_from_slice(&(length as u64).to_be_bytes());
            10
        }
    };
    (header, size)
}

/// Removes a mask (RFC 6455, section 5.3), or applies it.
pub(super) fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let (words, rest) = payload.as_chunks_mut::<4>();
    let key = u32::from_ne_bytes(mask);
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ key).to_ne_bytes();
    }
    rest.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn says_how_many_bytes_it_needs() {
        let needs = |bytes: &[u8]| FrameHeader::parse(bytes).map(|header| header.size);
        assert_eq!([needs(&[]), needs(&[0x81])], [Err(2), Err(2)]);
        assert_eq!([needs(&[0x81, 125]), needs(&[0x81, 126, 0])], [Ok(2), Err(4)]);
        assert_eq!([needs(&[0x81, 0x80, 1, 2, 3]), needs(&[0x81, 0xff])], [Err(6), Err(14)]);
        assert_eq!(needs(&[[0x81, 0xff].as_slice(), &[0; 12]].concat()), Ok(MAX_SIZE));
    }

    #[test]
    fn reads_what_it_writes() {
        for length in [0, 1, 125, 126, 0xffff, 0x1_0000, 0x123_4567] {
            let (bytes, size) = text_header(length);
            let header = FrameHeader::parse(&bytes[..size]).expect("all of it");
            assert!(header.is_whole_text() && header.mask.is_none(), "{length}");
            assert_eq!((header.length, header.size), (length as u64, size));
        }
    }

    proptest! {
        #[test]
        fn a_whole_text_is_what_the_header_says(
            first in prop_oneof![Just(0x81_u8), any::<u8>()],
            second in prop_oneof![Just(0xfe_u8), Just(0xff), Just(126), Just(127), any::<u8>()],
            zeros in 0..12_usize,
            bytes in prop::collection::vec(any::<u8>(), 0..12),
            is_masked in any::<bool>(),
        ) {
            let bytes = [&[first, second][..], &vec![0; zeros], &bytes].concat();
            for end in 0..=bytes.len() {
                let header = FrameHeader::parse(&bytes[..end]).ok();
                let header = header.filter(FrameHeader::is_whole_text);
                let header = header.filter(|header| header.mask.is_some() == is_masked);
                let said = header.map(|h| (h.size, h.length, h.mask.unwrap_or_default()));
                let read = WholeText::parse(&bytes[..end], is_masked);
                prop_assert_eq!(read.map(|text| (text.header, text.length, text.mask)), said);
            }
        }
    }

    #[test]
    fn a_length_that_could_be_written_shorter_is_unusual() {
        let is_usual = |bytes: &[u8]| FrameHeader::parse(bytes).is_ok_and(|h| h.is_whole_text());
        assert!(is_usual(&[0x81, 125]) && is_usual(&[0x81, 0xfe, 0, 126, 1, 2, 3, 4]));
        assert!(is_usual(&[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]));
        assert!(!is_usual(&[0x81, 126, 0, 125]) && !is_usual(&[0x81, 127, 0, 0, 0, 0, 0, 0, 1, 0]));
        assert!(!is_usual(&[0x01, 1]) && !is_usual(&[0xc1, 1]) && !is_usual(&[0x82, 1]));
    }
}
