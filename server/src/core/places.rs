//! Connections and sessions as the limits, and a shutdown, count them.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::Core;
use crate::{identity::Identity, outbox::Closing, settings::Settings};

/// Who counts against the limits.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Connections, until they are closed and, without a session, their handlers have returned.
    taken: usize,
    /// The tasks of sessions, with or without a connection.
    sessions: usize,
    /// Connections and sessions whose handlers are still running.
    unfinished: usize,
    /// By user, if there is a limit.
    users: HashMap<String, usize>,
    /// How connections are closed once no more are accepted.
    pub(super) stopped: Option<Closing>,
}

/// Why a connection isn't accepted, as an HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// 503: shutting down.
    Stopped,
    /// 503: there are as many as `max_peers` allows.
    Full,
    /// 429: this user has as many as `max_peers_per_user` allows.
    TooMany,
}

impl Core {
    /// Reserves a place for a connection of this identity before its request is answered, so that
    /// concurrent requests can't exceed a limit together.
    pub(crate) fn take_place(self: &Arc<Self>, identity: &Identity) -> Result<Place, Refused> {
        let Settings { max_peers, max_peers_per_user, .. } = &self.settings;
        let user = max_peers_per_user.and(identity.name());
        let mut result = Ok(());
        self.places.send_if_modified(|places| {
            let of_user = user.and_then(|user| places.users.get(user)).copied().unwrap_or(0);
            if places.stopped.is_some() {
                result = Err(Refused::Stopped);
            } else if max_peers.is_some_and(|most| places.taken >= most) {
                result = Err(Refused::Full);
            } else if user.is_some() && max_peers_per_user.is_some_and(|most| of_user >= most) {
                result = Err(Refused::TooMany);
            } else {
                places.taken += 1;
                places.unfinished += 1;
                if let Some(user) = user {
                    places.users.insert(user.to_owned(), of_user + 1);
                }
            }
            result.is_ok()
        });
        result.map(|()| Place {
            core: Arc::clone(self),
            user: user.map(str::to_owned),
            finished: AtomicBool::new(false),
        })
    }

    /// The number of connections that count against the limits.
    pub(crate) fn count_connections(&self) -> usize {
        self.places.borrow().taken
    }

    /// A session's task begins.
    pub(crate) fn begin_session(self: &Arc<Self>) -> SessionTask {
        self.places.send_modify(|places| {
            places.sessions += 1;
            places.unfinished += 1;
        });
        SessionTask(Arc::clone(self))
    }

    /// The number of connections and sessions whose handlers are still running.
    pub(crate) fn count_unfinished(&self) -> usize {
        self.places.borrow().unfinished
    }

    /// Resolves when no task of a connection or a session is left.
    pub(crate) async fn tasks_ended(&self) {
        // The sender lives as long as this does.
        let _ =
            self.places.subscribe().wait_for(|places| places.taken + places.sessions == 0).await;
    }
}

/// A connection's place: from the answer to its request until its task ends.
#[derive(Debug)]
pub(crate) struct Place {
    core: Arc<Core>,
    user: Option<String>,
    finished: AtomicBool,
}

impl Place {
    /// The connection's handlers have ended; only the closing handshake may still be running.
    pub(crate) fn finish(&self) {
        if !self.finished.swap(true, Ordering::Relaxed) {
            self.core.places.send_modify(|places| places.unfinished -= 1);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.finish();
        self.core.places.send_modify(|places| {
            places.taken -= 1;
            if let Some(user) = &self.user
                && let Some(count) = places.users.get_mut(user)
            {
                *count -= 1;
                if *count == 0 {
                    places.users.remove(user);
                }
            }
        });
    }
}

/// The task of a session, until it ends.
#[derive(Debug)]
pub(crate) struct SessionTask(Arc<Core>);

impl Drop for SessionTask {
    fn drop(&mut self) {
        self.0.places.send_modify(|places| {
            places.sessions -= 1;
            places.unfinished -= 1;
        });
    }
}
