//! The servers under test, each behind one trait. To all of them their clients send the same:
//! `begin` and `joined`, which are answered with `begin`; `whisper`, which comes back; `announcement`,
//! which goes to everybody who joined; `chat`, which is counted; and `done`.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc as sync_mpsc},
    thread::{self, JoinHandle},
};

use serde::{Deserialize, Serialize};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::{mpsc, oneshot},
};

use crate::{
    app::Tagged,
    peers::Job,
    process::{self, pin},
    recorder::Recorder,
};

mod axum;
mod fastwebsockets;
mod floor;
mod socketioxide;
mod wirebond;

pub use self::{
    axum::Axum,
    fastwebsockets::Fastwebsockets,
    floor::Floor,
    socketioxide::Socketioxide,
    wirebond::{Accepting, Wirebond, WirebondCalls},
};

/// The room that everybody joins.
const ROOM: &str = "all";

/// How many messages may wait for one peer, with everybody who has a bound.
pub const QUEUE: usize = 1_024;

/// How a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dialect {
    /// A message is an envelope.
    Plain,
    /// The same in a session.
    Session,
    /// Socket.IO.
    SocketIo,
}

/// A server under test.
pub trait Host: Sync {
    fn name(&self) -> &'static str;

    /// How its clients speak.
    fn dialect(&self) -> Dialect {
        Dialect::Plain
    }

    /// Serves connections until it is dropped.
    fn serve(&self, listener: TcpListener, recorder: Arc<Recorder>) -> Job<()>;
}

/// The server by the name that it has in tables, for a child process.
pub fn by_name(name: &str) -> Option<&'static dyn Host> {
    let all: [&'static dyn Host; 8] = [
        &Wirebond(Accepting::Itself),
        &Wirebond(Accepting::Sessions),
        &Wirebond(Accepting::Axum),
        &WirebondCalls,
        &Axum,
        &Socketioxide,
        &Fastwebsockets,
        &Floor,
    ];
    all.into_iter().find(|host| host.name() == name)
}

/// A server that runs, in a thread of its own on one core, until this is dropped.
#[derive(Debug)]
pub struct Serving {
    pub port: u16,
    /// Dropped to end it.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    /// `send_buffer` is the size of the kernel's buffer for each connection, in bytes; the system's own
    /// choice if there is none.
    pub fn start(
        host: &'static dyn Host,
        recorder: &Arc<Recorder>,
        place: usize,
        send_buffer: Option<u32>,
    ) -> Self {
        let recorder = Arc::clone(recorder);
        let (stop, stopped) = oneshot::channel();
        let (listening, port) = sync_mpsc::channel();
        let thread = thread::spawn(move || {
            pin(place);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let socket = TcpSocket::new_v4().expect("a socket");
                if let Some(size) = send_buffer {
                    // Its connections inherit it.
                    socket.set_send_buffer_size(size).expect("a size that works");
                }
                socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
                let listener = socket.listen(4_096).expect("it listens");
                let port = listener.local_addr().expect("an address").port();
                listening.send(port).expect("somebody waits for it");
                // In a task, as a program would: the main future is woken otherwise.
                let serving = tokio::spawn(host.serve(listener, recorder));
                let _ = stopped.await;
                serving.abort();
            });
        });
        let port = port.recv().expect("it listens");
        Self { port, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the servers that are written by hand share: the room, as a channel for each member.
struct Shared<T> {
    recorder: Arc<Recorder>,
    room: Mutex<Vec<mpsc::Sender<T>>>,
}

impl<T: Clone + From<String>> Shared<T> {
    fn new(recorder: Arc<Recorder>) -> Arc<Self> {
        Arc::new(Self { recorder, room: Mutex::default() })
    }

    fn join(&self) -> mpsc::Receiver<T> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        self.room.lock().expect("unpoisoned").push(sender);
        receiver
    }

    /// What is done with a message; returns the answer to it.
    fn handle(&self, message: Tagged) -> Option<T> {
        match message {
            Tagged::Begin => {
                self.recorder.begin();
                Some(text(&Tagged::Begin))
            }
            Tagged::Joined(_) => Some(text(&Tagged::Begin)),
            Tagged::Whisper(chat) => Some(text(&Tagged::Whisper(chat))),
            Tagged::Announcement(chat) => {
                let text: T = text(&Tagged::Announcement(chat));
                for member in &*self.room.lock().expect("unpoisoned") {
                    // One whose queue is full misses it.
                    let _ = member.try_send(text.clone());
                }
                None
            }
            message => {
                self.recorder.take(message);
                None
            }
        }
    }
}

fn text<T: From<String>>(message: &Tagged) -> T {
    serde_json::to_string(message).expect("plain data").into()
}

/// This program as the process in which `who` serves: prints what `run` finds.
pub fn child(who: &str, run: impl FnOnce(&'static dyn Host) -> String) {
    process::end_with_parent();
    process::raise_file_limit();
    println!("{}", run(by_name(who).expect("a server of that name")));
}
