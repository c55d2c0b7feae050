//! Tags of their own that messages can't have.

mod own {
    use wirebond::Contract;

    #[derive(Contract)]
    enum App {
        #[message(from = "client", name = "subscribe")]
        Subscribe(String),
        #[message(from = "server", tag = "subscribe")]
        Subscribed(String),
        #[message(tag = 10)]
        Ten(String),
    }
}

mod foreign {
    use wirebond::Contract;

    #[derive(Contract)]
    #[contract(tag = "op", content = "d")]
    enum SameNames {
        #[message(from = "client")]
        Subscribe(String),
        #[message(from = "server", name = "subscribe")]
        Subscribed(String),
        #[message(from = "client")]
        Unsubscribe(String),
        #[message(from = "server", name = "unsubscribe", tag = "gone")]
        Unsubscribed(String),
        #[message(from = "client", name = "again")]
        Again(String),
        #[message(from = "client", name = "again")]
        Repeated(String),
    }

    #[derive(Contract)]
    #[contract(tag = "op", content = "d")]
    enum SameIntegers {
        #[message(from = "client", name = 1)]
        Ask(String),
        #[message(from = "server", name = 1)]
        Answer(String),
    }

    #[derive(Contract)]
    #[contract(tag = "op", content = "d")]
    enum SameTags {
        #[message(from = "server")]
        Subscribe(String),
        #[message(from = "server", tag = "subscribe")]
        Subscribed(String),
        #[message(tag = "subscribe")]
        Either(String),
        #[message(tag = "poke")]
        First,
        #[message(tag = "poke")]
        Second,
    }

    #[derive(Contract)]
    #[contract(tag = "op", content = "d")]
    enum Kinds {
        #[message(from = "server", tag = 1)]
        One(String),
        #[message(from = "server", tag = "two")]
        Two(String),
        #[message(from = "server", name = 3, tag = 4)]
        Three(String),
        #[message(from = "client", tag = "", name = "five")]
        Five(String),
        #[message(from = "client", tag = "six", key = "d")]
        Six(String),
        #[message(from = "client", untagged, tag = "seven")]
        Seven(String),
        #[message(from = "client", tag = "eight", tag = "nine")]
        Eight(String),
        #[message(from = "client", tag)]
        Nine(String),
    }

    #[derive(Contract)]
    #[contract(tag = false)]
    enum NoTags {
        #[message(from = "client", tag = "a")]
        A(String),
    }
}

fn main() {}
