//! Random scripts of what happens to an outbox with a session, against the server's end of it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use wirebond_connection::session::{
    self as wire, Ack, ClientHello, Control, Greeting, Limits, Offer, Received, ServerHello,
};
use wirebond_core::wire::{RawMessage, form::Layout};

use super::*;
use crate::receipt::{Delivery, Receipt};

/// What a frame of the client carries: a message's place among the accepted ones, and its key.
type Arrived = (u64, Option<String>);
type Server = wire::Sessions<u64, u64, Arrived>;

#[derive(Debug, Clone)]
enum Step {
    Push(usize),
    /// So many bytes are written, and so many of the frames arrive; the connection is lost with the rest.
    Take(usize, usize),
    Handle(usize),
    Acknowledge,
    Say(u64),
    /// A connection; with `false` it is lost before the server's answer.
    Connect(bool),
    ConnectPlain,
    Lose(bool),
    /// The server keeps sessions no longer, or has lost its memory.
    Expire,
    Restart,
    Pass(u64),
    Flush,
    Clear,
    Disconnect,
    Stop,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (30_usize..60).prop_map(Step::Push),
        8 => (0_usize..200, 0_usize..20).prop_map(|(budget, arrive)| Step::Take(budget, arrive)),
        4 => (1_usize..5).prop_map(Step::Handle),
        4 => Just(Step::Acknowledge),
        2 => (1_u64..4).prop_map(Step::Say),
        6 => prop::bool::weighted(0.8).prop_map(Step::Connect),
        1 => Just(Step::ConnectPlain),
        2 => any::<bool>().prop_map(Step::Lose),
        1 => Just(Step::Expire),
        1 => Just(Step::Restart),
        2 => (0_u64..1_500).prop_map(Step::Pass),
        1 => Just(Step::Flush),
        1 => Just(Step::Clear),
        1 => Just(Step::Disconnect),
        1 => Just(Step::Stop),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Down,
    Plain,
    Session,
}

struct World {
    outbox: Outbox,
    server: Server,
    connections: u64,
    link: Link,
    now: Instant,
    receipts: BTreeMap<u64, Receipt>,
    /// Messages with their permanent names, as the server's application has them.
    handled: Vec<Arrived>,
    /// What the outbox has reported as dropped and as unconfirmed.
    reported: [u64; 2],
    flushes: Vec<Flushed>,
}

fn server() -> Server {
    Server::new(Limits { messages: 100, bytes: 10_000 }, wire::Overflow::Refuse)
}

impl World {
    fn new(outbox: Outbox) -> Self {
        Self {
            outbox,
            server: server(),
            connections: 0,
            link: Link::Down,
            now: Instant::now(),
            receipts: BTreeMap::new(),
            handled: Vec::new(),
            reported: [0; 2],
            flushes: Vec::new(),
        }
    }

    fn record(&mut self, lost: &Lost) {
        self.reported[1] += lost.unconfirmed.total();
        self.dropped(&lost.dropped);
    }

    fn dropped(&mut self, dropped: &Dropped) {
        self.reported[0] += dropped.iter().map(|(_, counts)| counts.total()).sum::<u64>();
    }

    fn lose(&mut self, too_large: bool) {
        if self.link == Link::Down {
            return;
        }
        self.server.let_go(&self.connections);
        let lost = self.outbox.connection_lost(too_large);
        self.record(&lost);
        self.link = Link::Down;
    }

