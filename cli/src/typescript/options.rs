//! What is generated, and how.

/// What a generated file has in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parts {
    /// The types and the client.
    #[default]
    All,
    /// The types alone, for those who have a client or are the server.
    Types,
}

/// What an integer that may be wider than 53 bits is in TypeScript. JSON has it as a number; JavaScript's
/// numbers round it beyond 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Int64 {
    /// `number`, with a warning.
    #[default]
    Number,
    /// `bigint`. The client reads and writes it exactly.
    BigInt,
    /// `string`, the digits. The client reads and writes it exactly, as a number in JSON; where the
    /// contract has a string as well, digits are taken for the number.
    String,
}

/// What is generated, and how.
///
/// ```
/// use wirebond_cli::typescript::{Int64, Options};
///
/// let mut options = Options::default();
/// options.int64 = Int64::BigInt;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Options {
    /// What the file has in it.
    pub parts: Parts,
    /// What integers of 64 bits are.
    pub int64: Int64,
}
