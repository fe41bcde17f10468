use domain::adjudication::{Agreement, Claim, ClaimKind, ClaimLine};
use domain::calculation::Outcome as Calculated;
use domain::claim::split::{Part, Treatment};
use domain::claim::verdict::Decided;
use domain::claim::{Event, Outcome, Status, content_digest};
use domain::digest::{Digest, canonical_json};
use domain::id::ClaimId;
use domain::ledger::{Cause, Reason, Transfer};
use domain::money::Micros;
use domain::receipt::{DecisionReceipt, Signature};
use store::agreement::{NewAgreement, Use};
use store::claim::attachment::NewAttachment;
use store::claim::read::ClaimFilter;
use store::claim::ruling::Ruled;
use store::claim::{Happening, KeptClaim, NewClaim};
use store::file::Files;
use store::ledger::Posting;
use store::{Error, Tx};

use crate::company::{Quarter, begin_quarter};
use crate::database::{Database, ada, now};

stories! {
    a_claim_is_kept_with_everything_that_happened_to_it
    files_are_found_where_they_were_kept
    a_number_is_given_once_in_a_program
    what_cannot_happen_does_not_and_what_was_overtaken_neither
    what_was_claimed_before_is_known_by_its_key_and_its_content
    a_split_is_kept_with_where_its_parts_went
    a_request_is_used_by_what_stands
    a_document_settles_claims_and_lets_go_of_them
    nothing_of_a_claim_is_changed_afterwards
}

pub fn line(number: u32, claimed: i64, key: Option<&str>) -> ClaimLine {
    ClaimLine {
        number,
        claimed: Micros(claimed * 1_000_000),
        key: key.map(Into::into),
        fields: r#"{"sku":"cup"}"#.into(),
    }
}

pub fn asked(kind: ClaimKind, number: &str, lines: Vec<ClaimLine>) -> Claim {
    Claim {
        kind,
        number: number.into(),
        submitted: "2011-02-01".parse().unwrap(),
        fields: r#"{"activity":"fair"}"#.into(),
        lines,
    }
}

fn new_claim(quarter: &Quarter, asked: Claim, request: Option<&ClaimId>) -> NewClaim {
    NewClaim {
        program: quarter.program.id.clone(),
        account: quarter.a.clone(),
        request: request.cloned(),
        content: content_digest(&asked).unwrap(),
        retained_until: "2013-02-01".parse().unwrap(),
        asked,
    }
}

/// A claim that is in review with so much to be approved.
pub async fn in_review(
    tx: &mut Tx,
    quarter: &Quarter,
    asked: Claim,
    request: Option<&ClaimId>,
    approved: i64,
) -> KeptClaim {
    let id = tx.add_claim(&new_claim(quarter, asked, request)).await.unwrap();
    let claim = tx.claim(&id).await.unwrap().unwrap();
    let submitted = Happening {
        approved: Micros(approved * 1_000_000),
        ruling: 1,
        ..Happening::to(&claim, Event::Submit, "")
    };
    assert_eq!(tx.happen(&claim, &submitted).await.unwrap(), 2);
    tx.claim(&id).await.unwrap().unwrap()
}

pub async fn decide(tx: &mut Tx, claim: &KeptClaim, outcome: Outcome) -> KeptClaim {
    let decided = Happening::to(claim, Event::Decide(outcome), "");
    tx.happen(claim, &decided).await.unwrap();
    tx.claim(&claim.id).await.unwrap().unwrap()
}

fn decided(number: u32, approved: i64) -> Decided {
    Decided {
        number,
        approved: Micros(approved * 1_000_000),
        written_off: Micros::ZERO,
        reason: Some("not on the invoice".into()),
        consumed: vec![],
        parts: vec![],
    }
}

