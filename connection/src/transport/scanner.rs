//! Scans inbound frames for two facts that tungstenite doesn't report: whether anything of substance
//! arrived (an endless series of empty fragments is not activity), and the code of a Close frame as it
//! was sent (tungstenite replaces codes that it considers invalid by 1002).

use super::frame_header::{FrameHeader, MAX_SIZE, unmask};

/// The longest payload of a control frame (RFC 6455, section 5.5).
const MAX_CONTROL: usize = 125;

#[derive(Debug)]
pub(super) struct Scanner {
    state: State,
    /// Whether anything of substance went by since [`take_activity`](Self::take_activity).
    activity: bool,
    /// The payload of a Close frame that has begun.
    close: Option<Vec<u8>>,
    close_mask: Option<[u8; 4]>,
    /// Whether a fragment went by and the end of its message didn't.
    inside: bool,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Collecting a header.
    Header { bytes: [u8; MAX_SIZE], have: usize },
    /// Inside a payload.
    Payload { left: u64, is_close: bool },
}

const FRESH: State = State::Header { bytes: [0; MAX_SIZE], have: 0 };

impl Scanner {
    pub(super) fn new() -> Self {
        Self { state: FRESH, activity: false, close: None, close_mask: None, inside: false }
    }

    /// Something of substance arrived that is not scanned.
    pub(super) fn record_activity(&mut self) {
        self.activity = true;
    }

