//! Names and payloads that no contract describes: each gives an error or the message.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use wirebond_client::{Client, ErrorKind, Event, Events, HeartbeatKind, SendErrorKind};

use crate::support::{next_error, open, peer, picked, so_far};

type Log = Arc<Mutex<Vec<String>>>;

fn keep<T: std::fmt::Debug>(log: &Log, name: &'static str) -> impl FnMut(T) + Send + 'static {
    let log = Arc::clone(log);
    move |value| log.lock().unwrap().push(format!("{name} {value:?}"))
}

/// All that was sent before has been handled.
async fn handled(wire: &mut crate::support::Wire<tokio::io::DuplexStream>, events: &mut Events) {
    wire.text("[]").await;
    while *next_error(events).await.kind() != ErrorKind::Envelope {}
}

#[tokio::test(start_paused = true)]
async fn case_70_reserved_names_arrive_and_a_ping_is_answered() {
    for heartbeat in [HeartbeatKind::Off, HeartbeatKind::Both] {
        for subscribed in [false, true] {
            let (mut peer, builder) = peer();
            let (client, mut wire, mut events) =
                open(builder.heartbeat(heartbeat), &mut peer).await;
            let (log, mut pongs) = (Log::default(), client.stream::<Value>("pong"));
            if subscribed {
                client.on("ping", keep::<Value>(&log, "ping"));
                client.on("pong", keep::<Value>(&log, "pong"));
                client.on("$hello", keep::<Value>(&log, "$hello"));
            }
            client.on_unknown({
                let log = Arc::clone(&log);
                move |name: String, _| log.lock().unwrap().push(format!("unknown {name}"))
            });
            wire.message("ping", "1").await;
            wire.message("pong", "2").await;
            wire.text(r#"{"type":"ping"}"#).await;
            wire.message("$hello", "3").await;
            handled(&mut wire, &mut events).await;
            let expected: &[_] = if subscribed {
                &["ping Number(1)", "pong Number(2)", "ping Null", "$hello Number(3)"]
            } else {
                &["unknown $hello"]
            };
            assert_eq!(*log.lock().unwrap(), expected, "{heartbeat:?}");
            assert_eq!(pongs.try_next().map(|pong| pong.data), Some(json!(2)));
            assert_eq!(client.stats().unknown, u64::from(!subscribed), "a heartbeat isn't unknown");
            assert_eq!(wire.next_name().await, "pong", "a ping is answered");
            client.off("ping");
            log.lock().unwrap().clear();
            wire.message("ping", "4").await;
            handled(&mut wire, &mut events).await;
            assert!(log.lock().unwrap().is_empty(), "`off` takes it away again");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_70_a_reserved_name_with_another_payload_is_an_error() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    client.on("pong", |_: u32| {});
    wire.message("pong", r#""text""#).await;
    let error = next_error(&mut events).await;
    assert_eq!((*error.kind(), error.message_name()), (ErrorKind::Payload, Some("pong")));
    wire.text(r#"{"type":"pong","data":1,}"#).await;
    assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::Envelope);
}

#[derive(Debug, serde::Deserialize)]
struct Unit;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Defaults {
    _field: u8,
}

#[tokio::test(start_paused = true)]
async fn case_70_a_message_without_data_arrives_where_its_type_allows() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    let log = Log::default();
    client.on("leave", keep::<()>(&log, "unit"));
    client.on("leave", keep::<Option<u32>>(&log, "option"));
    client.on("leave", keep::<Value>(&log, "value"));
    client.on("leave", keep::<Unit>(&log, "struct"));
    let mut stream = client.stream::<Option<String>>("leave");
    for text in [r#"{"type":"leave"}"#, r#"{ "timestamp":7, "type":"leave" }"#] {
        wire.text(text).await;
        handled(&mut wire, &mut events).await;
        let log = std::mem::take(&mut *log.lock().unwrap());
        assert_eq!(log, ["unit ()", "option None", "value Null", "struct Unit"], "{text}");
        assert!(stream.try_next().unwrap().data.is_none());
    }
    // `null` reads as no data, and data that is there is read.
    wire.message("leave", "null").await;
    handled(&mut wire, &mut events).await;
    assert_eq!(log.lock().unwrap().len(), 4);
    // For any other type, missing data is an error.
    client.on("bare", |_: String| {});
    client.on("empty", |_: Defaults| {});
    client.on("list", |_: Vec<u8>| {});
    for name in ["bare", "empty", "list"] {
        wire.text(&format!(r#"{{"type":"{name}"}}"#)).await;
        let error = next_error(&mut events).await;
        assert_eq!((*error.kind(), error.message_name()), (ErrorKind::Payload, Some(name)));
        assert!(error.to_string().contains("has no data"), "{error}");
    }
    // As any other handler of its name, it takes what comes from the registry.
    assert_eq!(client.stats().unknown, 0);
}

#[tokio::test(start_paused = true)]
async fn case_68_a_payload_with_nan_is_refused_on_every_way_to_send() {
    let (_peer, builder) = peer();
    let client: Client = builder.build().unwrap();
    for (number, small) in [
        (f64::NAN, f32::NAN),
        (f64::INFINITY, f32::INFINITY),
        (f64::NEG_INFINITY, f32::NEG_INFINITY),
    ] {
        let payload = BTreeMap::from([("price", vec![Some(number)])]);
        let errors = [
            client.send("order", &payload).await.unwrap_err(),
            client.try_send("order", &payload).unwrap_err(),
            client.send("order", &payload).tracked().await.unwrap_err(),
            client.send("order", &payload).try_tracked().unwrap_err(),
            client.send("order", &(1, small)).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(
                (*error.kind(), error.message_name()),
                (SendErrorKind::Payload, Some("order"))
            );
            assert!(error.to_string().contains("is no number in JSON"), "{error}");
        }
    }
    client.send("order", &(1.5, None::<f64>)).await.unwrap();
    assert_eq!((client.stats().accepted, client.stats().queued), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn field_d2_events_are_there_for_loops_that_cannot_await() {
    let (mut peer, builder) = peer();
    let (client, wire, mut events) = open(builder, &mut peer).await;
    let mut later = client.events();
    assert!(matches!(events.try_next(), Some(Event::Open)));
    assert!(events.try_next().is_none());
    let mut awaiting = client.events();
    let awaited = tokio::spawn(async move {
        picked(&mut awaiting, |event| match event {
            Event::Close(info) => Some(info.code),
            _ => None,
        })
        .await
    });
    // `try_next` doesn't take the place of a waiting task.
    tokio::task::yield_now().await;
    assert!(later.try_next().is_none());
    drop(wire);
    assert_eq!(awaited.await.unwrap(), 1006);
    assert!(matches!(later.try_next(), Some(Event::Error(_))));
    assert!(matches!(later.try_next(), Some(Event::Close(_))));
    drop(client);
    so_far(&mut later).await;
    assert!(later.try_next().is_none());
}
