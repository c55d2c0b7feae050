use std::{
    cell::{Cell, RefCell},
    future::pending,
    net::TcpListener,
};

use tokio::net::TcpSocket;

use super::*;

fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
    texts.iter().map(|text| text.parse().expect("an address")).collect()
}

#[test]
fn case_63_families_take_turns_and_each_address_is_tried_once() {
    let [a, b, c] = ["1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1"];
    let [six, seven, eight] = ["[::6]:1", "[::7]:1", "[::8]:1"];
    for (resolved, expected) in [
        (vec![], vec![]),
        (vec![a], vec![a]),
        (vec![a, b], vec![a, b]),
        (vec![six, seven, eight, a], vec![six, a, seven, eight]),
        (vec![a, b, c, six], vec![a, six, b, c]),
        (vec![six, a, seven, b], vec![six, a, seven, b]),
        (vec![six, six, a, a, six], vec![six, a]),
    ] {
        assert_eq!(interleave(addresses(&resolved).into_iter()), addresses(&expected));
    }
    let many = (0..200).map(|port| SocketAddr::from(([1, 1, 1, 1], port)));
    assert_eq!(interleave(many).len(), MOST);
}

/// What an address does, and after how many milliseconds.
#[derive(Debug, Clone, Copy)]
enum Does {
    Answers(u64),
    Fails(u64),
    Hangs,
}

/// Which address won, after how many milliseconds, and when each was tried.
async fn raced(table: &[Does]) -> (Result<usize, String>, u128, Vec<u128>) {
    let began = Instant::now();
    let tried = RefCell::new(Vec::new());
    let open = Cell::new(0_i32);
    let result = race((0..table.len()).collect(), DELAY, |index| {
        tried.borrow_mut().push(began.elapsed().as_millis());
        let open = &open;
        open.set(open.get() + 1);
        async move {
            let _counted = Counted(open);
            let after = |millis| tokio::time::sleep(Duration::from_millis(millis));
            match table[index] {
                Does::Answers(millis) => after(millis).await,
                Does::Fails(millis) => {
                    after(millis).await;
                    return Err(io::ErrorKind::ConnectionRefused.into());
                }
                Does::Hangs => pending().await,
            }
            Ok(index)
        }
    })
    .await;
    assert_eq!(open.get(), 0, "the others are dropped");
    (result.map_err(|error| error.to_string()), began.elapsed().as_millis(), tried.into_inner())
}

struct Counted<'a>(&'a Cell<i32>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[tokio::test(start_paused = true)]
async fn case_63_a_dead_address_ahead_of_a_good_one_costs_a_quarter_of_a_second() {
    use Does::{Answers, Fails, Hangs};
    for (table, won, time, tried) in [
        (vec![Answers(20)], Some(0), 20, vec![0]),
        (vec![Hangs, Answers(20)], Some(1), 270, vec![0, 250]),
        (vec![Hangs, Hangs, Hangs, Answers(20)], Some(3), 770, vec![0, 250, 500, 750]),
        (vec![Fails(0), Answers(20)], Some(1), 20, vec![0, 0]),
        (vec![Fails(100), Answers(20)], Some(1), 120, vec![0, 100]),
        // A slow one goes on beside the next, and may win.
        (vec![Answers(400), Hangs], Some(0), 400, vec![0, 250]),
        (vec![Answers(400), Answers(400)], Some(0), 400, vec![0, 250]),
        (vec![Answers(900), Answers(100)], Some(1), 350, vec![0, 250]),
        // The wait begins anew with each attempt.
        (vec![Hangs, Fails(100), Hangs, Answers(10)], Some(3), 610, vec![0, 250, 350, 600]),
        // A failure of an earlier one brings the next forward.
        (vec![Fails(300), Hangs, Answers(10)], Some(2), 310, vec![0, 250, 300]),
        (vec![Fails(10), Fails(20), Fails(30)], None, 60, vec![0, 10, 30]),
        (vec![Fails(500), Fails(10)], None, 500, vec![0, 250]),
        (vec![], None, 0, vec![]),
    ] {
        let (result, took, times) = raced(&table).await;
        assert_eq!((result.as_ref().ok(), took), (won.as_ref(), time), "{table:?}: {result:?}");
        assert_eq!(times, tried, "{table:?}");
        let Err(error) = result else { continue };
        for index in 0..table.len() {
            assert!(error.contains(&format!("{index}: connection refused")), "{error}");
        }
    }
}

/// An address that answers no SYN: its queue of connections is full.
async fn unanswered() -> Option<(SocketAddr, Vec<TcpStream>, tokio::net::TcpListener)> {
    let socket = TcpSocket::new_v6().ok()?;
    socket.bind("[::1]:0".parse().ok()?).ok()?;
    let listener = socket.listen(1).ok()?;
    let address = listener.local_addr().ok()?;
    let mut held = Vec::new();
    for _ in 0..16 {
        let connecting = TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_millis(200), connecting).await {
            Ok(stream) => held.push(stream.ok()?),
            Err(_) => return Some((address, held, listener)),
        }
    }
    None
}

#[tokio::test]
async fn case_63_on_real_sockets_the_good_address_is_found() {
    let good = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let good_address = good.local_addr().expect("its address");
    let Some((dead, _held, _listener)) = unanswered().await else {
        println!("skipped: this kernel answers where a queue of connections is full");
        return;
    };
    let stream = race(interleave([dead, good_address].into_iter()), DELAY, TcpStream::connect);
    let stream = stream.await.expect("the second address answers");
    assert_eq!(stream.peer_addr().expect("a peer"), good_address);
}

#[tokio::test]
async fn case_63_if_nobody_listens_every_address_is_named() {
    let free = |host: &str| {
        let listener = TcpListener::bind((host, 0)).expect("a listener");
        listener.local_addr().expect("its address")
    };
    let all = [free("127.0.0.1"), free("127.0.0.2")];
    let error = race(all.to_vec(), DELAY, TcpStream::connect).await.expect_err("nobody listens");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    for address in all {
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }
}
