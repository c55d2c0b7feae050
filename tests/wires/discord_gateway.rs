//! Discord's gateway.

use wirebond::State;

use crate::support::{Connection, Server, arrives, in_time, reaches, soon};

#[path = "../../examples/wires/discord_gateway.rs"]
mod wire;

use wire::{
    Activity, Data, Gateway, Identify, Presence, Properties, RequestGuildMembers, Shared,
    VoiceState, builder,
};

const HELLO: &str =
    r#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250,"_trace":["x"]}}"#;
const IDENTIFY: &str = r#"{"op":2,"d":{"token":"Bot.demo.token","intents":513,"properties":{"os":"linux","browser":"acme","device":"acme"}}}"#;

/// The frame that says who the bot is, and where its session is resumed.
fn ready(url: &str) -> String {
    format!(
        r#"{{"op":0,"s":1,"t":"READY","d":{{"v":10,"user":{{"id":"111","username":"bot"}},"guilds":[{{"id":"222","unavailable":true}}],"session_id":"ab12","resume_gateway_url":"{url}","application":{{"id":"111","flags":0}}}}}}"#
    )
}

const FRAMES: [(&str, &str); 9] = [
    (
        r#"{"op":0,"s":7,"t":"MESSAGE_CREATE","d":{"id":"900","channel_id":"333","author":{"id":"444","username":"ann"},"content":"hi","type":0,"tts":false,"edited_timestamp":null,"mentions":[],"guild_id":"222"}}"#,
        "Dispatch",
    ),
    (r#"{"t":"GUILD_DELETE","s":9,"d":{"id":"222","unavailable":true},"op":0}"#, "Dispatch"),
    (r#"{"op":0,"s":12,"t":"SOME_FUTURE_EVENT","d":{"x":[1,"2",null]}}"#, "Dispatch"),
    (r#"{"op":1,"d":null}"#, "Heartbeat"),
    (r#"{"op":11}"#, "HeartbeatAck"),
    (r#"{"t":null,"s":null,"op":11,"d":null}"#, "HeartbeatAck"),
    (r#"{"op":9,"d":false}"#, "InvalidSession"),
    (r#"{"op":7,"d":null}"#, "Reconnect"),
    (HELLO, "Hello"),
];

fn identify() -> Identify {
    Identify {
        token: "Bot.demo.token".to_owned(),
        intents: 513,
        properties: Properties {
            os: "linux".to_owned(),
            browser: "acme".to_owned(),
            device: "acme".to_owned(),
        },
    }
}

async fn open(server: &Server) -> Connection {
    let mut peer = server.accept().await;
    peer.send(HELLO).await;
    peer.expect(IDENTIFY).await;
    peer.send(&ready(&server.url())).await;
    peer
}

#[tokio::test]
async fn every_frame_is_its_message_both_ways() {
    let server = Server::start().await;
    let app = soon(builder(&server.url(), identify(), &Shared::default()));
    let mut messages = app.messages();
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    arrives(&mut peer, &mut messages, &FRAMES).await;
    // A string is no operation, whatever it spells.
    peer.send(r#"{"op":"11","d":null}"#).await;
    arrives(&mut peer, &mut messages, &FRAMES[4..5]).await;
    assert_eq!((app.stats().malformed, app.stats().unknown), (0, 1));

    let presence = Presence {
        since: None,
        activities: vec![Activity { name: "chess".to_owned(), r#type: 0 }],
        status: "online".to_owned(),
        afk: false,
    };
    app.send_update_presence(&Data { d: presence }).await.unwrap();
    peer.expect(r#"{"op":3,"d":{"since":null,"activities":[{"name":"chess","type":0}],"status":"online","afk":false}}"#).await;
    let leave = VoiceState {
        guild_id: "222".to_owned(),
        channel_id: None,
        self_mute: false,
        self_deaf: false,
    };
    app.send_update_voice_state(&Data { d: leave }).await.unwrap();
    peer.expect(
        r#"{"op":4,"d":{"guild_id":"222","channel_id":null,"self_mute":false,"self_deaf":false}}"#,
    )
    .await;
    let members = RequestGuildMembers {
        guild_id: "222".to_owned(),
        query: String::new(),
        limit: 0,
        nonce: "n1".to_owned(),
    };
    app.send_request_guild_members(&Data { d: members }).await.unwrap();
    peer.expect(r#"{"op":8,"d":{"guild_id":"222","query":"","limit":0,"nonce":"n1"}}"#).await;
    app.send_heartbeat(&Data { d: Some(1340) }).await.unwrap();
    peer.expect(r#"{"op":1,"d":1340}"#).await;
}

#[tokio::test]
async fn a_broken_connection_is_resumed_behind_its_last_event() {
    let server = Server::start().await;
    let session = Shared::default();
    let app = soon(builder(&server.url(), identify(), &session));
    let noted = session.clone();
    app.on_dispatch(move |event| noted.note(&event));
    let mut events = app.stream_dispatch();
    let (connected, mut peer) = tokio::join!(app.connect(), open(&server));
    connected.unwrap();
    peer.send(FRAMES[2].0).await;
    in_time(events.next()).await.unwrap();
    drop(peer);

    let mut peer = server.accept().await;
    peer.send(HELLO).await;
    peer.expect(r#"{"op":6,"d":{"token":"Bot.demo.token","session_id":"ab12","seq":12}}"#).await;
    peer.send(r#"{"op":0,"s":13,"t":"RESUMED","d":{}}"#).await;
    let resumed = in_time(events.next()).await.unwrap();
    assert_eq!(resumed.data.t, "RESUMED");

    // The session can't go on, the server says.
    session.forget();
    peer.close(4009).await;
    let peer = open(&server).await;
    // The token is rejected: that is the end.
    peer.close(4004).await;
    reaches(app.watch_state(), State::Closed).await;
}

#[test]
fn the_contract_is_a_document() {
    crate::support::document_takes::<Gateway>(&FRAMES);
}
