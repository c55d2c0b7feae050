//! Single cases: what random runs can't provoke because it takes a peer that breaks the protocol, and
//! what each party learns.

use super::{
    rules::{Rule, without},
    *,
};

pub(super) const LIMITS: Limits = Limits { messages: 8, bytes: 1_000 };

pub(super) type Node = Sessions<u8, u32, u32>;

pub(super) fn offer(id: &str) -> Offer {
    Offer { id: id.into(), key: format!("key of {id}"), keep: 120_000 }
}

pub(super) fn server_hello(id: &str) -> ServerHello {
    let session = offer(id);
    ServerHello::new("b", session, LIMITS, 8)
}

/// Both ends with a session `id` over `connection`; a session that the client already has is resumed.
fn connect(
    client: &mut Client<u32>,
    node: &mut Node,
    connection: u8,
    id: &str,
) -> Greeting<u8, u32> {
    client.connected();
    node.accept(connection, &offer(id), "ada".into());
    let hello = client.hello(server_hello(id)).expect("the first frame");
    node.hello(&connection, &hello)
}

fn ends() -> (Client<u32>, Node) {
    let mut client = Client::new(LIMITS, Overflow::Refuse, false);
    let mut node = Node::new(LIMITS, Overflow::Refuse);
    assert_eq!(connect(&mut client, &mut node, 1, "s1"), Greeting::Began { id: "s1".into() });
    (client, node)
}

fn send(client: &mut Client<u32>, message: u32) {
    client.send(message, 10, Class::Message).expect("room");
}

/// Writes what waits; the server receives it.
fn write(client: &mut Client<u32>, node: &mut Node, connection: u8) {
    while let Some(frame) = client.next_frame() {
        let Write::Message { message, .. } = frame else { panic!("no gap") };
        assert_eq!(node.received(&connection, *message, 10), Ok(true));
    }
}

pub(super) fn handle_all(node: &mut Node, id: &str) {
    while node.take(id).is_some() {
        node.handled(id);
    }
}

#[test]
fn a_message_goes_out_again_after_a_cut_and_only_if_it_did_not_arrive() {
    let (mut client, mut node) = ends();
    send(&mut client, 1);
    write(&mut client, &mut node, 1);
    send(&mut client, 2);
    assert!(client.next_frame().is_some(), "written, and lost on its way");
    client.disconnected();
    node.let_go(&1);
    let Greeting::Resumed { id, resumed, is_first, .. } = connect(&mut client, &mut node, 2, "s2")
    else {
        panic!("the session goes on");
    };
    assert_eq!((id.as_str(), resumed.got, resumed.done, is_first), ("s1", 1, 0, false));
    assert!(client.next_frame().is_none(), "nothing before the answer");
    assert_eq!(client.resumed(resumed), Ok(vec![]));
    write(&mut client, &mut node, 2);
    let mut got = Vec::new();
    while let Some(Received::Message { number, message }) = node.take("s1") {
        got.push((number, message));
        node.handled("s1");
    }
    assert_eq!(got, [(1, 1), (2, 2)]);
    let ack = node.take_ack(&2, false).expect("attached");
    assert_eq!(client.acknowledged(ack), Ok(vec![1, 2]));
    assert!(client.outgoing().is_empty());
}

#[test]
fn numbers_that_were_never_sent_end_the_session() {
    let noticed = |rule| {
        without(rule, || {
            let (mut client, mut node) = ends();
            send(&mut client, 1);
            write(&mut client, &mut node, 1);
            let forged = [
                Ack { n: 2, of: 0, ask: false },
                Ack { n: MAX_NUMBER, of: 0, ask: false },
                Ack { n: 0, of: 7, ask: false },
            ];
            let client_notices = forged.iter().all(|ack| client.acknowledged(*ack).is_err());
            let server_notices = forged
                .iter()
                .all(|ack| node.acknowledged(&1, Ack { of: ack.of + 9, ..*ack }).is_err());
            client.disconnected();
            client.connected();
            let resumed = Resumed { got: 5, done: 5, key: None };
            client.hello(server_hello("s2")).expect("first");
            let resume_notices = client.resumed(resumed).is_err();
            client_notices && server_notices && resume_notices
        })
    };
    assert!(noticed(None));
    assert!(!noticed(Some(Rule::RangeCheck)), "the check isn't needed for this test");
}

#[test]
fn a_resume_with_impossible_numbers_ends_the_session_and_tells_how_far_it_came() {
    let (mut client, mut node) = ends();
    send(&mut client, 1);
    write(&mut client, &mut node, 1);
    node.accept(2, &offer("s2"), "ada".into());
    let resume = Resume { id: "s1".into(), key: "key of s1".into(), attempt: 1, got: 40 };
    let hello = ClientHello::new(LIMITS, Some(resume));
    let contradiction = Greeting::Contradiction { id: "s1".into(), connection: Some(1) };
    assert_eq!(node.hello(&2, &hello), contradiction);
    handle_all(&mut node, "s1");
    node.end("s1").expect("it was there");
    let gone = Gone { why: GoneReason::Mismatch, done: Some(1) };
    assert_eq!(node.hello(&2, &hello), Greeting::Gone { id: "s2".into(), gone });
}

