//! `evidence`: what proves a plan's history, to be kept or given to others.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use plenary_protocol::evidence::bundle::read_archive;
use plenary_protocol::evidence::{Checkpoint, Note, TlogProof};
use plenary_protocol::ids::PlanId;
use plenary_protocol::wire::api::BundleBody;
use serde_json::json;

use super::export::{copy, write, write_whole};
use super::file::read_text;
use crate::context::Context;
use crate::examples;
use crate::failure::Failure;

/// Get what proves a plan's history: key, checkpoint, proofs, bundles.
///
/// Nothing is checked here; `verify` does that.
#[derive(Debug, Args)]
#[command(after_help = examples::EVIDENCE)]
pub struct Evidence {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print the key that checks the plan's checkpoints.
    Key {
        /// The plan.
        plan: String,
    },
    /// Print the last checkpoint: the size of the log and the root of its tree, signed.
    Checkpoint {
        /// The plan.
        plan: String,
    },
    /// Get the proof that an entry is in the log.
    Proof {
        /// The plan.
        plan: String,
        /// The entry.
        seq: u64,
        /// Write to this file [default: standard output].
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    Export(Export),
}

/// Get a bundle of entries with their proofs, which can be checked without the server.
///
/// A range shows that no entry of it is missing; entries about elements are a selection, which does not.
/// The bundle is an entry of the plan in your name, written before it leaves the server.
#[derive(Debug, Args)]
struct Export {
    /// The plan.
    plan: String,
    /// Only entries about this element, by id or code; may be given several times.
    #[arg(long, value_name = "ELEMENT")]
    element: Vec<String>,
    /// The first entry [default: 1].
    #[arg(long, value_name = "SEQ")]
    from: Option<u64>,
    /// The last entry [default: the newest].
    #[arg(long, value_name = "SEQ")]
    to: Option<u64>,
    /// Prove too that the log has only grown since the checkpoint in this file.
    #[arg(long, value_name = "FILE")]
    since_checkpoint: Option<PathBuf>,
    /// The file to write, a zip; or a folder: one that is there, or a name that ends with a slash.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl Evidence {
    /// Gets it.
    pub fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self.what {
            What::Key { plan } => {
                let key = text(context, &context.plan(&plan)?.id, "key", &[])?;
                match context.term.is_json() {
                    true => context.term.json(&json!({ "key": key.trim_end() })),
                    false => context.term.line(&key),
                }
            }
            What::Checkpoint { plan } => {
                let note = text(context, &context.plan(&plan)?.id, "checkpoint", &[])?;
                if !context.term.is_json() {
                    return context.term.plain(note.as_bytes());
                }
                let unread = |error: &dyn std::fmt::Display| {
                    Failure::Server(format!("the server's checkpoint does not read: {error}"))
                };
                let read = Note::parse(note.as_bytes()).map_err(|error| unread(&error))?;
                let Checkpoint { origin, size, root } =
                    Checkpoint::parse(read.unverified_text()).map_err(|error| unread(&error))?;
                context.term.json(&json!({ "origin": origin, "size": size, "root": root, "note": note }))
            }
            What::Proof { plan, seq, output } => {
                let plan = context.plan(&plan)?.id;
                proof(context, &plan, seq, output.as_deref())
            }
            What::Export(export) => export.run(context),
        }
    }
}

fn text(
    context: &Context<'_>,
    plan: &PlanId,
    what: &str,
    query: &[(&str, String)],
) -> Result<String, Failure> {
    context.http.get_text(&["plans", plan.as_str(), "evidence", what], query)
}

fn proof(context: &Context<'_>, plan: &PlanId, seq: u64, output: Option<&Path>) -> Result<(), Failure> {
    let text = text(context, plan, "proof", &[("seq", seq.to_string())])?;
    if let Some(path) = output {
        write_whole(path, |file| write(file, text.as_bytes(), path))?;
        context.term.note(&format!("wrote the proof of entry {seq} to {}", path.display()));
    }
    match (context.term.is_json(), output) {
        (true, _) => {
            let TlogProof { index, hashes, checkpoint } = TlogProof::parse(&text)
                .map_err(|error| Failure::Server(format!("the server's proof does not read: {error}")))?;
            context.term.json(&json!({ "index": index, "hashes": hashes, "checkpoint": checkpoint }))
        }
        (false, None) => context.term.plain(text.as_bytes()),
        (false, Some(_)) => Ok(()),
    }
}

impl Export {
    fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        context.check_reason()?;
        let since =
            self.since_checkpoint.as_ref().map(|path| read_text(&path.to_string_lossy())).transpose()?;
        let plan = context.plan(&self.plan)?.id;
        let body = BundleBody {
            from: self.from,
            to: self.to,
            elements: self.element,
            since,
            because: context.because.clone(),
        };
        context.term.progress(&format!("getting the evidence of {plan}"));
        let mut answer = context.http.download(&["plans", plan.as_str(), "evidence", "bundle"], &body)?;
        let mut zip = Vec::new();
        copy(&mut answer, &mut |piece| {
            zip.extend_from_slice(piece);
            Ok(())
        })?;
        context.term.progress_done();
        let path = &self.output;
        if path.is_dir() || path.to_string_lossy().ends_with(std::path::is_separator) {
            unpack(path, &zip)?;
        } else {
            write_whole(path, |file| write(file, &zip, path))?;
        }
        if context.term.is_json() {
            return context.term.json(
                &json!({ "output": path, "bytes": zip.len(), "entry": answer.entry().parse::<u64>().ok() }),
            );
        }
        context.term.note(&format!(
            "wrote {} bytes to {1}; it is entry {2} of the plan; check it with `plenary verify --bundle {1}`",
            zip.len(),
            path.display(),
            answer.entry()
        ));
        Ok(())
    }
}

/// Writes the files of a bundle into a folder in which there is nothing yet.
fn unpack(folder: &Path, zip: &[u8]) -> Result<(), Failure> {
    let files = read_archive(zip)
        .map_err(|error| Failure::Server(format!("the server gives no bundle that reads: {error}")))?;
    let failed = |path: &Path, error: std::io::Error| {
        Failure::Local(format!("cannot write {}: {error}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    if fs::read_dir(folder).map_err(|error| failed(folder, error))?.next().is_some() {
        return Err(Failure::Usage(format!(
            "{} is not empty: a bundle is checked as a whole, so it needs a folder of its own",
            folder.display()
        )));
    }
    for (name, content) in &files {
        // The reader of the zip lets no other names through than those of the layout.
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
        }
        fs::write(&path, content).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}
