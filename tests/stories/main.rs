//! What a company lives through with the product, told through its command line on both engines.

mod company;

mod real_sales;

mod bad_input;
mod correction;
mod enrolment;
mod examples;
mod kill;
mod stacking;
mod tampering;
