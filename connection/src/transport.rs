//! WebSocket messages in and out of a byte stream, for either side. tungstenite's protocol is named in
//! `socket` only.

mod frame_header;
mod io;
mod outgoing;
mod read_ahead;
mod scanner;
mod socket;

pub use io::Io;
pub use socket::{Broken, CHUNK, Inbound, Role, Socket, close_reason};
