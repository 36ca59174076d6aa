//! The faults, a file each.

pub mod clock;
pub mod cuts;
pub mod damage;
pub mod errors;
pub mod full;
pub mod kills;
pub mod store;
