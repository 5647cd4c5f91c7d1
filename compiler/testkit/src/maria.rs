//! The server that most tests take: a MariaDB.

pub use crate::database::{ADMIN_PASSWORD, Certificate, Server as Maria};
