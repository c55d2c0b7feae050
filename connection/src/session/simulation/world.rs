//! The two ends, the network between them, and what they report.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fastrand::Rng;

use super::{
    Off,
    facts::{Config, Got, Kind, Msg, Outcome, Status},
    network::{Conn, Network, Pipes},
};
use crate::session::{
    Client, Dropped, Limits, MessageId, Offer, Overflow, Received, ServerHello, Session, Sessions,
};

pub(super) type Node = Sessions<Conn, Msg, (Msg, String)>;
pub(super) type Kept = Session<Conn, Msg, (Msg, String)>;

pub(super) struct World {
    pub(super) rng: Rng,
    pub(super) config: Config,
    pub(super) off: Off,
    pub(super) cuts: u64,
    pub(super) ids: u64,
    pub(super) conns: Conn,
    pub(super) network: Network,
    /// The connections that the client still has open.
    pub(super) client_side: BTreeSet<Conn>,
    /// Those that a server still has open, and which server's they are.
    pub(super) server_side: BTreeMap<Conn, usize>,
    pub(super) client_conn: Option<Conn>,
    pub(super) client: Client<Msg>,
    pub(super) nodes: Vec<Node>,
    pub(super) offers: HashMap<Conn, String>,
    pub(super) last_id: [u64; 2],
    pub(super) client_status: BTreeMap<u64, Status>,
    pub(super) server_status: BTreeMap<u64, Status>,
    /// What each session's sender has numbered.
    pub(super) client_numbered: HashMap<String, Vec<Option<u64>>>,
    pub(super) server_numbered: HashMap<String, Vec<Option<u64>>>,
    /// What each session's receiver has got.
    pub(super) server_log: HashMap<String, Vec<Got>>,
    pub(super) client_log: HashMap<String, Vec<Got>>,
    /// Messages handled by servers, each with its id for life.
    pub(super) effects: Vec<(u64, String)>,
    pub(super) ran: HashMap<u64, u64>,
    pub(super) calls: BTreeMap<u64, Outcome>,
    pub(super) kinds: HashMap<u64, Kind>,
    /// The client's sessions in order, and how often a new one was reported to it.
    pub(super) client_sessions: Vec<String>,
    pub(super) news: u64,
    /// Whether something happened that excuses a loss.
    pub(super) excused: bool,
    pub(super) overflowed: bool,
    pub(super) snapshots: Vec<Vec<Kept>>,
}

impl World {
    pub(super) fn new(seed: u64, config: Config, off: Off) -> Self {
        let overflow = if config.drop_oldest { Overflow::DropOldest } else { Overflow::Refuse };
        let limits = Limits { messages: config.client_limit, bytes: usize::MAX };
        let nodes = (0..config.nodes).map(|_| Self::node(config)).collect();
        Self {
            rng: Rng::with_seed(seed),
            config,
            off,
            cuts: 0,
            ids: 0,
            conns: 0,
            network: Network::new(),
            client_side: BTreeSet::new(),
            server_side: BTreeMap::new(),
            client_conn: None,
            client: Client::new(limits, overflow, config.redeliver),
            nodes,
            offers: HashMap::new(),
            last_id: [0; 2],
            client_status: BTreeMap::new(),
            server_status: BTreeMap::new(),
            client_numbered: HashMap::new(),
            server_numbered: HashMap::new(),
            server_log: HashMap::new(),
            client_log: HashMap::new(),
            effects: Vec::new(),
            ran: HashMap::new(),
            calls: BTreeMap::new(),
            kinds: HashMap::new(),
            client_sessions: Vec::new(),
            news: 0,
            excused: false,
            overflowed: false,
            snapshots: vec![Vec::new(); config.nodes],
        }
    }

    pub(super) fn node(config: Config) -> Node {
        let overflow = if config.drop_oldest { Overflow::DropOldest } else { Overflow::Refuse };
        Sessions::new(Limits { messages: config.server_limit, bytes: usize::MAX }, overflow)
    }

    // --- what the ends report

