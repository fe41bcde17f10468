//! The contract as the engine sees it. Only `convert`, `sandbox` and the probes of admission look at these types.

// The macro writes unchecked function lookups, whose types were checked when the component was linked. The world `program` has every
// interface; which of them a component exports is found out one by one, so that what looks for all of them at once is not used.
#[allow(unsafe_code, missing_debug_implementations, dead_code)]
mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "program",
        // Lists of numbers are passed as the slices they are.
        ownership: Borrowing { duplicate_if_necessary: false },
        // So that a log that grows too long ends the statement.
        imports: { default: trappable },
    });
}

pub use generated::exports::gtm::program::{adjudication, calculation, descriptor, eligibility};
pub use generated::gtm::program::{explanation, facts, log, panic, types};
