//! A TCP connection to a host that may have several addresses (RFC 8305, "Happy Eyeballs"): they are
//! tried in turn, a little apart, so that a dead one delays the attempt by a quarter of a second only.

use std::{fmt, future::poll_fn, io, net::SocketAddr, pin::Pin, task::Poll, time::Duration};

use tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, sleep_until},
};

/// How long one address has before the next is tried beside it (RFC 8305, section 5, "Connection Attempt
/// Delay").
const DELAY: Duration = Duration::from_millis(250);
/// The shortest such time (RFC 8305, section 5).
const SHORTEST_DELAY: Duration = Duration::from_millis(10);
/// How many addresses are tried.
const MOST: usize = 32;

/// Resolves the name and connects to the first address that answers. `timeout` is the time for all
/// of it, which the caller enforces: if it is short, the addresses follow each other faster.
pub(crate) async fn connect(host: &str, port: u16, timeout: Duration) -> io::Result<TcpStream> {
    let addresses = interleave(lookup_host((host, port)).await?);
    let shares = u32::try_from(addresses.len()).unwrap_or(u32::MAX).saturating_add(1);
    let delay = (timeout / shares).clamp(SHORTEST_DELAY, DELAY);
    let stream = race(addresses, delay, TcpStream::connect).await?;
    // With Nagle's algorithm two small writes before a read cost 40 ms; all that waits is written at
    // once anyway.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Each address once, the families in turn, beginning with the one that the resolver put first (RFC
/// 8305, section 4).
fn interleave(resolved: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut all: Vec<SocketAddr> = Vec::new();
    for address in resolved {
        if !all.contains(&address) {
            all.push(address);
        }
    }
    let six_first = all.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|address| address.is_ipv6() == six_first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut out = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return out;
        }
        out.extend(pair.into_iter().flatten().take(MOST - out.len()));
    }
}

/// Tries addresses until one succeeds: another whenever one fails or `delay` has gone by. The other
/// attempts are dropped then. If all fail, the error names each with its failure.
async fn race<A, S, F>(
    addresses: Vec<A>,
    delay: Duration,
    connect: impl Fn(A) -> F,
) -> io::Result<S>
where
    A: Copy + fmt::Display,
    F: Future<Output = io::Result<S>>,
{
    let mut waiting = addresses.into_iter();
    let mut trying: Vec<(A, Pin<Box<F>>)> = Vec::new();
    let mut failed: Vec<(A, io::Error)> = Vec::new();
    let mut timer = Box::pin(sleep_until(Instant::now()));
    loop {
        if let Some(address) = waiting.next() {
            trying.push((address, Box::pin(connect(address))));
            timer.as_mut().reset(Instant::now() + delay);
        } else if trying.is_empty() {
            return Err(all(failed));
        }
        let more = waiting.len() > 0;
        let won = poll_fn(|cx| {
            let before = failed.len();
            let mut at = 0;
            while let Some((_, attempt)) = trying.get_mut(at) {
                match attempt.as_mut().poll(cx) {
                    Poll::Ready(Ok(stream)) => return Poll::Ready(Some(stream)),
                    Poll::Ready(Err(error)) => failed.push((trying.remove(at).0, error)),
                    Poll::Pending => at += 1,
                }
            }
            if failed.len() > before || (more && timer.as_mut().poll(cx).is_ready()) {
                return Poll::Ready(None);
            }
            Poll::Pending
        })
        .await;
        if let Some(stream) = won {
            return Ok(stream);
        }
    }
}

/// The failures of all addresses in one.
fn all<A: fmt::Display>(mut failed: Vec<(A, io::Error)>) -> io::Error {
    match failed.len() {
        0 => io::Error::new(io::ErrorKind::NotFound, "the name has no address"),
        1 => failed.remove(0).1,
        _ => {
            let kind = failed[0].1.kind();
            let each: Vec<_> =
                failed.iter().map(|(address, error)| format!("{address}: {error}")).collect();
            io::Error::new(kind, format!("no address could be reached ({})", each.join("; ")))
        }
    }
}

#[cfg(test)]
mod tests;
