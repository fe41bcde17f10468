//! What stands between a file somebody wrote and the money: a component is read from the outside inwards, and refused at the first
//! thing that is wrong with a sentence that says what and where.

mod binary;
mod descriptor;
mod opcodes;
pub(crate) mod world;

use crate::engine::{API, Engine};
use crate::failure::{Failed, Failure};
use crate::plugin::Plugin;
use crate::terms::Unsound;

/// Why a component is not admitted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the component has {bytes} bytes; at most {limit} are admitted")]
    Size { bytes: u64, limit: u64 },
    #[error("{0}")]
    Binary(String),
    #[error("{place} has {what}, which is not admitted: {why}")]
    Instruction {
        place: String,
        what: String,
        why: &'static str,
    },
    #[error("the component is built for `{found}`, and this host runs `{API}`: build it with the SDK of that version")]
    Version { found: String },
    /// One line for each difference: `-` is what the world has and the component has not, `+` the other way.
    #[error("the component does not fit the world `{world}` of `{API}`:\n{difference}")]
    World { world: &'static str, difference: String },
    #[error("the engine does not accept the component: {0}")]
    Engine(String),
    #[error("asked what it is, {0}")]
    Describe(Box<Failed>),
    #[error("{0}")]
    Descriptor(String),
    #[error("asked to plan by the terms `{terms}`, {failed}: bad terms must give problems")]
    HostileTerms { terms: String, failed: Box<Failed> },
}

/// Size, validity, every opcode, imports and exports against the world, then the first calls: `describe`, and `plan-for` with
/// terms that no schema lets through.
pub fn admit(engine: &Engine, bytes: &[u8]) -> Result<Plugin, Refusal> {
    let limit = engine.limits().component_bytes;
    if bytes.len() as u64 > limit {
        return Err(Refusal::Size {
            bytes: bytes.len() as u64,
            limit,
        });
    }
    binary::check(bytes)?;
    opcodes::check(bytes, engine.limits())?;
    world::check(bytes)?;
    let plugin = Plugin::load(engine, bytes)?;
    descriptor::check(plugin.descriptor()).map_err(Refusal::Descriptor)?;
    says_how_claims_are_handled(&plugin).map_err(Refusal::Descriptor)?;
    let again = plugin
        .describe()
        .map_err(|failed| Refusal::Describe(Box::new(failed)))?;
    if again != *plugin.descriptor() {
        return Err(Refusal::Descriptor(format!(
            "plugin `{}` describes itself differently when asked again",
            again.id
        )));
    }
    refuses_hostile_terms(&plugin)?;
    Ok(plugin)
}

fn says_how_claims_are_handled(plugin: &Plugin) -> Result<(), String> {
    let id = &plugin.descriptor().id;
    match (plugin.rules_on_claims(), plugin.descriptor().claims.is_some()) {
        (true, false) => Err(format!(
            "the descriptor of `{id}` does not hold: the component exports `adjudication`, and `claims` is absent"
        )),
        (false, true) => Err(format!(
            "the descriptor of `{id}` does not hold: it has `claims`, and the component does not export `adjudication`"
        )),
        _ => Ok(()),
    }
}

fn refuses_hostile_terms(plugin: &Plugin) -> Result<(), Refusal> {
    let deep = "[".repeat(10_000);
    let long = format!("\"{}\"", "9".repeat(100_000));
    let hostile = [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "0",
        "\"\"",
        "\u{0}",
        "{\"\":{}}",
        "{\"a\":1e999}",
        "{\"a\":-9223372036854775809}",
        "{\"a\":\"\\ud800\"}",
        &*deep,
        &*long,
    ];
    for terms in hostile {
        match plugin.plan_unchecked(terms) {
            Ok(_) | Err(Unsound::Problems(_)) => {}
            // An overloaded machine says nothing about the plugin, but it cannot vouch for it either.
            Err(Unsound::Failed(failed)) => {
                let shown = format!("{:?}", terms.chars().take(40).collect::<String>());
                return Err(Refusal::HostileTerms { terms: shown, failed });
            }
        }
    }
    Ok(())
}

impl Refusal {
    /// Whether the machine failed rather than the component, so that it may be tried again.
    pub fn is_of_the_machine(&self) -> bool {
        let failure = match self {
            Refusal::Describe(failed) | Refusal::HostileTerms { failed, .. } => &failed.failure,
            _ => return false,
        };
        Failure::is_of_the_machine(failure)
    }
}
