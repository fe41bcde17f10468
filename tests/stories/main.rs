//! What a company lives through with the product, told through its command line on both engines.

mod company;

mod real_sales;

mod beginning;
mod bad_input;
mod chance;
mod claim;
mod calendar;
mod correction;
mod currency;
mod enrolment;
mod examples;
mod kill;
mod settlement;
mod settlement_chance;
mod settlement_kill;
mod stacking;
mod tampering;
