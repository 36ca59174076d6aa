//! Stages: what is adopted refuses edits, who may reopen it, and what the log says of it.

use plenary_protocol::plan::Stage;
use plenary_protocol::wire::event::What;
use plenary_protocol::wire::live::ServerMessage;
use plenary_protocol::{Seq, wire::RefusalCode};
use plenary_tests::{ADOPTED, DRAFT, Live, Outcome, Replica, Shared, TestServer, fresh_id, plan_id};

use crate::people::{ADMIN, AUDITOR, BDT, BR, CHAIR, GS, comment, set_field, set_text, splice};

static SHARED: Shared = Shared::new();

#[test]
fn an_adopted_plan_refuses_edits_of_thin_clients_and_replicas() {
    let server = SHARED.get();
    let plan = plan_id(ADOPTED);
    for person in [BR, GS, CHAIR, ADMIN] {
        let http = server.client(&person);
        let target = http.id_of(ADOPTED, "1.1");
        for command in [splice(&target, "title", 0, "x", Seq(3)), comment(&target, "a remark")] {
            let answer = http.edit(ADOPTED, &[command]);
            assert_eq!((answer.status, answer.code()), (409, "stage_forbids"), "{}", person.subject);
        }
        let mut live = Live::open(&http);
        let id = fresh_id("stage");
        live.edit(&id, &plan, &[splice(&target, "title", 0, "x", Seq(3))]).unwrap();
        assert_eq!(live.expect_refusal(&id).code, RefusalCode::StageForbids);
        let mut replica = Replica::join(&http, ADOPTED);
        replica.insert(&target, "title", |_| 0, "x");
        match replica.push_at_once() {
            Outcome::Refused(refusal) => assert_eq!(refusal.code, RefusalCode::StageForbids),
            Outcome::Done(ack) => panic!("done: {ack:?}"),
        }
    }
    assert_eq!(server.client(&AUDITOR).head(ADOPTED), Seq(3), "nothing came into the log");
}

#[test]
fn only_an_admin_reopens_an_adopted_plan_and_only_with_a_reason() {
    let server = TestServer::demo();
    let [admin, chair, br, bdt] = [ADMIN, CHAIR, BR, BDT].map(|person| server.client(&person));
    for (who, because, wanted) in [
        (&br, Some("a typing error"), "role_forbids"),
        (&chair, Some("a typing error"), "role_forbids"),
        (&admin, None, "stage_forbids"),
        (&admin, Some("  "), "stage_forbids"),
    ] {
        let answer = who.stage(ADOPTED, "plenipotentiary", because);
        assert_eq!(answer.code(), wanted, "{because:?}: {}", answer.text);
    }
    let mut watch = Live::open(&server.client(&AUDITOR));
    watch.subscribe(&plan_id(ADOPTED), Some(Seq(3)), false).unwrap();
    admin.stage(ADOPTED, "plenipotentiary", Some("a typing error in R.1")).ok();
    let event = watch.wait_for(|message| match message {
        ServerMessage::Event { event, .. } => Some(event.clone()),
        _ => None,
    });
    let event = event.unwrap();
    assert_eq!(
        event.what,
        What::StageAdvanced { from: Stage::Adopted, to: Stage::Plenipotentiary, despite: Default::default() }
    );
    assert_eq!(event.because.as_deref(), Some("a typing error in R.1"));
    assert_eq!(event.subject.as_str(), ADMIN.subject);
    // Open again, and each Bureau's own is its own.
    let objective = br.id_of(ADOPTED, "R.1");
    br.edited(ADOPTED, &[splice(&objective, "title", 0, "The ", br.head(ADOPTED))]);
    let outcome = br.id_of(ADOPTED, "R.1-a");
    let refused = bdt.edit(ADOPTED, &[splice(&outcome, "title", 0, "x", br.head(ADOPTED))]);
    assert_eq!((refused.status, refused.code()), (403, "other_bureau"));
    let mut replica = Replica::join(&bdt, ADOPTED);
    replica.insert(&outcome, "title", |_| 0, "x");
    match replica.push_at_once() {
        Outcome::Refused(refusal) => assert_eq!(refusal.code, RefusalCode::OtherBureau),
        Outcome::Done(ack) => panic!("done: {ack:?}"),
    }
    // Of the plan as it was adopted the rules find what blocks adoption.
    assert_eq!(chair.stage(ADOPTED, "adopted", None).code(), "findings_open");
    chair.stage_despite(ADOPTED, "adopted", "as adopted in 2018, a typing error apart").ok();
    let closed = br.edit(ADOPTED, &[splice(&objective, "title", 0, "x", br.head(ADOPTED))]);
    assert_eq!(closed.code(), "stage_forbids");
}

