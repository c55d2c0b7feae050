//! What is logged at WARN and above: by message name, never by content, and so that no peer can flood the log.

use std::{borrow::Cow, sync::Arc};

use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};
use wirebond_connection::log_limiter::{LogLimiter, LogLine, shown_name};

use crate::error::{Error, ErrorKind};

/// The lines of a server. Of one kind, at most one a second is written for each name that the contract or a
/// handler has, and one for all others.
#[derive(Debug, Default)]
pub(crate) struct Log {
    warnings: Arc<LogLimiter>,
    errors: Arc<LogLimiter>,
}

/// The name of the message that a line concerns.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Name<'a> {
    /// It concerns none.
    None,
    /// One that the server has.
    Known(&'a str),
    /// One that a peer may have invented.
    Foreign(&'a str),
}

type Write = fn(Option<u64>, &LogLine, u64);

impl Log {
    pub(crate) fn warn(
        &self,
        peer: Option<u64>,
        kind: impl Into<Cow<'static, str>>,
        what: impl Into<String>,
        name: Name<'_>,
    ) {
        if tracing::enabled!(tracing::Level::WARN) {
            limited(&self.warnings, peer, line(kind.into(), what.into(), name), write_warning);
        }
    }

    pub(crate) fn error(
        &self,
        peer: Option<u64>,
        kind: impl Into<Cow<'static, str>>,
        what: impl Into<String>,
    ) {
        if tracing::enabled!(tracing::Level::ERROR) {
            let line = line(kind.into(), what.into(), Name::None);
            limited(&self.errors, peer, line, write_error);
        }
    }

    /// An error that no handler of errors gets.
    #[cold]
    pub(crate) fn unhandled(&self, peer: u64, error: &Error, is_known: impl Fn(&str) -> bool) {
        let name = match error.message_name() {
            None => Name::None,
            Some(name) if is_known(name) => Name::Known(name),
            Some(name) => Name::Foreign(name),
        };
        let what = match error.kind() {
            // The text of these is the application's, and may contain a part of a message.
            kind @ (ErrorKind::Handler | ErrorKind::HandlerPanic) => {
                format!("{kind}; `errors` gets the reason")
            }
            _ => error.text(),
        };
        self.warn(Some(peer), format!("{:?}", error.kind()), what, name);
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let now = Instant::now();
        self.warnings.flush(now, true, |line, suppressed| write_warning(None, line, suppressed));
        self.errors.flush(now, true, |line, suppressed| write_error(None, line, suppressed));
    }
}

fn line(kind: Cow<'static, str>, mut what: String, name: Name<'_>) -> LogLine {
    let name = match name {
        Name::None => None,
        Name::Known(name) => Some(shown_name(name)),
        // In the text, so that all of these are one line.
        Name::Foreign(name) => {
            what = format!("{what} (the message \"{}\")", shown_name(name));
            None
        }
    };
    LogLine { kind, what, name, count: 1 }
}

fn limited(limiter: &Arc<LogLimiter>, peer: Option<u64>, line: LogLine, write: Write) {
    let is_first_left_out =
        limiter.log(line, Instant::now(), |line, suppressed| write(peer, line, suppressed));
    if is_first_left_out && let Ok(runtime) = Handle::try_current() {
        let limiter = Arc::clone(limiter);
        drop(runtime.spawn(async move {
            loop {
                sleep(LogLimiter::INTERVAL).await;
                let write = |line: &LogLine, suppressed| write(None, line, suppressed);
                if !limiter.flush(Instant::now(), false, write) {
                    return;
                }
            }
        }));
    }
}

fn write_warning(peer: Option<u64>, line: &LogLine, suppressed: u64) {
    let LogLine { what, name, .. } = line;
    // Absent fields don't appear in the line.
    let suppressed = (suppressed > 0).then_some(suppressed);
    tracing::warn!(peer, name, suppressed, "{what}");
}

fn write_error(peer: Option<u64>, line: &LogLine, suppressed: u64) {
    let suppressed = (suppressed > 0).then_some(suppressed);
    tracing::error!(peer, suppressed, "{}", line.what);
}
