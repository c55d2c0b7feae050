//! What a link knows of its session.

use std::{collections::VecDeque, sync::Arc, task::Context};

use tokio::time::Instant;
use wirebond_connection::session::{Desync, Gap};

use crate::delivery::held::Held;

/// Called when it is known whether the connection has a session, if the connection is open then.
pub(crate) type OnNegotiated = Box<dyn FnOnce() + Send>;

/// Why a connection is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The session can't continue.
    Desync(String),
    /// The server doesn't answer the request to resume.
    Unanswered,
    /// The server has no sessions, and the settings require one.
    Required(&'static str),
}

impl Fault {
    /// The code of the Close frame that ends the connection.
    pub(crate) fn close_code(&self) -> u16 {
        match self {
            Self::Desync(_) => Desync::CLOSE_CODE,
            Self::Unanswered => NO_ANSWER,
            Self::Required(_) => 1000,
        }
    }
}

/// The close code for a peer that leaves a frame of the session unanswered.
const NO_ANSWER: u16 = 4408;

/// What an arriving frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The application's.
    Plain,
    /// The server's `$hello`, if it has sessions.
    Hello,
    /// The answer to a request to resume. No message may come.
    Resuming,
    /// The application's or the session's.
    Live,
    /// The opening's, unless it is the session's.
    Opening,
    /// Nothing: the connection is given up.
    GivenUp,
}

/// What a sink knows of the session.
pub(super) struct Session {
    pub(super) mode: Mode,
    pub(super) requires: bool,
    /// When the frame that is awaited must have come.
    pub(super) deadline: Option<Instant>,
    pub(super) on_negotiated: Option<OnNegotiated>,
    pub(super) fault: Option<Fault>,
    /// Messages of the present turn, and their bytes: counted at its end, or before a `$` frame.
    pub(super) received: (u64, usize),
    /// Gaps of the present turn with nothing between them, which are reported as one.
    pub(super) gap: Option<Gap>,
}

impl Session {
    pub(super) fn new(requires: bool) -> Self {
        Self {
            mode: Mode::Plain,
            requires,
            deadline: None,
            on_negotiated: None,
            fault: None,
            received: (0, 0),
            gap: None,
        }
    }

    /// When a frame must have come.
    pub(super) fn due(&self) -> Option<Instant> {
        self.deadline
    }
}

/// What a sink knows of the opening.
pub(super) struct BeforeOpen {
    pub(super) held: Arc<Held>,
    /// What frames are when the connection is open.
    pub(super) after: Mode,
    /// Whether the session was resumed, once it is known whether there is one.
    pub(super) known: Option<bool>,
    /// The messages that the opening did not take, once it is over.
    pub(super) waiting: Option<VecDeque<String>>,
}

impl BeforeOpen {
    /// Whether nothing is to be read at present.
    pub(super) fn is_full(&self, cx: &Context<'_>) -> bool {
        // What waits is delivered first.
        self.waiting.is_some() || self.held.is_full(cx.waker())
    }
}
