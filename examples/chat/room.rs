//! The server: a room that remembers what was said, so that nobody misses a line.

use std::{
    collections::BTreeMap,
    error::Error,
    io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    App, Chat, Join,
    support::backend::{Backend, Event, Id, Room},
};

/// How many lines are remembered.
const MEMORY: usize = 1_000;

#[derive(Default)]
struct Memory {
    lines: Vec<Chat>,
    /// How many lines each person has been sent.
    delivered: BTreeMap<String, usize>,
    present: BTreeMap<Id, String>,
}

/// Starts a room on `address`; `log` is called with what happens there.
pub(crate) async fn start(
    address: &str,
    log: impl Fn(String) + Send + Sync + 'static,
) -> io::Result<Backend> {
    let memory = Mutex::new(Memory::default());
    Backend::start(address, move |room, event| {
        let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Said(id, App::Join(Join { user })) => {
                // Debug form: a name may hold anything, and this goes to a terminal.
                log(format!("{user:?} is here"));
                memory.present.insert(id, user);
                memory.catch_up(room);
            }
            Event::Said(_, App::Chat(line)) => {
                if memory.lines.len() < MEMORY {
                    memory.lines.push(line);
                    memory.catch_up(room);
                }
            }
            Event::Left(id) => {
                if let Some(user) = memory.present.remove(&id) {
                    log(format!("{user:?} is gone"));
                }
            }
            // Only the server sends the other messages.
            Event::Joined(_) | Event::Said(..) => {}
        }
    })
    .await
}

impl Memory {
    /// Sends everybody who is there the lines of others that they have missed.
    fn catch_up(&mut self, room: &Room) {
        let Self { lines, delivered, present } = self;
        for (id, user) in present {
            let delivered = delivered.entry(user.clone()).or_default();
            for line in lines[*delivered..].iter().filter(|line| line.user != *user) {
                room.send(*id, App::Chat(line.clone()));
            }
            *delivered = lines.len();
        }
    }
}

/// Runs a room by itself for a while.
pub(crate) async fn serve(address: &str, length: Duration) -> Result<(), Box<dyn Error>> {
    let room = start(address, |what| println!("{what}"))
        .await
        .map_err(|error| format!("{address} can't be listened on: {error}"))?;
    println!("listening on {} for {length:?}; Ctrl-C ends it", room.url());
    tokio::select! {
        () = tokio::time::sleep(length) => {}
        result = tokio::signal::ctrl_c() => result?,
    }
    Ok(())
}