fn ruled(quarter: &Quarter, number: i64) -> Ruled {
    let digest = |bytes: &[u8]| Digest::of(bytes);
    let output = canonical_json(&Calculated::default()).unwrap();
    Ruled {
        terms: quarter.terms.id.clone(),
        context: b"context".into(),
        evidence: b"evidence".into(),
        asked: b"asked".into(),
        log: "info ruled".into(),
        receipt: DecisionReceipt {
            account: "a".into(),
            api: "gtm:program@0.1.0".into(),
            asked: digest(b"asked"),
            claim: "C-1".into(),
            component: quarter.terms.component,
            context: digest(b"context"),
            engine: "wasmtime 48".into(),
            evidence: digest(b"evidence"),
            fuel: 7,
            log: digest(b"info ruled"),
            output: digest(&output),
            program: "volume".into(),
            revision: number,
            signature: Signature::default(),
        },
        output,
    }
}

async fn a_claim_is_kept_with_everything_that_happened_to_it(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let asks = asked(
        ClaimKind::Claim,
        "C-1",
        vec![line(1, 100, Some("A")), line(2, -3, None)],
    );
    let id = tx.add_claim(&new_claim(&quarter, asks.clone(), None)).await.unwrap();
    let draft = tx.claim(&id).await.unwrap().unwrap();
    assert_eq!(
        (draft.standing.status, draft.claimed),
        (Status::Draft, Micros(97_000_000))
    );
    assert_eq!(
        (&*draft.account_number, &*draft.program_code, draft.revision),
        ("a", "volume", 1)
    );
    assert_eq!(tx.asked(&draft).await.unwrap(), asks);

    let day = "2011-02-03".parse().unwrap();
    tx.date_claim(&draft, day, "2013-02-03".parse().unwrap()).await.unwrap();
    let draft = tx.claim(&id).await.unwrap().unwrap();
    assert_eq!(
        (draft.submitted, draft.retained_until.to_string()),
        (day, "2013-02-03".to_owned())
    );

    let file = |name| invoice(name, "%PDF-1.7");
    tx.attach(&id, &[file("a.pdf"), file("b.pdf")]).await.unwrap();
    tx.attach(&id, &[file("c.pdf")]).await.unwrap();
    let attachments = tx.attachments(&id).await.unwrap();
    let names: Vec<_> = attachments.iter().map(|file| (file.number, &*file.name)).collect();
    assert_eq!(names, [(1, "a.pdf"), (2, "b.pdf"), (3, "c.pdf")]);
    assert_eq!((attachments[0].size, &attachments[0].actor), (8, &ada()));
    assert_eq!(
        tx.file(&attachments[2].file).await.unwrap().as_deref(),
        Some(&b"%PDF-1.7"[..])
    );
    assert_eq!(tx.file(&Digest::of(b"another")).await.unwrap(), None);

    let ruling = ruled(&quarter, 1);
    tx.add_ruling(&id, &ruling).await.unwrap();
    let submitted = Happening {
        approved: Micros(90_000_000),
        ruling: 1,
        ..Happening::to(&draft, Event::Submit, "")
    };
    tx.happen(&draft, &submitted).await.unwrap();
    let claim = tx.claim(&id).await.unwrap().unwrap();
    let happening = Happening {
        approved: Micros(80_000_000),
        ..Happening::to(&claim, Event::Decide(Outcome::Adjusted), "less")
    };
    let revision = tx.happen(&claim, &happening).await.unwrap();
    tx.add_decisions(&id, revision, 1, &[decided(1, 80), decided(2, 0)])
        .await
        .unwrap();

    let rulings = tx.rulings(&id).await.unwrap();
    assert_eq!((rulings.len(), rulings[0].number, &rulings[0].ruled), (1, 1, &ruling));
    let decisions = tx.decisions(&id).await.unwrap();
    let seen: Vec<_> = decisions
        .iter()
        .map(|decided| (decided.line, decided.approved.0))
        .collect();
    assert_eq!(seen, [(1, 80_000_000), (2, 0)]);
    assert_eq!(decisions[0].reason.as_deref(), Some("not on the invoice"));
    let history = tx.claim_history(&id).await.unwrap();
    let seen: Vec<_> = history
        .iter()
        .map(|it| (it.revision, &*it.event, it.from, it.to, &*it.words))
        .collect();
    assert_eq!(
        seen,
        [
            (1, "draft", None, Status::Draft, ""),
            (2, "submit", Some(Status::Draft), Status::InReview, ""),
            (3, "decide", Some(Status::InReview), Status::Adjusted, "less"),
        ]
    );
    assert_eq!((&history[2].actor, history[2].at), (&ada(), now()));

    let transfers = [Transfer {
        rule: "claim".into(),
        debit: "fund".into(),
        credit: "payable".into(),
        amount: Micros(80_000_000),
        unit: "GBP".into(),
        effective: day,
        expires: None,
        basis: None,
        rate: None,
        reason: Reason::Original,
    }];
    let posting = Posting {
        cause: Cause::Claim,
        subject: id.as_str(),
        revision,
        program: &quarter.program.id,
        account: &quarter.a,
        period: None,
        posting_period: None,
        transfers: &transfers,
    };
    tx.post_transfers(&[posting]).await.unwrap();
    let moved = tx.claim_transfers(&id).await.unwrap();
    assert_eq!(
        (moved.len(), moved[0].revision, &moved[0].transfer),
        (1, revision, &transfers[0])
    );
    let again = tx.post_transfers(&[posting]).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    db
}

