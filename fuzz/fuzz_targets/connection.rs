//! Whatever bytes a server sends on an open connection, the client reports them and goes on.
#![no_main]

#[path = "../../client/tests/it/support/upgrade.rs"]
mod upgrade;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use wirebond_client::{Client, State};

/// Upgrades, sends all of `bytes`, and closes the stream.
async fn peer(mut stream: DuplexStream, bytes: Vec<u8>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a request"));
    }
    let head = String::from_utf8(head).expect("ASCII");
    let answer = upgrade::answer(&head, "").expect("a key");
    // The client may close the stream first.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.write_all(&bytes).await;
    let _ = stream.shutdown().await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

fuzz_target!(|bytes: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let bytes = bytes.to_vec();
    runtime.block_on(async move {
        let client = Client::builder("ws://peer")
            .max_reconnect_attempts(0)
            .connector(move |_| {
                let (near, far) = tokio::io::duplex(1 << 20);
                tokio::spawn(peer(far, bytes.clone()));
                async { Ok(near) }
            })
            .build()
            .expect("sound settings");
        client.on("chat", |_: serde_json::Value| {});
        client.on_unknown(|name, _| async move { drop(name) });
        client.on_error(|error| drop(error.to_string()));
        client.connect().await.expect("the handshake is sound");
        let mut ended = client.watch_state();
        let over = |state: &State| matches!(state, State::Closed | State::Failed);
        tokio::time::timeout(Duration::from_secs(3_600), ended.wait_for(over))
            .await
            .expect("an end")
            .expect("a client");
        let stats = client.stats();
        assert_eq!(stats.connections, 1);
    });
});
