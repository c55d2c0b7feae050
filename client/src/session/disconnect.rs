//! Why there is no connection: what ended or refused it, as data for the ruling and for the user.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    connect::handshake::{Refused, refusal},
    connect::response::UpgradeResponse,
    error::{ConnectError, ConnectErrorKind, Error, ErrorKind},
    event::{CloseInfo, ClosedBy},
    link::Ended,
    session::close_rules::{Cause, Circumstances, Ruling, legal_on_the_wire, rule},
    settings::Tuning,
    transport::Broken,
};

/// A connection that ended or an attempt that failed, as
/// [`Builder::on_disconnect`](crate::Builder::on_disconnect) sees it.
#[derive(Debug, Clone)]
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
}

impl Disconnect {
    /// A connection that was open and ended like this, for a test of your own policy.
    ///
    /// [`ruling`](Self::ruling) is what a client without providers would do; the other fields can be
    /// set as they are needed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::{CloseInfo, ClosedBy, ConnectErrorKind, Disconnect, Ruling, UpgradeResponse};
    ///
    /// /// Goes to `Builder::on_disconnect`.
    /// fn policy(gone: &Disconnect) -> Ruling {
    ///     match (&gone.close, gone.header("x-maintenance")) {
    ///         (Some(close), _) if close.code == 4001 => Ruling::Stop,
    ///         (_, Some(_)) => Ruling::RetryAfter(Duration::from_secs(60)),
    ///         _ if gone.attempts >= 10 => Ruling::Stop,
    ///         _ => gone.ruling,
    ///     }
    /// }
    ///
    /// let replaced = CloseInfo::new(4001, "signed in elsewhere", ClosedBy::Server);
    /// assert_eq!(policy(&Disconnect::closed(replaced)), Ruling::Stop);
    ///
    /// let maintenance = UpgradeResponse::new(503).with_header("X-Maintenance", "yes");
    /// let gone = Disconnect::answered(maintenance);
    /// assert_eq!(policy(&gone), Ruling::RetryAfter(Duration::from_secs(60)));
    ///
    /// let mut gone = Disconnect::failed(ConnectErrorKind::Timeout);
    /// assert_eq!(policy(&gone), Ruling::Retry);
    /// gone.attempts = 10;
    /// assert_eq!(policy(&gone), Ruling::Stop);
    /// ```
    pub fn closed(close: CloseInfo) -> Self {
        let cause = match close.by {
            ClosedBy::Server => Cause::Closed((close.code != 1005).then_some(close.code)),
            ClosedBy::Client if close.code == 1009 => Cause::TooLarge,
            _ => Cause::Lost,
        };
        Self::of(cause, Some(close), None)
    }

    /// An attempt that failed in this way, for a test of your own policy: see
    /// [`closed`](Self::closed). The `ruling` is that of a client that was connected before.
    pub fn failed(kind: ConnectErrorKind) -> Self {
        let cause = match kind {
            ConnectErrorKind::Http { status } => Cause::Status(status, None),
            kind => Cause::Attempt(kind),
        };
        Self::of(cause, None, Some(Error::new(kind)))
    }

    /// An attempt that was answered with this instead of an upgrade, for a test of your own policy: see
    /// [`closed`](Self::closed). The `ruling` is that of a client that was connected before.
    pub fn answered(response: UpgradeResponse) -> Self {
        let (error, cause) = refusal(response);
        Self::of(cause, None, Some(error))
    }

    fn of(cause: Cause, close: Option<CloseInfo>, error: Option<ConnectError>) -> Self {
        let around = Circumstances {
            can_refresh: false,
            proven: true,
            restart_delay: Tuning::default().restart_delay,
            random: 0.5,
        };
        Self {
            close,
            status: status(cause),
            error: error.map(Into::into),
            attempts: 0,
            elapsed: Duration::ZERO,
            ruling: rule(cause, around),
        }
    }

    /// The HTTP answer that refused the upgrade, with its headers and the beginning of its body.
    pub fn response(&self) -> Option<&UpgradeResponse> {
        self.error.as_ref()?.response()
    }

    /// A header of the HTTP answer that refused the upgrade.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response()?.header(name)
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
    /// When that was known.
    pub(crate) since: Instant,
}

impl Outage {
    /// What an open connection came to.
    pub(crate) fn of(ended: &Ended) -> Self {
        let mut outage = Self {
            cause: Cause::Lost,
            close: None,
            error: None,
            status: None,
            since: Instant::now(),
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
        let Refused { error, cause, since } = refused;
        Self { cause, close: None, error: Some(error.into()), status: status(cause), since }
    }
}

/// The HTTP status in a cause.
fn status(cause: Cause) -> Option<u16> {
    match cause {
        Cause::Status(status, _) => Some(status),
        _ => None,
    }
}
