//! Tests of the log through its public doors, on real files in directories of their own.

mod disk;
mod limits;
mod look;
mod rebuild;
mod recovery;
mod serving;
mod snapshot;
mod torn;
mod whole;
mod world;
