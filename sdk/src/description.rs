//! What a plugin is: the builder of its descriptor, and the defaults of a plan.

use crate::bindings::exports::gtm::program::descriptor::{Balance, Descriptor, Message};
use crate::{ClaimHandling, Column, DateBasis, Plan, ProgramKind, RowKind, Side};

/// The unit of a balance in the program's currency, whichever that is.
pub const CURRENCY: &str = "currency";

/// What a plugin says about itself, without what follows from its types: the SDK adds the schema of the terms.
///
/// ```
/// use gtm_sdk::*;
///
/// let description = Description::new("acme/points", "Points on purchases", ProgramKind::Loyalty)
///     .vendor("Acme")
///     .version("1.2.0")
///     .columns([Column::NetAmount])
///     .balance("issued", "Points issued", "points", Side::Debit)
///     .balance("points", "Points held", "points", Side::Credit);
/// assert_eq!(description.balances().count(), 2);
/// ```
#[derive(Debug, Clone)]
pub struct Description(Descriptor);

impl Description {
    /// `id` is who wrote it and what it is, such as `gtm/rebate`, and never changes between versions. The vendor is the part
    /// before the `/` and the version `0.1.0` until they are given.
    pub fn new(id: &str, title: &str, kind: ProgramKind) -> Self {
        Description(Descriptor {
            id: id.to_owned(),
            title: title.to_owned(),
            vendor: id.split('/').next().unwrap_or_default().to_owned(),
            version: "0.1.0".to_owned(),
            kind,
            columns: Vec::new(),
            profile_attributes: Vec::new(),
            transaction_attributes: Vec::new(),
            balances: Vec::new(),
            terms_schema: String::new(),
            claims: None,
            messages: Vec::new(),
            order_independent: false,
        })
    }

    pub fn vendor(mut self, vendor: &str) -> Self {
        self.0.vendor = vendor.to_owned();
        self
    }

    /// Usually `env!("CARGO_PKG_VERSION")`.
    pub fn version(mut self, version: &str) -> Self {
        self.0.version = version.to_owned();
        self
    }

    /// Every column that any terms may need. The administrator grants from this list, and a plan names a part of it.
    pub fn columns(mut self, columns: impl IntoIterator<Item = Column>) -> Self {
        self.0.columns.extend(columns);
        self
    }

    /// Profile attributes that eligibility or calculation may read, such as `region`.
    pub fn profile_attributes<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.0.profile_attributes.extend(names.into_iter().map(str::to_owned));
        self
    }

    /// Extra named columns of a row that the calculation may read, such as `channel`.
    pub fn transaction_attributes<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.0
            .transaction_attributes
            .extend(names.into_iter().map(str::to_owned));
        self
    }

    /// A balance that transfers may move. `unit` is [`CURRENCY`] or the unit itself, such as `points`.
    pub fn balance(mut self, code: &str, title: &str, unit: &str, side: Side) -> Self {
        self.0.balances.push(Balance {
            code: code.to_owned(),
            title: title.to_owned(),
            unit: unit.to_owned(),
            side,
        });
        self
    }

    /// The sentences of the explanation, from an enum made by [`messages!`](crate::messages).
    pub fn messages(mut self, messages: impl IntoIterator<Item = (&'static str, &'static str)>) -> Self {
        self.0.messages.extend(messages.into_iter().map(|(id, text)| Message {
            id: id.to_owned(),
            text: text.to_owned(),
        }));
        self
    }

    /// How requests and claims are written and which balances they move, for a program that implements
    /// [`Adjudicate`](crate::Adjudicate).
    pub fn claims(mut self, handling: ClaimHandling) -> Self {
        self.0.claims = Some(handling);
        self
    }

    /// Promises that the order of rows never changes the answer. The conformance kit tries it.
    pub fn order_independent(mut self) -> Self {
        self.0.order_independent = true;
        self
    }

    /// Code and unit of each balance.
    pub fn balances(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.balances.iter().map(|balance| (&*balance.code, &*balance.unit))
    }

    pub(crate) fn complete(mut self, terms_schema: &str) -> Descriptor {
        self.0.terms_schema = terms_schema.to_owned();
        self.0
    }
}

impl Plan {
    /// A plan for rows of these kinds by transaction date, of the participant alone and of the period alone, without measures
    /// or selectors. Whatever else the terms need is set in place:
    ///
    /// ```
    /// use gtm_sdk::*;
    ///
    /// let plan = Plan {
    ///     windows: vec![Window::SamePeriodLastYear],
    ///     columns: vec![Column::NetAmount],
    ///     ..Plan::new([RowKind::Sale, RowKind::Return])
    /// };
    /// assert_eq!(plan.roll_up_levels, Some(0));
    /// ```
    pub fn new(kinds: impl IntoIterator<Item = RowKind>) -> Self {
        Plan {
            kinds: kinds.into_iter().collect(),
            dates_by: DateBasis::Transaction,
            windows: Vec::new(),
            roll_up_levels: Some(0),
            columns: Vec::new(),
            attributes: Vec::new(),
            selectors: Vec::new(),
            balances: Vec::new(),
            agreed: Vec::new(),
            agreements: false,
            inventory: false,
        }
    }
}

impl ClaimHandling {
    /// Claims of this schema, which are paid from one balance to another, without requests, commitments or write-offs. Whatever else the program
    /// does is set in place:
    ///
    /// ```
    /// use gtm_sdk::*;
    ///
    /// let handling = ClaimHandling {
    ///     committed: Some("committed".to_owned()),
    ///     line_key: vec!["invoice".to_owned()],
    ///     ..ClaimHandling::new("{}", "fund", "payable")
    /// };
    /// assert_eq!(handling.from, "fund");
    /// ```
    pub fn new(claim_schema: &str, from: &str, to: &str) -> Self {
        ClaimHandling {
            claim_schema: claim_schema.to_owned(),
            request_schema: None,
            line_key: Vec::new(),
            from: from.to_owned(),
            committed: None,
            to: to.to_owned(),
            written_off: None,
        }
    }
}
