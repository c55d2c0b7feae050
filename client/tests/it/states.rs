//! Every promise in every state of the client: cases 58 to 61 of the list of faults, and the table of
//! `docs/reliability.md`.

mod blocking;
mod disconnect;
mod futures;
mod own_task;
mod promises;
mod waiting;

use tokio::{io::DuplexStream, sync::mpsc, task::JoinHandle, time::sleep};
use wirebond_client::{Builder, Client, ConnectError, Overflow, State};

use crate::support::{Peer, Wire, reaches, secs};

/// The situations of a client: its states, and what may have led to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Never connected.
    Idle,
    /// A first attempt is under way.
    Connecting,
    /// A first attempt has failed, and the next waits for its delay.
    ConnectingAgain,
    /// The peer answers everything.
    Open,
    /// The peer reads and answers nothing.
    OpenSilent,
    /// The connection is lost, and the next attempt waits for its delay.
    Waiting,
    /// The connection is lost, and an attempt is under way.
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
            Self::Waiting | Self::Reconnecting => State::Reconnecting { attempt: 1 },
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
    /// Sends on the connection that the peer serves.
    pub(crate) say: Option<mpsc::UnboundedSender<Vec<u8>>>,
}

/// Serves a connection, and sends what it is given.
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

/// Brings a client into this situation; `midway` is called right before it gets there.
pub(crate) async fn stage(
    stand: Stand,
    change: impl FnOnce(Builder) -> Builder,
    midway: impl AsyncFnOnce(&Client, Option<&mut Wire<DuplexStream>>),
) -> Stage {
    let (peer, builder) = crate::support::peer_of("ws://user:s3cret@peer.test/ws?token=s3cret");
    peer.set_buffer(1_024);
    let builder = builder
        .queue_messages(2)
        .queue_bytes(1 << 20)
        .overflow(Overflow::Wait)
        .max_reconnect_attempts(1)
        .retry_first_connect(stand == Stand::ConnectingAgain)
        .connect_timeout(secs(100_000));
    let client = change(builder).build().unwrap();
    let mut stage = Stage { client, peer, wires: Vec::new(), say: None };
    match stand {
        Stand::Idle => midway(&stage.client, None).await,
        Stand::Connecting => {
            midway(&stage.client, None).await;
            stage.connecting();
            let wire = stage.peer.accept().await;
            stage.wires.push(wire);
        }
        Stand::ConnectingAgain => {
            stage.connecting();
            let wire = stage.peer.accept().await;
            midway(&stage.client, None).await;
            drop(wire);
            sleep(secs(1)).await;
        }
        _ => {
            let connecting = stage.connecting();
            let mut wire = stage.peer.open().await;
            connecting.await.unwrap().unwrap();
            midway(&stage.client, Some(&mut wire)).await;
            stage.after_open(stand, wire).await;
        }
    }
    reaches(&stage.client, stand.state()).await;
    stage
}

impl Stage {
    fn connecting(&self) -> JoinHandle<Result<(), ConnectError>> {
        let client = self.client.clone();
        tokio::spawn(async move { client.connect().await })
    }

    /// Brings a client with this open connection into its situation.
    async fn after_open(&mut self, stand: Stand, mut wire: Wire<DuplexStream>) {
        match stand {
            Stand::Waiting | Stand::Reconnecting | Stand::Refused | Stand::Failed => {
                drop(wire);
                reaches(&self.client, State::Reconnecting { attempt: 1 }).await;
                self.after_loss(stand).await;
            }
            Stand::Open => self.say = Some(serve(wire)),
            Stand::Closed => {
                serve(wire);
                self.client.disconnect().await;
            }
            Stand::ClosedByServer => {
                wire.close(4404, "").await;
                self.wires.push(wire);
            }
            Stand::Closing => {
                let other = self.client.clone();
                tokio::spawn(async move { other.disconnect().await });
                self.wires.push(wire);
            }
            _ => self.wires.push(wire),
        }
    }

    /// Brings a client whose connection was lost into its situation.
    async fn after_loss(&mut self, stand: Stand) {
        match stand {
            Stand::Reconnecting => self.wires.push(self.peer.accept().await),
            Stand::Failed => drop(self.peer.accept().await),
            Stand::Refused => {
                let mut wire = self.peer.accept().await;
                wire.request().await;
                wire.raw(b"HTTP/1.1 403 No\r\n\r\n").await;
            }
            _ => {}
        }
    }
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

/// Sends until the queue is full; later messages wait. The queue of an idle client stays full.
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
