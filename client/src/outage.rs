//! Why there is no connection: what ended or refused it, as data for the ruling and for the user.

use std::{fmt, sync::Arc, time::Duration};

use http::HeaderMap;

use crate::{
    error::{Error, ErrorKind},
    event::{CloseInfo, ClosedBy},
    handshake::Refused,
    link::Ended,
    ruling::{Cause, Ruling, legal_on_the_wire},
    transport::Broken,
};

/// A connection that ended or an attempt that failed, as
/// [`Builder::on_disconnect`](crate::Builder::on_disconnect) sees it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Disconnect {
    /// How the connection ended; `None` for an attempt that failed.
    pub close: Option<CloseInfo>,
    /// What went wrong, if it wasn't just closed.
    pub error: Option<Error>,
    /// The HTTP status, if an attempt was answered with another than 101.
    pub status: Option<u16>,
    /// How many attempts of this outage have failed.
    pub attempts: u32,
    /// How long this outage has lasted.
    pub elapsed: Duration,
    /// What the client is going to do.
    pub ruling: Ruling,
    pub(crate) headers: HeaderMap,
}

impl Disconnect {
    /// A header of the HTTP answer that refused the upgrade.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl fmt::Debug for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the headers: a cookie that the answer sets is a credential, too.
        f.debug_struct("Disconnect")
            .field("close", &self.close)
            .field("error", &self.error)
            .field("status", &self.status)
            .field("attempts", &self.attempts)
            .field("elapsed", &self.elapsed)
            .field("ruling", &self.ruling)
            .finish_non_exhaustive()
    }
}

/// The user's word on a [`Disconnect`].
pub(crate) type Overrule = Arc<dyn Fn(&Disconnect) -> Ruling + Send + Sync>;

/// Why there is no connection now.
pub(crate) struct Outage {
    pub(crate) cause: Cause,
    pub(crate) close: Option<CloseInfo>,
    pub(crate) error: Option<Error>,
    pub(crate) status: Option<u16>,
    pub(crate) headers: HeaderMap,
}

impl Outage {
    /// What an open connection came to.
    pub(crate) fn of(ended: &Ended) -> Self {
        let mut outage = Self {
            cause: Cause::Lost,
            close: None,
            error: None,
            status: None,
            headers: HeaderMap::new(),
        };
        let close = |code, by| CloseInfo { code, reason: String::new(), clean: false, by };
        let error = |kind, words: &str| Some(Error::new(kind).context(words));
        let network = Some(close(1006, ClosedBy::Network));
        match ended {
            Ended::Closed(code, reason) => {
                let by = ClosedBy::Server;
                let (reason, clean) = (reason.clone(), true);
                outage.close = Some(CloseInfo { code: code.unwrap_or(1005), reason, clean, by });
                match code {
                    Some(code) if !legal_on_the_wire(*code) => {
                        let words = format!("its Close frame has the illegal code {code}");
                        outage.error = error(ErrorKind::Protocol, &words);
                    }
                    code => outage.cause = Cause::Closed(*code),
                }
            }
            Ended::Unannounced => {
                outage.close = network;
                outage.error = error(ErrorKind::Connection, "it ended without a Close frame");
            }
            Ended::Silent => {
                outage.close = network;
                let words = "nothing was received in time after a heartbeat";
                outage.error = error(ErrorKind::HeartbeatTimeout, words);
            }
            Ended::Broken(broken) => {
                let code = broken.code();
                outage.close = code.map_or(network, |code| Some(close(code, ClosedBy::Client)));
                outage.error = Some(match broken {
                    Broken::Io(io) => Error::new(ErrorKind::Connection).context(io.to_string()),
                    Broken::TooLarge => Error::new(ErrorKind::TooLarge),
                    Broken::NotUtf8 => {
                        Error::new(ErrorKind::Protocol).context("text that is not UTF-8")
                    }
                    Broken::Protocol(words) => {
                        Error::new(ErrorKind::Protocol).context(words.clone())
                    }
                });
                if matches!(broken, Broken::TooLarge) {
                    outage.cause = Cause::TooLarge;
                }
            }
        }
        outage
    }
}

impl From<Refused> for Outage {
    fn from(refused: Refused) -> Self {
        let Refused { error, cause, headers } = refused;
        let status = match cause {
            Cause::Status(status, _) => Some(status),
            _ => None,
        };
        Self { cause, close: None, error: Some(error.into()), status, headers: *headers }
    }
}
