//! Does one thing so many times, for `valgrind --tool=callgrind` to count: `benches/check` compares.

use std::process::ExitCode;

use wirebond_benches::{
    app::{Chat, OrderUpdate},
    cases::{codec, reads},
    frames::{First, chat, envelope, order},
    memory::Reads,
};

fn steps(ways: Vec<codec::Way>, who: &str, count: u64) -> bool {
    let Some((_, mut step)) = ways.into_iter().find(|(name, _)| *name == who) else { return false };
    (0..count).for_each(|_| step());
    true
}

fn run(case: &str, who: &str, count: u64) -> bool {
    match case {
        "decode-type-first" => {
            let text = envelope("chat", &chat(), First::Type);
            steps(codec::decoders::<Chat>(&text), who, count)
        }
        "decode-data-first" => {
            let text = envelope("chat", &chat(), First::Data);
            steps(codec::decoders::<Chat>(&text), who, count)
        }
        "decode-order" => {
            let text = envelope("order-update", &order(), First::Type);
            steps(codec::decoders::<OrderUpdate>(&text), who, count)
        }
        "decode-flattened" => steps(codec::flattened_decoders(&chat()), who, count),
        "decode-flattened-order" => steps(codec::flattened_decoders(&order()), who, count),
        "encode-flattened" => steps(codec::flattened_encoders(chat()), who, count),
        "encode-flattened-order" => steps(codec::flattened_encoders(order()), who, count),
        "encode" => steps(codec::chat_encoders(), who, count),
        "receive-one" | "receive-full" if reads::WHO.contains(&who) => {
            let reads = if case == "receive-one" { Reads::One } else { Reads::Full };
            reads::receive(who, reads, &reads::small(), count);
            true
        }
        "send" if [reads::HAND_WRITTEN, reads::SYNC].contains(&who) => {
            reads::send(who, count);
            true
        }
        _ => false,
    }
}

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    if let [case, who, count] = &*words
        && let Ok(count) = count.parse()
        && run(case, who, count)
    {
        return ExitCode::SUCCESS;
    }
    eprintln!("usage: instructions CASE WHO COUNT, as in benches/check");
    ExitCode::from(2)
}
