//! Calls on a connection without a session: each answer, and each cell of the table of what happens when
//! the connection ends.

mod endings;
mod ran;

use serde_json::{Value, json};
use tokio::{io::DuplexStream, task::JoinHandle, time::timeout};
use wirebond_client::{
    Call, CallError, Client, ErrorCode, ErrorKind, Overflow, Ran, SendErrorKind, State,
};

use crate::support::{Wire, adds_up, millis, next_error, open, peer, reaches, secs, so_far, took};

type Outcome = Result<u64, CallError<String>>;

/// Makes a call in a task of its own.
fn begin(call: Call<u64, String>) -> JoinHandle<Outcome> {
    tokio::spawn(call)
}

fn order(client: &Client) -> Call<u64, String> {
    client.call("order", &1)
}

/// The next message as JSON.
async fn next(wire: &mut Wire<DuplexStream>) -> Value {
    serde_json::from_str(&wire.next().await).unwrap()
}

/// The number of the next message, which is a request of this name.
async fn request(wire: &mut Wire<DuplexStream>, name: &str) -> u64 {
    let request = next(wire).await;
    assert_eq!(request["type"], name, "{request}");
    request["id"].as_u64().unwrap()
}

async fn answer(wire: &mut Wire<DuplexStream>, name: &str, re: u64, data: Value) {
    wire.text(&json!({ "type": name, "re": re, "data": data }).to_string()).await;
}

#[tokio::test(start_paused = true)]
async fn each_answer_ends_its_call() {
    let (mut peer, builder) = peer();
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let calls: Vec<_> = (0..5).map(|_| begin(order(&client))).collect();
    let mut ids = Vec::new();
    for _ in &calls {
        let request = next(&mut wire).await;
        assert_eq!((&request["type"], &request["data"]), (&json!("order"), &json!(1)));
        ids.push(request["id"].as_u64().unwrap());
    }
    assert_eq!(client.stats().calls_in_flight, 5);
    // In any order.
    let fault = json!({"code": "payload", "path": "a[0]", "message": "no number"});
    answer(&mut wire, "$error", ids[4], json!({"code": "later"})).await;
    answer(&mut wire, "$error", ids[3], fault).await;
    answer(&mut wire, "order.reply", ids[2], json!("no number")).await;
    answer(&mut wire, "order.error", ids[1], json!("sold out")).await;
    answer(&mut wire, "order.reply", ids[0], json!(7)).await;
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(call.await.unwrap());
    }
    let [replied, refused, bad, faulty, later] = outcomes.try_into().unwrap();
    assert_eq!(replied.unwrap(), 7);
    assert_eq!(refused.unwrap_err().into_refused().unwrap(), "sold out");
    let bad = bad.unwrap_err();
    assert!(matches!(bad, CallError::BadAnswer { .. }) && bad.ran() == Ran::Yes, "{bad}");
    let Err(CallError::Peer { code, path, message, .. }) = faulty else { panic!("a fault") };
    assert_eq!((code, path.as_deref(), &*message), (ErrorCode::Payload, Some("a[0]"), "no number"));
    let later = later.unwrap_err();
    assert!(
        matches!(&later, CallError::Peer { code: ErrorCode::Other(code), .. } if code == "later")
    );
    assert_eq!((client.stats().calls_in_flight, later.ran()), (0, Ran::Maybe));
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn a_late_or_doubled_answer_is_counted_and_reported() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    let call = begin(order(&client));
    let id = request(&mut wire, "order").await;
    // Another call's name, none, and a number that is none.
    answer(&mut wire, "other.reply", id, json!(1)).await;
    wire.text(r#"{"type":"order.reply","data":1}"#).await;
    wire.text(r#"{"type":"order.reply","re":-1,"data":1}"#).await;
    answer(&mut wire, "order.reply", id, json!(7)).await;
    answer(&mut wire, "order.reply", id, json!(8)).await;
    assert_eq!(call.await.unwrap().unwrap(), 7);
    for _ in 0..4 {
        assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::LateAnswer);
    }
    assert_eq!(client.stats().late_answers, 4);
    wire.text(r#"{"type":"order.reply","re":1,"data":1"#).await;
    assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::Envelope);
}

