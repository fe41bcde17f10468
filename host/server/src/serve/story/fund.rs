//! A marketing fund for the stories of claims. What claims ask, the plugin's own component says.

use domain::approval::Kind;
use serde_json::json;

use super::Served;
use crate::cli::{AllocateFund, ApprovalRule, ConversionArgs, CreateBudget, CreateProgram, Enrol, ScheduleArgs};
use crate::{account_program, approval, budget, fund, plugin, program};

impl Served {
    /// `a` and `b` take part in `fund`, which pays campaigns in full, without approval beforehand, and half of a trade fair, with it. 1,000 GBP
    /// are in the fund of `a`. A claim above 500 needs the consent of `user:eve`.
    pub async fn with_fund() -> Self {
        let served = Self::new().await;
        let host = &served.app.host;
        let mut tx = host.store.begin(&host.actor).await.unwrap();
        tx.add_signing_key(host.key.public()).await.unwrap();
        tx.commit().await.unwrap();
        plugin::install(host, &tests::component("mdf"), None).await.unwrap();
        let start = "2011-01-01".parse().unwrap();
        served.add_fund("fund").await;
        let of = CreateBudget {
            code: "marketing".into(),
            amount: "5000".parse().unwrap(),
            start,
            end: "2011-12-31".parse().unwrap(),
            currency: "GBP".parse().unwrap(),
            title: None,
            parent: None,
            reason: None,
            overridden: None,
        };
        budget::create(host, &of).await.unwrap();
        budget::attach(host, "marketing", "fund").await.unwrap();
        let of = AllocateFund {
            program: "fund".into(),
            account: "a".into(),
            amount: "1000".parse().unwrap(),
            reason: "spring fair".into(),
            on: Some("2011-02-01".parse().unwrap()),
            expires: Some("2011-06-30".parse().unwrap()),
            overridden: None,
        };
        fund::allocate(host, &of).await.unwrap();
        let of = ApprovalRule {
            kind: Kind::Claim,
            above: "500".parse().unwrap(),
            four_eyes_above: None,
            due_days: 7,
        };
        approval::set_rule(host, &of).await.unwrap();
        approval::grant(host, &"user:eve".parse().unwrap(), Kind::Claim, None)
            .await
            .unwrap();
        served
    }

    /// A program that pays as `fund` does, in which `a` and `b` take part.
    pub async fn add_fund(&self, code: &str) {
        let host = &self.app.host;
        let terms = json!({
            "fund": "discretionary",
            "activities": [
                { "activity": "campaign", "participation": "100 %", "pre-approval": "not-needed" },
                { "activity": "trade-fair", "participation": "50 %", "proofs": ["invoice", "photo"] },
            ],
        });
        let file = self.folder.path().join("fund.json");
        std::fs::write(&file, terms.to_string()).unwrap();
        let of = CreateProgram {
            code: code.into(),
            plugin: "gtm/mdf".into(),
            terms: file,
            title: Some("Marketing fund".into()),
            currency: "GBP".parse().unwrap(),
            calendar: "quarter".parse().unwrap(),
            start: Some("2011-01-01".parse().unwrap()),
            end: None,
            conversion: ConversionArgs::default(),
            schedule: ScheduleArgs::default(),
            valid_from: None,
            new_terms: false,
        };
        program::create(host, &of).await.unwrap();
        let of = Enrol {
            program: code.into(),
            accounts: ["a", "b"].map(String::from).to_vec(),
            all: false,
            from: None,
            until: None,
            agreed: vec![],
            override_reason: None,
        };
        account_program::enrol(host, &of).await.unwrap();
    }
}
