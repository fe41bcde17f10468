//! The sandbox from outside. `tests/plugins` holds what misbehaves; `components` and `misfits` make it, the other modules assert what is said.

mod components;
mod misfits;
mod statement;

mod admission;
mod cache;
mod determinism;
mod misbehaving;
mod sound;
mod rulings;
