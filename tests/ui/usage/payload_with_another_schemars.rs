use serde::{Deserialize, Serialize};
use wirebond::Contract;

// Another version than wirebond's is another trait of the same name.
mod schemars {
    pub trait JsonSchema {}
}

#[derive(Debug, Serialize, Deserialize)]
struct Chat {
    content: String,
}
impl schemars::JsonSchema for Chat {}

#[derive(Debug, Contract)]
enum App {
    Chat(Chat),
}

fn main() {}
