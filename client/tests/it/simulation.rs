//! A simulated network with hosts of its own: restarts, packets that are held, cuts, names that
//! aren't found. Each seed gives another order of events, which is the same in every run.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use turmoil::{Builder, Sim, net::TcpListener, net::TcpStream};
use wirebond_client::{Backoff, Client, Event, State, Unconfirmed};

use crate::support::{Wire, adds_up, millis, secs};

const PORT: u16 = 9_001;

type Received = Arc<Mutex<Vec<u64>>>;

/// A server that records what arrives; it forgets its connections when it is bounced.
async fn serve(received: Received) -> turmoil::Result {
    let listener = TcpListener::bind((IpAddr::from(Ipv4Addr::UNSPECIFIED), PORT)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let received = Arc::clone(&received);
        tokio::spawn(async move {
            let mut wire = Wire { stream };
            if !wire.try_upgrade().await {
                return;
            }
            while let Some(frame) = wire.read_frame().await {
                match frame.opcode {
                    8 => return wire.frame(8, &frame.payload).await,
                    9 => wire.frame(10, &frame.payload).await,
                    _ if frame.is_beat() => {}
                    _ => received
                        .lock()
                        .unwrap()
                        .push(crate::support::name(frame.text()).parse().unwrap()),
                }
            }
        });
    }
}

fn client(host: &'static str, unconfirmed: Unconfirmed) -> Client {
    Client::builder(format!("ws://{host}:{PORT}/"))
        .connector(|endpoint| async move {
            TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await
        })
        .reconnect_interval(millis(200))
        .backoff(Backoff::Exponential { max: secs(2) })
        .max_reconnect_attempts(None)
        .connect_timeout(secs(1))
        .heartbeat_interval(secs(2))
        .heartbeat_timeout(secs(1))
        .confirm_interval(millis(200))
        .unconfirmed(unconfirmed)
        .queue_messages(10_000)
        .queue_bytes(1 << 20)
        .build()
        .unwrap()
}

/// How many messages a client sends in a minute.
const MESSAGES: u64 = 4_000;

async fn send_all(client: &Client) {
    while client.connect().await.is_err() {}
    for number in 0..MESSAGES {
        client.send(&number.to_string(), &()).await.unwrap();
        tokio::time::sleep(millis(10)).await;
        adds_up(client);
    }
}

async fn confirm_all(client: &Client, seed: u64) {
    // The network works again; the client may have to give up an old connection first.
    let mut tries = 0;
    while client.flush().await.is_err() {
        tries += 1;
        assert!(tries < 5, "seed {seed}: nothing is confirmed");
        client.watch_state().wait_for(|state| *state == State::Open).await.unwrap();
    }
}

/// Runs a minute with the given faults; a message goes out every 10 ms.
fn minute(seed: u64, unconfirmed: Unconfirmed, mut fault: impl FnMut(&mut Sim<'_>, u64)) {
    let mut sim = Builder::new()
        .rng_seed(seed)
        .enable_random_order()
        .simulation_duration(secs(300))
        .min_message_latency(millis(1))
        .max_message_latency(millis(40))
        .build();
    let received = Received::default();
    let serving = Arc::clone(&received);
    sim.host("server", move || serve(Arc::clone(&serving)));
    let done = Arc::new(AtomicBool::new(false));
    let (finished, arrived) = (Arc::clone(&done), Arc::clone(&received));
    sim.client("client", async move {
        let client = client("server", unconfirmed);
        let mut events = client.events();
        let reports = tokio::spawn(async move {
            let mut reported = BTreeSet::new();
            while let Some(event) = events.next().await {
                if let Event::Unconfirmed { name, .. } = event {
                    reported.insert(name.parse::<u64>().unwrap());
                }
            }
            reported
        });
        send_all(&client).await;
        finished.store(true, Ordering::SeqCst);
        confirm_all(&client, seed).await;
        client.disconnect().await;
        drop(client);
        let reported = reports.await.unwrap();
        let received: Vec<u64> = arrived.lock().unwrap().clone();
        let arrived: BTreeSet<u64> = received.iter().copied().collect();
        for number in 0..MESSAGES {
            assert!(
                arrived.contains(&number) || reported.contains(&number),
                "seed {seed}: {number} was lost unreported"
            );
        }
        match unconfirmed {
            Unconfirmed::Redeliver => assert_eq!(arrived.len() as u64, MESSAGES, "seed {seed}"),
            Unconfirmed::Report => {
                assert_eq!(arrived.len(), received.len(), "seed {seed}: some arrived twice");
            }
            other => panic!("no run is made with {other:?}"),
        }
        Ok(())
    });
    let mut tick = 0;
    while !sim.step().unwrap() {
        tick += 1;
        if done.load(Ordering::SeqCst) {
            sim.repair("client", "server");
            sim.release("client", "server");
        } else {
            fault(&mut sim, tick);
        }
    }
}

/// One step of the simulation is a millisecond.
const SECOND: u64 = 1_000;

#[test]
fn a_server_that_restarts() {
    for seed in 0..4 {
        minute(seed, Unconfirmed::Report, |sim, tick| {
            if tick % (7 * SECOND) == 3 * SECOND {
                sim.bounce("server");
            }
        });
    }
}

#[test]
fn a_server_that_restarts_while_messages_are_delivered_again() {
    for seed in 10..12 {
        minute(seed, Unconfirmed::Redeliver, |sim, tick| {
            if tick % (5 * SECOND) == 2 * SECOND {
                sim.bounce("server");
            }
        });
    }
}

#[test]
fn a_network_that_holds_packets_back() {
    for seed in 20..23 {
        minute(seed, Unconfirmed::Report, |sim, tick| match tick % (10 * SECOND) {
            2_000 => sim.hold("client", "server"),
            // Shorter than the heartbeat timeout in half of the cases.
            at if at == if seed % 2 == 0 { 2_800 } else { 6_500 } => {
                sim.release("client", "server");
            }
            _ => {}
        });
    }
}

#[test]
fn a_network_that_drops_everything_for_a_while() {
    for seed in 30..33 {
        minute(seed, Unconfirmed::Report, |sim, tick| match tick % (12 * SECOND) {
            4_000 => sim.partition("client", "server"),
            9_000 => sim.repair("client", "server"),
            _ => {}
        });
    }
}

#[test]
fn case_01_a_name_that_is_not_found_until_it_is() {
    let mut sim = Builder::new().simulation_duration(secs(60)).build();
    let known = Arc::new(AtomicBool::new(false));
    let received = Received::default();
    sim.host("server", move || serve(Arc::clone(&received)));
    sim.client("client", async move {
        let resolver = Arc::clone(&known);
        let client = Client::builder(format!("ws://server:{PORT}/"))
            .connector(move |endpoint| {
                let known = resolver.load(Ordering::SeqCst);
                async move {
                    if !known {
                        return Err(std::io::Error::other("the name is not known"));
                    }
                    TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await
                }
            })
            .retry_first_connect(true)
            .reconnect_interval(millis(500))
            .max_reconnect_attempts(20)
            .build()
            .unwrap();
        let later = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(3)).await;
            known.store(true, Ordering::SeqCst);
        });
        client.connect().await.expect("the name is known by now");
        later.await.unwrap();
        client.disconnect().await;
        Ok(())
    });
    sim.run().unwrap();
}
