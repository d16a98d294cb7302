//! Cursors (RFC 9865): where a page begins, sealed so that a client can neither read nor forge it. The
//! service keeps nothing for a cursor, so nobody can exhaust it with first pages (§5.3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Seconds that a cursor may be used after the page that gave it, as discovery says.
pub(crate) const CURSOR_TIMEOUT: i64 = 600;

const BODY: usize = 40;
const TAG: usize = 16;

/// The beginning of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Number of the first resource on the page.
    pub(crate) from: usize,
    /// Its position when the cursor was made, for when the resource is gone.
    pub(crate) offset: usize,
    /// Unix time in seconds.
    pub(crate) issued: i64,
    /// `count` of the query.
    pub(crate) count: u64,
    /// Fingerprint of the rest of the query and of who asked.
    pub(crate) query: u64,
}

impl Cursor {
    /// The value for `nextCursor`, in unreserved characters (RFC 9865 §2).
    pub(crate) fn seal(&self, key: &[u8; 32]) -> String {
        let words =
            [self.from as u64, self.offset as u64, self.issued.cast_unsigned(), self.count, self.query];
        let mut body: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let tag = tag(key, &body);
        cover(key, &tag, &mut body);
        URL_SAFE_NO_PAD.encode([tag.as_slice(), &body].concat())
    }

    /// Reads a value back; `None` when it was not sealed with this key.
    pub(crate) fn open(text: &str, key: &[u8; 32]) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == TAG + BODY)?;
        let (given, body) = bytes.split_at(TAG);
        let mut body = body.to_vec();
        cover(key, given, &mut body);
        if !bool::from(tag(key, &body).ct_eq(given)) {
            return None;
        }
        let word = |at: usize| body.get(at * 8..at * 8 + 8)?.try_into().ok().map(u64::from_le_bytes);
        Some(Self {
            from: usize::try_from(word(0)?).ok()?,
            offset: usize::try_from(word(1)?).ok()?,
            issued: word(2)?.cast_signed(),
            count: word(3)?,
            query: word(4)?,
        })
    }
}

fn tag(key: &[u8; 32], body: &[u8]) -> [u8; TAG] {
    let inner = Sha256::new().chain_update(b"inner").chain_update(key).chain_update(body).finalize();
    let outer = Sha256::new().chain_update(b"outer").chain_update(key).chain_update(inner).finalize();
    std::array::from_fn(|at| outer[at])
}

/// Adds a key stream that depends on the tag; the second time takes it off again.
fn cover(key: &[u8; 32], tag: &[u8], body: &mut [u8]) {
    for (index, block) in body.chunks_mut(32).enumerate() {
        let stream =
            Sha256::new().chain_update(key).chain_update(tag).chain_update(index.to_le_bytes()).finalize();
        for (byte, mask) in block.iter_mut().zip(stream) {
            *byte ^= mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        // RFC 9865 §5.2: forged values are detected; §2: unreserved characters only.
        #[test]
        fn a_cursor_comes_back_and_a_changed_one_does_not(
            from in 0_usize..1 << 40, offset in 0_usize..1 << 40, issued: i64, count: u64, query: u64, at in 0_usize..70
        ) {
            let cursor = Cursor { from, offset, issued, count, query };
            let text = cursor.seal(&[7; 32]);
            proptest::prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
            proptest::prop_assert_eq!(Cursor::open(&text, &[7; 32]), Some(cursor));
            proptest::prop_assert_eq!(Cursor::open(&text, &[8; 32]), None);
            let mut forged = text.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            proptest::prop_assert_eq!(Cursor::open(&String::from_utf8(forged).unwrap(), &[7; 32]), None);
        }

        #[test]
        fn no_text_makes_opening_panic(text in ".{0,100}") {
            let _ = Cursor::open(&text, &[7; 32]);
        }
    }
}
