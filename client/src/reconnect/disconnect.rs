//! Why there is no connection: what ended or refused it, as data for the rules and for the user.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    connect::handshake::refusal,
    error::{ConnectError, ConnectErrorKind, Error, ErrorKind},
    event::{CloseInfo, ClosedBy},
    link::{Ended, Fault},
    reconnect::close_rules::{Cause, Context, legal_on_the_wire, rule},
    reconnect::opening::Verdict,
    response::UpgradeResponse,
    settings::{CloseRules, ReconnectDecision, Tuning},
    transport::Broken,
};

/// A connection that ended, or an attempt to connect that failed. See
/// [`Builder::reconnect_policy`](crate::Builder::reconnect_policy).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Disconnect {
    /// How the connection ended; `None` for an attempt that failed.
    pub close: Option<CloseInfo>,
    /// The error, unless the connection was closed without one.
    pub error: Option<Error>,
    /// The HTTP status, if an attempt was answered with a status other than 101.
    pub status: Option<u16>,
    /// How many attempts have failed since the connection was lost.
    pub attempts: u32,
    /// How long ago the connection was lost, or before the first one, how long ago `connect()` was called.
    pub elapsed: Duration,
    /// What the client does unless the policy decides otherwise.
    pub decision: ReconnectDecision,
    /// The same as `decision`.
    #[deprecated(since = "0.1.0", note = "renamed to `decision`")]
    pub ruling: ReconnectDecision,
}

impl Disconnect {
    /// Describes an open connection that ended, for a test of your own policy.
    ///
    /// [`decision`](Self::decision) is that of a client without providers. The other fields may be set as
    /// the test requires.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::{
    ///     CloseInfo, ClosedBy, ConnectErrorKind, Disconnect, ReconnectDecision, UpgradeResponse,
    /// };
    ///
    /// /// For `Builder::reconnect_policy`.
    /// fn policy(gone: &Disconnect) -> ReconnectDecision {
    ///     match (&gone.close, gone.header("x-maintenance")) {
    ///         (Some(close), _) if close.code == 4001 => ReconnectDecision::Stop,
    ///         (_, Some(_)) => ReconnectDecision::RetryAfter(Duration::from_secs(60)),
    ///         _ if gone.attempts >= 10 => ReconnectDecision::Stop,
    ///         _ => gone.decision,
    ///     }
    /// }
    ///
    /// let replaced = CloseInfo::new(4001, "signed in elsewhere", ClosedBy::Server);
    /// assert_eq!(policy(&Disconnect::closed(replaced)), ReconnectDecision::Stop);
    ///
    /// let maintenance = UpgradeResponse::new(503).with_header("X-Maintenance", "yes");
    /// let gone = Disconnect::answered(maintenance);
    /// assert_eq!(policy(&gone), ReconnectDecision::RetryAfter(Duration::from_secs(60)));
    ///
    /// let mut gone = Disconnect::failed(ConnectErrorKind::Timeout);
    /// assert_eq!(policy(&gone), ReconnectDecision::Retry);
    /// gone.attempts = 10;
    /// assert_eq!(policy(&gone), ReconnectDecision::Stop);
    /// ```
    pub fn closed(close: CloseInfo) -> Self {
        let cause = match close.by {
            ClosedBy::Server => Cause::Closed((close.code != 1005).then_some(close.code)),
            ClosedBy::Client if close.code == 1009 => Cause::TooLarge,
            _ => Cause::Lost,
        };
        Self::new(cause, Some(close), None, alone())
    }

    /// Describes an attempt that failed, for a test of your own policy. The `decision` is that of a client
    /// that was connected before.
    ///
    /// ```
    /// use wirebond_client::{ConnectErrorKind, Disconnect, ReconnectDecision};
    ///
    /// let disconnect = Disconnect::failed(ConnectErrorKind::Timeout);
    /// assert_eq!(disconnect.decision, ReconnectDecision::Retry);
    /// ```
    pub fn failed(kind: ConnectErrorKind) -> Self {
        Self::of_attempt(Error::new(kind), alone())
    }

    /// Describes an attempt that was answered with this instead of an upgrade, for a test of your own
    /// policy. The `decision` is that of a client that was connected before.
    ///
    /// ```
    /// use wirebond_client::{Disconnect, ReconnectDecision, UpgradeResponse};
    ///
    /// let disconnect = Disconnect::answered(UpgradeResponse::new(401));
    /// assert_eq!(disconnect.decision, ReconnectDecision::Stop);
    /// ```
    pub fn answered(response: UpgradeResponse) -> Self {
        Self::of_attempt(refusal(response), alone())
    }

    fn new(
        cause: Cause,
        close: Option<CloseInfo>,
        error: Option<Error>,
        context: Context<'_>,
    ) -> Self {
        let decision = rule(cause, context);
        let (status, attempts, elapsed) = (cause.status(), 0, Duration::ZERO);
        #[expect(deprecated, reason = "the old name has the same value")]
        Self { close, error, status, attempts, elapsed, decision, ruling: decision }
    }

    /// An attempt that failed.
    pub(crate) fn of_attempt(error: ConnectError, context: Context<'_>) -> Self {
        let cause = Cause::of_attempt(&error, SystemTime::now());
        Self::new(cause, None, Some(error.into()), context)
    }

