//! The numbered Pings of one connection: when to send one, what a Pong proves. Pure.
//!
//! Frames are ordered and a Ping must be answered (RFC 6455, sections 5.5.2 and 5.5.3), so the Pong
//! to Ping *n* proves that the peer's WebSocket layer has read all that was written before it.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// How many unanswered Pings are remembered. A peer that answers none makes the oldest meaningless.
const REMEMBERED: usize = 64;

/// The numbered Pings of one connection.
#[derive(Debug)]
pub struct PingTracker {
    /// `None`: confirmation is off, and only heartbeats ping.
    interval: Option<Duration>,
    patience: Duration,
    last: u64,
    sent: VecDeque<(u64, Instant)>,
    last_sent: Option<Instant>,
    /// Whether this peer has ever answered.
    answers: bool,
    /// When reading began again after a stall: what was left unread meanwhile is no silence.
    resumed: Option<Instant>,
    /// Whether [`is_unanswered`](Self::is_unanswered) has returned true: it does once.
    reported: bool,
}

impl PingTracker {
    /// `interval` is the time between two Pings that confirm messages; without one only heartbeats ping.
    /// A peer that talks for `patience` after a Ping, and has never answered one, answers none.
    #[must_use]
    pub fn new(interval: Option<Duration>, patience: Duration) -> Self {
        let (sent, last_sent) = (VecDeque::new(), None);
        Self {
            interval,
            patience,
            last: 0,
            sent,
            last_sent,
            answers: false,
            resumed: None,
            reported: false,
        }
    }

    /// When the next question about written messages may be asked.
    pub(super) fn may_ask(&self, now: Instant) -> Option<Instant> {
        let interval = self.interval?;
        Some(self.last_sent.map_or(now, |last| last + interval))
    }

    /// A Ping is being sent: its number.
    pub(super) fn send(&mut self, now: Instant) -> u64 {
        self.last += 1;
        if self.sent.len() == REMEMBERED {
            self.sent.pop_front();
        }
        self.sent.push_back((self.last, now));
        self.last_sent = Some(now);
        self.last
    }

    /// A Pong arrived. Returns the number that it answers and how long that took; nothing for one
    /// that answers no Ping of ours, or an old one.
    pub(super) fn pong(&mut self, payload: &[u8], now: Instant) -> Option<(u64, Duration)> {
        let mark = std::str::from_utf8(payload).ok()?.parse().ok()?;
        let place = self.sent.iter().position(|&(number, _)| number == mark)?;
        let (_, sent) = self.sent.drain(..=place).next_back()?;
        self.answers = true;
        Some((mark, now - sent))
    }

    /// Something else than a Pong arrived. True, once for a connection, if that shows that the peer
    /// leaves Pings unanswered: it talks so long after one, and has never answered any.
    pub(super) fn is_unanswered(&mut self, now: Instant) -> bool {
        if self.answers || self.reported {
            return false;
        }
        let Some((_, sent)) = self.sent.front() else { return false };
        let since = self.resumed.map_or(*sent, |resumed| resumed.max(*sent));
        self.reported = now >= since + self.patience;
        self.reported
    }

    /// What the peer sends is read again, after a while in which it wasn't.
    pub(super) fn resume(&mut self, now: Instant) {
        self.resumed = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracker() -> (PingTracker, Instant) {
        (PingTracker::new(Some(Duration::from_secs(1)), Duration::from_secs(10)), Instant::now())
    }

    #[test]
    fn case_38_only_a_number_that_is_waited_for_counts() {
        let (mut tracker, now) = tracker();
        assert_eq!([tracker.send(now), tracker.send(now), tracker.send(now)], [1, 2, 3]);
        for nonsense in [&b""[..], b"4", b"0", b"-1", b"1x", b"\xff", b"18446744073709551616"] {
            assert_eq!(tracker.pong(nonsense, now), None, "{nonsense:?}");
        }
        let later = now + Duration::from_millis(40);
        assert_eq!(tracker.pong(b"2", later), Some((2, Duration::from_millis(40))));
        assert_eq!(tracker.pong(b"1", later), None, "an old one");
        assert_eq!(tracker.pong(b"2", later), None, "twice");
        assert!(tracker.pong(b"3", later).is_some());
    }

    #[test]
    fn asks_at_most_once_an_interval() {
        let (mut tracker, now) = tracker();
        assert_eq!(tracker.may_ask(now), Some(now));
        tracker.send(now);
        assert_eq!(tracker.may_ask(now), Some(now + Duration::from_secs(1)));
        assert_eq!(PingTracker::new(None, Duration::MAX).may_ask(now), None);
    }

    #[test]
    fn a_peer_that_talks_but_never_answers_is_found_out_once() {
        let (mut tracker, now) = tracker();
        assert!(!tracker.is_unanswered(now), "nothing was asked");
        tracker.send(now);
        assert!(!tracker.is_unanswered(now + Duration::from_secs(9)));
        // Silence alone is no proof: the heartbeat decides then.
        let late = now + Duration::from_secs(60);
        assert!(tracker.is_unanswered(late));
        assert!(!tracker.is_unanswered(late), "once");
        assert!(tracker.pong(b"1", late).is_some(), "a late answer still counts");
    }

    #[test]
    fn a_peer_that_has_answered_is_never_found_silent() {
        let (mut tracker, now) = tracker();
        tracker.send(now);
        assert!(tracker.pong(b"1", now).is_some());
        tracker.send(now);
        assert!(!tracker.is_unanswered(now + Duration::from_secs(60)));
    }

    #[test]
    fn what_is_left_unread_is_no_silence() {
        let (mut tracker, now) = tracker();
        tracker.send(now);
        let resumed = now + Duration::from_secs(30);
        tracker.resume(resumed);
        assert!(!tracker.is_unanswered(resumed));
        assert!(tracker.is_unanswered(resumed + Duration::from_secs(10)));
    }

    #[test]
    fn remembers_a_bounded_number() {
        let (mut tracker, now) = tracker();
        for _ in 0..10_000 {
            tracker.send(now);
        }
        assert_eq!(tracker.sent.len(), REMEMBERED);
        assert_eq!(tracker.pong(b"1", now), None);
        assert!(tracker.pong(b"10000", now).is_some());
    }
}
