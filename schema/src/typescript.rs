//! Stands in for `typescript`.
