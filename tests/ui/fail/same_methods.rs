use wirebond::Contract;

#[derive(Contract)]
enum App {
    HTTPError(String),
    #[message(name = "other-error")]
    HttpError(String),
}

#[derive(Contract)]
enum Longer {
    Price(String),
    PriceWith(String),
    #[message(from = "client")]
    Order(String),
    OrderWhere(String),
    PriceWhere,
    Unit,
    UnitWith(String),
}

fn main() {}
