//! The server's handshake and link as an agent of a conformance suite: it sends back what it gets. Built for
//! that alone (`--cfg fuzzing`); see `tests/autobahn`.

use tokio::net::{TcpListener, TcpStream};
use wirebond_connection::{conformance::echo, transport::Role};

use crate::{handshake, settings::Settings, upgrade::UpgradeError};

/// Sends every text back on each connection to `listener`.
pub(crate) async fn serve(listener: TcpListener, max_message_size: usize) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(error) = serve_stream(stream, max_message_size).await {
                eprintln!("refused: {error}");
            }
        });
    }
}

async fn serve_stream(mut stream: TcpStream, max_message_size: usize) -> Result<(), UpgradeError> {
    let _ = stream.set_nodelay(true);
    let (request, rest) = handshake::read(&mut stream).await?;
    let settings = Settings { origins: None, ..Settings::default() };
    let answer = handshake::check(&request, &settings);
    let checked = answer.clone().map(drop);
    handshake::write(&mut stream, answer).await.map_err(|_| UpgradeError::Ended)?;
    checked?;
    echo(Role::Server, Box::new(stream), rest, max_message_size).await;
    Ok(())
}
