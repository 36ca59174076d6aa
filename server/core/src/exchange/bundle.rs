//! Evidence bundles: what the log holds and proves of some entries, as one zip.
//!
//! The same entries, checkpoint and manifest give the same bytes.  What is hashed goes in exactly as it is
//! kept; the reports beside it are views for people.  Which entries, and that the checkpoint covers them,
//! is the caller's business; whoever checks the bundle takes nobody's word for it.

mod report;

#[cfg(test)]
mod tests;

use std::io::{Cursor, Write as _};

use plenary_limits::{BUNDLE_FILE_BYTES_MAX, BUNDLE_FILES_MAX};
use plenary_protocol::evidence::bundle::{
    BundleFiles, CHECKPOINT_FILE, CONSISTENCY_FILE, EntryFile, KEYS_FILE, MANIFEST_FILE, Manifest,
    PREVIOUS_FILE, README_FILE, REPORT_CSV, REPORT_HTML, REPORT_JSON, VERIFIER_FILE,
};
use plenary_protocol::evidence::{TlogProof, VerifierKey};
use plenary_protocol::ids::{Digest, Seq};
use plenary_protocol::record::{Event, Quarantine, RecordError};
use plenary_protocol::wire::event::EventView;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const README: &str = include_str!("bundle/readme.txt");
/// The program that checks a bundle, in every bundle.
pub const VERIFIER: &str = include_str!("bundle/verify.py");

/// An entry of a bundle: exact bytes, and the hashes that lead to the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleEntry {
    /// Its number.
    pub seq: Seq,
    /// The envelope.
    pub envelope: Vec<u8>,
    /// The salt of the payload's commitment.
    pub salt: [u8; 32],
    /// The payload.
    pub payload: Vec<u8>,
    /// The hashes of its proof, its sibling first.
    pub proof: Vec<Digest>,
}

/// The proof that the log has only grown since an earlier checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// The signed note of the earlier checkpoint, as it was given.
    pub previous: String,
    /// The proof as text.
    pub consistency: String,
}

/// What goes into a bundle.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// What it says of itself; its list of entries is that of `entries`.
    pub manifest: Manifest,
    /// The key of the checkpoint.
    pub key: VerifierKey,
    /// The signed note that all proofs lead to.
    pub checkpoint: String,
    /// The proof of growth, where one was asked for.
    pub growth: Option<Growth>,
    /// The entries, in order.
    pub entries: Vec<BundleEntry>,
    /// What of the plan is set aside: the reports say so of its entries.
    pub quarantine: Quarantine,
}

/// Why no bundle can be made.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// With its reports it is larger than bundles are.
    #[error(
        "with its reports the bundle is larger than {BUNDLE_FILE_BYTES_MAX} bytes: ask for fewer entries at a time"
    )]
    Size,
    /// An entry of the log does not open.
    #[error("an entry could not be told in words")]
    Entry(#[from] RecordError),
    /// A report could not be written.
    #[error("a report could not be written: {reason}")]
    Report {
        /// What its encoder says.
        reason: String,
    },
    /// The zip could not be written.
    #[error("the archive could not be written")]
    Archive(#[from] zip::result::ZipError),
}

impl Bundle {
    /// The files of the bundle.
    ///
    /// # Errors
    /// `Size`, `Entry` when one does not open, or `Report`.
    pub fn files(&self) -> Result<BundleFiles, BundleError> {
        let mut files = Collected::default();
        files.put(README_FILE, README)?;
        files.put(VERIFIER_FILE, VERIFIER)?;
        files.put(MANIFEST_FILE, json(&self.manifest)?)?;
        files.put(CHECKPOINT_FILE, self.checkpoint.as_str())?;
        files.put(KEYS_FILE, format!("{}\n", self.key))?;
        if let Some(Growth { previous, consistency }) = &self.growth {
            files.put(PREVIOUS_FILE, previous.as_str())?;
            files.put(CONSISTENCY_FILE, consistency.as_str())?;
        }
        let mut told = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let BundleEntry { seq, envelope, salt, payload, proof } = entry;
            let index = seq.0.saturating_sub(1);
            let proof = TlogProof { index, hashes: proof.clone(), checkpoint: self.checkpoint.clone() };
            files.put(&EntryFile::Envelope.of(seq.0), envelope.as_slice())?;
            files.put(&EntryFile::Salt.of(seq.0), salt.as_slice())?;
            files.put(&EntryFile::Payload.of(seq.0), payload.as_slice())?;
            files.put(&EntryFile::Proof.of(seq.0), proof.text())?;
            told.push(EventView::of(&self.quarantine.mark(Event::open(envelope, salt, payload)?)));
        }
        files.put(REPORT_JSON, json(&told)?)?;
        files.put(REPORT_CSV, report::csv(&told)?)?;
        files.put(REPORT_HTML, report::html(&self.manifest, &self.key, &told))?;
        Ok(files.files)
    }

    /// The bundle as a zip: files stored one behind the other, in the order of their names.
    ///
    /// # Errors
    /// As `files`, `Size`, or `Archive`.
    pub fn zip(&self) -> Result<Vec<u8>, BundleError> {
        let zip = pack(&self.files()?)?;
        if zip.len() > BUNDLE_FILE_BYTES_MAX { Err(BundleError::Size) } else { Ok(zip) }
    }
}

/// Packs files as bundles are packed.
///
/// # Errors
/// `Archive`.
pub fn pack(files: &BundleFiles) -> Result<Vec<u8>, BundleError> {
    // The default of the library's time is the day on which zips begin, and not today.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(name.as_str(), options)?;
        zip.write_all(content).map_err(zip::result::ZipError::from)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Files so far, within what a bundle may have.
#[derive(Default)]
struct Collected {
    files: BundleFiles,
    bytes: usize,
}

impl Collected {
    fn put(&mut self, name: &str, content: impl Into<Vec<u8>>) -> Result<(), BundleError> {
        let content = content.into();
        self.bytes += content.len();
        if self.bytes > BUNDLE_FILE_BYTES_MAX || self.files.len() == BUNDLE_FILES_MAX {
            return Err(BundleError::Size);
        }
        self.files.insert(name.to_owned(), content);
        Ok(())
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, BundleError> {
    let failed = |error: serde_json::Error| BundleError::Report { reason: error.to_string() };
    let mut json = serde_json::to_vec_pretty(value).map_err(failed)?;
    json.push(b'\n');
    Ok(json)
}
