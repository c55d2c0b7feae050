//! The spans of connections and attempts: their names, levels and fields, and that no secret is in them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::net::TcpListener;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};
use wirebond_client::Client;

use crate::support::{Peer, Wire, peer_of, secs};

/// A span, with all that was recorded.
#[derive(Debug, Clone)]
struct Captured {
    name: &'static str,
    level: Level,
    fields: BTreeMap<&'static str, String>,
    is_closed: bool,
}

impl Visit for Captured {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

impl Captured {
    fn expect(&self, fields: &[(&str, &str)]) {
        let expected = fields.iter().copied().collect::<BTreeMap<_, _>>();
        let fields: BTreeMap<_, _> =
            self.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(fields, expected, "{}", self.name);
    }
}

/// Captures the spans, the level of every event, and the span of handlers' events.
#[derive(Clone, Default)]
struct Capture {
    spans: Arc<Mutex<BTreeMap<u64, Captured>>>,
    entered: Arc<Mutex<Vec<u64>>>,
    levels: Arc<Mutex<Vec<Level>>>,
    handlers: Arc<Mutex<Vec<u64>>>,
    next: Arc<AtomicU64>,
}

impl Subscriber for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let metadata = attributes.metadata();
        let mut span = Captured {
            name: metadata.name(),
            level: *metadata.level(),
            fields: BTreeMap::new(),
            is_closed: false,
        };
        attributes.record(&mut span);
        self.spans.lock().unwrap().insert(id, span);
        span::Id::from_u64(id)
    }
    fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        values.record(self.spans.lock().unwrap().get_mut(&id.into_u64()).unwrap());
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        if event.metadata().target().starts_with("wirebond") {
            self.levels.lock().unwrap().push(*event.metadata().level());
        } else if event.metadata().target().starts_with("it") {
            let entered = self.entered.lock().unwrap().last().copied().unwrap_or_default();
            self.handlers.lock().unwrap().push(entered);
        }
    }
    fn enter(&self, id: &span::Id) {
        self.entered.lock().unwrap().push(id.into_u64());
    }
    fn exit(&self, _: &span::Id) {
        self.entered.lock().unwrap().pop();
    }
    fn try_close(&self, id: span::Id) -> bool {
        self.spans.lock().unwrap().get_mut(&id.into_u64()).unwrap().is_closed = true;
        true
    }
}

impl Capture {
    /// The client's spans of this name, in the order in which they began.
    fn spans(&self, name: &str) -> Vec<Captured> {
        self.spans.lock().unwrap().values().filter(|span| span.name == name).cloned().collect()
    }
}

/// An attempt that is refused, a connection that the server closes, and one that is cut.
async fn refused_then_open_twice(client: &Client, peer: &mut Peer) {
    let connecting = tokio::spawn({
        let client = client.clone();
        async move { client.connect().await }
    });
    let mut wire = peer.accept().await;
    wire.request().await;
    wire.raw(b"HTTP/1.1 503 s3cret\r\nX-S3cret: s3cret\r\nContent-Length: 0\r\n\r\n").await;
    let mut wire = peer.accept().await;
    wire.upgrade_with("Sec-WebSocket-Protocol: s3cret\r\n").await;
    connecting.await.unwrap().unwrap();
    for _ in 0..10 {
        wire.message("chat", r#""s3cret""#).await;
        client.send("chat", "s3cret").await.unwrap();
    }
    tokio::time::sleep(secs(1)).await;
    wire.close(1001, "s3cret").await;
    let mut wire = peer.accept().await;
    wire.upgrade_with("Sec-WebSocket-Protocol: s3cret\r\n").await;
    tokio::time::sleep(secs(1)).await;
    drop(wire);
    tokio::time::sleep(secs(1)).await;
    client.disconnect().await;
}

#[tokio::test(start_paused = true)]
async fn an_attempt_and_a_connection_have_a_span_each_without_a_secret() {
    let capture = Capture::default();
    let _logging = tracing::subscriber::set_default(capture.clone());
    let (mut peer, builder) = peer_of("ws://s3cret:s3cret@peer.test/s3cret?token=s3cret");
    let builder = builder.header("Authorization", "Bearer s3cret").subprotocols(["s3cret"]);
    let client = builder.retry_first_connect(true).build().unwrap();
    client.on("chat", |_: String| tracing::trace!("handled"));

    refused_then_open_twice(&client, &mut peer).await;

    let server = [("otel.kind", "client"), ("server.address", "peer.test"), ("server.port", "80")];
    let server = [&server[..], &[("url.scheme", "ws")]].concat();
    let attempts = capture.spans("wirebond.connect");
    assert_eq!(attempts.len(), 3, "{attempts:?}");
    let failed = [
        ("wirebond.attempt", "0"),
        ("http.response.status_code", "503"),
        ("error.type", "503"),
        ("otel.status_code", "ERROR"),
    ];
    attempts[0].expect(&[&server[..], &failed].concat());
    attempts[1].expect(&[&server[..], &[("wirebond.attempt", "1")]].concat());
    attempts[2].expect(&[&server[..], &[("wirebond.attempt", "2")]].concat());

    let server = [&server[..], &[("network.protocol.name", "websocket")]].concat();
    let connections = capture.spans("wirebond.connection");
    assert_eq!(connections.len(), 2, "{connections:?}");
    connections[0].expect(&[&server[..], &[("wirebond.close.code", "1001")]].concat());
    let lost = [
        ("wirebond.close.code", "1006"),
        ("error.type", "connection"),
        ("otel.status_code", "ERROR"),
    ];
    connections[1].expect(&[&server[..], &lost].concat());
    for span in attempts.iter().chain(&connections) {
        assert!(span.is_closed && span.level == Level::INFO, "{span:?}");
        assert!(!format!("{span:?}").contains("s3cret"), "{span:?}");
    }
    let levels = capture.levels.lock().unwrap();
    assert!(levels.contains(&Level::DEBUG), "every event of the client");
    assert!(!levels.contains(&Level::INFO), "nothing per message");
    let handlers = capture.handlers.lock().unwrap();
    let spans = capture.spans.lock().unwrap();
    assert_eq!(handlers.len(), 10);
    assert!(handlers.iter().all(|id| spans[id].name == "wirebond.connection"), "{handlers:?}");
}

#[tokio::test]
async fn a_tcp_connection_has_its_peers_address() {
    let capture = Capture::default();
    let _logging = tracing::subscriber::set_default(capture.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = Client::builder(format!("ws://localhost:{port}/")).build().unwrap();
    let accept = async {
        let mut wire = Wire { stream: listener.accept().await.unwrap().0 };
        wire.upgrade().await;
        wire
    };
    let (connected, mut wire) = tokio::join!(client.connect(), accept);
    connected.unwrap();
    let ((), closing) = tokio::join!(client.disconnect(), async {
        while let Some(frame) = wire.read().await {
            if frame.opcode == 8 {
                wire.close(1000, "").await;
                break;
            }
        }
        wire
    });
    drop(closing);

    for name in ["wirebond.connect", "wirebond.connection"] {
        let spans = capture.spans(name);
        let [span] = &spans[..] else { panic!("one {name}: {spans:?}") };
        let port = port.to_string();
        assert_eq!(span.fields["server.port"], port);
        assert_eq!(span.fields["network.peer.port"], port);
        assert_eq!(span.fields["network.peer.address"], "127.0.0.1");
        assert!(!span.fields.contains_key("error.type"), "{span:?}");
    }
    assert_eq!(capture.spans("wirebond.connection")[0].fields["wirebond.close.code"], "1000");
}
