//! SM2 (GB/T 32918): encryption and signatures.

use std::fmt;

use rand_core::CryptoRng;
use sm2::dsa::signature::hazmat::{PrehashVerifier, RandomizedPrehashSigner};
use sm2::dsa::{Signature, SigningKey};
use sm2::elliptic_curve::Generate;
use sm2::pkcs8::{DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use sm2::pke::{DecryptingKey, EncryptingKey, Mode};
use sm2::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use super::{DIGEST_LENGTH, MalformedPrivateKey, MalformedPublicKey, TooLong, Undecryptable};

/// What a curve point that is written in full begins with.
const UNCOMPRESSED: u8 = 4;

/// Whose signature it is. It counts where a message is hashed, which is not done here.
const NOBODY: &str = "";

/// A public key, on the curve of GB/T 32918.5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sm2PublicKey(PublicKey);

impl Sm2PublicKey {
    /// `der`: SubjectPublicKeyInfo.
    pub fn from_der(der: &[u8]) -> Result<Self, MalformedPublicKey> {
        PublicKey::from_public_key_der(der).map(Self).map_err(|_| MalformedPublicKey)
    }

    /// `message` (at least a byte) as C1 ‖ C3 ‖ C2 (GB/T 32918.4, with SM3): C1 is a point written in full, and all of
    /// it 97 bytes longer than the message.
    pub fn encrypt(&self, message: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, TooLong> {
        EncryptingKey::new_with_mode(self.0, Mode::C1C3C2).encrypt(rng, message).map_err(|_| TooLong)
    }
}

/// A private key with its public one.
pub struct Sm2KeyPair(SecretKey);

impl Sm2KeyPair {
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(SecretKey::generate_from_rng(rng))
    }

    /// `der`: PKCS#8 or SEC 1.
    pub fn from_private_key_der(der: &[u8]) -> Result<Self, MalformedPrivateKey> {
        SecretKey::from_der(der).map(Self).map_err(|_| MalformedPrivateKey)
    }

    /// `number`: the private key alone, 32 bytes, big-endian.
    pub fn from_private_number(number: &[u8]) -> Result<Self, MalformedPrivateKey> {
        SecretKey::from_slice(number).map(Self).map_err(|_| MalformedPrivateKey)
    }

    /// PKCS#8 in DER.
    pub fn private_key_der(&self) -> Zeroizing<Vec<u8>> {
        self.0.to_pkcs8_der().expect("a private key has a DER form").to_bytes()
    }

    /// SubjectPublicKeyInfo in DER.
    pub fn public_key_der(&self) -> Vec<u8> {
        self.0.public_key().to_public_key_der().expect("a public key has a DER form").into_vec()
    }

    pub fn public_key(&self) -> Sm2PublicKey {
        Sm2PublicKey(self.0.public_key())
    }

    /// A signature, in DER, of `digest`: SM3 over Z(A) and the message (GB/T 32918.2).
    pub fn sign(&self, digest: &[u8; DIGEST_LENGTH], rng: &mut impl CryptoRng) -> Vec<u8> {
        let key = self.signing_key();
        // The standard starts anew where the secret number happens to give a zero.
        let signature = std::iter::repeat_with(|| key.sign_prehash_with_rng(rng, digest)).find_map(Result::ok);
        signature.expect("an endless search ends with what it finds").to_der().to_vec()
    }

    /// Whether `signature` is one of `digest` by this key.
    pub fn verifies(&self, digest: &[u8; DIGEST_LENGTH], signature: &[u8]) -> bool {
        let key = self.signing_key();
        Signature::from_der(signature)
            .is_ok_and(|signature| key.verifying_key().verify_prehash(digest, &signature).is_ok())
    }

    fn signing_key(&self) -> SigningKey {
        SigningKey::new(NOBODY, &self.0).expect("nobody's name is short enough")
    }

    /// The message in `ciphertext` (GB/T 32918.4, with SM3): C1 ‖ C3 ‖ C2, where C1 is a point written in full, or
    /// the same in DER as GM/T 0009 has it and OpenSSL writes it.
    pub fn decrypt(&self, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Undecryptable> {
        let key = DecryptingKey::new_with_mode(self.0.to_nonzero_scalar(), Mode::C1C3C2);
        let message = match ciphertext.first() {
            Some(&UNCOMPRESSED) => key.decrypt(ciphertext),
            _ => key.decrypt_der(ciphertext),
        };
        message.map(Zeroizing::new).map_err(|_| Undecryptable)
    }
}

impl fmt::Debug for Sm2KeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sm2KeyPair")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// The encryption example of GB/T 32918.5-2017, appendix C, and GM/T 0003.5-2012, annex C: private key, C1 ‖ C3 ‖ C2.
    const KEY: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
    const CIPHERTEXT: &str = "04\
         04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73\
         e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0\
         59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766\
         21886ca989ca9c7d58087307ca93092d651efa";
    const MESSAGE: &[u8] = b"encryption standard";

    fn pair() -> Sm2KeyPair {
        Sm2KeyPair(SecretKey::from_slice(&bytes(KEY)).unwrap())
    }

    /// INTEGER x, INTEGER y, OCTET STRING C3, OCTET STRING C2 (GM/T 0009).
    fn der(raw: &[u8]) -> Vec<u8> {
        fn item(tag: u8, content: &[u8]) -> Vec<u8> {
            [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
        }
        fn integer(number: &[u8]) -> Vec<u8> {
            let number = &number[number.iter().take_while(|byte| **byte == 0).count()..];
            item(2, &if number[0] < 0x80 { number.to_vec() } else { [&[0], number].concat() })
        }
        let (x, y, hash, text) = (&raw[1..33], &raw[33..65], &raw[65..97], &raw[97..]);
        let content = [integer(x), integer(y), item(4, hash), item(4, text)].concat();
        item(0x30, &content)
    }

    #[test]
    fn the_published_example_decrypts_in_both_forms() {
        let raw = bytes(CIPHERTEXT);
        assert_eq!(**pair().decrypt(&raw).unwrap(), *MESSAGE);
        assert_eq!(**pair().decrypt(&der(&raw)).unwrap(), *MESSAGE);
    }

    #[test]
    fn whatever_is_changed_does_not_decrypt() {
        let raw = bytes(CIPHERTEXT);
        for whole in [raw.clone(), der(&raw)] {
            for at in 0..whole.len() {
                let mut changed = whole.clone();
                changed[at] ^= 1;
                assert_eq!(pair().decrypt(&changed).err(), Some(Undecryptable), "{at}");
                assert_eq!(pair().decrypt(&whole[..at]).err(), Some(Undecryptable), "{at}");
            }
            assert_eq!(pair().decrypt(&[whole.as_slice(), &[0]].concat()).err(), Some(Undecryptable));
        }
        let other = Sm2KeyPair::generate(&mut ChaCha20Rng::seed_from_u64(1));
        assert_eq!(other.decrypt(&raw).err(), Some(Undecryptable));
    }

    #[test]
    fn a_pair_survives_its_der_and_follows_from_the_seed() {
        let pair = |seed| Sm2KeyPair::generate(&mut ChaCha20Rng::seed_from_u64(seed));
        let (one, der) = (pair(7), pair(7).private_key_der());
        assert_eq!(one.private_key_der(), der);
        assert_ne!(pair(8).private_key_der(), der);
        assert_eq!(Sm2KeyPair::from_private_key_der(&der).unwrap().public_key_der(), one.public_key_der());
        assert_eq!(Sm2KeyPair::from_private_key_der(&der[1..]).err(), Some(MalformedPrivateKey));
    }

    /// The signature example of GM/T 0003.5-2012, annex A, and GB/T 32918.5-2017, appendix A: M = "message digest", signed
    /// by 1234567812345678 with the private key of the encryption example.
    #[test]
    fn the_published_signature_verifies() {
        use sm3::{Digest, Sm3};
        let coordinates = [
            // a, b, x and y of the generator, x and y of the public key
            "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc",
            "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93",
            "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7",
            "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0",
            "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020",
            "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13",
        ];
        let user = b"1234567812345678";
        let bits = u16::try_from(8 * user.len()).unwrap();
        let mut za = Sm3::new().chain_update(bits.to_be_bytes()).chain_update(user);
        for coordinate in coordinates {
            za.update(bytes(coordinate));
        }
        let za = za.finalize();
        assert_eq!(za[..], bytes("b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"));
        let digest = Sm3::new().chain_update(za).chain_update("message digest").finalize();
        assert_eq!(digest[..], bytes("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"));
        let numbers = [
            "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3",
            "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
        ];
        let signature = Signature::from_slice(&numbers.map(bytes).concat()).unwrap();
        assert!(pair().verifies(&digest.into(), &signature.to_der().to_vec()));
    }

    #[test]
    fn signatures_verify_and_nothing_else_does() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let signed = pair().sign(&[7; 32], &mut rng);
        assert_ne!(pair().sign(&[7; 32], &mut rng), signed, "each is another");
        assert!(pair().verifies(&[7; 32], &signed));
        assert!(!pair().verifies(&[8; 32], &signed));
        assert!(!Sm2KeyPair::generate(&mut rng).verifies(&[7; 32], &signed));
        for at in 0..signed.len() {
            let mut changed = signed.clone();
            changed[at] ^= 1;
            assert!(!pair().verifies(&[7; 32], &changed), "{at}");
            assert!(!pair().verifies(&[7; 32], &signed[..at]), "{at}");
        }
        assert!(!pair().verifies(&[7; 32], &[signed.as_slice(), &[0]].concat()));
    }

    #[test]
    fn a_ciphertext_is_97_bytes_longer_than_its_message() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for length in [1, 31, 32, 33, 6047] {
            let message = vec![7; length];
            let ciphertext = pair().public_key().encrypt(&message, &mut rng).unwrap();
            assert_eq!(ciphertext.len(), length + 97);
            assert_eq!(**pair().decrypt(&ciphertext).unwrap(), message);
            assert_eq!(
                **pair()
                    .decrypt(&EncryptingKey::new(pair().0.public_key()).encrypt_der(&mut rng, &message).unwrap())
                    .unwrap(),
                message
            );
        }
        assert_eq!(pair().public_key().encrypt(&[], &mut rng), Err(TooLong), "the standard knows no empty message");
    }

    proptest! {
        /// Neither form makes the library stumble.
        #[test]
        fn noise_is_refused(form in any::<bool>(), noise in any::<Vec<u8>>()) {
            let first = if form { UNCOMPRESSED } else { 0x30 };
            let noise = [&[first], noise.as_slice()].concat();
            prop_assert_eq!(pair().decrypt(&noise).err(), Some(Undecryptable));
            prop_assert!(!pair().verifies(&[7; 32], &noise));
        }
    }
}
