//! The server of `docs/contract.md` does what that page says, with a typed client and with a raw one.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use tokio::{sync::mpsc, time::timeout};
use tokio_tungstenite::{connect_async, tungstenite::Message};
use wirebond::{CloseInfo, ClosedBy, Disconnect, ReconnectDecision};

use crate::{
    chat::{AppClient, Chat, Join},
    support::tools,
};

/// Where `ws` is installed; what a script in it imports is found.
const FOLDER: &str = "tests/typescript";
/// Nothing here takes longer, however busy the machine is.
const LIMIT: Duration = Duration::from_secs(60);

/// The page's script.
fn script() -> String {
    let page = fs::read_to_string(tools::here("docs/contract.md")).unwrap();
    let blocks = page.split("```js\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.filter(|block| block.contains("WebSocketServer")).map(str::to_owned).next().unwrap()
}

/// The server as a process that doesn't outlive its test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Starts it, and returns its URL.
    fn start() -> (Self, String) {
        let folder = tools::here(FOLDER).join("build/server");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("server.mjs"), script()).unwrap();
        let mut command = Command::new("node");
        command.arg(folder.join("server.mjs")).env("PORT", "0");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit_once(':').unwrap().1;
        (Self(child), format!("ws://127.0.0.1:{port}/ws"))
    }

    /// Stops it with a signal, as a deployment does.
    #[cfg(unix)]
    fn terminate(&self) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }
}

async fn next<T>(receiver: &mut mpsc::UnboundedReceiver<T>) -> T {
    timeout(LIMIT, receiver.recv()).await.unwrap().unwrap()
}

#[tokio::test]
async fn field_d11_the_server_of_the_docs_serves_typed_clients() {
    if !tools::node("the server of docs/contract.md", FOLDER) {
        return;
    }
    let (server, url) = Server::start();
    let client = || AppClient::builder(url.as_str()).build().unwrap();
    let (ada, grace) = (client(), client());
    let (sender, mut said) = mpsc::unbounded_channel();
    let welcome = sender.clone();
    ada.on_notification(move |note| welcome.send(note.message));
    grace.on_chat(move |line| sender.send(line.content));
    let (sender, mut closed) = mpsc::unbounded_channel();
    ada.on_close(move |info| sender.send(info.code));

    ada.connect().await.unwrap();
    grace.connect().await.unwrap();
    ada.send_join(&Join { user: "Ada".to_owned() }).await.unwrap();
    assert_eq!(next(&mut said).await, "Welcome, Ada");
    let content = "Hello from Rust".to_owned();
    ada.send_chat(&Chat { user: "Ada".to_owned(), content }).await.unwrap();
    assert_eq!(next(&mut said).await, "Hello from Rust");
    // The Pong behind the messages confirms them.
    timeout(LIMIT, ada.flush()).await.unwrap().unwrap();
    assert_eq!(ada.stats().confirmed, 2);

    #[cfg(unix)]
    {
        server.terminate();
        assert_eq!(next(&mut closed).await, 1012);
    }
    ada.disconnect().await;
    grace.disconnect().await;
    drop(server);
}

#[tokio::test]
async fn field_d11_the_server_of_the_docs_answers_heartbeats_and_refuses_nonsense() {
    if !tools::node("heartbeats of the server of docs/contract.md", FOLDER) {
        return;
    }
    let (_server, url) = Server::start();
    let (mut socket, _) = connect_async(&url).await.unwrap();
    for ping in [r#"{"type":"ping","data":{"timestamp":1}}"#, r#"{"type":"ping"}"#] {
        socket.send(Message::text(r#"{"type":"newer","data":null}"#)).await.unwrap();
        socket.send(Message::text(ping)).await.unwrap();
        let answer = timeout(LIMIT, socket.next()).await.unwrap().unwrap().unwrap();
        let answer: serde_json::Value = serde_json::from_str(answer.to_text().unwrap()).unwrap();
        assert_eq!(answer["type"], "pong");
    }
    socket.send(Message::Ping("7".into())).await.unwrap();
    let answer = timeout(LIMIT, socket.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(answer, Message::Pong("7".into()));

    for nonsense in ["no JSON", "null", r#"{"type":"join"}"#] {
        let (mut socket, _) = connect_async(&url).await.unwrap();
        socket.send(Message::text(nonsense)).await.unwrap();
        let answer = timeout(LIMIT, socket.next()).await.unwrap().unwrap().unwrap();
        let Message::Close(Some(close)) = answer else { panic!("{nonsense}: {answer:?}") };
        assert_eq!(u16::from(close.code), 4400, "{nonsense}");
    }
}

/// The codes in a cell like `no code, 1000, 3500–3999, illegal ones`.
fn codes(cell: &str) -> Vec<u16> {
    let ranges = cell.split(|c: char| !c.is_ascii_digit() && c != '–');
    ranges
        .filter_map(|range| {
            let (first, last) = range.split_once('–').unwrap_or((range, range));
            Some(first.parse().ok()?..=last.parse().ok()?)
        })
        .flatten()
        .collect()
}

#[test]
fn field_d11_the_close_codes_of_the_docs_are_those_of_the_client() {
    let page = fs::read_to_string(tools::here("docs/contract.md")).unwrap();
    let (_, table) = page.split_once("| you close with | the clients |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let mut documented = BTreeMap::new();
    for row in table.lines().filter(|row| row.starts_with("| ")) {
        let (cell, then) = row[2..].split_once(" | ").unwrap();
        for code in codes(cell).into_iter().filter(|code| (1000..5000).contains(code)) {
            documented.insert(code, then);
        }
    }
    assert!(documented.len() > 1_000, "{documented:?}");
    for code in (1000..5000).filter(|code| ![1005, 1006, 1015].contains(code)) {
        let close = CloseInfo::new(code, "", ClosedBy::Server);
        let expected = match Disconnect::closed(close).decision {
            ReconnectDecision::Retry => "reconnect after 5 s (±20 %)",
            ReconnectDecision::RetryAfter(_) => "reconnect after 5 s to 30 s",
            // Without a provider of credentials, a refusal is final too.
            ReconnectDecision::Stop if [1008, 3000, 3003, 4401, 4403].contains(&code) => {
                "reconnect once"
            }
            ReconnectDecision::Stop => "stop",
            other => panic!("{code}: {other:?}"),
        };
        let then = documented.get(&code).copied().unwrap_or("reconnect after 5 s (±20 %)");
        assert!(then.starts_with(expected), "{code}: {then:?}, and not {expected:?}");
    }
}
