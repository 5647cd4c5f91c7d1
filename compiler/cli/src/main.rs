//! The command `aipress`.

fn main() {}
