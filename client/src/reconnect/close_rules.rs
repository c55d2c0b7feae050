//! What to do after a connection ended or an attempt failed: a pure table over close codes, HTTP
//! statuses and faults.

use std::time::{Duration, SystemTime};

use crate::{
    error::{ConnectError, ConnectErrorKind},
    settings::{CloseRules, ReconnectDecision},
};

/// The longest `Retry-After` that is respected.
const RETRY_AFTER_CAP: Duration = Duration::from_secs(5 * 60);
/// The code of a Close frame without one (RFC 6455, section 7.1.5).
const NO_CODE: u16 = 1005;

/// Why there is no connection, reduced to what the rules need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The server's Close frame, with its code if it had one.
    Closed(Option<u16>),
    /// Reset, ended without Close, silent, or broken in a way that may not happen again.
    Lost,
    /// The server sent more than `max_message_size`: it would do so again.
    TooLarge,
    /// An attempt failed.
    Attempt(ConnectErrorKind),
    /// An opening found that the credentials were rejected.
    Refused,
    /// An opening found that no other attempt is to be made.
    Stop,
    /// An attempt was answered with another status, and perhaps with a `Retry-After`.
    Status(u16, Option<Duration>),
}

impl Cause {
    /// Why an attempt failed.
    pub(crate) fn of_attempt(error: &ConnectError, now: SystemTime) -> Self {
        match (error.response(), error.kind()) {
            (Some(response), ConnectErrorKind::Unauthorized | ConnectErrorKind::Http { .. }) => {
                let delay =
                    response.header("retry-after").and_then(|value| retry_after(value, now));
                Self::Status(response.status(), delay)
            }
            (None, ConnectErrorKind::Http { status }) => Self::Status(*status, None),
            (_, kind) => Self::Attempt(*kind),
        }
    }

    /// The HTTP status, if an attempt was answered with another than 101.
    pub(crate) fn status(self) -> Option<u16> {
        match self {
            Self::Status(status, _) => Some(status),
            _ => None,
        }
    }
}

/// What else the rules need to know of the client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// Whether a provider could give other credentials, and its last ones weren't rejected as well.
    pub(crate) can_refresh: bool,
    /// Whether a connection has been open under this configuration: then the server is known to be
    /// there and to accept it, and another answer may come from an intermediary.
    pub(crate) proven: bool,
    /// The bounds of the delay after a server's restart.
    pub(crate) restart_delay: (Duration, Duration),
    /// In `[0, 1)`.
    pub(crate) random: f64,
    /// The user's, which come before the table.
    pub(crate) own: &'a CloseRules,
}

/// The user's rules, then the table.
pub(crate) fn rule(cause: Cause, context: Context<'_>) -> ReconnectDecision {
    let refused =
        if context.can_refresh { ReconnectDecision::Refresh } else { ReconnectDecision::Stop };
    if let Cause::Closed(code) = cause
        && let Some(decision) = context.own.decision(code.unwrap_or(NO_CODE))
    {
        return if decision == ReconnectDecision::Refresh { refused } else { decision };
    }
    // A captive portal, a maintenance page, a load balancer: these are temporary.
    let strange = if context.proven { ReconnectDecision::Retry } else { ReconnectDecision::Stop };
    match cause {
        Cause::Lost | Cause::Closed(None) => ReconnectDecision::Retry,
        Cause::TooLarge | Cause::Stop => ReconnectDecision::Stop,
        Cause::Refused => refused,
        Cause::Closed(Some(code)) => match code {
            // Service restart, try again later: reconnect after a random delay.
            1012 | 1013 => {
                let (shortest, longest) = context.restart_delay;
                let spread = longest.saturating_sub(shortest).mul_f64(context.random);
                ReconnectDecision::RetryAfter(shortest + spread)
            }
            1008 | 3000 | 3003 | 4401 | 4403 => refused,
            1002 | 1003 | 1007 | 1009 | 1010 | 3500..=3999 | 4400 | 4404 | 4500..=4999 => {
                ReconnectDecision::Stop
            }
            _ => ReconnectDecision::Retry,
        },
        Cause::Status(status, retry_after) => match status {
            401 | 403 => refused,
            // A deploy in progress answers 404, and attempts are bounded.
            404 | 408 | 429 | 500..=599 => match retry_after {
                Some(delay) if matches!(status, 429 | 503) => {
                    ReconnectDecision::RetryAfter(delay.min(RETRY_AFTER_CAP))
                }
                _ => ReconnectDecision::Retry,
            },
            _ => strange,
        },
        Cause::Attempt(kind) => match kind {
            ConnectErrorKind::Provider
            | ConnectErrorKind::Io
            | ConnectErrorKind::Timeout
            | ConnectErrorKind::Tls
            | ConnectErrorKind::Opening
            | ConnectErrorKind::Lost => ReconnectDecision::Retry,
            ConnectErrorKind::Certificate
            | ConnectErrorKind::Http { .. }
            | ConnectErrorKind::Handshake
            | ConnectErrorKind::Subprotocol => strange,
            ConnectErrorKind::Unauthorized
            | ConnectErrorKind::Session
            | ConnectErrorKind::Disconnected
            | ConnectErrorKind::Runtime
            | ConnectErrorKind::WouldDeadlock => ReconnectDecision::Stop,
        },
    }
}

