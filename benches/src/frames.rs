//! Sample messages as text, and frames as a server writes them.

use serde::Serialize;
use serde_json::{json, value::RawValue};

use crate::app::{Chat, Note, OrderItem, OrderUpdate, Status};

/// When every sample message was written.
pub const TIME: u64 = 1_700_000_000_000;

/// Which key of the envelope comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    Type,
    Data,
}

pub fn envelope<T: Serialize>(name: &str, data: &T, first: First) -> String {
    let data = serde_json::to_string(data).expect("plain data");
    match first {
        First::Type => format!(r#"{{"type":"{name}","data":{data},"timestamp":{TIME}}}"#),
        First::Data => format!(r#"{{"data":{data},"type":"{name}","timestamp":{TIME}}}"#),
    }
}

pub fn unit(name: &str) -> String {
    format!(r#"{{"type":"{name}","timestamp":{TIME}}}"#)
}

/// 150 bytes as a message named `chat`.
pub fn chat() -> Chat {
    let content = "The engine weaves algebraic patterns as it must".into();
    Chat { user: "ada.lovelace".into(), room: "analysis".into(), content }
}

/// 150 bytes of what has to be escaped or is not ASCII.
pub fn unicode() -> Chat {
    let content = "\"Größe\"\n→ 中文字符 🚀\tc:\\tem\r\n«a»".into();
    Chat { user: "ada 🦀".into(), room: "größe".into(), content }
}

/// 250 bytes as a message named `order-update`.
pub fn order() -> OrderUpdate {
    let item = |sku: &str, quantity, price| OrderItem { sku: sku.into(), quantity, price };
    OrderUpdate {
        order_id: "A-17-2026".into(),
        status: Status::Shipped,
        items: vec![item("BOOK-0815", 2, 19.5), item("PEN-4711", 12, 0.75)],
        total_cents: 4_800,
        paid: true,
        note: Some("left at".into()),
    }
}

/// About `size` bytes.
pub fn note(size: usize) -> Note {
    let paragraph = "It was a bright cold day in the engine room, and the clocks were striking. ";
    let count = size / (paragraph.len() + 3);
    Note { title: "Minutes".into(), paragraphs: vec![paragraph.into(); count] }
}

/// What a flood consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flood {
    /// The 150-byte chat message alone.
    Chat,
    /// Ten types in turn.
    Mixed,
}

impl Flood {
    pub fn parse(name: &str) -> Self {
        if name == "mixed" { Self::Mixed } else { Self::Chat }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Mixed => "mixed",
        }
    }

    /// One cycle of its messages.
    pub fn texts(self) -> Vec<String> {
        if self == Self::Chat {
            return vec![envelope("chat", &chat(), First::Type)];
        }
        let names = ["chat", "whisper", "announcement", "joined", "left"];
        let more = ["alert", "topic", "reaction"];
        let lines = names.into_iter().chain(more);
        let mut texts: Vec<_> = lines.map(|name| envelope(name, &chat(), First::Type)).collect();
        texts.push(envelope("order-update", &order(), First::Type));
        texts.push(envelope("note", &note(120), First::Type));
        texts
    }
}

/// A message as the notification of a JSON-RPC subscription.
pub fn notification(text: &str) -> String {
    let result: &RawValue = serde_json::from_str(text).expect("JSON");
    json!({ "jsonrpc": "2.0", "method": "message", "params": { "subscription": 1, "result": result } })
        .to_string()
}

/// Appends a frame as a server writes it: whole, not masked.
pub fn push(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(0x80 | opcode);
    match payload.len() {
        short @ 0..=125 => out.push(u8::try_from(short).expect("short")),
        medium @ 126..=0xffff => {
            out.push(126);
            out.extend(u16::try_from(medium).expect("medium").to_be_bytes());
        }
        long => {
            out.push(127);
            out.extend((long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
}

/// Appends a frame as a client writes it: whole and masked.
pub fn push_masked(out: &mut Vec<u8>, opcode: u8, payload: &[u8], mask: [u8; 4]) {
    let start = out.len();
    push(out, opcode, payload);
    // The mask stands between the length and the payload.
    out[start + 1] |= 0x80;
    let at = out.len() - payload.len();
    out.splice(at..at, mask);
    out[at + 4..].iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
}

/// Removes the mask of a payload where it lies.
pub fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let (words, rest) = payload.as_chunks_mut::<4>();
    let key = u32::from_ne_bytes(mask);
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ key).to_ne_bytes();
    }
    rest.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
}

/// A frame's header: its opcode, where the payload is, and the mask.
#[derive(Debug, Clone, Copy)]
pub struct Header {
    pub opcode: u8,
    pub start: usize,
    pub length: usize,
    pub mask: Option<[u8; 4]>,
}

impl Header {
    /// Reads the header at the start of `bytes`, once all of it is there.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (&first, &second) = (bytes.first()?, bytes.get(1)?);
        let (length, at) = match second & 0x7f {
            126 => (u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?) as usize, 4),
            127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize, 10),
            short => (usize::from(short), 2),
        };
        if second & 0x80 == 0 {
            return Some(Self { opcode: first & 0x0f, start: at, length, mask: None });
        }
        let mask = bytes.get(at..at + 4)?.try_into().ok();
        Some(Self { opcode: first & 0x0f, start: at + 4, length, mask })
    }

    pub fn end(&self) -> usize {
        self.start + self.length
    }

    /// The payload, unmasked.
    pub fn payload(&self, frame: &[u8]) -> Vec<u8> {
        let mask = self.mask.unwrap_or_default();
        let bytes = &frame[self.start..self.end()];
        bytes.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_have_the_sizes_that_the_report_names() {
        assert_eq!(envelope("chat", &chat(), First::Type).len(), 150);
        assert_eq!(envelope("chat", &unicode(), First::Type).len(), 150);
        assert_eq!(envelope("order-update", &order(), First::Type).len(), 250);
        for size in [4 << 10, 64 << 10] {
            let length = envelope("note", &note(size), First::Type).len();
            assert!(length.abs_diff(size) < size / 16, "{length}");
        }
    }
}
