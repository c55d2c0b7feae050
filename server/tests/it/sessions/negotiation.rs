//! Who gets a session, and what happens until it begins.

use std::time::Duration;

use futures_util::SinkExt;
use serde_json::json;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use wirebond_server::{Peer, Server};

use super::{
    build,
    client::{begun, code, dial, frame, named, offered, resumed, take, text},
    with_sessions,
};

#[tokio::test(start_paused = true)]
async fn only_a_peer_that_offered_sessions_sees_their_frames() {
    let greet = |peer: Peer| peer.try_send("welcome", &peer.is_session());
    let welcome = |session| Ok(json!({"type": "welcome", "data": session}));
    let server = build(with_sessions().subprotocols(["chat"]).connected(greet));
    for (offers, selected, has_session) in [
        ("", None, false),
        ("chat", Some("chat"), false),
        ("other", None, false),
        ("wirebond.v1", Some("wirebond.v1"), true),
        ("wirebond.v1, chat", Some("chat"), true),
        ("WIREBOND.V1", None, false),
    ] {
        let dialed = dial(&server, "/", offers, usize::MAX).await;
        // tungstenite refuses an answer without a subprotocol to a request that offers some.
        let Some((mut socket, answer)) = dialed else {
            assert_eq!(selected, None, "{offers}");
            continue;
        };
        assert_eq!(answer.as_deref(), selected, "{offers}");
        if has_session {
            let hello = named(&mut socket, "$hello").await;
            assert_eq!((&hello["v"], &hello["hold"]), (&json!(1), &json!(1 << 20)));
            assert_eq!(hello["session"]["keep"], 120_000);
            assert_eq!(hello["session"]["id"].as_str().map(str::len), Some(16));
            assert_eq!(hello["session"]["key"].as_str().map(str::len), Some(22));
            take(&mut socket).await;
        }
        assert_eq!(frame(&mut socket).await, welcome(has_session), "{offers}");
    }
    let server = build(Server::builder().connected(greet));
    assert!(dial(&server, "/", "wirebond.v1", usize::MAX).await.is_none(), "nothing is selected");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_answers_is_closed_with_4408() {
    let server = build(with_sessions());
    let began = Instant::now();
    let (mut client, _) = offered(&server, "/").await;
    text(&mut client, r#"{"type":"ping"}"#).await;
    text(&mut client, r#"{"type":"$later","data":{}}"#).await;
    text(&mut client, "not JSON").await;
    assert_eq!(code(&mut client).await, 4408);
    assert_eq!(began.elapsed().as_secs(), 10);
    assert_eq!(server.stats().peers, 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_numbered_may_come_before_the_clients_hello() {
    let server = build(with_sessions().on("n", |_: Peer, _: u64| panic!("it is handled")));
    for frame in [
        r#"{"type":"n","data":1}"#,
        r#"{"type":"$hello","data":{"v":1}}"#,
        r#"{"type":"$hello"}"#,
        r#"{"type":"$hello","data":{"v":1,"hold":1,"resume":{"id":"x","key":"y","try":1}}}"#,
    ] {
        let (mut client, _) = offered(&server, "/").await;
        text(&mut client, frame).await;
        assert_eq!(code(&mut client).await, 4409, "{frame}");
    }
}

#[tokio::test(start_paused = true)]
async fn messages_may_come_right_behind_the_clients_hello() {
    let server = build(with_sessions().on("n", |peer: Peer, n: u64| peer.try_send("n", &n)));
    let (mut client, _) = offered(&server, "/").await;
    let hello = r#"{"type":"$hello","data":{"v":1,"hold":1000}}"#;
    for message in [hello, r#"{"type":"n","data":1}"#, r#"{"type":"n","data":2}"#] {
        client.feed(Message::text(message)).await.expect("open");
    }
    client.flush().await.expect("open");
    assert_eq!(
        (named(&mut client, "n").await, named(&mut client, "n").await),
        (1.into(), 2.into())
    );
}

/// Offers that nobody uses don't pile up.
#[tokio::test(start_paused = true)]
async fn limits_count_connections_and_not_sessions() {
    let server = build(with_sessions().max_peers(2));
    let (first, _) = begun(&server, "/").await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    drop(first);
    tokio::time::sleep(Duration::from_millis(1)).await;
    let (_second, _) = begun(&server, "/").await;
    let (_third, _) = begun(&server, "/").await;
    assert!(dial(&server, "/", "wirebond.v1", usize::MAX).await.is_none(), "two are connected");
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!((server.stats().peers, server.stats().sessions.detached), (3, 1));
}

/// The limit is checked before it is known which session a client has.
#[tokio::test(start_paused = true)]
async fn a_client_that_was_cut_off_unnoticed_needs_a_second_place_to_come_back_at_once() {
    for (most, waits) in [(1, true), (2, false)] {
        let server = build(with_sessions().max_peers_per_user(most));
        // It reads nothing any more, and answers no Ping.
        let (mut old, ticket) = begun(&server, "/?user=ada").await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        if waits {
            assert!(dial(&server, "/?user=ada", "wirebond.v1", usize::MAX).await.is_none());
            assert_eq!(server.stats().refused, 1);
            tokio::time::sleep(Duration::from_secs(41)).await;
        }
        let (_new, answer) = resumed(&server, "/?user=ada", &ticket, 1, 0).await;
        assert_eq!(answer["type"], "$resumed", "{most}");
        assert_eq!(code(&mut old).await == 4409, !waits, "{most}");
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(server.stats().connections, 1, "{most}");
    }
}
