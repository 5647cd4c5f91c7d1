//! Development tools: fleets to test with, the checks behind `cargo verify`, benchmarks.

pub mod fleet;
