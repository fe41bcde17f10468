//! What has to hold at any moment, asked of both databases behind the host's back.

use super::desk::Desks;

/// What has to hold, each with a query for the rows that break it.
const BROKEN: [(&str, &str); 13] = [
    (
        "a unit sums to zero",
        "select unit, sum(micros) from (select unit, amount_micros as micros from transfers
                                        union all select unit, -amount_micros from transfers) moved
         group by unit having sum(micros) <> 0",
    ),
    (
        // `earned` may be: what comes back beyond what was earned is carried there until the next earning period makes up for it. So may
        // `payable`: what a payee owes is netted with what comes next.
        "no fund, and nothing that was promised, is below zero",
        "select account, balance, sum(micros) from (
             select program, account, credit as balance, amount_micros as micros from transfers
             union all select program, account, debit, -amount_micros from transfers) moved
         where balance in ('fund', 'committed')
         group by program, account, balance having sum(micros) < 0",
    ),
    (
        "no budget gives more than it has, and the ledger holds what it gave",
        "select amount, allocated, given from (
             select budgets.amount_micros as amount,
                    (select coalesce(sum(case when kind = 'allocation' then allocations.amount_micros else -allocations.amount_micros end), 0)
                     from allocations join budget_programs on budget_programs.program = allocations.program
                     where budget_programs.budget = budgets.id) as allocated,
                    (select coalesce(sum(case when debit = 'budget' then amount_micros else -amount_micros end), 0)
                     from transfers join budget_programs on budget_programs.program = transfers.program
                     where budget_programs.budget = budgets.id and 'budget' in (debit, credit)) as given
             from budgets) held
         where allocated < 0 or allocated > amount or allocated <> given",
    ),
    (
        "no more is settled than was ever payable",
        "select account, program, period from transfers
         group by account, program, period
         having sum(case when cause = 'settlement' and credit = 'settled' then amount_micros
                         when cause = 'settlement' then -amount_micros else 0 end)
              > sum(case when cause in ('statement', 'claim') and credit = 'payable' then amount_micros else 0 end)",
    ),
    (
        "no line of a claim is approved with more than it claims",
        "select claim_lines.claim, claim_lines.number, approved_micros, claimed_micros from claim_decisions
         join claim_lines on claim_lines.claim = claim_decisions.claim and claim_lines.number = claim_decisions.line
         where approved_micros > 0 and approved_micros > claimed_micros",
    ),
    (
        "the ledger holds what claims were approved with",
        "select number, status, approved, held from (
             select number, status, case when outcome in ('approved', 'adjusted') then approved_micros else 0 end as approved,
                    (select coalesce(sum(case when credit = case kind when 'deduction' then 'deducted' else 'payable' end then amount_micros
                                              when debit = case kind when 'deduction' then 'deducted' else 'payable' end then -amount_micros
                                              else 0 end), 0)
                     from transfers where cause = 'claim' and subject = claims.id) as held
             from claims where kind <> 'request') sums
         where approved <> held",
    ),
    (
        "the ledger holds what is promised",
        "select number, status, promised, held from (
             select number, status, case when status = 'in-review' and code = 'co-op' then approved_micros else 0 end as promised,
                    (select coalesce(sum(case when credit = 'committed' then amount_micros when debit = 'committed' then -amount_micros
                                              else 0 end), 0)
                     from transfers where cause = 'claim' and subject = claims.id) as held
             from claims join programs on programs.id = claims.program
             where kind = 'claim' and request is null) sums
         where promised <> held",
    ),
    (
        "of a request no more is used than was approved",
        "select number, status, approved_micros from claims requests
         where kind = 'request' and approved_micros <
             (select coalesce(sum(approved_micros), 0) from claims
              where claims.request = requests.id and status not in ('draft', 'held', 'in-review', 'denied', 'withdrawn'))",
    ),
    (
        "of an agreement no more is used than was authorised",
        "select number, authorised, used from (
             select number, authorised_micros as authorised,
                    (select coalesce(sum(quantity_micros), 0) from agreement_uses where agreement = agreements.id) as used
             from agreements) sums
         where used < 0 or used > authorised",
    ),
    (
        "documents are numbered without gaps",
        "select documents, last from (select count(*) as documents, coalesce(max(number), 0) as last from documents) numbers
         where documents <> last",
    ),
    (
        "a document and its transfers are the same",
        "select number, total_micros from documents where total_micros <> (
             select case when documents.kind = 'debit-memo' then -1 else 1 end
                  * sum(case when debit = 'payable' then amount_micros else -amount_micros end)
             from transfers where subject = documents.id)",
    ),
    (
        "a document is paid once, and not when it was cancelled",
        "select documents.number from documents
         left join documents reversing on reversing.reverses = documents.number
         where (select count(*) from payments
                where payments.document = documents.number and not exists (
                    select 1 from payment_answers where payment = payments.end_to_end and status = 'rejected'))
             > case when reversing.number is null then 1 else 0 end",
    ),
    (
        "an entry has two sides, and is of money",
        "select number, unit from entries join transfers on transfers.id = entries.transfer
         where transfers.unit <> 'GBP' or entries.debit = entries.credit",
    ),
];

/// What both engines hold, row by row.
const HELD: [&str; 8] = [
    "select program, account, period, posting_period, unit, balance, sum(micros) from (
         select program, account, period, posting_period, unit, credit as balance, amount_micros as micros from transfers
         union all select program, account, period, posting_period, unit, debit, -amount_micros from transfers) moved
     group by program, account, period, posting_period, unit, balance",
    "select statement, max(number), count(*), sum(row_count) from revisions group by statement",
    "select program, account, period, reason, resolved_by from quarantine",
    "select program, number, kind, status, outcome, approved_micros, revision, ruling, settlement from claims",
    "select number, kind, account, total_micros, reverses, digest from documents",
    "select end_to_end, amount_micros, (select status from payment_answers where payment = end_to_end order by number desc limit 1)
     from payments",
    "select number, transfer, posting_day, period, original_period, debit, credit from entries",
    "select number, kind, subject, status, amount_micros, needed from approvals",
];

/// # Panics
/// With what is broken, or what the engines hold differently.
pub fn check(desks: &Desks) {
    let broken = BROKEN
        .iter()
        .map(|(rule, sql)| format!("select 'broken', '{rule}', broken.* from ({sql}) broken;"));
    let held = HELD.iter().map(|sql| format!("{sql};"));
    let rows = desks.query(&broken.chain(held).collect::<Vec<_>>().join("\n"));
    let broken: Vec<_> = rows.iter().filter(|row| row.starts_with("broken|")).collect();
    assert!(broken.is_empty(), "it does not hold that: {broken:#?}");
}
