//! The work limit: the least that must be done for a signed Decrypt, done as fast as we know how.
//!
//! Parse, canonicalise, verify V1 or V3, time window, nonce, AES-GCM open, JSON with a `RequestId`. It really refuses
//! what is wrong. It has no permission, no key states, no log, no limits and one word for every error: that is what
//! separates it from Yaoshi.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, HashSet},
    hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState},
    ops::Range,
    str::from_utf8,
    time::{SystemTime, UNIX_EPOCH},
};

use aes_gcm::{Aes256Gcm, KeyInit, Nonce, Tag, aead::AeadInOut};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use hyper::{Method, StatusCode, body::Bytes, header::AUTHORIZATION, http::request::Parts};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use siphasher::sip::SipHasher13;

use super::super::sandbox;

thread_local! {
    static WORK: RefCell<WorkLimit> = RefCell::new(WorkLimit::new());
}

pub(super) fn respond(head: &Parts, body: &[u8]) -> (StatusCode, Bytes) {
    WORK.with_borrow_mut(|work| match work.answer(head, body) {
        Ok(json) => (StatusCode::OK, json.into()),
        Err(Refused(code)) => {
            let json = format!(r#"{{"Code":"{code}","Message":"refused: {code}"}}"#);
            (StatusCode::BAD_REQUEST, json.into())
        }
    })
}

/// The error code of a request that is not served.
struct Refused(&'static str);

struct WorkLimit {
    access_keys: HashMap<Vec<u8>, AccessKey>,
    /// By key version id.
    keys: HashMap<[u8; 36], Key>,
    nonces: Nonces,
    request_ids: RequestIds,
    scratch: Scratch,
    /// The decoded ciphertext blob.
    blob: Vec<u8>,
}

/// HMAC states that have taken in the secret already.
struct AccessKey {
    v1: Hmac<Sha1>,
    v3: Hmac<Sha256>,
}

struct Key {
    id: String,
    cipher: Aes256Gcm,
}

/// Buffers that live from request to request.
#[derive(Default)]
struct Scratch {
    /// Decoded names and values, one after the other.
    arena: Vec<u8>,
    pairs: Vec<Pair>,
    /// The string to sign, or the canonical request.
    canonical: Vec<u8>,
}

/// Where in the arena a name and its value are.
struct Pair {
    name: Range<usize>,
    value: Range<usize>,
}

impl WorkLimit {
    fn new() -> Self {
        let secret = sandbox::SECRET;
        let access_key = AccessKey {
            v1: Hmac::new_from_slice(format!("{secret}&").as_bytes()).expect("HMAC takes keys of any length"),
            v3: Hmac::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length"),
        };
        let version: [u8; 36] = sandbox::version_id(0).into_bytes().try_into().expect("a UUID has 36 characters");
        let key = Key { id: sandbox::key_id(0), cipher: Aes256Gcm::new(&sandbox::material(0).into()) };
        Self {
            access_keys: HashMap::from([(sandbox::ACCESS_KEY.into(), access_key)]),
            keys: HashMap::from([(version, key)]),
            nonces: Nonces::new(),
            request_ids: RequestIds::new(),
            scratch: Scratch::default(),
            blob: Vec::new(),
        }
    }

    fn answer(&mut self, head: &Parts, body: &[u8]) -> Result<Vec<u8>, Refused> {
        let query = head.uri.query().unwrap_or_default().as_bytes();
        let Self { access_keys, keys, nonces, request_ids, scratch, blob } = self;
        scratch.arena.clear();
        scratch.pairs.clear();
        scratch.canonical.clear();
        parse(query, scratch)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());

        let decrypt = if let Some(authorization) = head.headers.get(AUTHORIZATION) {
            let signed = v3::verify(head, authorization.as_bytes(), body, access_keys, scratch)?;
            within_window(signed.date, now)?;
            nonces.remember(signed.access_key, signed.nonce)?;
            if signed.action != b"Decrypt" {
                return Err(Refused("InvalidAction.NotFound"));
            }
            parse(body, scratch)?;
            Decrypt::from(&scratch.arena, &scratch.pairs)
        } else {
            parse(body, scratch)?;
            let signed = v1::verify(&head.method, access_keys, scratch)?;
            within_window(signed.timestamp, now)?;
            nonces.remember(signed.access_key, signed.nonce)?;
            if signed.action != b"Decrypt" {
                return Err(Refused("InvalidAction.NotFound"));
            }
            signed.decrypt
        };
        decrypt.run(keys, request_ids, blob)
    }
}

/// Splits at `&` and `=`, decodes `+` and `%XX`, straight into the arena.
fn parse(text: &[u8], scratch: &mut Scratch) -> Result<(), Refused> {
    const MALFORMED: Refused = Refused("InvalidParameter");

    let Scratch { arena, pairs, .. } = scratch;
    let mut rest = text;
    while !rest.is_empty() {
        let start = arena.len();
        let mut equals = None;
        loop {
            let plain = rest.iter().position(|byte| class(*byte) == Class::Separator).unwrap_or(rest.len());
            arena.extend_from_slice(&rest[..plain]);
            rest = &rest[plain..];
            match rest {
                [] => break,
                [b'&', ..] => {
                    rest = &rest[1..];
                    break;
                }
                [b'=', ..] if equals.is_none() => {
                    equals = Some(arena.len());
                    rest = &rest[1..];
                }
                [b'+', ..] => {
                    arena.push(b' ');
                    rest = &rest[1..];
                }
                [b'%', high, low, ..] => {
                    let byte = nibble(*high).zip(nibble(*low)).ok_or(MALFORMED)?;
                    arena.push(byte.0 << 4 | byte.1);
                    rest = &rest[3..];
                }
                [b'%', ..] => return Err(MALFORMED),
                [other, ..] => {
                    arena.push(*other);
                    rest = &rest[1..];
                }
            }
        }
        let end = arena.len();
        let equals = equals.unwrap_or(end);
        if end > start {
            pairs.push(Pair { name: start..equals, value: equals..end });
        }
    }
    Ok(())
}

/// What a byte is to the decoder and to the encoder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Stays itself in either direction.
    Unreserved,
    /// Stays itself when decoded, is written `%XX` when encoded.
    Reserved,
    /// Means something to the decoder.
    Separator,
}

