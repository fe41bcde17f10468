//! The sentences of a ruling and of a statement.

gtm_sdk::messages! {
    pub enum Say {
        Value = "value": "line {0}: {1} at {2} less {3} each is {4}",
        Eligible = "eligible": "line {0}: {1} of it is eligible, which is {2}",
        Books = "books": "line {0} in the distributor's books: {1} leaves inventory, {2} of it is cost of goods sold and {3} is receivable",
        Reported = "reported": "{0}: {1} on hand at the end of {2} as reported",
        WorkedBack = "worked-back": "{0}: {1} reported on {2}, and {3} sold less bought since {4}: {5} on hand then",
        Impossible = "impossible": "{0}: nothing is protected, since less than nothing was on hand: the reports contradict each other",
        Bought = "bought": "{0}: {1} bought in the {2} days up to the change, and no more is protected",
        Protected = "protected": "{0}: {1} that cost {2} and costs {3} now is {4}",
        LeftOut = "left-out": "{0}: the price rises from {1} to {2}, which is left out",
        Unreported = "unreported": "{0}: no stock was reported from {1} to {2}, so nothing is protected",
        NotTakingPart = "not-taking-part": "the prices changed on {0}, which is no day of taking part: nothing is protected",
        Rounded = "rounded": "rounded to {0}",
        Limit = "limit": "not more than {0} for the change, of which {1} was due before",
    }
}
