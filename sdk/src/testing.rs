//! For a plugin's own tests: its schema kept up to date, what it makes of terms and, with the feature `testing`, its golden cases run
//! without a host.

#[cfg(feature = "testing")]
mod native;

use std::path::Path;

use serde_json::Value;

use crate::{Adjudicate, Attribute, JsonSchema, Participant, Plan, Problem, Program, Verdict, terms};

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

/// What a program answers to terms as an administrator writes them: the plan, or everything that is wrong with them.
pub fn plan<P: Program>(terms: &Value) -> Result<Plan, Vec<Problem>> {
    P::plan(&terms::parse(&terms.to_string()).map_err(|problem| vec![problem])?)
}

/// Panics unless the terms are refused, for this reason among others and at this place.
///
/// ```no_run
/// # use gtm_sdk::*;
/// # fn check<MyProgram: Program>() {
/// use gtm_sdk::testing::{refused, with};
/// use serde_json::json;
///
/// let sound = json!({ "method": "marginal", "tiers": [{ "from": "0", "rate": "5 %" }] });
/// refused::<MyProgram>(&with(sound, json!({ "tiers": [] })), "band-none", "/tiers");
/// # }
/// ```
#[track_caller]
pub fn refused<P: Program>(terms: &Value, code: &str, path: &str) {
    let found = plan::<P>(terms).expect_err("these terms are not sound");
    let found: Vec<_> = found
        .iter()
        .map(|problem| (&*problem.code, problem.path.as_deref().unwrap_or_default()))
        .collect();
    assert!(found.contains(&(code, path)), "{found:?}");
}

/// An object with some fields given otherwise.
pub fn with(mut object: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().expect("the fields are an object") {
        object[name] = value.clone();
    }
    object
}

/// Panics unless every block of JSON in the README is accepted as terms, and there are this many: terms that nobody can use are worse than
/// none, and a block with a misspelt fence would go unseen.
#[track_caller]
pub fn readme_is_accepted<P: Program>(readme: &str, examples: usize) {
    let blocks: Vec<&str> = readme
        .split("```json\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert_eq!(blocks.len(), examples, "blocks of JSON");
    for block in blocks {
        let terms = serde_json::from_str(block).unwrap_or_else(|error| panic!("{block}\n{error}"));
        plan::<P>(&terms).unwrap_or_else(|problems| panic!("{block}\n{problems:?}"));
    }
}

/// Panics unless `eligibility`, added to these sound terms, decides who may take part by the profile, and is refused where it names what no
/// profile has.
#[track_caller]
pub fn eligibility_goes_by_the_profile<P: Program>(sound: &Value) {
    let terms = |eligibility: Value| with(sound.clone(), serde_json::json!({ "eligibility": eligibility }));
    let gold = terms(serde_json::json!({ "tier": ["gold"], "country": ["GB"] }));
    assert!(assess::<P>(&gold, &[("tier", "gold"), ("country", "GB")]).eligible);
    let silver = assess::<P>(&gold, &[("tier", "silver")]);
    assert!(!silver.eligible);
    let reasons = [
        "the profile shows no `country`, and it takes GB",
        "`tier` is silver, and takes gold",
    ];
    assert_eq!(silver.reasons, reasons);
    let shoes = terms(serde_json::json!({ "shoe-size": ["9"] }));
    refused::<P>(&shoes, "eligibility-attribute", "/eligibility/shoe-size");
}

/// Whether somebody with this profile may take part, and why.
#[track_caller]
pub fn assess<P: Program>(terms: &Value, profile: &[(&str, &str)]) -> Verdict {
    let attribute = |(name, value): &(&str, &str)| Attribute {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
    };
    let participant = Participant {
        account: "A-1".to_owned(),
        attributes: profile.iter().map(attribute).collect(),
        enrolled_from: 0,
        enrolled_until: None,
        agreed: vec![],
    };
    let terms = terms::parse(&terms.to_string()).expect("these terms can be read");
    P::assess(&terms, &participant).expect("there is a verdict")
}
