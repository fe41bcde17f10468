//! Programs and the versions of their terms.

use domain::calendar::Calendar;
use domain::currency::Currency;
use domain::day::Day;
use domain::id::{PluginVersionId, ProgramId, TermsId};
use domain::program::{Program, Terms};
use serde_json::json;

use crate::error::read;
use crate::{Error, Result, Snapshot, Tx};

/// A program as somebody sets it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProgram {
    pub code: String,
    pub title: String,
    pub currency: Currency,
    pub calendar: Calendar,
    pub start: Day,
    pub end: Option<Day>,
}

/// A version of terms as somebody agrees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTerms {
    pub valid_from: Day,
    /// Canonical JSON.
    pub json: String,
    pub plugin_version: PluginVersionId,
}

#[derive(sqlx::FromRow)]
struct ProgramRow {
    id: String,
    code: String,
    title: String,
    currency: String,
    calendar: String,
    start_day: i32,
    end_day: Option<i32>,
}

#[derive(sqlx::FromRow)]
struct TermsRow {
    id: String,
    program: String,
    version: i64,
    valid_from: i32,
    json: String,
    plugin_version: String,
    component: String,
}

impl Tx {
    /// # Errors
    /// [`Error::Conflict`] when the code is taken.
    pub async fn create_program(&mut self, new: &NewProgram) -> Result<Program> {
        let program = Program {
            id: self.ids.next(self.at),
            code: new.code.clone(),
            title: new.title.clone(),
            currency: new.currency,
            calendar: new.calendar,
            start: new.start,
            end: new.end,
        };
        let (at, calendar) = (self.at, program.calendar.to_string());
        let created: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar(
                "insert into programs (id, code, title, currency, calendar, start_day, end_day, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8)
                 on conflict (code) do nothing
                 returning id",
            )
            .bind(program.id.as_str())
            .bind(&*program.code)
            .bind(&*program.title)
            .bind(program.currency.code())
            .bind(&*calendar)
            .bind(program.start.number())
            .bind(program.end.map(Day::number))
            .bind(at)
            .fetch_optional(conn)
            .await
        })?;
        if created.is_none() {
            return Err(Error::Conflict(format!(
                "program `{}` exists already: choose another code",
                program.code
            )));
        }
        self.note("create-program", &*program.code, json!(program));
        Ok(program)
    }

    /// Adds the next version; it uses the component of the plugin version as installed.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the program or plugin version does not exist, or the latter is retired.
    pub async fn add_terms(&mut self, program: &ProgramId, new: &NewTerms) -> Result<Terms> {
        let plugin = match self.plugin_version(&new.plugin_version).await? {
            Some(plugin) if !plugin.retired => plugin,
            Some(plugin) => {
                let named = format!("plugin `{}` {}", plugin.descriptor.id, plugin.descriptor.version);
                return Err(Error::Conflict(format!("{named} is retired: choose a newer version")));
            }
            None => {
                return Err(Error::Conflict(format!(
                    "plugin version `{}` does not exist: install it first",
                    new.plugin_version
                )));
            }
        };
        // Holds the program, so that two versions do not get the same number.
        let code: Option<String> = on_engine!(self, |conn| {
            sqlx::query_scalar("update programs set code = code where id = $1 returning code")
                .bind(program.as_str())
                .fetch_optional(conn)
                .await
        })?;
        let code = code.ok_or_else(|| Error::Conflict(format!("program `{program}` does not exist")))?;
        let version = self
            .terms_of(program)
            .await?
            .last()
            .map_or(1, |newest| newest.version + 1);
        let terms = Terms {
            id: self.ids.next(self.at),
            program: program.clone(),
            version,
            valid_from: new.valid_from,
            json: new.json.clone(),
            plugin_version: plugin.id,
            component: plugin.component,
        };
        let (at, component) = (self.at, terms.component.to_string());
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into terms (id, program, version, valid_from, json, plugin_version, component, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(terms.id.as_str())
            .bind(terms.program.as_str())
            .bind(terms.version)
            .bind(terms.valid_from.number())
            .bind(&*terms.json)
            .bind(terms.plugin_version.as_str())
            .bind(&*component)
            .bind(at)
            .execute(conn)
            .await?;
        });
        self.note("add-terms", code, json!(terms));
        Ok(terms)
    }
}

impl Snapshot {
    /// By its code.
    pub async fn program(&mut self, code: &str) -> Result<Option<Program>> {
        let row: Option<ProgramRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, code, title, currency, calendar, start_day, end_day from programs where code = $1",
            )
            .bind(code)
            .fetch_optional(conn)
            .await
        })?;
        row.map(Program::try_from).transpose()
    }

    pub async fn program_by_id(&mut self, id: &ProgramId) -> Result<Option<Program>> {
        let row: Option<ProgramRow> = on_engine!(self, |conn| {
            sqlx::query_as("select id, code, title, currency, calendar, start_day, end_day from programs where id = $1")
                .bind(id.as_str())
                .fetch_optional(conn)
                .await
        })?;
        row.map(Program::try_from).transpose()
    }

    /// All of them, by code.
    pub async fn programs(&mut self) -> Result<Vec<Program>> {
        let rows: Vec<ProgramRow> = on_engine!(self, |conn| {
            sqlx::query_as("select id, code, title, currency, calendar, start_day, end_day from programs order by code")
                .fetch_all(conn)
                .await
        })?;
        rows.into_iter().map(Program::try_from).collect()
    }

    /// Every version, from the first. See [`Terms::in_force`].
    pub async fn terms_of(&mut self, program: &ProgramId) -> Result<Vec<Terms>> {
        let rows: Vec<TermsRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, program, version, valid_from, json, plugin_version, component
                 from terms
                 where program = $1
                 order by version",
            )
            .bind(program.as_str())
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Terms::try_from).collect()
    }

    /// Those that nobody's approval is missing for, from the first.
    pub async fn approved_terms_of(&mut self, program: &ProgramId) -> Result<Vec<Terms>> {
        let rows: Vec<TermsRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, program, version, valid_from, json, plugin_version, component
                 from terms
                 where program = $1
                   and not exists (select 1
                                   from approvals
                                   where approvals.kind = 'terms' and approvals.subject = terms.id and approvals.status <> 'approved')
                 order by version",
            )
            .bind(program.as_str())
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(Terms::try_from).collect()
    }

    pub async fn terms(&mut self, id: &TermsId) -> Result<Option<Terms>> {
        let row: Option<TermsRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, program, version, valid_from, json, plugin_version, component from terms where id = $1",
            )
            .bind(id.as_str())
            .fetch_optional(conn)
            .await
        })?;
        row.map(Terms::try_from).transpose()
    }
}

impl TryFrom<ProgramRow> for Program {
    type Error = Error;

    fn try_from(row: ProgramRow) -> Result<Self> {
        Ok(Program {
            id: row.id.into(),
            code: row.code,
            title: row.title,
            currency: read(row.currency.parse())?,
            calendar: read(row.calendar.parse())?,
            start: read(Day::new(row.start_day))?,
            end: row.end_day.map(|day| read(Day::new(day))).transpose()?,
        })
    }
}

impl TryFrom<TermsRow> for Terms {
    type Error = Error;

    fn try_from(row: TermsRow) -> Result<Self> {
        Ok(Terms {
            id: row.id.into(),
            program: row.program.into(),
            version: row.version,
            valid_from: read(Day::new(row.valid_from))?,
            json: row.json,
            plugin_version: row.plugin_version.into(),
            component: read(row.component.parse())?,
        })
    }
}
