//! Messages that come before those that were never written, several frames at once, and the size of an entry.

use proptest::prelude::*;

use super::{entries::Entry, *};

#[test]
fn a_first_message_comes_before_what_was_never_written() {
    let limits = Limits { messages: 8, bytes: 100 };
    let mut out = Outgoing::new(Role::Client, limits, Overflow::Refuse);
    for message in ["a", "b", "c"] {
        out.accept(message, 1, Class::Message, true).expect("room");
    }
    let next = |out: &mut Outgoing<&'static str>| match out.next_frame() {
        Some(Write::Message { message, number, .. }) => Some((*message, number)),
        Some(Write::Gap { n, .. }) => Some(("gap", n)),
        None => None,
    };
    assert_eq!(next(&mut out), Some(("a", 1)));
    assert!(out.is_caught_up());
    out.accept_first("first", 5, Class::Once);
    assert_eq!(next(&mut out), Some(("first", 2)));
    assert_eq!([next(&mut out), next(&mut out)], [Some(("b", 3)), Some(("c", 4))]);
    assert_eq!((out.messages(), out.bytes()), (4, 8));
    // On another connection it stands behind what is written again.
    out.resume(1, 1).expect("known");
    assert!(!out.is_caught_up());
    out.accept_first("later", 1, Class::Once);
    let again = std::iter::from_fn(|| next(&mut out)).collect::<Vec<_>>();
    assert_eq!(again, [("first", 2), ("b", 3), ("c", 4), ("later", 5)]);
    // Another session has none of them.
    let fates = out.renew("id", Some(1), true, |_| false);
    assert_eq!(fates.unconfirmed, ["first", "later"]);
    assert_eq!(out.iter().map(|(message, _)| *message).collect::<Vec<_>>(), ["b", "c"]);
}

#[test]
fn a_first_message_splits_a_gap_that_was_written_in_part() {
    let limits = Limits { messages: 8, bytes: 100 };
    let mut out = Outgoing::new(Role::Client, limits, Overflow::Refuse);
    for message in ["a", "b", "c"] {
        out.accept(message, 1, Class::Message, true).expect("room");
    }
    out.expire(|message| *message == "a");
    assert!(matches!(out.next_frame(), Some(Write::Gap { n: 1, .. })));
    out.expire(|message| *message == "b");
    out.accept_first("first", 1, Class::Once);
    assert_eq!(out.places(), [None, Some(&"first"), None, Some(&"c")]);
    assert!(matches!(out.next_frame(), Some(Write::Message { number: 2, .. })));
    assert!(matches!(out.next_frame(), Some(Write::Gap { n: 1, .. })));
    assert!(matches!(out.next_frame(), Some(Write::Message { number: 4, .. })));
}

#[test]
fn a_message_of_a_room_takes_48_bytes_for_each_peer() {
    assert_eq!(size_of::<Entry<bytes::Bytes>>(), 48);
}

proptest! {
    #[test]
    fn several_frames_are_what_one_after_another_would_be(
        acts in prop::collection::vec((0..5_u8, 0..12_u64), 0..60),
    ) {
        let limits = Limits { messages: 16, bytes: 100 };
        let mut out = Outgoing::new(Role::Server, limits, Overflow::DropOldest);
        for (act, number) in acts {
            match act {
                0 | 1 => drop(out.accept(number, 5, Class::Message, number % 2 == 0)),
                2 => drop(out.expire(|message| *message == number)),
                3 => drop(out.release(out.entries.base() + number)),
                _ => {
                    let (mut one_by_one, mut left) = (out.clone(), number);
                    let mut written = Vec::new();
                    while let Some(write) = one_by_one.next_frame() {
                        written.push(format!("{write:?}"));
                        if left == 0 {
                            break;
                        }
                        left -= 1;
                    }
                    let (mut at_once, mut left) = (Vec::new(), number);
                    out.next_frames(|write| {
                        at_once.push(format!("{write:?}"));
                        left = left.wrapping_sub(1);
                        left != u64::MAX
                    });
                    prop_assert_eq!(at_once, written);
                    let ends = |out: &Outgoing<u64>| (out.cursor, out.written, out.entries.base());
                    prop_assert_eq!(ends(&out), ends(&one_by_one));
                    if number == 11 {
                        out.detach();
                    }
                }
            }
        }
    }
}
