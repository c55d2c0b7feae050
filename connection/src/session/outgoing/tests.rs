//! Messages that come before those that were never written, and the size of an entry.

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