#[tokio::test(start_paused = true)]
async fn a_queued_call_stays_queued_over_connections_until_it_is_written() {
    let (mut peer, builder) = peer();
    let (client, wire, _events) = open(builder.reconnect_interval(millis(50)), &mut peer).await;
    drop(wire);
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    let call = begin(order(&client));
    drop(peer.accept().await);
    reaches(&client, State::Reconnecting { attempt: 2 }).await;
    let mut wire = peer.open().await;
    let id = request(&mut wire, "order").await;
    answer(&mut wire, "order.reply", id, json!(7)).await;
    assert_eq!(call.await.unwrap().unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_queued_call_that_times_out_is_never_written() {
    let (mut peer, builder) = peer();
    let client = builder.call_timeout(secs(3)).build().unwrap();
    let (outcome, time) = took(order(&client)).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, CallError::Timeout { ran: Ran::No, .. }), "{error}");
    assert_eq!(time.as_secs(), 3);
    let (outcome, time) = took(order(&client).timeout(secs(1))).await;
    assert_eq!((outcome.unwrap_err().ran(), time.as_secs()), (Ran::No, 1));
    client.send("after", &1).await.unwrap();
    let stats = client.stats();
    assert_eq!((stats.dropped_withdrawn, stats.queued, stats.calls_in_flight), (2, 1, 0));
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    assert_eq!(wire.next_name().await, "after");
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn a_written_call_is_unknown_when_its_connection_ends() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) =
        open(builder.reconnect_interval(millis(50)), &mut peer).await;
    let call = begin(order(&client));
    request(&mut wire, "order").await;
    drop(wire);
    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Unknown) && error.ran() == Ran::Maybe, "{error}");
    // It is not written again.
    let mut wire = peer.open().await;
    client.send("after", &1).await.unwrap();
    assert_eq!(wire.next_name().await, "after");
    assert!(so_far(&mut events).await.contains(&"unconfirmed order 1".to_owned()));
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_may_run_twice_is_written_again_before_all_else() {
    for is_confirmed in [false, true] {
        let (mut peer, builder) = peer();
        let (client, mut wire, mut events) =
            open(builder.reconnect_interval(millis(50)), &mut peer).await;
        let calls = [1, 2].map(|_| begin(client.call_idempotent("price", &1)));
        let ids = [request(&mut wire, "price").await, request(&mut wire, "price").await];
        if is_confirmed {
            // Reads and answers the Ping.
            client.send("seen", &1).await.unwrap();
            assert_eq!(wire.next_name().await, "seen");
            let serving = async {
                while client.stats().in_flight > 0 {
                    wire.next_or_ping().await;
                }
            };
            timeout(secs(60), serving).await.unwrap();
        }
        drop(wire);
        reaches(&client, State::Reconnecting { attempt: 1 }).await;
        client.send("after", &1).await.unwrap();
        let mut wire = peer.open().await;
        for id in ids {
            assert_eq!(request(&mut wire, "price").await, id, "{is_confirmed}");
            answer(&mut wire, "price.reply", id, json!(7)).await;
        }
        assert_eq!(wire.next_name().await, "after");
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap(), 7);
        }
        let events = so_far(&mut events).await;
        assert!(!events.iter().any(|event| event.contains("price")), "{events:?}");
        adds_up(&client);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answered_call_is_confirmed_whatever_the_pings_say() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    let call = begin(order(&client));
    let id = request(&mut wire, "order").await;
    answer(&mut wire, "order.reply", id, json!(7)).await;
    call.await.unwrap().unwrap();
    drop(wire);
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    let events = so_far(&mut events).await;
    assert!(!events.iter().any(|event| event.contains("order")), "{events:?}");
    assert_eq!((client.stats().confirmed, client.stats().unconfirmed), (1, 0));
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn redelivery_never_makes_a_call_twice() {
    let (mut peer, builder) = peer();
    let builder = builder.reconnect_interval(millis(50));
    let builder = builder.unconfirmed(wirebond_client::Unconfirmed::Redeliver);
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let call = begin(order(&client));
    let again = begin(client.call_idempotent("price", &1));
    tokio::task::yield_now().await;
    client.send("kept", &1).await.unwrap();
    for name in ["order", "price", "kept"] {
        assert_eq!(wire.next_name().await, name);
    }
    drop(wire);
    assert!(matches!(call.await.unwrap(), Err(CallError::Unknown)));
    let mut wire = peer.open().await;
    let id = request(&mut wire, "price").await;
    assert_eq!(wire.next_name().await, "kept");
    answer(&mut wire, "price.reply", id, json!(7)).await;
    again.await.unwrap().unwrap();
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn a_written_call_that_times_out_is_taken_back_at_the_server() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    let (outcome, time) = took(order(&client)).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, CallError::Timeout { ran: Ran::Maybe, .. }), "{error}");
    assert_eq!(time.as_secs(), 30, "by default");
    let id = request(&mut wire, "order").await;
    assert_eq!(next(&mut wire).await, json!({"type": "$cancel", "re": id}));
    answer(&mut wire, "order.reply", id, json!(7)).await;
    assert_eq!(*next_error(&mut events).await.kind(), ErrorKind::LateAnswer);
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_dropped_takes_its_request_back() {
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    // Never polled.
    drop(order(&client));
    assert_eq!(client.stats().accepted, 0);
    timeout(millis(1), order(&client)).await.unwrap_err();
    let stats = client.stats();
    assert_eq!((stats.accepted, stats.dropped_withdrawn, stats.calls_in_flight), (1, 1, 0));
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    let call = begin(order(&client));
    let id = request(&mut wire, "order").await;
    call.abort();
    assert_eq!(next(&mut wire).await, json!({"type": "$cancel", "re": id}));
    assert_eq!(client.stats().calls_in_flight, 0);
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_room_within_its_timeout() {
    let (mut peer, builder) = peer();
    let builder = builder.queue_messages(1).overflow(Overflow::Wait);
    let client = builder.build().unwrap();
    client.send("first", &1).await.unwrap();
    let (outcome, time) = took(order(&client).timeout(secs(5))).await;
    assert!(matches!(outcome, Err(CallError::Timeout { ran: Ran::No, .. })), "{outcome:?}");
    assert_eq!(time.as_secs(), 5);
    let call = begin(order(&client));
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    assert_eq!(wire.next_name().await, "first");
    let id = request(&mut wire, "order").await;
    answer(&mut wire, "order.reply", id, json!(7)).await;
    assert_eq!(call.await.unwrap().unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn what_makes_room_ends_a_queued_call_truthfully() {
    let (_peer, builder) = peer();
    let builder = builder.queue_messages(1).overflow(Overflow::DropOldest);
    let client = builder.message_ttl(secs(2)).build().unwrap();
    let call = begin(order(&client));
    tokio::task::yield_now().await;
    client.send("newer", &1).await.unwrap();
    let Err(CallError::NotSent(error)) = call.await.unwrap() else { panic!("no room") };
    assert_eq!(*error.kind(), SendErrorKind::QueueFull);
    client.clear_queue();
    let call = begin(order(&client));
    tokio::task::yield_now().await;
    client.clear_queue();
    assert!(matches!(call.await.unwrap(), Err(CallError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn a_payload_that_cannot_be_sent_is_the_calls_error() {
    let (_peer, builder) = peer();
    let client = builder.queue_bytes(100).build().unwrap();
    let not_sent = |outcome: Outcome| match outcome {
        Err(CallError::NotSent(error)) => *error.kind(),
        other => panic!("{other:?}"),
    };
    let call = client.call("order", &f64::NAN).await;
    assert_eq!(not_sent(call), SendErrorKind::Payload);
    let call = client.call("order", &"x".repeat(100)).await;
    assert_eq!(not_sent(call), SendErrorKind::TooLarge);
    assert_eq!(client.stats().calls_in_flight, 0);
}

#[test]
fn a_call_without_any_runtime_fails_at_once() {
    let (_peer, builder) = peer();
    let client = builder.build().unwrap();
    let mut call = std::pin::pin!(order(&client));
    let cx = &mut std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(CallError::NotSent(error))) = call.as_mut().poll(cx) else {
        panic!("it would wait for ever");
    };
    assert_eq!(*error.kind(), SendErrorKind::Runtime);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_calls_what_nobody_knows_gets_an_error() {
    let (mut peer, builder) = peer();
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    wire.text(r#"{"type":"newer","id":9,"data":1}"#).await;
    let error = next(&mut wire).await;
    assert_eq!((&error["type"], &error["re"]), (&json!("$error"), &json!(9)));
    assert_eq!(error["data"]["code"], "unknown");
    // Without a number nobody waits.
    wire.text(r#"{"type":"newer","data":1}"#).await;
    wire.text(r#"{"type":"$cancel","re":1}"#).await;
    client.send("after", &1).await.unwrap();
    assert_eq!(wire.next_name().await, "after");
    assert!(so_far(&mut events).await.iter().all(|event| !event.starts_with("error")));
}
