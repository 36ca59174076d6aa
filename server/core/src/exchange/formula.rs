//! Cells that no spreadsheet takes for a formula, and back.
//!
//! A text that begins with what starts a formula, or with an apostrophe, gets an apostrophe before it.
//! Only such an apostrophe goes again, so one that somebody typed before a word stays.

/// Tells spreadsheets that a file is UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether a cell that begins so could be taken for a formula, or for one that was made safe.
fn is_trigger(first: char) -> bool {
    matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠' | '\'')
}

/// A text that no spreadsheet takes for a formula.
pub(super) fn safe(text: &str) -> String {
    if text.starts_with(is_trigger) { format!("'{text}") } else { text.to_owned() }
}

/// The text that a cell stands for.
pub(super) fn plain(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(is_trigger)).unwrap_or(cell)
}
