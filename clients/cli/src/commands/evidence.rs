//! `evidence`: what proves a plan's history, to be kept or given to others.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use plenary_protocol::evidence::bundle::read_archive;
use plenary_protocol::evidence::{Checkpoint, Note, TlogProof, VerifierKey, log_and_epoch};
use plenary_protocol::ids::PlanId;
use plenary_protocol::wire::api::{BundleBody, EpochView};
use serde_json::json;

use super::export::{copy, is_stdout, unwritten, write, write_whole};
use super::file::read_text;
use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::render::time::moment;

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
        /// The entry, counted from 1.
        #[arg(value_parser = clap::value_parser!(u64).range(1..))]
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
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
    from: Option<u64>,
    /// The last entry [default: the newest].
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
    to: Option<u64>,
    /// Prove too that the log has only grown since the checkpoint in this file.
    #[arg(long, value_name = "FILE")]
    since_checkpoint: Option<PathBuf>,
    /// The file to write, a zip; `-` for standard output; or a folder: one that is there, or a name that
    /// ends with a slash.
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
                proof(context, &plan, seq, output.as_deref().filter(|path| !is_stdout(path)))
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
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            return Err(Failure::Usage(format!(
                "--from {from} comes after --to {to}: no entry is in between"
            )));
        }
        let path = &self.output;
        let is_stdout = is_stdout(path);
        if is_stdout && context.term.is_json() {
            return Err(Failure::Usage("with --json standard output is for the answer: name a file".into()));
        }
        if is_stdout && context.term.is_stdout_a_terminal() {
            return Err(Failure::Usage("a bundle is a zip, which no terminal shows: name a file".into()));
        }
        let plan = context.plan(&self.plan)?.id;
        let since = self.since_checkpoint.as_deref().map(|path| since(context, &plan, path)).transpose()?;
        let body = BundleBody {
            from: self.from,
            to: self.to,
            elements: self.element,
            since,
            because: context.because.clone(),
        };
        // Where it goes is there before the server is asked: an export is an entry of the plan.
        let (bytes, entry) = if is_stdout {
            let (zip, entry) = get(context, &plan, &body)?;
            context.term.plain(&zip)?;
            (zip.len(), entry)
        } else if path.is_dir() || path.to_string_lossy().ends_with(std::path::is_separator) {
            make_empty_folder(path)?;
            let (zip, entry) = get(context, &plan, &body)?;
            unpack(path, &zip)?;
            (zip.len(), entry)
        } else {
            write_whole(path, |file| {
                let (zip, entry) = get(context, &plan, &body)?;
                write(file, &zip, path)?;
                Ok((zip.len(), entry))
            })?
        };
        if context.term.is_json() {
            return context
                .term
                .json(&json!({ "output": path, "bytes": bytes, "entry": entry.parse::<u64>().ok() }));
        }
        let place = if is_stdout { "standard output".to_owned() } else { path.display().to_string() };
        let check = if is_stdout { "FILE".to_owned() } else { place.clone() };
        context.term.note(&format!(
            "wrote {bytes} bytes to {place}; it is entry {entry} of the plan; check it with `plenary verify --bundle \
             {check}`"
        ));
        if !body.elements.is_empty() {
            context.term.note(
                "Besides the entries about the elements it has entry 1, which says what plan it is, and those that bind \
                 a replica to one of their authors, wherever they stand; its manifest lists all.",
            );
        }
        Ok(())
    }
}

/// A bundle as the server gives it, and the entry that says so.
fn get(context: &Context<'_>, plan: &PlanId, body: &BundleBody) -> Result<(Vec<u8>, String), Failure> {
    context.term.progress(&format!("getting the evidence of {plan}"));
    let mut answer = context.http.download(&["plans", plan.as_str(), "evidence", "bundle"], body)?;
    let mut zip = Vec::new();
    copy(&mut answer, &mut |piece| {
        zip.extend_from_slice(piece);
        Ok(())
    })?;
    context.term.progress_done();
    Ok((zip, answer.entry().to_owned()))
}

/// The checkpoint in a file, which must be one of the log as it is named now.
fn since(context: &Context<'_>, plan: &PlanId, path: &Path) -> Result<String, Failure> {
    let note = read_text(&path.to_string_lossy())?;
    let refused = |why: String| Failure::Usage(format!("--since-checkpoint {}: {why}", path.display()));
    let parsed = Note::parse(note.as_bytes()).map_err(|error| refused(format!("no checkpoint: {error}")))?;
    let told = Checkpoint::parse(parsed.unverified_text());
    let told = told.map_err(|error| refused(format!("no checkpoint: {error}")))?;
    let key: VerifierKey = text(context, plan, "key", &[])?
        .trim_end()
        .parse()
        .map_err(|error| Failure::Server(format!("the server gives no key that reads: {error}")))?;
    if told.origin == key.name() {
        return match Checkpoint::open(note.as_bytes(), &key) {
            Ok(_) => Ok(note),
            Err(error) => Err(refused(format!(
                "it is not signed with the key of this log: {error}; `plenary verify {plan}` says whether the key has \
                 changed"
            ))),
        };
    }
    let logs = log_and_epoch(&told.origin).zip(log_and_epoch(key.name()));
    let Some(((_, epoch), (_, now))) = logs.filter(|((log, _), (log_now, _))| log == log_now) else {
        return Err(refused(format!("it is of another log, {}; this one is {}", told.origin, key.name())));
    };
    let EpochView { since, because, .. } =
        context.http.get(&["plans", plan.as_str(), "evidence", "epoch"], &[])?;
    Err(refused(format!(
        "it is a checkpoint of epoch {epoch} of this log, which is in epoch {now} since {}, because: {}. No proof leads \
         from one epoch to another.\nExport without it, or since a checkpoint of epoch {now} (`plenary evidence \
         checkpoint {plan}`).  Whether what you verified in epoch {epoch} is still there, `plenary verify {plan}` says; \
         the server's operator finds it by `plenaryd verify --against`.",
        since.as_deref().map_or_else(|| "a time that it does not tell".to_owned(), moment),
        because.as_deref().unwrap_or("it does not tell why")
    )))
}

/// Makes the folder of a bundle, in which there must be nothing yet.
fn make_empty_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
    if fs::read_dir(folder).map_err(|error| unwritten(folder, &error))?.next().is_some() {
        return Err(Failure::Usage(format!(
            "{} is not empty: a bundle is checked as a whole, so it needs a folder of its own",
            folder.display()
        )));
    }
    Ok(())
}

/// Writes the files of a bundle into a folder.
fn unpack(folder: &Path, zip: &[u8]) -> Result<(), Failure> {
    let files = read_archive(zip)
        .map_err(|error| Failure::Server(format!("the server gives no bundle that reads: {error}")))?;
    for (name, content) in &files {
        // The reader of the zip lets no other names through than those of the layout.
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| unwritten(parent, &error))?;
        }
        fs::write(&path, content).map_err(|error| unwritten(&path, &error))?;
    }
    Ok(())
}
