//! The command behind `cargo verify`.

fn main() {}
