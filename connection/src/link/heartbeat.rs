//! When to send a heartbeat and when to consider the peer gone. Pure: instants come from outside.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// How often the clocks are compared, and so how soon after a machine wakes its connection is probed.
const CLOCK_CHECK: Duration = Duration::from_secs(5);
/// How far the wall clock must run ahead of the monotonic one before that means a suspended machine.
const SUSPENDED: Duration = Duration::from_secs(2);
/// How often a Ping shows the peer that this side is alive while nothing is read from it.
const REASSURE: Duration = Duration::from_secs(5);

/// What a [`Heartbeat`] requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing yet.
    Rest,
    /// Send a heartbeat, then call [`Heartbeat::sent`].
    Send,
    /// Send a heartbeat that need not be answered: nothing would read the answer.
    Reassure,
    /// The peer is gone.
    Dead,
}

/// When a heartbeat is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Every interval, whatever arrives, and soon after a suspended machine wakes. A blocked write that
    /// makes progress gives the peer more time.
    Steady,
    /// After an interval in which nothing arrived; and, while nothing is read from the peer, every few
    /// seconds.
    WhenIdle,
}

/// The heartbeat of one connection.
#[derive(Debug)]
pub struct Heartbeat {
    /// Whether it is sent as a Ping frame, and before that as a message.
    pub(super) has_ping: bool,
    pub(super) has_message: bool,
    pace: Pace,
    interval: Duration,
    timeout: Duration,
    next: Instant,
    /// Until when something must arrive.
    deadline: Option<Instant>,
    /// When the clocks were last compared, by each of them.
    checked: (Instant, SystemTime),
    /// When a heartbeat last showed the peer that this side is alive.
    reassured: Instant,
}

impl Heartbeat {
    /// A Ping is the heartbeat. `interval` is the time between heartbeats, `timeout` the time in which
    /// something has to arrive after one.
    #[must_use]
    pub fn new(pace: Pace, interval: Duration, timeout: Duration) -> Self {
        Self::new_at(pace, interval, timeout, Instant::now(), SystemTime::now())
    }

    fn new_at(
        pace: Pace,
        interval: Duration,
        timeout: Duration,
        now: Instant,
        wall: SystemTime,
    ) -> Self {
        Self {
            has_ping: true,
            has_message: false,
            pace,
            interval,
            timeout,
            next: now + interval,
            deadline: None,
            checked: (now, wall),
            reassured: now,
        }
    }

    /// Sends a message, too, for peers that can't see Pings.
    #[must_use]
    pub fn with_message(self) -> Self {
        Self { has_message: true, ..self }
    }

    /// Sends no Ping.
    #[must_use]
    pub fn without_ping(self) -> Self {
        Self { has_ping: false, ..self }
    }

    /// Sets the interval and the timeout, if they are others than before. The next heartbeat is one interval from
    /// `now`; one that waits for its answer has the new timeout for it.
    pub(super) fn set_interval(&mut self, interval: Duration, timeout: Duration, now: Instant) {
        if (self.interval, self.timeout) == (interval, timeout) {
            return;
        }
        (self.interval, self.timeout, self.next) = (interval, timeout, now + interval);
        self.deadline = self.deadline.map(|_| now + timeout);
    }

    /// When to call [`tick`](Self::tick) next.
    pub(super) fn due(&self, held_back: bool) -> Instant {
        match self.pace {
            Pace::Steady => {
                let next = self.next.min(self.checked.0 + CLOCK_CHECK);
                self.deadline.map_or(next, |deadline| deadline.min(next))
            }
            Pace::WhenIdle => {
                let next = self.deadline.unwrap_or(self.next);
                if held_back { next.min(self.reassured + REASSURE) } else { next }
            }
        }
    }

