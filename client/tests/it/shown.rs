//! What logs and errors show: no credentials, no terminal escapes, and a warning about a
//! handler that blocks. Cases 54 to 56 of the list of faults.

use std::{
    fmt::Write,
    sync::{Arc, Mutex},
};

use tokio::time::sleep;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};
use wirebond_client::{Client, ConnectErrorKind, ErrorKind, Sessions, State, Unauthorized};

use crate::{
    sessions::server::Server,
    support::{frame, message, next_error, open, peer, peer_of, picked, reaches, secs, so_far},
};

/// Records everything that any crate logs, at any level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut self.clone());
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// What the crates below us log through `log`.
static BELOW: Mutex<String> = Mutex::new(String::new());

struct Below;

impl log::Log for Below {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        writeln!(BELOW.lock().unwrap(), "{}: {}", record.target(), record.args()).unwrap();
    }
    fn flush(&self) {}
}

/// The secrets, one for each place that may hold one; the output is searched for each.
const SECRETS: [&str; 6] = [
    "s3cret-user",
    "s3cret-pass",
    "s3cret-query",
    "s3cret-header",
    "s3cret-cookie",
    "s3cret-payload",
];

fn check(shown: &str, label: &str) {
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{label} shows {secret}: {shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_55_no_credential_is_shown_anywhere() {
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());
    log::set_logger(&Below).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let answers: [&[u8]; 7] = [
        b"",
        b"HTTP/1.1 401 No\r\nWWW-Authenticate: s3cret-header\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: wss://s3cret-user:s3cret-pass@h/?s3cret-query\r\n\r\n",
        b"HTTP/1.1 500 s3cret-query\r\n\r\n",
        b"HTTP/1.1 101 OK\r\nUpgrade: s3cret-query\r\n\r\n",
        b"nonsense s3cret-query\r\n\r\n",
        b"HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
    ];
    for answer in answers {
        let url = "ws://s3cret-user:s3cret-pass@peer.test/ws?token=s3cret-query";
        let (mut peer, builder) = peer_of(url);
        let builder = builder
            .header("Authorization", "Bearer s3cret-header")
            .header("Cookie", "s3cret-cookie");
        check(&format!("{builder:?}"), "the builder");
        let client = builder.build().unwrap();
        let mut events = client.events();
        let connecting = tokio::spawn({
            let client = client.clone();
            async move { client.connect().await }
        });
        let mut wire = peer.accept().await;
        let request = wire.request().await;
        assert!(request.contains("s3cret-query") && request.contains("s3cret-header"));
        if answer.is_empty() {
            wire.accept(&request, "").await;
            connecting.await.unwrap().unwrap();
            client.send("chat", &"s3cret-payload").await.unwrap();
            wire.message("chat", r#""s3cret-payload""#).await;
            wire.text("s3cret-payload").await;
            client.on("chat", |_: u8| {});
            wire.message("chat", r#""s3cret-payload""#).await;
            wire.frame(2, b"s3cret-payload").await;
            wire.frame(9, b"s3cret-payload").await;
            sleep(secs(1)).await;
            check(
                &format!("{client:?} {:?}", client.send("chat", &"s3cret-payload")),
                "the client",
            );
            drop(wire);
            sleep(secs(1)).await;
        } else {
            wire.raw(answer).await;
            let error = connecting.await.unwrap().unwrap_err();
            check(&format!("{error} {error:?}"), "an error");
        }
        check(&so_far(&mut events).await.join("\n"), "an event");
        check(&log.0.lock().unwrap(), "the log");
    }
    assert!(!log.0.lock().unwrap().is_empty(), "something is logged");
    // tungstenite writes whole frames at this level, messages included; but no credential.
    let below = BELOW.lock().unwrap();
    assert!(below.contains("tungstenite"), "the crates below log something");
    check(&below.replace("s3cret-payload", ""), "a log of the crates below");
}

/// The secret of a session: in a log, an event, an error or a `Debug` form.
#[tokio::test(start_paused = true)]
async fn the_secret_of_a_session_is_shown_nowhere() {
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());
    let frames = [
        r#"{"type":"$ack","data":{"n":9,"of":9}}"#,
        r#"{"type":"$resumed","data":{"key":"s3cret-s1"}}"#,
        r#"{"type":"$hello","data":{"session":{"key":"s3cret-s1"}}}"#,
        r#"{"type":"$gone","data":"s3cret-s1"}"#,
    ];
    for text in frames {
        let server = Server::new();
        let builder = server.client(Vec::new()).sessions(Sessions::Prefer);
        let client = builder.build().unwrap();
        let mut events = client.events();
        let mut shown = String::new();
        client.connect().await.unwrap();
        let look = |client: &Client| {
            let core = client.stats();
            format!("{client:?} {core:?} {:?} {:?}", client.upgrade_response(), client.downgrade())
        };
        shown += &look(&client);
        server.cut();
        reaches(&client, State::Reconnecting { attempt: 1 }).await;
        reaches(&client, State::Open).await;
        let resume = server.state().hellos.last().unwrap().resume.clone().unwrap();
        assert_eq!(resume.key, "s3cret-s1", "it is on the wire");
        server.raw(text);
        sleep(secs(1)).await;
        shown += &look(&client);
        client.disconnect().await;
        shown += &so_far(&mut events).await.join("\n");
        assert!(shown.contains("Mismatch"), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
    let (mut peer, builder) = peer();
    let client = builder.sessions(Sessions::Prefer).build().unwrap();
    let mut events = client.events();
    let opening = async {
        let mut wire = peer.accept().await;
        wire.upgrade_with("Sec-WebSocket-Protocol: wirebond.v1\r\n").await;
        wire.text(r#"{"type":"$hello","data":{"v":1,"session":{"key":"s3cret-s1"}}}"#).await;
        wire
    };
    let (connected, _wire) = tokio::join!(client.connect(), opening);
    connected.unwrap();
    let error = next_error(&mut events).await;
    assert_eq!(*error.kind(), ErrorKind::Session);
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    assert!(!log.0.lock().unwrap().contains("s3cret"), "{}", log.0.lock().unwrap());
    assert!(log.0.lock().unwrap().contains("Resumed"), "events are logged");
}

#[tokio::test(start_paused = true)]
async fn case_55_a_url_that_cannot_be_used_is_not_repeated() {
    for url in [
        "ws://s3cret-user:s3cret-pass@h:port/?s3cret-query",
        "s3cret-query",
        "ftp://s3cret-user@h/",
        "ws://h/#s3cret-query",
        "ws://s3cret pass@h/",
    ] {
        let error = Client::builder(url).build().unwrap_err();
        check(&format!("{error} {error:?}"), url);
        // The same from a provider.
        let client =
            Client::builder(move || async move { Ok::<_, Unauthorized>(url) }).build().unwrap();
        let error = client.connect().await.unwrap_err();
        assert_eq!(*error.kind(), ConnectErrorKind::Provider);
        check(&format!("{error} {error:?}"), url);
    }
    let error = Client::builder("ws://h/").header("X-Key", "s3cret-header\n").build().unwrap_err();
    check(&format!("{error} {error:?}"), "a header");
}

#[tokio::test(start_paused = true)]
async fn case_56_what_a_peer_chose_is_escaped_where_it_is_printed() {
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let mut events = client.events();
    client.on("a\u{1b}[31m", |_: u8| {});
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    wire.text(r#"{"type":"a\u001b[31m","data":"x"}"#).await;
    wire.close(4999, "bye\u{1b}[31m\r\n").await;
    sleep(secs(1)).await;
    let mut shown = String::new();
    while let Ok(Some(event)) = tokio::time::timeout(secs(1), events.next()).await {
        match event {
            wirebond_client::Event::Close(info) => write!(shown, "{info}").unwrap(),
            wirebond_client::Event::Error(error) => write!(shown, "{error}").unwrap(),
            _ => {}
        }
    }
    assert!(shown.contains("31m"), "{shown:?}");
    shown.push_str(&log.0.lock().unwrap().replace('\n', ""));
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
}

/// Blocks the thread, in real time.
fn block() {
    let until = std::time::Instant::now() + std::time::Duration::from_millis(120);
    while std::time::Instant::now() < until {
        std::thread::yield_now();
    }
}

#[tokio::test(start_paused = true)]
async fn case_54_a_handler_that_blocks_is_warned_of_by_name() {
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    let (sender, mut handled) = tokio::sync::mpsc::unbounded_channel();
    let report = sender.clone();
    client.on("quick", |_: u8| ());
    client.on("slow", move |_: u8| {
        block();
        report.send("slow").unwrap();
    });
    client.on("slow-at-first", move |_: u8| {
        let report = sender.clone();
        async move {
            block();
            report.send("slow-at-first").unwrap();
        }
    });
    let (connected, mut wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    let mut burst = async |names: &[&str]| {
        let frames = names.iter().map(|name| message(name, "1"));
        log.0.lock().unwrap().clear();
        wire.raw(&frames.collect::<Vec<_>>().concat()).await;
        assert_eq!(handled.recv().await.unwrap(), "slow");
        assert_eq!(handled.recv().await.unwrap(), "slow-at-first");
        sleep(secs(1)).await;
        log.0.lock().unwrap().clone()
    };
    let blocks = "a handler blocks the connection";
    let named = |name: &str| format!("name={name}\n");
    // Few at a time, each is timed.
    let log = burst(&["slow", "slow-at-first", "quick"]).await;
    assert!(log.contains(&named("slow")) && log.contains(&named("slow-at-first")), "{log}");
    // With many, the first warning names the candidates, and the next one names the handler that blocked.
    let many = ["quick", "quick", "quick", "quick", "quick", "slow", "quick", "slow-at-first"];
    let log = burst(&many).await;
    assert!(log.contains(blocks), "{log}");
    assert!(log.contains(r#"names=["quick", "slow", "slow-at-first"]"#), "{log}");
    let log = burst(&many).await;
    assert!(log.contains(&named("slow")) && log.contains(&named("slow-at-first")), "{log}");
}

#[tokio::test(start_paused = true)]
async fn case_54_of_many_handlers_of_one_message_the_slow_one_is_named() {
    let (mut peer, builder) = peer();
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());
    let (client, mut wire, _events) = open(builder, &mut peer).await;
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..4 {
        client.on("chat", |_: u8| {});
    }
    client.on("chat", move |_: u8| {
        block();
        sender.send(()).unwrap();
    });
    // One frame in a turn, and the call that blocks is the last of its turn.
    wire.raw(&message("chat", "1")).await;
    received.recv().await.unwrap();
    sleep(secs(1)).await;
    let log = log.0.lock().unwrap();
    assert!(log.contains(r#"names=["chat"]"#), "{log}");
}

#[tokio::test(start_paused = true)]
async fn case_54_a_slow_call_before_the_end_of_the_connection_is_named() {
    let (mut peer, builder) = peer();
    let log = Log::default();
    let _logging = tracing::subscriber::set_default(log.clone());
    let (client, mut wire, mut events) = open(builder, &mut peer).await;
    let calls = Arc::new(Mutex::new(0));
    client.on("chat", move |_: u8| {
        *calls.lock().unwrap() += 1;
        if *calls.lock().unwrap() == 7 {
            block();
        }
    });
    let burst = [message("chat", "1").repeat(10), frame(0x88, &1001_u16.to_be_bytes())].concat();
    wire.raw(&burst).await;
    picked(&mut events, |event| matches!(event, wirebond_client::Event::Close(_)).then_some(()))
        .await;
    let log = log.0.lock().unwrap();
    assert!(log.contains(r#"names=["chat"]"#), "{log}");
}
