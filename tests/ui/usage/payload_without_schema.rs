use serde::{Deserialize, Serialize};
use wirebond::Contract;

#[derive(Debug, Serialize, Deserialize)]
struct Chat {
    content: String,
}

#[derive(Debug, Contract)]
enum App {
    Chat(Chat),
}

fn main() {}
