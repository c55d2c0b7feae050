//! What goes out before the queue: what an opening sends, and the messages that are held.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::Arc,
};

use bytes::Bytes;
use tokio::sync::oneshot;
use wirebond_connection::{call::Encoded, session::Class};

use super::message::Message;
use crate::event::Name;

/// Makes the message that is held, for each time that it is sent.
pub(crate) type Refresh = Arc<dyn Fn() -> Encoded + Send + Sync>;

/// How far a held message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// For the next connection.
    Waits,
    /// It is in the lane.
    Due,
    /// It was written on this connection, or in this session.
    Sent,
}

/// A message that is sent on every connection until it is released.
pub(crate) struct Hold {
    pub(crate) name: Name,
    pub(crate) text: Bytes,
    pub(crate) refresh: Option<Refresh>,
}

struct Entry {
    hold: Hold,
    stage: Stage,
}

/// Why a message is in the lane.
enum Reason {
    Opening(oneshot::Sender<()>),
    Hold(u64),
    /// It ends what a held message began.
    Release,
}

/// Messages that go out before the queue, and are not counted against it. They are for the present connection
/// alone.
#[derive(Default)]
pub(super) struct Lane {
    waiting: VecDeque<(Reason, Name, Bytes)>,
    /// By the order in which they were made.
    holds: BTreeMap<u64, Entry>,
    next: u64,
    /// Whether a connection is being opened: nothing else goes out.
    pub(super) is_opening: bool,
    /// Whether held messages may be written: a connection is open.
    takes_holds: bool,
    /// Those who wait for a message that was written, or that never will be: see [`Notices`].
    notices: Notices,
}

/// Who is notified when the lock is released.
#[derive(Default)]
pub(super) struct Notices {
    written: Vec<oneshot::Sender<()>>,
    /// Dropped, which is the notice.
    lost: Vec<oneshot::Sender<()>>,
}

impl Notices {
    fn is_empty(&self) -> bool {
        self.written.is_empty() && self.lost.is_empty()
    }

    pub(super) fn send(self) {
        for written in self.written {
            // The opening may have stopped waiting.
            let _ = written.send(());
        }
    }
}

impl Lane {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many messages are held.
    pub(super) fn holds(&self) -> usize {
        self.holds.len()
    }

    /// Takes the next message, which is written now.
    pub(super) fn pop(&mut self) -> Option<Message> {
        let (reason, name, text) = self.waiting.pop_front()?;
        match reason {
            Reason::Opening(written) => self.notices.written.push(written),
            Reason::Hold(id) => {
                if let Some(entry) = self.holds.get_mut(&id) {
                    entry.stage = Stage::Sent;
                }
            }
            Reason::Release => {}
        }
        Some(Message { name, text, receipt: None, class: Class::Once })
    }

    /// Whether nobody is to be notified.
    pub(super) fn is_quiet(&self) -> bool {
        self.notices.is_empty()
    }

    /// Who is to be notified since the last call.
    pub(super) fn take_notices(&mut self) -> Notices {
        std::mem::take(&mut self.notices)
    }

    /// Adds a message of an opening. Returns what resolves when it is written.
    pub(super) fn push_opening(&mut self, name: Name, text: Bytes) -> oneshot::Receiver<()> {
        let (written, is_written) = oneshot::channel();
        self.waiting.push_back((Reason::Opening(written), name, text));
        is_written
    }

    /// Adds a held message. Returns its number.
    pub(super) fn hold(&mut self, hold: Hold) -> u64 {
        let id = self.next;
        self.next += 1;
        self.holds.insert(id, Entry { hold, stage: Stage::Waits });
        if self.takes_holds {
            self.make_due(|other| other == id);
        }
        id
    }

    /// Ends a held message. Returns whether it was written on this connection, or in this session; and the
    /// message, which is to be dropped when the lock is released.
    pub(super) fn release(&mut self, id: u64) -> (bool, Option<Hold>) {
        self.waiting.retain(|(reason, ..)| !matches!(reason, Reason::Hold(other) if *other == id));
        let Some(Entry { hold, stage }) = self.holds.remove(&id) else { return (false, None) };
        (stage == Stage::Sent, Some(hold))
    }

    /// Whether a held message was written on this connection, or in this session.
    pub(super) fn is_sent(&self, id: u64) -> bool {
        self.holds.get(&id).is_some_and(|entry| entry.stage == Stage::Sent)
    }

    /// Adds what ends a held message.
    pub(super) fn push_release(&mut self, name: Name, text: Bytes) {
        self.waiting.push_back((Reason::Release, name, text));
    }

