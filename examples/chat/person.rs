//! A person at a terminal.

use std::{error::Error, io::BufRead};

use tokio::sync::mpsc;

use crate::{AppClient, Chat, Join};

/// Lets a person talk until `/quit`, Ctrl-D or Ctrl-C.
pub(crate) async fn talk(url: &str, name: String) -> Result<(), Box<dyn Error>> {
    let app = AppClient::builder(url).max_reconnect_attempts(None).build()?;
    app.on_chat(|line| println!("{}: {}", plain(&line.user), plain(&line.content)));
    app.on_notification(|news| println!("* {}", plain(&news.message)));
    app.on_close(|info| println!("* {info}"));
    app.on_reconnect(|attempt| println!("* attempt {attempt} to come back"));
    let (weak, user) = (app.downgrade(), name.clone());
    app.on_open(move || {
        println!("* connected; what you type is sent, /quit ends it");
        // The room knows nobody on a new connection.
        weak.upgrade().map_or(Ok(()), |app| app.try_send_join(&Join { user: user.clone() }))
    });
    app.connect().await?;

    let mut typed = typed_lines();
    loop {
        let line = tokio::select! {
            line = typed.recv() => line,
            result = tokio::signal::ctrl_c() => { result?; None }
        };
        let Some(content) = line.filter(|line| line != "/quit") else { break };
        if content.trim().is_empty() {
            continue;
        }
        // Off line it is queued; a full queue is told here.
        if let Err(error) = app.send_chat(&Chat { user: name.clone(), content }).await {
            println!("* not sent: {error}");
        }
    }
    app.disconnect().await;
    Ok(())
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
