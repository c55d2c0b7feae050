//! A server that sends anything: the client never panics, and ends without a session, with another one, or
//! with an error that it reports.

use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{sleep, timeout},
};
use wirebond_client::{Event, Sessions, State, Unconfirmed};

use super::SELECTED;
use crate::support::{Peer, adds_up, frame, millis, peer, secs};

const HELLO: &str = r#"{"type":"$hello","data":{"v":1,"boot":"b","session":{"id":"s","key":"k","keep":1},"hold":1000}}"#;

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0_u64..4).prop_map(|number| number.to_string()),
        1 => any::<u64>().prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_map(|number| format!("{number:?}")),
        1 => prop::sample::select(vec![
            "9007199254740992", "9007199254740993", "-1", "1e400", "null", "\"1\"", "[]", "true", "",
        ]).prop_map(str::to_owned),
    ]
}

/// A text of the session's protocol, or one that looks like it.
fn text() -> impl Strategy<Value = String> {
    let of = |name: &'static str, one: &'static str, two: &'static str| {
        (number(), number()).prop_map(move |(first, second)| {
            format!(r#"{{"type":"{name}","data":{{"{one}":{first},"{two}":{second}}}}}"#)
        })
    };
    prop_oneof![
        6 => Just(HELLO.to_owned()),
        3 => of("$ack", "n", "of"),
        2 => of("$resumed", "got", "done"),
        2 => number().prop_map(|n| format!(r#"{{"type":"$gap","data":{{"n":{n},"why":"overflow"}}}}"#)),
        2 => number().prop_map(|n| format!(r#"{{"type":"$gone","data":{{"why":"x","done":{n}}}}}"#)),
        1 => number().prop_map(|data| format!(r#"{{"type":"$hello","data":{data}}}"#)),
        1 => number().prop_map(|data| format!(r#"{{"type":"$later","data":{data}}}"#)),
        1 => number().prop_map(|data| format!(r#"{{"data":{data},"type":"$ack"}}"#)),
        3 => number().prop_map(|data| format!(r#"{{"type":"news","data":{data}}}"#)),
        1 => Just(r#"{"type":"ping"}"#.to_owned()),
        1 => ".{0,20}",
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        20 => text().prop_map(|text| frame(0x81, text.as_bytes())),
        1 => Just(frame(0x82, b"binary")),
        1 => Just(frame(0x8a, b"1")),
        1 => prop::sample::select(vec![1000_u16, 4401, 4409, 1011])
            .prop_map(|code| frame(0x88, &code.to_be_bytes())),
    ]
}

/// Upgrades one connection after the other, and sends these frames on it.
async fn serve(mut peer: Peer, connections: Vec<Vec<Vec<u8>>>) {
    for frames in connections {
        let mut wire = peer.incoming().await;
        if !wire.try_upgrade_with(SELECTED).await {
            continue;
        }
        let (mut reader, mut writer) = tokio::io::split(wire.stream);
        let reading = tokio::spawn(async move {
            let mut buffer = [0; 1024];
            while reader.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
        });
        for frame in frames {
            let _ = writer.write_all(&frame).await;
            sleep(millis(1)).await;
        }
        sleep(millis(20)).await;
        reading.abort();
    }
}

async fn play(connections: Vec<Vec<Vec<u8>>>, redeliver: bool) {
    let (peer, builder) = peer();
    let unconfirmed = if redeliver { Unconfirmed::Redeliver } else { Unconfirmed::Report };
    let client = builder
        .sessions(Sessions::Prefer)
        .unconfirmed(unconfirmed)
        .reconnect_interval(millis(10))
        .retry_first_connect(true)
        .build()
        .unwrap();
    let mut events = client.events();
    client.on("news", |_: u64| {});
    let connecting = tokio::spawn({
        let client = client.clone();
        async move { client.connect().await }
    });
    let serving = tokio::spawn(serve(peer, connections));
    let mut receipts = Vec::new();
    for number in 0..6_u32 {
        receipts.extend(client.send("chat", &number).try_tracked().ok());
        sleep(millis(7)).await;
        adds_up(&client);
    }
    timeout(secs(600), connecting).await.expect("an answer").unwrap().ok();
    adds_up(&client);
    timeout(secs(10), client.disconnect()).await.expect("in time");
    assert_eq!(client.state(), State::Closed);
    adds_up(&client);
    assert_eq!(client.stats().in_flight, 0);
    for receipt in receipts {
        timeout(secs(1), receipt).await.expect("an outcome");
    }
    serving.abort();
    drop(client);
    let mut opens = 0;
    while let Some(event) = timeout(secs(10), events.next()).await.expect("an end") {
        match event {
            Event::Open => opens += 1,
            Event::Close(info) if info.code == 1006 && opens == 0 => {}
            Event::Close(_) => opens -= 1,
            Event::Error(error) => assert!(!error.to_string().contains("bug"), "{error}"),
            _ => {}
        }
    }
    assert_eq!(opens, 0, "one `Close` for each `Open`");
}

proptest! {
    #[test]
    fn whatever_a_server_sends_the_client_goes_on_or_reports_why_not(
        connections in prop::collection::vec(prop::collection::vec(bytes(), 0..12), 1..4),
        redeliver in any::<bool>(),
    ) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.unwrap().block_on(play(connections, redeliver));
    }
}
