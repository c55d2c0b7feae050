//! A person at a terminal.

use std::{error::Error, io::BufRead, time::Duration};

use tokio::{sync::mpsc, time::timeout};
use wirebond::{Delivery, Receipt, State};

use crate::{AppClient, Chat, Join};

/// How long to wait for each line that is still to be read.
const TOGETHER: Duration = Duration::from_secs(1);
/// How long the end waits for the last lines' confirmation.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Lets a person talk until `/quit`, Ctrl-D or Ctrl-C, or until the server refuses to go on.
///
/// Fails if lines are not known to have arrived; the error names them.
pub(crate) async fn talk(url: &str, name: String) -> Result<(), Box<dyn Error>> {
    let app = AppClient::builder(url).max_reconnect_attempts(None).build()?;
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
    // The receipts say whether all lines arrived.
    let _ = timeout(LAST_LINES, app.flush()).await;
    app.disconnect().await;
    lines.report(result)
}

fn subscribe(app: &AppClient, name: &str) {
    app.on_chat(|line| println!("{}: {}", plain(&line.user), plain(&line.content)));
    app.on_notification(|news| println!("* {}", plain(&news.message)));
    app.on_close(|info| println!("* {info}"));
    app.on_reconnect(|attempt| println!("* attempt {attempt} to come back"));
    // Errors of the server, and messages that are newer than this program. A peer chose the
    // name, so it is printed escaped.
    app.on_error(|error| println!("* {error}"));
    app.on_unknown(|name, _text| println!("* a message of the unknown type {name:?}"));
    let (weak, user) = (app.downgrade(), name.to_owned());
    app.on_open(move || {
        println!("* connected; what you type is sent, /quit ends it");
        // A new connection has to join the room again.
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
        lines.forget_confirmed();
        // While there is no connection the line is queued.
        match app
            .send_chat(&Chat { user: name.to_owned(), content: content.clone() })
            .tracked()
            .await
        {
            Ok(receipt) => lines.0.push((content, Some(receipt))),
            Err(error) => {
                println!("* not sent: {error}");
                lines.0.push((content, None));
            }
        }
    }
}

/// The lines that are not known to have arrived, with their receipts if they were accepted.
#[derive(Default)]
struct Lines(Vec<(String, Option<Receipt>)>);

impl Lines {
    fn forget_confirmed(&mut self) {
        self.0.retain_mut(|(_, receipt)| {
            receipt.as_mut().and_then(Receipt::outcome) != Some(Delivery::Confirmed)
        });
    }

    /// Takes the lines that are still to be read, such as those of a pipe.
    async fn take_from(&mut self, typed: &mut mpsc::Receiver<String>) {
        while let Ok(Some(line)) = timeout(TOGETHER, typed.recv()).await {
            self.0.push((line, None));
        }
    }

    /// Adds the lines to a result.
    fn report(mut self, result: Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
        self.forget_confirmed();
        if self.0.is_empty() {
            return result;
        }
        let why = result.err().map(|error| format!("{error}\n")).unwrap_or_default();
        let lines = self.0.into_iter().map(|(line, receipt)| match receipt {
            Some(mut receipt) => match receipt.outcome() {
                Some(outcome) => format!("\n  {line} ({outcome})"),
                None => format!("\n  {line}"),
            },
            None => format!("\n  {line} (not sent)"),
        });
        let lines = lines.collect::<Vec<_>>().concat();
        Err(format!("{why}not known to have arrived:{lines}").into())
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

/// Text from others, without terminal control characters.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
