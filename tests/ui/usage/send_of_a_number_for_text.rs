use wirebond::Contract;

#[derive(Contract)]
enum App {
    Note(String),
    #[message(from = "server")]
    Told(String),
    Count(u8),
}

fn main() {
    let app = AppClient::builder("ws://localhost").build().unwrap();
    drop(app.send_note("text"));
    drop(app.send_note(&1));
    drop(app.send_told("text"));
}
