//! The sentences of a statement.

gtm_sdk::messages! {
    pub enum Say {
        PerUnit = "per-unit": "{0} in lines of this step at {1} each is {2}",
        Outside = "outside": "{0} lie outside all steps: nothing is paid on them",
        Percent = "percent": "{0} at {1} is {2}",
        LumpSum = "lump-sum": "the fixed amount for the promotion from {0} is {1}",
        Rounded = "rounded": "rounded from {0} to {1}",
        Limit = "limit": "not more than {0} for the period",
        OffInvoice = "off-invoice": "{0} was taken off the invoices already: nothing more is paid",
    }
}
