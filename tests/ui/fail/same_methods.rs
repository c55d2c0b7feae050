use wirebond::Contract;

#[derive(Contract)]
enum App {
    HTTPError(String),
    #[message(name = "other-error")]
    HttpError(String),
}

fn main() {}
