//! Accounts, how they hang together, and the people at them.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::account::{Account, NewAccount, NewContact};
use domain::id::AccountId;
use serde_json::json;
use sqlx::types::Json;

use crate::bulk::list;
use crate::{Result, Snapshot, Tx};

/// What became of a list of things to add.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    pub new: usize,
    /// Were there already, and stay as they were.
    pub existing: usize,
    /// Place in the list, and why.
    pub refused: Vec<(usize, String)>,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    id: String,
    ordinal: i64,
    number: String,
    name: String,
    parent: Option<String>,
    attributes: Json<BTreeMap<String, String>>,
}

#[derive(sqlx::FromRow)]
struct ContactRow {
    account: String,
    name: String,
    email: String,
    role: String,
}

impl Tx {
    /// Adds those whose number is not there yet. A parent may stand anywhere in the same list.
    pub async fn add_accounts(&mut self, accounts: &[NewAccount]) -> Result<Added> {
        // Holds the counter, so that nobody adds the same numbers in between.
        self.advance("accounts", 0).await?;
        let numbers = accounts
            .iter()
            .flat_map(|account| [Some(&*account.number), account.parent.as_deref()])
            .flatten();
        let mut known = self.account_ids(numbers).await?;
        let mut added = Added::default();
        let mut waiting: Vec<(usize, &NewAccount)> = Vec::new();
        let mut seen = HashSet::new();
        for (place, account) in accounts.iter().enumerate() {
            if account.number.trim().is_empty() {
                added.refused.push((place, "an account needs a number".to_owned()));
            } else if known.contains_key(&account.number) || !seen.insert(&*account.number) {
                added.existing += 1;
            } else {
                waiting.push((place, account));
            }
        }
        // Parents before children: the database checks each reference as it is made.
        let mut ready: Vec<(AccountId, Option<AccountId>, &NewAccount)> = Vec::with_capacity(waiting.len());
        loop {
            let before = waiting.len();
            let mut later = Vec::new();
            for (place, account) in waiting {
                let parent = match &account.parent {
                    None => None,
                    Some(number) => match known.get(number) {
                        Some(parent) => Some(parent.clone()),
                        None => {
                            later.push((place, account));
                            continue;
                        }
                    },
                };
                let id: AccountId = self.ids.next(self.at);
                known.insert(account.number.clone(), id.clone());
                ready.push((id, parent, account));
            }
            waiting = later;
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        for (place, account) in waiting {
            let parent = account.parent.as_deref().unwrap_or_default();
            added.refused.push((
                place,
                format!(
                    "the parent `{parent}` of account `{}` does not exist, or is below it",
                    account.number
                ),
            ));
        }
        added.refused.sort_unstable();
        added.new = ready.len();
        if ready.is_empty() {
            return Ok(added);
        }
        let last = self.advance("accounts", ready.len()).await?;
        let rows: Vec<_> = (last + 1..).zip(ready).collect();
        let at = self.at;
        insert_many!(
            self,
            "insert into accounts (id, ordinal, number, name, parent, attributes, created_at) ",
            7,
            rows,
            "",
            |values, row| {
                let (ordinal, (id, parent, account)) = row;
                values
                    .push_bind(id.as_str())
                    .push_bind(*ordinal)
                    .push_bind(&*account.number)
                    .push_bind(&*account.name);
                values
                    .push_bind(parent.as_ref().map(AccountId::as_str))
                    .push_bind(Json(&account.attributes))
                    .push_bind(at)
            }
        );
        self.note(
            "add-accounts",
            "accounts",
            json!({"new": added.new, "first_ordinal": last + 1}),
        );
        Ok(added)
    }

    /// Adds those whose address is not known at the account yet.
    pub async fn add_contacts(&mut self, contacts: &[NewContact]) -> Result<Added> {
        let ids = self
            .account_ids(contacts.iter().map(|contact| &*contact.account))
            .await?;
        let mut added = Added::default();
        let mut rows: Vec<(&AccountId, &NewContact)> = Vec::new();
        for (place, contact) in contacts.iter().enumerate() {
            match ids.get(&contact.account) {
                Some(id) => rows.push((id, contact)),
                None => added.refused.push((
                    place,
                    format!("account `{}` does not exist: add it first", contact.account),
                )),
            }
        }
        let at = self.at;
        let inserted = insert_many!(
            self,
            "insert into contacts (account, email, name, role, created_at) ",
            5,
            rows,
            " on conflict (account, email) do nothing",
            |values, row| {
                let (id, contact) = row;
                values
                    .push_bind(id.as_str())
                    .push_bind(&*contact.email)
                    .push_bind(&*contact.name);
                values.push_bind(&*contact.role).push_bind(at)
            }
        );
        added.new = inserted as usize;
        added.existing = rows.len() - added.new;
        if added.new > 0 {
            self.note("add-contacts", "contacts", json!({"new": added.new}));
        }
        Ok(added)
    }
}

impl Snapshot {
    pub async fn account(&mut self, number: &str) -> Result<Option<Account>> {
        let row: Option<AccountRow> = on_engine!(self, |conn| {
            sqlx::query_as("select id, ordinal, number, name, parent, attributes from accounts where number = $1")
                .bind(number)
                .fetch_optional(conn)
                .await
        })?;
        Ok(row.map(Account::from))
    }

