//! From a request to upgrade to an upgraded connection: who may have one, and where it runs.

use std::{future::poll_fn, net::SocketAddr, pin::pin, sync::Arc, task::Poll};

use wirebond_connection::transport::Io;

use crate::{
    connection::{self, Upgraded},
    core::{Core, Counters, Place, Refused},
    handler::caught,
    handshake::{self, Accepted},
    identity::Identity,
    log::Name,
    upgrade::{Request, Upgrade, UpgradeError},
};

/// Answers a request to upgrade; if it is accepted, the connection runs in a task of its own.
pub(super) fn accept(
    core: &Arc<Core>,
    upgrade: Upgrade,
    identity: Identity,
) -> Result<Accepted, UpgradeError> {
    let (request, stream) = upgrade.into_parts();
    match check(core, &request, &identity) {
        Ok((accepted, place)) => {
            let core = Arc::clone(core);
            let (subprotocol, has_session) = accepted.selected();
            tokio::spawn(async move {
                let mut aborted = core.aborted();
                let stream = tokio::time::timeout(core.settings.handshake_timeout, stream);
                let stream = tokio::select! {
                    stream = stream => stream.ok().flatten(),
                    _ = aborted.wait_for(|aborted| *aborted) => None,
                };
                if let Some((io, rest)) = stream {
                    let upgraded = Upgraded {
                        io,
                        rest,
                        identity,
                        subprotocol,
                        has_session,
                        place,
                        address: None,
                    };
                    connection::run_detached(core, upgraded).await;
                } else {
                    Counters::add(&core.counters.refused, 1);
                    handshake::log_refusal(&UpgradeError::Ended, None);
                }
            });
            Ok(accepted)
        }
        Err(error) => {
            Counters::add(&core.counters.refused, 1);
            handshake::log_refusal(&error, None);
            Err(error)
        }
    }
}

/// Whether a request to upgrade is accepted; then it has a place.
fn check(
    core: &Arc<Core>,
    request: &Request,
    identity: &Identity,
) -> Result<(Accepted, Place), UpgradeError> {
    let accepted = handshake::check(request, &core.settings).inspect_err(|error| {
        if *error == UpgradeError::Origin {
            handshake::warn_of_origin(&core.log, request);
        }
    })?;
    match core.take_place(identity) {
        Ok(place) => Ok((accepted, place)),
        Err(Refused::Stopped) => Err(UpgradeError::Unavailable),
        Err(Refused::Full) => {
            let what = "a connection was refused: there are as many as `max_peers` allows";
            core.log.warn(None, "full", what, Name::None);
            Err(UpgradeError::Unavailable)
        }
        Err(Refused::TooMany) => {
            let what =
                "a connection was refused: its user has as many as `max_peers_per_user` allows";
            core.log.warn(None, "full of user", what, Name::None);
            Err(UpgradeError::TooManyConnections)
        }
    }
}

/// Reads a request to upgrade and answers it.
pub(super) async fn upgrade<F, Fut>(
    core: &Arc<Core>,
    mut io: impl Io + 'static,
    address: Option<SocketAddr>,
    authenticate: F,
) -> Result<Upgraded, UpgradeError>
where
    F: FnOnce(Request) -> Fut,
    Fut: Future<Output = Result<Identity, UpgradeError>>,
{
    let limit = core.settings.handshake_timeout;
    let mut aborted = core.aborted();
    let checked = async {
        let (request, rest) = handshake::read(&mut io).await?;
        let identity = authenticated(core, || authenticate(request.clone())).await?;
        let (accepted, place) = check(core, &request, &identity)?;
        Ok((accepted, place, rest, identity))
    };
    let checked = tokio::time::timeout(limit, checked).await;
    let checked = checked.unwrap_or(Err(UpgradeError::Timeout));
    let answer = match &checked {
        Ok((accepted, ..)) => Ok(accepted.clone()),
        Err(error) => Err(error.clone()),
    };
    let answered = tokio::time::timeout(limit, handshake::write(&mut io, answer));
    let answered = tokio::select! {
        answered = answered => matches!(answered, Ok(Ok(()))),
        _ = aborted.wait_for(|aborted| *aborted) => false,
    };
    let checked =
        checked.and_then(|checked| answered.then_some(checked).ok_or(UpgradeError::Ended));
    if let Err(error) = &checked {
        Counters::add(&core.counters.refused, 1);
        handshake::log_refusal(error, address);
    }
    let (accepted, place, rest, identity) = checked?;
    let (subprotocol, has_session) = accepted.selected();
    let io = Box::new(io);
    Ok(Upgraded { io, rest, identity, subprotocol, has_session, place, address })
}

/// Authenticates a request. A panic of the user's code refuses it.
async fn authenticated<Fut>(
    core: &Core,
    authenticate: impl FnOnce() -> Fut,
) -> Result<Identity, UpgradeError>
where
    Fut: Future<Output = Result<Identity, UpgradeError>>,
{
    let panicked = |_| {
        let what = "the authentication of a request panicked; it is answered with 500";
        core.log.error(None, "authenticate", what);
        UpgradeError::Internal
    };
    let mut future = pin!(caught(authenticate).map_err(panicked)?);
    poll_fn(|cx| {
        caught(|| future.as_mut().poll(cx))
            .unwrap_or_else(|panic| Poll::Ready(Err(panicked(panic))))
    })
    .await
}