    /// What has to be done now. `held_back`: nothing is read at present.
    pub(super) fn tick(&mut self, now: Instant, wall: SystemTime, held_back: bool) -> Beat {
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            return Beat::Dead;
        }
        let was_suspended = self.pace == Pace::Steady && self.was_suspended(now, wall);
        match self.pace {
            Pace::Steady if was_suspended || now >= self.next => Beat::Send,
            Pace::WhenIdle if self.deadline.is_none() && now >= self.next => Beat::Send,
            Pace::WhenIdle if held_back && now >= self.reassured + REASSURE => {
                self.reassured = now;
                Beat::Reassure
            }
            Pace::Steady | Pace::WhenIdle => Beat::Rest,
        }
    }

    /// Whether the machine was suspended since the last call, and no heartbeat has been sent yet.
    fn was_suspended(&mut self, now: Instant, wall: SystemTime) -> bool {
        // `Instant` stands still while a Linux machine sleeps; the wall clock doesn't.
        let (then, then_wall) = std::mem::replace(&mut self.checked, (now, wall));
        let slept = wall.duration_since(then_wall).unwrap_or_default().saturating_sub(now - then);
        slept >= SUSPENDED && self.deadline.is_none()
    }

    /// Records that a heartbeat was sent.
    pub(super) fn sent(&mut self, now: Instant) {
        (self.next, self.reassured) = (now + self.interval, now);
        self.deadline.get_or_insert(now + self.timeout);
    }

    /// Records that something arrived, or that unread bytes wait: the peer is alive.
    pub(super) fn record_activity(&mut self, now: Instant) {
        self.deadline = None;
        if self.pace == Pace::WhenIdle {
            self.next = now + self.interval;
        }
    }

    /// Records that a blocked write made progress, so the peer took bytes. That proves nothing about the
    /// heartbeat that may be stuck behind them: the wait starts again.
    pub(super) fn record_progress(&mut self, now: Instant) {
        if self.pace == Pace::Steady && self.deadline.is_some() {
            self.deadline = Some(now + self.timeout);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// A heartbeat every 30 s with 10 s to answer, and a way to tick it at given seconds.
    struct Bench(Heartbeat, Instant, SystemTime);

    impl Bench {
        fn new() -> Self {
            let (now, wall) = (Instant::now(), SystemTime::UNIX_EPOCH + seconds(1_000_000));
            Self(Self::heartbeat(Pace::Steady, now, wall), now, wall)
        }

        fn heartbeat(pace: Pace, now: Instant, wall: SystemTime) -> Heartbeat {
            Heartbeat::new_at(pace, seconds(30), seconds(10), now, wall)
        }

        fn when_idle() -> Self {
            let (now, wall) = (Instant::now(), SystemTime::UNIX_EPOCH);
            Self(Self::heartbeat(Pace::WhenIdle, now, wall), now, wall)
        }

        fn at(&mut self, mono: u64, wall: u64) -> Beat {
            self.0.tick(self.1 + seconds(mono), self.2 + seconds(wall), false)
        }

        fn held_back_at(&mut self, mono: u64) -> Beat {
            self.0.tick(self.1 + seconds(mono), self.2, true)
        }

        fn activity(&mut self, mono: u64) {
            self.0.record_activity(self.1 + seconds(mono));
        }

        fn sent(&mut self, mono: u64) {
            self.0.sent(self.1 + seconds(mono));
        }
    }

    #[test]
    fn beats_every_interval_whatever_arrives() {
        let mut bench = Bench::new();
        assert_eq!(bench.at(29, 29), Beat::Rest);
        bench.activity(29);
        assert_eq!(bench.at(30, 30), Beat::Send);
        bench.sent(30);
        bench.activity(31);
        assert_eq!(bench.at(59, 59), Beat::Rest);
        assert_eq!(bench.at(60, 60), Beat::Send);
    }

    #[test]
    fn silence_after_a_beat_is_death_and_an_answer_in_time_is_not() {
        let mut bench = Bench::new();
        bench.sent(30);
        assert_eq!(bench.at(39, 39), Beat::Rest);
        assert_eq!(bench.at(40, 40), Beat::Dead);

        let mut bench = Bench::new();
        bench.sent(30);
        bench.activity(40);
        assert_eq!(bench.at(40, 40), Beat::Rest);
    }

    #[test]
    fn a_new_interval_begins_at_once() {
        let mut bench = Bench::new();
        bench.0.set_interval(seconds(7), seconds(3), bench.1 + seconds(2));
        assert_eq!(bench.at(8, 8), Beat::Rest);
        assert_eq!(bench.at(9, 9), Beat::Send);
        bench.sent(9);
        assert_eq!(bench.at(11, 11), Beat::Rest);
        assert_eq!(bench.at(12, 12), Beat::Dead);

        let mut bench = Bench::new();
        bench.sent(30);
        bench.0.set_interval(seconds(60), seconds(20), bench.1 + seconds(31));
        assert_eq!(bench.at(50, 50), Beat::Rest, "the answer has the new timeout");
        assert_eq!(bench.at(51, 51), Beat::Dead);
    }

    #[test]
    fn a_second_beat_does_not_move_the_first_deadline() {
        let mut bench = Bench::new();
        bench.sent(30);
        bench.sent(35);
        assert_eq!(bench.at(40, 40), Beat::Dead);
    }

    #[test]
    fn progress_restarts_a_running_wait_only() {
        let mut bench = Bench::new();
        bench.0.record_progress(bench.1 + seconds(5));
        assert_eq!(bench.0.deadline, None);
        bench.sent(30);
        bench.0.record_progress(bench.1 + seconds(38));
        assert_eq!(bench.at(47, 47), Beat::Rest);
        assert_eq!(bench.at(48, 48), Beat::Dead);
    }

    #[test]
    fn case_42_a_machine_that_slept_is_probed_at_once() {
        let mut bench = Bench::new();
        assert_eq!(bench.at(5, 5), Beat::Rest);
        assert_eq!(bench.at(10, 3_610), Beat::Send);
        bench.sent(10);
        bench.activity(40);
        assert_eq!(bench.at(15, 3_615), Beat::Rest, "one probe, no more");
    }

    #[test]
    fn case_43_a_clock_set_back_or_forward_costs_one_probe_at_most() {
        let mut bench = Bench::new();
        assert_eq!(bench.at(5, 3_605), Beat::Send);
        bench.sent(5);
        bench.activity(40);
        assert_eq!(bench.at(10, 10), Beat::Rest, "back");
        assert_eq!(bench.at(15, 15), Beat::Rest);
    }

    #[test]
    fn looks_at_the_clocks_every_few_seconds() {
        let bench = Bench::new();
        assert_eq!(bench.0.due(false), bench.1 + seconds(5));
    }

    #[test]
    fn when_idle_it_beats_after_an_interval_without_activity_and_once() {
        let mut bench = Bench::when_idle();
        bench.activity(20);
        assert_eq!([bench.at(30, 30), bench.at(49, 49)], [Beat::Rest; 2]);
        assert_eq!(bench.at(50, 3_650), Beat::Send, "whatever the wall clock says");
        bench.sent(50);
        assert_eq!(bench.0.due(false), bench.1 + seconds(60));
        assert_eq!([bench.at(59, 59), bench.at(60, 60)], [Beat::Rest, Beat::Dead]);
        bench.activity(60);
        assert_eq!(bench.0.due(false), bench.1 + seconds(90));
        assert_eq!([bench.at(60, 60), bench.at(90, 90)], [Beat::Rest, Beat::Send]);
    }

    #[test]
    fn when_idle_progress_gives_no_more_time() {
        let mut bench = Bench::when_idle();
        bench.sent(30);
        bench.0.record_progress(bench.1 + seconds(39));
        assert_eq!(bench.at(40, 40), Beat::Dead);
    }

    #[test]
    fn a_peer_that_is_not_read_is_reassured_every_few_seconds() {
        let mut bench = Bench::when_idle();
        assert_eq!(bench.0.due(true), bench.1 + seconds(5));
        assert_eq!([bench.held_back_at(4), bench.held_back_at(5)], [Beat::Rest, Beat::Reassure]);
        assert_eq!([bench.held_back_at(9), bench.held_back_at(10)], [Beat::Rest, Beat::Reassure]);
        assert_eq!(bench.held_back_at(30), Beat::Send, "nothing has arrived for an interval");
    }
}
