//! The outbox against a model: nothing is lost, nothing is counted twice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Wake,
    time::Duration,
};

use tokio::time::Instant;
use wirebond_connection::session::Class;

use super::*;
use crate::{
    event::{DropReason, Name},
    settings::{Overflow, QueueLimits, Unconfirmed},
};

mod model;
mod rate;
mod session;

fn outbox(change: impl FnOnce(&mut Tuning)) -> Outbox {
    let mut tuning = Tuning::default();
    change(&mut tuning);
    let outbox = Outbox::new(&tuning);
    outbox.set_link(LinkState::Up);
    outbox
}

/// One whose senders wait for room.
fn waiting_outbox(messages: usize, bytes: usize) -> Outbox {
    outbox(|tuning| {
        tuning.queue = QueueLimits { messages, bytes };
        tuning.overflow = Overflow::Wait;
    })
}

fn message(size: usize) -> Message {
    let text = Bytes::from(vec![b'x'; size]);
    Message { name: Name::Borrowed("chat"), text, receipt: None, class: Class::Message }
}

fn push(outbox: &Outbox, size: usize, now: Instant) -> Result<(), SendErrorKind> {
    outbox.push(message(size), now, &mut Dropped::new())
}

fn poll_push(
    outbox: &Outbox,
    waiting: &mut (Option<Message>, Ticket),
) -> Poll<Result<(), SendErrorKind>> {
    let (message, ticket) = waiting;
    outbox.poll_push(message, ticket, Instant::now(), &mut Dropped::new(), &mut noop())
}

fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn take(outbox: &Outbox, budget: usize, now: Instant) -> usize {
    let mut frames = Vec::new();
    outbox.take(budget, &mut frames, now, &noop());
    frames.len()
}

#[test]
fn bounds_hold_for_messages_and_bytes() {
    let now = Instant::now();
    let outbox = outbox(|tuning| tuning.queue = QueueLimits { messages: 3, bytes: 100 });
    assert_eq!(push(&outbox, 101, now), Err(SendErrorKind::TooLarge));
    for _ in 0..3 {
        assert_eq!(push(&outbox, 10, now), Ok(()));
    }
    assert_eq!(push(&outbox, 1, now), Err(SendErrorKind::QueueFull), "three messages");
    assert_eq!(take(&outbox, 1_000, now), 3);
    assert_eq!(push(&outbox, 60, now), Ok(()));
    assert_eq!(push(&outbox, 41, now), Err(SendErrorKind::QueueFull), "100 bytes");
    assert_eq!(push(&outbox, 40, now), Ok(()));
    assert_eq!(outbox.stats().refused, 3);
}

#[test]
fn a_limit_of_one_message_is_none_of_the_queue() {
    let now = Instant::now();
    let outbox = outbox(|tuning| {
        tuning.queue = QueueLimits { messages: 3, bytes: 1_000 };
        tuning.max_outgoing_message_size = Some(100);
        (tuning.overflow, tuning.unconfirmed) = (Overflow::DropOldest, Unconfirmed::Redeliver);
    });
    assert_eq!(push(&outbox, 100, now), Ok(()));
    assert_eq!(take(&outbox, 1_000, now), 1, "its bytes are kept");
    for _ in 0..4 {
        assert_eq!(push(&outbox, 100, now), Ok(()), "the oldest makes room");
    }
    assert_eq!(outbox.stats().dropped_overflowed, 1);
}

#[test]
fn a_flush_ends_where_what_it_waits_for_is_released() {
    let outbox = outbox(|_| {});
    assert!(outbox.open().is_empty());
    let text = Text { text: Bytes::from_static(b"{}"), number: Number::None };
    for with_a_message in [false, true] {
        let name = Name::Borrowed("chat");
        let held = Hold { name, text: text.clone(), refresh: None, call: None };
        let id = outbox.hold(held).expect("it is small");
        let flush = outbox.flush(Instant::now()).expect("the queue is open");
        let mut flush = flush.expect("the hold isn't written yet");
        assert!(flush.try_recv().is_err());
        if with_a_message {
            let ended = outbox.release_with(id, Name::Borrowed("end"), text.clone(), None);
            ended.expect("there is room");
        } else {
            assert!(!outbox.release(id));
        }
        assert_eq!(flush.try_recv(), Ok(Ok(())));
    }
}

#[test]
fn case_62_resets_of_many_messages_are_charged_a_third_of_what_the_peer_is() {
    let now = Instant::now();
    let lost = |messages: usize, by_peer: bool| {
        let outbox = outbox(|tuning| tuning.unconfirmed = Unconfirmed::Redeliver);
        for _ in 0..messages {
            assert_eq!(push(&outbox, 10, now), Ok(()));
        }
        let mut taken = Vec::new();
        while outbox.stats().dropped_undeliverable == 0 {
            taken.push(take(&outbox, 1_000, now));
            if by_peer {
                outbox.ended_by_peer();
            }
            drop(outbox.connection_lost(false));
        }
        taken
    };
    // The last delivery is made alone.
    assert_eq!(lost(2, true), [2, 2, 1]);
    assert_eq!(lost(2, false), [2, 2, 2, 2, 2, 2, 1]);
    assert_eq!(lost(1, true), [1, 1, 1]);
    assert_eq!(lost(1, false), [1, 1, 1], "nothing else can be the cause");
}