fn invoice(name: &str, content: &str) -> NewAttachment {
    NewAttachment {
        kind: "invoice".into(),
        name: name.into(),
        media_type: "application/pdf".into(),
        content: content.into(),
    }
}

async fn files_are_found_where_they_were_kept(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let folder = tempfile::tempdir().unwrap();
    let beside = db.store.clone().with_files(Files::Folder(folder.path().into()));
    let asks = asked(ClaimKind::Claim, "C-1", vec![line(1, 100, None)]);

    let mut tx = db.begin().await;
    let id = tx.add_claim(&new_claim(&quarter, asks, None)).await.unwrap();
    tx.attach(&id, &[invoice("old.pdf", "%PDF old")]).await.unwrap();
    tx.commit().await.unwrap();
    // What the database has already stays there.
    let mut tx = beside.begin(&ada()).await.unwrap();
    let both = [invoice("again.pdf", "%PDF old"), invoice("new.pdf", "%PDF new")];
    tx.attach(&id, &both).await.unwrap();
    tx.commit().await.unwrap();

    let (old, new) = (Digest::of(b"%PDF old"), Digest::of(b"%PDF new"));
    let digits = new.to_string();
    let place = folder.path().join(&digits[..2]).join(&digits);
    assert_eq!(std::fs::read(&place).unwrap(), b"%PDF new");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "one file, and nothing half written"
    );
    let mut snapshot = beside.read().await.unwrap();
    for (file, content) in [(&old, b"%PDF old"), (&new, b"%PDF new")] {
        assert_eq!(snapshot.file(file).await.unwrap().as_deref(), Some(&content[..]));
    }
    let mut without = db.store.read().await.unwrap();
    assert_eq!(without.file(&old).await.unwrap().as_deref(), Some(&b"%PDF old"[..]));
    assert_eq!(
        without.file(&new).await.unwrap_err().to_string(),
        format!("the file {new} is kept in a folder of files, and none is named: --files FOLDER, or GTM_FILES")
    );

    std::fs::write(&place, "%PDF bad").unwrap();
    assert_eq!(
        snapshot.file(&new).await.unwrap_err().to_string(),
        format!("the file {new} is kept with other contents")
    );
    std::fs::remove_file(&place).unwrap();
    let lost = snapshot.file(&new).await.unwrap_err().to_string();
    assert!(lost.contains(&digits) && lost.contains("cannot be read"), "{lost}");
    drop((snapshot, without));
    db
}

async fn a_number_is_given_once_in_a_program(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    assert_eq!(tx.next_claim_number().await.unwrap(), "C-1");
    assert_eq!(tx.next_claim_number().await.unwrap(), "C-2");
    let asks = asked(ClaimKind::Claim, "請求-1", vec![line(1, 1, None)]);
    let new = new_claim(&quarter, asks, None);
    tx.add_claim(&new).await.unwrap();
    let refused = tx.add_claim(&new).await.unwrap_err().to_string();
    assert_eq!(
        refused,
        "there is a claim `請求-1` in this program already: give this one another number"
    );
    let filter = ClaimFilter {
        number: Some("請求-1".into()),
        account: Some(quarter.a.clone()),
        status: Some(Status::Draft),
        ..ClaimFilter::default()
    };
    let found = tx.claims(&filter, None, 9).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(tx.claims(&filter, Some(&found[0].id), 9).await.unwrap(), []);
    let requests = ClaimFilter {
        kind: Some(ClaimKind::Request),
        ..ClaimFilter::default()
    };
    assert_eq!(tx.claims(&requests, None, 9).await.unwrap(), []);
    db
}

