//! What a company lives through with the product, told through its command line on both engines.

mod real_sales;
