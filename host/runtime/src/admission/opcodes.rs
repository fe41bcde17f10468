//! Reads every instruction, and every memory, global and local: whole numbers only, one thread, 32-bit addresses.

use std::collections::BTreeMap;

use wasmparser::{
    CompositeInnerType, KnownCustom, MemoryType, Name, NameSectionReader, Operator, Parser, Payload, TypeRef, ValType,
};

use super::Refusal;
use crate::limits::Limits;

const FLOAT: &str = "amounts are whole numbers and exact decimals";
const VECTOR: &str = "vector instructions are switched off";
const THREADS: &str = "a statement is calculated by one thread";
const WIDE_ADDRESSES: &str = "addresses have 32 bits";
const SWITCHED_OFF: &str = "this part of WebAssembly is switched off";

/// Refuses the first thing that is not admitted, by the name of its function where the module has names.
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let mut modules: Vec<Module> = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|e| Refusal::Binary(format!("the component cannot be read: {e}")))?;
        match payload {
            // Components lie within each other as modules do; those have nothing to find of their own.
            Payload::Version { .. } => modules.push(Module::default()),
            Payload::End(_) => {
                if let Some(refusal) = modules.pop().and_then(Module::refusal) {
                    return Err(refusal);
                }
            }
            payload => {
                if let Some(module) = modules.last_mut() {
                    module
                        .read(payload, limits)
                        .map_err(|e| Refusal::Binary(format!("the component cannot be read: {e}")))?;
                }
            }
        }
    }
    Ok(())
}

/// What was found in one module so far.
#[derive(Default)]
struct Module {
    /// Functions that were declared or read: imported ones come first.
    functions: u32,
    memories: u32,
    names: BTreeMap<u32, String>,
    found: Option<Found>,
}

struct Found {
    /// The function's index; absent when it stands outside functions.
    function: Option<u32>,
    is_instruction: bool,
    what: String,
    why: &'static str,
}

impl Module {
    fn refusal(self) -> Option<Refusal> {
        let found = self.found?;
        let place = match found.function {
            None => "a module of the component".to_owned(),
            Some(index) => match self.names.get(&index) {
                Some(name) => format!("the function `{name}`"),
                None => format!("the function {index}"),
            },
        };
        Some(Refusal::Instruction {
            place,
            what: found.what,
            why: found.why,
        })
    }

    /// The first finding counts, but an instruction says more than the local or the type that it needs. The section with the names
    /// comes after all of them.
    fn find(&mut self, function: Option<u32>, what: impl Into<String>, why: &'static str) {
        self.found.get_or_insert_with(|| Found {
            function,
            is_instruction: false,
            what: what.into(),
            why,
        });
    }

    fn find_instruction(&mut self, function: u32, name: &str, why: &'static str) {
        let what = format!("the instruction `{name}`");
        self.found = Some(Found {
            function: Some(function),
            is_instruction: true,
            what,
            why,
        });
    }

    fn read(&mut self, payload: Payload<'_>, limits: &Limits) -> wasmparser::Result<()> {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    match import?.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => self.functions += 1,
                        TypeRef::Memory(memory) => self.memory(memory, limits),
                        TypeRef::Global(global) => self.value(None, "a global", global.content_type),
                        TypeRef::Tag(_) => self.find(None, "an exception", SWITCHED_OFF),
                        TypeRef::Table(table) if table.table64 => self.find(None, "a 64-bit table", WIDE_ADDRESSES),
                        TypeRef::Table(_) => {}
                    }
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.memory(memory?, limits);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    if table?.ty.table64 {
                        self.find(None, "a 64-bit table", WIDE_ADDRESSES);
                    }
                }
            }
            Payload::TagSection(_) => self.find(None, "an exception", SWITCHED_OFF),
            Payload::TypeSection(types) => {
                for group in types {
                    for ty in group?.into_types() {
                        match &ty.composite_type.inner {
                            CompositeInnerType::Func(function) => {
                                for value in function.params().iter().chain(function.results()) {
                                    self.value(None, "a function type", *value);
                                }
                            }
                            _ => self.find(None, "a type of the garbage-collection proposal", SWITCHED_OFF),
                        }
                    }
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    self.value(None, "a global", global?.ty.content_type);
                }
            }
            Payload::CodeSectionEntry(body) => {
                let index = self.functions;
                self.functions += 1;
                for local in body.get_locals_reader()? {
                    self.value(Some(index), "a local", local?.1);
                }
                if !self.found.as_ref().is_some_and(|found| found.is_instruction) {
                    for operator in body.get_operators_reader()? {
                        if let Some((name, why)) = refused(&operator?) {
                            self.find_instruction(index, &name, why);
                            break;
                        }
                    }
                }
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    // Names are a courtesy: broken ones change nothing.
                    self.names = function_names(names).unwrap_or_default();
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn value(&mut self, function: Option<u32>, place: &str, value: ValType) {
        match value {
            ValType::F32 | ValType::F64 => self.find(function, format!("{place} of type `{value}`"), FLOAT),
            ValType::V128 => self.find(function, format!("{place} of type `{value}`"), VECTOR),
            ValType::I32 | ValType::I64 | ValType::Ref(_) => {}
        }
    }

    fn memory(&mut self, memory: MemoryType, limits: &Limits) {
        self.memories += 1;
        let bytes = memory.initial.saturating_mul(64 << 10);
        if memory.memory64 {
            self.find(None, "a 64-bit memory", WIDE_ADDRESSES);
        } else if memory.shared {
            self.find(None, "a memory that threads share", THREADS);
        } else if memory.page_size_log2.is_some() {
            self.find(None, "a memory with pages of its own size", SWITCHED_OFF);
        } else if self.memories > 1 {
            self.find(None, "a second memory", SWITCHED_OFF);
        } else if bytes > limits.memory_bytes {
            let what = format!("a memory of {bytes} bytes, and {} is the limit", limits.memory_bytes);
            self.find(None, what, "a statement has a bounded sandbox");
        }
    }
}

