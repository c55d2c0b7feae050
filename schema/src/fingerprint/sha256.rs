//! SHA-256 (FIPS 180-4). Fingerprints need no more of a hash crate than this, and every user of the derive
//! would have to compile one.

/// The fractional parts of the cube roots of the first 64 primes.
const K: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

/// A hash of what has come so far.
pub(super) struct Sha256 {
    state: [u32; 8],
    block: [u8; 64],
    length: u64,
}

impl Sha256 {
    pub(super) fn new() -> Self {
        let state = [
            0x6a09_e667,
            0xbb67_ae85,
            0x3c6e_f372,
            0xa54f_f53a,
            0x510e_527f,
            0x9b05_688c,
            0x1f83_d9ab,
            0x5be0_cd19,
        ];
        Self { state, block: [0; 64], length: 0 }
    }

    pub(super) fn update(&mut self, bytes: impl AsRef<[u8]>) {
        let mut bytes = bytes.as_ref();
        while !bytes.is_empty() {
            let at = self.filled();
            let (now, rest) = bytes.split_at(bytes.len().min(64 - at));
            self.block[at..at + now.len()].copy_from_slice(now);
            self.length += now.len() as u64;
            if at + now.len() == 64 {
                self.compress();
            }
            bytes = rest;
        }
    }

    pub(super) fn finish(mut self) -> [u8; 32] {
        let bits = self.length * 8;
        self.update([0x80]);
        while self.filled() != 56 {
            self.update([0]);
        }
        self.update(bits.to_be_bytes());
        let mut out = [0; 32];
        for (bytes, word) in out.chunks_exact_mut(4).zip(self.state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        out
    }

    /// How many bytes of the block are there.
    fn filled(&self) -> usize {
        usize::try_from(self.length % 64).unwrap_or_default()
    }

    fn compress(&mut self) {
        let mut w = [0; 64];
        for (word, bytes) in w.iter_mut().zip(self.block.chunks_exact(4)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        for i in 16..64 {
            let (a, b): (u32, u32) = (w[i - 15], w[i - 2]);
            let s0 = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
            let s1 = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
            w[i] = w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1);
        }
        let mut s = self.state;
        for (k, w) in K.into_iter().zip(w) {
            let s1 = s[4].rotate_right(6) ^ s[4].rotate_right(11) ^ s[4].rotate_right(25);
            let choice = (s[4] & s[5]) ^ (!s[4] & s[6]);
            let one = s[7].wrapping_add(s1).wrapping_add(choice).wrapping_add(k).wrapping_add(w);
            let s0 = s[0].rotate_right(2) ^ s[0].rotate_right(13) ^ s[0].rotate_right(22);
            let majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
            s.rotate_right(1);
            s[4] = s[4].wrapping_add(one);
            s[0] = one.wrapping_add(s0).wrapping_add(majority);
        }
        for (old, new) in self.state.iter_mut().zip(s) {
            *old = old.wrapping_add(new);
        }
    }
}

#[cfg(test)]
mod tests {
    use sha2::Digest;

    use super::*;

    fn hash(bytes: &[u8]) -> [u8; 32] {
        let mut sha = Sha256::new();
        sha.update(bytes);
        sha.finish()
    }

    #[test]
    fn the_examples_of_the_standard() {
        let hex = |bytes: [u8; 32]| bytes.map(|byte| format!("{byte:02x}")).concat();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(hash(b"")), empty);
        assert_eq!(hex(hash(b"abc")), abc);
    }

    #[test]
    fn every_length_and_every_split_gives_what_sha2_gives() {
        let bytes: Vec<u8> = (0..300_u32).map(|n| (n * 7 + n / 11).to_le_bytes()[0]).collect();
        for end in 0..bytes.len() {
            let expected: [u8; 32] = sha2::Sha256::digest(&bytes[..end]).into();
            assert_eq!(hash(&bytes[..end]), expected, "{end} bytes");
            let mut sha = Sha256::new();
            sha.update(&bytes[..end / 3]);
            sha.update(&bytes[end / 3..end]);
            assert_eq!(sha.finish(), expected, "{end} bytes in two parts");
        }
    }
}