async fn what_cannot_happen_does_not_and_what_was_overtaken_neither(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let asks = asked(ClaimKind::Claim, "C-1", vec![line(1, 100, None)]);
    let claim = in_review(&mut tx, &quarter, asks, None, 100).await;
    let settled = tx
        .happen(&claim, &Happening::to(&claim, Event::Settle, ""))
        .await
        .unwrap_err();
    assert_eq!(
        settled.to_string(),
        "claim `C-1` is in review and cannot be settled: only one that was approved or adjusted can be"
    );
    decide(&mut tx, &claim, Outcome::Approved).await;
    // Whoever read it before comes too late.
    let late = tx.happen(&claim, &Happening::to(&claim, Event::Withdraw, "")).await;
    assert!(matches!(late, Err(Error::Stale(said)) if said
        == "something else happened to claim `C-1` in the meantime: look at it again"));
    let day = "2011-02-03".parse().unwrap();
    assert!(matches!(tx.date_claim(&claim, day, day).await, Err(Error::Stale(_))));
    assert_eq!(tx.claim_history(&claim.id).await.unwrap().len(), 3);
    db
}

async fn what_was_claimed_before_is_known_by_its_key_and_its_content(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let first = asked(
        ClaimKind::Claim,
        "C-1",
        vec![line(1, 100, Some("A")), line(2, 50, Some("B"))],
    );
    let content = content_digest(&first).unwrap();
    let (program, a) = (quarter.program.id.clone(), quarter.a.clone());
    // Another number on another day asks for the same.
    let renamed = Claim {
        number: "C-9".into(),
        submitted: "2011-03-01".parse().unwrap(),
        ..first.clone()
    };
    assert_eq!(content_digest(&renamed).unwrap(), content);
    let claim = in_review(&mut tx, &quarter, first, None, 150).await;
    let known = |lines: Vec<domain::adjudication::ClaimedLine>| -> Vec<(String, u32)> {
        lines.into_iter().map(|line| (line.claim, line.number)).collect()
    };
    let kind = ClaimKind::Deduction;
    let before = tx.claimed_before(&program, &a, kind, &["A", "C"], None).await.unwrap();
    assert_eq!(known(before), [("C-1".to_owned(), 1)]);
    assert_eq!(
        tx.claimed_before(&program, &a, kind, &["A"], Some(&claim.id))
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        tx.claimed_before(&program, &quarter.b, kind, &["A"], None)
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        tx.claimed_before(&program, &a, ClaimKind::Request, &["A"], None)
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        tx.same_content(&program, &a, content, None).await.unwrap().as_deref(),
        Some("C-1")
    );
    assert_eq!(
        tx.same_content(&program, &a, content, Some(&claim.id)).await.unwrap(),
        None
    );
    assert_eq!(
        tx.same_content(&program, &quarter.b, content, None).await.unwrap(),
        None
    );

    // A line that is denied may be claimed again.
    let happening = Happening::to(&claim, Event::Decide(Outcome::Adjusted), "");
    let revision = tx.happen(&claim, &happening).await.unwrap();
    tx.add_decisions(&claim.id, revision, 1, &[decided(1, 0), decided(2, 50)])
        .await
        .unwrap();
    let before = tx.claimed_before(&program, &a, kind, &["A", "B"], None).await.unwrap();
    assert_eq!(known(before), [("C-1".to_owned(), 2)]);
    db
}