const fn class(byte: u8) -> Class {
    const CLASSES: [Class; 256] = {
        let mut classes = [Class::Reserved; 256];
        let mut byte = 0_u8;
        loop {
            classes[byte as usize] = match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => Class::Unreserved,
                b'&' | b'=' | b'+' | b'%' => Class::Separator,
                _ => Class::Reserved,
            };
            if byte == u8::MAX {
                break classes;
            }
            byte += 1;
        }
    };
    CLASSES[byte as usize]
}

/// Appends `text` percent-encoded; `percent` is `%`, or `%25` for what is encoded twice.
fn encode(mut text: &[u8], percent: &[u8], out: &mut Vec<u8>) {
    loop {
        let plain = text.iter().position(|byte| class(*byte) != Class::Unreserved).unwrap_or(text.len());
        out.extend_from_slice(&text[..plain]);
        let Some(byte) = text.get(plain) else { return };
        out.extend_from_slice(percent);
        out.push(UPPER[usize::from(byte >> 4)]);
        out.push(UPPER[usize::from(byte & 15)]);
        text = &text[plain + 1..];
    }
}

const UPPER: &[u8; 16] = b"0123456789ABCDEF";

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// The pairs by name: that is the canonical order.
fn sort(arena: &[u8], pairs: &mut [Pair]) {
    pairs.sort_unstable_by(|a, b| arena[a.name.clone()].cmp(&arena[b.name.clone()]));
}

/// Signature V1: everything is a parameter.
mod v1 {
    use super::{AccessKey, Decrypt, HashMap, Mac as _, Method, Refused, STANDARD, Scratch, encode, sort};
    use base64::Engine as _;

