//! Imports and exports held against the world of the WIT, which is compiled into the host.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use wasmparser::{Parser, Payload};
use wasmtime::component::Component;
use wit_component::DecodedWasm;
use wit_parser::{
    Function, FunctionKind, InterfaceId, Resolve, SourceMap, Type, TypeDefKind, WorldId, WorldItem, WorldKey,
};

use super::Refusal;
use crate::engine::API;

/// The worlds that this host runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum World {
    Calculator,
    Adjudicator,
    Program,
}

const ADJUDICATION: &str = "gtm:program/adjudication@0.1.0";
const CALCULATION: &str = "gtm:program/calculation@0.1.0";

impl World {
    const ALL: [World; 3] = [World::Calculator, World::Adjudicator, World::Program];

    /// The one that a component of these exports is meant for.
    fn meant_by(exports: impl Fn(&str) -> bool) -> Self {
        match (exports(CALCULATION), exports(ADJUDICATION)) {
            (true, true) => World::Program,
            (false, true) => World::Adjudicator,
            (_, false) => World::Calculator,
        }
    }

    /// The same of a component that was compiled.
    pub fn of_component(component: &Component, engine: &wasmtime::Engine) -> Self {
        let ty = component.component_type();
        Self::meant_by(|name| ty.get_export(engine, name).is_some())
    }

    pub fn name(self) -> &'static str {
        ["calculator", "adjudicator", "program"][self as usize]
    }

    pub fn calculates(self) -> bool {
        self != World::Adjudicator
    }

    pub fn rules_on_claims(self) -> bool {
        self != World::Calculator
    }
}

macro_rules! wit {
    ($($name:literal)*) => {
        [$( (concat!($name, ".wit"), include_str!(concat!("../../../../wit/0.1.0/", $name, ".wit"))) ),*]
    };
}

const FILES: [(&str, &str); 10] =
    wit!("adjudication" "calculation" "descriptor" "eligibility" "explanation" "facts" "log" "panic" "types" "world");

static WORLDS: LazyLock<[Surface; 3]> = LazyLock::new(|| {
    let mut sources = SourceMap::default();
    for (path, text) in FILES {
        sources.push_str(path, text);
    }
    let mut resolve = Resolve::default();
    let group = sources
        .parse()
        .map_err(|(_, e)| e.to_string())
        .expect("the contract parses, as every build checks");
    let package = resolve
        .push_group(group)
        .expect("the contract resolves, as every build checks");
    World::ALL.map(|world| {
        let id = resolve
            .select_world(&[package], Some(world.name()))
            .expect("the contract has the worlds that are run");
        Surface::of(&resolve, id)
    })
});

/// Refuses a component of another version of the contract, one that imports what the host does not give, and one that does not
/// export what the host calls, as it is declared.
pub(super) fn check(bytes: &[u8]) -> Result<(), Refusal> {
    only_of_the_contract(&Names::read(bytes)?)?;
    let decoded = wit_component::decode(bytes)
        .map_err(|e| Refusal::Binary(format!("the component's interface cannot be read: {e:#}")))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err(Refusal::Binary(
            "this is a WIT package, not a component: build the plugin and take its component".into(),
        ));
    };
    let found = Surface::of(&resolve, world);
    let mut lines = Vec::new();
    let meant = World::meant_by(|name| found.exports.contains_key(name));
    let world = &WORLDS[meant as usize];
    compare("import", &world.imports, &found.imports, &mut lines);
    compare("export", &world.exports, &found.exports, &mut lines);
    if lines.is_empty() {
        Ok(())
    } else {
        Err(Refusal::World {
            world: meant.name(),
            difference: lines.join("\n"),
        })
    }
}

/// The names of a component's imports and exports.
#[derive(Default)]
struct Names {
    imports: BTreeSet<String>,
    exports: BTreeSet<String>,
}

impl Names {
    fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let unreadable = |e: wasmparser::BinaryReaderError| {
            Refusal::Binary(format!(
                "the component's imports and exports cannot be read: {}",
                e.message()
            ))
        };
        let mut names = Self::default();
        // What stands in a component or module within this one is its own affair.
        let mut depth = 0;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(unreadable)? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                Payload::ComponentImportSection(imports) if depth == 0 => {
                    for import in imports {
                        let name = import.map_err(unreadable)?.name;
                        names.imports.extend(
                            [Some(name.name), name.implements]
                                .into_iter()
                                .flatten()
                                .map(str::to_owned),
                        );
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 0 => {
                    for export in exports {
                        let name = export.map_err(unreadable)?.name;
                        names.exports.extend(
                            [Some(name.name), name.implements]
                                .into_iter()
                                .flatten()
                                .map(str::to_owned),
                        );
                    }
                }
                _ => {}
            }
        }
        Ok(names)
    }
}

