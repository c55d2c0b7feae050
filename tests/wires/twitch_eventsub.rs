//! Twitch `EventSub`.

use std::sync::{Arc, Mutex};

use wirebond::State;

use crate::support::{Connection, Server, arrives, in_time, reaches, soon};

#[path = "../../examples/wires/twitch_eventsub.rs"]
mod wire;

use wire::{Twitch, builder, hand_over};

const WELCOME: &str = r#"{"metadata":{"message_id":"m-1","message_type":"session_welcome","message_timestamp":"2026-08-01T10:00:00.634234626Z"},"payload":{"session":{"id":"AQoQabc","status":"connected","connected_at":"2026-08-01T10:00:00.616329898Z","keepalive_timeout_seconds":30,"reconnect_url":null,"recovery_url":null}}}"#;

const FRAMES: [(&str, &str); 5] = [
    (
        r#"{"metadata":{"message_id":"m-2","message_type":"session_keepalive","message_timestamp":"2026-08-01T10:00:30.6Z"},"payload":{}}"#,
        "SessionKeepalive",
    ),
    (
        r#"{"metadata":{"message_id":"m-3","message_type":"notification","message_timestamp":"2026-08-01T10:01:00.4Z","subscription_type":"channel.follow","subscription_version":"2"},"payload":{"subscription":{"id":"s-1","status":"enabled","type":"channel.follow","version":"2","cost":0,"condition":{"broadcaster_user_id":"12","moderator_user_id":"12"},"transport":{"method":"websocket","session_id":"AQoQabc"},"created_at":"2026-08-01T10:00:05.1Z"},"event":{"user_id":"13","user_login":"ann","user_name":"Ann","broadcaster_user_id":"12","broadcaster_user_login":"bo","broadcaster_user_name":"Bo","followed_at":"2026-08-01T10:01:00.1Z"}}}"#,
        "Notification",
    ),
    (
        r#"{"metadata":{"message_id":"m-4","message_type":"notification","message_timestamp":"2026-08-01T10:02:00Z","subscription_type":"channel.raid","subscription_version":"1"},"payload":{"subscription":{"id":"s-2","status":"enabled","type":"channel.raid","version":"1","cost":0,"condition":{"to_broadcaster_user_id":"12","from_broadcaster_user_id":""},"transport":{"method":"websocket","session_id":"AQoQabc"},"created_at":"2026-08-01T10:00:05.2Z"},"event":{"from_broadcaster_user_id":"14","to_broadcaster_user_id":"12","viewers":9001}}}"#,
        "Notification",
    ),
    (
        r#"{"metadata":{"message_id":"m-5","message_type":"session_reconnect","message_timestamp":"2026-08-01T11:00:00.6Z"},"payload":{"session":{"id":"AQoQabc","status":"reconnecting","keepalive_timeout_seconds":null,"reconnect_url":"wss://eventsub.wss.twitch.tv/ws?challenge=x","connected_at":"2026-08-01T10:00:00.6Z"}}}"#,
        "SessionReconnect",
    ),
    (
        r#"{"metadata":{"message_id":"m-6","message_type":"revocation","message_timestamp":"2026-08-01T11:05:00.4Z","subscription_type":"channel.follow","subscription_version":"2"},"payload":{"subscription":{"id":"s-1","status":"authorization_revoked","type":"channel.follow","version":"2","cost":0,"condition":{"broadcaster_user_id":"12"},"transport":{"method":"websocket","session_id":"AQoQabc"},"created_at":"2026-08-01T10:00:05.1Z"}}}"#,
        "Revocation",
    ),
];

/// The sessions that were subscribed for.
type Subscribed = Arc<Mutex<Vec<String>>>;

fn subscribe(
    subscribed: &Subscribed,
) -> impl Fn(String) -> std::future::Ready<Result<(), wirebond::OpeningError>> + Send + Sync + 'static
{
    let subscribed = Arc::clone(subscribed);
    move |session| {
        subscribed.lock().unwrap().push(session);
        std::future::ready(Ok(()))
    }
}

/// A session begins.
async fn welcomed(server: &Server) -> Connection {
    let mut peer = server.accept().await;
    peer.send(WELCOME).await;
    peer
}

#[tokio::test]
async fn every_frame_is_its_message_and_the_client_sends_nothing() {
    let (server, subscribed) = (Server::start().await, Subscribed::default());
    let app = soon(builder(&server.url(), subscribe(&subscribed)));
    let mut messages = app.messages();
    let (connected, mut peer) = tokio::join!(app.connect(), welcomed(&server));
    connected.unwrap();
    assert_eq!(*subscribed.lock().unwrap(), ["AQoQabc"]);
    arrives(&mut peer, &mut messages, &FRAMES).await;
    assert_eq!((app.stats().malformed, app.stats().unknown, app.stats().accepted), (0, 0, 0));
}

#[tokio::test]
async fn a_lost_connection_is_subscribed_for_again() {
    let (server, subscribed) = (Server::start().await, Subscribed::default());
    let app = soon(builder(&server.url(), subscribe(&subscribed)));
    let (connected, peer) = tokio::join!(app.connect(), welcomed(&server));
    connected.unwrap();
    peer.close(4003).await;
    let mut peer = server.accept().await;
    peer.send(&WELCOME.replace("AQoQabc", "second")).await;
    reaches(app.watch_state(), State::Open).await;
    assert_eq!(*subscribed.lock().unwrap(), ["AQoQabc", "second"]);
    // The client has sent something, it says: that would happen again.
    peer.close(4001).await;
    reaches(app.watch_state(), State::Closed).await;
}

#[tokio::test]
async fn a_session_is_handed_over_without_a_gap() {
    let (server, subscribed) = (Server::start().await, Subscribed::default());
    let first = soon(builder(&server.url(), subscribe(&subscribed)));
    let (connected, mut old) = tokio::join!(first.connect(), welcomed(&server));
    connected.unwrap();
    let mut reconnects = first.stream_session_reconnect();
    let url = server.url();
    old.send(&FRAMES[3].0.replace("wss://eventsub.wss.twitch.tv/ws", &url)).await;
    let reconnect = in_time(reconnects.next()).await.unwrap();
    let new_url = reconnect.data.payload.session.reconnect_url.unwrap();
    let second = hand_over(new_url, &url, subscribe(&subscribed));
    let (second, mut new) = tokio::join!(second, welcomed(&server));
    let second = second.unwrap();
    // Only now the first one goes. Nothing was subscribed for again.
    let ((), ()) = tokio::join!(first.disconnect(), old.until_closed());
    assert_eq!(*subscribed.lock().unwrap(), ["AQoQabc"]);
    let mut messages = second.messages();
    arrives(&mut new, &mut messages, &FRAMES[1..2]).await;
}

#[test]
fn the_contract_is_a_document() {
    crate::support::document_takes::<Twitch>(&FRAMES);
}
