//! Connections as pairs of byte pipes, which block, freeze and break.

use std::collections::BTreeMap;

pub(super) type Conn = u64;

/// Bytes that a connection takes before it blocks.
pub(super) const WINDOW: usize = 400;

#[derive(Debug, Default)]
pub(super) struct Pipe {
    pub(super) data: Vec<u8>,
    /// Read, and not yet a whole frame.
    rest: Vec<u8>,
    pub(super) ended: bool,
    pub(super) frozen: bool,
}

impl Pipe {
    pub(super) fn put(&mut self, frame: &str) {
        let length = u16::try_from(frame.len()).expect("short frames");
        self.data.extend_from_slice(&length.to_be_bytes());
        self.data.extend_from_slice(frame.as_bytes());
    }

    /// So many bytes arrive; returns the frames that are whole now.
    pub(super) fn arrive(&mut self, size: usize) -> Vec<String> {
        self.rest.extend(self.data.drain(..size));
        let mut frames = Vec::new();
        while let [high, low, rest @ ..] = self.rest.as_slice() {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some(frame) = rest.get(..length) else { break };
            frames.push(String::from_utf8(frame.to_vec()).expect("text"));
            self.rest.drain(..2 + length);
        }
        frames
    }
}

#[derive(Debug, Default)]
pub(super) struct Pipes {
    pub(super) to_server: Pipe,
    pub(super) to_client: Pipe,
}

pub(super) type Network = BTreeMap<Conn, Pipes>;