async fn a_split_is_kept_with_where_its_parts_went(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let whole = asked(ClaimKind::Deduction, "D-1", vec![line(1, 100, Some("A"))]);
    let deduction = in_review(&mut tx, &quarter, whole, None, 80).await;
    let moved = asked(ClaimKind::Deduction, "D-2", vec![line(1, 20, Some("A"))]);
    let draft = tx.add_claim(&new_claim(&quarter, moved, None)).await.unwrap();
    let happening = Happening::to(&deduction, Event::Decide(Outcome::Adjusted), "two promotions");
    let revision = tx.happen(&deduction, &happening).await.unwrap();
    tx.add_decisions(&deduction.id, revision, 1, &[decided(1, 80)])
        .await
        .unwrap();
    let part = |treatment, amount: i64, program: Option<&str>| Part {
        line: 1,
        treatment,
        amount: Micros(amount * 1_000_000),
        program: program.map(str::to_owned),
    };
    let parts = [
        (part(Treatment::Matched, 80, None), None),
        (part(Treatment::Moved, 20, Some("volume")), Some(draft.clone())),
    ];
    tx.add_claim_parts(&deduction.id, revision, &parts).await.unwrap();

    let kept = tx.claim_parts(&deduction.id).await.unwrap();
    let seen: Vec<_> = kept
        .iter()
        .map(|part| (part.line, part.number, part.treatment, part.amount.0))
        .collect();
    assert_eq!(
        seen,
        [
            (1, 1, Treatment::Matched, 80_000_000),
            (1, 2, Treatment::Moved, 20_000_000)
        ]
    );
    assert!(kept.iter().all(|part| part.revision == revision));
    assert_eq!(kept[0].moved_to, None);
    let there = kept[1].moved_to.as_ref().unwrap();
    assert_eq!(
        (&there.id, &*there.program, &*there.number, there.status),
        (&draft, "volume", "D-2", Status::Draft)
    );
    let from = tx.moved_from(&draft).await.unwrap().unwrap();
    assert_eq!(
        (&from.id, &*from.number, from.status),
        (&deduction.id, "D-1", Status::Adjusted)
    );
    assert_eq!(tx.moved_from(&deduction.id).await.unwrap(), None);
    tx.commit().await.unwrap();
    for sql in ["update claim_parts set line = line", "delete from claim_parts"] {
        let refused = db.meddle(sql).await.unwrap_err().to_string();
        assert!(refused.contains("`claim_parts` is append-only"), "{refused}");
    }
    db
}

async fn a_request_is_used_by_what_stands(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let request = asked(ClaimKind::Request, "R-1", vec![line(1, 100, None)]);
    let request = in_review(&mut tx, &quarter, request, None, 100).await;
    let request = decide(&mut tx, &request, Outcome::Approved).await;
    let claims = |number: &str| asked(ClaimKind::Claim, number, vec![line(1, 40, None)]);
    let first = in_review(&mut tx, &quarter, claims("C-1"), Some(&request.id), 40).await;
    in_review(&mut tx, &quarter, claims("C-2"), Some(&request.id), 25).await;
    assert_eq!(tx.used_of_request(&request.id, None).await.unwrap(), Micros(65_000_000));
    assert_eq!(
        tx.used_of_request(&request.id, Some(&first.id)).await.unwrap(),
        Micros(25_000_000)
    );
    let withdrawn = Happening::to(&first, Event::Withdraw, "");
    tx.happen(&first, &withdrawn).await.unwrap();
    assert_eq!(tx.used_of_request(&request.id, None).await.unwrap(), Micros(25_000_000));
    let filter = ClaimFilter {
        request: Some(request.id.clone()),
        ..ClaimFilter::default()
    };
    assert_eq!(tx.claims(&filter, None, 9).await.unwrap().len(), 2);
    db
}

