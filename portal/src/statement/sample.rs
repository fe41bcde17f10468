use super::*;
use crate::Figure;

fn steps() -> Vec<Step> {
    let step = |words: &str, amount: Option<i64>| Step {
        rule: "volume".into(),
        words: words.into(),
        amount,
    };
    vec![
        step("Sales from 2011-01-01 to 2011-03-31 come to 8,120.00 on 39 lines", None),
        step("Returns take off 420.00 on 2 lines; the volume is 7,700.00", None),
        step("Up to 1,000.00: 1,000.00 at 0 % is 0.00", Some(0)),
        step("From 1,000.00 to 5,000.00: 4,000.00 at 1 % is 40.00", Some(40_000_000)),
        step(
            "From 5,000.00 to 20,000.00: 2,700.00 at 2.5 % is 67.50",
            Some(67_500_000),
        ),
    ]
}

fn lines() -> Vec<Line> {
    let line =
        |position, date: &str, kind: &str, document: &str, product: &str, quantity: i64, net, note: Option<&str>| {
            Line {
                position,
                date: date.into(),
                kind: kind.into(),
                document: document.into(),
                product: product.into(),
                quantity: quantity * 1_000_000,
                net,
                note: note.map(Into::into),
            }
        };
    vec![
        line(
            31_220,
            "2011-01-26",
            "sale",
            "542237/1",
            "85116 Black candelabra t-light holder",
            12,
            25_500_000,
            None,
        ),
        line(
            31_221,
            "2011-01-26",
            "sale",
            "542237/2",
            "22375 Airline bag, vintage jet set",
            40,
            169_600_000,
            None,
        ),
        line(
            48_213,
            "2011-02-09",
            "sale",
            "544836/7",
            "71477 Colour glass star t-light holder",
            400,
            1_100_000_000,
            Some("corrects line 40,112"),
        ),
        line(
            44_870,
            "2011-03-11",
            "return",
            "C546228/1",
            "22492 Mini paint set <vintage>",
            -36,
            -23_400_000,
            None,
        ),
        line(
            47_901,
            "2011-03-28",
            "sale",
            "548017/4",
            "23084 Rabbit night light",
            600,
            1_254_000_000,
            None,
        ),
    ]
}

fn receipt() -> Receipt {
    Receipt {
        plugin: Plugin {
            id: "gtm/rebate".into(),
            version: "0.1.0".into(),
        },
        component: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".into(),
        context: "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9".into(),
        rows: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752".into(),
        output: "baa5a0964d3320fbc0c6a922140453c8513ea24ab8fd0577034804a967248096".into(),
        log: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
        api: "gtm:program@0.1.0".into(),
        engine: "wasmtime 48.0.8".into(),
        fuel: 214_880,
        position: 48_213,
        key: "ed25519:9f86d081884c7d65".into(),
        signature: "4f0a3c51d2b9e87a6650c1f3d4e8a97b2c6d5f1e0a9b8c7d6e5f4a3b2c1d0e9f\
                    8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b"
            .into(),
    }
}

