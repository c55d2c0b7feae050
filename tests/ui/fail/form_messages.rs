//! How messages can't be recognised.

mod own {
    use wirebond::Contract;

    #[derive(Contract)]
    enum App {
        #[message(name = 10)]
        Hello(String),
        #[message(untagged)]
        Bare(String),
        #[message(key = "result")]
        Keyed(String),
    }
}

mod foreign {
    use wirebond::Contract;

    #[derive(Contract)]
    #[contract(tag = "type", server)]
    enum Names {
        #[message(name = 10)]
        Integer(String),
        Text(String),
        #[message(from = "server", name = "10")]
        Quoted(String),
        #[message(name = 1.5)]
        Float(String),
        #[message(from = "server", name = 10u8)]
        Suffix(String),
        #[message(from = "server", name = 9007199254740992)]
        Inexact(String),
        #[message(untagged, name = "x")]
        Twice(String),
    }

    #[derive(Contract)]
    #[contract(tag = "type", server)]
    enum WithoutTag {
        #[message(from = "server", untagged, key = "a")]
        First(String),
        #[message(from = "server", untagged)]
        Second(String),
        #[message(from = "client", untagged)]
        Third(String),
        #[message(from = "client", untagged)]
        Fourth(String),
        #[message(from = "client", key = "type")]
        Type(String),
        #[message(from = "client", key = "a")]
        A(String),
        #[message(key = "a")]
        AgainA(String),
        #[message(from = "server", key = "")]
        Empty(String),
        #[message(from = "server", key = "/a/b")]
        Pointer(String),
        #[message(from = "server", key = "b")]
        Nothing,
    }

    #[derive(Contract)]
    #[contract(tag = false)]
    enum NoTags {
        #[message(from = "server", untagged)]
        Unit,
        #[message(from = "client")]
        Tagged(String),
    }

    #[derive(Contract)]
    #[contract(tag = "type")]
    enum ReportNames {
        #[message(from = "client", name = "first")]
        Tagged(String),
        #[message(from = "server", untagged)]
        First(String),
    }
}

fn main() {}
