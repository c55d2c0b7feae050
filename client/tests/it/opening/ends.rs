//! Each stage of an opening over each end of its connection.

use std::{future::pending, time::Duration};

use tokio::{
    io::DuplexStream,
    sync::mpsc,
    time::{sleep, timeout},
};
use wirebond_client::{Builder, Client, Opening, OpeningError, State};

use crate::support::{Peer, Wire, adds_up, peer, reaches, secs};

/// Where the opening is when the connection ends.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// It waits for a message.
    Waits,
    /// It does something else, and messages wait for it.
    Works,
    /// It has sent something that can't be written.
    Sends,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Close,
    Cut,
    Timeout,
    Disconnect,
    Drop,
}

struct Dropped(mpsc::UnboundedSender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

async fn opening(stage: Stage, peer: Opening) -> Result<(), OpeningError> {
    match stage {
        Stage::Waits => peer.expect("never").await,
        Stage::Works => pending().await,
        Stage::Sends => {
            let large = "x".repeat(100_000);
            peer.send("large", &large).await?;
            peer.send("larger", &large).await
        }
    }
}

fn client(stage: Stage) -> (Peer, Builder, mpsc::UnboundedReceiver<()>) {
    let (peer, builder) = peer();
    peer.set_buffer(4_096);
    let (ended, is_ended) = mpsc::unbounded_channel();
    let builder = builder.connect_timeout(secs(9)).opening(move |peer| {
        let dropped = Dropped(ended.clone());
        async move {
            let _dropped = dropped;
            opening(stage, peer).await
        }
    });
    (peer, builder, is_ended)
}

async fn end(client: Client, mut wire: Wire<DuplexStream>, end: End) -> Option<Client> {
    match end {
        End::Close => wire.close(4000, "").await,
        End::Cut => drop(wire),
        End::Timeout => {
            sleep(secs(10)).await;
            drop(wire);
        }
        End::Disconnect => {
            let serving = tokio::spawn(wire.serve());
            timeout(secs(3), client.disconnect()).await.expect("in time");
            serving.abort();
        }
        End::Drop => {
            drop(client);
            let mut wire = wire;
            while let Some(frame) = wire.read().await {
                if frame.opcode == 8 {
                    assert_eq!(frame.close_code(), 1001);
                }
            }
            return None;
        }
    }
    Some(client)
}

#[tokio::test(start_paused = true)]
async fn each_stage_ends_its_task_and_keeps_the_queue() {
    for stage in [Stage::Waits, Stage::Works, Stage::Sends] {
        for how in [End::Close, End::Cut, End::Timeout, End::Disconnect, End::Drop] {
            let what = format!("{stage:?} {how:?}");
            let (mut peer, builder, mut ended) = client(stage);
            let client = builder.retry_first_connect(true).build().unwrap();
            client.send("queued", &1).await.unwrap();
            let hold = client.hold("held", &1).unwrap();
            let connecting = tokio::spawn({
                let client = client.clone();
                async move { client.connect().await }
            });
            let mut wire = peer.open().await;
            if matches!(stage, Stage::Works) {
                wire.message("news", "1").await;
            }
            sleep(Duration::from_millis(10)).await;
            if matches!(how, End::Drop) {
                connecting.abort();
                let _ = connecting.await;
                assert!(end(client, wire, how).await.is_none());
                ended.recv().await.expect(&what);
                assert!(!hold.is_sent(), "{what}");
                continue;
            }
            let client = end(client, wire, how).await.unwrap();
            ended.recv().await.expect(&what);
            if matches!(how, End::Disconnect) {
                assert_eq!(client.state(), State::Closed, "{what}");
                connecting.await.unwrap().unwrap_err();
            } else {
                reaches(&client, State::Connecting).await;
                // The next attempt is like the first.
                let wire = peer.open().await;
                assert!(client.stats().reconnects() == 0, "{what}");
                drop(wire);
            }
            let stats = client.stats();
            assert_eq!((stats.queued, stats.holds, stats.connections), (1, 1, 0), "{what}");
            adds_up(&client);
            client.disconnect().await;
            adds_up(&client);
            drop(hold);
        }
    }
}
