//! From a plugin's source to its component: cargo for `wasm32-unknown-unknown`, then `wit-component`. No other tool takes part.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use domain::digest::Digest;
use serde::Serialize;
use wit_component::ComponentEncoder;

/// Held to one way of building, so that the same source gives the same bytes in every folder: one code unit, whole-program
/// optimisation, no unwinding, no symbols. A sum that does not fit traps and never wraps.
///
/// Speed before size: of the rebate plugin, `opt-level='s'` makes a component a tenth smaller (395,522 bytes against 437,790) that takes
/// about a tenth longer a row and a quarter longer before the first one. Leaving the overflow checks out saves 2 % of the size and no time
/// that could be told from noise.
const PROFILE: [&str; 7] = [
    "profile.plugin.inherits='release'",
    "profile.plugin.opt-level=3",
    "profile.plugin.lto=true",
    "profile.plugin.codegen-units=1",
    "profile.plugin.panic='abort'",
    "profile.plugin.strip=true",
    "profile.plugin.overflow-checks=true",
];

const TARGET: &str = "wasm32-unknown-unknown";

/// What came out.
#[derive(Debug, Serialize)]
pub struct Built {
    pub component: PathBuf,
    pub bytes: usize,
    pub digest: Digest,
}

/// Builds the crate in `folder`. Without `output` the component stands beside cargo's own results, in `components/NAME.wasm`
/// with the name of the folder.
pub fn build(folder: &Path, output: Option<&Path>) -> Result<Built> {
    let manifest = folder.join("Cargo.toml");
    ensure!(
        manifest.is_file(),
        "`{}` is no plugin's folder: there is no Cargo.toml in it",
        folder.display()
    );
    let package = Package::read(&manifest)?;
    compile(&manifest, &package)?;
    let module = package
        .target_folder
        .join(TARGET)
        .join("plugin")
        .join(format!("{}.wasm", package.library));
    let core = std::fs::read(&module).with_context(|| format!("cargo left no module at `{}`", module.display()))?;
    let component = encode(&core)?;

    let output = match output {
        Some(path) => path.to_owned(),
        None => {
            let name = folder.canonicalize()?;
            let name = name.file_name().context("the plugin's folder has no name")?;
            package
                .target_folder
                .join("components")
                .join(name)
                .with_extension("wasm")
        }
    };
    if let Some(parent) = output.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(&output, &component).with_context(|| format!("cannot write `{}`", output.display()))?;
    Ok(Built {
        component: output,
        bytes: component.len(),
        digest: Digest::of(&component),
    })
}

/// Wraps a core module that carries its world (as `wit-bindgen` leaves it) into a component.
pub fn encode(core: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true);
    let with_module = encoder.module(core);
    with_module
        .context("the module does not say which world it was built for: does the crate call `export_program!`?")?;
    encoder.encode().context("the module cannot be made a component")
}

struct Package {
    name: String,
    library: String,
    target_folder: PathBuf,
    workspace: PathBuf,
}

impl Package {
    fn read(manifest: &Path) -> Result<Self> {
        let output = Command::new(cargo())
            .args(["metadata", "--no-deps", "--format-version=1", "--manifest-path"])
            .arg(manifest)
            .output()
            .context("cargo cannot be started: is Rust installed?")?;
        ensure!(
            output.status.success(),
            "cargo cannot read `{}`:\n{}",
            manifest.display(),
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let path = manifest.canonicalize()?;
        let package = metadata["packages"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|package| {
                package["manifest_path"]
                    .as_str()
                    .is_some_and(|found| Path::new(found) == path)
            })
            .with_context(|| format!("`{}` holds no package", manifest.display()))?;
        let text = |value: &serde_json::Value| {
            value
                .as_str()
                .map(str::to_owned)
                .context("cargo's metadata lack a name")
        };
        let library = package["targets"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|target| {
                target["crate_types"]
                    .as_array()
                    .is_some_and(|types| types.iter().any(|kind| kind == "cdylib"))
            })
            .with_context(|| {
                format!(
                    "`{}` builds no library for the sandbox: add `crate-type = [\"cdylib\", \"rlib\"]` under `[lib]`",
                    manifest.display()
                )
            })?;
        Ok(Self {
            name: text(&package["name"])?,
            library: text(&library["name"])?.replace('-', "_"),
            target_folder: text(&metadata["target_directory"])?.into(),
            workspace: text(&metadata["workspace_root"])?.into(),
        })
    }
}

fn compile(manifest: &Path, package: &Package) -> Result<()> {
    let mut command = Command::new(cargo());
    command.arg("build").arg("--manifest-path").arg(manifest).args([
        "--package",
        &package.name,
        "--lib",
        "--target",
        TARGET,
        "--profile",
        "plugin",
    ]);
    for setting in PROFILE {
        command.args(["--config", setting]);
    }
    if package.workspace.join("Cargo.lock").is_file() {
        command.arg("--locked");
    }
    // Paths of this machine would otherwise stand in the panic messages, and so in the component's bytes.
    let mut flags: Vec<String> = Vec::new();
    if let Some(home) = cargo_home() {
        flags.push(format!(
            "--remap-path-prefix={}=/cargo",
            home.join("registry/src").display()
        ));
    }
    flags.push(format!("--remap-path-prefix={}=/source", package.workspace.display()));
    command
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env_remove("RUSTFLAGS")
        // What lints while it compiles, optimises otherwise and gives other bytes.
        .env_remove("RUSTC_WORKSPACE_WRAPPER");
    let status = command
        .status()
        .context("cargo cannot be started: is Rust installed?")?;
    if !status.success() {
        bail!(
            "cargo could not build `{}` for {TARGET}; if the target is missing, `rustup target add {TARGET}` gives it",
            package.name
        );
    }
    Ok(())
}

fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn cargo_home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}
