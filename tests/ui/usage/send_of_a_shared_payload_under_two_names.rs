use wirebond::Contract;

type Line = String;

#[derive(Debug, Contract)]
enum App {
    Chat(String),
    Shout(Line),
}

async fn use_it(app: &AppClient) {
    app.send(&String::new()).await.unwrap();
}

fn main() {}
