//! What a link knows of its session.

use tokio::time::Instant;
use wirebond_connection::session::Desync;

/// Called when it is known whether the connection has a session.
pub(crate) type Opening = Box<dyn FnOnce() + Send>;

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
    /// Nothing: the connection is given up.
    GivenUp,
}

/// What a sink knows of the session.
pub(super) struct Session {
    pub(super) mode: Mode,
    pub(super) requires: bool,
    /// When the frame that is awaited must have come.
    pub(super) deadline: Option<Instant>,
    pub(super) opening: Option<Opening>,
    pub(super) fault: Option<Fault>,
    /// Messages of the present turn, and their bytes: counted at its end, or before a `$` frame.
    pub(super) received: (u64, usize),
}

impl Session {
    pub(super) fn new(requires: bool) -> Self {
        Self {
            mode: Mode::Plain,
            requires,
            deadline: None,
            opening: None,
            fault: None,
            received: (0, 0),
        }
    }

    /// When a frame must have come.
    pub(super) fn due(&self) -> Option<Instant> {
        self.deadline
    }
}