/// R14: a frame that an intermediary swallows is noticed by the `of` of an acknowledgement that is due only
/// because something was written.
#[test]
fn a_swallowed_frame_is_noticed_in_one_way_traffic() {
    let noticed = |rule| {
        without(rule, || {
            let (mut client, mut node) = ends();
            send(&mut client, 1);
            assert!(client.next_frame().is_some(), "swallowed");
            client.ack_is_useful() && node.acknowledged(&1, client.take_ack(false)).is_err()
        })
    };
    assert!(noticed(None));
    assert!(!noticed(Some(Rule::Marks)), "the rule isn't needed for this test");
}

/// R12: after expiry the client learns how far the server had handled, so nothing is in doubt.
#[test]
fn after_expiry_nothing_is_in_doubt() {
    let in_doubt = |rule| {
        without(rule, || {
            let (mut client, mut node) = ends();
            send(&mut client, 1);
            write(&mut client, &mut node, 1);
            handle_all(&mut node, "s1");
            send(&mut client, 2);
            assert!(client.next_frame().is_some(), "lost on its way");
            client.disconnected();
            node.let_go(&1);
            node.end("s1").expect("expired");
            let Greeting::Gone { gone, .. } = connect(&mut client, &mut node, 2, "s2") else {
                panic!("the session is gone");
            };
            let renewed = client.gone(&gone, |_| false).expect("awaited");
            (renewed.confirmed, renewed.unconfirmed, client.outgoing().messages())
        })
    };
    assert_eq!(in_doubt(None), (vec![1], vec![], 1), "handled; kept and sent in the next session");
    assert_eq!(in_doubt(Some(Rule::Tombstones)), (vec![], vec![1, 2], 0));
}

#[test]
fn a_session_is_given_away_only_when_it_is_quiet() {
    let (mut client, mut node) = ends();
    send(&mut client, 1);
    write(&mut client, &mut node, 1);
    assert!(node.give_away("s1").is_none(), "attached");
    node.let_go(&1);
    assert!(node.give_away("s1").is_none(), "a message waits");
    assert!(node.take("s1").is_some());
    assert!(node.give_away("s1").is_none(), "a message is being handled");
    node.handled("s1");
    assert!(node.give_away("s1").is_some());
}

#[test]
fn whoever_lacks_the_key_or_is_somebody_else_learns_nothing() {
    let (mut client, mut node) = ends();
    send(&mut client, 1);
    write(&mut client, &mut node, 1);
    handle_all(&mut node, "s1");
    let ask = |node: &mut Node, connection, key: &str, owner: &str| {
        let fresh = format!("s{connection}");
        node.accept(connection, &offer(&fresh), owner.into());
        let resume = Resume { id: "s1".into(), key: key.into(), attempt: 9, got: 0 };
        let hello = ClientHello::new(LIMITS, Some(resume));
        node.hello(&connection, &hello)
    };
    let unknown = |id: &str| Greeting::Gone {
        id: id.into(),
        gone: Gone { why: GoneReason::Unknown, done: None },
    };
    assert_eq!(ask(&mut node, 2, "key of s2", "ada"), unknown("s2"));
    assert_eq!(ask(&mut node, 3, "key of s1", "bob"), unknown("s3"));
    assert_eq!(ask(&mut node, 4, "", "ada"), unknown("s4"));
    node.let_go(&1);
    node.end("s1").expect("expired");
    assert_eq!(ask(&mut node, 5, "key of s2", "ada"), unknown("s5"), "nor after the end");
    assert_eq!(ask(&mut node, 6, "key of s1", "bob"), unknown("s6"));
}

/// Every answer that contained a new key may be lost: the old one stays valid until a newer is used.
#[test]
fn a_session_survives_handovers_whose_answers_are_lost() {
    let (mut client, mut node) = ends();
    for connection in 2..10_u8 {
        client.disconnected();
        let conn = node.get("s1").and_then(|session| session.connection().copied());
        node.let_go(&conn.expect("attached"));
        let session = node.give_away("s1").expect("quiet");
        node.adopt(session);
        node.replace_key("s1", format!("key {connection}"));
        let greeting = connect(&mut client, &mut node, connection, &format!("s{connection}"));
        let Greeting::Resumed { resumed, .. } = greeting else {
            panic!("{connection}: {greeting:?}")
        };
        assert_eq!(resumed.key.as_deref(), Some(&*format!("key {connection}")));
        if connection % 3 == 0 {
            client.resumed(resumed).expect("awaited");
        }
    }
}

