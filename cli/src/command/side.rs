//! A side of the connection, as an argument.

use wirebond_schema::Direction;

/// One side of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    Client,
    Server,
}

impl From<Side> for Direction {
    fn from(side: Side) -> Self {
        match side {
            Side::Client => Self::Client,
            Side::Server => Self::Server,
        }
    }
}