    #[derive(Default)]
    pub(super) struct Signed<'a> {
        pub(super) access_key: &'a [u8],
        pub(super) action: &'a [u8],
        pub(super) nonce: &'a [u8],
        pub(super) timestamp: &'a [u8],
        pub(super) decrypt: Decrypt<'a>,
    }

    pub(super) fn verify<'a>(
        method: &Method,
        access_keys: &HashMap<Vec<u8>, AccessKey>,
        scratch: &'a mut Scratch,
    ) -> Result<Signed<'a>, Refused> {
        let Scratch { arena, pairs, canonical } = scratch;
        sort(arena, pairs);
        canonical.extend_from_slice(method.as_str().as_bytes());
        canonical.extend_from_slice(b"&%2F&");
        let mut signed = Signed::default();
        let mut signature: &[u8] = b"";
        let mut separator: &[u8] = b"";
        for pair in pairs.iter() {
            let (name, value) = (&arena[pair.name.clone()], &arena[pair.value.clone()]);
            match name {
                b"Signature" => {
                    signature = value;
                    continue;
                }
                b"AccessKeyId" => signed.access_key = value,
                b"Action" => signed.action = value,
                b"CiphertextBlob" => signed.decrypt.blob = value,
                b"EncryptionContext" => signed.decrypt.context = value,
                b"SignatureNonce" => signed.nonce = value,
                b"Timestamp" => signed.timestamp = value,
                _ => {}
            }
            canonical.extend_from_slice(separator);
            encode(name, b"%25", canonical);
            canonical.extend_from_slice(b"%3D");
            encode(value, b"%25", canonical);
            separator = b"%26";
        }

        let access_key = access_keys.get(signed.access_key).ok_or(Refused("InvalidAccessKeyId.NotFound"))?;
        let mut given = [0; 24];
        let given = STANDARD.decode_slice(signature, &mut given).map_or(&[][..], |length| &given[..length]);
        let mut mac = access_key.v1.clone();
        mac.update(canonical);
        mac.verify_slice(given).map_err(|_| Refused("SignatureDoesNotMatch"))?;
        Ok(signed)
    }
}

/// Signature V3: the query is in the canonical request, the rest in headers; only signed headers are read.
mod v3 {
    use super::{AccessKey, Digest as _, HashMap, Mac as _, Parts, Refused, Scratch, Sha256, encode, nibble, sort};

