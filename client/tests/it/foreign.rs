//! Backends with habits of their own: close codes, heartbeats as text, silence that is judged, texts that mean nothing.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};
use wirebond_client::{
    Attempt, BuildErrorKind, Client, ErrorKind, Event, HeartbeatKind, ReconnectDecision, Sessions,
    Settings, State, UrlSource,
};

use crate::support::{
    Peer, Wire, frame, millis, name, next_error, open, peer, peer_of, picked, reaches, secs,
    so_far, took,
};

/// How the client goes on after this code, from an open connection.
async fn after<M>(url: impl UrlSource<M>, code: u16) -> (State, Option<Duration>) {
    let (mut peer, builder) = peer_of(url);
    let builder = builder.close_rules(|rules| {
        rules.stop(4004..=4014).refresh(4009).retry_after(4100..=4199, secs(60)).retry(4404)
    });
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    wire.close(code, "").await;
    picked(&mut events, |event| matches!(event, Event::Close(_)).then_some(())).await;
    let delay = client.next_attempt().map(|next| next.remaining());
    (client.state(), delay)
}

#[tokio::test(start_paused = true)]
async fn close_rules_come_before_the_table() {
    let url = "ws://peer.test/ws";
    for code in [4004, 4009, 4014] {
        assert_eq!(after(url, code).await.0, State::Closed, "{code}: nothing gives credentials");
    }
    for code in [4003, 4404] {
        let (state, delay) = after(url, code).await;
        assert!(matches!(state, State::Reconnecting { attempt: 1, .. }), "{code}: {state}");
        assert!(delay.is_some_and(|delay| delay <= secs(6)), "{code}: {delay:?}");
    }
    let (_, delay) = after(url, 4150).await;
    assert_eq!(delay.map(|delay| delay.as_secs()), Some(60));
    let provider = |_: Attempt| async { Ok::<_, std::io::Error>("ws://peer.test/ws".to_owned()) };
    assert!(matches!(after(provider, 4009).await.0, State::Reconnecting { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_refreshing_rule_asks_for_other_credentials_once() {
    let provider = |attempt: Attempt| async move {
        Ok::<_, std::io::Error>(format!("ws://peer.test/{}", attempt.refused))
    };
    let (mut peer, builder) = peer_of(provider);
    let builder = builder.close_rules(|rules| rules.refresh(4009));
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    wire.close(4009, "").await;
    let mut wire = peer.accept().await;
    let request = wire.request().await;
    assert!(request.starts_with("GET /true "), "{request}");
    wire.accept(&request, "").await;
    reaches(&client, State::Open).await;
    wire.close(4009, "").await;
    reaches(&client, State::Closed).await;
}

#[tokio::test(start_paused = true)]
async fn a_policy_sees_what_the_close_rules_decided() {
    let (mut peer, builder) = peer();
    let builder = builder.close_rules(|rules| rules.stop(4000)).reconnect_policy(|disconnect| {
        assert_eq!(disconnect.decision, ReconnectDecision::Stop);
        ReconnectDecision::Retry
    });
    let (_client, mut wire, _events) = open(builder, &mut peer).await;
    wire.close(4000, "").await;
    drop(peer.open().await);
}

#[test]
fn close_rules_that_cannot_work_are_refused() {
    for codes in [999..=4000, 4000..=5000, RangeInclusive::new(4001, 4000)] {
        let builder = Client::builder("ws://peer.test/ws").close_rules(|rules| rules.stop(codes));
        assert_eq!(*builder.build().unwrap_err().kind(), BuildErrorKind::Setting);
    }
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_of_text_is_made_anew_each_time_and_anything_answers_it() {
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    let (mut peer, builder) = peer();
    let builder = builder
        .heartbeat_text(move || format!("beat {}", counted.fetch_add(1, Ordering::Relaxed)))
        .ignore_text(["pong", "0"]);
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    let began = Instant::now();
    for number in 0..3 {
        let frame = wire.read().await.unwrap();
        assert_eq!(frame.text(), format!("beat {number}"));
        assert_eq!(began.elapsed().as_secs(), 30 * (number + 1));
        wire.text(if number == 1 { "0" } else { "pong" }).await;
    }
    // Only the exact text is ignored.
    wire.text("pong ").await;
    assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::Envelope);
    let stats = client.stats();
    assert_eq!((stats.received, stats.malformed, stats.unknown), (4, 1, 0));
    assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::HeartbeatTimeout);
    assert_eq!(began.elapsed().as_secs(), 130);
}

#[tokio::test(start_paused = true)]
async fn binary_frames_are_read_as_text_where_the_server_sends_its_json_in_them() {
    for takes in [true, false] {
        let (mut peer, builder) = peer();
        let builder = builder.binary_as_text(takes).heartbeat(HeartbeatKind::Off);
        let (client, mut wire, mut events) = open(builder, &mut peer).await;
        let mut ticks = client.stream::<u32>("tick");
        wire.frame(2, br#"{"type":"tick","data":1}"#).await;
        // In two fragments (RFC 6455, section 5.4).
        wire.raw(&frame(2, br#"{"type":"ti"#)).await;
        wire.raw(&frame(0x80, br#"ck","data":2}"#)).await;
        wire.text(r#"{"type":"tick","data":3}"#).await;
        let mut read = Vec::new();
        while read.last() != Some(&3) {
            read.push(ticks.next().await.unwrap().data);
        }
        assert_eq!(read, if takes { vec![1, 2, 3] } else { vec![3] });
        assert_eq!(client.stats().malformed, if takes { 0 } else { 2 });
        // What isn't UTF-8 is no text: the connection stays.
        wire.frame(2, b"\xff\xfe").await;
        let error = next_error(&mut events).await;
        assert_eq!(*error.kind(), ErrorKind::Binary);
        assert!(error.to_string().contains("binary_as_text"), "{error}");
        assert_eq!(client.state(), State::Open);
    }
}

#[tokio::test(start_paused = true)]
async fn another_kind_after_the_text_adds_a_ping_or_takes_the_text_away() {
    for (kind, frames) in [(HeartbeatKind::Both, vec![1, 9]), (HeartbeatKind::Ping, vec![9])] {
        let (mut peer, builder) = peer();
        let builder = builder.heartbeat_text(|| "beat".to_owned()).heartbeat(kind);
        let (_client, mut wire, _events) = open(builder, &mut peer).await;
        for opcode in frames {
            assert_eq!(wire.read().await.unwrap().opcode, opcode, "{kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_cannot_be_made_is_reported_and_a_ping_goes_instead() {
    type Make = fn() -> String;
    let large: Make = || "x".repeat(101);
    let table: [(Make, ErrorKind, &str); 2] = [
        (|| panic!("s3cret"), ErrorKind::HandlerPanic, "heartbeat"),
        (large, ErrorKind::Heartbeat, "101 bytes, more than max_outgoing_message_size (100)"),
    ];
    for (make, kind, text) in table {
        let (mut peer, builder) = peer();
        let builder = builder.heartbeat_text(make).max_outgoing_message_size(100);
        let (client, mut wire, mut events) = open(builder, &mut peer).await;
        for _ in 0..3 {
            let ping = wire.read().await.unwrap();
            assert!(ping.is_ping());
            wire.frame(10, &ping.payload).await;
            let error = next_error(&mut events).await;
            assert_eq!(*error.kind(), kind);
            assert!(error.to_string().contains(text), "{error}");
            assert!(!format!("{error:?}").contains("s3cret"));
        }
        assert_eq!(client.state(), State::Open);
        client.disconnect().await;
    }
}

#[tokio::test(start_paused = true)]
async fn listening_sends_nothing_and_judges_silence() {
    for settings in [false, true] {
        let (mut peer, builder) = if settings {
            let json = r#"{"url":"ws://peer.test/ws","heartbeat":"listen"}"#;
            peer_of(serde_json::from_str::<Settings>(json).unwrap())
        } else {
            let (peer, builder) = peer();
            (peer, builder.heartbeat(HeartbeatKind::Listen))
        };
        let (client, mut wire, mut events) = open(builder, &mut peer).await;
        // Just before the interval and the timeout are over, again and again: by message and by Ping.
        for opcode in [1, 9, 1, 9] {
            sleep(secs(39)).await;
            assert_eq!(client.state(), State::Open);
            wire.frame(opcode, br#"{"type":"tick"}"#).await;
        }
        let (error, silence) = took(next_error(&mut events)).await;
        assert_eq!(*error.kind(), ErrorKind::HeartbeatTimeout);
        assert_eq!(silence.as_secs(), 40);
        // Two Pongs, and nothing else.
        for _ in 0..2 {
            assert_eq!(wire.read().await.unwrap().opcode, 10);
        }
        assert_eq!(wire.read().await, None);
    }
}

/// How long until the next heartbeat, which is answered.
async fn next_beat(wire: &mut Wire<tokio::io::DuplexStream>) -> u64 {
    let (ping, waited) = took(wire.read()).await;
    let ping = ping.unwrap();
    assert!(ping.is_ping());
    wire.frame(10, &ping.payload).await;
    waited.as_secs()
}

#[tokio::test(start_paused = true)]
async fn the_interval_of_heartbeats_is_the_connections() {
    let (mut peer, builder): (Peer, _) = peer();
    let builder = builder.heartbeat(HeartbeatKind::Ping).reconnect_interval(millis(100));
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    assert_eq!(next_beat(&mut wire).await, 30);
    sleep(secs(3)).await;
    client.set_heartbeat_interval(secs(45));
    assert_eq!(next_beat(&mut wire).await, 45);
    client.set_heartbeat_interval(secs(4));
    assert_eq!(next_beat(&mut wire).await, 4);
    assert_eq!(next_beat(&mut wire).await, 4);
    // The timeout is no longer than the interval.
    assert!(wire.read().await.unwrap().is_ping());
    let (error, silence) = took(next_error(&mut events)).await;
    assert_eq!((*error.kind(), silence.as_secs()), (ErrorKind::HeartbeatTimeout, 4));
    let mut wire = peer.open().await;
    reaches(&client, State::Open).await;
    assert_eq!(next_beat(&mut wire).await, 30, "the next connection begins anew");
    client.disconnect().await;
    client.set_heartbeat_interval(secs(1));
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    assert_eq!(next_beat(&mut wire).await, 30, "nothing was open");
    // A server that says 0 gets no flood.
    client.set_heartbeat_interval(Duration::ZERO);
    assert!(wire.read().await.unwrap().is_ping());
    assert_eq!(client.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn ignored_texts_are_no_messages_whatever_they_look_like() {
    let (mut peer, builder) = peer();
    let builder = builder.ignore_text([r#"{"type":"tick"}"#]).ignore_text([String::new()]);
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    let mut ticks = client.stream::<u64>("tick");
    wire.text(r#"{"type":"tick"}"#).await;
    wire.text("").await;
    wire.text(r#"{"type":"tick","data":1}"#).await;
    assert_eq!(ticks.next().await.map(|tick| tick.data), Some(1));
    assert_eq!(client.stats().received, 3);
    assert_eq!(client.stats().malformed, 0);
    assert_eq!(so_far(&mut events).await, ["open"]);
    client.send("chat", &1).await.unwrap();
    assert_eq!(name(&wire.next().await), "chat");
}

#[test]
fn a_session_keeps_the_heartbeat_that_has_no_number_in_it() {
    let builder = || Client::builder("ws://peer.test/ws").sessions(Sessions::Prefer);
    for builder in [builder().heartbeat_text(|| "beat".to_owned()), builder().ignore_text(["0"])] {
        assert_eq!(*builder.build().unwrap_err().kind(), BuildErrorKind::Setting);
    }
}