/// Refuses an interface of another package by its name alone. The decoder, which shows what is inside, follows packages that need each other
/// in a circle until the stack is full, and that would end the host.
fn only_of_the_contract(names: &Names) -> Result<(), Refusal> {
    let version_of = |name: &str| {
        let (interface, version) = name.split_once('@').unwrap_or((name, ""));
        let (package, _) = interface.split_once('/')?;
        Some(match version {
            "" => package.to_owned(),
            version => format!("{package}@{version}"),
        })
    };
    let foreign = |name: &String| version_of(name).is_some_and(|package| package != API);
    let contract = API.split('@').next().unwrap_or(API);
    let all = || names.imports.iter().chain(&names.exports);
    if !all().any(foreign) {
        return Ok(());
    }
    let other = all()
        .filter(|name| foreign(name))
        .filter_map(|name| version_of(name))
        .find(|package| package.split('@').next() == Some(contract));
    if let Some(found) = other {
        return Err(Refusal::Version { found });
    }
    let meant = World::meant_by(|name| names.exports.contains(name));
    let missing = WORLDS[meant as usize].exports.keys();
    let missing = missing.filter(|name| !names.exports.contains(*name));
    let lines: Vec<String> = names
        .imports
        .iter()
        .filter(|name| foreign(name))
        .map(|name| format!("+ import {name}"))
        .chain(
            names
                .exports
                .iter()
                .filter(|name| foreign(name))
                .map(|name| format!("+ export {name}")),
        )
        .chain(missing.map(|name| format!("- export {name}")))
        .collect();
    Err(Refusal::World {
        world: meant.name(),
        difference: lines.join("\n"),
    })
}

/// What a world asks for and gives, as text: interface → its functions and types.
struct Surface {
    imports: BTreeMap<String, Interface>,
    exports: BTreeMap<String, Interface>,
}

#[derive(Default)]
struct Interface {
    functions: BTreeSet<String>,
    types: BTreeSet<String>,
}

/// A component may leave out imports that it does not use, and types that it does not name; it may add nothing. Exports must be
/// those of the world.
fn compare(
    kind: &str,
    expected: &BTreeMap<String, Interface>,
    found: &BTreeMap<String, Interface>,
    lines: &mut Vec<String>,
) {
    let names: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    for name in names {
        match (expected.get(name), found.get(name)) {
            (Some(_), None) if kind == "import" => {}
            (Some(_), None) => lines.push(format!("- {kind} {name}")),
            (None, _) => lines.push(format!("+ {kind} {name}")),
            (Some(expected), Some(found)) => {
                let missing: Vec<_> = if kind == "import" {
                    vec![]
                } else {
                    expected.functions.difference(&found.functions).collect()
                };
                let differing_types: Vec<_> = found.types.difference(&expected.types).collect();
                let same_type = |line: &&String| differing_types.iter().any(|other| head(other) == head(line));
                let mut inner: Vec<String> = Vec::new();
                inner.extend(missing.iter().map(|line| format!("-     {line}")));
                inner.extend(
                    found
                        .functions
                        .difference(&expected.functions)
                        .map(|line| format!("+     {line}")),
                );
                inner.extend(
                    expected
                        .types
                        .iter()
                        .filter(same_type)
                        .map(|line| format!("-     {line}")),
                );
                inner.extend(differing_types.iter().map(|line| format!("+     {line}")));
                if !inner.is_empty() {
                    lines.push(format!("  {kind} {name}"));
                    lines.append(&mut inner);
                }
            }
        }
    }
}

/// `record period` of `record period { … }`.
fn head(line: &str) -> &str {
    line.split(" {").next().unwrap_or(line)
}

impl Surface {
    fn of(resolve: &Resolve, world: WorldId) -> Self {
        let world = &resolve.worlds[world];
        let side = |items: &wit_parser::IndexMap<WorldKey, WorldItem>| {
            let mut interfaces = BTreeMap::new();
            for (key, item) in items {
                let name = resolve.name_world_key(key);
                match item {
                    WorldItem::Interface { id, .. } => interfaces.insert(name, Interface::of(resolve, *id)),
                    WorldItem::Function(function) => {
                        interfaces.insert(signature(resolve, function), Interface::default())
                    }
                    WorldItem::Type { .. } => None,
                };
            }
            interfaces
        };
        Self {
            imports: side(&world.imports),
            exports: side(&world.exports),
        }
    }
}

impl Interface {
    fn of(resolve: &Resolve, id: InterfaceId) -> Self {
        let interface = &resolve.interfaces[id];
        Self {
            functions: interface
                .functions
                .values()
                .map(|function| signature(resolve, function))
                .collect(),
            // Another name for a type is no difference.
            types: interface
                .types
                .values()
                .filter_map(|ty| definition(resolve, *ty))
                .collect(),
        }
    }
}

