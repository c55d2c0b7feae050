//! The generated TypeScript client against the server, with sessions, over a network that breaks: in Node and in
//! a browser.

use std::{
    fs,
    process::Command,
    sync::{Arc, Mutex},
};

use tokio::{net::TcpListener, sync::watch};
use wirebond::{
    schema::{Document, History},
    server::{Contracts, Identity, Peer, Server, Sessions},
};

use crate::{delivery, support::tools, typescript};

const MESSAGES: usize = 10_000;
const CUTS: usize = 100;

/// What the server has seen of a run.
#[derive(Debug, Default)]
struct Seen {
    received: Vec<usize>,
    connections: usize,
    cuts: usize,
    /// The connection that was cut last, and where the next cut is due.
    cut: usize,
    next: usize,
}

impl Seen {
    /// Whether the network breaks at this message: at irregular places, each connection once.
    fn received(&mut self, number: usize) -> bool {
        self.received.push(number);
        if self.cuts == CUTS || self.connections == self.cut || number < self.next {
            return false;
        }
        self.cuts += 1;
        (self.cut, self.next) = (self.connections, number + 10 + number * 7 % 31);
        true
    }
}

/// A server whose contract is the script's but for a call that it takes no more.
fn contracts() -> Contracts {
    let text = fs::read_to_string(tools::here("cli/tests/typescript/calls.json")).unwrap();
    let client = Document::parse(&text).unwrap();
    let text = text.replace("market:1.0.0", "market:2.0.0").replace("\"refresh", "\"renew");
    let server = Document::parse(&text).unwrap();
    wirebond::server::contracts(History::of(&server, [&client]))
}

/// Runs a script that sends numbers and expects each back. The server must have got each once and in order.
async fn lasts(script: &'static str, before: &'static [&'static str]) {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let between = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (server_address, address) = (server.local_addr().unwrap(), between.local_addr().unwrap());
    let (cut, cuts) = watch::channel(0);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let (notes, connections) = (Arc::clone(&seen), Arc::clone(&seen));
    let echo = Server::builder()
        .any_origin()
        .sessions(Sessions::default())
        .contracts(contracts())
        .on("note", move |peer: Peer, text: String| {
            if notes.lock().unwrap().received(text.parse().unwrap()) {
                cut.send_modify(|count| *count += 1);
            }
            async move { peer.send("note", &text).await }
        })
        .build()
        .unwrap();
    let serving = tokio::spawn(async move {
        let authenticate = move |_| {
            connections.lock().unwrap().connections += 1;
            async { Ok(Identity::user("ada")) }
        };
        echo.serve(server, authenticate).await;
    });
    tokio::spawn(delivery::network(between, server_address, cuts));

    let script = tokio::task::spawn_blocking(move || {
        let mut command = Command::new("node");
        command.arg(typescript::script(script)).args(before);
        tools::output(command.arg(format!("ws://{address}/")).arg(MESSAGES.to_string()))
    });
    let output = script.await.unwrap();
    let resumed = output.trim_end().strip_prefix(&format!(
        "{MESSAGES} there and back, contract 2.0.0 breaking refresh, resumed "
    ));
    let resumed: usize =
        resumed.and_then(|rest| rest.strip_suffix(" times")?.parse().ok()).unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen.cuts, CUTS);
    // A cut may meet an attempt that is still under way.
    assert!((CUTS / 2..=CUTS).contains(&resumed), "{output}");
    assert!(seen.received.iter().copied().eq(1..=MESSAGES), "{} received", seen.received.len());
    serving.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn node_loses_nothing_over_a_network_that_breaks() {
    if typescript::has_node("TypeScript sessions in Node") {
        lasts("lasting_node.js", &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_loses_nothing_over_a_network_that_breaks() {
    let test = "TypeScript sessions in a browser";
    if typescript::has_node(test) && tools::has_program(test, typescript::BROWSER) {
        lasts("browser.js", &["-", typescript::BROWSER]).await;
    }
}