    pub(super) fn client_is(&mut self, id: u64, status: Status) -> Result<(), String> {
        let old = self.client_status.insert(id, status);
        if old != Some(Status::Pending) {
            return Err(format!("C3 client message {id}: {old:?}, then {status:?}"));
        }
        self.overflowed |= status == Status::Dropped;
        if let Some(call) = self.calls.get_mut(&id).filter(|call| **call == Outcome::Pending) {
            match status {
                Status::Unconfirmed => *call = Outcome::Unknown,
                Status::Dropped => *call = Outcome::NotSent,
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn server_is(&mut self, id: u64, status: Status) -> Result<(), String> {
        let old = self.server_status.insert(id, status);
        if old != Some(Status::Pending) {
            return Err(format!("C3 server message {id}: {old:?}, then {status:?}"));
        }
        self.overflowed |= status == Status::Dropped;
        Ok(())
    }

    pub(super) fn client_dropped(&mut self, dropped: Vec<Dropped<Msg>>) -> Result<(), String> {
        dropped
            .into_iter()
            .try_for_each(|one| self.client_is(one.message.id, fate(one.was_written)))
    }

    pub(super) fn server_dropped(&mut self, dropped: Vec<Dropped<Msg>>) -> Result<(), String> {
        dropped
            .into_iter()
            .try_for_each(|one| self.server_is(one.message.id, fate(one.was_written)))
    }

    pub(super) fn client_send(&mut self) -> Result<(), String> {
        self.last_id[0] += 1;
        let id = self.last_id[0];
        let kind = match self.rng.u8(..100) {
            0..65 => Kind::Plain,
            65..70 => Kind::Cancel,
            70..85 => Kind::Call,
            _ => Kind::Idempotent,
        };
        self.kinds.insert(id, kind);
        if matches!(kind, Kind::Call | Kind::Idempotent) {
            self.calls.insert(id, Outcome::Pending);
        }
        let message = Msg { id, kind };
        let Ok(dropped) = self.client.send(message, 10, message.class()) else {
            self.client_status.insert(id, Status::Refused);
            if let Some(call) = self.calls.get_mut(&id) {
                *call = Outcome::Refused;
            }
            return Ok(());
        };
        self.client_status.insert(id, Status::Pending);
        if let Some(session) = self.client.id() {
            self.client_numbered.entry(session.to_owned()).or_default().push(Some(id));
        }
        self.client_dropped(dropped)
    }

    pub(super) fn server_send(
        &mut self,
        node: usize,
        session: &str,
        kind: Kind,
    ) -> Result<(), String> {
        self.last_id[1] += 1;
        let message = Msg { id: self.last_id[1], kind };
        let Ok(dropped) = self.nodes[node].send(session, message, 10, message.class()) else {
            self.server_status.insert(message.id, Status::Refused);
            return Ok(());
        };
        self.server_status.insert(message.id, Status::Pending);
        let numbered = self.server_numbered.entry(session.to_owned()).or_default();
        numbered.push(Some(message.id));
        self.server_dropped(dropped)
    }

    /// A session's connect handler runs.
    pub(super) fn session_began(&mut self, session: &str) {
        self.server_log.insert(session.to_owned(), Vec::new());
        self.server_numbered.entry(session.to_owned()).or_default();
    }

    /// Handles the oldest received message of a session; returns whether there was one.
    pub(super) fn handle(&mut self, node: usize, session: &str) -> Result<bool, String> {
        let Some(received) = self.nodes[node].take(session) else { return Ok(false) };
        match received {
            Received::Gap { n, .. } => {
                self.server_log.entry(session.to_owned()).or_default().push(Got::Gap(n));
            }
            Received::Message { number, message: (message, key) } => {
                self.run(node, session, number, message, key)?;
            }
        }
        self.nodes[node].handled(session);
        Ok(true)
    }

    /// A message that arrives while none waits is handled at once.
    pub(super) fn handle_now(
        &mut self,
        node: usize,
        conn: Conn,
        message: Msg,
        key: String,
    ) -> Result<(), String> {
        let session = self.nodes[node].attached(&conn).ok_or("it was attached")?;
        let (id, number) = (session.id().to_owned(), session.handling().unwrap_or_default());
        self.run(node, &id, number, message, key)?;
        self.nodes[node].handled(&id);
        Ok(())
    }

    fn run(
        &mut self,
        node: usize,
        session: &str,
        number: u64,
        message: Msg,
        key: String,
    ) -> Result<(), String> {
        self.server_log.entry(session.to_owned()).or_default().push(Got::Message(message.id));
        let own = || MessageId { session: session.to_owned(), number }.to_string();
        self.effects.push((message.id, if key.is_empty() { own() } else { key }));
        *self.ran.entry(message.id).or_default() += 1;
        if matches!(message.kind, Kind::Call | Kind::Idempotent) {
            self.server_send(node, session, Kind::Reply(message.id))?;
        }
        Ok(())
    }

    pub(super) fn handle_all(&mut self, node: usize, session: &str) -> Result<(), String> {
        while self.handle(node, session)? {}
        Ok(())
    }

    pub(super) fn end(&mut self, node: usize, session: &str) -> Result<(), String> {
        self.handle_all(node, session)?;
        let Some(ended) = self.nodes[node].end(session) else { return Ok(()) };
        for (message, written) in ended.undelivered {
            self.server_is(message.id, fate(written))?;
        }
        Ok(())
    }

    // --- the network

    pub(super) fn put_to_server(&mut self, conn: Conn, frame: &str) {
        if self.client_side.contains(&conn) {
            self.network.entry(conn).or_default().to_server.put(frame);
        }
    }

    pub(super) fn put_to_client(&mut self, conn: Conn, frame: &str) {
        if self.server_side.contains_key(&conn) {
            let pipe = &mut self.network.entry(conn).or_default().to_client;
            if !pipe.ended {
                pipe.put(frame);
            }
        }
    }

    pub(super) fn client_closes(&mut self, conn: Conn) {
        self.client_side.remove(&conn);
        if self.client_conn == Some(conn) {
            self.client_conn = None;
            self.client.disconnected();
        }
    }

    /// What is under way still arrives at the client.
    pub(super) fn server_closes(&mut self, conn: Conn) {
        self.server_side.remove(&conn);
        self.network.entry(conn).or_default().to_client.ended = true;
    }

    pub(super) fn server_gives_up(&mut self, conn: Conn) {
        if let Some(node) = self.server_side.get(&conn).copied() {
            self.server_closes(conn);
            self.nodes[node].let_go(&conn);
        }
    }

    pub(super) fn dial(&mut self) {
        self.conns += 1;
        self.ids += 1;
        let (conn, node) = (self.conns, self.rng.usize(..self.nodes.len()));
        self.network.insert(conn, Pipes::default());
        self.client_side.insert(conn);
        self.server_side.insert(conn, node);
        self.client_conn = Some(conn);
        self.client.connected();
        let session =
            Offer { id: format!("s{}", self.ids), key: format!("k{}", self.ids), keep: 1 };
        self.nodes[node].accept(conn, &session, "ada".into());
        self.offers.insert(conn, session.id.clone());
        let limits = Limits { messages: self.config.server_limit, bytes: 4_000 };
        let hello = ServerHello::new("b", session, limits, 8);
        self.put_to_client(conn, &hello.encode());
    }

    pub(super) fn deliver(
        &mut self,
        conn: Conn,
        is_to_server: bool,
        whole: bool,
    ) -> Result<(), String> {
        let pipes = self.network.entry(conn).or_default();
        let pipe = if is_to_server { &mut pipes.to_server } else { &mut pipes.to_client };
        if pipe.data.is_empty() {
            return Ok(());
        }
        let size = if whole || self.rng.f64() < 0.6 {
            pipe.data.len()
        } else {
            self.rng.usize(1..=pipe.data.len())
        };
        for frame in pipe.arrive(size) {
            let rest = frame.strip_prefix(r#"{"type":""#).expect("an envelope");
            let (name, rest) = rest.split_once('"').expect("a name");
            let data = rest.strip_prefix(r#","data":"#).and_then(|rest| rest.strip_suffix('}'));
            let data = data.expect("data");
            if is_to_server {
                let Some(node) = self.server_side.get(&conn).copied() else { return Ok(()) };
                self.server_reads(node, conn, name, data)?;
            } else {
                self.client_reads(conn, name, data)?;
                self.note_session();
            }
        }
        Ok(())
    }

    /// Notes what a session that has just begun has numbered already.
    pub(super) fn note_session(&mut self) {
        let Some(session) = self.client.id() else { return };
        if !self.client_numbered.contains_key(session) {
            let session = session.to_owned();
            let places = self.client.outgoing().places();
            let numbered =
                places.into_iter().map(|place| place.map(|message| message.id)).collect();
            self.client_numbered.insert(session.clone(), numbered);
            self.client_sessions.push(session);
        }
    }
}

fn fate(was_written: bool) -> Status {
    if was_written { Status::Unconfirmed } else { Status::Dropped }
}
