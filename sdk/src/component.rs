//! Between the generated bindings and the [`Program`] trait: parses terms, keeps the state of a calculation, and reports at
//! `finish` what went wrong at the start.

use std::cell::RefCell;
use std::marker::PhantomData;

use crate::bindings::exports::gtm::program::{adjudication, calculation, descriptor, eligibility};
use crate::{
    Adjudicate, Batch, Claim, Context, Decision, Evidence, Outcome, Participant, Plan, Problem, Program, Rows, Verdict,
    last_words, terms,
};

/// A program as the component's exports see it.
#[derive(Debug)]
pub struct Component<P>(PhantomData<P>);

impl<P: Program> Component<P> {
    #[doc(hidden)]
    pub fn is_a_program() {}
}

impl<P: Program> descriptor::Guest for Component<P> {
    fn describe() -> descriptor::Descriptor {
        last_words::listen();
        P::describe().complete(P::TERMS_SCHEMA)
    }

    fn plan_for(terms: String) -> Result<Plan, Vec<Problem>> {
        last_words::listen();
        P::plan(&terms::parse(&terms).map_err(|problem| vec![problem])?)
    }
}

impl<P: Program> eligibility::Guest for Component<P> {
    fn assess(terms: String, participant: Participant) -> Result<Verdict, Problem> {
        last_words::listen();
        P::assess(&terms::parse(&terms)?, &participant)
    }
}

impl<P: Adjudicate> Component<P> {
    #[doc(hidden)]
    pub fn rules_on_claims() {}
}

impl<P: Adjudicate> adjudication::Guest for Component<P> {
    fn adjudicate(context: Context, evidence: Evidence, claim: Claim) -> Result<Decision, Problem> {
        last_words::listen();
        P::adjudicate(&context, terms::parse(&context.terms)?, &evidence, &claim)
    }
}

impl<P: Program> calculation::Guest for Component<P> {
    type Calculation = Calculation<P>;
}

/// One statement's calculation. The contract calls it through shared references, one call at a time.
#[derive(Debug)]
pub struct Calculation<P>(RefCell<State<P>>);

#[derive(Debug)]
enum State<P> {
    Running(P),
    Failed(Problem),
}

impl<P: Program> Calculation<P> {
    pub(crate) fn begin(context: Context) -> Self {
        let started = terms::parse(&context.terms).and_then(|terms| P::start(context, terms));
        Calculation(RefCell::new(match started {
            Ok(program) => State::Running(program),
            Err(problem) => State::Failed(problem),
        }))
    }

    pub(crate) fn take(&self, rows: &Rows<'_>) -> Result<(), Problem> {
        match &mut *self.0.borrow_mut() {
            State::Running(program) => program.push(rows),
            // The start failed, which `finish` reports.
            State::Failed(_) => Ok(()),
        }
    }

    pub(crate) fn answer(&self) -> Result<Outcome, Problem> {
        let finished = Problem::new(
            "finished",
            "the calculation has given its answer already: make a new one",
        );
        match self.0.replace(State::Failed(finished)) {
            State::Running(program) => program.finish(),
            State::Failed(problem) => Err(problem),
        }
    }
}

impl<P: Program> calculation::GuestCalculation for Calculation<P> {
    fn new(context: Context) -> Self {
        last_words::listen();
        Self::begin(context)
    }

    fn push(&self, rows: Batch) -> Result<(), Problem> {
        self.take(&Rows::from(&rows))
    }

    fn finish(&self) -> Result<Outcome, Problem> {
        self.answer()
    }
}
