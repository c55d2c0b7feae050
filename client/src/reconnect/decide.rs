//! The decision after a disconnect: a pure function of what is known when it happens.

use std::time::Duration;

use crate::{
    reconnect::backoff::delay,
    settings::{Backoff, CENTURY, ReconnectDecision},
};

/// What the next step depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// By the close rules or the user's policy.
    pub(crate) decision: ReconnectDecision,
    /// Whether a failure ends this `connect()`: no connection was open yet, and the setting
    /// `retry_first_connect` is off.
    pub(crate) is_first: bool,
    /// How many attempts have failed since the disconnect, and how many are allowed.
    pub(crate) attempts: u32,
    pub(crate) max_attempts: Option<u32>,
    /// How the delay grows.
    pub(crate) interval: Duration,
    pub(crate) backoff: Backoff,
    /// In `[0, 1)`.
    pub(crate) random: f64,
    /// How much of the delay has passed already.
    pub(crate) elapsed: Duration,
}

/// What the driver does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Waits, then tries again.
    Attempt {
        /// Counted from 1.
        number: u32,
        delay: Duration,
        /// Whether the providers learn that the last credentials were refused.
        refused: bool,
    },
    /// Goes back to the state before `connect()`.
    Return,
    /// Stops: no attempt would change the answer.
    Stop,
    /// Stops: the attempts are used up.
    Exhausted,
}

pub(crate) fn decide(facts: &Facts) -> Next {
    let retry_after = match facts.decision {
        ReconnectDecision::Stop => return Next::Stop,
        ReconnectDecision::Retry | ReconnectDecision::RetryAfter(_) if facts.is_first => {
            return Next::Return;
        }
        _ if facts.max_attempts.is_some_and(|max| facts.attempts >= max) => {
            return Next::Exhausted;
        }
        ReconnectDecision::Retry | ReconnectDecision::Refresh => Duration::ZERO,
        // A policy's may be longer than an instant can hold.
        ReconnectDecision::RetryAfter(delay) => delay.min(CENTURY),
    };
    let number = facts.attempts + 1;
    let backoff = delay(facts.backoff, facts.interval, number, facts.random);
    Next::Attempt {
        number,
        delay: backoff.max(retry_after).saturating_sub(facts.elapsed),
        refused: facts.decision == ReconnectDecision::Refresh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ReconnectDecision::{Refresh, Retry, RetryAfter, Stop};

    const SECOND: Duration = Duration::from_secs(1);

    /// A client with the default settings whose connection is lost.
    const LOST: Facts = Facts {
        decision: Retry,
        is_first: false,
        attempts: 0,
        max_attempts: Some(5),
        interval: Duration::from_secs(5),
        backoff: Backoff::Fixed,
        random: 0.5,
        elapsed: Duration::ZERO,
    };

    fn attempt(number: u32, delay: Duration) -> Next {
        Next::Attempt { number, delay, refused: false }
    }

    #[test]
    fn every_row() {
        let first = Facts { is_first: true, ..LOST };
        let last = Facts { attempts: 5, ..LOST };
        let refreshed = Next::Attempt { number: 1, delay: 5 * SECOND, refused: true };
        for (facts, next) in [
            (LOST, attempt(1, 5 * SECOND)),
            (Facts { attempts: 4, ..LOST }, attempt(5, 5 * SECOND)),
            (last, Next::Exhausted),
            (Facts { attempts: 6, ..LOST }, Next::Exhausted),
            (Facts { max_attempts: Some(0), ..LOST }, Next::Exhausted),
            (Facts { max_attempts: None, attempts: 1_000, ..LOST }, attempt(1_001, 5 * SECOND)),
            (Facts { decision: Stop, ..LOST }, Next::Stop),
            (Facts { decision: Stop, ..first }, Next::Stop),
            (Facts { decision: Stop, ..last }, Next::Stop),
            (Facts { decision: Refresh, ..LOST }, refreshed),
            (Facts { decision: Refresh, ..last }, Next::Exhausted),
            (first, Next::Return),
            (Facts { decision: RetryAfter(SECOND), ..first }, Next::Return),
            // A first `connect()` may ask for other credentials once.
            (Facts { decision: Refresh, ..first }, refreshed),
            (Facts { decision: Refresh, max_attempts: Some(0), ..first }, Next::Exhausted),
        ] {
            assert_eq!(decide(&facts), next, "{facts:?}");
        }
    }

    #[test]
    fn a_delay_is_at_least_the_backoffs_and_counts_from_the_failure() {
        let backoff = Backoff::Exponential { max: 60 * SECOND };
        for (facts, delay) in [
            (Facts { decision: RetryAfter(SECOND), ..LOST }, 5 * SECOND),
            (Facts { decision: RetryAfter(7 * SECOND), ..LOST }, 7 * SECOND),
            (Facts { decision: RetryAfter(Duration::MAX), ..LOST }, CENTURY),
            (Facts { decision: RetryAfter(7 * SECOND), elapsed: SECOND, ..LOST }, 6 * SECOND),
            (Facts { elapsed: SECOND, ..LOST }, 4 * SECOND),
            (Facts { elapsed: Duration::MAX, ..LOST }, Duration::ZERO),
            (Facts { random: 0.0, ..LOST }, 4 * SECOND),
            (Facts { backoff, attempts: 2, random: 1.0, ..LOST }, 20 * SECOND),
        ] {
            assert_eq!(decide(&facts), attempt(facts.attempts + 1, delay), "{facts:?}");
        }
    }
}
