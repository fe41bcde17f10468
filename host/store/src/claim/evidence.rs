//! What a claim is held against: what was claimed before, what is left of a request, what stock was reported.

use domain::adjudication::{ClaimKind, ClaimedLine, Stock};
use domain::day::Day;
use domain::digest::Digest;
use domain::id::{AccountId, ClaimId, ProgramId};
use domain::money::Micros;

use crate::bulk::list;
use crate::error::read;
use crate::{Error, Result, Snapshot};

impl Snapshot {
    /// Lines with one of these keys that the participant claimed in other claims, unless they were denied or withdrawn; by claim and number. A
    /// request is held against requests, a claim or a deduction against those.
    pub async fn claimed_before(
        &mut self,
        program: &ProgramId,
        account: &AccountId,
        kind: ClaimKind,
        keys: &[&str],
        except: Option<&ClaimId>,
    ) -> Result<Vec<ClaimedLine>> {
        if keys.is_empty() {
            return Ok(vec![]);
        }
        let (keys, except) = (list(keys), except.map_or("", ClaimId::as_str));
        let rows: Vec<(String, i64, String)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select claims.number, claim_lines.number, claim_lines.key
                 from claims
                 join claim_lines on claim_lines.claim = claims.id
                 where claims.program = $1 and claims.account = $2 and claims.id <> $3
                   and (claims.kind = 'request') = $4
                   and claims.status in ('in-review', 'approved', 'adjusted', 'disputed', 'settled')
                   and (claims.outcome is null or claims.outcome <> 'denied')
                   and claim_lines.key in (select value from json_each($5))
                   and not exists (
                       select 1
                       from claim_decisions
                       where claim_decisions.claim = claims.id and claim_decisions.line = claim_lines.number
                         and claims.outcome is not null and approved_micros = 0 and written_off_micros = 0
                         and revision = (select max(newest.revision) from claim_decisions newest where newest.claim = claims.id)
                   )
                 order by claims.number, claim_lines.number",
            )
            .bind(program.as_str())
            .bind(account.as_str())
            .bind(except)
            .bind(kind == ClaimKind::Request)
            .bind(&*keys)
            .fetch_all(conn)
            .await
        })?;
        let line = |(claim, number, key)| {
            Ok::<_, Error>(ClaimedLine {
                claim,
                number: read(u32::try_from(number))?,
                key,
            })
        };
        rows.into_iter().map(line).collect()
    }

    /// The number of the participant's earliest other claim with the same content, unless that was denied or withdrawn, or is a draft.
    pub async fn same_content(
        &mut self,
        program: &ProgramId,
        account: &AccountId,
        content: Digest,
        except: Option<&ClaimId>,
    ) -> Result<Option<String>> {
        let (content, except) = (content.to_string(), except.map_or("", ClaimId::as_str));
        Ok(on_engine!(self, |conn| {
            sqlx::query_scalar(
                "select number
                 from claims
                 where program = $1 and account = $2 and id <> $3 and content_digest = $4
                   and status in ('held', 'in-review', 'approved', 'adjusted', 'disputed', 'settled')
                   and (outcome is null or outcome <> 'denied')
                 order by id
                 limit 1",
            )
            .bind(program.as_str())
            .bind(account.as_str())
            .bind(except)
            .bind(&*content)
            .fetch_optional(conn)
            .await
        })?)
    }

    /// What claims use of a request, except one: what rulings would approve of those in review, what was approved of the others.
    pub async fn used_of_request(&mut self, request: &ClaimId, except: Option<&ClaimId>) -> Result<Micros> {
        let except = except.map_or("", ClaimId::as_str);
        let used: i64 = on_engine!(self, |conn| {
            sqlx::query_scalar(
                "select cast(coalesce(sum(approved_micros), 0) as bigint)
                 from claims
                 where request = $1 and id <> $2 and status in ('in-review', 'approved', 'adjusted', 'disputed', 'settled')",
            )
            .bind(request.as_str())
            .bind(except)
            .fetch_one(conn)
            .await
        })?;
        Ok(Micros(used))
    }

    /// The stock of these products that an account reported, by sku and day: of each day what was reported last.
    pub async fn reported_stock(&mut self, account: i64, skus: &[&str]) -> Result<Vec<Stock>> {
        let skus = list(skus);
        let rows: Vec<(String, i32, i64)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select products.sku, journal.date, journal.quantity_micros
                 from journal
                 join products on products.ordinal = journal.product
                 where journal.account = $1 and journal.kind = 7 and journal.quantity_micros is not null
                   and products.sku in (select value from json_each($2))
                   and not exists (select 1 from journal correction where correction.corrects = journal.position)
                 order by products.sku, journal.date, journal.position",
            )
            .bind(account)
            .bind(&*skus)
            .fetch_all(conn)
            .await
        })?;
        let mut stock: Vec<Stock> = Vec::with_capacity(rows.len());
        for (sku, day, quantity) in rows {
            let reported = Stock {
                sku,
                day: read(Day::new(day))?,
                quantity: Micros(quantity),
            };
            match stock.last_mut() {
                Some(last) if (&last.sku, last.day) == (&reported.sku, reported.day) => *last = reported,
                _ => stock.push(reported),
            }
        }
        Ok(stock)
    }
}
