//! When to send a heartbeat and when to give a connection up: pure, in instants that come from
//! outside.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// How often the clocks are compared: so soon after the machine wakes is its connection probed.
const GLANCE: Duration = Duration::from_secs(5);

/// How far the wall clock must run ahead of the monotonic one before that means a suspended machine.
const AHEAD: Duration = Duration::from_secs(2);

/// What a [`Heartbeat`] wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beat {
    /// Nothing yet.
    Rest,
    /// Send a heartbeat, then call [`Heartbeat::sent`].
    Send,
    /// The peer is gone.
    Dead,
}

/// The pulse of one connection.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    interval: Duration,
    timeout: Duration,
    next: Instant,
    /// Until when something must arrive.
    deadline: Option<Instant>,
    glance: (Instant, SystemTime),
}

impl Heartbeat {
    pub(crate) fn new(
        interval: Duration,
        timeout: Duration,
        now: Instant,
        wall: SystemTime,
    ) -> Self {
        Self { interval, timeout, next: now + interval, deadline: None, glance: (now, wall) }
    }

    /// When to call [`tick`](Self::tick) next.
    pub(crate) fn due(&self) -> Instant {
        let next = self.next.min(self.glance.0 + GLANCE);
        self.deadline.map_or(next, |deadline| deadline.min(next))
    }

    /// What the present moment asks for.
    pub(crate) fn tick(&mut self, now: Instant, wall: SystemTime) -> Beat {
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            return Beat::Dead;
        }
        // `Instant` stands still while a Linux machine sleeps; the wall clock doesn't.
        let (then, then_wall) = std::mem::replace(&mut self.glance, (now, wall));
        let slept = wall.duration_since(then_wall).unwrap_or_default().saturating_sub(now - then);
        if now >= self.next || (slept >= AHEAD && self.deadline.is_none()) {
            Beat::Send
        } else {
            Beat::Rest
        }
    }

    /// A heartbeat was handed to the socket.
    pub(crate) fn sent(&mut self, now: Instant) {
        self.next = now + self.interval;
        self.deadline.get_or_insert(now + self.timeout);
    }

    /// Something arrived, or unread bytes are waiting: the peer lives.
    pub(crate) fn life(&mut self) {
        self.deadline = None;
    }

    /// A blocked write went on, so the peer's side took bytes. It says nothing about the heartbeat
    /// that may be stuck behind them: the wait starts again.
    pub(crate) fn progress(&mut self, now: Instant) {
        if self.deadline.is_some() {
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
            Self(Heartbeat::new(seconds(30), seconds(10), now, wall), now, wall)
        }

        fn at(&mut self, mono: u64, wall: u64) -> Beat {
            self.0.tick(self.1 + seconds(mono), self.2 + seconds(wall))
        }

        fn sent(&mut self, mono: u64) {
            self.0.sent(self.1 + seconds(mono));
        }
    }

    #[test]
    fn beats_every_interval_whatever_arrives() {
        let mut bench = Bench::new();
        assert_eq!(bench.at(29, 29), Beat::Rest);
        bench.0.life();
        assert_eq!(bench.at(30, 30), Beat::Send);
        bench.sent(30);
        bench.0.life();
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
        bench.0.life();
        assert_eq!(bench.at(40, 40), Beat::Rest);
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
        bench.0.progress(bench.1 + seconds(5));
        assert_eq!(bench.0.deadline, None);
        bench.sent(30);
        bench.0.progress(bench.1 + seconds(38));
        assert_eq!(bench.at(47, 47), Beat::Rest);
        assert_eq!(bench.at(48, 48), Beat::Dead);
    }

    #[test]
    fn case_42_a_machine_that_slept_is_probed_at_once() {
        let mut bench = Bench::new();
        assert_eq!(bench.at(5, 5), Beat::Rest);
        assert_eq!(bench.at(10, 3_610), Beat::Send);
        bench.sent(10);
        bench.0.life();
        assert_eq!(bench.at(15, 3_615), Beat::Rest, "one probe, no more");
    }

    #[test]
    fn case_43_a_clock_set_back_or_forward_costs_one_probe_at_most() {
        let mut bench = Bench::new();
        assert_eq!(bench.at(5, 3_605), Beat::Send);
        bench.sent(5);
        bench.0.life();
        assert_eq!(bench.at(10, 10), Beat::Rest, "back");
        assert_eq!(bench.at(15, 15), Beat::Rest);
    }

    #[test]
    fn looks_at_the_clocks_every_few_seconds() {
        let bench = Bench::new();
        assert_eq!(bench.0.due(), bench.1 + seconds(5));
    }
}