    pub async fn account_by_id(&mut self, id: &AccountId) -> Result<Option<Account>> {
        let row: Option<AccountRow> = on_engine!(self, |conn| {
            sqlx::query_as("select id, ordinal, number, name, parent, attributes from accounts where id = $1")
                .bind(id.as_str())
                .fetch_optional(conn)
                .await
        })?;
        Ok(row.map(Account::from))
    }

    /// Accounts whose number comes after this one (empty: from the first), in the order of their numbers.
    pub async fn accounts_after(&mut self, number: &str, limit: i64) -> Result<Vec<Account>> {
        let rows: Vec<AccountRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, ordinal, number, name, parent, attributes
                 from accounts
                 where number > $1
                 order by number
                 limit $2",
            )
            .bind(number)
            .bind(limit)
            .fetch_all(conn)
            .await
        })?;
        Ok(rows.into_iter().map(Account::from).collect())
    }

    /// All of them, by ordinal.
    pub async fn accounts(&mut self) -> Result<Vec<Account>> {
        let rows: Vec<AccountRow> = on_engine!(self, |conn| {
            sqlx::query_as("select id, ordinal, number, name, parent, attributes from accounts order by ordinal")
                .fetch_all(conn)
                .await
        })?;
        Ok(rows.into_iter().map(Account::from).collect())
    }

    /// Those with these ordinals, by ordinal.
    pub async fn accounts_of(&mut self, ordinals: &[i64]) -> Result<Vec<Account>> {
        let ordinals = list(ordinals);
        let rows: Vec<AccountRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select id, ordinal, number, name, parent, attributes
                 from accounts
                 where ordinal in (select cast(value as bigint) from json_each($1))
                 order by ordinal",
            )
            .bind(&*ordinals)
            .fetch_all(conn)
            .await
        })?;
        Ok(rows.into_iter().map(Account::from).collect())
    }

    /// Ordinals of an account and of those below it, as many levels down as said (0: itself only; absent: all), rising.
    pub async fn accounts_below(&mut self, id: &AccountId, levels: Option<u32>) -> Result<Vec<i64>> {
        let levels = levels.map(i64::from);
        Ok(on_engine!(self, |conn| {
            sqlx::query_scalar(
                "with recursive below (id, ordinal, level) as (
                     select id, ordinal, cast(0 as bigint) from accounts where id = $1
                     union all
                     select accounts.id, accounts.ordinal, below.level + 1
                     from below
                     join accounts on accounts.parent = below.id
                     where cast($2 as bigint) is null or below.level < $2
                 )
                 select ordinal from below order by ordinal",
            )
            .bind(id.as_str())
            .bind(levels)
            .fetch_all(conn)
            .await
        })?)
    }

    /// The ordinals of those numbers that exist.
    pub async fn account_ordinals(&mut self, numbers: &[&str]) -> Result<HashMap<String, i64>> {
        let numbers = list(numbers);
        let rows: Vec<(String, i64)> = on_engine!(self, |conn| {
            sqlx::query_as("select number, ordinal from accounts where number in (select value from json_each($1))")
                .bind(&*numbers)
                .fetch_all(conn)
                .await
        })?;
        Ok(rows.into_iter().collect())
    }

    pub async fn contacts_of(&mut self, id: &AccountId) -> Result<Vec<NewContact>> {
        let rows: Vec<ContactRow> = on_engine!(self, |conn| {
            sqlx::query_as(
                "select accounts.number as account, contacts.name, contacts.email, contacts.role
                 from contacts
                 join accounts on accounts.id = contacts.account
                 where contacts.account = $1
                 order by contacts.name, contacts.email",
            )
            .bind(id.as_str())
            .fetch_all(conn)
            .await
        })?;
        let contact = |row: ContactRow| NewContact {
            account: row.account,
            name: row.name,
            email: row.email,
            role: row.role,
        };
        Ok(rows.into_iter().map(contact).collect())
    }

    pub(crate) async fn account_ids<'a>(
        &mut self,
        numbers: impl IntoIterator<Item = &'a str>,
    ) -> Result<HashMap<String, AccountId>> {
        let numbers = list(numbers);
        let rows: Vec<(String, String)> = on_engine!(self, |conn| {
            sqlx::query_as("select number, id from accounts where number in (select value from json_each($1))")
                .bind(&*numbers)
                .fetch_all(conn)
                .await
        })?;
        Ok(rows.into_iter().map(|(number, id)| (number, id.into())).collect())
    }
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Account {
            id: row.id.into(),
            ordinal: row.ordinal,
            number: row.number,
            name: row.name,
            parent: row.parent.map(AccountId::from),
            attributes: row.attributes.0,
        }
    }
}
