//! Calls in a session: each cell of the table of what happens when the connection or the session ends.

use tokio::{task::JoinHandle, time::sleep};
use wirebond_client::{CallError, Client, Ran, State};

use super::{open, server::Server};
use crate::support::{adds_up, millis, reaches, so_far};

type Outcome = Result<u64, CallError<String>>;

/// Where a call is when its connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Written,
    /// It is acknowledged, and its answer isn't here.
    Acknowledged,
}

/// What becomes of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Session {
    Resumed,
    /// It is gone, and the server knows how far it had handled.
    Expired,
    /// It is gone with the server's memory.
    Unknown,
}

/// Makes a call and ends its connection at a stage. Returns the call where it has its next connection.
async fn over(
    server: &Server,
    stage: Stage,
    session: Session,
    idempotent: bool,
) -> (Client, JoinHandle<Outcome>) {
    let (client, _events) = open(server, Vec::new()).await;
    server.state().handles = stage == Stage::Acknowledged;
    let call =
        if idempotent { client.call_idempotent("order", &1) } else { client.call("order", &1) };
    let call = tokio::spawn(call);
    sleep(millis(1)).await;
    if stage == Stage::Acknowledged {
        client.flush().await.unwrap();
    }
    assert_eq!(client.stats().in_flight, u64::from(stage == Stage::Written));
    match session {
        Session::Resumed => server.cut(),
        Session::Expired => server.expire(),
        Session::Unknown => server.restart(),
    }
    reaches(&client, State::Reconnecting { attempt: 1 }).await;
    server.state().handles = true;
    reaches(&client, State::Open).await;
    (client, call)
}

/// Answers the client's first call.
fn answer(server: &Server) {
    server.send(&[r#"{"type":"order.reply","re":1,"data":7}"#.to_owned()]);
}

async fn handled(server: &Server) -> Vec<(String, Option<String>)> {
    sleep(millis(10)).await;
    let handled = server.state().handled.clone();
    handled.into_iter().map(|one| (one.name, one.key)).collect()
}

fn order(key: Option<&str>) -> (String, Option<String>) {
    ("order".to_owned(), key.map(str::to_owned))
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_on_with_its_session_and_is_handled_once() {
    for (stage, idempotent) in [
        (Stage::Written, false),
        (Stage::Written, true),
        (Stage::Acknowledged, false),
        (Stage::Acknowledged, true),
    ] {
        let server = Server::new();
        let (client, call) = over(&server, stage, Session::Resumed, idempotent).await;
        assert_eq!(handled(&server).await, [order(None)], "{stage:?}");
        answer(&server);
        assert_eq!(call.await.unwrap().unwrap(), 7, "{stage:?}");
        adds_up(&client);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_a_cut_took_comes_again() {
    let server = Server::new();
    let (client, _events) = open(&server, Vec::new()).await;
    let call = tokio::spawn(client.call::<u64, String>("order", &1));
    sleep(millis(1)).await;
    server.cut();
    answer(&server);
    assert_eq!(call.await.unwrap().unwrap(), 7);
    assert_eq!(client.stats().sessions_resumed, 1);
}

/// `$error` and `$cancel` are numbered: a cut takes neither.
#[tokio::test(start_paused = true)]
async fn an_error_that_a_cut_took_comes_again() {
    let server = Server::new();
    let (client, _events) = open(&server, Vec::new()).await;
    let call = tokio::spawn(client.call::<u64, String>("order", &1));
    sleep(millis(1)).await;
    server.cut();
    server.send(&[r#"{"type":"$error","re":1,"data":{"code":"busy","message":""}}"#.to_owned()]);
    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Peer { .. }) && error.ran() == Ran::No, "{error}");
    assert_eq!((client.stats().sessions_resumed, client.stats().sessions_lost), (1, 0));
    client.flush().await.unwrap();
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_that_a_cut_took_is_sent_again_and_is_no_news_if_it_is_lost() {
    for is_lost in [false, true] {
        let server = Server::new();
        let (client, mut events) = open(&server, Vec::new()).await;
        let call = tokio::spawn(client.call::<u64, String>("order", &1));
        sleep(millis(1)).await;
        server.cut();
        reaches(&client, State::Reconnecting { attempt: 1 }).await;
        call.abort();
        sleep(millis(1)).await;
        if is_lost {
            server.restart();
        }
        client.send("after", &2).await.unwrap();
        reaches(&client, State::Open).await;
        client.flush().await.unwrap();
        let expected: &[_] =
            if is_lost { &["order", "after"] } else { &["order", "$cancel", "after"] };
        assert_eq!(server.names(), expected);
        adds_up(&client);
        let told = so_far(&mut events).await;
        assert!(!told.iter().any(|event| event.contains("$cancel")), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_surely_not_handled_is_sent_in_the_next_session() {
    for idempotent in [false, true] {
        let server = Server::new();
        let (client, call) = over(&server, Stage::Written, Session::Expired, idempotent).await;
        assert_eq!(handled(&server).await, [order(None)]);
        answer(&server);
        assert_eq!(call.await.unwrap().unwrap(), 7);
        adds_up(&client);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_in_doubt_is_unknown_unless_it_may_run_twice() {
    let server = Server::new();
    let (client, call) = over(&server, Stage::Written, Session::Unknown, false).await;
    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Unknown) && error.ran() == Ran::Maybe, "{error}");
    assert_eq!(handled(&server).await, []);
    adds_up(&client);

    let server = Server::new();
    let (client, call) = over(&server, Stage::Written, Session::Unknown, true).await;
    // By its first name, by which the server's application recognises it.
    assert_eq!(handled(&server).await, [order(Some("s1:1"))]);
    answer(&server);
    assert_eq!(call.await.unwrap().unwrap(), 7);
    adds_up(&client);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_handled_in_a_session_that_is_gone_has_lost_its_reply() {
    for session in [Session::Expired, Session::Unknown] {
        for idempotent in [false, true] {
            let server = Server::new();
            let (client, call) = over(&server, Stage::Acknowledged, session, idempotent).await;
            let error = call.await.unwrap().unwrap_err();
            assert!(matches!(error, CallError::ReplyLost), "{session:?} {idempotent}: {error}");
            assert_eq!(error.ran(), Ran::Yes);
            assert_eq!(handled(&server).await, [order(None)]);
            assert_eq!(client.stats().calls_in_flight, 0);
            adds_up(&client);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_never_written_stays_queued_whatever_becomes_of_the_session() {
    for session in [Session::Resumed, Session::Expired, Session::Unknown] {
        let server = Server::new();
        let (client, _events) = open(&server, Vec::new()).await;
        match session {
            Session::Resumed => server.cut(),
            Session::Expired => server.expire(),
            Session::Unknown => server.restart(),
        }
        reaches(&client, State::Reconnecting { attempt: 1 }).await;
        let call = tokio::spawn(client.call::<u64, String>("order", &1));
        reaches(&client, State::Open).await;
        assert_eq!(handled(&server).await, [order(None)], "{session:?}");
        answer(&server);
        assert_eq!(call.await.unwrap().unwrap(), 7, "{session:?}");
        adds_up(&client);
    }
}
