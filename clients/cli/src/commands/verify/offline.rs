//! A bundle of evidence, checked with nothing but itself and the keys that are given.

use std::path::Path;

use plenary_protocol::evidence::VerifierKey;
use plenary_protocol::evidence::bundle::verify_bundle;

use super::files::{self, Unread};
use super::told::BundleChecked;
use crate::failure::Failure;

/// Checks a bundle.
///
/// # Errors
/// `Local` when it cannot be read; what is wrong with it is in the answer.
pub fn check(path: &Path, trusted: &[VerifierKey]) -> Result<BundleChecked, Failure> {
    let is_key_given = !trusted.is_empty();
    let fault = |says: String| BundleChecked::fault(path, says);
    let files = match files::read(path) {
        Ok(files) => files,
        Err(Unread::Fault(says)) => return Ok(fault(says)),
        Err(Unread::Failure(failure)) => return Err(failure),
    };
    Ok(match verify_bundle(&files, trusted) {
        Ok(report) => BundleChecked::of(path, &report, is_key_given),
        Err(error) => fault(error.to_string()),
    })
}
