//! Text frames that bypass tungstenite give what tungstenite would have given.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::*;
use crate::transport::frame_header::FrameHeader;

/// A peer that sends fixed chunks and records what it receives.
struct Script {
    chunks: VecDeque<Vec<u8>>,
    /// What ends it, once; then it is just over.
    error: Option<io::Error>,
    /// Whether writing finds no room.
    blocked: Arc<AtomicBool>,
    written: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.chunks.pop_front() {
            // A chunk that isn't there yet.
            Some(chunk) if chunk.is_empty() => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Some(mut chunk) => {
                let rest = chunk.split_off(chunk.len().min(buffer.remaining()));
                buffer.put_slice(&chunk);
                if !rest.is_empty() {
                    self.chunks.push_front(rest);
                }
            }
            None => return Poll::Ready(self.error.take().map_or(Ok(()), Err)),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.blocked.load(Ordering::Relaxed) {
            return Poll::Pending;
        }
        self.written.lock().expect("unpoisoned").extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const MOST: usize = 300;

/// What arrives of these chunks, as text, and the control frames that were sent, by their opcode and
/// length: a client's masks are random.
fn arrives(
    role: Role,
    chunks: &[Vec<u8>],
    rest: usize,
    direct: bool,
) -> (Vec<String>, Vec<(u8, u8)>) {
    let written = Arc::new(Mutex::new(Vec::new()));
    let (rest, chunks) = chunks.split_at(rest.min(chunks.len()));
    let chunks = chunks.to_vec().into();
    let script =
        Script { chunks, error: None, blocked: Arc::default(), written: Arc::clone(&written) };
    let mut socket = Socket::new(role, Box::new(script), rest.concat(), MOST, 0);
    socket.direct = direct;
    let (mut log, cx) = (Vec::new(), &mut Context::from_waker(std::task::Waker::noop()));
    loop {
        socket.begin_turn();
        match socket.poll_read(cx) {
            Poll::Pending => {}
            Poll::Ready(Ok(Inbound::Direct(text))) => log.push(format!("{text:?}")),
            Poll::Ready(Ok(Inbound::Text(text))) => log.push(format!("{:?}", &*text)),
            Poll::Ready(end @ (Ok(Inbound::End) | Err(_))) => {
                log.push(format!("{end:?}"));
                break;
            }
            Poll::Ready(other) => log.push(format!("{other:?}")),
        }
    }
    let _ = socket.poll_flush(cx);
    log.push(format!("activity: {}", socket.take_activity()));
    let (written, mut at, mut sent) = (written.lock().expect("unpoisoned"), 0, Vec::new());
    while let Some(&[opcode, length]) = written.get(at..at + 2) {
        sent.push((opcode, length));
        let mask = if role == Role::Client { 4 } else { 0 };
        at += 2 + mask + usize::from(length & 0x7f);
    }
    (log, sent)
}

/// The same frame from a client, if it isn't too odd for that.
fn masked(mut frame: Vec<u8>, mask: [u8; 4]) -> Vec<u8> {
    let start = match frame.get(1) {
        Some(126) => 4,
        Some(127) => 10,
        _ => 2,
    };
    if frame.len() >= start && frame[1] & 0x80 == 0 {
        frame[1] |= 0x80;
        crate::transport::frame_header::unmask(&mut frame[start..], mask);
        frame.splice(start..start, mask);
    }
    frame
}

/// A frame of a server, mostly sound.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let opcode = prop_oneof![
        8 => Just(0x81_u8),
        1 => prop_oneof![Just(0x01), Just(0x00), Just(0x80), Just(0x82)],
        2 => prop_oneof![Just(0x89), Just(0x8a)],
        1 => prop_oneof![Just(0x88), Just(0xc1), Just(0x83), Just(0x09), any::<u8>()],
    ];
    let payload = prop_oneof![
        6 => "[ -~é🦀]{0,40}".prop_map(String::into_bytes),
        1 => "[a-z]{120,310}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    let form = prop_oneof![9 => Just(0_u8), 1 => 1..4_u8];
    (opcode, payload, form).prop_map(|(opcode, payload, form)| {
        let mut frame = vec![opcode];
        let [.., high, low] = payload.len().to_be_bytes();
        match form {
            // A length that is written longer than it has to be, and a mask.
            1 => frame.extend([127, 0, 0, 0, 0, 0, 0, high, low]),
            2 => frame.extend([126, high, low]),
            3 => frame.extend([0x80 | low.min(125), 0, 0, 0, 0]),
            _ if payload.len() < 126 => frame.push(low),
            _ => frame.extend([126, high, low]),
        }
        frame.extend(payload);
        frame
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_passes_by_is_what_tungstenite_would_have_said(
        frames in prop::collection::vec(frame(), 0..12),
        cuts in prop::collection::vec(0..400_usize, 0..12),
        rest in 0..2_usize,
        mask in any::<Option<[u8; 4]>>(),
    ) {
        let (role, frames) = match mask {
            None => (Role::Client, frames),
            Some(mask) => {
                let masked = frames.into_iter().map(|frame| masked(frame, mask));
                (Role::Server, masked.collect())
            }
        };
        let bytes = frames.concat();
        let mut chunks = Vec::new();
        let mut at = 0;
        for cut in cuts {
            let end = (at + cut).min(bytes.len());
            chunks.push(bytes[at..end].to_vec());
            at = end;
        }
        // No chunk is larger than the smallest buffer.
        chunks.extend(bytes[at..].chunks(4_000).map(<[u8]>::to_vec));
        prop_assert_eq!(arrives(role, &chunks, rest, true), arrives(role, &chunks, rest, false));
    }
}

#[test]
fn an_error_that_was_met_while_nothing_was_to_be_read_is_not_forgotten() {
    let error = Some(io::ErrorKind::ConnectionReset.into());
    let script =
        Script { chunks: VecDeque::new(), error, blocked: Arc::default(), written: Arc::default() };
    let mut socket = Socket::new(Role::Client, Box::new(script), Vec::new(), MOST, 0);
    let cx = &mut Context::from_waker(std::task::Waker::noop());
    assert!(!socket.poll_unread(cx), "an error is no sign of activity");
    assert!(!socket.poll_unread(cx));
    let read = socket.poll_read(cx);
    assert!(matches!(read, Poll::Ready(Err(Broken::Io(_)))), "{read:?}");
}

#[test]
fn a_message_that_waits_is_unread_and_half_of_one_only_as_it_grows() {
    let first = [&[0x81, 126, 4, 0][..], &[b'a'; 1024]].concat();
    let second = [&[0x81, 3][..], b"two"].concat();
    let nothing_yet = Vec::new;
    // The last message is cut once, and the first one has more behind it than the smallest buffer holds.
    let chunks = [
        first[..500].to_vec(),
        nothing_yet(),
        [&first[500..], &second].concat(),
        nothing_yet(),
        second[..2].to_vec(),
        nothing_yet(),
        nothing_yet(),
        second[2..].to_vec(),
    ];
    let script = Script {
        chunks: chunks.into(),
        error: None,
        blocked: Arc::default(),
        written: Arc::default(),
    };
    let mut socket = Socket::new(Role::Client, Box::new(script), Vec::new(), 4_000, 0);
    let cx = &mut Context::from_waker(std::task::Waker::noop());
    assert!(socket.poll_read(cx).is_pending(), "half of the first");
    assert!(socket.poll_unread(cx), "more of it");
    // Nothing more is asked of the stream while whole messages wait, however often this is.
    assert!((0..9).all(|_| socket.poll_unread(cx)));
    for length in [1024, 3] {
        let read = socket.poll_read(cx);
        let is_it = matches!(&read, Poll::Ready(Ok(Inbound::Direct(text))) if text.len() == length);
        assert!(is_it, "{length}: {read:?}");
    }
    assert!(socket.poll_read(cx).is_pending(), "nothing");
    assert!(socket.poll_unread(cx), "the header of the last");
    assert!(
        !socket.poll_unread(cx) && !socket.poll_unread(cx),
        "no more of it: its sender may be gone"
    );
    assert!(socket.poll_unread(cx) && socket.poll_unread(cx), "all of it");
    assert!(matches!(socket.poll_read(cx), Poll::Ready(Ok(Inbound::Direct("two")))));
    assert!(matches!(socket.poll_read(cx), Poll::Ready(Ok(Inbound::End))));
}

#[test]
fn pongs_for_a_peer_that_reads_nothing_take_bounded_room_and_the_latest_is_kept() {
    let mut pings = Vec::new();
    for number in 0..20_000_u32 {
        pings.extend([0x89, 4]);
        pings.extend(number.to_be_bytes());
    }
    let chunks = pings.chunks(4_000).map(<[u8]>::to_vec).collect();
    let (blocked, written) = (Arc::new(AtomicBool::new(true)), Arc::default());
    let (is_blocked, record) = (Arc::clone(&blocked), Arc::clone(&written));
    let script = Script { chunks, error: None, blocked: is_blocked, written: record };
    let mut socket = Socket::new(Role::Client, Box::new(script), Vec::new(), MOST, 0);
    let cx = &mut Context::from_waker(std::task::Waker::noop());
    loop {
        socket.begin_turn();
        match socket.poll_read(cx) {
            Poll::Ready(Ok(Inbound::Ping)) => {}
            Poll::Ready(Ok(Inbound::End)) => break,
            other => panic!("{other:?}"),
        }
    }
    blocked.store(false, Ordering::Relaxed);
    while socket.poll_flush(cx).is_pending() {}
    let written = written.lock().expect("unpoisoned");
    assert!(written.len() <= 2 * CHUNK + 10, "{}", written.len());
    let (mask, payload) = written[written.len() - 8..].split_at(4);
    let latest: Vec<_> = payload.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    assert_eq!(latest, 19_999_u32.to_be_bytes());
}

/// A stream that takes so many bytes a write, each time after it has had no room once.
struct Narrow {
    room: VecDeque<usize>,
    was_full: bool,
    written: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Narrow {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl AsyncWrite for Narrow {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.was_full = !self.was_full;
        if self.was_full {
            return Poll::Pending;
        }
        let room = self.room.pop_front().unwrap_or(usize::MAX).clamp(1, bytes.len().max(1));
        self.written.lock().expect("unpoisoned").extend_from_slice(&bytes[..room]);
        Poll::Ready(Ok(room))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What a server does with its socket.
#[derive(Debug, Clone)]
enum Act {
    /// Queues a text of this length.
    Queue(usize),
    /// Writes texts of these lengths at once, if nothing waits.
    Send(Vec<usize>),
    /// Queues a Ping.
    Ping,
    /// Writes what can be written.
    Flush,
}

fn act() -> impl Strategy<Value = Act> {
    let length = || prop_oneof![4 => 0..200_usize, 1 => 65_000..140_000_usize];
    prop_oneof![
        3 => length().prop_map(Act::Queue),
        3 => prop::collection::vec(length(), 1..4).prop_map(Act::Send),
        1 => Just(Act::Ping),
        3 => Just(Act::Flush),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn frames_of_a_server_go_out_whole_and_in_order_however_the_stream_takes_them(
        acts in prop::collection::vec(act(), 1..20),
        room in prop::collection::vec(prop_oneof![1..8_usize, 1..70_000_usize], 0..60),
    ) {
        let written = Arc::new(Mutex::new(Vec::new()));
        let narrow = Narrow { room: room.into(), was_full: false, written: Arc::clone(&written) };
        let mut socket = Socket::new(Role::Server, Box::new(narrow), Vec::new(), MOST, 0);
        let cx = &mut Context::from_waker(std::task::Waker::noop());
        let (mut texts, mut pings) = (Vec::new(), 0);
        let letter = |count| b"abcdefghijklmnopqrstuvwxyz"[count % 26];
        let mut text = |length| {
            texts.push(length);
            Bytes::from(vec![letter(texts.len()); length])
        };
        for act in acts {
            match act {
                Act::Queue(length) => socket.queue_text(text(length), cx).expect("open"),
                Act::Send(lengths) if socket.is_quiet() => {
                    let mut list = lengths.into_iter().map(&mut text).collect();
                    let sent = socket.poll_send(&mut list, cx);
                    prop_assert!(list.is_empty());
                    prop_assert_eq!(sent.is_ready(), socket.is_quiet());
                }
                Act::Send(_) => {}
                Act::Ping => {
                    pings += 1;
                    socket.queue_ping(pings, cx).expect("open");
                }
                Act::Flush => drop(socket.poll_flush(cx)),
            }
        }
        socket.queue_close(1000, "", cx).expect("open");
        while socket.poll_flush(cx).is_pending() {}
        let written = written.lock().expect("unpoisoned");
        let (mut at, mut got, mut last) = (0, Vec::new(), 0);
        while at < written.len() {
            let header = FrameHeader::parse(&written[at..]);
            let header = header.expect("whole frames");
            let length = usize::try_from(header.length).expect("short");
            let payload = &written[at + header.size..at + header.size + length];
            last = written[at];
            if header.is_whole_text() {
                got.push(length);
                let letter = letter(got.len());
                prop_assert!(payload.iter().all(|byte| *byte == letter));
            } else if last == 0x89 {
                pings -= 1;
            }
            at += header.size + length;
        }
        prop_assert_eq!(got, texts);
        prop_assert_eq!((pings, last), (0, 0x88), "the Close frame is the last");
    }
}

proptest! {
    #[test]
    fn fragments_are_at_most_their_size_and_a_server_reads_the_message(
        text in "[ -~é€😀]{0,400}",
        size in 1..500_usize,
    ) {
        let written = Arc::new(Mutex::new(Vec::new()));
        let script = Script {
            chunks: VecDeque::new(),
            error: None,
            blocked: Arc::default(),
            written: Arc::clone(&written),
        };
        let client = Socket::new(Role::Client, Box::new(script), Vec::new(), MOST, text.len());
        let mut client = client.with_fragments(size, text.len());
        let cx = &mut Context::from_waker(std::task::Waker::noop());
        client.queue_text(Bytes::from(text.clone()), cx).expect("room");
        client.queue_ping(7, cx).expect("room");
        prop_assert!(matches!(client.poll_flush(cx), Poll::Ready(Ok(()))));
        let written = std::mem::take(&mut *written.lock().expect("unpoisoned"));
        let (mut at, mut lengths) = (0, Vec::new());
        while at < written.len() {
            let header = FrameHeader::parse(&written[at..]).expect("a header");
            prop_assert!(header.mask.is_some(), "a client masks every frame");
            lengths.push(header.length);
            at += header.size + usize::try_from(header.length).expect("small");
        }
        prop_assert_eq!(lengths.pop(), Some(1), "the Ping is last");
        prop_assert!(lengths.iter().all(|length| *length <= size as u64));
        prop_assert_eq!(lengths.len(), text.len().div_ceil(size).max(1));
        let script = Script {
            chunks: written.chunks(4_000).map(<[u8]>::to_vec).collect(),
            error: None,
            blocked: Arc::default(),
            written: Arc::default(),
        };
        let mut server = Socket::new(Role::Server, Box::new(script), Vec::new(), 4_000, 0);
        let read = loop {
            server.begin_turn();
            match server.poll_read(cx) {
                Poll::Pending => {}
                Poll::Ready(Ok(Inbound::Direct(text))) => break text.to_owned(),
                Poll::Ready(Ok(Inbound::Text(text))) => break text.to_string(),
                Poll::Ready(other) => panic!("{other:?}"),
            }
        };
        prop_assert_eq!(read, text);
    }
}
