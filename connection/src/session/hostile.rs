//! Whatever a peer sends, in whatever order: no panic, and each message ends once.

use proptest::prelude::*;

use super::{
    scenarios::{LIMITS, Node, handle_all, offer, server_hello},
    *,
};

/// What a peer may send, in any order.
#[derive(Debug, Clone)]
enum Frame {
    Hello,
    Resume(u64, u64),
    Resumed(u64, u64),
    Gone(Option<u64>),
    Ack(u64, u64),
    Gap(u64),
    Message,
    Cut,
    Send,
    Write,
}

fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let number = || prop_oneof![0..6_u64, Just(MAX_NUMBER), any::<u64>()];
    let frame = prop_oneof![
        Just(Frame::Hello),
        (number(), number()).prop_map(|(attempt, got)| Frame::Resume(attempt, got)),
        (number(), number()).prop_map(|(got, done)| Frame::Resumed(got, done)),
        proptest::option::of(number()).prop_map(Frame::Gone),
        (number(), number()).prop_map(|(n, of)| Frame::Ack(n, of)),
        number().prop_map(Frame::Gap),
        Just(Frame::Message),
        Just(Frame::Cut),
        Just(Frame::Send),
        Just(Frame::Write),
    ];
    proptest::collection::vec(frame, 0..60)
}

proptest! {
    /// Whatever a server sends, the client doesn't panic, and each of its messages ends once.
    #[test]
    fn no_server_breaks_a_client(frames in frames()) {
        let mut client = Client::new(LIMITS, Overflow::DropOldest, false);
        let (mut accepted, mut ended, mut next) = (0, 0, 0);
        for frame in frames {
            let renew = match frame {
                Frame::Hello | Frame::Resume(..) => client.hello(server_hello("s")).is_err(),
                Frame::Resumed(got, done) => {
                    let read = client.resumed(Resumed { got, done, key: None });
                    read.map(|confirmed| ended += confirmed.len()).is_err()
                }
                Frame::Gone(done) => {
                    let gone = Gone { why: GoneReason::Other, done };
                    client.gone(&gone, |_| false).map(|renewed| {
                        ended += renewed.confirmed.len() + renewed.unconfirmed.len();
                    }).is_err()
                }
                Frame::Ack(n, of) => {
                    let read = client.acknowledged(Ack { n, of, ask: true });
                    read.map(|confirmed| ended += confirmed.len()).is_err()
                }
                Frame::Gap(n) => client.gap(n).is_err(),
                Frame::Message => client.received(10).is_err(),
                Frame::Cut => { client.disconnected(); client.connected(); false }
                Frame::Send => {
                    next += 1;
                    if let Ok(dropped) = client.send(next, 10, Class::Message) {
                        accepted += 1;
                        ended += dropped.len();
                    }
                    false
                }
                Frame::Write => { while client.next_frame().is_some() {} false }
            };
            if renew {
                let renewed = client.renew(|_| false);
                ended += renewed.confirmed.len() + renewed.unconfirmed.len();
            }
            let held = client.outgoing();
            prop_assert_eq!(accepted, ended + held.messages());
            prop_assert!(held.messages() <= LIMITS.messages && held.bytes() <= LIMITS.bytes);
            let _ = (client.ack_is_due(), client.ack_is_useful(), client.take_ack(false));
        }
    }

    /// Whatever a client sends, the server doesn't panic, and each of its messages ends once.
    #[test]
    fn no_client_breaks_a_server(frames in frames()) {
        let mut node = Node::new(LIMITS, Overflow::DropOldest);
        let (mut connection, mut accepted, mut ended, mut next) = (0_u8, 0, 0, 0);
        for frame in frames {
            let id = node.attached(&connection).map(|session| session.id().to_owned());
            let desync = match frame {
                Frame::Hello | Frame::Resume(..) | Frame::Gone(_) | Frame::Resumed(..) => {
                    let resume = match frame {
                        Frame::Resume(attempt, got) | Frame::Resumed(attempt, got) => {
                            let key = "key of s1".into();
                            Some(Resume { id: "s1".into(), key, attempt, got })
                        }
                        _ => None,
                    };
                    let hello = ClientHello::new(Limits { messages: 9, bytes: 9 }, resume);
                    match node.hello(&connection, &hello) {
                        Greeting::Resumed { confirmed, .. } => ended += confirmed.len(),
                        Greeting::Contradiction { id, .. } => {
                            handle_all(&mut node, &id);
                            ended += node.end(&id).map_or(0, |session| session.undelivered.len());
                        }
                        _ => {}
                    }
                    false
                }
                Frame::Ack(n, of) => {
                    let read = node.acknowledged(&connection, Ack { n, of, ask: true });
                    read.map(|confirmed| ended += confirmed.len()).is_err()
                }
                Frame::Gap(n) => node.gap(&connection, Gap { n, why: GapReason::Room }).is_err(),
                Frame::Message => node.received(&connection, 1, 10).is_err(),
                Frame::Cut => {
                    node.let_go(&connection);
                    connection = connection.saturating_add(1);
                    node.accept(connection, &offer(&format!("s{connection}")), "ada".into());
                    false
                }
                Frame::Send => {
                    next += 1;
                    if let Ok(dropped) = node.send("s1", next, 10, Class::Message) {
                        accepted += 1;
                        ended += dropped.len();
                    }
                    false
                }
                Frame::Write => { while node.next_frame(&connection).is_some() {} false }
            };
            if desync && let Some(id) = id {
                node.let_go(&connection);
                handle_all(&mut node, &id);
                ended += node.end(&id).map_or(0, |session| session.undelivered.len());
            }
            let held: usize = node.iter().map(|session| session.outgoing().messages()).sum();
            prop_assert_eq!(accepted, ended + held);
            let _ = (node.ack_is_due(&connection), node.take_ack(&connection, false));
        }
    }

    /// Whatever stands in a control frame, reading it is an error or a value.
    #[test]
    fn any_control_frame_is_an_error_or_a_value(data in ".{0,60}", name in "\\$(ack|gap|gone|resumed)") {
        let _ = Control::decode(&name, &data);
        let _ = ServerHello::decode(&data);
        let _ = ClientHello::decode(&data);
    }
}
