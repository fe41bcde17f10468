//! `gtm plugin …`: from source to component, from component to an installed version.

pub mod build;
