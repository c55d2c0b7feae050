use wirebond::Contract;

mod types {
    pub type WireClient = String;
    pub type Ear = String;
    pub type DoorOpening = String;
    pub type GateOpening = String;
}
#[allow(unused_imports)]
use types::*;

#[derive(Contract)]
#[contract(client = "App")]
enum App {
    Chat(String),
}

#[derive(Contract)]
#[contract(client = "ShopHandler")]
enum Shop {
    Order(String),
}

#[derive(Contract)]
#[contract(handler = "Desk", client = "DeskHandler")]
enum Desk {
    Order(String),
}

#[derive(Contract)]
#[contract(handler = "One", client = "One")]
enum Same {
    Order(String),
}

#[derive(Contract)]
#[contract(handler = "two words")]
enum Bad {
    Order(String),
}

#[derive(Contract)]
#[contract(handler = "Ear")]
enum Wire {
    Told(WireClient),
    Heard(Ear),
}

#[derive(Contract)]
#[contract(opening = "TalkClient")]
enum Talk {
    Order(String),
}

#[derive(Contract)]
#[contract(opening = "two words")]
enum Worse {
    Order(String),
}

#[derive(Contract)]
enum Door {
    Opening(DoorOpening),
}

#[derive(Contract)]
#[contract(opening = "GateView")]
enum Gate {
    Opening(GateOpening),
}

fn main() {}
