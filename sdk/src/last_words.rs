//! A plugin that panics traps, and a trap says nothing. So the message and its place go to the host first.

use std::sync::Once;

use crate::bindings::gtm::program::panic::report;

/// From the first call on, panics are reported to the host. Natively they are left to whoever runs the test.
pub fn listen() {
    static LISTENING: Once = Once::new();
    if cfg!(target_arch = "wasm32") {
        LISTENING.call_once(|| {
            std::panic::set_hook(Box::new(|panic| {
                let place = panic.location().map_or_else(String::new, ToString::to_string);
                report(
                    panic
                        .payload_as_str()
                        .unwrap_or("the plugin panicked without a message"),
                    &place,
                );
            }));
        });
    }
}

/// Says that the arena is used up, without allocating, and traps.
#[doc(hidden)]
pub fn exhausted(capacity: usize, wanted: usize) -> ! {
    let mut text = Text {
        bytes: [0; 200],
        length: 0,
    };
    // The text is longer than any two numbers make the sentence.
    let _ = std::fmt::Write::write_fmt(
        &mut text,
        format_args!(
            "the plugin's memory of {capacity} bytes is used up and {wanted} more are wanted: keep less of the rows, or give \
             `export_program!` a larger `arena_bytes`"
        ),
    );
    report(std::str::from_utf8(&text.bytes[..text.length]).unwrap_or_default(), "");
    std::process::abort()
}

struct Text {
    bytes: [u8; 200],
    length: usize,
}

impl std::fmt::Write for Text {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        let end = self.length + part.len();
        self.bytes
            .get_mut(self.length..end)
            .ok_or(std::fmt::Error)?
            .copy_from_slice(part.as_bytes());
        self.length = end;
        Ok(())
    }
}
