//! The messages that a peer didn't get, by name.

use std::collections::BTreeMap;

use bytes::Bytes;
use wirebond_core::wire::{RawMessage, form::Layout};

/// Messages that a peer didn't get, or may not have got, by name.
#[derive(Debug, Default)]
pub(crate) struct Undelivered {
    /// The peer didn't get them.
    pub(crate) lost: BTreeMap<String, u64>,
    /// Written and not acknowledged: the peer may have got them.
    pub(crate) unconfirmed: BTreeMap<String, u64>,
    /// Not sent, because the peer can't read it.
    pub(crate) skipped: BTreeMap<String, u64>,
    /// How many of the lost ones waited at the end. The others became gaps before.
    pub(super) waiting: u64,
}

impl Undelivered {
    /// A message that became a gap, and that the peer didn't get.
    pub(super) fn add_gap(&mut self, frame: &Bytes) {
        *self.lost.entry(name_of(frame, Layout::DEFAULT)).or_default() += 1;
    }

    /// A message that is left at the end.
    pub(super) fn add_left(&mut self, frame: &Bytes, was_written: bool, form: Layout<'_>) {
        self.waiting += u64::from(!was_written);
        let names = if was_written { &mut self.unconfirmed } else { &mut self.lost };
        *names.entry(name_of(frame, form)).or_default() += 1;
    }

    /// How many were accepted and never written, without those that became gaps.
    pub(crate) fn count_unwritten(&self) -> u64 {
        self.waiting
    }
}

/// Messages of a session that were written, and made room while the client was away: it may have got them.
///
/// They were held when the connection ended, so there are at most as many as may be held.
#[derive(Debug, Default)]
pub(super) struct InDoubt {
    numbers: BTreeMap<String, Vec<u64>>,
}

impl InDoubt {
    pub(super) fn add(&mut self, frame: &Bytes, number: u64) {
        self.numbers.entry(name_of(frame, Layout::DEFAULT)).or_default().push(number);
    }

    /// The client is back, and has got everything up to `got`. Returns how many of these it hasn't.
    pub(super) fn decide(&mut self, got: u64, undelivered: &mut Undelivered) -> u64 {
        let mut lost = 0;
        for (name, numbers) in std::mem::take(&mut self.numbers) {
            let count = numbers.iter().filter(|number| **number > got).count() as u64;
            if count > 0 {
                *undelivered.lost.entry(name).or_default() += count;
                lost += count;
            }
        }
        lost
    }

    /// The client doesn't come back.
    pub(super) fn give_up(self, undelivered: &mut Undelivered) {
        for (name, numbers) in self.numbers {
            *undelivered.unconfirmed.entry(name).or_default() += numbers.len() as u64;
        }
    }
}

