//! What is done with texts alike on both sides of the wire.

pub mod words;
