//! One line of a file as an account, or as a person at one.

use domain::account::{NewAccount, NewContact};

use super::attributes::{attributes, texts};
use super::field::{Field, Refusal, optional_text};
use super::profile::Profile;
use super::table::{Header, Line};

#[derive(Debug)]
pub struct AccountReader {
    number: Field,
    name: Option<Field>,
    parent: Option<Field>,
    attributes: Vec<(String, Field)>,
}

impl AccountReader {
    pub fn bind(profile: &Profile, header: &Header) -> Result<Self, Refusal> {
        Ok(Self {
            number: profile.bind("number", header)?,
            name: profile.bind_optional("name", header)?,
            parent: profile.bind_optional("parent", header)?,
            attributes: attributes(profile, header)?,
        })
    }

    pub fn read(&self, line: &Line<'_>) -> Result<NewAccount, Refusal> {
        let number = self.number.needed(line)?;
        Ok(NewAccount {
            number: number.to_owned(),
            name: optional_text(self.name.as_ref(), line)?.unwrap_or(number).to_owned(),
            parent: optional_text(self.parent.as_ref(), line)?.map(str::to_owned),
            attributes: texts(&self.attributes, line)?,
        })
    }
}

#[derive(Debug)]
pub struct ContactReader {
    account: Field,
    name: Field,
    email: Field,
    role: Option<Field>,
}

impl ContactReader {
    pub fn bind(profile: &Profile, header: &Header) -> Result<Self, Refusal> {
        Ok(Self {
            account: profile.bind("account", header)?,
            name: profile.bind("name", header)?,
            email: profile.bind("email", header)?,
            role: profile.bind_optional("role", header)?,
        })
    }

    pub fn read(&self, line: &Line<'_>) -> Result<NewContact, Refusal> {
        Ok(NewContact {
            account: self.account.needed(line)?.to_owned(),
            name: self.name.needed(line)?.to_owned(),
            email: self.email.needed(line)?.to_owned(),
            role: optional_text(self.role.as_ref(), line)?.unwrap_or_default().to_owned(),
        })
    }
}