    const EMPTY_BODY: &[u8; 64] = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[derive(Default)]
    pub(super) struct Signed<'a> {
        pub(super) access_key: &'a [u8],
        pub(super) action: &'a [u8],
        pub(super) nonce: &'a [u8],
        pub(super) date: &'a [u8],
    }

    pub(super) fn verify<'a>(
        head: &'a Parts,
        authorization: &'a [u8],
        body: &[u8],
        access_keys: &HashMap<Vec<u8>, AccessKey>,
        scratch: &mut Scratch,
    ) -> Result<Signed<'a>, Refused> {
        let Scratch { arena, pairs, canonical } = scratch;
        let authorization = Authorization::parse(authorization).ok_or(Refused("IncompleteSignature"))?;

        canonical.extend_from_slice(head.method.as_str().as_bytes());
        canonical.extend_from_slice(b"\n/\n");
        sort(arena, pairs);
        for (index, pair) in pairs.iter().enumerate() {
            if index > 0 {
                canonical.push(b'&');
            }
            encode(&arena[pair.name.clone()], b"%", canonical);
            canonical.push(b'=');
            encode(&arena[pair.value.clone()], b"%", canonical);
        }
        canonical.push(b'\n');

        let mut signed = Signed { access_key: authorization.credential, ..Signed::default() };
        let mut body_hash: &[u8] = b"";
        let mut host = false;
        for name in authorization.signed_headers.split(|byte| *byte == b';') {
            let value = head
                .headers
                .iter()
                .find(|(header, _)| header.as_str().as_bytes() == name)
                .ok_or(Refused("IncompleteSignature"))?
                .1
                .as_bytes();
            match name {
                b"host" => host = true,
                b"x-acs-action" => signed.action = value,
                b"x-acs-content-sha256" => body_hash = value,
                b"x-acs-date" => signed.date = value,
                b"x-acs-signature-nonce" => signed.nonce = value,
                _ => {}
            }
            canonical.extend_from_slice(name);
            canonical.push(b':');
            canonical.extend_from_slice(value.trim_ascii());
            canonical.push(b'\n');
        }
        if !host {
            return Err(Refused("IncompleteSignature"));
        }
        canonical.push(b'\n');
        canonical.extend_from_slice(authorization.signed_headers);
        canonical.push(b'\n');
        let hash = if body.is_empty() { *EMPTY_BODY } else { hex(&Sha256::digest(body).into()) };
        if hash != body_hash {
            return Err(Refused("InvalidContentSha256"));
        }
        canonical.extend_from_slice(&hash);

        let access_key = access_keys.get(signed.access_key).ok_or(Refused("InvalidAccessKeyId.NotFound"))?;
        let mut mac = access_key.v3.clone();
        mac.update(b"ACS3-HMAC-SHA256\n");
        mac.update(&hex(&Sha256::digest(&*canonical).into()));
        mac.verify_slice(&authorization.signature).map_err(|_| Refused("SignatureDoesNotMatch"))?;
        Ok(signed)
    }

    struct Authorization<'a> {
        credential: &'a [u8],
        signed_headers: &'a [u8],
        signature: [u8; 32],
    }

    impl<'a> Authorization<'a> {
        fn parse(value: &'a [u8]) -> Option<Self> {
            let (mut credential, mut signed_headers, mut signature) = (None, None, None);
            let parts = value.strip_prefix(b"ACS3-HMAC-SHA256 ")?;
            for part in parts.split(|byte| *byte == b',') {
                let part = part.trim_ascii();
                if let Some(value) = part.strip_prefix(b"Credential=") {
                    credential = Some(value);
                } else if let Some(value) = part.strip_prefix(b"SignedHeaders=") {
                    signed_headers = Some(value);
                } else if let Some(value) = part.strip_prefix(b"Signature=") {
                    signature = Some(value);
                }
            }
            let (digits, []) = signature?.as_chunks::<2>() else {
                return None;
            };
            let mut bytes = [0; 32];
            if digits.len() != bytes.len() {
                return None;
            }
            for (byte, [high, low]) in bytes.iter_mut().zip(digits) {
                *byte = nibble(*high)? << 4 | nibble(*low)?;
            }
            Some(Self { credential: credential?, signed_headers: signed_headers?, signature: bytes })
        }
    }

    fn hex(bytes: &[u8; 32]) -> [u8; 64] {
        const LOWER: &[u8; 16] = b"0123456789abcdef";
        let mut out = [0; 64];
        for (byte, digits) in bytes.iter().zip(out.as_chunks_mut::<2>().0) {
            *digits = [LOWER[usize::from(byte >> 4)], LOWER[usize::from(byte & 15)]];
        }
        out
    }
}

/// `YYYY-MM-DDThh:mm:ssZ`, at most 15 minutes from `now` (seconds since 1970).
fn within_window(timestamp: &[u8], now: u64) -> Result<(), Refused> {
    let seconds = seconds(timestamp).ok_or(Refused("InvalidTimeStamp.Format"))?;
    if now.abs_diff(seconds) > 15 * 60 {
        return Err(Refused("InvalidTimeStamp.Expired"));
    }
    Ok(())
}

fn seconds(timestamp: &[u8]) -> Option<u64> {
    let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1, b'Z'] = timestamp
    else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u64, |number, digit| {
            let value = digit.wrapping_sub(b'0');
            (value < 10).then(|| number * 10 + u64::from(value))
        })
    };
    let (year, month, day) = (number(&[y0, y1, y2, y3])?, number(&[m0, m1])?, number(&[d0, d1])?);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1 March of the year 0, when a leap day is the last day of a year; 719,468 of them lie before 1970.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    let time = number(&[h0, h1])? * 3600 + number(&[n0, n1])? * 60 + number(&[s0, s1])?;
    Some((days - 719_468) * 86_400 + time)
}

/// Nonces seen, as keyed 64-bit hashes. They are never forgotten: a yardstick lives for seconds.
struct Nonces {
    keyed: SipHasher13,
    seen: HashSet<u64, BuildHasherDefault<AlreadyHashed>>,
}

impl Nonces {
    fn new() -> Self {
        let chance = RandomState::new();
        Self { keyed: SipHasher13::new_with_keys(chance.hash_one(1), chance.hash_one(2)), seen: HashSet::default() }
    }

