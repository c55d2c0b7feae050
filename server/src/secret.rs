//! Names and secrets of sessions, of the operating system's random numbers.

use data_encoding::BASE64URL_NOPAD;

/// A session's public name: 16 characters, 96 random bits.
pub(crate) fn id() -> Result<String, getrandom::Error> {
    random::<12>()
}

/// A session's key: 22 characters, 128 random bits.
pub(crate) fn key() -> Result<String, getrandom::Error> {
    random::<16>()
}

fn random<const BYTES: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
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
