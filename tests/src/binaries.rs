//! Where the programs under test are: beside the test program, built from the sources as they are.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Names a folder with built programs, for a run that must not build.
const BUILT_VARIABLE: &str = "PLENARY_BIN_DIR";

/// The path of a program of the workspace.
///
/// Cargo tells a test only of programs of its own package, and does not build the others for it; so
/// they are built here, once, which costs nothing when they are up to date.
///
/// # Panics
/// When it cannot be built.
pub fn binary(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let path = FOLDER.get_or_init(folder).join(name);
    assert!(path.exists(), "{} is not there", path.display());
    path
}

fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os(BUILT_VARIABLE) {
        return folder.into();
    }
    let own = std::env::current_exe().expect("a test program knows where it is");
    // <target>/<profile>/deps/<test program>
    let profile_dir = own.ancestors().nth(2).expect("a test program lies in <profile>/deps").to_owned();
    build(&profile_dir);
    profile_dir
}

fn build(profile_dir: &Path) {
    let target = profile_dir.parent().expect("a profile's folder lies in the target folder");
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--workspace", "--bins", "--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "the programs do not build:\n{}", String::from_utf8_lossy(&built.stderr));
}