/// `push: func(rows: batch) -> result<_, problem>`, a method under the name of its resource.
fn signature(resolve: &Resolve, function: &Function) -> String {
    let name = match function.kind {
        FunctionKind::Method(resource) | FunctionKind::Static(resource) | FunctionKind::Constructor(resource) => {
            let resource = resolve.types[resource].name.as_deref().unwrap_or_default();
            match function.kind {
                FunctionKind::Constructor(_) => format!("{resource}.constructor"),
                _ => format!("{resource}.{}", function.item_name()),
            }
        }
        _ => function.name.clone(),
    };
    let implied = usize::from(matches!(function.kind, FunctionKind::Method(_)));
    let params: Vec<_> = function
        .params
        .iter()
        .skip(implied)
        .map(|param| format!("{}: {}", param.name, show(resolve, &param.ty)))
        .collect();
    let kind = if function.kind.is_async() { "async func" } else { "func" };
    let result = function
        .result
        .as_ref()
        .map(|ty| format!(" -> {}", show(resolve, ty)))
        .unwrap_or_default();
    format!("{name}: {kind}({}){result}", params.join(", "))
}

fn definition(resolve: &Resolve, id: wit_parser::TypeId) -> Option<String> {
    let ty = &resolve.types[id];
    let name = ty.name.as_deref()?;
    let list = |parts: Vec<String>| parts.join(", ");
    let of_case = |name: &str, ty: &Option<Type>| match ty {
        Some(ty) => format!("{name}({})", show(resolve, ty)),
        None => name.to_owned(),
    };
    Some(match &ty.kind {
        TypeDefKind::Record(record) => {
            let fields = record
                .fields
                .iter()
                .map(|field| format!("{}: {}", field.name, show(resolve, &field.ty)))
                .collect();
            format!("record {name} {{ {} }}", list(fields))
        }
        TypeDefKind::Variant(variant) => {
            format!(
                "variant {name} {{ {} }}",
                list(variant.cases.iter().map(|case| of_case(&case.name, &case.ty)).collect())
            )
        }
        TypeDefKind::Enum(cases) => {
            format!(
                "enum {name} {{ {} }}",
                list(cases.cases.iter().map(|case| case.name.clone()).collect())
            )
        }
        TypeDefKind::Flags(flags) => {
            format!(
                "flags {name} {{ {} }}",
                list(flags.flags.iter().map(|flag| flag.name.clone()).collect())
            )
        }
        TypeDefKind::Resource => format!("resource {name}"),
        _ => return None,
    })
}

/// A type where it is used: by its name when it defines something, otherwise by what it is made of.
fn show(resolve: &Resolve, ty: &Type) -> String {
    let Type::Id(id) = ty else {
        return primitive(ty).to_owned();
    };
    let def = &resolve.types[*id];
    let or_nothing = |ty: &Option<Type>| ty.as_ref().map_or("_".to_owned(), |ty| show(resolve, ty));
    match &def.kind {
        TypeDefKind::Type(other) => show(resolve, other),
        TypeDefKind::List(element) => format!("list<{}>", show(resolve, element)),
        TypeDefKind::Option(some) => format!("option<{}>", show(resolve, some)),
        TypeDefKind::Result(result) => match (&result.ok, &result.err) {
            (None, None) => "result".into(),
            (Some(ok), None) => format!("result<{}>", show(resolve, ok)),
            (ok, err) => format!("result<{}, {}>", or_nothing(ok), or_nothing(err)),
        },
        TypeDefKind::Tuple(tuple) => {
            format!(
                "tuple<{}>",
                tuple
                    .types
                    .iter()
                    .map(|ty| show(resolve, ty))
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        TypeDefKind::Handle(wit_parser::Handle::Own(resource)) => show(resolve, &Type::Id(*resource)),
        TypeDefKind::Handle(wit_parser::Handle::Borrow(resource)) => {
            format!("borrow<{}>", show(resolve, &Type::Id(*resource)))
        }
        kind => def.name.clone().unwrap_or_else(|| kind.as_str().to_owned()),
    }
}

fn primitive(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(_) => "a type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_contract_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/0.1.0");
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, FILES.map(|(name, _)| name.to_owned()));
    }

    #[test]
    fn the_world_reads_as_the_contract_does() {
        let exports: Vec<_> = WORLDS[0].exports.keys().collect();
        assert_eq!(
            exports,
            [
                "gtm:program/calculation@0.1.0",
                "gtm:program/descriptor@0.1.0",
                "gtm:program/eligibility@0.1.0"
            ]
        );
        let functions: Vec<_> = WORLDS[0].exports["gtm:program/calculation@0.1.0"]
            .functions
            .iter()
            .collect();
        assert_eq!(
            functions,
            [
                "calculation.constructor: func(context: context) -> calculation",
                "calculation.finish: func() -> result<outcome, problem>",
                "calculation.push: func(rows: batch) -> result<_, problem>",
            ]
        );
        assert!(
            WORLDS[0].imports["gtm:program/types@0.1.0"]
                .types
                .contains("record period { label: string, start: s32, end: s32 }")
        );
    }
}