    /// Scans bytes up to the end of the frame that they begin or continue; returns how many.
    pub(super) fn scan_frame(&mut self, bytes: &[u8]) -> usize {
        let mut count = 0;
        if let State::Header { bytes: collected, have } = &mut self.state {
            let header = loop {
                let missing = match FrameHeader::parse(&collected[..*have]) {
                    Ok(header) => break header,
                    Err(needed) => needed - *have,
                };
                let more = &bytes[count..bytes.len().min(count + missing)];
                if more.is_empty() {
                    return count;
                }
                collected[*have..*have + more.len()].copy_from_slice(more);
                *have += more.len();
                count += more.len();
            };
            self.begin(&header);
        }
        if let State::Payload { left, is_close } = &mut self.state {
            let rest = &bytes[count..];
            let payload = &rest[..usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len())];
            if !payload.is_empty() {
                if *is_close && let Some(close) = &mut self.close {
                    let room = MAX_CONTROL.saturating_sub(close.len());
                    close.extend_from_slice(&payload[..payload.len().min(room)]);
                }
                self.activity = true;
                *left -= payload.len() as u64;
                count += payload.len();
                if *left == 0 {
                    self.state = FRESH;
                }
            }
        }
        count
    }

    fn begin(&mut self, header: &FrameHeader) {
        // A control frame or the end of a message is activity even when it is empty.
        self.activity |= header.is_control() || header.is_final();
        if header.is_close() && self.close.is_none() {
            (self.close, self.close_mask) = (Some(Vec::new()), header.mask);
        }
        if !header.is_control() {
            self.inside = !header.is_final();
        }
        self.state = match header.length {
            0 => FRESH,
            left => State::Payload { left, is_close: header.is_close() },
        };
    }

    /// Whether what went by ends with a whole message.
    pub(super) fn is_between_messages(&self) -> bool {
        !self.inside && matches!(self.state, State::Header { have: 0, .. })
    }

    /// Whether anything of substance went by since the last call.
    pub(super) fn take_activity(&mut self) -> bool {
        std::mem::take(&mut self.activity)
    }

    /// The payload of the Close frame that went by, without its mask.
    fn close_payload(&self) -> Option<Vec<u8>> {
        let mut payload = self.close.clone()?;
        if let Some(mask) = self.close_mask {
            unmask(&mut payload, mask);
        }
        Some(payload)
    }

    /// The code in the Close frame that went by, as sent.
    pub(super) fn close_code(&self) -> Option<u16> {
        match self.close_payload()?[..] {
            [high, low, ..] => Some(u16::from_be_bytes([high, low])),
            _ => None,
        }
    }

    /// The reason in the Close frame that went by, as sent.
    pub(super) fn close_reason(&self) -> String {
        let payload = self.close_payload().unwrap_or_default();
        String::from_utf8_lossy(payload.get(2..).unwrap_or_default()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(bytes: &[u8], chunk: usize) -> Scanner {
        let mut scanner = Scanner::new();
        for mut chunk in bytes.chunks(chunk) {
            while !chunk.is_empty() {
                chunk = &chunk[scanner.scan_frame(chunk)..];
            }
        }
        scanner
    }

    #[test]
    fn finds_the_close_frame_behind_others_however_it_is_cut() {
        let mut bytes = vec![0x81, 3, b'a', b'b', b'c', 0x82, 126, 1, 0];
        bytes.extend([7; 256]);
        bytes.extend([0x89, 0, 0x88, 6, 0x13, 0x88, b'g', b'o', b'n', b'e']);
        for chunk in 1..bytes.len() {
            let scanner = scanned(&bytes, chunk);
            assert_eq!(
                (scanner.close_code(), scanner.close_reason()),
                (Some(5000), "gone".into()),
                "{chunk}"
            );
        }
        assert_eq!(scanned(&[0x88, 0], 1).close_code(), None);
        assert_eq!(scanned(&[0x88, 1, 3], 1).close_code(), None, "half a code");
    }

    #[test]
    fn a_masked_close_frame_is_read_however_it_is_cut() {
        let (mask, mut payload) = ([0xa5, 0, 0x17, 0xff], b"\x0f\xa1left".to_vec());
        unmask(&mut payload, mask);
        let bytes = [&[0x88, 0x86][..], &mask, &payload].concat();
        for chunk in 1..=bytes.len() {
            let scanner = scanned(&bytes, chunk);
            let read = (scanner.close_code(), scanner.close_reason());
            assert_eq!(read, (Some(4001), "left".into()), "{chunk}");
        }
    }

    #[test]
    fn empty_fragments_are_no_activity_and_everything_else_is() {
        let activity = |bytes: &[u8]| scanned(bytes, 1).take_activity();
        assert!(!activity(&[0x01, 0, 0x00, 0, 0x00, 0]), "case 29");
        assert!(activity(&[0x01, 1, b'a']), "a byte of a fragment");
        assert!(activity(&[0x01, 2, b'a']), "half a fragment");
        assert!(activity(&[0x81, 0]), "an empty message");
        assert!(activity(&[0x8a, 0]), "an empty Pong");
        assert!(!activity(&[0x81]), "half a header");
    }

    #[test]
    fn stops_at_the_end_of_each_frame_however_it_is_cut() {
        let mut bytes = vec![0x01, 1, b'a', 0x89, 0, 0x80, 126, 0, 130];
        bytes.extend([b'b'; 130]);
        bytes.extend([0x81, 0]);
        let ends = [3, 5, 139, 141];
        for chunk in 1..bytes.len() {
            let (mut scanner, mut at, mut seen) = (Scanner::new(), 0, Vec::new());
            while at < bytes.len() {
                let end = bytes.len().min((at / chunk + 1) * chunk);
                at += scanner.scan_frame(&bytes[at..end]);
                if matches!(scanner.state, State::Header { have: 0, .. }) {
                    seen.push((at, scanner.is_between_messages()));
                }
            }
            let whole = [false, false, true, true];
            assert_eq!(seen, ends.into_iter().zip(whole).collect::<Vec<_>>(), "{chunk}");
        }
    }

    #[test]
    fn a_length_of_64_bits_is_no_trap() {
        let mut bytes = vec![0x82, 127];
        bytes.extend(u64::MAX.to_be_bytes());
        bytes.extend([0; 100]);
        let mut scanner = scanned(&bytes, 7);
        assert!(scanner.take_activity());
        assert_eq!(scanner.close_code(), None);
    }
}
