//! A person at a terminal.

use std::{convert::Infallible, error::Error, io::BufRead, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use wirebond::{FlushErrorKind, State, Unconfirmed};

use crate::{AppClient, Chat, Join};

/// How long lines from a pipe may take that belong together.
const TOGETHER: Duration = Duration::from_millis(200);
/// How long the end waits for the last lines' confirmation.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Lets a person talk until `/quit`, Ctrl-D or Ctrl-C, or until the server refuses to go on.
///
/// Fails if lines are not known to have arrived; the error names them.
pub(crate) async fn talk(url: &str, name: String) -> Result<(), Box<dyn Error>> {
    let app = AppClient::builder(url)
        .max_reconnect_attempts(None)
        // What the server may not have read is sent again, so that a flush speaks for every line.
        .unconfirmed(Unconfirmed::Redeliver)
        .build()?;
    subscribe(&app, &name);
    let mut typed = typed_lines();
    let mut lines = Lines::default();
    let result = match app.connect().await {
        Ok(()) => converse(&app, &name, &mut typed, &mut lines).await,
        Err(error) => {
            lines.take_from(&mut typed).await;
            Err(error.into())
        }
    };
    if !lines.unconfirmed.is_empty()
        && let Ok(Ok(())) = timeout(LAST_LINES, app.flush()).await
    {
        lines.unconfirmed.clear();
    }
    app.disconnect().await;
    lines.report(result)
}

fn subscribe(app: &AppClient, name: &str) {
    app.on_chat(|line| println!("{}: {}", plain(&line.user), plain(&line.content)));
    app.on_notification(|news| println!("* {}", plain(&news.message)));
    app.on_close(|info| println!("* {info}"));
    app.on_reconnect(|attempt| println!("* attempt {attempt} to come back"));
    // What the server does wrong, and what it says that is newer than this program. A peer chose the
    // name, so it is printed escaped.
    app.on_error(|error| println!("* {error}"));
    app.on_unknown(|name, _text| println!("* a message of the unknown type {name:?}"));
    let (weak, user) = (app.downgrade(), name.to_owned());
    app.on_open(move || {
        println!("* connected; what you type is sent, /quit ends it");
        // The room knows nobody on a new connection.
        weak.upgrade().map_or(Ok(()), |app| app.try_send_join(&Join { user: user.clone() }))
    });
}

/// Sends what is typed.
async fn converse(
    app: &AppClient,
    name: &str,
    typed: &mut mpsc::Receiver<String>,
    lines: &mut Lines,
) -> Result<(), Box<dyn Error>> {
    let mut states = app.watch_state();
    loop {
        let line = tokio::select! {
            line = typed.recv() => line,
            result = tokio::signal::ctrl_c() => { result?; None }
            never = lines.confirmed(app, states.clone()) => match never {},
            ended = states.wait_for(|state| matches!(state, State::Closed | State::Failed)) => {
                ended?;
                lines.take_from(typed).await;
                return Err("the server ended the conversation".into());
            }
        };
        let Some(content) = line.filter(|line| line != "/quit") else { return Ok(()) };
        if content.trim().is_empty() {
            continue;
        }
        // While there is no connection the line is queued.
        match app.send_chat(&Chat { user: name.to_owned(), content: content.clone() }).await {
            Ok(()) => lines.unconfirmed.push(content),
            Err(error) => {
                println!("* not sent: {error}");
                lines.unsent.push(content);
            }
        }
    }
}

/// The lines that are not known to have arrived.
#[derive(Default)]
struct Lines {
    /// Accepted by the client.
    unconfirmed: Vec<String>,
    /// Refused by it, or never given to it.
    unsent: Vec<String>,
}

impl Lines {
    /// Forgets lines once they are confirmed. Never resolves: it runs until it is cancelled.
    async fn confirmed(
        &mut self,
        app: &AppClient,
        mut states: watch::Receiver<State>,
    ) -> Infallible {
        while !self.unconfirmed.is_empty() {
            match app.flush().await {
                Ok(()) => self.unconfirmed.clear(),
                // This server doesn't answer Pings: nobody can know.
                Err(error) if *error.kind() == FlushErrorKind::Unavailable => {
                    self.unconfirmed.clear();
                }
                // The next connection may bring them there.
                Err(_) => {
                    let _ = states.wait_for(|state| *state != State::Open).await;
                    let _ = states.wait_for(|state| *state == State::Open).await;
                }
            }
        }
        std::future::pending().await
    }

    /// Takes the lines that are still to be read, such as those of a pipe.
    async fn take_from(&mut self, typed: &mut mpsc::Receiver<String>) {
        while let Ok(Some(line)) = timeout(TOGETHER, typed.recv()).await {
            self.unsent.push(line);
        }
    }

    /// Adds the lines to a result.
    fn report(self, result: Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
        let Self { mut unconfirmed, unsent } = self;
        unconfirmed.extend(unsent);
        if unconfirmed.is_empty() {
            return result;
        }
        let why = result.err().map(|error| format!("{error}\n")).unwrap_or_default();
        Err(format!("{why}not known to have arrived:\n  {}", unconfirmed.join("\n  ")).into())
    }
}

/// What is typed, line by line. A thread of its own: reading a terminal can't be cancelled.
fn typed_lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Text from others without what would steer the terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
