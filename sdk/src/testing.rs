//! For a plugin's own tests: its schema kept up to date and, with the feature `testing`, its golden cases run without a host.

#[cfg(feature = "testing")]
mod native;

use std::path::Path;

use crate::{Adjudicate, JsonSchema, Program, terms};

#[cfg(feature = "testing")]
pub use native::Native;

/// Panics unless the kept schema of the terms is that of their type, and says what to do. With `GTM_REGENERATE=1` in the
/// environment it writes the file instead.
///
/// ```no_run
/// # use gtm_sdk::*;
/// # fn check<MyProgram: Program>() {
/// // In a test of the plugin, which begins with a file that holds `{}`:
/// gtm_sdk::testing::schema_is_kept::<MyProgram>(concat!(env!("CARGO_MANIFEST_DIR"), "/terms.schema.json"));
/// # }
/// ```
pub fn schema_is_kept<P: Program>(file: impl AsRef<Path>) {
    is_kept(file.as_ref(), P::TERMS_SCHEMA, terms::schema::<P::Terms>(), "terms");
}

/// The same for the schema of the claims.
pub fn claim_schema_is_kept<P: Adjudicate>(file: impl AsRef<Path>) {
    is_kept(file.as_ref(), P::CLAIM_SCHEMA, terms::schema::<P::Form>(), "claims");
}

/// The same for the schema of the requests, where a program takes them and their form is another than that of a claim: `kept` is what the
/// plugin puts into its `request-schema`.
pub fn request_schema_is_kept<Form: JsonSchema>(file: impl AsRef<Path>, kept: &str) {
    is_kept(file.as_ref(), kept, terms::schema::<Form>(), "requests");
}

fn is_kept(file: &Path, kept: &str, schema: String, of: &str) {
    if std::env::var_os("GTM_REGENERATE").is_some() {
        std::fs::write(file, &schema).unwrap_or_else(|error| panic!("`{}` cannot be written: {error}", file.display()));
        return;
    }
    assert!(
        kept == schema,
        "`{}` is not the schema of the {of}: run the test again with `GTM_REGENERATE=1` and commit the file",
        file.display()
    );
}
