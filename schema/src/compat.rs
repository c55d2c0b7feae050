//! Stands in for `compat`.
