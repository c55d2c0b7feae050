//! A client with an older contract learns from its server what that means, before it sends anything.

use std::time::Duration;

use tokio::{net::TcpListener, time::timeout};
use wirebond::{
    Contract, ContractNotice, ContractVerdict, Event, Events, Sessions,
    schema::{Document, History},
    server::{self, Contracts, Identity},
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
#[contract(version = "2.0.0", name = "App", server)]
enum App {
    Chat(String),
    #[message(from = "server")]
    Count(u64),
}

/// A server with these contracts, and its address.
async fn serve(contracts: Contracts) -> (AppServer, String) {
    let sessions = server::Sessions::default();
    let server = AppServer::builder()
        .settings(move |server| server.sessions(sessions).contracts(contracts))
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
    let (_server, url) = serve(server::contracts(released()).refuse_breaking()).await;
    let client = old::AppClient::builder(url.as_str());
    let client = client.sessions(Sessions::Prefer).build().unwrap();
    let mut events = client.events();
    let _ = timeout(LONG, client.connect()).await.expect("it ends");
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
