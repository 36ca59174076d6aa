//! Letterboxes.
