//! The demonstration: a small company that does not exist, and what its program pays.

pub mod company;
