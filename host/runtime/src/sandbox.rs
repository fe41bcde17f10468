//! One sandbox: made for one call or one statement, thrown away after it. A trap spoils a store, and nothing of one participant may
//! reach the next.

use wasmtime::component::{Instance, InstancePre};
use wasmtime::{ResourceLimiter, Store};

use crate::admission::world::World;
use crate::bindings::{adjudication, calculation, descriptor, eligibility, log, panic};
use crate::engine::Engine;
use crate::failure::{Failed, Failure, Name};

/// What the host keeps beside the guest's memory.
pub(crate) struct State {
    memory_limit: usize,
    log_limit: usize,
    string_limit: usize,
    log: String,
    /// The last words, and where they were spoken.
    panic: Option<(String, String)>,
    /// Which limit of the host's own ended the call.
    over: Option<Failure>,
}

/// What a sandbox is made from.
#[derive(Clone)]
pub(crate) struct Code {
    pub engine: Engine,
    pub pre: InstancePre<State>,
    pub exports: Exports,
    pub name: Name,
}

/// Where the functions of the component's interfaces are.
#[derive(Clone)]
pub(crate) struct Exports {
    pub descriptor: descriptor::GuestIndices,
    pub eligibility: eligibility::GuestIndices,
    /// Absent where the world has no such interface; so is the next.
    pub calculation: Option<calculation::GuestIndices>,
    pub adjudication: Option<adjudication::GuestIndices>,
}

impl Exports {
    pub fn of(pre: &InstancePre<State>, world: World) -> wasmtime::Result<Self> {
        Ok(Self {
            descriptor: descriptor::GuestIndices::new(pre)?,
            eligibility: eligibility::GuestIndices::new(pre)?,
            calculation: match world.calculates() {
                true => Some(calculation::GuestIndices::new(pre)?),
                false => None,
            },
            adjudication: match world.rules_on_claims() {
                true => Some(adjudication::GuestIndices::new(pre)?),
                false => None,
            },
        })
    }
}

pub(crate) struct Sandbox<'a> {
    code: &'a Code,
    rows: u64,
    fuel: u64,
    pub store: Store<State>,
    instance: Instance,
}

impl<'a> Sandbox<'a> {
    /// A fresh one, with the limits of a statement of this many rows.
    pub fn new(code: &'a Code, rows: u64) -> Result<Self, Failed> {
        let limits = code.engine.limits();
        let fuel = limits.fuel.of(rows);
        let state = State {
            memory_limit: limits.memory_bytes as usize,
            log_limit: limits.log_bytes.of(rows) as usize,
            string_limit: limits.string_bytes as usize,
            log: String::new(),
            panic: None,
            over: None,
        };
        let mut store = Store::new(&code.engine.wasm, state);
        store.limiter(|state| state);
        store.set_epoch_deadline(code.engine.wall_ticks(rows));
        store.set_hostcall_fuel(limits.answer_bytes.of(rows) as usize);
        let begun = store.set_fuel(fuel).and_then(|()| code.pre.instantiate(&mut store));
        match begun {
            Ok(instance) => Ok(Self {
                code,
                rows,
                fuel,
                store,
                instance,
            }),
            Err(e) => Err(failed(code, rows, fuel, store, e)),
        }
    }

    pub fn descriptor(&mut self) -> wasmtime::Result<descriptor::Guest> {
        self.code.exports.descriptor.load(&mut self.store, &self.instance)
    }

    pub fn eligibility(&mut self) -> wasmtime::Result<eligibility::Guest> {
        self.code.exports.eligibility.load(&mut self.store, &self.instance)
    }

    /// Absent where the component does not export it; so is the next.
    pub fn calculation(&mut self) -> wasmtime::Result<Option<calculation::Guest>> {
        let found = self.code.exports.calculation.as_ref();
        found
            .map(|found| found.load(&mut self.store, &self.instance))
            .transpose()
    }

    pub fn adjudication(&mut self) -> wasmtime::Result<Option<adjudication::Guest>> {
        let found = self.code.exports.adjudication.as_ref();
        found
            .map(|found| found.load(&mut self.store, &self.instance))
            .transpose()
    }

    pub fn fuel_used(&self) -> u64 {
        self.fuel - self.store.get_fuel().unwrap_or(0)
    }

    /// What was logged and how much fuel it took.
    pub fn close(self) -> (String, u64) {
        let fuel = self.fuel_used();
        (self.store.into_data().log, fuel)
    }

    /// The call ended with an error of the engine.
    pub fn trapped(self, error: wasmtime::Error) -> Failed {
        failed(self.code, self.rows, self.fuel, self.store, error)
    }

    /// The call ended, and what it says is no answer.
    pub fn failed(self, failure: Failure) -> Failed {
        let code = self.code;
        let (log, fuel) = self.close();
        Failed::new(&code.name, failure, log, fuel)
    }
}

fn failed(code: &Code, rows: u64, limit: u64, store: Store<State>, error: wasmtime::Error) -> Failed {
    let fuel = limit - store.get_fuel().unwrap_or(0);
    let state = store.into_data();
    let failure = state
        .over
        .unwrap_or_else(|| Failure::of_engine(&error, code.engine.limits(), rows, state.panic));
    Failed::new(&code.name, failure, state.log, fuel)
}

impl log::Host for State {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => "debug ",
            log::Level::Info => "info ",
            log::Level::Warn => "warn ",
        };
        if self.log.len() + level.len() + message.len() + 1 > self.log_limit {
            self.over = Some(Failure::LimitExceeded {
                what: "bytes of log",
                limit: self.log_limit as u64,
            });
            wasmtime::bail!("the log is too long");
        }
        self.log.push_str(level);
        self.log.push_str(&message);
        self.log.push('\n');
        Ok(())
    }
}

impl panic::Host for State {
    fn report(&mut self, message: String, location: String) -> wasmtime::Result<()> {
        self.panic = Some((
            shortened(message, self.string_limit),
            shortened(location, self.string_limit),
        ));
        Ok(())
    }
}

fn shortened(mut text: String, limit: usize) -> String {
    text.truncate(text.floor_char_boundary(limit));
    text
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.memory_limit {
            // Not a refusal that the guest may handle: what it answers must not depend on how much memory it got.
            self.over = Some(Failure::OutOfMemory {
                limit: self.memory_limit as u64,
            });
            wasmtime::bail!("the memory is used up");
        }
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        const TABLE_ELEMENTS: usize = 20_000;
        if desired > TABLE_ELEMENTS {
            self.over = Some(Failure::LimitExceeded {
                what: "table elements",
                limit: TABLE_ELEMENTS as u64,
            });
            wasmtime::bail!("the table is too large");
        }
        Ok(true)
    }
}
