//! Links of either role, over streams in memory and in paused time.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard},
    task::Waker,
};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::*;
use crate::transport::Role;

/// What a link's owner sees of it.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is set by some test")]
struct State {
    received: Vec<String>,
    queue: VecDeque<Bytes>,
    /// How many written messages no Ping follows, and how many are unconfirmed.
    unmarked: u64,
    unconfirmed: u64,
    is_full: bool,
    /// Whether a handler runs, which each turn continues, and how many turns there were.
    is_running: bool,
    turns: u32,
    is_unavailable: bool,
    is_ended_by_peer: bool,
    /// The heartbeat's message, if it is one of its own, and how many frames the link wrote of its own.
    heartbeat: Option<HeartbeatMessage>,
    own_frames: u32,
    interval: Option<(Duration, Duration)>,
    waker: Option<Waker>,
}

#[derive(Debug, Clone, Default)]
struct Owner {
    state: Arc<Mutex<State>>,
    /// Whether its messages are confirmed.
    confirms: bool,
}

impl Owner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("unpoisoned")
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    fn send(&self, text: &'static str) {
        self.change(|state| state.queue.push_back(Bytes::from_static(text.as_bytes())));
    }
}

impl MessageSink for Owner {
    fn begin_turn(&mut self, cx: &mut Context<'_>) -> bool {
        let mut state = self.state();
        state.waker = Some(cx.waker().clone());
        state.turns += 1;
        assert!(state.turns < 1_000, "turns without end");
        state.is_running
    }

