//! The sentences of a statement and of a ruling. They are short enough to follow with a pocket calculator: figures in, figure out.

gtm_sdk::messages! {
    pub enum Say {
        Accrued = "accrued": "{0} of eligible sales at {1} is {2}",
        LastYear = "last-year": "{0} of eligible sales in the same period last year at {1} is {2}",
        Rounded = "rounded": "rounded from {0} to {1}",
        AtMost = "at-most": "not more than {0} for the period",
        ToRebate = "to-rebate": "{0} of {1} is paid as a rebate: {2}",
        NotYet = "not-yet": "nothing is earned before {0}",
        Rebate = "rebate": "{0} of {1} is paid as a rebate: {2}",
        Open = "open": "{0} is earned from {1} until now; the earning period ends on {2}",
        ForUse = "for-use": "it pays for activities from {0} to {1} that are claimed by {2}",
        CameBack = "came-back": "{0} more came back than was earned until {1}: it is made up for first",
        Released = "released": "{0} was earned from {1} to {2}",
        Converted = "converted": "{0} was earned from {1} to {2}, which is less than {3}: it is paid as a rebate",
        Holds = "holds": "the fund held {0} when the period began",
        Left = "left": "{0} of {1} earned from {2} to {3} is left: claim it by {4}",
        Expired = "expired": "{0} could be claimed until {1} and was not: it expires",
        ToThreshold = "to-threshold": "{0} more of eligible sales until {1}, and what is earned is not converted",
        ToClaim = "to-claim": "{0} left to claim by {1}",
        Fund = "fund": "the fund holds {0}, of which {1} is promised to other requests and claims: {2} is available",
        Request = "request": "request {0} was approved with {1}, of which {2} is left",
        Cap = "cap": "at most {0} is paid for one activity of this kind",
        Limit = "limit": "at most {0} is paid in all, and {1} is paid or promised: {2} is left",
        Share = "share": "line {0}: {1} of {2} is {3}",
        Approved = "approved": "line {0}: {1} of {2} claimed is approved",
    }
}
