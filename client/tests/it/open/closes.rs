//! How a connection ends, and what follows: cases 17 to 26.

use std::sync::{Arc, Mutex};

use tokio::{io::AsyncWriteExt, net::TcpListener, time::Instant};
use wirebond_client::{Client, ClosedBy, ErrorKind, Event, State};

use crate::support::{Wire, millis, next_error, open, peer, picked, reaches, secs, took};

/// The code of a close, who closed, and whether it was clean.
fn closed(event: &Event) -> Option<(u16, ClosedBy, bool)> {
    match event {
        Event::Close(info) => Some((info.code, info.by, info.clean)),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn case_17_a_black_hole_is_found_and_dropped_at_once() {
    for (interval, timeout) in [(30, 10), (60, 60), (5, 1)] {
        let (mut peer, builder) = peer();
        let builder = builder.heartbeat_interval(secs(interval)).heartbeat_timeout(secs(timeout));
        // The wire stays open, and nobody reads it or writes to it.
        let (client, wire, mut events) = open(builder, &mut peer).await;
        let began = Instant::now();
        let error = next_error(&mut events).await;
        assert_eq!(*error.kind(), ErrorKind::HeartbeatTimeout);
        let found = began.elapsed();
        let limit = secs(interval + timeout);
        assert!(found >= limit && found <= limit.mul_f64(1.1), "{found:?} for {limit:?}");
        assert_eq!(picked(&mut events, closed).await, (1006, ClosedBy::Network, false));
        assert!(matches!(client.state(), State::Reconnecting { attempt: 1, .. }));
        drop(wire);
    }
}

#[tokio::test]
async fn cases_18_and_19_a_reset_and_an_end_without_close_are_retried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let client = Client::builder(url).reconnect_interval(millis(10)).build().unwrap();
    let mut events = client.events();
    let accept = async || {
        let (stream, _) = listener.accept().await.unwrap();
        let mut wire = Wire { stream };
        wire.upgrade().await;
        wire
    };
    let (connected, wire) = tokio::join!(client.connect(), accept());
    connected.unwrap();
    wire.stream.set_zero_linger().unwrap();
    drop(wire);
    assert_eq!(picked(&mut events, closed).await, (1006, ClosedBy::Network, false));
    let mut wire = accept().await;
    reaches(&client, State::Open).await;
    wire.stream.shutdown().await.unwrap();
    assert_eq!(picked(&mut events, closed).await, (1006, ClosedBy::Network, false));
    drop(accept().await);
}

/// Cases 20 to 25: what each close code leads to.
#[tokio::test(start_paused = true)]
async fn cases_20_to_25_every_close_code_has_its_ruling() {
    enum Then {
        Retry,
        RetryLate,
        Stop,
        Illegal,
    }
    use Then::{Illegal, Retry, RetryLate, Stop};
    let table: &[(u8, &[u16], Then)] = &[
        (
            20,
            &[1000, 1001, 1004, 1011, 1014, 1016, 2999, 3001, 3499, 4000, 4399, 4402, 4499],
            Retry,
        ),
        (21, &[1012, 1013], RetryLate),
        (22, &[1002, 1003, 1007, 1009, 1010, 3500, 3999, 4400, 4404, 4500, 4999], Stop),
        (23, &[1008, 3000, 3003, 4401, 4403], Stop),
        (25, &[0, 1, 999, 1005, 1006, 1015, 5000, 65535], Illegal),
    ];
    for (case, codes, then) in table {
        for &code in *codes {
            let label = format!("case {case}: code {code}");
            let (mut peer, builder) = peer();
            let (client, mut wire, mut events) = open(builder, &mut peer).await;
            let began = Instant::now();
            wire.close(code, "why").await;
            let info = picked(&mut events, |event| match event {
                Event::Close(info) => Some(info.clone()),
                _ => None,
            })
            .await;
            assert_eq!((info.code, &*info.reason), (code, "why"), "{label}: as sent (case 24)");
            assert_eq!((info.by, info.clean), (ClosedBy::Server, true), "{label}");
            match then {
                Stop => {
                    reaches(&client, State::Closed).await;
                    peer.expect_none_for(secs(3_600)).await;
                    continue;
                }
                Illegal => {
                    assert_eq!(wire.next_close().await, 1002, "{label}");
                }
                Retry | RetryLate => {}
            }
            drop(wire);
            let wire = peer.open().await;
            let delay = began.elapsed();
            let expected = match then {
                RetryLate => secs(5)..=secs(30),
                _ => secs(4)..=secs(6),
            };
            assert!(expected.contains(&delay), "{label}: {delay:?}");
            drop(wire);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_20_an_empty_close_is_retried() {
    let (mut peer, builder) = peer();
    let (_client, mut wire, mut events) = open(builder, &mut peer).await;
    wire.frame(8, b"").await;
    assert_eq!(picked(&mut events, closed).await, (1005, ClosedBy::Server, true));
    assert_eq!(wire.read().await.map(|frame| frame.opcode), Some(8), "its echo");
    peer.open().await;
}

#[tokio::test(start_paused = true)]
async fn case_24_the_users_ruling_sees_code_and_reason() {
    let (mut peer, builder) = peer();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&seen);
    let builder = builder.reconnect_policy(move |gone| {
        let close = gone.close.as_ref().map(|close| (close.code, close.reason.clone()));
        note.lock().unwrap().push((close, gone.attempts));
        wirebond_client::ReconnectDecision::Retry
    });
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    wire.close(4999, "for good, by default").await;
    let wire = peer.open().await;
    assert_eq!(
        *seen.lock().unwrap(),
        [(Some((4999, "for good, by default".to_owned())), 0)],
        "and the user retries"
    );
    reaches(&client, State::Open).await;
    drop(wire);
}

#[tokio::test(start_paused = true)]
async fn case_26_a_close_without_the_end_of_the_stream_holds_nothing_up() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder.close_timeout(secs(2)), &mut peer).await;
    wire.close(1001, "").await;
    // The first wire is neither read to its end nor closed.
    let second = peer.open().await;
    reaches(&client, State::Open).await;
    // And on disconnect: the peer answers with its Close, and never ends the stream.
    let mut second = second;
    let ((), ((), time)) = tokio::join!(
        async {
            assert_eq!(second.next_close().await, 1000);
            second.close(1000, "").await;
        },
        took(client.disconnect()),
    );
    assert!(time <= secs(2) + millis(50), "{time:?}");
    assert_eq!(client.state(), State::Closed);
    drop((wire, second));
}
