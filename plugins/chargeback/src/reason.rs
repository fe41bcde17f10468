//! Why a line is not paid as it was claimed.
//!
//! The codes are in the manner of the X12 849, the response to a chargeback claim: each line has one disposition and every reason that
//! applies, by its code. They are this plugin's own and not copied from the standard; who answers with an 849 maps them.

/// The terms take no claims.
pub const CLAIMS_NOT_TAKEN: &str = "claims-not-taken";
/// It asks for approval, and agreements are approved elsewhere.
pub const REQUEST: &str = "request";
/// The fields of the line cannot be read.
pub const FIELDS: &str = "fields";
/// An amount of 0 or less is claimed.
pub const NOTHING_CLAIMED: &str = "nothing-claimed";
/// A quantity of 0 or less.
pub const QUANTITY_NOT_POSITIVE: &str = "quantity-not-positive";
/// No approved agreement of this number was found for the participant and the products of the claim.
pub const AGREEMENT_UNKNOWN: &str = "agreement-unknown";
/// The agreement is for another product.
pub const PRODUCT_NOT_ON_AGREEMENT: &str = "product-not-on-agreement";
/// The line does not say who bought.
pub const END_CUSTOMER_MISSING: &str = "end-customer-missing";
/// The agreement is for another end customer.
pub const END_CUSTOMER_NOT_ELIGIBLE: &str = "end-customer-not-eligible";
/// Shipped before the agreement began or after it ended.
pub const SHIPPED_OUTSIDE_AGREEMENT: &str = "shipped-outside-agreement";
/// Shipped after the day on which the claim was submitted.
pub const SHIPPED_IN_FUTURE: &str = "shipped-in-future";
/// Another unit of measure than the agreement's.
pub const UNIT_OF_MEASURE: &str = "unit-of-measure";
/// Another currency than the program's.
pub const CURRENCY: &str = "currency";
/// The same invoice, line, product and lot was claimed before, or stands in the claim twice.
pub const DUPLICATE: &str = "duplicate";
/// No stock of the product was reported before the day of shipping.
pub const INVENTORY_NOT_REPORTED: &str = "inventory-not-reported";
/// The line, or the agreement, has no price of the kind that the terms go by.
pub const REFERENCE_PRICE_MISSING: &str = "reference-price-missing";
/// The terms go by the resale price, and the line has none.
pub const RESALE_PRICE_MISSING: &str = "resale-price-missing";
/// A unit costs no more than it may cost.
pub const NOTHING_OWED: &str = "nothing-owed";
/// What the line is worth lies beyond 9,223,372,036,854.775807.
pub const AMOUNT_TOO_LARGE: &str = "amount-too-large";

/// More than the agreement has left.
pub const QUANTITY_OVER_REMAINING: &str = "quantity-over-remaining";
/// More than was on hand.
pub const INVENTORY_EXCEEDED: &str = "inventory-exceeded";
/// Sold on below the resale price of the agreement.
pub const RESALE_BELOW_AUTHORISED: &str = "resale-below-authorised";
/// The claimed amount differs from the computed one by more than the tolerance.
pub const AMOUNT_DIFFERS: &str = "amount-differs";
/// The claimed amount has more decimals than the currency.
pub const AMOUNT_NOT_PAYABLE: &str = "amount-not-payable";

/// Each of these denies its line.
pub const DENYING: [&str; 19] = [
    CLAIMS_NOT_TAKEN,
    REQUEST,
    FIELDS,
    NOTHING_CLAIMED,
    QUANTITY_NOT_POSITIVE,
    AGREEMENT_UNKNOWN,
    PRODUCT_NOT_ON_AGREEMENT,
    END_CUSTOMER_MISSING,
    END_CUSTOMER_NOT_ELIGIBLE,
    SHIPPED_OUTSIDE_AGREEMENT,
    SHIPPED_IN_FUTURE,
    UNIT_OF_MEASURE,
    CURRENCY,
    DUPLICATE,
    INVENTORY_NOT_REPORTED,
    REFERENCE_PRICE_MISSING,
    RESALE_PRICE_MISSING,
    NOTHING_OWED,
    AMOUNT_TOO_LARGE,
];

/// These leave a line its right amount, unless the terms deny what differs.
pub const DIFFERING: [&str; 5] = [
    QUANTITY_OVER_REMAINING,
    INVENTORY_EXCEEDED,
    RESALE_BELOW_AUTHORISED,
    AMOUNT_DIFFERS,
    AMOUNT_NOT_PAYABLE,
];
