//! The contract as the engine sees it. Only `convert`, `sandbox` and the probes of admission look at these types.

// The macro writes unchecked function lookups, whose types were checked when the component was linked.
#[allow(unsafe_code, missing_debug_implementations)]
mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "calculator",
        // Lists of numbers are passed as the slices they are.
        ownership: Borrowing { duplicate_if_necessary: false },
        // So that a log that grows too long ends the statement.
        imports: { default: trappable },
    });
}

pub use generated::exports::gtm::program::{calculation, descriptor};
pub use generated::gtm::program::{explanation, facts, log, panic, types};
pub use generated::{Calculator, CalculatorPre};
