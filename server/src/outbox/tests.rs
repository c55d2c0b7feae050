//! Bounds, counts, and which end is followed.

use super::*;
use crate::peer::PeerState;

fn frame(size: usize) -> Bytes {
    vec![b'x'; size].into()
}

fn push(outbox: &Outbox, size: usize) -> Result<(), SendError> {
    outbox.push(frame(size), Class::Message, WhenFull::Fail).map(drop)
}

#[test]
fn the_bounds_hold_and_everything_is_counted() {
    let outbox = Outbox::new(2, 10);
    assert_eq!(push(&outbox, 11), Err(SendError::TooLarge));
    assert_eq!(push(&outbox, 6), Ok(()));
    assert_eq!(push(&outbox, 5), Err(SendError::QueueFull), "bytes");
    assert_eq!(push(&outbox, 4), Ok(()));
    assert_eq!(push(&outbox, 0), Err(SendError::QueueFull), "messages");
    let mut frames = Vec::new();
    outbox.take(1, &mut frames);
    assert_eq!(frames.len(), 1, "at least one");
    let Counts { accepted, written, queued, .. } = outbox.counts();
    assert_eq!((accepted, written, queued), (2, 1, 1));
    assert_eq!(push(&outbox, 6), Ok(()), "there is room again");
    assert_eq!(outbox.end(Layout::DEFAULT).count_unwritten(), 2);
    assert_eq!(push(&outbox, 1), Err(SendError::Gone));
    let Counts { accepted, written, queued, undelivered, .. } = outbox.counts();
    assert_eq!((accepted, written, queued, undelivered), (3, 1, 0, 2));
}

#[test]
fn the_first_close_decides_unless_a_later_one_drains_less() {
    let close = |code, drain| Closing::new(code, "", drain, Ends::Session);
    let outbox = Outbox::new(2, 10);
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(outbox.close(close(1012, Drain::Answers)));
    assert_eq!(push(&outbox, 1), Ok(()), "an answer");
    assert!(outbox.close(close(1000, Drain::Queue)));
    assert_eq!(push(&outbox, 1), Err(SendError::Gone));
    assert!(!outbox.close(close(1001, Drain::Queue)));
    assert!(!outbox.close(close(1012, Drain::Answers)));
    assert_eq!(outbox.closing(cx).0, Some(close(1000, Drain::Queue)));
    assert!(outbox.close(close(4408, Drain::None)));
    assert!(!outbox.close(close(4401, Drain::None)));
    assert_eq!(outbox.closing(cx).0, Some(close(4408, Drain::None)));
    outbox.end(Layout::DEFAULT);
    let ended = Outbox::new(2, 10);
    ended.end(Layout::DEFAULT);
    assert!(!ended.close(close(4408, Drain::None)), "it has ended");
}

#[test]
fn a_delivery_of_a_broadcast_looks_at_three_cache_lines() {
    // Behind the peer's number and connection, and the lock.
    let begin = std::mem::offset_of!(PeerState, outbox);
    let lock = 8;
    let state = begin + std::mem::offset_of!(Outbox, state) + lock;
    assert!(state + std::mem::offset_of!(State, undelivered) <= 3 * 64);
}

#[test]
fn what_a_peer_cannot_read_is_not_queued_but_its_answers_are() {
    let outbox = Outbox::new(8, 1_000);
    outbox.withhold(&["a".to_owned()]);
    let push = |text: &'static str, class| {
        let frame = Bytes::from_static(text.as_bytes());
        outbox.push(frame, class, WhenFull::Fail).map(|pushed| pushed.is_skipped)
    };
    assert_eq!(push(r#"{"type":"a"}"#, Class::Message), Ok(true));
    assert_eq!(push(r#"{"type":"b"}"#, Class::Message), Ok(false));
    assert_eq!(push(r#"{"type":"a","re":1}"#, Class::Reply), Ok(false));
    assert_eq!(push(r#"{"type":"a","id":1}"#, Class::Call), Err(SendError::Unreadable));
    let counts = outbox.counts();
    assert_eq!((counts.accepted, counts.queued), (2, 2));
    // The client comes back with a contract that can.
    outbox.withhold(&[]);
    assert_eq!(push(r#"{"type":"a"}"#, Class::Message), Ok(false));
    assert_eq!(outbox.end(Layout::DEFAULT).skipped, [("a".to_owned(), 1)].into());
}

#[test]
fn a_session_holds_what_is_written_and_counts_what_it_drops() {
    let totals = Arc::<Totals>::default();
    let bytes = || totals.detached_bytes.load(std::sync::atomic::Ordering::Relaxed);
    let outbox = Outbox::of_session(Limits { messages: 2, bytes: 100 }, Arc::clone(&totals));
    outbox.attach();
    let mut frames = Vec::new();
    assert_eq!((push(&outbox, 10), push(&outbox, 20)), (Ok(()), Ok(())));
    outbox.take(1_000, &mut frames);
    assert_eq!(push(&outbox, 30), Err(SendError::QueueFull), "both are held");
    assert_eq!(outbox.counts().unacknowledged, 2);
    assert_eq!(outbox.release(1), Ok(()));
    assert_eq!(outbox.release(3), Err(Desync), "never written");
    assert_eq!((push(&outbox, 30), bytes()), (Ok(()), 0));
    outbox.detach(false);
    assert_eq!(bytes(), 50);
    let pushed = outbox.push(frame(40), Class::Message, WhenFull::Drop).expect("accepted");
    assert_eq!((pushed.gaps, pushed.never_written, bytes()), (1, 0, 70), "the oldest went");
    outbox.push(frame(1), Class::Message, WhenFull::Drop).expect("accepted");
    outbox.attach();
    assert_eq!(bytes(), 0);
    frames.clear();
    outbox.take(1_000, &mut frames);
    let gap = br#"{"type":"$gap","data":{"n":2,"why":"overflow"}}"#;
    assert_eq!(frames, [Bytes::from_static(gap), frame(40), frame(1)]);
    let Counts { accepted, written, queued, undelivered, .. } = outbox.counts();
    assert_eq!((accepted, written, queued, undelivered), (5, 4, 0, 1));
}
