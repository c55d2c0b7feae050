//! A client with an older contract learns from its server what that means, before it sends anything.

use std::time::Duration;

use tokio::{net::TcpListener, time::timeout};
use wirebond::{
    Contract, ContractNotice, ContractVerdict, Event, Events, Sessions,
    schema::{Document, History},
    server::{self, ContractPolicy, Contracts, Disconnect, Identity},
};

const LONG: Duration = Duration::from_secs(20);

mod old {
    use wirebond::Contract;

    #[derive(Debug, Contract)]
    #[contract(version = "1.0.0", name = "App")]
    pub(super) enum App {
        Chat(String),
        #[message(from = "client")]
        Leave,
        #[message(from = "server")]
        Count(u32),
    }
}

#[derive(Debug, Contract)]
#[contract(version = "2.0.0", name = "App", server, history = "tests/contract/exchange")]
enum App {
    Chat(String),
    #[message(from = "server")]
    Count(u64),
}

/// A server with these contracts, and its address.
async fn serve(contracts: Contracts) -> (AppServer, String) {
    serve_with(AppServer::builder().settings(|server| server.contracts(contracts))).await
}

async fn serve_with(builder: AppServerBuilder) -> (AppServer, String) {
    let server = builder
        .settings(|server| server.sessions(server::Sessions::default()))
        .on_chat(|peer, line| peer.try_send_chat(&line))
        .build()
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let serving = server.clone();
    tokio::spawn(async move {
        serving.untyped().serve(listener, |_request| async { Ok(Identity::anonymous()) }).await;
    });
    (server, url)
}

/// The first of its events that this accepts.
async fn first<T>(events: &mut Events, accept: impl Fn(Event) -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = accept(events.next().await.unwrap()) {
                return found;
            }
        }
    };
    timeout(LONG, found).await.expect("the event comes")
}

fn notice(event: Event) -> Option<ContractNotice> {
    if let Event::Contract(notice) = event { Some(notice) } else { None }
}

fn released() -> History {
    let text = old::App::contract().unwrap().to_json();
    History::of(&App::contract().unwrap(), &[Document::parse(&text).unwrap()])
}

#[tokio::test]
async fn an_old_client_learns_what_is_gone_before_it_sends() {
    let (server, url) = serve(server::contracts(released())).await;
    let client = old::AppClient::builder(url.as_str());
    let client = client.sessions(Sessions::Require).build().unwrap();
    let mut events = client.events();
    client.connect().await.unwrap();
    let notice = first(&mut events, notice).await;
    assert_eq!((notice.version.as_str(), notice.verdict), ("2.0.0", ContractVerdict::Breaking));
    assert_eq!(notice.refused, ["leave"]);
    assert_eq!(notice.unreadable, ["count"]);
    assert_eq!(server.untyped().stats().sessions.other_contracts, 1);
    client.disconnect().await;
}

#[tokio::test]
async fn one_contract_or_no_fingerprint_is_told_nothing_and_another_one_that_it_is_unknown() {
    let (server, url) = serve(server::contracts(released())).await;
    let own = App::contract().unwrap().identity();
    for (identity, is_told) in [
        (None, false),
        (Some(own.clone()), false),
        // Another version, the same messages.
        (Some(own.replace("2.0.0", "2.0.1")), false),
        (Some("2.0.0".to_owned()), false),
        (Some(String::new()), false),
        (Some("3.0.0 AAAAAAAAAAAAAAAAAAAAAA".to_owned()), true),
    ] {
        let mut builder = AppClient::builder(url.as_str()).sessions(Sessions::Require);
        if let Some(identity) = &identity {
            builder = builder.contract(identity);
        }
        let client = builder.build().unwrap();
        let mut events = client.events();
        client.connect().await.unwrap();
        client.send_chat(&"hello".to_owned()).await.unwrap();
        timeout(LONG, client.flush()).await.unwrap().unwrap();
        client.disconnect().await;
        let mut notices = Vec::new();
        while let Ok(Some(event)) = timeout(LONG, events.next()).await {
            let is_end = matches!(event, Event::Close(_));
            notices.extend(notice(event));
            if is_end {
                break;
            }
        }
        let verdicts: Vec<_> = notices.iter().map(|notice| notice.verdict).collect();
        let expected = if is_told { vec![ContractVerdict::Unknown] } else { vec![] };
        assert_eq!(verdicts, expected, "{identity:?}");
        // The messages are the same in fact.
        assert!(notices.iter().all(|one| one.unreadable.is_empty() && one.refused.is_empty()));
    }
    assert_eq!(server.untyped().stats().sessions.other_contracts, 1);
}

#[tokio::test]
async fn a_client_whose_contract_the_server_does_not_know_learns_which_messages_differ() {
    let (_server, url) = serve(server::contracts(History::of(&App::contract().unwrap(), []))).await;
    let client = old::AppClient::builder(url.as_str());
    let client = client.sessions(Sessions::Require).build().unwrap();
    let mut events = client.events();
    client.connect().await.unwrap();
    let notice = first(&mut events, notice).await;
    assert_eq!(notice.verdict, ContractVerdict::Unknown);
    // `chat` is the same; `count` has another type; the server has no `leave`.
    assert_eq!((notice.unreadable, notice.refused), (vec!["count".into()], vec!["leave".into()]));
    client.disconnect().await;
}

