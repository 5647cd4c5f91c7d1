//! Passwords and salts from the system's randomness.

use secrecy::SecretString;
use zeroize::Zeroizing;

/// Letters and digits: nothing that a configuration, an address or a statement could misread.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The length of a password: 40 characters of 62 are 238 bits.
pub const PASSWORD: usize = 40;
/// The length of a salt, which is WordPress's own.
pub const SALT: usize = 64;

/// Makes a text of letters and digits, each equally likely.
///
/// # Errors
/// The system has no randomness to give.
pub fn letters(length: usize) -> Result<SecretString, getrandom::Error> {
    let mut text = Zeroizing::new(String::with_capacity(length));
    let mut bytes = Zeroizing::new([0u8; 64]);
    while text.len() < length {
        getrandom::fill(bytes.as_mut_slice())?;
        // Bytes from 248 on would make the first letters likelier: 248 is 4 times 62.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        for byte in fair.take(length - text.len()) {
            let letter = ALPHABET.get(usize::from(byte % 62)).copied().unwrap_or(b'A');
            text.push(char::from(letter));
        }
    }
    Ok(SecretString::from(text.as_str()))
}

/// Returns a number below a bound, for delays; the bound itself without randomness.
#[must_use]
pub fn below(bound: u64) -> u64 {
    let mut bytes = [0u8; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes).checked_rem(bound).unwrap_or(0),
        Err(_) => bound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn two_passwords_differ_and_hold_letters_and_digits_only() {
        let (a, b) = (letters(PASSWORD).unwrap(), letters(PASSWORD).unwrap());
        assert_ne!(a.expose_secret(), b.expose_secret());
        assert_eq!(a.expose_secret().len(), PASSWORD);
        assert!(a.expose_secret().bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
