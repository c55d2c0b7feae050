//! An open connection, and every fault on it: cases 17 to 39 of the list of faults.

mod closes;
mod frames;
mod heartbeats;
mod queue;
