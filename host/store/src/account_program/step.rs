//! Inviting, enrolling and leaving. Where a step leads is the domain's to say; it is asked while the program is held, so that two who take a
//! step with the same account take them one after the other.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::account_program::{Assessment, Status, Step, begins_anew};
use domain::calendar::Calendar;
use domain::day::Day;
use domain::id::{AccountId, AccountProgramId, ProgramId};
use rust_decimal::Decimal;
use serde_json::json;
use sqlx::types::Json;

use super::day;
use crate::bulk::list;
use crate::error::read;
use crate::{Error, Result, Tx};

/// One account's part as somebody agrees it, or offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The account's number.
    pub account: String,
    pub from: Day,
    pub until: Option<Day>,
    pub agreed: BTreeMap<String, Decimal>,
    /// What the plugin said; absent when it was not asked, and what it said before stays.
    pub assessment: Option<Assessment>,
}

/// What became of a list of enrolments or invitations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enrolled {
    pub new: usize,
    /// Took part already, with other dates or figures; those of the list count now.
    pub changed: usize,
    pub unchanged: usize,
    /// Place in the list, and why.
    pub refused: Vec<(usize, String)>,
}

/// A step about to be kept.
struct NewStep<'a> {
    part: AccountProgramId,
    account: &'a str,
    step: Step,
    status: Status,
    from: Option<Day>,
    until: Option<Day>,
    agreed: &'a BTreeMap<String, Decimal>,
    assessment: Option<&'a Assessment>,
    because: Option<&'a str>,
}

/// What is kept of an account in a program.
#[derive(Clone)]
struct Kept {
    id: AccountProgramId,
    status: Status,
    from: Option<Day>,
    until: Option<Day>,
    agreed: BTreeMap<String, Decimal>,
}

#[derive(sqlx::FromRow)]
struct KeptRow {
    id: String,
    number: String,
    status: String,
    enrolled_from: Option<i32>,
    enrolled_until: Option<i32>,
    agreed: Json<BTreeMap<String, Decimal>>,
}

impl Tx {
    /// Enrols accounts, or changes the dates and figures of those enrolled before. Whoever comes back after a stay that ended begins anew.
    pub async fn enrol(&mut self, program: &ProgramId, enrolments: &[Enrolment]) -> Result<Enrolled> {
        self.join(program, Step::Enrol, enrolments).await
    }

    /// Enrols an account that was invited, because it accepts.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it has no invitation, or cannot come back from that day on.
    pub async fn accept_invitation(&mut self, program: &ProgramId, offered: &Enrolment) -> Result<()> {
        let mut joined = self.join(program, Step::Accept, std::slice::from_ref(offered)).await?;
        match joined.refused.pop() {
            Some((_, sentence)) => Err(Error::Conflict(sentence)),
            None => Ok(()),
        }
    }

