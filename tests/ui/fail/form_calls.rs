//! Calls that a form has no place for.

mod places {
    use wirebond::Contract;

    #[derive(Contract)]
    #[contract(re = "id", ids = "uuid", result = "result", error = "error", success = "ok")]
    enum WithoutId {
        Chat(String),
    }

    #[derive(Contract)]
    #[contract(tag = "op", content = "d", id = "/x/id", re = "/d/~", ids = "float")]
    enum Places {
        Chat(String),
    }

    #[derive(Contract)]
    #[contract(tag = "op", id = "/id", re = "re", result = "/r", error = "/r", success = "re")]
    enum Same {
        Chat(String),
    }

    #[derive(Contract)]
    #[contract(tag = "op", id = "/op/id")]
    enum InsideOfNothing {
        Chat(String),
    }
}

mod calls {
    use wirebond::Contract;

    #[derive(Contract)]
    #[contract(tag = "op")]
    enum WithoutId {
        #[message(from = "client", reply = u8)]
        Call(String),
    }

    #[derive(Contract)]
    #[contract(tag = "op", id = "id", server)]
    enum OfTheServer {
        #[message(from = "client", reply = u8)]
        Call(String),
        #[message(from = "server", reply = u8)]
        Ask(String),
    }
}

fn main() {}
