//! Exports are entries at every stage, of whoever may read, and leave the document alone.

use plenary_limits::holds;
use plenary_protocol::plan::Stage;
use plenary_protocol::record::{Act, ExportFilter, ExportFormat, Exported};
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::{Bureau, Digest, Role, Seq};

use super::plan::small_plan;
use super::world::{World, code, done, person};
use crate::hub::Ask;
use crate::policy::Action;

fn exported(to: Seq) -> Exported {
    Exported {
        to,
        from: Seq(1),
        bytes: 9,
        digest: Digest([1; 32]),
        filter: None,
        format: ExportFormat::Csv,
        content: None,
    }
}

fn ask(exported: Exported, because: Option<&str>) -> Ask {
    Ask::Export { exported: Box::new(exported), because: because.map(str::to_owned) }
}

#[test]
fn an_export_is_an_entry_of_whoever_reads_at_every_stage_and_the_document_stays() {
    for stage in Stage::ALL {
        let mut view = small_plan();
        view.stage = stage;
        let mut world = World::of(view);
        let heads = world.hub.scout().get_heads();
        for role in Role::ALL {
            let who = person("x", Bureau::TSB, role);
            let to = world.seq();
            let seq = done(world.ask(&who, Action::Export, ask(exported(to), Some("why")))).unwrap();
            let event = world.log.events.last().unwrap();
            assert_eq!((seq, &event.payload.act), (to.next(), &Act::Exported(exported(to))));
            assert_eq!(
                (event.envelope.principal.role, event.payload.because.as_deref()),
                (role, Some("why"))
            );
        }
        assert_eq!(world.hub.scout().get_heads(), heads);
    }
}

#[test]
fn what_cannot_have_left_is_not_written_down() {
    let mut world = World::of(small_plan());
    let who = person("x", Bureau::TSB, Role::Auditor);
    let to = world.seq();
    let mut refused = |action, ask| code(world.ask(&who, action, ask));
    assert_eq!(refused(Action::Read, ask(exported(to), None)), RefusalCode::RoleForbids);
    assert_eq!(refused(Action::Export, ask(exported(to.next()), None)), RefusalCode::BaseAhead);
    assert_eq!(refused(Action::Export, ask(exported(to), Some(&"x".repeat(3_000)))), RefusalCode::TooLarge);
    let filter = Some(ExportFilter { field: vec!["x".repeat(20_000)], ..ExportFilter::default() });
    let large = Exported { filter, ..exported(to) };
    assert_eq!(refused(Action::Export, ask(large, None)), RefusalCode::TooLarge);
    assert_eq!(world.seq(), to);
    holds!(EXPORT_FILTER_BYTES_MAX, |bytes| {
        let around = r#"{"field":[""]}"#.len();
        let filter = ExportFilter { field: vec!["x".repeat(bytes - around)], ..ExportFilter::default() };
        let exported = Exported { filter: Some(filter), ..exported(world.seq()) };
        done(world.ask(&who, Action::Export, ask(exported, None))).is_ok()
    });
}
