//! The story that `cargo run --example chat` tells.

use std::{error::Error, time::Duration};

use wirebond::Unconfirmed;

use crate::{
    App, AppClient, Chat, Join, Level, Notification, OrderUpdate, room,
    support::story::{Story, Teller},
};

/// Time to read a line.
const BREATH: Duration = Duration::from_millis(300);

/// One of the two.
fn person(
    url: &str,
    who: &'static str,
    teller: &Teller,
) -> Result<AppClient, wirebond::BuildError> {
    let app = AppClient::builder(url)
        .reconnect_interval(Duration::from_millis(600))
        // What the dying server may not have read is sent again.
        .unconfirmed(Unconfirmed::Redeliver)
        .build()?;
    let tell = |what: fn(String) -> String| {
        let teller = teller.clone();
        move |text: String| teller.tell(who, what(text))
    };
    let heard = tell(|text| format!("« {text}"));
    app.on_chat(move |line| heard(format!("{}: {}", line.user, line.content)));
    let news = tell(|text| format!("« news: {text}"));
    app.on_notification(move |note| news(format!("{} ({:?})", note.message, note.level)));
    let order = tell(|text| format!("« order {text}"));
    // An asynchronous handler goes through the same method.
    app.on_order_update(move |update| {
        let order = order.clone();
        async move { order(format!("{} is {}", update.order_id, update.status)) }
    });
    let closed = tell(|text| format!("the connection ended: {text}"));
    app.on_close(move |info| closed(info.to_string()));
    let failed = tell(|text| format!("! {text}"));
    app.on_error(move |error| failed(error.to_string()));
    let unknown = tell(|text| format!("! a message of the unknown type {text}"));
    app.on_unknown(move |name, _text| unknown(format!("{name:?}")));
    let again = tell(|text| format!("tries to come back, attempt {text}"));
    app.on_reconnect(move |attempt| again(attempt.to_string()));
    let (weak, opened) = (app.downgrade(), tell(|text| text));
    app.on_open(move || {
        opened("is connected".to_owned());
        let join = Join { user: who.to_owned() };
        weak.upgrade().map_or(Ok(()), |app| app.try_send_join(&join))
    });
    Ok(app)
}

async fn say(
    app: &AppClient,
    teller: &Teller,
    user: &'static str,
    content: &str,
) -> Result<(), wirebond::SendError> {
    teller.tell(user, format!("» {content}"));
    app.send_chat(&Chat { user: user.to_owned(), content: content.to_owned() }).await
}

/// The whole story, with a server that can be made to fail.
pub(crate) async fn with_own_server() -> Result<(), Box<dyn Error>> {
    let (mut story, teller) = Story::begin("Two typed clients and a server");
    let server = {
        let teller = teller.clone();
        room::start("127.0.0.1:0", move |what| teller.tell("server", what)).await?
    };
    teller.tell("server", format!("listens on {}", server.url()));
    let (ada, grace) =
        (person(&server.url(), "Ada", &teller)?, person(&server.url(), "Grace", &teller)?);
    ada.connect().await?;
    story.until("server", "\"Ada\" is here").await?;
    grace.connect().await?;
    story.until("server", "\"Grace\" is here").await?;

    story.part("They talk");
    talk(&mut story, &teller, &ada, &grace).await?;
    let news = "the shop closes at six".to_owned();
    server.room().broadcast(App::Notification(Notification { level: Level::Info, message: news }));
    story.until("Grace", "closes at six").await?;
    let (order_id, status) = ("A-17".to_owned(), "shipped".to_owned());
    server.room().broadcast(App::OrderUpdate(OrderUpdate { order_id, status }));
    story.until("Grace", "A-17 is shipped").await?;
    story.pause(BREATH).await;

    story.part("The server dies, and turns everybody away");
    server.room().refuse(true);
    server.room().cut_all();
    story.until("Grace", "the connection ended").await?;
    say(&ada, &teller, "Ada", "Are you still there?").await?;
    teller.tell("Ada", format!("(nothing is open: {} message waits)", ada.stats().queued));
    story.until("Grace", "503").await?;
    story.pause(BREATH).await;

    story.part("The server is back");
    server.room().refuse(false);
    story.until("Grace", "Are you still there?").await?;
    say(&grace, &teller, "Grace", "I am, and nothing was lost.").await?;
    story.until("Ada", "nothing was lost").await?;
    story.pause(BREATH).await;
    finish(story, teller, &[("Ada", ada), ("Grace", grace)]).await
}

/// The quiet part of it, with somebody's server.
pub(crate) async fn with_server(url: &str) -> Result<(), Box<dyn Error>> {
    let (mut story, teller) = Story::begin(&format!("Two typed clients at {url}"));
    let (ada, grace) = (person(url, "Ada", &teller)?, person(url, "Grace", &teller)?);
    ada.connect().await?;
    grace.connect().await?;
    story.until("Grace", "is connected").await?;
    story.pause(BREATH).await;
    talk(&mut story, &teller, &ada, &grace).await?;
    finish(story, teller, &[("Ada", ada), ("Grace", grace)]).await
}

async fn talk(
    story: &mut Story,
    teller: &Teller,
    ada: &AppClient,
    grace: &AppClient,
) -> Result<(), Box<dyn Error>> {
    say(ada, teller, "Ada", "Hello Grace!").await?;
    story.until("Grace", "Ada: Hello Grace!").await?;
    story.pause(BREATH).await;
    say(grace, teller, "Grace", "Hello Ada! Typed from end to end?").await?;
    story.until("Ada", "Typed from end to end?").await?;
    story.pause(BREATH).await;
    // The payload's type picks the message.
    let content = "From the enum to the wire.".to_owned();
    teller.tell("Ada", format!("» {content}"));
    ada.send(&Chat { user: "Ada".to_owned(), content }).await?;
    story.until("Grace", "From the enum to the wire.").await?;
    story.pause(BREATH).await;
    Ok(())
}

async fn finish(
    mut story: Story,
    teller: Teller,
    people: &[(&'static str, AppClient)],
) -> Result<(), Box<dyn Error>> {
    story.part("The end");
    for (who, app) in people {
        app.flush().await?;
        app.disconnect().await;
        let stats = app.stats();
        let again = stats.reconnects();
        teller.tell(
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
        story.until(who, "confirmed").await?;
    }
    drop(teller);
    story.end("Everything sent was confirmed.");
    Ok(())
}