fn name_of(frame: &Bytes, form: Layout<'_>) -> String {
    let text = std::str::from_utf8(frame).unwrap_or_default();
    RawMessage::open(form, text).map(|frame| frame.name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::Ordering};

    use wirebond_connection::session::{Class, Limits};

    use super::*;
    use crate::outbox::{Closing, Counts, Drain, Ends, Outbox, Totals, WhenFull};

    /// What happens to a session that holds three messages.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        Push(&'static str),
        /// Everything is written.
        Write,
        Acknowledge(u64),
        Detach,
        /// The client is back, and has got everything up to this number.
        Resume(u64),
        /// The same with a number that can't be.
        Contradict(u64),
        /// The server-wide bound ends the session.
        Evict,
    }
    use Step::{Acknowledge, Contradict, Detach, Evict, Push, Resume, Write};

    struct Session {
        outbox: Outbox,
        totals: Arc<Totals>,
    }

    impl Session {
        fn new() -> Self {
            let totals = Arc::<Totals>::default();
            let limits = Limits { messages: 3, bytes: 1_000 };
            let outbox = Outbox::of_session(limits, Arc::clone(&totals));
            outbox.attach();
            Self { outbox, totals }
        }

        fn apply(&self, step: Step) {
            let outbox = &self.outbox;
            let resume = |got| outbox.resume(|out| Ok(((), out.resume(got, got)?)));
            match step {
                Push(name) => {
                    let frame = format!(r#"{{"type":"{name}"}}"#).into();
                    outbox.push(frame, Class::Message, WhenFull::Drop).expect("accepted");
                }
                Write => outbox.take(usize::MAX, &mut Vec::new()),
                Acknowledge(number) => outbox.release(number).expect("written"),
                Detach => outbox.detach(false),
                Resume(got) => {
                    resume(got).expect("possible");
                    assert!(outbox.is_attached(), "nothing that was written makes room any more");
                    outbox.attach();
                }
                Contradict(got) => assert!(resume(got).is_err(), "{got}"),
                Evict => outbox.evict(Closing::new(4409, "", Drain::None, Ends::Expired)),
            }
            let Counts { accepted, written, queued, undelivered, .. } = outbox.counts();
            assert_eq!(accepted, written + queued + undelivered, "{step:?}");
            assert_eq!(undelivered, self.dropped(), "{step:?}");
        }

        fn apply_all(&self, steps: &[Step]) {
            for step in steps {
                self.apply(*step);
            }
        }

        fn dropped(&self) -> u64 {
            self.totals.dropped.load(Ordering::Relaxed)
        }
    }

    /// Names with counts, as in `a2 b`.
    fn shown(names: &BTreeMap<String, u64>) -> String {
        let one = |(name, count): (&String, &u64)| match count {
            1 => name.clone(),
            count => format!("{name}{count}"),
        };
        names.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_became_a_gap_is_lost_unless_it_arrived_or_may_have() {
        let written = [Push("a"), Push("b"), Push("b"), Write];
        let flood = [Push("x"), Push("x"), Push("x")];
        let away = || [&written[..], &[Detach], &flood].concat();
        // The steps, and then: how many are dropped, and what is lost and unconfirmed at the end.
        let cases = [
            ("never written", [&[Detach], &written[..3], &flood].concat(), 3, "a b2 x3", ""),
            ("connected, and not reading", [&written[..], &flood].concat(), 3, "x3", "a b2"),
            ("all of it arrived", [&away()[..], &[Resume(3)]].concat(), 0, "x3", ""),
            ("some of it arrived", [&away()[..], &[Resume(1)]].concat(), 2, "b2 x3", ""),
            ("nothing arrived", [&away()[..], &[Resume(0)]].concat(), 3, "a b2 x3", ""),
            (
                "some was acknowledged",
                [&written[..], &[Acknowledge(1), Detach], &flood, &[Push("x"), Resume(2)]].concat(),
                2,
                "b x4",
                "",
            ),
            ("it doesn't come back", away(), 0, "x3", "a b2"),
            (
                "it comes back and contradicts",
                [&away()[..], &[Contradict(4)]].concat(),
                0,
                "x3",
                "a b2",
            ),
            ("others need the room", [&away()[..], &[Evict]].concat(), 0, "x3", "a b2"),
            (
                "it comes back, is away again, and comes back",
                [&away()[..], &[Resume(2), Write, Detach, Push("y"), Push("y"), Resume(4)]]
                    .concat(),
                // The second `b`, and the second of three `x`.
                2,
                "b x y2",
                "x",
            ),
            (
                "it comes back, is away again, and stays away",
                [&away()[..], &[Resume(2), Write, Detach, Push("y"), Push("y")]].concat(),
                1,
                "b y2",
                "x3",
            ),
            (
                "it comes back twice before anything is written",
                [&away()[..], &[Resume(2), Detach, Push("y"), Resume(2), Write]].concat(),
                2,
                "b x",
                "x2 y",
            ),
        ];
        for (case, steps, dropped, lost, unconfirmed) in cases {
            let session = Session::new();
            session.apply_all(&steps);
            assert_eq!(session.dropped(), dropped, "{case}");
            let end = session.outbox.end(Layout::DEFAULT);
            assert_eq!(shown(&end.lost), lost, "{case}");
            assert_eq!(shown(&end.unconfirmed), unconfirmed, "{case}");
            let counts = session.outbox.counts();
            assert_eq!(counts.undelivered, dropped + end.count_unwritten(), "{case}");
            assert_eq!(counts.undelivered, end.lost.values().sum::<u64>(), "{case}");
            assert_eq!((counts.queued, counts.unacknowledged), (0, 0), "{case}");
        }
    }

    #[test]
    fn of_a_flood_no_more_is_remembered_than_was_held() {
        let session = Session::new();
        session.apply_all(&[Push("a"), Push("b"), Push("b"), Write, Detach]);
        session.apply_all(&vec![Push("x"); 1_000]);
        let end = session.outbox.end(Layout::DEFAULT);
        assert_eq!((shown(&end.lost), shown(&end.unconfirmed)), ("x1000".into(), "a b2".into()));
        // Nor is a name kept once for each message.
        let mut in_doubt = InDoubt::default();
        (0..1_000).for_each(|number| in_doubt.add(&r#"{"type":"a"}"#.into(), number));
        assert_eq!(in_doubt.numbers.len(), 1);
        assert_eq!(in_doubt.decide(899, &mut Undelivered::default()), 100);
        assert!(in_doubt.numbers.is_empty(), "once decided, they are forgotten");
    }
}
