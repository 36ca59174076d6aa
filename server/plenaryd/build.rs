//! Builds the page with npm and lays it where the program takes it from.
//!
//! Without Node.js, or when npm fails, the program is built all the same and says at `/` how to get the
//! page.  `PLENARY_PAGE=required` makes a failure one of the build; `PLENARY_PAGE=skip` does not try.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the page is made of, below `clients/web`.
const SOURCES: [&str; 6] =
    ["src", "index.html", "package.json", "package-lock.json", "vite.config.ts", "svelte.config.js"];

fn main() -> Result<(), Box<dyn Error>> {
    let web = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../clients/web");
    let page = PathBuf::from(env::var("OUT_DIR")?).join("page");
    println!("cargo::rerun-if-env-changed=PLENARY_PAGE");
    println!("cargo::rerun-if-changed=build.rs");
    for source in SOURCES.iter().map(|source| web.join(source)).filter(|source| source.exists()) {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    let wanted = env::var("PLENARY_PAGE").unwrap_or_default();
    if page.exists() {
        fs::remove_dir_all(&page)?;
    }
    let made = if wanted == "skip" { Ok(()) } else { make(&web, &page) };
    if let Err(error) = made {
        if wanted == "required" {
            return Err(error);
        }
        println!("cargo::warning=the page is left out: {error}");
        _ = fs::remove_dir_all(&page);
    }
    // What is taken from an empty folder is no page.
    Ok(fs::create_dir_all(&page)?)
}

fn make(web: &Path, page: &Path) -> Result<(), Box<dyn Error>> {
    if !web.join("package-lock.json").exists() {
        return Err("clients/web is not there".into());
    }
    if !is_installed(web) {
        run(web, &["ci", "--no-audit", "--no-fund", "--silent"])?;
    }
    let out = page.to_str().ok_or("the build's folder has no name that npm takes")?;
    run(web, &["run", "--silent", "build", "--", "--outDir", out, "--emptyOutDir"])
}

/// Whether the modules are those of the lock file, as npm notes when it has laid them down.
fn is_installed(web: &Path) -> bool {
    let modified = |path: &str| fs::metadata(web.join(path)).and_then(|metadata| metadata.modified());
    match (modified("node_modules/.package-lock.json"), modified("package-lock.json")) {
        (Ok(installed), Ok(locked)) => installed >= locked,
        _ => false,
    }
}

fn run(web: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let done = Command::new(npm).args(arguments).current_dir(web).output();
    let done = done.map_err(|error| format!("npm does not run ({error}); Node.js 20 or newer brings it"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let last: Vec<&str> = said.lines().rev().take(12).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    Err(format!("npm {} ended with {}: {}", arguments.join(" "), done.status, last.join(" | ")).into())
}
