//! Payments: batches of documents for the bank, kept to the byte, and what the bank answered. See [`domain::payment`].

use chrono::{DateTime, Utc};
use domain::currency::Currency;
use domain::digest::{Digest, canonical_json};
use domain::id::AccountId;
use domain::money::Micros;
use domain::payment::{Answer, Batch, Status, batch_label};
use domain::settlement::number_of;
use serde_json::json;

use crate::document::Issued;
use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// A document that is to be paid, and which attempt it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpaid {
    pub issued: Issued,
    /// From 1.
    pub attempt: i64,
}

/// A payment with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentLine {
    pub end_to_end: String,
    /// Numbers of its batch and of its document.
    pub batch: i64,
    pub document: i64,
    pub account: AccountId,
    pub account_number: String,
    pub account_name: String,
    pub amount: Micros,
    pub currency: Currency,
    pub status: Status,
    /// What the bank said last.
    pub reason: Option<String>,
    /// When it was sent, or answered last.
    pub since: DateTime<Utc>,
}

/// Which; absent is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentFilter {
    pub batch: Option<i64>,
    pub document: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct PaymentRow {
    end_to_end: String,
    batch: i64,
    document: i64,
    account: String,
    number: String,
    name: String,
    amount_micros: i64,
    currency: String,
    status: Option<String>,
    reason: Option<String>,
    since: DateTime<Utc>,
}

impl Tx {
    /// Takes hold of all payments until the end of the unit of work: what is read of them afterwards still holds when a batch is made, an
    /// answer is kept or a document is cancelled.
    pub async fn hold_payments(&mut self) -> Result<()> {
        self.advance("payment-batches", 0).await.map(|_| ())
    }

    /// Keeps a batch for the bank: gives it the next number, whatever number it comes with. Its payments name documents by
    /// [`domain::settlement::label`].
    ///
    /// # Errors
    /// [`Error::Refused`] when the bank would refuse it.
    pub async fn send_batch(&mut self, batch: Batch) -> Result<Batch> {
        let number = self.advance("payment-batches", 1).await? + 1;
        let batch = Batch { number, ..batch };
        batch.check()?;
        let json = canonical_json(&batch)?;
        let digest = Digest::of(&json);
        let (json, digest_text) = (String::from_utf8_lossy(&json), digest.to_string());
        let (at, actor, message) = (self.at, self.actor.to_string(), batch.message_id());
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into payment_batches (number, message, currency, json, digest, actor, made_at) values ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(number)
            .bind(&*message)
            .bind(batch.currency.code())
            .bind(&*json)
            .bind(&*digest_text)
            .bind(&*actor)
            .bind(at)
            .execute(conn)
            .await?;
        });
        let mut rows = Vec::with_capacity(batch.payments.len());
        for payment in &batch.payments {
            let attempt = payment
                .end_to_end
                .rsplit_once('-')
                .and_then(|(_, attempt)| attempt.parse::<i64>().ok());
            let attempt = attempt.ok_or_else(|| {
                Error::Conflict(format!(
                    "payment `{}` does not say which attempt it is",
                    payment.end_to_end
                ))
            })?;
            rows.push((payment, number_of(&payment.document)?, attempt));
        }
        insert_many!(
            self,
            "insert into payments (end_to_end, batch, document, attempt, amount_micros) ",
            5,
            rows,
            "",
            |values, row| {
                let (payment, document, attempt) = row;
                values
                    .push_bind(&*payment.end_to_end)
                    .push_bind(number)
                    .push_bind(*document)
                    .push_bind(*attempt);
                values.push_bind(payment.amount.0)
            }
        );
        let details = json!({
            "message": message, "currency": batch.currency, "payments": batch.payments.len(), "sum": batch.control_sum()?, "digest": digest,
        });
        self.note("send-batch", batch.label(), details);
        Ok(batch)
    }

    /// Keeps what the bank said of payments of one batch, where it changes anything. Says what became of each payment it is about.
    ///
    /// # Errors
    /// [`Error::Refused`] when an answer contradicts what was final; nothing is to be kept then.
    pub async fn answer_payments(
        &mut self,
        batch: i64,
        answers: &[(String, Answer)],
        file: Digest,
    ) -> Result<Vec<(String, Status, Status)>> {
        self.hold_payments().await?;
        let known = self
            .payments(&PaymentFilter {
                batch: Some(batch),
                document: None,
            })
            .await?;
        let mut became = Vec::with_capacity(answers.len());
        for (end_to_end, answer) in answers {
            let payment = known
                .iter()
                .find(|payment| payment.end_to_end == *end_to_end)
                .ok_or_else(|| {
                    Error::Conflict(format!(
                        "the answer names payment `{end_to_end}`, which is not in {}: ask the bank which it means",
                        batch_label(batch)
                    ))
                })?;
            let after = payment.status.after(answer.status, end_to_end)?;
            became.push((end_to_end.clone(), payment.status, after.unwrap_or(payment.status)));
            if let Some(status) = after {
                self.keep_answer(end_to_end, status, answer.reason.as_deref(), file)
                    .await?;
            }
        }
        Ok(became)
    }

    async fn keep_answer(
        &mut self,
        end_to_end: &str,
        status: Status,
        reason: Option<&str>,
        file: Digest,
    ) -> Result<()> {
        let (at, actor, file) = (self.at, self.actor.to_string(), file.to_string());
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into payment_answers (payment, number, status, reason, file_digest, actor, answered_at)
                 select $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6
                 from payment_answers
                 where payment = $1",
            )
            .bind(end_to_end)
            .bind(status.as_str())
            .bind(reason)
            .bind(&*file)
            .bind(&*actor)
            .bind(at)
            .execute(conn)
            .await?;
        });
        self.note(
            "answer-payment",
            end_to_end,
            json!({ "status": status, "reason": reason, "file": file }),
        );
        Ok(())
    }
}

