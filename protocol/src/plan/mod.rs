//! The framework: what a plan is made of, how it lies in the document, and the commands that edit it.

pub mod codes;
pub mod command;
pub mod file;

pub mod kinds;
pub mod layout;
pub mod order;
mod table;
pub mod value;
pub mod view;

#[cfg(test)]
mod tests;

pub use command::{Command, Edit};
pub use kinds::{FieldType, Kind, LinkKind};
pub use value::Value;
pub use view::{ElementView, LinkView, PlanView, Stage};
