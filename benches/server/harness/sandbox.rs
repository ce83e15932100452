//! The accounts, keys and ciphertexts that every server of the bench knows.

use std::fmt::Write as _;

use aes_gcm::{Aes256Gcm, KeyInit, Nonce, aead::AeadInOut};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// The RAM user who signs the load: a policy, not the account's own word, lets it decrypt.
pub(crate) const ACCESS_KEY: &str = "app";
pub(crate) const SECRET: &str = "app-secret";

/// The AccessKey of the account itself: ID and secret.
pub(crate) const OWNER: &str = "yaoshi";

/// A real client's Host header, the same for every server: one signed load fits them all.
pub(crate) const HOST: &str = "kms.cn-hangzhou.aliyuncs.com";

/// What Decrypt gives back: base64 text of 32 bytes.
pub(crate) const PLAINTEXT: &str = "kq3cZ1vXk0m0m2z3s8a1Yx0bq5n7uJ9eWcT4hR6pLgE=";

const DOCUMENT: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"acs:kms:*:*:key/*"}]}"#;

pub(crate) fn key_id(index: u32) -> String {
    format!("202b9877-5a25-46e3-a763-e207{:08x}", index + 1)
}

pub(crate) fn version_id(index: u32) -> String {
    format!("2ab1a983-7072-4bbc-a582-584b{:08x}", index + 1)
}

/// Key material: different for every key, the same in every run.
pub(crate) fn material(index: u32) -> [u8; 32] {
    Sha256::digest(key_id(index)).into()
}

/// `PLAINTEXT` under a key, without context: base64(36-byte key version id ‖ 12-byte IV ‖ ciphertext ‖ 16-byte tag).
pub(crate) fn ciphertext_blob(index: u32) -> String {
    let iv = [7; 12]; // one plaintext, one IV: nothing is given away
    let cipher = Aes256Gcm::new(&material(index).into());
    let mut text = PLAINTEXT.as_bytes().to_vec();
    let tag = cipher
        .encrypt_inout_detached(&Nonce::from(iv), b"", text.as_mut_slice().into())
        .expect("44 bytes are within AES-GCM's limits");
    let blob = [version_id(index).as_bytes(), &iv, &text, &tag].concat();
    STANDARD.encode(blob)
}

/// The keys of a sandbox file that have material of our choice: Yaoshi makes that of all others.
const WITH_MATERIAL: u32 = 1_000;

/// A sandbox file with so many keys.
pub(crate) fn file(keys: u32) -> String {
    let mut text = format!(
        r#"version = 1
[[account]]
id = "1234567890123456"
access_keys = [{{ id = "{OWNER}", secret = "{OWNER}" }}]
[[account.user]]
name = "app"
access_keys = [{{ id = "{ACCESS_KEY}", secret = "{SECRET}" }}]
policies = ["decrypt-app"]
[[account.policy]]
name = "decrypt-app"
document = '''{DOCUMENT}'''
"#
    );
    for index in 0..keys {
        let block = if index < WITH_MATERIAL {
            let (version, material) = (version_id(index), STANDARD.encode(material(index)));
            format!("versions = [{{ id = \"{version}\", material = \"{material}\" }}]\n")
        } else {
            String::new()
        };
        write!(text, "[[account.key]]\nid = \"{}\"\n{block}", key_id(index))
            .expect("a String takes whatever is written");
    }
    text
}