#[test]
fn the_older_contract_is_the_committed_one() {
    let text = old::App::contract().unwrap().to_json();
    let file = "tests/contract/exchange/1.0.0.22HJhDaAvJKXkfrmEzR0RA.json";
    if std::env::var_os("WIREBOND_UPDATE").is_some() {
        std::fs::write(file, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap().replace("\r\n", "\n"), text);
}

#[tokio::test]
async fn a_server_has_the_contracts_of_its_history_embedded() {
    let (server, url) = serve_with(AppServer::builder()).await;
    let client = old::AppClient::builder(url.as_str());
    let client = client.sessions(Sessions::Require).build().unwrap();
    let mut events = client.events();
    client.connect().await.unwrap();
    let notice = first(&mut events, notice).await;
    assert_eq!((notice.verdict, notice.refused), (ContractVerdict::Breaking, vec!["leave".into()]));
    assert_eq!(server.untyped().stats().sessions.other_contracts, 1);
    client.disconnect().await;
}

/// `Skip`: what a client can't read isn't sent to it, and is reported by name.
#[tokio::test]
async fn messages_that_a_client_cannot_read_are_skipped_and_counted() {
    let (ended, mut ends) = tokio::sync::mpsc::unbounded_channel();
    let builder = AppServer::builder()
        .settings(|server| server.contract_policy(ContractPolicy::Skip))
        .connected(|peer: AppPeer| peer.try_send_count(&1))
        .disconnected(move |_: AppPeer, end: Disconnect| {
            ended.send((end.skipped, end.undelivered)).unwrap();
        });
    let (server, url) = serve_with(builder).await;
    let old = old::AppClient::builder(url.as_str());
    let old = old.sessions(Sessions::Require).build().unwrap();
    let new = AppClient::builder(url.as_str()).sessions(Sessions::Require).build().unwrap();
    let (mut counts, mut lines) = (new.stream_count(), old.stream_chat());
    old.on_count(|_| panic!("it can't be read"));
    old.on_error(|error| panic!("{error}"));
    for client in [old.untyped(), new.untyped()] {
        client.connect().await.unwrap();
    }
    assert_eq!(timeout(LONG, counts.next()).await.unwrap().unwrap().data, 1);
    let sent = server.everyone().send_count(&2).unwrap();
    assert_eq!((sent.local, sent.skipped), (1, 1));
    assert_eq!(timeout(LONG, counts.next()).await.unwrap().unwrap().data, 2);
    let sent = server.everyone().send_chat(&"hello".to_owned()).unwrap();
    assert_eq!((sent.local, sent.skipped), (2, 0));
    assert_eq!(timeout(LONG, lines.next()).await.unwrap().unwrap().data, "hello");
    old.disconnect().await;
    let end = timeout(LONG, ends.recv()).await.unwrap().unwrap();
    assert_eq!(end, (vec![("count".to_owned(), 2)], vec![]));
    assert_eq!(server.untyped().stats().sessions.skipped, 2);
    new.disconnect().await;
    let end = timeout(LONG, ends.recv()).await.unwrap().unwrap();
    assert_eq!(end, (vec![], vec![]));
}

#[tokio::test]
async fn an_untyped_client_says_nothing_of_its_contract() {
    let (server, url) = serve(server::contracts(released())).await;
    let client = wirebond::Client::builder(url.as_str());
    let client = client.sessions(Sessions::Require).build().unwrap();
    client.connect().await.unwrap();
    client.send("chat", "hello").await.unwrap();
    timeout(LONG, client.flush()).await.unwrap().unwrap();
    assert_eq!(server.untyped().stats().sessions.other_contracts, 0);
    client.disconnect().await;
}

#[tokio::test]
async fn a_contract_that_is_refused_stops_the_client() {
    let policies = [
        AppServer::builder()
            .settings(|server| server.contracts(server::contracts(released()).refuse_breaking())),
        AppServer::builder().settings(|server| server.contract_policy(ContractPolicy::Refuse)),
    ];
    for builder in policies {
        let (_server, url) = serve_with(builder).await;
        is_refused(&url).await;
    }
}

async fn is_refused(url: &str) {
    let client = old::AppClient::builder(url);
    let client = client.sessions(Sessions::Prefer).build().unwrap();
    let mut events = client.events();
    let _ = timeout(LONG, client.connect()).await.expect("it ends");
    // In time to ask for a reload.
    let said = timeout(LONG, first(&mut events, notice)).await.expect("the notice");
    assert_eq!(
        (said.verdict, &*said.refused),
        (ContractVerdict::Breaking, &["leave".to_owned()][..])
    );
    let code = first(&mut events, |event| match event {
        Event::Close(info) => Some(info.code),
        _ => None,
    });
    assert_eq!(code.await, 4506);
    let state = timeout(LONG, async {
        let mut states = client.watch_state();
        states.wait_for(|state| *state == wirebond::State::Closed).await.map(|state| *state)
    });
    assert!(state.await.is_ok_and(|state| state.is_ok()), "it does not come back");
}