#[test]
fn a_budget_takes_whole_messages_and_at_least_one() {
    let now = Instant::now();
    let outbox = outbox(|_| {});
    for _ in 0..5 {
        assert_eq!(push(&outbox, 100, now), Ok(()));
    }
    assert_eq!(
        [take(&outbox, 1, now), take(&outbox, 250, now), take(&outbox, 250, now)],
        [1, 3, 1]
    );
}

#[test]
fn the_oldest_makes_room_where_that_is_chosen() {
    let now = Instant::now();
    let outbox = outbox(|tuning| {
        tuning.queue = QueueLimits { messages: 2, bytes: 1_000 };
        tuning.overflow = Overflow::DropOldest;
    });
    let mut dropped = Dropped::new();
    for _ in 0..2 {
        assert_eq!(outbox.push(message(1), now, &mut dropped), Ok(()));
    }
    assert!(dropped.is_empty());
    assert_eq!(outbox.push(message(1), now, &mut dropped), Ok(()));
    assert_eq!(dropped.len(), 1);
    assert_eq!(dropped[0].0, DropReason::Overflowed);
    assert_eq!((outbox.stats().queued, outbox.stats().dropped_overflowed), (2, 1));
}

#[test]
fn waiting_senders_are_served_in_turn_and_may_give_up() {
    let now = Instant::now();
    let outbox = waiting_outbox(1, 1_000);
    assert_eq!(push(&outbox, 1, now), Ok(()));
    let mut waiting: Vec<_> = (0..3).map(|_| (Some(message(1)), Ticket::default())).collect();
    for waiting in &mut waiting {
        assert!(poll_push(&outbox, waiting).is_pending());
    }
    assert_eq!(push(&outbox, 1, now), Err(SendErrorKind::QueueFull), "`try_send` does not wait");
    // The second gives up: it has queued nothing, and blocks no other sender.
    outbox.give_up(&mut waiting[1].1);
    assert_eq!(take(&outbox, 1_000, now), 1);
    assert!(poll_push(&outbox, &mut waiting[2]).is_pending(), "not its turn");
    assert!(poll_push(&outbox, &mut waiting[0]).is_ready());
    assert_eq!(take(&outbox, 1_000, now), 1);
    assert!(poll_push(&outbox, &mut waiting[2]).is_ready());
    assert_eq!(outbox.stats().accepted, 3);
}

fn waiting(size: usize) -> (Option<Message>, Ticket) {
    (Some(message(size)), Ticket::default())
}

#[test]
fn who_finds_room_beside_that_of_those_before_does_not_wait_for_them() {
    let now = Instant::now();
    let outbox = waiting_outbox(10, 100);
    assert_eq!(push(&outbox, 100, now), Ok(()));
    let [mut large, mut small, mut late] = [50, 30, 30].map(waiting);
    assert!(poll_push(&outbox, &mut large).is_pending());
    assert!(poll_push(&outbox, &mut small).is_pending());
    assert_eq!(take(&outbox, 1_000, now), 1);
    assert!(poll_push(&outbox, &mut waiting(20)).is_ready(), "20 bytes are left beside theirs");
    assert!(poll_push(&outbox, &mut late).is_pending());
    // In either order: their places are kept.
    assert!(poll_push(&outbox, &mut small).is_ready());
    assert!(poll_push(&outbox, &mut large).is_ready());
    assert!(poll_push(&outbox, &mut late).is_pending());
    assert_eq!(take(&outbox, 1_000, now), 3);
    assert!(poll_push(&outbox, &mut late).is_ready());
}

