//! Is it a component at all?

use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};

use super::Refusal;

/// Refuses what is no WebAssembly, a core module, a file cut off, and what does not validate.
pub(super) fn check(bytes: &[u8]) -> Result<(), Refusal> {
    let refuse = |sentence: String| Err(Refusal::Binary(sentence));
    if !bytes.starts_with(b"\0asm") {
        return refuse("this is not WebAssembly: the file does not begin with `\\0asm`".into());
    }
    match Parser::new(0).parse_all(bytes).next() {
        Some(Ok(Payload::Version {
            encoding: Encoding::Component,
            ..
        })) => {}
        Some(Ok(Payload::Version {
            encoding: Encoding::Module,
            ..
        })) => {
            return refuse(
                "this is a core module, not a component: `gtm plugin build` makes the component from it".into(),
            );
        }
        _ => return refuse("this is WebAssembly of a version that is not known here".into()),
    }
    // Everything is let through here that the opcodes refuse with a better word.
    match Validator::new_with_features(WasmFeatures::all()).validate_all(bytes) {
        Ok(_) => Ok(()),
        Err(e) if e.message().starts_with("unexpected end") || e.offset() >= bytes.len() as u64 => refuse(format!(
            "the component is cut off after {} bytes: copy or build it again",
            bytes.len()
        )),
        Err(e) => refuse(format!(
            "the component is not valid: {}, at byte {}",
            e.message(),
            e.offset()
        )),
    }
}
