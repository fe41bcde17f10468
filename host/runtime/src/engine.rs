//! The engine for money: the same component and rows give the same bytes and the same fuel on every machine.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use domain::digest::Digest;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, RegallocAlgorithm, Strategy,
    WasmFeatures,
};

use crate::bindings::{log, panic};
use crate::cache::Cache;
use crate::limits::Limits;
use crate::sandbox::State;

/// The version of the contract that this host runs, as receipts name it.
pub const API: &str = "gtm:program@0.1.0";

/// The engine's name and version, as receipts name them.
pub const ENGINE: &str = "wasmtime 48.0.8";

/// How many sandboxes may exist at the same time: each reserves about 4 GiB of addresses, and no memory before it uses some.
pub const MAX_SANDBOXES: usize = 64;

/// How far the wall-clock backstop may be late. It is no part of any answer.
const TICK: Duration = Duration::from_millis(10);

/// Compiles and runs components. Cloning it is cheap; a process needs one.
#[derive(Clone)]
pub struct Engine {
    pub(crate) wasm: wasmtime::Engine,
    pub(crate) linker: Arc<Linker<State>>,
    pub(crate) limits: Arc<Limits>,
    cache: Option<Arc<Cache>>,
}

impl Engine {
    /// Without a cache every load of a plugin compiles it, which takes a tenth of a second for each 100 kB.
    pub fn new(limits: Limits, cache: Option<Cache>) -> Result<Self, domain::Error> {
        let broken = |e: wasmtime::Error| domain::Error::new(format!("the engine for plugins does not start: {e:#}"));
        let wasm = wasmtime::Engine::new(&config()).map_err(broken)?;
        let mut linker = Linker::new(&wasm);
        log::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state).map_err(broken)?;
        panic::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state).map_err(broken)?;
        tick(&wasm)?;
        Ok(Self {
            wasm,
            linker: Arc::new(linker),
            limits: Arc::new(limits),
            cache: cache.map(Arc::new),
        })
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Machine code for a component: from the cache where this host put it there, else compiled.
    pub(crate) fn component(&self, digest: Digest, bytes: &[u8]) -> wasmtime::Result<Component> {
        match &self.cache {
            Some(cache) => cache.component(&self.wasm, digest, bytes),
            None => Component::new(&self.wasm, bytes),
        }
    }

    /// Epoch ticks until the backstop ends a call with this many rows.
    pub(crate) fn wall_ticks(&self, rows: u64) -> u64 {
        (self.limits.wall(rows).as_millis() / TICK.as_millis())
            .try_into()
            .unwrap_or(u64::MAX / 2)
            .max(1)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("limits", &self.limits)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking)
        .consume_fuel(true)
        .epoch_interruption(true)
        // A call with concurrency costs three times as much, and no plugin has anything to wait for.
        .concurrency_support(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_tail_call(false)
        .wasm_relaxed_simd(false)
        .wasm_simd(false)
        .wasm_features(
            WasmFeatures::THREADS
                | WasmFeatures::GC
                | WasmFeatures::EXCEPTIONS
                | WasmFeatures::FUNCTION_REFERENCES
                | WasmFeatures::CM_ASYNC,
            false,
        )
        .shared_memory(false)
        // Places in the guest come from `panic.report`; maps of addresses would only make the compiled code larger.
        .generate_address_map(false)
        .memory_init_cow(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pooling()));
    config
}

fn pooling() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    let sandboxes = MAX_SANDBOXES as u32;
    pool.total_component_instances(sandboxes)
        .total_core_instances(sandboxes * 4)
        .total_memories(sandboxes)
        .total_tables(sandboxes * 2)
        .max_unused_warm_slots(sandboxes)
        .max_core_instances_per_component(4)
        .max_memories_per_component(1)
        .max_memories_per_module(1)
        .max_tables_per_component(2)
        .max_memory_size(Limits::MEMORY_BYTES as usize)
        // Pages stay with their slot between statements: otherwise threads wait for each other at the address space.
        .linear_memory_keep_resident(1 << 20)
        .table_keep_resident(1 << 16)
        // Linux 6.7 and later tell which pages were written to, so only those are reset.
        .pagemap_scan(if PoolingAllocationConfig::is_pagemap_scan_available() {
            Enabled::Yes
        } else {
            Enabled::No
        });
    pool
}

/// Advances the epoch for as long as the engine lives.
fn tick(engine: &wasmtime::Engine) -> Result<(), domain::Error> {
    let engine = engine.weak();
    thread::Builder::new()
        .name("epoch".into())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        })
        .map_err(|e| domain::Error::new(format!("the backstop for plugins does not start: {e}")))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_on_receipts_is_the_one_that_is_linked() {
        let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock")).unwrap();
        let version = ENGINE.strip_prefix("wasmtime ").unwrap();
        assert!(
            lock.contains(&format!("name = \"wasmtime\"\nversion = \"{version}\"\n")),
            "Cargo.lock has another wasmtime: write its version into ENGINE"
        );
    }
}
