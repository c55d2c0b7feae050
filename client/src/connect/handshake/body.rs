//! The body of an answer that refused the upgrade (RFC 9112, section 6.3), as far as it is
//! useful.

use std::time::Duration;

use http::{HeaderMap, header};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::{Instant, timeout_at},
};

use crate::response::UpgradeResponse;

/// How long a body is waited for. The attempt has failed already; the body only explains why.
const PATIENCE: Duration = Duration::from_millis(500);
/// The most that is kept of it.
const MOST: usize = UpgradeResponse::MAX_BODY;
/// The most that is read: chunks have heads of their own.
const MOST_READ: usize = 4 * MOST;

/// Where a body ends.
#[derive(Debug)]
enum End {
    Length(usize),
    Chunks(Chunks),
    /// With the connection.
    Stream,
}

/// How far the chunks have been parsed (RFC 9112, section 7.1).
#[derive(Debug, Default)]
struct Chunks {
    body: Vec<u8>,
    /// How many of the received bytes are consumed.
    at: usize,
    /// What is still to come of the present chunk.
    left: u64,
    /// Whether a chunk's line end comes next.
    ends: bool,
}

/// Reads what belongs to an answer with this head, of which `received` is here already. Returns also
/// whether that is all of it.
pub(super) async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    status: u16,
    headers: &HeaderMap,
    mut received: Vec<u8>,
    deadline: Instant,
) -> (Vec<u8>, bool) {
    if matches!(status, 100..=199 | 204 | 304) {
        return (Vec::new(), true);
    }
    let until = deadline.min(Instant::now() + PATIENCE);
    let mut end = End::of(headers);
    let mut ended = false;
    let whole = loop {
        match end.reached(&received) {
            Some(whole) => break whole,
            None if ended => break matches!(end, End::Stream),
            None if received.len() >= MOST_READ => break false,
            None => {}
        }
        match timeout_at(until, stream.read_buf(&mut received)).await {
            Ok(Ok(count)) => ended = count == 0,
            // Reset, or late: only the part that arrived is used.
            Ok(Err(_)) | Err(_) => break false,
        }
    };
    let mut body = match end {
        End::Chunks(chunks) => chunks.body,
        End::Length(length) => {
            received.truncate(length);
            received
        }
        End::Stream => received,
    };
    let whole = whole && body.len() <= MOST;
    body.truncate(MOST);
    (body, whole)
}

impl End {
    fn of(headers: &HeaderMap) -> Self {
        let text =
            |value: &http::HeaderValue| value.to_str().map(|text| text.trim().to_owned()).ok();
        if let Some(codings) = headers.get_all(header::TRANSFER_ENCODING).iter().next_back() {
            let last = text(codings).unwrap_or_default().to_ascii_lowercase();
            let chunked = last.rsplit(',').next().is_some_and(|last| last.trim() == "chunked");
            return if chunked { Self::Chunks(Chunks::default()) } else { Self::Stream };
        }
        match headers.get(header::CONTENT_LENGTH).and_then(text).map(|length| length.parse()) {
            Some(Ok(length)) => Self::Length(length),
            _ => Self::Stream,
        }
    }

    /// Whether it ends here: with all of it, or with as much as is kept.
    fn reached(&mut self, received: &[u8]) -> Option<bool> {
        match self {
            Self::Length(length) if received.len() >= *length => Some(true),
            Self::Chunks(chunks) => chunks.take(received),
            Self::Length(_) | Self::Stream => (received.len() > MOST).then_some(false),
        }
    }
}

impl Chunks {
    fn take(&mut self, received: &[u8]) -> Option<bool> {
        loop {
            let here = &received[self.at..];
            if self.left > 0 {
                let count = here.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                self.body.extend_from_slice(&here[..count]);
                self.at += count;
                self.left -= count as u64;
                if self.body.len() > MOST {
                    return Some(false);
                }
                if self.left > 0 {
                    return None;
                }
            } else if self.ends {
                match here {
                    [b'\r', b'\n', ..] => (self.at, self.ends) = (self.at + 2, false),
                    [] | [b'\r'] => return None,
                    _ => return Some(false),
                }
            } else {
                match httparse::parse_chunk_size(here) {
                    Ok(httparse::Status::Complete((_, 0))) => return Some(true),
                    Ok(httparse::Status::Complete((length, size))) => {
                        (self.at, self.left, self.ends) = (self.at + length, size, true);
                    }
                    Ok(httparse::Status::Partial) => return None,
                    Err(_) => return Some(false),
                }
            }
        }
    }
}
