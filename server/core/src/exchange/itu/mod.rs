//! Reader of `itu-plan/1`, the form in which the two plans of ITU were taken down from their sources.
//!
//! The same source gives the same plan to the byte: ids are hashes of the printed codes.  What is our
//! reading and not print is marked on the element (`provenance`, `inferred`, `note`).  What is not
//! carried over is listed in `server/core/plans/README.md`; a key this reader does not know is a
//! problem, so that nothing of a source is lost in silence.

mod adopted;
mod annexes;
mod build;
mod draft;
mod guidance;
mod mapping;
mod money;
mod priorities;
mod source;

use plenary_protocol::plan::PlanView;
use plenary_protocol::plan::file::{self, Problem};
use plenary_protocol::{PlanId, Seq};

use self::build::Builder;
use self::source::Source;

/// Name and version of the source format.
pub const SOURCE_SCHEMA: &str = "itu-plan/1";

/// The entry that brought the adopted plan's content into its log, which quotations of it name:
/// 1 the plan was created, 2 the server's actor was bound, 3 the content was imported.
pub const ADOPTED_IMPORT_SEQ: Seq = Seq(3);

/// Makes the plan of a source; `former` is the plan before it, whose elements a draft refers to.
///
/// A source with `thematic_priorities` is read as a plan of the framework from 2024, any other as
/// one of the framework until 2023.
///
/// # Errors
/// Every problem found, with its place in the source; where the plan that was made breaks a limit
/// or a type, with its place in the made plan's file, and saying so.
pub fn convert(source: &[u8], former: Option<&PlanView>) -> Result<PlanView, Vec<Problem>> {
    let mut source = Source::open(source)?;
    if source.has("thematic_priorities") {
        draft::convert(&mut source, former)
    } else {
        adopted::convert(&mut source)
    }
}

/// Ends a conversion: the problems of the source, or the plan as the plan file's reader takes it.
fn finish(source: &mut Source, builder: Builder) -> Result<PlanView, Vec<Problem>> {
    source.close();
    let problems = source.take_problems();
    if !problems.is_empty() {
        return Err(problems);
    }
    let view = builder.into_view();
    file::read(file::write(&view).as_bytes()).map_err(|problems| {
        let made = |p: Problem| Problem { says: format!("in the plan made of it: {}", p.says), ..p };
        problems.into_iter().map(made).collect()
    })
}

/// The plan's id, or a stand-in beside the problem that it is no id.
fn plan_id(source: &mut Source, id: &str) -> Option<PlanId> {
    id.parse().map_err(|error| source.problem("/plan/id", format!("is no plan id: {error}"))).ok()
}
