//! From bytes to text: UTF-8, or UTF-16 that says so by its first two bytes.
//!
//! Nothing else: an encoding that is guessed or named by the sender can smuggle markup past a reader.

use plenary_limits::PLAN_FILE_BYTES_MAX;
use plenary_protocol::plan::file::Problem;

/// The text of a file, its ends of lines as they are.
pub(super) fn text_of(bytes: &[u8]) -> Result<String, Problem> {
    let whole = |says: String| Problem { pointer: String::new(), says };
    if bytes.len() > PLAN_FILE_BYTES_MAX {
        let says =
            format!("{} bytes are more than the {PLAN_FILE_BYTES_MAX} of a file for import", bytes.len());
        return Err(whole(says));
    }
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => str::from_utf8(rest).map(str::to_owned).ok(),
        all => str::from_utf8(all).map(str::to_owned).ok(),
    };
    let Some(text) = text.filter(|text| !text.contains('\0')) else {
        return Err(whole("is neither UTF-8 nor UTF-16 with a mark; save it as UTF-8".to_owned()));
    };
    match declared(&text) {
        Some(name) if !is_known(&name) => {
            Err(whole(format!("says it is written in {name:?}; save it as UTF-8, and say so")))
        }
        _ => Ok(text),
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.ok().filter(|_| rest.is_empty())
}

/// The encoding that the first line names.
fn declared(text: &str) -> Option<String> {
    let (declaration, _) = text.strip_prefix("<?xml")?.split_once("?>")?;
    let (_, rest) = declaration.split_once("encoding")?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    value[1..].split(quote).next().map(str::to_ascii_lowercase)
}

/// Encodings whose files are UTF-8 or UTF-16 when their bytes are.
fn is_known(name: &str) -> bool {
    ["utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "windows-1252"].contains(&name)
}
