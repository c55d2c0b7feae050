//! Writes what a broadcast has queued. To wake each peer's task for it would cost about half as much as the
//! writes do.

use std::{
    future::Future,
    hint,
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use crate::peer::PeerState;

/// Reads from each of these peers. The processor fetches their memory side by side, which takes about as long
/// as one of them would; what follows has to be done one by one.
pub(crate) fn fetch(peers: &[Arc<PeerState>]) {
    hint::black_box(peers.iter().fold(0, |sum, peer| sum ^ peer.id.0));
}

/// Writes to some of a broadcast's peers, in one turn. Dropped before, it leaves that to their tasks.
pub(crate) struct Delivery {
    peers: Arc<[Arc<PeerState>]>,
    left: Range<usize>,
}

impl Delivery {
    /// How many peers one has at most, so that others get their turn.
    pub(crate) const PEERS: usize = 32;

    pub(crate) fn new(peers: &Arc<[Arc<PeerState>]>, range: Range<usize>) -> Self {
        Self { peers: Arc::clone(peers), left: range }
    }
}

impl Future for Delivery {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        fetch(&self.peers[self.left.clone()]);
        while let Some(index) = self.left.next() {
            let peer = &self.peers[index];
            if !peer.connection.write_listed(&peer.outbox) {
                peer.outbox.wake_listed();
            }
        }
        Poll::Ready(())
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        for peer in &self.peers[self.left.clone()] {
            peer.outbox.wake_listed();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        task::{Wake, Waker},
    };

    use super::*;
    use crate::{identity::Identity, server::Server};

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_peer_that_cannot_be_written_to_has_its_task_woken_once() {
        let server: Server = Server::builder().build().expect("settings that work");
        let new = |_| server.core.new_peer(Identity::anonymous(), None, None);
        let peers: Arc<[_]> = (0..3).map(new).collect();
        let woken: Vec<_> = peers.iter().map(|_| Arc::<Count>::default()).collect();
        let wakers: Vec<Waker> = woken.iter().map(|count| Arc::clone(count).into()).collect();
        let register = || {
            for (peer, waker) in peers.iter().zip(&wakers) {
                peer.outbox.closing(&mut Context::from_waker(waker));
            }
        };
        let counts = || woken.iter().map(|count| count.0.load(Ordering::Relaxed)).sum::<usize>();
        let push = |index: usize| {
            let pushed = server.core.push(&peers[index], "x".into()).expect("room");
            pushed.is_listed
        };
        // Of a delivery that runs, and of one that its runtime drops.
        for runs in [true, false] {
            register();
            let before = counts();
            assert_eq!((push(0), push(0), push(1)), (true, false, true), "each once");
            assert_eq!(counts(), before, "the delivery does it");
            let mut delivery = Delivery::new(&peers, 0..3);
            if runs {
                let mut cx = Context::from_waker(Waker::noop());
                assert!(Pin::new(&mut delivery).poll(&mut cx).is_ready());
            }
            drop(delivery);
            assert_eq!(counts(), before + 2, "and not the third");
            assert!(!push(0), "its task is on its way");
            let taken = peers.iter().map(|peer| {
                let mut frames = Vec::new();
                peer.outbox.take(usize::MAX, &mut frames);
                frames.len()
            });
            assert_eq!(taken.collect::<Vec<_>>(), [3, 1, 0]);
        }
    }
}
