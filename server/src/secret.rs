//! Names and secrets of sessions, of the operating system's random numbers.

/// The alphabet of base64url (RFC 4648, section 5): six random bits a character.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A session's public name: 16 characters, 96 random bits.
pub(crate) fn id() -> Result<String, getrandom::Error> {
    characters::<16>()
}

/// A session's key: 22 characters, 132 random bits.
pub(crate) fn key() -> Result<String, getrandom::Error> {
    characters::<22>()
}

fn characters<const N: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 63)])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_keys_have_their_lengths_and_differ() {
        let (one, two) = (key().expect("random"), key().expect("random"));
        assert_eq!((one.len(), id().expect("random").len()), (22, 16));
        assert_ne!(one, two);
    }
}