impl StatementPage {
    /// A marginal volume rebate, corrected once after it was paid.
    pub fn sample() -> Self {
        let transfer = |amount, marking, revision, posted_at: &str| Transfer {
            rule: "volume".into(),
            debit: "expense".into(),
            credit: "payable".into(),
            amount,
            marking,
            revision,
            effective: "2011-03-31".into(),
            posted_at: posted_at.into(),
        };
        let revision = |number, made_at: &str, reason: &str, amount, difference| Revision {
            number,
            made_at: made_at.into(),
            actor: "ada".into(),
            reason: reason.into(),
            amount,
            difference,
        };
        StatementPage {
            frame: Frame {
                flash: None,
                notice: Some("served on this machine only".into()),
            },
            id: "0192f0c1-0001-7000-8000-000000000001".into(),
            program_code: "volume-2011".into(),
            program_title: "Volume rebate".into(),
            account: "12347".into(),
            name: "Harbour & Sons".into(),
            period: Period::sample(),
            unit: Unit::new("GBP", 2),
            outcome: Outcome::Posted(107_500_000),
            made_at: "2011-05-03 08:20:11 UTC".into(),
            milestones: vec![Milestone {
                words: "12,300.00 to the next tier, worth 307.50 more".into(),
                reached: Figure::Money(7_700_000_000),
                target: Figure::Money(20_000_000_000),
                worth: Some(307_500_000),
            }],
            steps: steps(),
            lines: Lines {
                missing: None,
                lines: lines(),
                count: 41,
                net: 7_700_000_000,
                reductions: vec![],
                continued: false,
                next: Some("2011-03-28.47901".into()),
            },
            transfers: vec![
                transfer(95_000_000, Marking::Original, 1, "2011-04-02 09:14:55 UTC"),
                transfer(12_500_000, Marking::PriorPeriod, 2, "2011-05-03 08:20:11 UTC"),
            ],
            revisions: vec![
                revision(
                    1,
                    "2011-04-02 09:14:55 UTC",
                    "first run of the period",
                    95_000_000,
                    95_000_000,
                ),
                revision(
                    2,
                    "2011-05-03 08:20:11 UTC",
                    "line 40,112 was corrected by line 48,213",
                    107_500_000,
                    12_500_000,
                ),
            ],
            log: Vec::new(),
            receipt: receipt(),
            replay: None,
        }
    }

    /// The same after a replay that found every byte as it was.
    pub fn sample_replayed() -> Self {
        StatementPage {
            frame: Frame {
                flash: Some(Flash::Done("The statement was calculated again.".into())),
                ..Frame::default()
            },
            replay: Some(ReplayFragment::sample().replay),
            ..StatementPage::sample()
        }
    }

    /// The same after a replay of a journal in which somebody changed a byte.
    pub fn sample_that_differs() -> Self {
        StatementPage {
            replay: Some(ReplayFragment::sample_that_differs().replay),
            ..StatementPage::sample()
        }
    }

    /// A statement in quarantine: nothing is posted, and the reason stands where the amount would.
    pub fn sample_in_quarantine() -> Self {
        let off = Reduction {
            program: "freight-2011".into(),
            period: "2011-Q1".into(),
            amount: 25_700_000,
        };
        StatementPage {
            id: "0192f0c1-0001-7000-8000-000000000003".into(),
            account: "12350".into(),
            name: "Maison Lefèvre".into(),
            outcome: Outcome::Held(
                "plugin `gtm/rebate` 0.1.0 rule `volume` cites row 48,213, which it was not given; ask its vendor for a corrected version, then run the period again".into(),
            ),
            milestones: Vec::new(),
            steps: Vec::new(),
            lines: Lines { missing: None, lines: lines(), count: 5, net: 2_525_700_000, reductions: vec![off], continued: false, next: None },
            transfers: Vec::new(),
            revisions: Vec::new(),
            log: vec!["info: 5 rows in 1 batch".into(), "warn: tier table has no upper end".into()],
            ..StatementPage::sample()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_adds_up_by_every_road() {
        let page = StatementPage::sample();
        let Outcome::Posted(amount) = page.outcome else {
            panic!("the sample is paid")
        };
        let last = page.running().last().and_then(|(_, _, sum)| *sum);
        assert_eq!(last, Some(amount.into()));
        assert_eq!(page.posted(), amount.into());
        assert_eq!(
            page.revisions.iter().map(|revision| revision.difference).sum::<i64>(),
            amount
        );
        assert_eq!(page.revisions.last().map(|revision| revision.amount), Some(amount));
    }

    #[test]
    fn running_amounts_stand_only_beside_steps_that_add_something() {
        let page = StatementPage::sample();
        let sums: Vec<_> = page.running().iter().map(|(number, _, sum)| (*number, *sum)).collect();
        assert_eq!(
            sums,
            [
                (1, None),
                (2, None),
                (3, Some(0)),
                (4, Some(40_000_000)),
                (5, Some(107_500_000))
            ]
        );
    }
}
