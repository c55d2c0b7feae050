//! Forms that can't be written and read.

mod places {
    use wirebond::Contract;

    #[derive(Contract)]
    #[contract(tag = "/a~b", content = "/data", timestamp = "")]
    enum NoPlaces {
        Chat(String),
    }

    #[derive(Contract)]
    #[contract(tag = "/op", content = "data")]
    enum ContentOfAPointer {
        Chat(String),
    }

    #[derive(Contract)]
    #[contract(tag = false, client(content = "data"))]
    enum ContentWithoutTag {
        #[message(from = "server", untagged)]
        Chat(String),
    }

    #[derive(Contract)]
    #[contract(tag = "x", content = "x", timestamp = "x", id = "x", constant(x = 1))]
    enum OneKey {
        Chat(String),
    }

    #[derive(Contract)]
    #[contract(
        client(tag = "/op/name", constant(op = 1)),
        server(tag = "t", timestamp = "t"),
        id = "op",
        re = "t"
    )]
    enum OneKeyOnASide {
        Chat(String),
    }
}

mod values {
    use wirebond::Contract;

    #[derive(Contract)]
    #[contract(tag = true, timestamp = 7, content = false, batch = "yes", constant = "2.0")]
    enum Kinds {
        #[message(untagged = true)]
        Chat(String),
    }

    #[derive(Contract)]
    #[contract(client(tga = "type"), server(tag = "a", tag = "b"), version("1.0.0"), batch(8))]
    enum Lists {
        Chat(String),
    }

    #[derive(Contract)]
    #[contract(tag = "op", constant(a = 1.5, b = [1], c = 10u8, d = 9007199254740992))]
    enum Constants {
        Chat(String),
    }
}

fn main() {}