async fn a_document_settles_claims_and_lets_go_of_them(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let mut kept = Vec::new();
    for (number, outcome, approved) in [
        ("C-1", Outcome::Approved, 100),
        ("C-2", Outcome::Adjusted, 60),
        ("C-3", Outcome::Denied, 0),
        ("C-4", Outcome::Adjusted, 30),
    ] {
        let asks = asked(ClaimKind::Claim, number, vec![line(1, 100, None)]);
        let claim = in_review(&mut tx, &quarter, asks, None, approved).await;
        kept.push(decide(&mut tx, &claim, outcome).await);
    }
    let request = asked(ClaimKind::Request, "R-1", vec![line(1, 100, None)]);
    let request = in_review(&mut tx, &quarter, request, None, 100).await;
    kept.push(decide(&mut tx, &request, Outcome::Approved).await);
    let dispute = Happening::to(&kept[3], Event::Dispute, "the other half is owed too");
    tx.happen(&kept[3], &dispute).await.unwrap();

    let program = quarter.program.id.clone();
    assert_eq!(tx.settle_claims(&program, &quarter.b, "doc-0").await.unwrap(), 0);
    assert_eq!(tx.settle_claims(&program, &quarter.a, "doc-1").await.unwrap(), 3);
    // What a document has paid no other one pays.
    assert_eq!(tx.settle_claims(&program, &quarter.a, "doc-2").await.unwrap(), 0);
    async fn standings(tx: &mut Tx, kept: &[KeptClaim]) -> Vec<(Status, Option<String>)> {
        let mut seen = Vec::new();
        for claim in kept {
            let claim = tx.claim(&claim.id).await.unwrap().unwrap();
            seen.push((claim.standing.status, claim.settlement));
        }
        seen
    }
    let by = |document: &str| Some(document.to_owned());
    assert_eq!(
        standings(&mut tx, &kept).await,
        [
            (Status::Settled, by("doc-1")),
            (Status::Settled, by("doc-1")),
            (Status::Denied, None),
            (Status::Disputed, by("doc-1")),
            (Status::Approved, None),
        ]
    );
    assert_eq!(tx.unsettle_claims("doc-2").await.unwrap(), 0);
    assert_eq!(tx.unsettle_claims("doc-1").await.unwrap(), 3);
    assert_eq!(
        standings(&mut tx, &kept).await,
        [
            (Status::Approved, None),
            (Status::Adjusted, None),
            (Status::Denied, None),
            (Status::Disputed, None),
            (Status::Approved, None),
        ]
    );
    assert_eq!(tx.settle_claims(&program, &quarter.a, "doc-3").await.unwrap(), 3);
    db
}

async fn nothing_of_a_claim_is_changed_afterwards(db: Database) -> Database {
    let quarter = begin_quarter(&db).await;
    let mut tx = db.begin().await;
    let asks = asked(ClaimKind::Claim, "C-1", vec![line(1, 100, None)]);
    let claim = in_review(&mut tx, &quarter, asks, None, 100).await;
    tx.add_ruling(&claim.id, &ruled(&quarter, 1)).await.unwrap();
    tx.add_decisions(&claim.id, claim.revision, 1, &[decided(1, 100)])
        .await
        .unwrap();
    let file = NewAttachment {
        kind: "photo".into(),
        name: "a.png".into(),
        media_type: "image/png".into(),
        content: b"png".into(),
    };
    tx.attach(&claim.id, &[file]).await.unwrap();
    let agreement = NewAgreement {
        account: "a".into(),
        agreement: Agreement {
            number: "SPA-1".into(),
            end_customer: None,
            sku: "cup".into(),
            price: Micros(1),
            reference_price: None,
            unit: "EA".into(),
            start: "2011-01-01".parse().unwrap(),
            end: "2011-12-31".parse().unwrap(),
            authorised: Micros(1),
            remaining: Micros(1),
        },
    };
    tx.add_agreements(&quarter.program.id, &[agreement]).await.unwrap();
    let id = tx.agreements(&quarter.program.id, None, None, None).await.unwrap()[0]
        .id
        .clone();
    let used = Use {
        agreement: id,
        line: 1,
        quantity: Micros(1),
    };
    tx.use_agreements(&claim.id, claim.revision, &[used]).await.unwrap();
    tx.commit().await.unwrap();
    for (table, column) in [
        ("claim_lines", "fields"),
        ("claim_history", "words"),
        ("claim_rulings", "log"),
        ("claim_decisions", "reason"),
        ("claim_attachments", "name"),
        ("files", "created_at"),
        ("agreements", "sku"),
        ("agreement_uses", "quantity_micros"),
    ] {
        for sql in [
            format!("update {table} set {column} = {column}"),
            format!("delete from {table}"),
        ] {
            let refused = db.meddle(&sql).await.unwrap_err().to_string();
            assert!(
                refused.contains(&format!("`{table}` is append-only")),
                "{sql}: {refused}"
            );
        }
    }
    db
}