    /// Offers accounts a part with these dates and figures.
    pub async fn invite(&mut self, program: &ProgramId, offers: &[Enrolment]) -> Result<Enrolled> {
        let (code, _) = self.hold(program).await?;
        let mut known = self.kept(program, offers.iter().map(|offer| &*offer.account)).await?;
        let mut ids = self.account_ids(offers.iter().map(|offer| &*offer.account)).await?;
        let mut invited = Enrolled::default();
        let (mut new, mut again, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        for (place, offer) in offers.iter().enumerate() {
            let account = &*offer.account;
            let kept = known.remove(account);
            let status = kept.as_ref().map(|kept| kept.status.on(offer.from, kept.until));
            let first = seen.insert(account);
            let part = match (would_leave_first(offer), Step::Invite.lead(account, status), &kept) {
                (Some(sentence), ..) => Err(sentence),
                _ if !first => Err(stands_twice(account)),
                (_, Err(e), _) => Err(e.to_string()),
                (_, Ok(_), Some(kept)) => {
                    again.push(kept.id.clone());
                    Ok(kept.id.clone())
                }
                (_, Ok(_), None) => match ids.remove(account) {
                    Some(id) => {
                        let part: AccountProgramId = self.ids.next(self.at);
                        new.push((part.clone(), id));
                        Ok(part)
                    }
                    None => Err(does_not_exist(account)),
                },
            };
            match part {
                Ok(part) => steps.push(NewStep {
                    part,
                    account,
                    step: Step::Invite,
                    status: Status::Invited,
                    from: Some(offer.from),
                    until: offer.until,
                    agreed: &offer.agreed,
                    assessment: offer.assessment.as_ref(),
                    because: None,
                }),
                Err(sentence) => invited.refused.push((place, sentence)),
            }
        }
        invited.new = steps.len();
        let at = self.at;
        insert_many!(
            self,
            "insert into account_programs (id, program, account, status, agreed, created_at) ",
            6,
            new,
            "",
            |values, row| {
                values
                    .push_bind(row.0.as_str())
                    .push_bind(program.as_str())
                    .push_bind(row.1.as_str());
                values.push_bind(Status::Invited.as_str());
                values.push_bind(Json(BTreeMap::<String, Decimal>::new())).push_bind(at)
            }
        );
        let again = list(again.iter().map(AccountProgramId::as_str));
        on_engine!(self, |conn| {
            sqlx::query("update account_programs set status = 'invited' where id in (select value from json_each($1))")
                .bind(&*again)
                .execute(conn)
                .await?;
        });
        self.keep_steps(code, &steps).await?;
        Ok(invited)
    }

    /// An invited account stays away.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it has no invitation.
    pub async fn decline_invitation(
        &mut self,
        program: &ProgramId,
        account: &str,
        because: Option<&str>,
    ) -> Result<()> {
        let (code, _) = self.hold(program).await?;
        let kept = self.kept(program, [account]).await?.remove(account);
        let status = Step::Decline
            .lead(account, kept.as_ref().map(|kept| kept.status))
            .map_err(conflict)?;
        let kept = kept.ok_or_else(|| Error::Conflict(does_not_exist(account)))?;
        self.set(&kept.id, status, kept.until).await?;
        let step = NewStep {
            part: kept.id,
            account,
            step: Step::Decline,
            status,
            from: None,
            until: None,
            agreed: &BTreeMap::new(),
            assessment: None,
            because,
        };
        self.keep_steps(code, &[step]).await
    }

    /// A participant leaves; `last` is the last day on which it takes part.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it does not take part on that day.
    pub async fn opt_out(
        &mut self,
        program: &ProgramId,
        account: &str,
        last: Day,
        because: Option<&str>,
    ) -> Result<()> {
        let (code, _) = self.hold(program).await?;
        let kept = self.kept(program, [account]).await?.remove(account);
        let status = kept.as_ref().map(|kept| kept.status.on(last, kept.until));
        let status = Step::OptOut.lead(account, status).map_err(conflict)?;
        let kept = kept.ok_or_else(|| Error::Conflict(does_not_exist(account)))?;
        if let Some(from) = kept.from.filter(|from| last < *from) {
            return Err(Error::Conflict(format!(
                "account `{account}` takes part from {from} on and cannot leave on {last}: name a later last day"
            )));
        }
        self.set(&kept.id, status, Some(last)).await?;
        let step = NewStep {
            part: kept.id,
            account,
            step: Step::OptOut,
            status,
            from: kept.from,
            until: Some(last),
            agreed: &kept.agreed,
            assessment: None,
            because,
        };
        self.keep_steps(code, &[step]).await
    }

    async fn join(&mut self, program: &ProgramId, step: Step, enrolments: &[Enrolment]) -> Result<Enrolled> {
        let (code, calendar) = self.hold(program).await?;
        let numbers = || enrolments.iter().map(|enrolment| &*enrolment.account);
        let mut ids = self.account_ids(numbers()).await?;
        let known = self.kept(program, numbers()).await?;

        let mut enrolled = Enrolled::default();
        let mut new: Vec<(AccountProgramId, AccountId, &Enrolment)> = Vec::new();
        let mut changed: Vec<(AccountProgramId, &Enrolment)> = Vec::new();
        let mut ended: Vec<&Kept> = Vec::new();
        let mut seen = HashSet::new();
        for (place, enrolment) in enrolments.iter().enumerate() {
            let account = &*enrolment.account;
            let kept = known.get(account);
            let joins = |kept: &Kept| -> domain::Result<bool> {
                step.lead(account, Some(kept.status))?;
                begins_anew(account, calendar, kept.until, enrolment.from)
            };
            if let Some(sentence) = would_leave_first(enrolment) {
                enrolled.refused.push((place, sentence));
            } else if !seen.insert(account) {
                enrolled.refused.push((place, stands_twice(account)));
            } else if let Some(kept) = kept {
                let stay = (kept.status, kept.from, kept.until, &kept.agreed);
                if stay
                    == (
                        Status::Enrolled,
                        Some(enrolment.from),
                        enrolment.until,
                        &enrolment.agreed,
                    )
                {
                    enrolled.unchanged += 1;
                    continue;
                }
                match joins(kept) {
                    Err(e) => enrolled.refused.push((place, e.to_string())),
                    Ok(anew) => {
                        ended.extend(anew.then_some(kept));
                        match anew || kept.status != Status::Enrolled {
                            true => enrolled.new += 1,
                            false => enrolled.changed += 1,
                        }
                        changed.push((kept.id.clone(), enrolment));
                    }
                }
            } else {
                match (step.lead(account, None), ids.remove(account)) {
                    (Ok(_), Some(id)) => new.push((self.ids.next(self.at), id, enrolment)),
                    (Err(e), Some(_)) => enrolled.refused.push((place, e.to_string())),
                    (_, None) => enrolled.refused.push((place, does_not_exist(account))),
                }
            }
        }
        enrolled.new += new.len();

        let at = self.at;
        insert_many!(
            self,
            "insert into earlier_stays (account_program, enrolled_from, enrolled_until, agreed) ",
            4,
            ended,
            "",
            |values, kept| {
                values
                    .push_bind(kept.id.as_str())
                    .push_bind(kept.from.map(Day::number))
                    .push_bind(kept.until.map(Day::number));
                values.push_bind(Json(&kept.agreed))
            }
        );
        insert_many!(
            self,
            "insert into account_programs (id, program, account, status, enrolled_from, enrolled_until, agreed, assessment, created_at) ",
            9,
            new,
            "",
            |values, row| {
                let (id, account, enrolment) = row;
                values
                    .push_bind(id.as_str())
                    .push_bind(program.as_str())
                    .push_bind(account.as_str());
                values
                    .push_bind(Status::Enrolled.as_str())
                    .push_bind(enrolment.from.number())
                    .push_bind(enrolment.until.map(Day::number));
                values
                    .push_bind(Json(&enrolment.agreed))
                    .push_bind(enrolment.assessment.as_ref().map(Json))
                    .push_bind(at)
            }
        );
        for (id, enrolment) in &changed {
            on_engine!(self, |conn| {
                sqlx::query(
                    "update account_programs
                     set status = 'enrolled', enrolled_from = $1, enrolled_until = $2, agreed = $3, assessment = coalesce($4, assessment)
                     where id = $5",
                )
                .bind(enrolment.from.number())
                .bind(enrolment.until.map(Day::number))
                .bind(Json(&enrolment.agreed))
                .bind(enrolment.assessment.as_ref().map(Json))
                .bind(id.as_str())
                .execute(conn)
                .await?;
            });
        }
        let steps: Vec<NewStep<'_>> = new
            .iter()
            .map(|(id, _, enrolment)| (id, *enrolment))
            .chain(changed.iter().map(|(id, enrolment)| (id, *enrolment)))
            .map(|(id, enrolment)| NewStep {
                part: id.clone(),
                account: &enrolment.account,
                step,
                status: Status::Enrolled,
                from: Some(enrolment.from),
                until: enrolment.until,
                agreed: &enrolment.agreed,
                assessment: enrolment.assessment.as_ref(),
                because: None,
            })
            .collect();
        self.keep_steps(code, &steps).await?;
        Ok(enrolled)
    }

    /// Holds the program until the end of the unit of work, and gives its code and calendar.
    async fn hold(&mut self, program: &ProgramId) -> Result<(String, Calendar)> {
        let held: Option<(String, String)> = on_engine!(self, |conn| {
            sqlx::query_as("update programs set code = code where id = $1 returning code, calendar")
                .bind(program.as_str())
                .fetch_optional(conn)
                .await
        })?;
        let (code, calendar) = held.ok_or_else(|| Error::Conflict(format!("program `{program}` does not exist")))?;
        Ok((code, read(calendar.parse())?))
    }

    /// What is kept of these accounts, by their numbers.
    async fn kept<'a>(
        &mut self,
        program: &ProgramId,
        numbers: impl IntoIterator<Item = &'a str>,
    ) -> Result<HashMap<String, Kept>> {
        let numbers = list(numbers);
        let rows: Vec<KeptRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select account_programs.id, number, status, enrolled_from, enrolled_until, agreed
                 from account_programs
                 join accounts on accounts.id = account
                 where program = $1 and number in (select value from json_each($2))",
            )
            .bind(program.as_str())
            .bind(&*numbers)
            .fetch_all(conn)
            .await
        })?;
        let kept = |row: KeptRow| {
            Ok((
                row.number,
                Kept {
                    id: row.id.into(),
                    status: read(row.status.parse())?,
                    from: day(row.enrolled_from)?,
                    until: day(row.enrolled_until)?,
                    agreed: row.agreed.0,
                },
            ))
        };
        rows.into_iter().map(kept).collect()
    }

    async fn set(&mut self, part: &AccountProgramId, status: Status, until: Option<Day>) -> Result<()> {
        on_engine!(self, |conn| {
            sqlx::query("update account_programs set status = $1, enrolled_until = $2 where id = $3")
                .bind(status.as_str())
                .bind(until.map(Day::number))
                .bind(part.as_str())
                .execute(conn)
                .await?;
        });
        Ok(())
    }

    /// Adds to the history, and notes it. All steps are of one kind.
    async fn keep_steps(&mut self, code: String, steps: &[NewStep<'_>]) -> Result<()> {
        let Some(first) = steps.first() else { return Ok(()) };
        let parts = list(steps.iter().map(|step| step.part.as_str()));
        let last: Vec<(String, i64)> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select account_program, max(sequence)
                 from participation_steps
                 where account_program in (select value from json_each($1))
                 group by account_program",
            )
            .bind(&*parts)
            .fetch_all(conn)
            .await
        })?;
        let last: HashMap<String, i64> = last.into_iter().collect();
        let (at, actor) = (self.at, self.actor.to_string());
        insert_many!(
            self,
            "insert into participation_steps (account_program, sequence, step, status, from_day, until_day, agreed, assessment, because,
                                              actor, at) ",
            11,
            steps,
            "",
            |values, step| {
                let sequence = last.get(step.part.as_str()).map_or(1, |last| last + 1);
                values.push_bind(step.part.as_str()).push_bind(sequence);
                values.push_bind(step.step.as_str()).push_bind(step.status.as_str());
                values.push_bind(step.from.map(Day::number)).push_bind(step.until.map(Day::number));
                values.push_bind(Json(step.agreed)).push_bind(step.assessment.map(Json)).push_bind(step.because);
                values.push_bind(&*actor).push_bind(at)
            }
        );
        let accounts = steps.iter().map(|step| {
            json!({
                "account": step.account, "from": step.from, "until": step.until, "agreed": step.agreed,
                "assessment": step.assessment, "because": step.because,
            })
        });
        let details = json!({ "accounts": accounts.collect::<Vec<_>>() });
        self.note(first.step.as_str(), code, details);
        Ok(())
    }
}

fn would_leave_first(enrolment: &Enrolment) -> Option<String> {
    let Enrolment {
        account, from, until, ..
    } = enrolment;
    until
        .is_some_and(|until| until < *from)
        .then(|| format!("account `{account}` would leave before it joins: exchange the dates"))
}

fn stands_twice(account: &str) -> String {
    format!("account `{account}` stands twice in the list")
}

fn does_not_exist(account: &str) -> String {
    format!("account `{account}` does not exist: add it first")
}

fn conflict(refusal: domain::Error) -> Error {
    Error::Conflict(refusal.to_string())
}
