//! Stands in for `docs`.
