//! The clients under test, each behind one trait.

use std::{any::Any, pin::Pin, sync::Arc, time::Duration};

use crate::{recorder::Recorder, stream::Target};

mod ezsockets;
mod fastwebsockets;
mod floor;
mod jsonrpsee;
mod tokio_websockets;
mod tungstenite;
mod wirebond;

pub use tungstenite::{hand_written, hand_written_flood};
pub use wirebond::{Subscribing, app_for, subscribe};

pub type Job<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What a flood of sends is like.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub count: u64,
    /// From how many tasks.
    pub tasks: u64,
}

/// What keeps idle connections open while it lives.
pub type Held = Box<dyn Any + Send>;

/// A client. What it can't do, it leaves out.
pub trait Peer: Sync {
    fn name(&self) -> &'static str;

    /// Receives until `done`, and reports to `recorder`.
    fn receive(&self, _at: &Target, _recorder: &Arc<Recorder>) -> Option<Job<()>> {
        None
    }

    /// Sends a flood of chat messages, and waits until the server has read them all.
    fn send(&self, _at: &Target, _load: Load) -> Option<Job<()>> {
        None
    }

    /// Sends a message, waits for it to come back, and so on. Returns how long each took.
    fn round_trip(&self, _at: &Target, _count: usize) -> Option<Job<Vec<Duration>>> {
        None
    }

    /// Opens connections that are idle but for a heartbeat.
    fn idle(&self, _at: &Target, _count: usize, _beat: Duration) -> Option<Job<Held>> {
        None
    }

    /// Connects, loses the connection, and is back: the moment of each opening goes to `opened`, on
    /// the clock that all processes share.
    fn reconnect(
        &self,
        _at: &Target,
        _interval: Duration,
        _opened: tokio::sync::mpsc::UnboundedSender<Duration>,
    ) -> Option<Job<Held>> {
        None
    }
}

pub use self::{
    ezsockets::Ezsockets,
    fastwebsockets::Fastwebsockets,
    floor::Floor,
    jsonrpsee::Jsonrpsee,
    tokio_websockets::TokioWebsockets,
    tungstenite::{Flatten, HandWritten, SmallBuffer, Yielding},
    wirebond::Wirebond,
};

/// The client by the name that it has in tables, for a child process.
pub fn by_name(name: &str) -> Option<&'static dyn Peer> {
    let all: [&'static dyn Peer; 8] = [
        &Wirebond(Subscribing::Sync),
        &HandWritten,
        &SmallBuffer,
        &Ezsockets,
        &Jsonrpsee,
        &Fastwebsockets,
        &TokioWebsockets,
        &Floor,
    ];
    all.into_iter().find(|peer| peer.name() == name)
}

/// Runs `sender` in as many tasks as the load asks for, and waits for all.
async fn in_tasks<F>(load: Load, sender: impl Fn(u64) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let each = load.count / load.tasks;
    let tasks: Vec<_> = (0..load.tasks).map(|_| tokio::spawn(sender(each))).collect();
    for task in tasks {
        task.await.expect("no panic");
    }
}
