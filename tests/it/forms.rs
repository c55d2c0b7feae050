//! Contracts in forms of their own: what their documents say, and what reads them.

mod agreement;
mod consumers;
mod contracts;
mod diff;
mod document;
mod refused;
mod validate;