impl Snapshot {
    /// Documents that we owe and that no payment is under way for: neither cancelled nor cancelling, and rejected by the bank as often as they
    /// were sent. By number.
    pub async fn unpaid_documents(&mut self, currency: Currency) -> Result<Vec<Unpaid>> {
        let rows: Vec<(i64, i64)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select documents.number, cast(1 + (select count(*) from payments where document = documents.number) as bigint)
                 from documents
                 where currency = $1 and kind <> 'debit-memo' and reverses is null
                     and not exists (select 1 from documents cancelling where cancelling.reverses = documents.number)
                     and not exists (
                         select 1
                         from payments
                         where payments.document = documents.number
                             and not exists (
                                 select 1 from payment_answers
                                 where payment_answers.payment = payments.end_to_end and payment_answers.status = 'rejected'
                             )
                     )
                 order by documents.number",
            )
            .bind(currency.code())
            .fetch_all(conn)
            .await
        })?;
        let mut unpaid = Vec::with_capacity(rows.len());
        for (number, attempt) in rows {
            let issued = self.document(number).await?;
            let issued = issued.ok_or_else(|| Error::corrupt(format!("document {number} is gone")))?;
            unpaid.push(Unpaid { issued, attempt });
        }
        Ok(unpaid)
    }

    /// # Errors
    /// [`Error::Corrupt`] when the batch is not what was sent.
    pub async fn batch(&mut self, number: i64) -> Result<Option<Batch>> {
        let row: Option<(String, String)> = on_engine!(self, |conn| {
            sqlx::query_as("select json, digest from payment_batches where number = $1")
                .bind(number)
                .fetch_optional(conn)
                .await
        })?;
        let Some((json, digest)) = row else { return Ok(None) };
        if Digest::of(json.as_bytes()).to_string() != digest {
            return Err(Error::corrupt(format!(
                "batch {} was changed since it was sent: its digest does not fit",
                batch_label(number)
            )));
        }
        read(serde_json::from_str(&json)).map(Some)
    }

    /// The number of the batch that we sent under this message id.
    pub async fn batch_of_message(&mut self, message: &str) -> Result<Option<i64>> {
        Ok(on_engine!(self, |conn| {
            sqlx::query_scalar("select number from payment_batches where message = $1")
                .bind(message)
                .fetch_optional(conn)
                .await
        })?)
    }

    /// By batch and document.
    pub async fn payments(&mut self, filter: &PaymentFilter) -> Result<Vec<PaymentLine>> {
        let rows: Vec<PaymentRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select payments.end_to_end, payments.batch, payments.document, documents.account, accounts.number, accounts.name,
                        payments.amount_micros, documents.currency, newest.status, newest.reason,
                        coalesce(newest.answered_at, payment_batches.made_at) as since
                 from payments
                 join payment_batches on payment_batches.number = payments.batch
                 join documents on documents.number = payments.document
                 join accounts on accounts.id = documents.account
                 left join payment_answers newest on newest.payment = payments.end_to_end
                     and newest.number = (select max(number) from payment_answers where payment = payments.end_to_end)
                 where (cast($1 as bigint) is null or payments.batch = $1)
                     and (cast($2 as bigint) is null or payments.document = $2)
                 order by payments.batch, payments.document",
            )
            .bind(filter.batch)
            .bind(filter.document)
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(PaymentLine::try_from).collect()
    }
}

impl TryFrom<PaymentRow> for PaymentLine {
    type Error = Error;

    fn try_from(row: PaymentRow) -> Result<Self> {
        Ok(PaymentLine {
            end_to_end: row.end_to_end,
            batch: row.batch,
            document: row.document,
            account: row.account.into(),
            account_number: row.number,
            account_name: row.name,
            amount: Micros(row.amount_micros),
            currency: read(row.currency.parse())?,
            status: row.status.map_or(Ok(Status::Sent), |status| read(status.parse()))?,
            reason: row.reason,
            since: row.since,
        })
    }
}