    fn dispatch(&mut self, text: &str) -> Reply {
        self.state().received.push(text.to_owned());
        if text.starts_with(r#"{"type":"ping""#) { Reply::Pong } else { Reply::Nothing }
    }

    fn refuse_binary(&mut self) {
        self.state().received.push("binary".into());
    }

    fn is_held_back(&mut self, _: Instant, _: &mut Context<'_>) -> bool {
        self.state().is_full
    }

    fn end_turn(&mut self, _: u32, _: Instant, _: &mut Context<'_>) {}

    fn is_idle(&self) -> bool {
        true
    }

    fn pass_time(&mut self, _: Instant) {}

    fn due(&self, _: Instant) -> Option<Instant> {
        None
    }
}

impl MessageSource for Owner {
    fn take(&mut self, _: usize, texts: &mut Vec<Bytes>, _: Instant, _: &mut Context<'_>) {
        let mut state = self.state();
        texts.extend(state.queue.drain(..));
        if self.confirms {
            state.unmarked += texts.len() as u64;
            state.unconfirmed += texts.len() as u64;
        }
    }

    fn heartbeat(&mut self) -> HeartbeatMessage {
        self.state().heartbeat.clone().unwrap_or(HeartbeatMessage::Standard)
    }

    fn record_own_frame(&mut self, _: Instant) {
        self.state().own_frames += 1;
    }

    fn is_settled(&self) -> bool {
        let state = self.state();
        state.queue.is_empty() && state.unconfirmed == 0
    }

    fn needs(&self) -> Needs {
        let state = self.state();
        Needs { ping: state.unmarked > 0, heartbeat: state.interval, ..Needs::default() }
    }

    fn mark(&mut self, _: u64) {
        self.state().unmarked = 0;
    }

    fn confirm(&mut self, _: u64, _: Duration, _: Instant) {
        let mut state = self.state();
        state.unconfirmed = state.unmarked;
    }

    fn give_up_confirming(&mut self) {
        let mut state = self.state();
        state.is_unavailable = true;
        state.unconfirmed = 0;
    }

    fn ended_by_peer(&mut self) {
        self.state().is_ended_by_peer = true;
    }
}

const INTERVAL: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(10);

/// A link as the client or the server has it.
fn link(role: Role, io: DuplexStream) -> (Link<Owner, Owner>, Owner) {
    let is_client = role == Role::Client;
    let socket = Socket::new(role, Box::new(io), Vec::new(), 1 << 20, 1 << 20);
    let owner = Owner { confirms: is_client, ..Owner::default() };
    let pace = if is_client { Pace::Steady } else { Pace::WhenIdle };
    let heartbeat = Heartbeat::new(pace, INTERVAL, TIMEOUT);
    let tracker = is_client.then(|| PingTracker::new(Some(Duration::from_secs(1)), TIMEOUT));
    (Link::new(socket, owner.clone(), owner.clone(), tracker, Some(heartbeat)), owner)
}

/// A client and a server that are connected.
fn pair() -> [(Link<Owner, Owner>, Owner); 2] {
    let (one, two) = duplex(1 << 16);
    [link(Role::Client, one), link(Role::Server, two)]
}

/// Runs a link until it ends.
async fn ended(link: &mut Link<Owner, Owner>) -> Ended {
    poll_fn(|cx| link.poll(cx)).await
}

/// Runs links for a while.
async fn run(links: &mut [&mut Link<Owner, Owner>], time: Duration) {
    let all = poll_fn(|cx| {
        for link in &mut *links {
            let poll = link.poll(cx);
            assert!(poll.is_pending(), "{poll:?}");
        }
        Poll::<()>::Pending
    });
    let _ = tokio::time::timeout(time, all).await;
}

async fn finish(link: Link<Owner, Owner>) {
    let (mut handshake, _) = link.finish();
    poll_fn(|cx| handshake.poll(cx)).await;
}

const MOMENT: Duration = Duration::from_millis(100);

#[tokio::test(start_paused = true)]
async fn messages_go_both_ways_and_a_pong_confirms_what_a_client_sent() {
    let [(mut client, to_server), (mut server, to_client)] = pair();
    to_server.send(r#"{"type":"a"}"#);
    to_client.send(r#"{"type":"b"}"#);
    to_client.send(r#"{"type":"ping"}"#);
    run(&mut [&mut client, &mut server], MOMENT).await;
    assert_eq!(to_client.state().received[0], r#"{"type":"a"}"#);
    assert!(to_client.state().received[1].starts_with(r#"{"type":"pong""#), "the reply");
    assert_eq!(to_server.state().received, [r#"{"type":"b"}"#, r#"{"type":"ping"}"#]);
    assert_eq!(to_server.state().unconfirmed, 0);
    assert_eq!((client.is_drained(), server.is_drained()), (true, true));
}

#[tokio::test(start_paused = true)]
async fn a_sink_without_room_holds_back_either_side_and_gets_everything_later() {
    let [(mut client, to_server), (mut server, to_client)] = pair();
    for (sender, receiver) in [(&to_server, &to_client), (&to_client, &to_server)] {
        receiver.change(|state| state.is_full = true);
        sender.send(r#"{"type":"a"}"#);
        // Longer than heartbeats wait: unread bytes are activity.
        run(&mut [&mut client, &mut server], 3 * (INTERVAL + TIMEOUT)).await;
        assert!(receiver.state().received.is_empty());
        receiver.change(|state| state.is_full = false);
        run(&mut [&mut client, &mut server], MOMENT).await;
        assert_eq!(receiver.state().received, [r#"{"type":"a"}"#]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_side_that_closes_first_gets_an_answer() {
    for by_client in [true, false] {
        let [(mut one, _), (mut two, owner)] = {
            let mut pair = pair();
            if !by_client {
                pair.reverse();
            }
            pair
        };
        poll_fn(|cx| Poll::Ready(one.close(4000, "done", cx))).await.expect("open");
        let closing = async {
            // A client reads the answer; a server does so as it finishes.
            if by_client {
                let answer = ended(&mut one).await;
                assert!(matches!(answer, Ended::Closed(Some(4000), _)), "{answer:?}");
            }
            finish(one).await;
        };
        let closed = async {
            let end = ended(&mut two).await;
            assert!(
                matches!(&end, Ended::Closed(Some(4000), reason) if reason == "done"),
                "{end:?}"
            );
            assert!(owner.state().is_ended_by_peer);
            finish(two).await;
        };
        tokio::join!(closing, closed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_breach_of_the_protocol_is_answered_with_a_close_frame() {
    for role in [Role::Client, Role::Server] {
        let (io, mut peer) = duplex(1 << 16);
        let (mut link, _) = link(role, io);
        // A reserved opcode.
        peer.write_all(&[0x83, 0x00]).await.expect("open");
        let end = ended(&mut link).await;
        assert!(matches!(end, Ended::Broken(Broken::Protocol(_))), "{end:?}");
        let reading = async {
            let mut header = [0; 2];
            peer.read_exact(&mut header).await.expect("a frame");
            assert_eq!(header[0], 0x88, "a Close frame: {header:?}");
            let is_masked = role == Role::Client;
            let length = usize::from(header[1] & 0x7f) + if is_masked { 4 } else { 0 };
            let mut payload = vec![0; length];
            peer.read_exact(&mut payload).await.expect("a frame");
            if is_masked {
                let mask = payload.drain(..4).collect::<Vec<_>>();
                payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
            }
            let reason = String::from_utf8_lossy(&payload[2..]);
            assert_eq!(payload[..2], 1002_u16.to_be_bytes());
            assert!(reason.to_lowercase().contains("invalid opcode: 3"), "{reason}");
            drop(peer);
        };
        tokio::join!(reading, finish(link));
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_falls_silent_is_found_out_by_either_side() {
    for role in [Role::Client, Role::Server] {
        let (io, _peer) = duplex(1 << 16);
        let (mut link, _) = link(role, io);
        let began = Instant::now();
        let end = ended(&mut link).await;
        assert!(matches!(end, Ended::Silent), "{end:?}");
        let took = began.elapsed();
        assert!(took >= INTERVAL + TIMEOUT && took < INTERVAL + TIMEOUT + MOMENT, "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_draining_client_reads_confirmations_and_a_draining_server_reads_nothing() {
    let [(mut client, to_server), (mut server, to_client)] = pair();
    to_server.send(r#"{"type":"a"}"#);
    client.drain();
    run(&mut [&mut client], MOMENT).await;
    assert!(!client.is_drained(), "not confirmed yet");
    run(&mut [&mut client, &mut server], MOMENT).await;
    assert!(client.is_drained());
    server.drain();
    to_server.send(r#"{"type":"late"}"#);
    to_client.send(r#"{"type":"last"}"#);
    run(&mut [&mut client, &mut server], MOMENT).await;
    assert_eq!(to_client.state().received, [r#"{"type":"a"}"#]);
    assert_eq!(to_server.state().received, [r#"{"type":"last"}"#]);
    assert!(server.is_drained());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_without_a_close_frame_is_unannounced() {
    for role in [Role::Client, Role::Server] {
        let (io, peer) = duplex(1 << 16);
        let (mut link, owner) = link(role, io);
        drop(peer);
        let end = ended(&mut link).await;
        assert!(matches!(end, Ended::Unannounced), "{end:?}");
        assert!(owner.state().is_ended_by_peer);
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_fails_while_a_handler_runs_ends_the_link() {
    for role in [Role::Client, Role::Server] {
        let (io, mut peer) = duplex(1 << 16);
        let (mut link, owner) = link(role, io);
        // What the sink has no room for stays unread.
        peer.write_all(&[0x81, 0x00]).await.expect("open");
        drop(peer);
        owner.change(|state| (state.is_full, state.is_running) = (true, true));
        owner.send(r#"{"type":"a"}"#);
        let end = ended(&mut link).await;
        assert!(matches!(end, Ended::Broken(Broken::Io(_))), "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_of_the_owners_own_replaces_the_message_and_a_ping_one_that_failed() {
    for (message, received, pings) in [
        (HeartbeatMessage::Text(Bytes::from_static(b"beat")), vec!["beat"], 0),
        (HeartbeatMessage::Failed, vec![], 1),
    ] {
        let (one, mut wire) = duplex(1 << 16);
        let (mut client, owner) = link(Role::Client, one);
        client.heartbeat = client.heartbeat.map(|beat| beat.with_message().without_ping());
        owner.change(|state| state.heartbeat = Some(message));
        run(&mut [&mut client], INTERVAL + MOMENT).await;
        assert_eq!(owner.state().own_frames, 1);
        let mut frame = [0; 2];
        wire.read_exact(&mut frame).await.expect("a frame");
        assert_eq!(frame[0], if pings == 1 { 0x89 } else { 0x81 });
        let mut rest = vec![0; 4 + usize::from(frame[1] & 0x7f)];
        wire.read_exact(&mut rest).await.expect("a mask and a payload");
        let text: Vec<_> = (4..rest.len()).map(|at| rest[at] ^ rest[(at - 4) % 4]).collect();
        assert_eq!(received.is_empty(), pings == 1);
        assert!(received.iter().all(|expected| expected.as_bytes() == text), "{text:?}");
        assert!(matches!(ended(&mut client).await, Ended::Silent), "it waits for an answer");
    }
}

#[tokio::test(start_paused = true)]
async fn the_interval_of_an_open_link_can_be_changed() {
    let (one, mut wire) = duplex(1 << 16);
    let (mut client, owner) = link(Role::Client, one);
    run(&mut [&mut client], Duration::from_secs(10)).await;
    let second = Duration::from_secs(1);
    owner.change(|state| state.interval = Some((4 * second, 2 * second)));
    let began = Instant::now();
    assert!(matches!(ended(&mut client).await, Ended::Silent));
    assert_eq!(began.elapsed().as_secs(), 6);
    let mut frame = [0; 1];
    wire.read_exact(&mut frame).await.expect("a heartbeat");
    assert_eq!(frame, [0x89]);
}