#[test]
fn the_chair_takes_the_draft_one_stage_at_a_time_and_the_log_shows_it() {
    let mut server = TestServer::demo();
    let (chair, gs) = (server.client(&CHAIR), server.client(&GS));
    assert_eq!(gs.stage(DRAFT, "consultation", None).code(), "role_forbids");
    assert_eq!(chair.stage(DRAFT, "council", Some("hurry")).code(), "stage_forbids");
    chair.stage(DRAFT, "consultation", None).ok();
    assert_eq!(chair.stage(DRAFT, "consultation", None).code(), "nothing_to_do");
    chair.stage(DRAFT, "cwg_sfp", None).ok();
    assert_eq!(chair.stage(DRAFT, "consultation", None).code(), "stage_forbids", "back needs a reason");
    chair.stage(DRAFT, "consultation", Some("views came late")).ok();
    let target = gs.id_of(DRAFT, "1.1");
    gs.edited(DRAFT, &[set_text(&target, "title", "Connect", gs.head(DRAFT))]);
    server.restart();
    let gs = gs.at(&server.base());
    let stage_at = |seq: u64| {
        gs.get(&format!("/api/v1/plans/{DRAFT}?at={seq}")).ok()["stage"].as_str().unwrap().to_owned()
    };
    let stages: Vec<_> = (3..=6).map(stage_at).collect();
    assert_eq!(stages, ["secretariat_draft", "consultation", "cwg_sfp", "consultation"]);
    let moves: Vec<_> =
        gs.events(DRAFT, "type=stage_advanced").iter().map(|event| event.what.clone()).collect();
    let [first, second, back] = &moves[..] else { panic!("{moves:?}") };
    assert_eq!(
        *first,
        What::StageAdvanced {
            from: Stage::SecretariatDraft,
            to: Stage::Consultation,
            despite: Default::default()
        }
    );
    assert_eq!(
        *second,
        What::StageAdvanced { from: Stage::Consultation, to: Stage::CwgSfp, despite: Default::default() }
    );
    assert_eq!(
        *back,
        What::StageAdvanced { from: Stage::CwgSfp, to: Stage::Consultation, despite: Default::default() }
    );
    let told: Vec<_> = gs
        .history(DRAFT, "type=stage_advanced")
        .revisions
        .into_iter()
        .map(|told| (told.op, told.because))
        .collect();
    let wanted = [None, None, Some("views came late".to_owned())]
        .map(|because| ("stage_advanced".to_owned(), because));
    assert_eq!(told, wanted);
}

#[test]
fn a_plan_given_up_refuses_edits_until_an_admin_reopens_it() {
    let server = TestServer::demo();
    let (chair, admin) = (server.client(&CHAIR), server.client(&ADMIN));
    let target = chair.id_of(DRAFT, "1.1");
    assert_eq!(chair.stage(DRAFT, "withdrawn", None).code(), "stage_forbids", "it needs a reason");
    chair.stage(DRAFT, "withdrawn", Some("another text is taken")).ok();
    let year = [set_field(&target, "due_year", 2027, chair.head(DRAFT))];
    assert_eq!(chair.edit(DRAFT, &year).code(), "stage_forbids");
    assert_eq!(chair.stage(DRAFT, "secretariat_draft", Some("no")).code(), "role_forbids");
    admin.stage(DRAFT, "secretariat_draft", Some("it is taken after all")).ok();
    chair.edited(DRAFT, &year);
}
