//! `gen` is a keyword of edition 2024 alone.
#![deny(warnings)]

#[derive(wirebond::Contract)]
pub enum App {
    Gen(u64),
    Try,
}

struct Desk;

impl AppHandler for Desk {
    async fn r#gen(&mut self, _: u64) {}
    async fn r#try(&mut self) {}
}

fn main() {
    let Ok(app) = AppClient::builder("ws://localhost:9001").build() else { return };
    app.on_gen(|number| assert_ne!(number, 1));
    app.handle(Desk);
}
