//! Answers in words: pure functions from what the server says to text.

pub mod difference;
pub mod element;
pub mod event;
pub mod evidence;
#[cfg(test)]
pub mod fixture;
pub mod outline;
pub mod past;
pub mod phrase;
pub mod presence;
pub mod time;
pub mod wrap;