#[test]
fn a_server_drops_the_newest_where_nothing_older_may_go_and_the_gap_is_in_its_place() {
    let (mut client, _) = ends();
    let limits = Limits { messages: 2, bytes: 1_000 };
    let mut node = Node::new(limits, Overflow::DropOldest);
    client.disconnected();
    client = Client::new(LIMITS, Overflow::Refuse, false);
    connect(&mut client, &mut node, 1, "s1");
    for message in 1..=2 {
        assert_eq!(node.send("s1", message, 10, Class::Message), Ok(vec![]));
        assert!(node.next_frame(&1).is_some(), "written to an attached client: it must stay");
    }
    let dropped = node.send("s1", 3, 10, Class::Message).expect("accepted");
    assert_eq!(dropped, [Dropped { message: 3, number: 3, was_written: false }]);
    assert_eq!(node.send("s1", 4, 10, Class::Message).expect("accepted")[0].message, 4);
    assert_eq!(node.next_frame(&1), Some(Write::Gap { n: 2, why: GapReason::Overflow }));
}

#[test]
fn the_byte_bound_holds_and_a_message_above_it_is_refused_without_harm() {
    let mut client = Client::new(LIMITS, Overflow::DropOldest, false);
    for message in 1..=4 {
        client.send(message, 250, Class::Message).expect("room");
    }
    assert_eq!(client.send(5, 1_001, Class::Message), Err(Full(5)), "larger than all room");
    assert_eq!(client.outgoing().messages(), 4, "nothing was dropped in vain");
    let dropped = client.send(6, 400, Class::Message).expect("room is made");
    assert_eq!(dropped.iter().map(|one| one.message).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(client.outgoing().bytes(), 900);
}

#[test]
fn numbered_is_decided_by_the_name_alone() {
    for (name, numbered) in [
        ("chat", true),
        ("", true),
        ("pings", true),
        ("Ping", true),
        ("ping", false),
        ("pong", false),
        ("$ack", false),
        ("$", false),
        ("$later", false),
        ("$error", true),
        ("$cancel", true),
        (" $ack", true),
    ] {
        assert_eq!(is_numbered(name), numbered, "{name:?}");
    }
}

#[test]
fn what_is_withdrawn_or_refused_as_too_large_leaves_its_number() {
    let (mut client, mut node) = ends();
    for (message, size) in [(1, 10), (2, 30), (3, 10), (4, 90)] {
        client.send(message, size, Class::Message).expect("room");
    }
    for _ in 0..3 {
        assert!(client.next_frame().is_some());
    }
    assert_eq!(client.withdraw(|message| *message == 2), None, "it is written");
    let dropped = |message, number, was_written| Some(Dropped { message, number, was_written });
    assert_eq!(client.drop_largest(), dropped(2, 2, true), "the largest that was written");
    assert_eq!(client.withdraw(|message| *message == 4), dropped(4, 4, false));
    client.disconnected();
    node.let_go(&1);
    let Greeting::Resumed { resumed, .. } = connect(&mut client, &mut node, 2, "s2") else {
        panic!("the session goes on");
    };
    client.resumed(resumed).expect("awaited");
    assert_eq!(client.next_frame(), Some(Write::Message { message: &1, number: 1, again: None }));
    assert_eq!(client.next_frame(), Some(Write::Gap { n: 1, why: GapReason::Other }));
    assert_eq!(client.next_frame(), Some(Write::Message { message: &3, number: 3, again: None }));
    assert_eq!(client.next_frame(), Some(Write::Gap { n: 1, why: GapReason::Other }));
}

#[test]
fn what_waited_for_a_session_or_outlived_one_goes_on_in_order_whatever_the_limits_are() {
    let limits = Limits { messages: 1, bytes: 10 };
    let mut client = Client::new(limits, Overflow::Refuse, true);
    let kept = |message, again| Kept { message, size: 10, class: Class::Message, again };
    let old = MessageId { session: "s0".into(), number: 7 };
    client.adopt(kept(1, Some(old.clone())));
    client.adopt(kept(2, None));
    assert_eq!(client.send(3, 10, Class::Message), Err(Full(3)));
    assert_eq!(client.outgoing().first_unwritten(), Some(&1));
    client.connected();
    client.hello(server_hello("s1")).expect("first");
    for (message, number, again) in [(&1, 1, Some(&old)), (&2, 2, None)] {
        assert_eq!(client.next_frame(), Some(Write::Message { message, number, again }));
    }
    assert_eq!(client.outgoing().first_unwritten(), None);
    assert_eq!(client.renew(|_| false).again, 2);
    let second = MessageId { session: "s1".into(), number: 2 };
    assert_eq!(
        client.into_kept().collect::<Vec<_>>(),
        [kept(1, Some(old)), kept(2, Some(second))],
        "the first name stays"
    );
}

#[test]
fn numbers_end_where_javascript_s_do() {
    let (mut client, _) = ends();
    assert_eq!(client.gap(MAX_NUMBER), Ok(()));
    assert_eq!(client.received_all(1, 10), Err(Desync));
    assert_eq!(client.got(), MAX_NUMBER);
}
