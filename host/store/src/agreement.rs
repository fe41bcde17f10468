//! Special price agreements, and how much of each is used up. See [`domain::adjudication::Agreement`].

use std::collections::HashMap;

use domain::account::Account;
use domain::adjudication::Agreement;
use domain::day::Day;
use domain::id::{AccountId, AgreementId, ClaimId, ProgramId};
use domain::money::Micros;
use serde_json::json;

use crate::bulk::list;
use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// An agreement as somebody made it. What remains is what is authorised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAgreement {
    /// The participant's account number.
    pub account: String,
    pub agreement: Agreement,
}

/// An agreement with what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAgreement {
    pub id: AgreementId,
    pub account_number: String,
    pub agreement: Agreement,
}

/// What became of a list of agreements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddedAgreements {
    pub new: usize,
    pub unchanged: usize,
    /// Place in the list, and why.
    pub refused: Vec<(usize, String)>,
}

/// Some of an agreement that a line uses up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub agreement: AgreementId,
    pub line: u32,
    pub quantity: Micros,
}

#[derive(sqlx::FromRow)]
struct AgreementRow {
    id: String,
    account_number: String,
    number: String,
    end_customer: Option<String>,
    sku: String,
    price_micros: i64,
    reference_price_micros: Option<i64>,
    unit: String,
    start_day: i32,
    end_day: i32,
    authorised_micros: i64,
    used_micros: i64,
}

impl Tx {
    /// Adds agreements of a program's participants. One that is there already with the same figures is left alone; what was agreed is never
    /// changed.
    pub async fn add_agreements(&mut self, program: &ProgramId, new: &[NewAgreement]) -> Result<AddedAgreements> {
        let present = self.agreements(program, None, None, None).await?;
        let mut known: HashMap<String, (String, Agreement)> = present
            .into_iter()
            .map(|kept| (kept.agreement.number.clone(), (kept.account_number, kept.agreement)))
            .collect();
        let mut accounts: HashMap<&str, Option<Account>> = HashMap::new();
        let mut added = AddedAgreements::default();
        let mut rows: Vec<(AgreementId, AccountId, &Agreement)> = Vec::new();
        for (place, NewAgreement { account, agreement }) in new.iter().enumerate() {
            if let Some((of, known)) = known.get(&agreement.number) {
                let same = of == account
                    && Agreement {
                        remaining: agreement.remaining,
                        ..known.clone()
                    } == *agreement;
                match same {
                    true => added.unchanged += 1,
                    false => added.refused.push((
                        place,
                        format!(
                            "agreement `{}` is there already with other figures: give the new one a number of its own",
                            agreement.number
                        ),
                    )),
                }
                continue;
            }
            if !accounts.contains_key(&**account) {
                let found = self.account(account).await?;
                accounts.insert(account, found);
            }
            match accounts.get(&**account).and_then(Option::as_ref) {
                None => added
                    .refused
                    .push((place, format!("account `{account}` does not exist: add it first"))),
                Some(found) => {
                    rows.push((self.ids.next(self.at), found.id.clone(), agreement));
                    known.insert(agreement.number.clone(), (account.clone(), agreement.clone()));
                }
            }
        }
        let at = self.at;
        insert_many!(
            self,
            "insert into agreements (id, program, account, number, end_customer, sku, price_micros, reference_price_micros, unit,
                                     start_day, end_day, authorised_micros, created_at) ",
            13,
            rows,
            "",
            |values, row| {
                let (id, account, agreement) = row;
                values.push_bind(id.as_str()).push_bind(program.as_str()).push_bind(account.as_str());
                values.push_bind(&*agreement.number).push_bind(agreement.end_customer.as_deref()).push_bind(&*agreement.sku);
                values.push_bind(agreement.price.0).push_bind(agreement.reference_price.map(|price| price.0));
                values.push_bind(&*agreement.unit).push_bind(agreement.start.number()).push_bind(agreement.end.number());
                values.push_bind(agreement.authorised.0).push_bind(at)
            }
        );
        added.new = rows.len();
        if !rows.is_empty() {
            let numbers: Vec<&str> = rows.iter().map(|(_, _, agreement)| &*agreement.number).collect();
            self.note("add-agreements", program.as_str(), json!({ "agreements": numbers }));
        }
        Ok(added)
    }

    /// Uses some of agreements up, under the number of what happened to the claim.
    pub async fn use_agreements(&mut self, claim: &ClaimId, revision: i64, uses: &[Use]) -> Result<()> {
        if uses.is_empty() {
            return Ok(());
        }
        insert_many!(
            self,
            "insert into agreement_uses (agreement, claim, revision, line, quantity_micros) ",
            5,
            uses,
            "",
            |values, used| {
                values
                    .push_bind(used.agreement.as_str())
                    .push_bind(claim.as_str())
                    .push_bind(revision);
                values.push_bind(i64::from(used.line)).push_bind(used.quantity.0)
            }
        );
        let details: Vec<_> = uses
            .iter()
            .map(|used| json!({"agreement": used.agreement, "line": used.line, "quantity": used.quantity}))
            .collect();
        self.note(
            "use-agreements",
            claim.as_str(),
            json!({"revision": revision, "uses": details}),
        );
        Ok(())
    }

    /// Gives back everything that a claim uses of agreements.
    pub async fn restore_agreements(&mut self, claim: &ClaimId, revision: i64) -> Result<()> {
        let restored = on_engine!(self, |conn| {
            sqlx::query(
                "insert into agreement_uses (agreement, claim, revision, line, quantity_micros)
                 select agreement, claim, cast($2 as bigint), line, cast(-sum(quantity_micros) as bigint)
                 from agreement_uses
                 where claim = $1
                 group by agreement, claim, line
                 having sum(quantity_micros) <> 0",
            )
            .bind(claim.as_str())
            .bind(revision)
            .execute(conn)
            .await?
            .rows_affected()
        });
        if restored > 0 {
            let details = json!({"revision": revision, "uses": restored});
            self.note("restore-agreements", claim.as_str(), details);
        }
        Ok(())
    }
}