    /// An opening that failed.
    pub(crate) fn of_opening(error: ConnectError, verdict: Verdict, context: Context<'_>) -> Self {
        let cause = match verdict {
            Verdict::Retry => Cause::Attempt(*error.kind()),
            Verdict::Unauthorized => Cause::Refused,
            Verdict::Stop => Cause::Stop,
        };
        Self::new(cause, None, Some(error.into()), context)
    }

    /// A connection that ended before its opening did.
    pub(crate) fn before_open(ended: &Ended, context: Context<'_>) -> Self {
        let (cause, close, error) = read(ended);
        let why = match error {
            Some(error) => error.text(),
            None => close.to_string(),
        };
        let error = Error::new(ConnectErrorKind::Opening).context(why);
        Self::new(cause, Some(close), Some(error.into()), context)
    }

    /// A connection that was given up, for a reason that its session has.
    pub(crate) fn of_session(fault: &Fault, context: Context<'_>) -> Self {
        let why = match fault {
            Fault::Required(why) => {
                let help = format!(
                    "{why}; enable sessions at the server, or set `Sessions::Prefer` to go on without"
                );
                let error = Error::new(ConnectErrorKind::Session).context(help);
                return Self::of_attempt(error, context);
            }
            Fault::Desync(why) => why.as_str(),
            Fault::Unanswered => "it did not answer the request to resume the session",
        };
        let error = Error::new(ErrorKind::Session).context(why);
        let close = CloseInfo::new(fault.close_code(), "", ClosedBy::Client);
        Self::new(Cause::Lost, Some(close), Some(error), context)
    }

    /// An open connection that ended.
    pub(crate) fn of_connection(ended: &Ended, context: Context<'_>) -> Self {
        let (cause, close, error) = read(ended);
        Self::new(cause, Some(close), error, context)
    }

    /// Returns the HTTP answer that refused the upgrade, with its headers and the beginning of its body.
    ///
    /// ```
    /// use wirebond_client::{Disconnect, UpgradeResponse};
    ///
    /// let disconnect = Disconnect::answered(UpgradeResponse::new(403).with_body("banned"));
    /// assert_eq!(disconnect.response().map(UpgradeResponse::body), Some(b"banned".as_slice()));
    /// ```
    pub fn response(&self) -> Option<&UpgradeResponse> {
        self.error.as_ref()?.response()
    }

    /// Returns a header of the HTTP answer that refused the upgrade.
    ///
    /// ```
    /// use wirebond_client::{Disconnect, UpgradeResponse};
    ///
    /// let response = UpgradeResponse::new(503).with_header("X-Maintenance", "yes");
    /// assert_eq!(Disconnect::answered(response).header("x-maintenance"), Some("yes"));
    /// ```
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response()?.header(name)
    }
}

static NO_RULES: CloseRules = CloseRules::NONE;

/// The context of a disconnect that a test makes: a client without providers that was connected before.
fn alone() -> Context<'static> {
    let restart_delay = Tuning::default().restart_delay;
    Context { can_refresh: false, proven: true, restart_delay, random: 0.5, own: &NO_RULES }
}

/// The user's decision about a [`Disconnect`].
pub(crate) type ReconnectPolicy = Arc<dyn Fn(&Disconnect) -> ReconnectDecision + Send + Sync>;

/// The end of a connection, as the rules and as the user see it.
fn read(ended: &Ended) -> (Cause, CloseInfo, Option<Error>) {
    let close = |code, by| CloseInfo { code, reason: String::new(), clean: false, by };
    let error = |kind, message: &str| Some(Error::new(kind).context(message));
    let network = close(1006, ClosedBy::Network);
    match ended {
        Ended::Closed(code, reason) => {
            let (reason, by) = (reason.clone(), ClosedBy::Server);
            let close = CloseInfo { code: code.unwrap_or(1005), reason, clean: true, by };
            match code {
                Some(code) if !legal_on_the_wire(*code) => {
                    let message = format!("its Close frame has the illegal code {code}");
                    (Cause::Lost, close, error(ErrorKind::Protocol, &message))
                }
                code => (Cause::Closed(*code), close, None),
            }
        }
        Ended::Unannounced => {
            let message = "it ended without a Close frame";
            (Cause::Lost, network, error(ErrorKind::Connection, message))
        }
        Ended::Silent => {
            let message = "nothing was received in time after a heartbeat";
            (Cause::Lost, network, error(ErrorKind::HeartbeatTimeout, message))
        }
        Ended::Broken(broken) => {
            let sent = |code| CloseInfo {
                reason: broken.reason().into_owned(),
                ..close(code, ClosedBy::Client)
            };
            let close = broken.code().map_or(network, sent);
            let (cause, error) = match broken {
                Broken::Io(io) => (Cause::Lost, error(ErrorKind::Connection, &io.to_string())),
                Broken::TooLarge(_) => {
                    (Cause::TooLarge, error(ErrorKind::TooLarge, &broken.reason()))
                }
                Broken::NotUtf8 => {
                    (Cause::Lost, error(ErrorKind::Protocol, "text that is not UTF-8"))
                }
                Broken::Protocol(message) => (Cause::Lost, error(ErrorKind::Protocol, message)),
            };
            (cause, close, error)
        }
    }
}
