//! The trait that a plugin implements and the macro that makes a component of it.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{Context, Description, Outcome, Participant, Plan, Problem, Rows, Verdict};

/// A go-to-market program: a pure function from terms, context and rows to transfers.
///
/// A value of the type is one calculation: one participant, one period. The host makes it with [`start`](Program::start),
/// hands it rows with [`push`](Program::push) any number of times, and asks for the answer with [`finish`](Program::finish).
/// Whatever the program needs to remember of the rows it keeps in itself; the rows are gone after each push.
///
/// ```
/// use gtm_sdk::*;
///
/// /// Pays one percent of everything sold.
/// struct OnePercent {
///     context: Context,
///     volume: Sum,
/// }
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Terms {}
///
/// impl Program for OnePercent {
///     type Terms = Terms;
///     const TERMS_SCHEMA: &str = "{}"; // include_str!("../terms.schema.json") in a real plugin
///
///     fn describe() -> Description {
///         Description::new("example/one-percent", "One percent", ProgramKind::Rebate)
///             .columns([Column::NetAmount])
///             .balance("expense", "Rebate expense", CURRENCY, Side::Debit)
///             .balance("payable", "Rebate payable", CURRENCY, Side::Credit)
///     }
///
///     fn plan(_: &Terms) -> Result<Plan, Vec<Problem>> {
///         Ok(Plan { columns: vec![Column::NetAmount], ..Plan::new([RowKind::Sale, RowKind::Return]) })
///     }
///
///     fn start(context: Context, _: Terms) -> Result<Self, Problem> {
///         Ok(OnePercent { context, volume: Sum::ZERO })
///     }
///
///     fn push(&mut self, rows: &Rows<'_>) -> Result<(), Problem> {
///         for row in rows.iter() {
///             self.volume.add(row.net_amount());
///         }
///         Ok(())
///     }
///
///     fn finish(self) -> Result<Outcome, Problem> {
///         let volume = self.volume.micros()?;
///         println!("{} sold {volume}", self.context.participant.account);
///         Ok(Outcome::default())
///     }
/// }
///
/// export_program!(OnePercent);
/// # fn main() {}
/// ```
pub trait Program: Sized + 'static {
    /// What an administrator agrees with participants, parsed from JSON.
    ///
    /// Use [`Micros`](crate::Micros) for amounts and quantities, [`Rate`](crate::Rate) for rates, plain enums and structs for
    /// the rest. Not `#[serde(untagged)]`, `#[serde(flatten)]` or `#[serde(tag = …)]`: serde buffers those through a type that
    /// holds floats, and a component with a float instruction is not admitted.
    type Terms: DeserializeOwned + JsonSchema;

    /// The JSON Schema of the terms, by which the host validates them: `include_str!("../terms.schema.json")`.
    ///
    /// The file is derived from the type, natively, and kept: deriving it inside the component would bring float instructions
    /// and twice the size, and a kept file shows a reviewer how the terms change. A test of one line keeps it equal to the
    /// type and writes it when asked: [`testing::schema_is_kept`](crate::testing::schema_is_kept).
    const TERMS_SCHEMA: &str;

    /// What the plugin is. The same at every call.
    fn describe() -> Description;

    /// Whether the terms are sound beyond their schema, and what the host gathers to calculate by them.
    /// Every problem is listed, not the first only.
    fn plan(terms: &Self::Terms) -> Result<Plan, Vec<Problem>>;

    /// Whether the participant may take part, judged by the profile alone. By default everybody may.
    fn assess(terms: &Self::Terms, participant: &Participant) -> Result<Verdict, Problem> {
        let _ = (terms, participant);
        Ok(Verdict {
            eligible: true,
            reasons: Vec::new(),
        })
    }

    /// Begins a calculation. A problem fails the statement; the host sees it when it asks for the answer.
    ///
    /// A program of the world `adjudicator` has no calculation and leaves out this function and the two after it.
    fn start(context: Context, terms: Self::Terms) -> Result<Self, Problem> {
        let _ = (context, terms);
        Err(Problem::new(
            "no-calculation",
            "this program rules on claims and calculates nothing",
        ))
    }

    /// Takes some rows, ordered by date, then position, within a batch and from batch to batch. Called any number of times,
    /// also never. Rows of the plan's windows come in the same stream: tell them apart by date.
    fn push(&mut self, rows: &Rows<'_>) -> Result<(), Problem> {
        let _ = rows;
        Ok(())
    }

    /// What the participant is entitled to for this period, in full: the host subtracts what it posted before.
    fn finish(self) -> Result<Outcome, Problem> {
        Ok(Outcome::default())
    }
}

/// Makes a component of a [`Program`]: exports, panic hook, and an allocator over a fixed region.
///
/// Which exports is said by the world: `calculator` unless another is given, `program` for a program that also implements
/// [`Adjudicate`](crate::Adjudicate), `adjudicator` for one that only rules on claims:
/// `export_program!(MyProgram, world = program)`.
///
/// The region is 8 MiB unless another size is given: `export_program!(MyProgram, arena_bytes = 16 << 20)`, after the world where there are
/// both. It is part of the component's initial memory, of which only touched pages cost anything, and it never grows: see
/// [`arena`](crate::arena). Natively the macro only checks that the type is a program, so that a plugin's tests can link several plugins.
#[macro_export]
macro_rules! export_program {
    ($program:ty) => {
        $crate::export_program!($program, world = calculator, arena_bytes = 8 << 20);
    };
    ($program:ty, arena_bytes = $bytes:expr) => {
        $crate::export_program!($program, world = calculator, arena_bytes = $bytes);
    };
    ($program:ty, world = $world:ident) => {
        $crate::export_program!($program, world = $world, arena_bytes = 8 << 20);
    };
    ($program:ty, world = $world:ident, arena_bytes = $bytes:expr) => {
        const _: () = {
            type Exported = $crate::Component<$program>;
            #[cfg(target_arch = "wasm32")]
            $crate::export_program!(@$world Exported);
            #[cfg(target_arch = "wasm32")]
            #[global_allocator]
            static ARENA: $crate::arena::GlobalArena<{ $bytes }> = $crate::arena::GlobalArena::new();
            const _: fn() = $crate::export_program!(@check $world $program);
            const _: ::core::marker::PhantomData<Exported> = ::core::marker::PhantomData;
        };
    };
    (@calculator $exported:ident) => {
        $crate::bindings::export_calculator!($exported with_types_in $crate::bindings);
    };
    (@adjudicator $exported:ident) => {
        $crate::bindings::export_adjudicator!($exported with_types_in $crate::bindings);
    };
    (@program $exported:ident) => {
        $crate::bindings::export_program!($exported with_types_in $crate::bindings);
    };
    (@check calculator $program:ty) => {
        $crate::Component::<$program>::is_a_program
    };
    (@check $world:ident $program:ty) => {
        $crate::Component::<$program>::rules_on_claims
    };
}
