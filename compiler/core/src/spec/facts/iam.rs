//! Roles of Google Cloud that a fleet may not grant, and currencies of billing accounts.
//!
//! Sources: IAM, "Basic and predefined roles"; Cloud Billing, "Local currency for billing".

/// The basic roles: they reach over everything in a project.
pub const BASIC_ROLES: [&str; 6] =
    ["roles/owner", "roles/editor", "roles/viewer", "roles/admin", "roles/writer", "roles/reader"];

/// Currencies in which Google bills, by their ISO 4217 code.
pub const CURRENCIES: &[&str] = &[
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP", "HKD",
    "HRK", "HUF", "IDR", "ILS", "INR", "JPY", "KRW", "KZT", "MXN", "MYR", "NOK", "NZD", "PEN", "PHP", "PLN", "QAR",
    "RON", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
];

/// Tells whether a role is one of the basic roles.
#[must_use]
pub fn is_basic_role(role: &str) -> bool {
    BASIC_ROLES.contains(&role)
}

/// Tells whether Google bills in a currency.
#[must_use]
pub fn is_currency(code: &str) -> bool {
    CURRENCIES.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_roles_are_told_from_predefined_ones() {
        assert!(is_basic_role("roles/editor"));
        assert!(!is_basic_role("roles/logging.viewer"));
        assert!(is_currency("EUR") && !is_currency("eur"));
        assert!(CURRENCIES.is_sorted());
    }
}
