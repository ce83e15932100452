//! ECDSA (FIPS 186-5, SEC 1) with digests of SHA-256, over P-256 and secp256k1. Signatures are in DER.

use std::fmt;
use std::ops::Add;

use ecdsa::elliptic_curve::array::ArraySize;
use ecdsa::elliptic_curve::ops::Invert;
use ecdsa::elliptic_curve::pkcs8::{AssociatedOid, EncodePrivateKey, EncodePublicKey};
use ecdsa::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point, ValidatePublicKey};
use ecdsa::elliptic_curve::subtle::CtOption;
use ecdsa::elliptic_curve::{CurveArithmetic, FieldBytes, Generate, Scalar, SecretKey};
use ecdsa::signature::hazmat::{PrehashVerifier, RandomizedPrehashSigner};
use ecdsa::{DigestAlgorithm, EcdsaCurve, Signature, SigningKey, VerifyingKey, der};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::MalformedPrivateKey;

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

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcPublicKey<C: Curve>(VerifyingKey<C>);

impl<C: Curve> EcPublicKey<C> {
    /// Whether `signature` is one of `digest` by this key: both of the two that mean the same are, as the standard has it.
    pub fn verifies(&self, digest: &[u8], signature: &[u8]) -> bool {
        Signature::<C>::from_der(signature)
            .is_ok_and(|signature| self.0.verify_prehash(digest, &signature.normalize_s()).is_ok())
    }
}

/// A private key with its public one.
#[derive(Clone)]
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
        // The library would take a shorter one.
        let number = <&FieldBytes<C>>::try_from(number).map_err(|_| MalformedPrivateKey)?;
        SigningKey::from_bytes(number).map(Self).map_err(|_| MalformedPrivateKey)
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
    ///
    /// # Panics
    /// If the digest has less than half the bytes of a number on the curve.
    pub fn sign(&self, digest: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        let signature: Signature<C> = self
            .0
            .sign_prehash_with_rng(rng, digest)
            .expect("the digest is long enough, and the random source never fails");
        signature.to_der().as_bytes().to_vec()
    }

    pub fn public_key(&self) -> EcPublicKey<C> {
        EcPublicKey(*self.0.verifying_key())
    }

    fn secret(&self) -> SecretKey<C> {
        SecretKey::from(self.0.as_nonzero_scalar())
    }
}

impl<C: Curve> fmt::Debug for EcKeyPair<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EcKeyPair({})", C::OID)
    }
}

#[cfg(test)]
#[path = "ec_tests.rs"]
mod tests;
