//! The server: a room that remembers what was said, so that nobody misses a line.

use std::{
    collections::BTreeMap,
    error::Error,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use wirebond::server::{Disconnect, PeerId};

use crate::{AppPeer, AppServer, Chat, Join, support::backend::Backend};

/// How many lines are remembered.
const MEMORY: usize = 1_000;
/// The maximum number of connections: an example is no public service.
const MOST: usize = 100;
/// How long a shutdown waits for its clients.
const GOODBYE: Duration = Duration::from_secs(2);

/// What the handlers of all peers share.
#[derive(Clone, Default)]
struct Room(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    lines: Vec<Chat>,
    /// How many lines each person has been sent.
    delivered: BTreeMap<String, usize>,
    present: BTreeMap<PeerId, (AppPeer, String)>,
}

/// Starts a room on `address`; `log` is called with what happens there.
pub(crate) async fn start(
    address: &str,
    log: impl Fn(String) + Clone + Send + Sync + 'static,
) -> io::Result<(AppServer, Backend)> {
    let (room, log_end) = (Room::default(), log.clone());
    let (joined, said, left) = (room.clone(), room.clone(), room);
    let server = AppServer::builder()
        // Pages of any origin: nobody is authenticated here, least of all by cookies.
        .settings(|settings| settings.max_peers(MOST).any_origin())
        .on_join(move |peer, Join { user }| {
            // Debug form: a name may hold anything, and this goes to a terminal.
            log(format!("{user:?} is here"));
            joined.memory().join(peer, user);
        })
        .on_chat(move |_peer, line| said.memory().add(line))
        .disconnected(move |peer: AppPeer, _end: Disconnect| {
            if let Some((_, user)) = left.memory().present.remove(&peer.id()) {
                log_end(format!("{user:?} is gone"));
            }
        })
        .build()
        .map_err(io::Error::other)?;
    let backend = Backend::start(address, server.untyped()).await?;
    Ok((server, backend))
}

impl Room {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn join(&mut self, peer: AppPeer, user: String) {
        self.present.insert(peer.id(), (peer, user));
        self.catch_up();
    }

    fn add(&mut self, line: Chat) {
        if self.lines.len() < MEMORY {
            self.lines.push(line);
            self.catch_up();
        }
    }

    /// Sends everybody who is there the lines of others that they have missed.
    fn catch_up(&mut self) {
        let Self { lines, delivered, present } = self;
        for (peer, user) in present.values() {
            let delivered = delivered.entry(user.clone()).or_default();
            for line in &lines[*delivered..] {
                // A peer that is gone gets the line when it joins again.
                if line.user != *user && peer.try_send_chat(line).is_err() {
                    break;
                }
                *delivered += 1;
            }
        }
    }
}

/// Runs a room by itself for a while.
pub(crate) async fn serve(address: &str, length: Duration) -> Result<(), Box<dyn Error>> {
    let (server, backend) = start(address, |what| println!("{what}"))
        .await
        .map_err(|error| format!("{address} can't be listened on: {error}"))?;
    println!("listening on {} for {length:?}; Ctrl-C ends it", backend.url());
    tokio::select! {
        () = tokio::time::sleep(length) => {}
        result = tokio::signal::ctrl_c() => result?,
    }
    server.untyped().shutdown(GOODBYE).await;
    Ok(())
}
