//! Lines for the plugin's author. They are kept with the statement, hashed into its receipt and limited in length, so log
//! what explains a surprise, not each row. Natively they go to the standard error stream.
//!
//! ```
//! gtm_sdk::log::info("the participant has no baseline: growth is not paid");
//! ```

use crate::bindings::gtm::program::log::Level;

/// Writes a line that matters only while the plugin is being written.
pub fn debug(message: &str) {
    write(Level::Debug, message);
}

/// Writes a line.
pub fn info(message: &str) {
    write(Level::Info, message);
}

/// Writes a line about something that somebody ought to look at.
pub fn warn(message: &str) {
    write(Level::Warn, message);
}

fn write(level: Level, message: &str) {
    if cfg!(target_arch = "wasm32") {
        crate::bindings::gtm::program::log::write(level, message);
    } else {
        eprintln!("{level:?}: {message}");
    }
}
