//! The client of `docs/clients.md`, in Python, against the server and over a network that breaks.

use std::{
    fs,
    process::Command,
    sync::{Arc, Mutex},
};

use tokio::{net::TcpListener, sync::watch};
use wirebond::{
    Contract,
    server::{Identity, Sessions},
};

use crate::{delivery, support::tools};

/// Where `websockets` is installed.
const FOLDER: &str = "tests/consumers";
const MESSAGES: usize = 300;
const CUTS: usize = 5;

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", server)]
#[allow(dead_code, reason = "it is written in Python")]
enum Page {
    Chat(String),
    #[message(from = "client", reply = usize, error = String)]
    Count(String),
    #[message(from = "server", reply = ())]
    Confirm,
}

/// What the test does with the page's client: sends numbers, counts what comes back, makes a call.
const HARNESS: &str = r#"
import asyncio, sys
from client import Client

async def main(url, count):
    back, done = [], asyncio.Event()
    def on_message(name, data):
        if name == "chat":
            back.append(int(data))
            if len(back) == count:
                done.set()
    client = Client(url, on_message)
    running = asyncio.create_task(client.run())
    for number in range(1, count + 1):
        await client.send("chat", str(number))
        await asyncio.sleep(0.005)
    await asyncio.wait_for(done.wait(), 60)
    print(back == list(range(1, count + 1)), await client.call("count", "abc"), await client.call("count", ""))
    running.cancel()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"#;

/// The page's script.
fn script() -> String {
    let page = fs::read_to_string(tools::here("docs/clients.md")).unwrap().replace("\r\n", "\n");
    let (_, rest) = page.split_once("```python\n").unwrap();
    rest.split_once("```\n").unwrap().0.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_of_the_docs_loses_nothing_over_a_network_that_breaks() {
    let Some(python) = tools::python("the client of docs/clients.md", FOLDER) else { return };
    let folder = tools::scratch("client_page");
    fs::write(folder.join("client.py"), script()).unwrap();
    fs::write(folder.join("harness.py"), HARNESS).unwrap();

    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let between = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (server_address, address) = (server.local_addr().unwrap(), between.local_addr().unwrap());
    let (cut, cuts) = watch::channel(0);
    let received = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&received);
    let echo = PageServer::builder()
        .settings(|settings| settings.sessions(Sessions::default()))
        .on_chat(move |peer, text: String| {
            let number: usize = text.parse().unwrap();
            notes.lock().unwrap().push(number);
            if number.is_multiple_of(MESSAGES / CUTS) {
                cut.send_modify(|count| *count += 1);
            }
            async move {
                if number == 1 {
                    // It answers what nothing handles, so that this ends.
                    peer.call_confirm().await.unwrap_err();
                }
                peer.send_chat(&text).await
            }
        })
        .on_count(|_, text: String| match text.len() {
            0 => Err("nothing to count".to_owned()),
            length => Ok(length),
        })
        .build()
        .unwrap();
    let serving = tokio::spawn(async move {
        echo.untyped().serve(server, |_| async { Ok(Identity::user("py")) }).await;
    });
    tokio::spawn(delivery::network(between, server_address, cuts));

    let script = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(python);
        command.arg(folder.join("harness.py")).env("PYTHONDONTWRITEBYTECODE", "1");
        tools::output(command.arg(format!("ws://{address}/")).arg(MESSAGES.to_string()))
    });
    let output = script.await.unwrap();
    assert_eq!(output, "True ('count.reply', 3) ('count.error', 'nothing to count')\n");
    assert!(received.lock().unwrap().iter().copied().eq(1..=MESSAGES));
    serving.abort();
}