#[test]
fn a_large_message_that_waits_is_not_passed_by_for_ever() {
    let now = Instant::now();
    let outbox = waiting_outbox(10, 100);
    assert_eq!(push(&outbox, 60, now), Ok(()));
    let mut large = waiting(90);
    assert!(poll_push(&outbox, &mut large).is_pending());
    assert!(poll_push(&outbox, &mut waiting(10)).is_pending(), "there is room, but not beside 90");
    assert_eq!(take(&outbox, 1_000, now), 1);
    assert!(poll_push(&outbox, &mut large).is_ready());
}

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn room_that_turns_up_on_the_way_is_reported_to_those_who_wait() {
    let now = Instant::now();
    let woken = Arc::new(Count(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&woken));
    let park = |outbox: &Outbox, size: usize, now: Instant| {
        let (mut message, mut ticket) = waiting(size);
        let cx = &mut Context::from_waker(&waker);
        outbox.poll_push(&mut message, &mut ticket, now, &mut Dropped::new(), cx)
    };
    let wait = |tuning: &mut Tuning| {
        tuning.queue = QueueLimits { messages: 10, bytes: 100 };
        tuning.overflow = Overflow::Wait;
    };
    // Messages kept for redelivery are given up.
    let kept = outbox(|tuning| {
        wait(tuning);
        tuning.unconfirmed = Unconfirmed::Redeliver;
    });
    assert_eq!(push(&kept, 100, now), Ok(()));
    assert_eq!(take(&kept, 1_000, now), 1);
    assert!(park(&kept, 50, now).is_pending());
    kept.give_up_confirming();
    assert_eq!(woken.0.swap(0, Ordering::Relaxed), 1);
    // Another sender finds that something has expired, and still no room for itself.
    for with_try_send in [false, true] {
        let expiring = outbox(|tuning| {
            wait(tuning);
            tuning.message_ttl = Some(Duration::from_secs(1));
        });
        let later = now + Duration::from_secs(2);
        assert_eq!(push(&expiring, 60, now), Ok(()));
        assert_eq!(push(&expiring, 40, later - Duration::from_millis(1)), Ok(()));
        assert!(park(&expiring, 50, now).is_pending());
        if with_try_send {
            assert_eq!(push(&expiring, 90, later), Err(SendErrorKind::QueueFull));
        } else {
            let (mut message, mut ticket) = waiting(90);
            let dropped = &mut Dropped::new();
            let other = expiring.poll_push(&mut message, &mut ticket, later, dropped, &mut noop());
            assert!(other.is_pending());
        }
        assert_eq!(woken.0.swap(0, Ordering::Relaxed), 1, "{with_try_send}");
    }
}

#[test]
fn all_who_find_room_are_woken_at_once() {
    let now = Instant::now();
    let outbox = waiting_outbox(3, 1_000);
    for _ in 0..3 {
        assert_eq!(push(&outbox, 1, now), Ok(()));
    }
    let woken: [_; 5] = std::array::from_fn(|_| Arc::new(Count(AtomicUsize::new(0))));
    let mut senders = [(); 5].map(|()| waiting(1));
    let poll = |at: usize, sender: &mut (Option<Message>, Ticket)| {
        let waker = Waker::from(Arc::clone(&woken[at]));
        let cx = &mut Context::from_waker(&waker);
        outbox.poll_push(&mut sender.0, &mut sender.1, now, &mut Dropped::new(), cx)
    };
    for (at, sender) in senders.iter_mut().enumerate() {
        assert!(poll(at, sender).is_pending());
    }
    let counts = || woken.each_ref().map(|count| count.0.load(Ordering::Relaxed));
    assert_eq!(take(&outbox, 1_000, now), 3);
    assert_eq!(counts(), [1, 1, 1, 0, 0]);
    assert!(poll(0, &mut senders[0]).is_ready());
    // A sender that was woken gives up: the next gets its place.
    outbox.give_up(&mut senders[1].1);
    assert_eq!(counts(), [1, 1, 1, 1, 0]);
    assert!(poll(2, &mut senders[2]).is_ready());
    assert!(poll(3, &mut senders[3]).is_ready());
    assert!(poll(4, &mut senders[4]).is_pending(), "full again");
    assert_eq!(take(&outbox, 1_000, now), 3);
    assert_eq!(counts(), [1, 1, 1, 1, 1]);
}

#[test]
fn closing_refuses_and_turns_away_those_who_wait() {
    let now = Instant::now();
    let outbox = waiting_outbox(1, 1_000);
    assert_eq!(push(&outbox, 1, now), Ok(()));
    let mut waiting = (Some(message(1)), Ticket::default());
    assert!(poll_push(&outbox, &mut waiting).is_pending());
    outbox.set_link(LinkState::Closing);
    assert_eq!(poll_push(&outbox, &mut waiting), Poll::Ready(Err(SendErrorKind::Closed)));
    assert_eq!(push(&outbox, 1, now), Err(SendErrorKind::Closed));
}

#[test]
fn redelivery_keeps_the_bytes_within_the_bound() {
    let now = Instant::now();
    let outbox = outbox(|tuning| {
        tuning.queue = QueueLimits { messages: 10, bytes: 100 };
        tuning.unconfirmed = Unconfirmed::Redeliver;
    });
    assert_eq!(push(&outbox, 60, now), Ok(()));
    assert_eq!(take(&outbox, 1_000, now), 1);
    assert_eq!(push(&outbox, 60, now), Err(SendErrorKind::QueueFull), "a copy is kept");
    outbox.mark(1);
    outbox.confirm(1, Instant::now());
    assert_eq!(push(&outbox, 60, now), Ok(()));
}
