//! Clients that send anything, in any order.

use futures_util::SinkExt;
use proptest::prelude::*;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use wirebond_server::{Peer, Server};

use super::{
    build,
    client::{Ticket, begun, dial, frame, named, offered, text},
    with_sessions,
};

/// What a client may send, with the ticket of somebody else's session.
fn frames() -> impl Strategy<Value = Vec<String>> {
    let number = || prop_oneof![0..4_u64, Just(1 << 53), any::<u64>()];
    let frame = prop_oneof![
        Just(r#"{"type":"n","data":1}"#.to_owned()),
        Just(r#"{"type":"$hello","data":{"v":1,"hold":0}}"#.to_owned()),
        (number(), number(), any::<bool>()).prop_map(|(n, of, ask)| {
            json!({"type": "$ack", "data": {"n": n, "of": of, "ask": ask}}).to_string()
        }),
        number().prop_map(|n| json!({"type": "$gap", "data": {"n": n, "why": "room"}}).to_string()),
        (number(), number(), "ID|[a-z]{1,3}", "KEY|[a-z]{0,3}").prop_map(
            |(attempt, got, id, key)| {
                let resume = json!({"id": id, "key": key, "try": attempt, "got": got});
                let data = json!({"v": 1, "hold": got, "resume": resume});
                json!({"type": "$hello", "data": data}).to_string()
            }
        ),
        "\\{\"type\":\"\\$(ack|gap|hello|gone|resumed|x)\",\"data\":.{0,12}\\}",
        ".{0,20}",
    ];
    proptest::collection::vec(frame, 0..12)
}

async fn send_all(server: &Server, frames: &[String], other: &Ticket) {
    let Some((mut socket, _)) = dial(server, "/?user=eve", "wirebond.v1", usize::MAX).await else {
        return;
    };
    for one in frames {
        // She knows the public name, and not the key.
        let one = one.replace("ID", &other.id);
        if socket.send(Message::text(one)).await.is_err() {
            return;
        }
    }
    tokio::task::yield_now().await;
    let read = async { while frame(&mut socket).await.is_ok() {} };
    let _ = tokio::time::timeout(std::time::Duration::from_secs(1), read).await;
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// No handler panics, no task dies, and another's session goes on.
    #[test]
    fn whatever_a_client_sends_no_other_session_notices(frames in frames()) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().expect("a runtime");
        runtime.block_on(async {
            let echo = |peer: Peer, number: u64| peer.try_send("n", &number);
            let server = build(with_sessions().on("n", echo).errors(|_: Peer, _| ()));
            let (mut client, ticket) = begun(&server, "/?user=ada").await;
            send_all(&server, &frames, &ticket).await;
            text(&mut client, r#"{"type":"n","data":7}"#).await;
            assert_eq!(named(&mut client, "n").await, 7);
            let left = server.shutdown(std::time::Duration::from_secs(1));
            let (left, ()) = tokio::join!(left, async { while frame(&mut client).await.is_ok() {} });
            assert_eq!(left, 0);
        });
    }
}

/// Connections that are offered a session and vanish leave a bounded memory.
#[tokio::test(start_paused = true)]
async fn a_flood_of_connections_without_an_answer_leaves_nothing_behind() {
    let server = build(with_sessions());
    for _ in 0..300 {
        let (socket, _) = offered(&server, "/").await;
        drop(socket);
    }
    let (mut client, _) = begun(&server, "/").await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(server.stats().peers, 1);
    text(&mut client, r#"{"type":"ping"}"#).await;
    named(&mut client, "pong").await;
}