    /// The held messages that are made anew for this connection.
    pub(super) fn to_refresh(&self) -> Vec<(u64, Name, Refresh)> {
        let waits = self.holds.iter().filter(|(_, entry)| entry.stage == Stage::Waits);
        let refresh = waits.filter_map(|(id, Entry { hold, .. })| {
            Some((*id, hold.name.clone(), Arc::clone(hold.refresh.as_ref()?)))
        });
        refresh.collect()
    }

    /// A connection is open: its held messages are due, with these made anew. `None`: it can't be sent.
    pub(super) fn open(&mut self, refreshed: Vec<(u64, Option<Bytes>)>) {
        (self.is_opening, self.takes_holds) = (false, true);
        let mut failed = Vec::new();
        for (id, text) in refreshed {
            let Some(entry) = self.holds.get_mut(&id) else { continue };
            match text {
                Some(text) => entry.hold.text = text,
                None => failed.push(id),
            }
        }
        // For the next connection they are made again.
        self.make_due(|id| !failed.contains(&id));
    }

    fn make_due(&mut self, applies: impl Fn(u64) -> bool) {
        for (id, entry) in &mut self.holds {
            if entry.stage == Stage::Waits && applies(*id) {
                entry.stage = Stage::Due;
                let Hold { name, text, .. } = &entry.hold;
                self.waiting.push_back((Reason::Hold(*id), name.clone(), text.clone()));
            }
        }
    }

    /// The connection has ended. With `in_session`, what was written in the session stays so.
    pub(super) fn connection_lost(&mut self, in_session: bool) {
        (self.is_opening, self.takes_holds) = (false, false);
        for (reason, ..) in self.waiting.drain(..) {
            if let Reason::Opening(written) = reason {
                self.notices.lost.push(written);
            }
        }
        for entry in self.holds.values_mut() {
            if !in_session || entry.stage == Stage::Due {
                entry.stage = Stage::Waits;
            }
        }
    }

    /// The session has ended: what was written in it is written again.
    pub(super) fn session_lost(&mut self) {
        for entry in self.holds.values_mut().filter(|entry| entry.stage == Stage::Sent) {
            entry.stage = Stage::Waits;
        }
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the messages.
        f.debug_struct("Lane")
            .field("waiting", &self.waiting.len())
            .field("holds", &self.holds.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(text: &'static str) -> Hold {
        Hold { name: text.into(), text: Bytes::from_static(text.as_bytes()), refresh: None }
    }

    fn written(lane: &mut Lane) -> Vec<String> {
        let texts = std::iter::from_fn(|| lane.pop());
        texts.map(|message| String::from_utf8_lossy(&message.text).into_owned()).collect()
    }

    #[test]
    fn held_messages_are_due_on_each_connection_in_their_order() {
        let mut lane = Lane::default();
        let (a, b) = (lane.hold(hold("a")), lane.hold(hold("b")));
        assert_eq!((lane.len(), lane.holds()), (0, 2), "no connection");
        lane.open(Vec::new());
        assert_eq!(written(&mut lane), ["a", "b"]);
        let c = lane.hold(hold("c"));
        assert_eq!((lane.is_sent(a), lane.is_sent(c)), (true, false));
        assert_eq!(written(&mut lane), ["c"]);
        assert!(lane.release(b).0, "it was sent");
        lane.connection_lost(false);
        assert!(!lane.is_sent(a));
        lane.open(Vec::new());
        assert!(!lane.release(c).0, "it was not sent on this connection");
        assert_eq!(written(&mut lane), ["a"]);
    }

    #[test]
    fn a_session_has_what_was_written_in_it() {
        let mut lane = Lane::default();
        let a = lane.hold(hold("a"));
        lane.open(Vec::new());
        assert_eq!(written(&mut lane), ["a"]);
        lane.hold(hold("b"));
        lane.connection_lost(true);
        assert!(lane.is_sent(a) && lane.is_empty());
        lane.open(Vec::new());
        assert_eq!(written(&mut lane), ["b"], "it was never written");
        lane.session_lost();
        lane.open(Vec::new());
        assert_eq!(written(&mut lane), ["a", "b"]);
    }

    #[test]
    fn a_message_that_cant_be_made_is_tried_on_the_next_connection() {
        let mut lane = Lane::default();
        let refresh: Refresh = Arc::new(|| Ok(Vec::new()));
        let a = lane.hold(Hold { refresh: Some(refresh), ..hold("old") });
        lane.hold(hold("b"));
        assert_eq!(lane.to_refresh().len(), 1);
        lane.open(vec![(a, None)]);
        assert_eq!(written(&mut lane), ["b"]);
        lane.connection_lost(false);
        lane.open(vec![(a, Some(Bytes::from_static(b"new")))]);
        assert_eq!(written(&mut lane), ["new", "b"]);
    }
}
