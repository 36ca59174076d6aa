//! Evidence bundles: exact entries with what proves them, to be checked without a server.
//!
//! A bundle is a set of named files, in a zip or in a folder.  Here stand its layout, the reader of its
//! zip, and the check; nothing of the views in it (`report.*`) is looked at.  `verify.py`, which comes in
//! every bundle, checks the same by the same steps, and a test holds the two against each other.

mod archive;
mod check;
mod claims;
mod layout;
mod manifest;

use std::collections::BTreeMap;

pub use archive::{ArchiveError, read_archive};
pub use check::{BundleFault, BundleReport, EntryVerdict, verify_bundle};
pub use layout::{
    CHECKPOINT_FILE, CONSISTENCY_FILE, EntryFile, KEYS_FILE, MANIFEST_FILE, Name, PREVIOUS_FILE, README_FILE,
    REPORT_CSV, REPORT_HTML, REPORT_JSON, VERIFIER_FILE,
};
pub use manifest::{BUNDLE_FORMAT, ChosenElement, MadeBy, Manifest, Stretch};

/// The files of a bundle by their names.
pub type BundleFiles = BTreeMap<String, Vec<u8>>;
