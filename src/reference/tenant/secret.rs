//! Passwords and tokens: made once, kept as salted hashes, compared in constant time.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Salted SHA-256. The secrets are random and long, so a slow hash would add nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SecretHash {
    salt: [u8; 16],
    hash: [u8; 32],
}

impl SecretHash {
    /// `salt` must differ from secret to secret.
    pub(super) fn new(secret: &str, salt: u128) -> Self {
        let salt = salt.to_le_bytes();
        Self { salt, hash: digest(salt, secret) }
    }

    /// Whether this is the secret; takes as long for a wrong one.
    pub(super) fn fits(&self, secret: &str) -> bool {
        digest(self.salt, secret).ct_eq(&self.hash).into()
    }
}

fn digest(salt: [u8; 16], secret: &str) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(secret).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_fits_and_it_is_not_kept() {
        let hash = SecretHash::new("correct horse", 7);
        assert!(hash.fits("correct horse"));
        assert!(!hash.fits("correct horsE"));
        assert!(!hash.fits(""));
        assert_ne!(hash, SecretHash::new("correct horse", 8));
        assert!(!format!("{hash:?}").contains("horse"));
    }
}