/// Whether a close code may stand in a Close frame (RFC 6455, section 7.4).
pub(crate) fn legal_on_the_wire(code: u16) -> bool {
    matches!(code, 1000..=4999) && !matches!(code, 1005 | 1006 | 1015)
}

/// Reads `Retry-After` as seconds or as an HTTP-date (RFC 9110, section 10.2.3).
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().map_or(RETRY_AFTER_CAP, Duration::from_secs));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESTART: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(30));

    fn decided(cause: Cause, can_refresh: bool) -> ReconnectDecision {
        rule(cause, context(can_refresh, false, 0.5))
    }

    fn context(can_refresh: bool, proven: bool, random: f64) -> Context<'static> {
        Context { can_refresh, proven, restart_delay: RESTART, random, own: &NONE }
    }

    static NONE: CloseRules = CloseRules::NONE;

    #[test]
    fn own_rules_come_before_the_table_and_the_last_before_the_first() {
        use ReconnectDecision::{Refresh, Retry, RetryAfter, Stop};
        let second = Duration::from_secs(1);
        let own = CloseRules::default()
            .stop(4004..=4014)
            .refresh(4009)
            .retry(1008)
            .retry_after(1012, second)
            .retry_after(4013..=4100, second)
            .stop(1005);
        let decided = |code, can_refresh| {
            rule(Cause::Closed(code), Context { own: &own, ..context(can_refresh, false, 0.5) })
        };
        for (code, with, without) in [
            (Some(4003), Retry, Retry),
            (Some(4004), Stop, Stop),
            (Some(4009), Refresh, Stop),
            (Some(4012), Stop, Stop),
            (Some(4013), RetryAfter(second), RetryAfter(second)),
            (Some(4100), RetryAfter(second), RetryAfter(second)),
            (Some(1008), Retry, Retry),
            (Some(1012), RetryAfter(second), RetryAfter(second)),
            (Some(3000), Refresh, Stop),
            (None, Stop, Stop),
        ] {
            assert_eq!(decided(code, true), with, "{code:?}, with a provider");
            assert_eq!(decided(code, false), without, "{code:?}");
        }
        let own = CloseRules::default().stop(1000..=4999);
        let context = Context { own: &own, ..context(false, false, 0.5) };
        assert_eq!(rule(Cause::Lost, context), Retry, "no Close frame, no code");
    }

    #[test]
    fn close_codes_20_to_23() {
        use ReconnectDecision::{Refresh, Retry, Stop};
        let codes = |codes: &[u16], with: ReconnectDecision, without: ReconnectDecision| {
            for &code in codes {
                assert_eq!(
                    decided(Cause::Closed(Some(code)), true),
                    with,
                    "{code}, with a provider"
                );
                assert_eq!(decided(Cause::Closed(Some(code)), false), without, "{code}");
            }
        };
        assert_eq!(decided(Cause::Lost, true), Retry, "case 20: no Close at all");
        assert_eq!(decided(Cause::Closed(None), true), Retry, "case 20: an empty Close");
        let retried = [
            1000, 1001, 1004, 1011, 1014, 1016, 2999, 3001, 3002, 3004, 3499, 4000, 4399, 4402,
            4405, 4499,
        ];
        codes(&retried, Retry, Retry);
        let later = ReconnectDecision::RetryAfter(Duration::from_millis(17_500));
        codes(&[1012, 1013], later, later);
        codes(&[1002, 1003, 1007, 1009, 1010, 3500, 3999, 4400, 4404, 4500, 4999], Stop, Stop);
        codes(&[1008, 3000, 3003, 4401, 4403], Refresh, Stop);
        assert_eq!(decided(Cause::TooLarge, true), Stop, "case 28");
    }

    #[test]
    fn case_21_the_delay_lies_within_its_bounds() {
        for code in [1012, 1013] {
            let at = |random| rule(Cause::Closed(Some(code)), context(true, false, random));
            assert_eq!(at(0.0), ReconnectDecision::RetryAfter(RESTART.0));
            let ReconnectDecision::RetryAfter(longest) = at(0.999_999) else { panic!("a delay") };
            assert!(longest < RESTART.1 && longest > RESTART.1.mul_f64(0.99), "{longest:?}");
        }
    }

    #[test]
    fn statuses_7_to_11() {
        let status = |status, can_refresh| decided(Cause::Status(status, None), can_refresh);
        for refused in [401, 403] {
            assert_eq!(status(refused, true), ReconnectDecision::Refresh, "case 7: {refused}");
            assert_eq!(status(refused, false), ReconnectDecision::Stop, "case 7: {refused}");
        }
        for stop in [100, 200, 204, 301, 302, 307, 308, 400, 405, 407, 410, 426, 451, 600] {
            assert_eq!(status(stop, true), ReconnectDecision::Stop, "cases 8, 11: {stop}");
        }
        for retry in [404, 408, 429, 500, 502, 503, 504, 599] {
            assert_eq!(status(retry, true), ReconnectDecision::Retry, "cases 8 to 10: {retry}");
        }
        for busy in [429, 503] {
            let after =
                |seconds| decided(Cause::Status(busy, Some(Duration::from_secs(seconds))), false);
            assert_eq!(after(7), ReconnectDecision::RetryAfter(Duration::from_secs(7)), "case 9");
            assert_eq!(
                after(86_400),
                ReconnectDecision::RetryAfter(RETRY_AFTER_CAP),
                "case 9: capped"
            );
        }
    }

    #[test]
    fn case_64_what_was_open_once_is_not_given_up_for_a_strange_answer() {
        use ConnectErrorKind::{Certificate, Handshake, Runtime, Subprotocol, Unauthorized};
        let after = |cause, proven| rule(cause, context(false, proven, 0.5));
        let strange = [Certificate, Handshake, Subprotocol].map(Cause::Attempt);
        let statuses = (100..=999).filter(|status| ![401, 403].contains(status));
        for cause in statuses.map(|status| Cause::Status(status, None)).chain(strange) {
            assert_eq!(after(cause, true), ReconnectDecision::Retry, "{cause:?}");
        }
        for cause in strange {
            assert_eq!(after(cause, false), ReconnectDecision::Stop, "{cause:?}");
        }
        let refused = [401, 403].map(|status| Cause::Status(status, None));
        for cause in [Unauthorized, Runtime].map(Cause::Attempt).into_iter().chain(refused) {
            assert_eq!(after(cause, true), ReconnectDecision::Stop, "{cause:?}");
        }
    }

    #[test]
    fn codes_that_may_not_be_sent() {
        for code in 0..=u16::MAX {
            let illegal = code < 1000 || [1005, 1006, 1015].contains(&code) || code >= 5000;
            assert_eq!(legal_on_the_wire(code), !illegal, "case 25: {code}");
        }
    }

    #[test]
    fn retry_after_in_both_forms() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        let read = |value| retry_after(value, now);
        assert_eq!(read("120"), Some(Duration::from_secs(120)));
        assert_eq!(read(" 0 "), Some(Duration::ZERO));
        assert_eq!(read("99999999999999999999999"), Some(RETRY_AFTER_CAP));
        assert_eq!(read("Sun, 06 Nov 1994 08:50:07 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO), "in the past");
        for nonsense in ["", "soon", "-1", "1.5", "Sun, 99 Nov"] {
            assert_eq!(read(nonsense), None, "{nonsense:?}");
        }
    }
}
