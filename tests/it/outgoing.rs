//! What the builder's limits and heartbeats do at other implementations, and in a typed client.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::timeout;
use wirebond::{Client, Contract, ErrorKind, Event, HeartbeatKind};

use crate::support::{
    server::{Server, in_time},
    tools,
};

/// Where `ws` is installed; what a script in it imports is found.
const FOLDER: &str = "tests/typescript";

/// Answers each message with the number of its characters and how many frames it had.
const COUNTING: &str = r#"
import { WebSocketServer } from "ws";
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
server.on("connection", (socket) => {
  let frames = 0;
  const receiver = socket._receiver;
  const dataMessage = receiver.dataMessage;
  receiver.dataMessage = function (...all) {
    frames = this._fragments.length;
    return dataMessage.apply(this, all);
  };
  socket.on("message", (data) => {
    const { data: note } = JSON.parse(data.toString());
    socket.send(JSON.stringify({ type: "counted", data: [note.length, frames] }));
  });
});
server.on("listening", () => console.log(server.address().port));
"#;

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn fragments_are_put_together_by_ws() {
    if !tools::node("fragments at Node's ws", FOLDER) {
        return;
    }
    let folder = tools::here(FOLDER).join("build/fragments");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("server.mjs"), COUNTING).unwrap();
    let mut command = Command::new("node");
    command.arg(folder.join("server.mjs")).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut server = Process(command.spawn().unwrap());
    let mut port = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let client = Client::builder(format!("ws://127.0.0.1:{}/", port.trim()))
        .fragment_size(32 * 1024)
        .confirm_interval(None)
        .heartbeat(HeartbeatKind::Off)
        .build()
        .unwrap();
    let mut counted = client.stream::<(usize, usize)>("counted");
    in_time(client.connect()).await.unwrap();
    for size in [10, 32 * 1024 - 1_000, 32 * 1024, 300_000] {
        client.send("note", &"é".repeat(size / 2)).await.unwrap();
        let (length, frames) = in_time(counted.next()).await.unwrap().data;
        assert_eq!(length, size / 2);
        assert_eq!(frames, (size + 60).div_ceil(32 * 1024), "{size}");
    }
}

#[derive(Debug, Contract)]
enum Gateway {
    #[message(from = "client")]
    Beat(Option<u32>),
    #[message(from = "client")]
    Reading(f64),
    #[message(from = "server")]
    Tick(u32),
}

#[tokio::test]
async fn a_heartbeat_is_a_message_of_the_contract() {
    let server = Server::start().await;
    let seen = Arc::new(AtomicU32::new(0));
    let sequence = Arc::clone(&seen);
    let client = GatewayClient::builder(server.url())
        .heartbeat_interval(Duration::from_millis(50))
        .heartbeat_message(move || match sequence.load(Ordering::Relaxed) {
            0 => Gateway::Beat(None),
            1 => Gateway::Reading(f64::NAN),
            2 => Gateway::Tick(1),
            number => Gateway::Beat(Some(number)),
        })
        .build()
        .unwrap();
    let mut events = client.untyped().events();
    let (connected, mut connection) = tokio::join!(in_time(client.connect()), server.accept());
    connected.unwrap();
    client.on_tick(move |number| seen.store(number, Ordering::Relaxed));
    let mut next = async |expected: Value| {
        loop {
            let message =
                timeout(Duration::from_secs(60), connection.next_message()).await.unwrap();
            if message["data"] == expected {
                return connection.send_text(r#"{"type":"tick","data":7}"#).await;
            }
        }
    };
    next(Value::Null).await;
    next(json!(7)).await;
    for (number, text) in [(1, "NaN"), (2, "only the server sends `tick`")] {
        connection.send_text(&format!(r#"{{"type":"tick","data":{number}}}"#)).await;
        let error = loop {
            if let Event::Error(error) = in_time(events.next()).await.unwrap() {
                break error;
            }
        };
        assert_eq!(*error.kind(), ErrorKind::Heartbeat);
        assert!(error.to_string().contains(text), "{error}");
        connection.send_text(r#"{"type":"tick","data":3}"#).await;
        while in_time(connection.next_message()).await["data"] != json!(3) {}
        while let Ok(Some(_)) = timeout(Duration::from_millis(1), events.next()).await {}
    }
}
