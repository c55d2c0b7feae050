//! Pusher Channels.

use wirebond::State;

use crate::support::{Connection, Server, arrives, in_time, json, reaches, soon};

#[path = "../../examples/wires/pusher.rs"]
mod wire;

use wire::{
    Content, Data, OfChannel, Pusher, PusherClient, Signin, Subscription, Typing, Unsubscription,
    builder, client,
};

const ESTABLISHED: &str = r#"{"event":"pusher:connection_established","data":"{\"socket_id\":\"1234.5678\",\"activity_timeout\":120}"}"#;
const NEWS: &str = r#"{"event":"pusher:subscribe","data":{"channel":"news"}}"#;
const PING: &str = r#"{"event":"pusher:ping","data":{}}"#;
const PONG: &str = r#"{"event":"pusher:pong","data":{}}"#;

const FRAMES: [(&str, &str); 15] = [
    (
        r#"{"event":"pusher_internal:subscription_succeeded","channel":"news","data":"{}"}"#,
        "SubscriptionSucceeded",
    ),
    (
        r#"{"event":"pusher_internal:subscription_succeeded","channel":"presence-room","data":"{\"presence\":{\"count\":2,\"ids\":[\"7\",\"8\"],\"hash\":{\"7\":{\"n\":\"Ann\"},\"8\":null}}}"}"#,
        "SubscriptionSucceeded",
    ),
    (r#"{"event":"pusher:signin_success","data":{"user_data":"{\"id\":\"7\"}"}}"#, "SigninSuccess"),
    (
        r#"{"event":"pusher:error","data":{"code":4009,"message":"Connection is unauthorized"}}"#,
        "Error",
    ),
    (r#"{"event":"pusher:error","data":{"code":4301,"message":"Client event rejected"}}"#, "Error"),
    (r#"{"event":"pusher:error","data":{"code":null,"message":"no code"}}"#, "Error"),
    (r#"{"event":"pusher:error","data":{"message":"no code"}}"#, "Error"),
    (PONG, "Pong"),
    (r#"{"event":"pusher:pong"}"#, "Pong"),
    (r#"{"event":"price","channel":"news","data":"{\"v\":10}"}"#, "Price"),
    (r#"{"event":"note","channel":"news","data":"plain words"}"#, "Note"),
    (
        r#"{"event":"client-typing","channel":"presence-room","data":"{\"who\":\"Bob\"}","user_id":"8"}"#,
        "Typing",
    ),
    (
        r#"{"event":"pusher_internal:member_added","channel":"presence-room","data":"{\"user_id\":\"9\",\"user_info\":{\"n\":\"Cy\"}}"}"#,
        "MemberAdded",
    ),
    (
        r#"{"event":"pusher_internal:member_removed","channel":"presence-room","data":"{\"user_id\":\"9\"}"}"#,
        "MemberRemoved",
    ),
    (
        r#"{"event":"pusher_internal:subscription_count","channel":"news","data":"{\"subscription_count\":12}"}"#,
        "SubscriptionCount",
    ),
];
const CACHE_MISS: [(&str, &str); 1] =
    [(r#"{"event":"pusher:cache_miss","channel":"cache-news"}"#, "CacheMiss")];

fn public(url: &str) -> PusherClient {
    let builder = builder(url, async |_| Ok(Vec::new()));
    soon(builder)
}

fn news() -> Content<Subscription> {
    subscription("news", None, None)
}

fn subscription(
    channel: &str,
    auth: Option<&str>,
    channel_data: Option<&str>,
) -> Content<Subscription> {
    Content::plain(Subscription {
        channel: channel.to_owned(),
        auth: auth.map(str::to_owned),
        channel_data: channel_data.map(str::to_owned),
    })
}

async fn established(server: &Server) -> Connection {
    let mut peer = server.accept().await;
    peer.send(ESTABLISHED).await;
    peer
}

#[tokio::test]
async fn every_frame_of_the_server_is_its_message() {
    let server = Server::start().await;
    let app = public(&server.url());
    let mut messages = app.messages();
    let (connected, mut peer) = tokio::join!(app.connect(), established(&server));
    connected.unwrap();
    arrives(&mut peer, &mut messages, &FRAMES).await;
    arrives(&mut peer, &mut messages, &CACHE_MISS).await;
    assert_eq!((app.stats().malformed, app.stats().unknown), (0, 0));
}

#[tokio::test]
async fn content_in_a_string_and_content_as_it_is_are_the_same() {
    let server = Server::start().await;
    let app = public(&server.url());
    let (mut prices, mut notes) = (app.stream_price(), app.stream_note());
    let (connected, mut peer) = tokio::join!(app.connect(), established(&server));
    connected.unwrap();
    peer.send(FRAMES[9].0).await;
    peer.send(r#"{"event":"price","channel":"news","data":{"v":10}}"#).await;
    for _ in 0..2 {
        let price = in_time(prices.next()).await.unwrap().data.data.into_inner();
        assert_eq!(price.v.to_string(), "10");
    }
    peer.send(FRAMES[10].0).await;
    peer.send(r#"{"event":"note","channel":"news","data":"\"quoted words\""}"#).await;
    for words in ["plain words", "quoted words"] {
        assert_eq!(in_time(notes.next()).await.unwrap().data.data.into_inner(), words);
    }
}

#[tokio::test]
async fn what_the_client_sends_is_as_documented() {
    let server = Server::start().await;
    let app = public(&server.url());
    let (connected, mut peer) = tokio::join!(app.connect(), established(&server));
    connected.unwrap();
    app.send_subscribe(&news()).await.unwrap();
    peer.expect(NEWS).await;
    let unsubscription = Unsubscription { channel: "news".to_owned() };
    app.send_unsubscribe(&Content::plain(unsubscription)).await.unwrap();
    peer.expect(r#"{"event":"pusher:unsubscribe","data":{"channel":"news"}}"#).await;
    let typing = OfChannel {
        channel: "private-chat".to_owned(),
        data: Data::Plain(Typing { who: "Ann".to_owned() }),
        user_id: None,
    };
    app.send_typing(&typing).await.unwrap();
    peer.expect(r#"{"event":"client-typing","channel":"private-chat","data":{"who":"Ann"}}"#).await;
    let signin = Signin {
        auth: "APP_KEY:9c…".to_owned(),
        user_data: r#"{"id":"7","watchlist":["8"]}"#.to_owned(),
    };
    app.send_signin(&Content::plain(signin)).await.unwrap();
    peer.expect(r#"{"event":"pusher:signin","data":{"auth":"APP_KEY:9c…","user_data":"{\"id\":\"7\",\"watchlist\":[\"8\"]}"}}"#).await;
}

#[tokio::test]
async fn private_channels_are_signed_again_for_each_connection() {
    let server = Server::start().await;
    let builder = builder(&server.url(), async |socket_id: String| {
        let who = r#"{"user_id":"7","user_info":{"n":"Ann"}}"#;
        let auth = format!("APP_KEY:{socket_id}");
        let Data::Plain(room) = subscription("presence-room", Some(&auth), Some(who)).data else {
            unreachable!("it is made plain")
        };
        Ok(vec![room])
    });
    let app = soon(builder);
    // The opening comes first, whenever a hold was made.
    let hold = app.hold_subscribe(&news()).unwrap();
    let played = async {
        let mut peer = established(&server).await;
        peer.expect(r#"{"event":"pusher:subscribe","data":{"channel":"presence-room","auth":"APP_KEY:1234.5678","channel_data":"{\"user_id\":\"7\",\"user_info\":{\"n\":\"Ann\"}}"}}"#).await;
        peer
    };
    let (connected, mut peer) = tokio::join!(app.connect(), played);
    connected.unwrap();
    peer.expect(NEWS).await;
    drop(peer);

    let mut peer = server.accept().await;
    peer.send(&ESTABLISHED.replace("1234.5678", "9.9")).await;
    assert_eq!(json(&peer.text().await)["data"]["auth"], "APP_KEY:9.9");
    peer.expect(NEWS).await;
    hold.release_with(&Content::plain(Unsubscription { channel: "news".to_owned() })).unwrap();
    peer.expect(r#"{"event":"pusher:unsubscribe","data":{"channel":"news"}}"#).await;
}

#[tokio::test]
async fn either_side_pings_and_the_other_answers() {
    let server = Server::start().await;
    let builder = builder(&server.url(), async |_| Ok(Vec::new()));
    let app = client(builder).unwrap();
    let played = async {
        let mut peer = server.accept().await;
        // The interval comes from the server.
        peer.send(&ESTABLISHED.replace("120", "1")).await;
        peer
    };
    let (connected, mut peer) = tokio::join!(app.connect(), played);
    connected.unwrap();
    for frame in [r#"{"event":"pusher:ping","data":"{}"}"#, r#"{"event":"pusher:ping"}"#] {
        peer.send(frame).await;
        peer.expect(PONG).await;
    }
    peer.expect(PING).await;
    peer.send(PONG).await;
    peer.expect(PING).await;
    // No answer: the connection is dead, and another one is made.
    established(&server).await;
}

#[tokio::test]
async fn close_codes_say_whether_to_come_back() {
    let server = Server::start().await;
    let app = public(&server.url());
    let (connected, mut peer) = tokio::join!(app.connect(), established(&server));
    connected.unwrap();
    for code in [4200, 4201, 4299, 1001] {
        peer.close(code).await;
        peer = established(&server).await;
    }
    // An application that isn't there.
    peer.close(4001).await;
    reaches(app.watch_state(), State::Closed).await;

    for code in [4099, 4300, 4999] {
        let (connected, peer) = tokio::join!(app.connect(), established(&server));
        connected.unwrap();
        peer.close(code).await;
        reaches(app.watch_state(), State::Closed).await;
    }
}

#[test]
fn the_contract_is_a_document() {
    crate::support::document_takes::<Pusher>(&[(ESTABLISHED, "ConnectionEstablished")]);
    crate::support::document_takes::<Pusher>(&FRAMES);
    crate::support::document_takes::<Pusher>(&CACHE_MISS);
}