    fn push(&mut self, size: usize) {
        let number = self.outbox.stats().accepted + 1;
        let head = format!(r#"{{"type":"chat","data":{number},"pad":""#);
        let text = format!("{head}{}\"}}", "x".repeat(size.saturating_sub(head.len() + 2)));
        let (receipt, outcome) = Receipt::new(Name::Borrowed("chat"), crate::caller::Id::default());
        let message = Message { text: text.into(), receipt: Some(receipt), ..message(0) };
        let mut dropped = Dropped::new();
        let pushed = self.outbox.push(message, self.now, &mut dropped);
        self.dropped(&dropped);
        if pushed.is_ok() {
            self.receipts.insert(number, outcome);
        }
    }

    fn connect(&mut self, answers: bool) {
        self.lose(false);
        self.outbox.set_link(LinkState::Up);
        self.outbox.negotiate();
        assert!(self.take_frames(1_000).is_empty(), "nothing before the `$hello`");
        self.connections += 1;
        let id = format!("s{}", self.connections);
        let offer = Offer { id: id.clone(), key: format!("key {id}"), keep: 1 };
        self.server.accept(self.connections, &offer, String::new());
        let hello = format!(
            r#"{{"v":1,"boot":"b","session":{{"id":"{id}","key":"key {id}","keep":1}},"hold":1000}}"#
        );
        let hello = ServerHello::decode(&hello).expect("sound");
        let resumes = self.outbox.begin_session(hello).expect("first");
        self.link = Link::Session;
        let frames = self.take_frames(0);
        let (hello, messages) = frames.split_first().expect("our `$hello`");
        assert!(messages.is_empty() || !resumes, "nothing before the answer");
        if !answers {
            return self.lose(false);
        }
        let frame = RawMessage::parse(Layout::DEFAULT, hello).expect("sound");
        let hello = ClientHello::decode(frame.data().expect("data")).expect("sound");
        let control = match self.server.hello(&self.connections, &hello) {
            Greeting::Began { .. } => None,
            Greeting::Resumed { resumed, .. } => Some(Control::Resumed(resumed)),
            Greeting::Gone { gone, .. } => Some(Control::Gone(gone)),
            other => panic!("{other:?}"),
        };
        for frame in messages {
            self.arrive(frame);
        }
        if let Some(control) = control {
            match self.outbox.control(control, self.now).expect("true numbers") {
                Controlled::Gone(_, lost) => self.record(&lost),
                Controlled::Resumed => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn take_frames(&mut self, budget: usize) -> Vec<String> {
        let mut frames = Vec::new();
        let expired = self.outbox.take(budget, &mut frames, self.now, &noop());
        self.dropped(&expired);
        let text = |frame: Bytes| String::from_utf8(frame.to_vec()).expect("text");
        frames.into_iter().map(text).collect()
    }

    fn take(&mut self, budget: usize, arrive: usize) {
        if self.link == Link::Down {
            return;
        }
        let frames = self.take_frames(budget);
        for frame in frames.iter().take(arrive) {
            self.arrive(frame);
        }
        if arrive < frames.len() {
            self.lose(false);
        }
    }

    fn arrive(&mut self, text: &str) {
        let whole: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let (connection, data) = (self.connections, whole["data"].to_string());
        match whole["type"].as_str().expect("a name") {
            "chat" => {
                let key = whole["key"].as_str().map(str::to_owned);
                let message = (whole["data"].as_u64().expect("a number"), key);
                if self.link == Link::Plain {
                    self.handled.push(message);
                } else {
                    assert_eq!(self.server.received(&connection, message, text.len()), Ok(true));
                }
            }
            name => match Control::decode(name, &data).expect("sound").expect("known") {
                Control::Ack(ack) => {
                    self.server.acknowledged(&connection, ack).expect("true");
                }
                Control::Gap(gap) => assert_eq!(self.server.gap(&connection, gap), Ok(true)),
                other => panic!("{other:?}"),
            },
        }
    }

    fn id(&self) -> Option<String> {
        Some(self.server.attached(&self.connections)?.id().to_owned())
    }

    fn handle(&mut self, id: &str, count: usize) {
        for _ in 0..count {
            let Some(received) = self.server.take(id) else { break };
            if let Received::Message { number, message: (message, key) } = received {
                let name = key.unwrap_or_else(|| format!("{id}:{number}"));
                self.handled.push((message, Some(name)));
            }
            self.server.handled(id);
        }
    }

    /// The server handles what it has, and ends every session.
    fn expire(&mut self) {
        self.lose(false);
        let ids: Vec<_> = self.server.iter().map(|session| session.id().to_owned()).collect();
        for id in ids {
            self.handle(&id, usize::MAX);
            self.server.end(&id).expect("it was there");
        }
    }

    fn acknowledge(&mut self) {
        if self.link != Link::Session {
            return;
        }
        if let Some(ack) = self.server.take_ack(&self.connections, false) {
            let Ack { n, .. } = ack;
            let acknowledged = self.outbox.control(Control::Ack(ack), self.now);
            assert!(acknowledged.is_ok(), "{n}");
        }
    }

    fn say(&mut self, count: u64) {
        let Some(id) = self.id() else { return };
        for number in 0..count {
            self.server.send(&id, number, 10, Class::Message).expect("room");
            assert!(self.server.next_frame(&self.connections).is_some());
        }
        assert_eq!(self.outbox.received(count, 10), Ok(()));
    }

    fn disconnect(&mut self) {
        self.expire();
        let lost = self.outbox.disconnected(false);
        self.record(&lost);
        self.link = Link::Down;
        assert_eq!(self.outbox.stats().in_flight, 0, "nothing is in doubt after the end");
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Push(size) => self.push(size),
            Step::Take(budget, arrive) => self.take(budget, arrive),
            Step::Handle(count) => {
                if let Some(id) = self.id() {
                    self.handle(&id, count);
                }
            }
            Step::Acknowledge => self.acknowledge(),
            Step::Say(count) => self.say(count),
            Step::Connect(answers) => self.connect(answers),
            Step::ConnectPlain => {
                self.lose(false);
                self.outbox.set_link(LinkState::Up);
                self.outbox.negotiate();
                let plain = self.outbox.plain(false);
                self.record(&plain.lost.unwrap_or_default());
                self.link = Link::Plain;
            }
            Step::Lose(too_large) => self.lose(too_large),
            Step::Expire => self.expire(),
            Step::Restart => {
                self.lose(false);
                self.server = server();
            }
            Step::Pass(millis) => {
                self.now += Duration::from_millis(millis);
                let expired = self.outbox.expire(self.now);
                self.dropped(&expired);
                self.outbox.time_out_flushes(self.now);
            }
            Step::Flush => {
                if let Ok(Some(flush)) = self.outbox.flush(self.now) {
                    self.flushes.push(flush);
                }
            }
            Step::Clear => {
                let (count, dropped) = self.outbox.clear();
                self.dropped(&dropped);
                assert_eq!(self.outbox.stats().queued, 0, "{count}");
            }
            Step::Disconnect => self.disconnect(),
            Step::Stop => {
                self.lose(false);
                let kept = self.outbox.stopped();
                let stats = self.outbox.stats();
                assert_eq!(kept, stats.queued + stats.in_flight);
            }
        }
    }

    /// What holds at every moment.
    fn check(&self) {
        let stats = self.outbox.stats();
        let Stats { accepted, queued, in_flight, confirmed, unconfirmed, .. } = stats;
        assert_eq!(
            accepted,
            queued + in_flight + confirmed + unconfirmed + stats.dropped(),
            "{stats:?}"
        );
        assert_eq!(self.reported, [stats.dropped(), unconfirmed], "dropped and unconfirmed");
        if self.link == Link::Down {
            assert!(queued + in_flight <= accepted);
        }
    }

    /// Delivers everything that can be delivered.
    fn finish(&mut self) {
        self.connect(true);
        while self.outbox.stats().queued + self.outbox.stats().in_flight > 0 {
            self.take(1_000, usize::MAX);
            let id = self.id().expect("attached");
            self.handle(&id, usize::MAX);
            self.acknowledge();
        }
        assert!(self.outbox.is_settled() || self.server.attached(&self.connections).is_some());
    }
}

/// Whether a step may leave a message in doubt.
fn doubts(step: &Step) -> bool {
    matches!(
        step,
        Step::ConnectPlain | Step::Restart | Step::Disconnect | Step::Lose(true) | Step::Stop
    )
}

proptest! {
    /// Whatever happens in whatever order: the counters add up, each message has one outcome and it is
    /// true, and while both sides keep their memory nothing is lost, doubled or in doubt.
    #[test]
    fn every_message_of_a_session_has_one_true_outcome(
        steps in prop::collection::vec(step(), 0..120),
        redeliver in any::<bool>(),
        overflow in prop::sample::select(vec![Overflow::Reject, Overflow::DropOldest]),
        ttl in any::<bool>(),
    ) {
        let mut world = World::new(outbox(|tuning| {
            tuning.queue = QueueLimits { messages: 8, bytes: 300 };
            tuning.overflow = overflow;
            tuning.sessions = crate::settings::Sessions::Prefer;
            tuning.unconfirmed = if redeliver { Unconfirmed::Redeliver } else { Unconfirmed::Report };
            tuning.message_ttl = ttl.then_some(Duration::from_secs(2));
        }));
        for step in &steps {
            world.step(step);
            world.check();
        }
        world.finish();
        world.check();
        let mut outcomes = BTreeMap::new();
        for (number, receipt) in &mut world.receipts {
            outcomes.insert(*number, receipt.outcome().expect("an outcome"));
        }
        let handled: BTreeSet<_> = world.handled.iter().map(|(number, _)| *number).collect();
        for (number, outcome) in &outcomes {
            match outcome {
                Delivery::Confirmed => prop_assert!(handled.contains(number), "{number}"),
                Delivery::Dropped(DropReason::Undeliverable) | Delivery::Unconfirmed => {}
                // One that is delivered again may have arrived before it is dropped.
                Delivery::Dropped(_) => {
                    prop_assert!(redeliver || !handled.contains(number), "{number}");
                }
                Delivery::Kept => prop_assert!(steps.iter().any(doubts), "{number}"),
                other => panic!("{other}"),
            }
        }
        // A session that was left for a plain connection may be handled after what went out on that.
        let was_plain = steps.iter().any(|step| matches!(step, Step::ConnectPlain));
        let mut names = BTreeMap::new();
        for (number, name) in &world.handled {
            let first = names.insert(*number, name.clone());
            prop_assert!(redeliver || first.is_none(), "{} twice", number);
            let is_same = first.is_none_or(|first| first == *name);
            prop_assert!(is_same || was_plain, "{} under two names", number);
        }
        if !redeliver && !was_plain {
            prop_assert!(world.handled.is_sorted_by(|one, next| one.0 < next.0));
        }
        if !steps.iter().any(doubts) {
            let stats = world.outbox.stats();
            prop_assert_eq!(stats.unconfirmed, 0);
            prop_assert_eq!(stats.confirmed, world.handled.len() as u64);
        }
    }
}

#[test]
fn a_flush_asks_again_only_after_an_answer() {
    let mut world = World::new(outbox(|tuning| {
        tuning.sessions = crate::settings::Sessions::Prefer;
    }));
    world.connect(true);
    let asks = |world: &mut World| {
        let frames = world.take_frames(1_000);
        for frame in &frames {
            world.arrive(frame);
        }
        frames.iter().filter(|frame| frame.contains(r#""ask":true"#)).count()
    };
    let pass = |world: &mut World| world.step(&Step::Pass(1_000));
    world.push(40);
    world.step(&Step::Flush);
    assert_eq!(asks(&mut world), 1);
    for _ in 0..5 {
        pass(&mut world);
        assert_eq!(asks(&mut world), 0, "the server is busy");
    }
    // It has handled nothing yet.
    world.acknowledge();
    assert_eq!(asks(&mut world), 1, "and may have by now");
    pass(&mut world);
    assert_eq!(asks(&mut world), 0);
    world.push(40);
    assert_eq!(asks(&mut world), 1, "about another message");
    let id = world.id().expect("attached");
    world.handle(&id, usize::MAX);
    world.acknowledge();
    pass(&mut world);
    assert_eq!(asks(&mut world), 0, "all is acknowledged");
    assert_eq!(world.outbox.stats().confirmed, 2);
}