fn function_names(section: NameSectionReader<'_>) -> wasmparser::Result<BTreeMap<u32, String>> {
    let mut names = BTreeMap::new();
    for part in section {
        if let Name::Function(functions) = part? {
            for naming in functions {
                let naming = naming?;
                names.insert(naming.index, naming.name.to_owned());
            }
        }
    }
    Ok(names)
}

/// The instruction's name and why it is not admitted. What is not known to be whole-number arithmetic, control, memory or tables is
/// refused, so that a proposal of next year is not let in unread.
fn refused(operator: &Operator<'_>) -> Option<(String, &'static str)> {
    let (proposal, visit) = proposal_and_name(operator);
    let why = match proposal {
        "mvp" | "sign_extension" | "bulk_memory" | "reference_types" if !is_float(visit) => return None,
        "mvp" | "saturating_float_to_int" => FLOAT,
        "simd" | "relaxed_simd" => VECTOR,
        "threads" | "shared_everything_threads" => THREADS,
        _ => SWITCHED_OFF,
    };
    Some((text_name(visit), why))
}

fn is_float(visit: &str) -> bool {
    visit.contains("f32") || visit.contains("f64")
}

/// `visit_i32_trunc_f64_s` is written `i32.trunc_f64_s`.
fn text_name(visit: &str) -> String {
    const WITH_A_DOT: [&str; 22] = [
        "i32", "i64", "f32", "f64", "v128", "i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2", "local", "global",
        "table", "memory", "ref", "data", "elem", "struct", "array", "atomic", "cont",
    ];
    let name = visit.trim_start_matches("visit_").replace("_atomic_", ".atomic.");
    match name.split_once('_') {
        Some((first, rest)) if WITH_A_DOT.contains(&first) => format!("{first}.{rest}"),
        _ => name,
    }
}

macro_rules! write_proposal_and_name {
    ($( @$proposal:ident $op:ident $({ $($argument:ident: $type:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {
        fn proposal_and_name(operator: &Operator<'_>) -> (&'static str, &'static str) {
            match operator {
                $( Operator::$op { .. } => (stringify!($proposal), stringify!($visit)), )*
                _ => ("unknown", "an unknown instruction"),
            }
        }
    };
}
wasmparser::for_each_operator!(write_proposal_and_name);

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        let component = wat::parse_str(format!("(component (core module {text}))")).unwrap();
        check(&component, &Limits::default()).map_or_else(|refusal| refusal.to_string(), |()| "admitted".into())
    }

    #[test]
    fn whole_numbers_memory_and_tables_are_admitted() {
        let module = "(memory 1) (table 1 funcref) (data $d \"x\")
            (func (param i64) (result i64) (i64.div_s (i64.extend8_s (local.get 0)) (i64.const 3)))
            (func (memory.copy (i32.const 0) (i32.const 8) (i32.const 8)) (memory.fill (i32.const 0) (i32.const 0) (i32.const 8)))";
        assert_eq!(message(module), "admitted");
    }

    #[test]
    fn what_is_not_admitted_is_named() {
        let cases = [
            (
                "(func $share (drop (f64.const 0.025)))",
                "the function `share` has the instruction `f64.const`, which is not admitted: amounts are whole numbers and exact decimals",
            ),
            (
                "(func) (func (param i64) (drop (f32.convert_i64_s (local.get 0))))",
                "the function 1 has the instruction `f32.convert_i64_s`, which is not admitted: amounts are whole numbers and exact decimals",
            ),
            (
                "(func $f (local f64))",
                "the function `f` has a local of type `f64`, which is not admitted: amounts are whole numbers and exact decimals",
            ),
            (
                "(type (func (param f32)))",
                "a module of the component has a function type of type `f32`, which is not admitted: amounts are whole numbers and exact decimals",
            ),
            (
                "(func $f (drop (i32x4.splat (i32.const 1))))",
                "the function `f` has the instruction `i32x4.splat`, which is not admitted: vector instructions are switched off",
            ),
            (
                "(memory 1) (func $f (drop (i32.atomic.load (i32.const 0))))",
                "the function `f` has the instruction `i32.atomic.load`, which is not admitted: a statement is calculated by one thread",
            ),
            (
                "(memory 1 1 shared)",
                "a module of the component has a memory that threads share, which is not admitted: a statement is calculated by one thread",
            ),
            (
                "(memory i64 1)",
                "a module of the component has a 64-bit memory, which is not admitted: addresses have 32 bits",
            ),
            (
                "(memory 1) (memory 1)",
                "a module of the component has a second memory, which is not admitted: this part of WebAssembly is switched off",
            ),
            (
                "(memory 1025)",
                "a module of the component has a memory of 67174400 bytes, and 67108864 is the limit, which is not admitted: a statement has a bounded sandbox",
            ),
            (
                "(func $f (return_call $f))",
                "the function `f` has the instruction `return_call`, which is not admitted: this part of WebAssembly is switched off",
            ),
            (
                "(func $f (drop (i64.add128 (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1))) drop)",
                "the function `f` has the instruction `i64.add128`, which is not admitted: this part of WebAssembly is switched off",
            ),
        ];
        for (module, expected) in cases {
            assert_eq!(message(module), expected);
        }
    }
}
