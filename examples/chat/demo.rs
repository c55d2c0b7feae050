//! The demo that `cargo run --example chat` runs.

use std::{error::Error, time::Duration};

use wirebond::Unconfirmed;

use crate::{
    AppClient, Chat, Join, Level, Notification, OrderUpdate, room,
    support::demo::{Demo, Log},
};

/// Time to read a line.
const BREATH: Duration = Duration::from_millis(300);

/// One of the two.
fn person(url: &str, who: &'static str, log: &Log) -> Result<AppClient, wirebond::BuildError> {
    let app = AppClient::builder(url)
        .reconnect_interval(Duration::from_millis(600))
        // Messages that the stopped server may not have read are sent again.
        .unconfirmed(Unconfirmed::Redeliver)
        .build()?;
    let logged = |text_of: fn(String) -> String| {
        let log = log.clone();
        move |text: String| log.add(who, text_of(text))
    };
    let chat = logged(|text| format!("« {text}"));
    app.on_chat(move |line| chat(format!("{}: {}", line.user, line.content)));
    let news = logged(|text| format!("« news: {text}"));
    app.on_notification(move |note| news(format!("{} ({:?})", note.message, note.level)));
    let order = logged(|text| format!("« order {text}"));
    // An asynchronous handler goes through the same method.
    app.on_order_update(move |update| {
        let order = order.clone();
        async move { order(format!("{} is {}", update.order_id, update.status)) }
    });
    let closed = logged(|text| format!("the connection ended: {text}"));
    app.on_close(move |info| closed(info.to_string()));
    let failed = logged(|text| format!("! {text}"));
    app.on_error(move |error| failed(error.to_string()));
    let unknown = logged(|text| format!("! a message of the unknown type {text}"));
    app.on_unknown(move |name, _text| unknown(format!("{name:?}")));
    let again = logged(|text| format!("tries to come back, attempt {text}"));
    app.on_reconnect(move |attempt| again(attempt.to_string()));
    let (weak, opened) = (app.downgrade(), logged(|text| text));
    app.on_open(move || {
        opened("is connected".to_owned());
        let join = Join { user: who.to_owned() };
        weak.upgrade().map_or(Ok(()), |app| app.try_send_join(&join))
    });
    Ok(app)
}

async fn say(
    app: &AppClient,
    log: &Log,
    user: &'static str,
    content: &str,
) -> Result<(), wirebond::SendError> {
    log.add(user, format!("» {content}"));
    app.send_chat(&Chat { user: user.to_owned(), content: content.to_owned() }).await
}

/// The whole demo, with a server that can be made to fail.
pub(crate) async fn with_own_server() -> Result<(), Box<dyn Error>> {
    let (mut demo, log) = Demo::begin("Two typed clients and a server");
    let (server, backend) = {
        let log = log.clone();
        room::start("127.0.0.1:0", move |what| log.add("server", what)).await?
    };
    let url = backend.url();
    log.add("server", format!("listens on {url}"));
    let (ada, grace) = (person(&url, "Ada", &log)?, person(&url, "Grace", &log)?);
    ada.connect().await?;
    demo.until("server", "\"Ada\" is here").await?;
    grace.connect().await?;
    demo.until("server", "\"Grace\" is here").await?;

    demo.part("They talk");
    talk(&mut demo, &log, &ada, &grace).await?;
    let message = "the shop closes at six".to_owned();
    server.everyone().send_notification(&Notification { level: Level::Info, message })?;
    demo.until("Grace", "closes at six").await?;
    let (order_id, status) = ("A-17".to_owned(), "shipped".to_owned());
    server.everyone().send_order_update(&OrderUpdate { order_id, status })?;
    demo.until("Grace", "A-17 is shipped").await?;
    demo.pause(BREATH).await;

    demo.part("The server dies, and turns everybody away");
    backend.refuse(true);
    backend.cut_all();
    demo.until("Grace", "the connection ended").await?;
    say(&ada, &log, "Ada", "Are you still there?").await?;
    log.add("Ada", format!("(nothing is open: {} message waits)", ada.stats().queued));
    demo.until("Grace", "503").await?;
    demo.pause(BREATH).await;

    demo.part("The server is back");
    backend.refuse(false);
    demo.until("Grace", "Are you still there?").await?;
    say(&grace, &log, "Grace", "I am, and nothing was lost.").await?;
    demo.until("Ada", "nothing was lost").await?;
    demo.pause(BREATH).await;
    finish(demo, log, &[("Ada", ada), ("Grace", grace)]).await
}

/// The part of the demo without failures, for any server.
pub(crate) async fn with_server(url: &str) -> Result<(), Box<dyn Error>> {
    let (mut demo, log) = Demo::begin(&format!("Two typed clients at {url}"));
    let (ada, grace) = (person(url, "Ada", &log)?, person(url, "Grace", &log)?);
    ada.connect().await?;
    grace.connect().await?;
    demo.until("Grace", "is connected").await?;
    demo.pause(BREATH).await;
    talk(&mut demo, &log, &ada, &grace).await?;
    finish(demo, log, &[("Ada", ada), ("Grace", grace)]).await
}

async fn talk(
    demo: &mut Demo,
    log: &Log,
    ada: &AppClient,
    grace: &AppClient,
) -> Result<(), Box<dyn Error>> {
    say(ada, log, "Ada", "Hello Grace!").await?;
    demo.until("Grace", "Ada: Hello Grace!").await?;
    demo.pause(BREATH).await;
    say(grace, log, "Grace", "Hello Ada! Typed from end to end?").await?;
    demo.until("Ada", "Typed from end to end?").await?;
    demo.pause(BREATH).await;
    // The payload's type picks the message.
    let content = "From the enum to the wire.".to_owned();
    log.add("Ada", format!("» {content}"));
    ada.send(&Chat { user: "Ada".to_owned(), content }).await?;
    demo.until("Grace", "From the enum to the wire.").await?;
    demo.pause(BREATH).await;
    Ok(())
}

async fn finish(
    mut demo: Demo,
    log: Log,
    people: &[(&'static str, AppClient)],
) -> Result<(), Box<dyn Error>> {
    demo.part("The end");
    for (who, app) in people {
        app.flush().await?;
        app.disconnect().await;
        let stats = app.stats();
        let again = stats.reconnects();
        log.add(
            who,
            format!(
                "{} sent, {} confirmed, {} unconfirmed, {} received, {again} reconnect{}, round trip {:.1?}",
                stats.accepted,
                stats.confirmed,
                stats.unconfirmed,
                stats.received,
                if again == 1 { "" } else { "s" },
                stats.round_trip.unwrap_or_default(),
            ),
        );
        demo.until(who, "confirmed").await?;
    }
    drop(log);
    demo.end("Everything sent was confirmed.");
    Ok(())
}