impl Snapshot {
    /// The agreements of a program, of one participant, for some products; by number. What a claim of its own uses may be left out, as if it
    /// had been given back.
    pub async fn agreements(
        &mut self,
        program: &ProgramId,
        account: Option<&AccountId>,
        skus: Option<&[&str]>,
        except: Option<&ClaimId>,
    ) -> Result<Vec<KeptAgreement>> {
        let skus = skus.map(list);
        let rows: Vec<AgreementRow> = on_engine!(self, |conn| {
            let mut query = sqlx::QueryBuilder::new(
                "select agreements.id, accounts.number as account_number, agreements.number, end_customer, sku, price_micros,
                        reference_price_micros, unit, start_day, end_day, authorised_micros,
                        (select cast(coalesce(sum(quantity_micros), 0) as bigint)
                         from agreement_uses
                         where agreement = agreements.id and claim <> ",
            );
            query.push_bind(except.map_or("", ClaimId::as_str)).push(
                ") as used_micros
                 from agreements
                 join accounts on accounts.id = agreements.account
                 where program = ",
            );
            query.push_bind(program.as_str());
            if let Some(account) = account {
                query.push(" and account = ").push_bind(account.as_str());
            }
            if let Some(skus) = &skus {
                query
                    .push(" and sku in (select value from json_each(")
                    .push_bind(&**skus)
                    .push("))");
            }
            query.push(" order by agreements.number");
            query.build_query_as().fetch_all(conn).await
        })?;
        rows.into_iter().map(KeptAgreement::try_from).collect()
    }
}

impl TryFrom<AgreementRow> for KeptAgreement {
    type Error = Error;

    fn try_from(row: AgreementRow) -> Result<Self> {
        let authorised = Micros(row.authorised_micros);
        Ok(KeptAgreement {
            id: row.id.into(),
            account_number: row.account_number,
            agreement: Agreement {
                number: row.number,
                end_customer: row.end_customer,
                sku: row.sku,
                price: Micros(row.price_micros),
                reference_price: row.reference_price_micros.map(Micros),
                unit: row.unit,
                start: read(Day::new(row.start_day))?,
                end: read(Day::new(row.end_day))?,
                authorised,
                remaining: authorised.checked_sub(Micros(row.used_micros))?,
            },
        })
    }
}
