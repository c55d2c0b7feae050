//! Every promise in every state of the client: cases 58 to 61 of the list of faults, and the table of
//! `docs/reliability.md`.

mod blocking;
mod disconnect;
mod futures;
mod own_task;
mod promises;
mod waiting;

use tokio::{io::DuplexStream, sync::mpsc, time::sleep};
use wirebond_client::{Builder, Client, Overflow, State};

use crate::support::{Peer, Wire, reaches, secs};

/// Where a client can stand: its states, and what may be behind each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Never connected.
    Idle,
    /// A first attempt is under way.
    Connecting,
    /// A first attempt has failed, and the next waits.
    ConnectingAgain,
    /// The peer answers everything.
    Open,
    /// The peer reads and answers nothing.
    OpenSilent,
    /// Lost, and an attempt waits.
    Waiting,
    /// Lost, and an attempt is under way.
    Reconnecting,
    /// `disconnect()` waits for a peer that doesn't answer.
    Closing,
    /// `disconnect()` is done.
    Closed,
    /// The server closed with 4404, and its stream hasn't ended yet.
    ClosedByServer,
    /// The server refused an attempt with 403.
    Refused,
    /// The attempts are exhausted.
    Failed,
}

impl Stand {
    pub(crate) const ALL: [Self; 12] = [
        Self::Idle,
        Self::Connecting,
        Self::ConnectingAgain,
        Self::Open,
        Self::OpenSilent,
        Self::Waiting,
        Self::Reconnecting,
        Self::Closing,
        Self::Closed,
        Self::ClosedByServer,
        Self::Refused,
        Self::Failed,
    ];

    pub(crate) fn state(self) -> State {
        match self {
            Self::Idle => State::Idle,
            Self::Connecting | Self::ConnectingAgain => State::Connecting,
            Self::Open | Self::OpenSilent => State::Open,
            Self::Waiting | Self::Reconnecting => State::reconnecting(1),
            Self::Closing => State::Closing,
            Self::Closed | Self::ClosedByServer | Self::Refused => State::Closed,
            Self::Failed => State::Failed,
        }
    }

    /// Whether nothing happens any more until `connect()`.
    pub(crate) fn is_final(self) -> bool {
        matches!(self.state(), State::Closed | State::Failed)
    }
}

/// A client in a state, and what keeps it there.
pub(crate) struct Stage {
    pub(crate) client: Client,
    pub(crate) peer: Peer,
    /// The connections that the peer holds.
    pub(crate) wires: Vec<Wire<DuplexStream>>,
    /// Says things on the connection that the peer serves.
    pub(crate) say: Option<mpsc::UnboundedSender<Vec<u8>>>,
}

/// Serves a connection, and says what it is told to.
fn serve(wire: Wire<DuplexStream>) -> mpsc::UnboundedSender<Vec<u8>> {
    let (say, mut said) = mpsc::unbounded_channel::<Vec<u8>>();
    tokio::spawn(async move {
        let mut wire = wire;
        loop {
            tokio::select! {
                biased;
                Some(bytes) = said.recv() => wire.raw(&bytes).await,
                frame = wire.read_frame() => match frame {
                    Some(frame) if frame.opcode == 8 => return wire.frame(8, &frame.payload).await,
                    Some(frame) if frame.opcode == 9 => wire.frame(10, &frame.payload).await,
                    Some(_) => {}
                    None => return,
                },
            }
        }
    });
    say
}

/// Brings a client where it is to stand; `midway` is called right before it gets there.
pub(crate) async fn stage(
    stand: Stand,
    change: impl FnOnce(Builder) -> Builder,
    midway: impl AsyncFnOnce(&Client, Option<&mut Wire<DuplexStream>>),
) -> Stage {
    let (mut peer, builder) = crate::support::peer_of("ws://user:s3cret@peer.test/ws?token=s3cret");
    peer.set_buffer(1_024);
    let builder = builder
        .queue_messages(2)
        .queue_bytes(1 << 20)
        .overflow(Overflow::Wait)
        .max_reconnect_attempts(1)
        .retry_first_connect(stand == Stand::ConnectingAgain)
        .connect_timeout(secs(100_000));
    let client = change(builder).build().unwrap();
    let (mut wires, mut say) = (Vec::new(), None);
    let connecting = || {
        let client = client.clone();
        tokio::spawn(async move { client.connect().await })
    };
    match stand {
        Stand::Idle => midway(&client, None).await,
        Stand::Connecting => {
            midway(&client, None).await;
            connecting();
            wires.push(peer.accept().await);
        }
        Stand::ConnectingAgain => {
            connecting();
            let wire = peer.accept().await;
            midway(&client, None).await;
            drop(wire);
            sleep(secs(1)).await;
        }
        _ => {
            let connecting = connecting();
            let mut wire = peer.open().await;
            connecting.await.unwrap().unwrap();
            let lose = matches!(
                stand,
                Stand::Waiting | Stand::Reconnecting | Stand::Refused | Stand::Failed
            );
            if lose {
                midway(&client, Some(&mut wire)).await;
                drop(wire);
                reaches(&client, State::reconnecting(1)).await;
            } else {
                midway(&client, Some(&mut wire)).await;
                match stand {
                    Stand::Open => say = Some(serve(wire)),
                    Stand::Closed => {
                        serve(wire);
                        client.disconnect().await;
                    }
                    Stand::ClosedByServer => {
                        wire.close(4404, "").await;
                        wires.push(wire);
                    }
                    Stand::Closing => {
                        let other = client.clone();
                        tokio::spawn(async move { other.disconnect().await });
                        wires.push(wire);
                    }
                    _ => wires.push(wire),
                }
            }
            match stand {
                Stand::Reconnecting => wires.push(peer.accept().await),
                Stand::Failed => drop(peer.accept().await),
                Stand::Refused => {
                    let mut wire = peer.accept().await;
                    wire.request().await;
                    wire.raw(b"HTTP/1.1 403 No\r\n\r\n").await;
                }
                _ => {}
            }
        }
    }
    reaches(&client, stand.state()).await;
    Stage { client, peer, wires, say }
}

/// The same without anything in between.
pub(crate) async fn standing(stand: Stand, change: impl FnOnce(Builder) -> Builder) -> Stage {
    stage(stand, change, async |_: &Client, _: Option<&mut Wire<DuplexStream>>| {}).await
}

/// Whether the client has ended this stream: nothing more comes, however much was sent before.
pub(crate) async fn has_ended(wire: &mut Wire<DuplexStream>) -> bool {
    let mut sink = tokio::io::sink();
    let all = tokio::io::copy(&mut wire.stream, &mut sink);
    // On paused time this ends when nobody else can do anything.
    tokio::time::timeout(crate::support::millis(1), all).await.is_ok()
}

/// Sends until the queue is full; what is sent after it waits. A client that stands still keeps it so.
pub(crate) async fn fill(client: &Client) {
    let text = "x".repeat(100_000);
    for _ in 0..20 {
        let sent =
            tokio::time::timeout(crate::support::millis(1), client.send("full", &text)).await;
        match sent {
            Ok(sent) => sent.unwrap(),
            Err(_) => return,
        }
    }
    panic!("there is always room");
}
