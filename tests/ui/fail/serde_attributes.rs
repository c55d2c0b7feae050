use wirebond::Contract;

#[derive(Contract)]
#[serde(rename_all = "snake_case")]
enum App {
    #[serde(rename = "message")]
    Chat(#[serde(default)] String),
}

fn main() {}
