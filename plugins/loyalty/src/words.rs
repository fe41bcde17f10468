//! The sentences of a statement. They are short enough to follow with a pocket calculator: figures in, figure out.

gtm_sdk::messages! {
    pub enum Say {
        Earned = "earned": "{0} on {1} at {2} for each {3} earns {4}",
        EarnedTimes = "earned-times": "{0} on {1} at {2} for each {3}, times {4}, earns {5}",
        Counted = "counted": "{0} on {1} at {2} for each {3} counts {4} towards the tier",
        TakenBack = "taken-back": "{0} of {1} bought on {2} came back on {3}: {4} of {5} points go",
        Forgiven = "forgiven": "{0} points that came back on {1} were used already, and are not asked for",
        Unmatched = "unmatched": "{0} came back on {1} without a purchase that earned points: nothing is taken back",
        Granted = "granted": "{0} granted by hand on {1}",
        Withdrawn = "withdrawn": "{0} taken by hand on {1}",
        Released = "released": "{0} earned on {1} can be spent from {2}",
        Used = "used": "{0} used on {1} from the lot of {2}",
        UsedAhead = "used-ahead": "{0} used on {1} before they were earned",
        UseUndone = "use-undone": "{0} used before came back on {1}",
        Expired = "expired": "{0} of the lot of {1} expired on {2}",
        Inactive = "inactive": "{0} of the lot of {1} expired on {2} after a time without purchases",
        Balance = "balance": "{0} can be spent, {1} are pending; since the beginning {2} were earned, {3} used and {4} expired",
        Standing = "standing": "the tier is {0} since {1}, with {2} counted",
        NoStanding = "no-standing": "no tier is reached, with {0} counted",
        Reviewed = "reviewed": "the tier is reviewed on {0}",
        NextTier = "next-tier": "{0} to the tier {1}",
        StandAlone = "stand-alone": "{0} points at {1} each, {2} of them expected to be used, are worth {3}",
        Allocated = "allocated": "of {0} paid, {1} falls to the points and {2} to the goods",
        Deferred = "deferred": "{0} is put off to date, {1} was before: {2}",
        Recognised = "recognised": "{0} of {1} points expected to be used are used: {2} is recognised to date, {3} was before: {4}",
    }
}
