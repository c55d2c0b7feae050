//! Every call ends, in every state and however the client ends.

use tokio::time::timeout;
use wirebond_client::{CallError, Ran, SendErrorKind, State};

use super::order;
use crate::{
    states::{Stand, standing},
    support::{adds_up, secs},
};

/// What ends a client.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Timeout,
    Disconnect,
    Dropped,
}

#[tokio::test(start_paused = true)]
async fn every_call_ends_in_every_state_and_by_every_ending() {
    for stand in Stand::ALL {
        for ending in [Ending::Timeout, Ending::Disconnect, Ending::Dropped] {
            let stage = standing(stand, |builder| builder.queue_messages(64)).await;
            let client = stage.client.clone();
            let call = tokio::spawn(order(&client));
            tokio::task::yield_now().await;
            if matches!(ending, Ending::Disconnect) {
                client.disconnect().await;
            }
            let at = format!("{stand:?} {ending:?}");
            let client = if matches!(ending, Ending::Dropped) {
                drop((stage, client));
                None
            } else {
                Some((client, stage))
            };
            let outcome = timeout(secs(31), call).await.unwrap_or_else(|_| panic!("{at}"));
            let error = outcome.unwrap().expect_err(&at);
            let refused =
                |kind| matches!(&error, CallError::NotSent(error) if *error.kind() == kind);
            let is_open = matches!(stand, Stand::Open | Stand::OpenSilent);
            match (stand.state(), ending) {
                (State::Closed | State::Failed, _) => {
                    assert!(refused(SendErrorKind::Stopped), "{at}: {error}");
                }
                (State::Closing, _) => assert!(refused(SendErrorKind::Closed), "{at}: {error}"),
                (_, Ending::Timeout) => {
                    let ran = if is_open { Ran::Maybe } else { Ran::No };
                    assert!(matches!(error, CallError::Timeout { .. }), "{at}: {error}");
                    // An attempt that hangs fails after a while, and the client with it.
                    assert_eq!(error.ran(), ran, "{at}");
                }
                (_, Ending::Disconnect | Ending::Dropped) if is_open => {
                    assert!(matches!(error, CallError::Unknown), "{at}: {error}");
                }
                (_, Ending::Disconnect | Ending::Dropped) => {
                    assert!(matches!(error, CallError::Closed), "{at}: {error}");
                }
            }
            if let Some((client, _stage)) = client {
                adds_up(&client);
                assert_eq!(client.stats().calls_in_flight, 0, "{at}");
            }
        }
    }
}
