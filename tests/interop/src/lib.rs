//! Clients that are not ours against the server: stock automerge-repo clients in Node
//! (`sync.test.js`, run by `tests/interop/run`) and the crate samod (`samod.rs`).
//!
//! The library is empty: everything here is tests.