    fn remember(&mut self, access_key: &[u8], nonce: &[u8]) -> Result<(), Refused> {
        let mut hasher = self.keyed;
        hasher.write(access_key);
        hasher.write_u8(0);
        hasher.write(nonce);
        if self.seen.insert(hasher.finish()) { Ok(()) } else { Err(Refused("SignatureNonceUsed")) }
    }
}

#[derive(Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only whole u64 are hashed");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[derive(Default)]
struct Decrypt<'a> {
    blob: &'a [u8],
    context: &'a [u8],
}

impl<'a> Decrypt<'a> {
    fn from(arena: &'a [u8], pairs: &[Pair]) -> Self {
        let mut decrypt = Self::default();
        for pair in pairs {
            let value = &arena[pair.value.clone()];
            match &arena[pair.name.clone()] {
                b"CiphertextBlob" => decrypt.blob = value,
                b"EncryptionContext" => decrypt.context = value,
                _ => {}
            }
        }
        decrypt
    }

    fn run(
        &self,
        keys: &HashMap<[u8; 36], Key>,
        request_ids: &mut RequestIds,
        buffer: &mut Vec<u8>,
    ) -> Result<Vec<u8>, Refused> {
        const INVALID: Refused = Refused("InvalidParameter");

        buffer.clear();
        STANDARD.decode_vec(self.blob, buffer).map_err(|_| INVALID)?;
        let (version, rest) = buffer.split_first_chunk_mut::<36>().ok_or(INVALID)?;
        let (iv, rest) = rest.split_first_chunk_mut::<12>().ok_or(INVALID)?;
        let (text, tag) = rest.split_last_chunk_mut::<16>().ok_or(INVALID)?;
        let key = keys.get(&*version).ok_or(Refused("Forbidden.KeyNotFound"))?;
        let context_hash;
        let aad: &[u8] = if self.context.is_empty() {
            b""
        } else {
            context_hash = Sha256::digest(context_text(self.context)?);
            &context_hash
        };
        key.cipher
            .decrypt_inout_detached(&Nonce::from(*iv), aad, (&mut *text).into(), &Tag::from(*tag))
            .map_err(|_| INVALID)?;
        answer(key, version, text, request_ids)
    }
}

/// `k=v&k=v`, sorted by key.
fn context_text(json: &[u8]) -> Result<String, Refused> {
    let map: BTreeMap<String, String> = serde_json::from_slice(json).map_err(|_| Refused("InvalidParameter"))?;
    let pairs: Vec<String> = map.iter().map(|(key, value)| format!("{key}={value}")).collect();
    Ok(pairs.join("&"))
}

fn answer(key: &Key, version: &[u8], plaintext: &[u8], request_ids: &mut RequestIds) -> Result<Vec<u8>, Refused> {
    let mut json = Vec::with_capacity(plaintext.len() + 192);
    json.extend_from_slice(br#"{"KeyId":""#);
    json.extend_from_slice(key.id.as_bytes());
    json.extend_from_slice(br#"","KeyVersionId":""#);
    json.extend_from_slice(version);
    json.extend_from_slice(br#"","Plaintext":"#);
    let needs_no_escape = |byte: &u8| matches!(byte, b' '..=b'~') && !b"\"\\".contains(byte);
    if plaintext.iter().all(needs_no_escape) {
        json.push(b'"');
        json.extend_from_slice(plaintext);
        json.push(b'"');
    } else {
        let text = from_utf8(plaintext).map_err(|_| Refused("InvalidParameter"))?;
        serde_json::to_writer(&mut json, text).expect("a Vec takes whatever is written");
    }
    json.extend_from_slice(br#","RequestId":""#);
    let mut id = uuid::Uuid::encode_buffer();
    json.extend_from_slice(request_ids.next().hyphenated().encode_upper(&mut id).as_bytes());
    json.extend_from_slice(br#""}"#);
    Ok(json)
}

/// `SplitMix64`: distinct, not secret.
struct RequestIds(u64);

impl RequestIds {
    fn new() -> Self {
        Self(RandomState::new().hash_one(3))
    }

    fn next(&mut self) -> uuid::Uuid {
        let (high, low) = (self.random(), self.random());
        let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    fn random(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
