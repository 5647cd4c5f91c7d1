//! Development tools: fleets to test with, the checks behind `cargo verify`, benchmarks.

pub mod bench;
pub mod blueprints;
pub mod count;
pub mod fleet;
pub mod mysql;
pub mod proxysql;
pub mod readme;
pub mod run;
pub mod schemas;
pub mod steps;
pub mod tools;
