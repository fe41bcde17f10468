//! An admitted plugin, ready to be called.

use domain::Error;
use domain::calculation::{Participant, Verdict};
use domain::digest::{Digest, canonical_json};
use domain::plugin::{Descriptor, Plan};

use crate::admission::Refusal;
use crate::admission::world::World;
use crate::convert;
use crate::engine::Engine;
use crate::failure::Name;
use crate::failure::{Failed, Failure};
use crate::sandbox::{Code, Exports, Sandbox};
use crate::terms::{TermsSchema, Unsound};

/// Compiled code with its descriptor. Cloning it is cheap, and calls from many threads do not wait for each other.
#[derive(Clone)]
pub struct Plugin {
    pub(crate) code: Code,
    descriptor: Descriptor,
    digest: Digest,
    terms_schema: TermsSchema,
}

impl Plugin {
    /// Loads a component that was admitted before. What admission reads is not read again, so the bytes must be those that were
    /// admitted: hold [`Plugin::digest`] against the record.
    pub fn load(engine: &Engine, bytes: &[u8]) -> Result<Self, Refusal> {
        let digest = Digest::of(bytes);
        let component = engine
            .component(digest, bytes)
            .map_err(|e| Refusal::Engine(format!("{e:#}")))?;
        let world = World::of_component(&component, &engine.wasm);
        let linked = engine.linker.instantiate_pre(&component).and_then(|pre| {
            let exports = Exports::of(&pre, world)?;
            Ok((pre, exports))
        });
        let (pre, exports) = linked.map_err(|e| Refusal::World {
            world: world.name(),
            difference: format!("{e:#}"),
        })?;
        let mut code = Code {
            engine: engine.clone(),
            pre,
            exports,
            name: Name::default(),
        };
        let descriptor = describe(&code).map_err(|failed| Refusal::Describe(Box::new(failed)))?;
        code.name = Name {
            id: descriptor.id.as_str().into(),
            version: descriptor.version.as_str().into(),
        };
        let terms_schema = TermsSchema::new(&descriptor.terms_schema).map_err(Refusal::Descriptor)?;
        Ok(Self {
            code,
            descriptor,
            digest,
            terms_schema,
        })
    }

    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// SHA-256 of the component.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether it works out what was earned from rows.
    pub fn calculates(&self) -> bool {
        self.code.exports.calculation.is_some()
    }

    /// Whether it rules on claims.
    pub fn rules_on_claims(&self) -> bool {
        self.code.exports.adjudication.is_some()
    }

    /// Asks the plugin what it is. The answer was kept when it was loaded, and is the same at every call of an honest one.
    pub fn describe(&self) -> Result<Descriptor, Failed> {
        describe(&self.code)
    }

    /// Holds terms against the plugin's schema, then asks the plugin whether they are sound and what must be gathered by them.
    pub fn plan(&self, terms: &serde_json::Value) -> Result<Plan, Unsound> {
        self.terms_schema.check(terms)?;
        let terms = canonical_json(terms).map_err(|e| Unsound::of_text(&e))?;
        let terms = String::from_utf8(terms).map_err(|e| Unsound::of_text(&e))?;
        let plan = self.plan_unchecked(&terms)?;
        let sends_nothing = plan.kinds.is_empty() && !self.rules_on_claims();
        let checked = match sends_nothing {
            true => Err(Error::new("the plan names no kind of row, so nothing could be sent")),
            false => plan.check(),
        };
        checked.map_err(|e| {
            let sentence = format!("{}: {e}", self.code.name);
            Unsound::Failed(Box::new(Failed::new(
                &self.code.name,
                Failure::Proposal(sentence),
                String::new(),
                0,
            )))
        })?;
        Ok(plan)
    }

    /// Asks the plugin whatever the text is, be it JSON or not: for trying how it takes hostile terms.
    pub fn plan_unchecked(&self, terms: &str) -> Result<Plan, Unsound> {
        let mut sandbox = Sandbox::new(&self.code, 0).map_err(Box::new)?;
        let answer = sandbox
            .descriptor()
            .and_then(|guest| guest.call_plan_for(&mut sandbox.store, terms));
        match answer {
            Ok(Ok(plan)) => Ok(convert::plan(plan)),
            Ok(Err(problems)) => Err(Unsound::Problems(problems.into_iter().map(convert::problem).collect())),
            Err(e) => Err(Unsound::Failed(Box::new(sandbox.trapped(e)))),
        }
    }

    /// Whether the participant may take part. `terms` are canonical JSON, and sound by [`Plugin::plan`].
    pub fn assess(&self, terms: &str, participant: &Participant) -> Result<Verdict, Failed> {
        let mut sandbox = Sandbox::new(&self.code, 0)?;
        let called = convert::with_participant(participant, |participant| {
            sandbox
                .eligibility()
                .and_then(|guest| guest.call_assess(&mut sandbox.store, terms, participant))
        });
        match called {
            Err(sentence) => Err(sandbox.failed(Failure::Input(sentence))),
            Ok(Err(e)) => Err(sandbox.trapped(e)),
            Ok(Ok(Err(problem))) => Err(sandbox.failed(Failure::Problem(Box::new(convert::problem(problem))))),
            Ok(Ok(Ok(verdict))) => Ok(Verdict {
                eligible: verdict.eligible,
                reasons: verdict.reasons,
            }),
        }
    }
}

fn describe(code: &Code) -> Result<Descriptor, Failed> {
    let mut sandbox = Sandbox::new(code, 0)?;
    let answer = sandbox
        .descriptor()
        .and_then(|guest| guest.call_describe(&mut sandbox.store));
    match answer {
        Ok(descriptor) => Ok(convert::descriptor(descriptor)),
        Err(e) => Err(sandbox.trapped(e)),
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Plugin({} {}, {})",
            self.descriptor.id, self.descriptor.version, self.digest
        )
    }
}
