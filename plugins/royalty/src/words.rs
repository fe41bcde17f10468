//! The sentences of a statement. They are short enough to follow with a pocket calculator: figures in, figure out.

gtm_sdk::messages! {
    pub enum Say {
        AtRate = "at-rate": "{0} at {1} is {2}",
        PerUnit = "per-unit": "{0} at {1} each is {2}",
        Returned = "returned": "{0} came back and takes back what its sales earned: {1}",
        Rounded = "rounded": "rounded from {0} to {1}",
        Share = "share": "the participant's share of {0} is {1}",
        Withheld = "withheld": "{0} is withheld against returns",
        Released = "released": "{0} withheld earlier is released",
        Advance = "advance": "an advance of {0} is paid",
        Cost = "cost": "a cost of {0} is to be recouped",
        Guaranteed = "guaranteed": "the guarantee adds {0}",
        Covered = "covered": "the guarantee paid at the start covers {0}",
        Recouped = "recouped": "{0} is recouped, and {1} is left to recoup",
        Opening = "opening": "the opening balance is {0}",
        Earned = "earned": "earned in the period: {0}",
        Guarantee = "guarantee": "from the guarantee: {0}",
        Reserve = "reserve": "less what is withheld, with what is released: {0}",
        LessRecouped = "less-recouped": "less what is recouped: {0}",
        Carried = "carried": "{0} is carried forward",
        NextRate = "next-rate": "{0} to the next rate",
    }
}
