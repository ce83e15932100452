//! For every action a request that succeeds in `fixtures/sandbox.toml`, made of its required parameters alone.

use super::blob::Version;
use super::{ACCOUNT, Reply, Service, wrap};

/// The application's key, enabled, AES, with the versions [`APP_OLD`] and [`APP_NEW`], `alias/app` and the tag
/// `env=dev`.
pub const APP: &str = "202b9877-5a25-46e3-a763-e20791b50001";
pub const APP_OLD: Version =
    Version { id: "2ab1a983-7072-4bbc-a582-584b5bd80000", material: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" };
pub const APP_NEW: Version =
    Version { id: "2ab1a983-7072-4bbc-a582-584b5bd80001", material: "HxwdGhsYGRYXFBUSExARDg8MDQoLCAkGBwQFAgMAAQA=" };

/// The enabled SM4 key, and its version.
pub const SM4: &str = "key-hzz62f1cb66fa42qo0001";
pub const SM4_VERSION: Version =
    Version { id: "2ab1a983-7072-4bbc-a582-584b5bd80002", material: "AAECAwQFBgcICQoLDA0ODw==" };

pub const PENDING_DELETION: &str = "202b9877-5a25-46e3-a763-e20791b50004";

/// The key whose material was deleted again, its version, and that material.
pub const PENDING_IMPORT: &str = "202b9877-5a25-46e3-a763-e20791b50005";
pub const PENDING_IMPORT_VERSION: Version =
    Version { id: "2ab1a983-7072-4bbc-a582-584b5bd80005", material: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" };

/// The key that signs: ECDSA on P-256, with the private key of RFC 6979, A.2.5.
pub const SIGNER: &str = "202b9877-5a25-46e3-a763-e20791b50011";
pub const SIGNER_VERSION: &str = "7c5e1d40-9d3a-4f0e-8b6c-584b5bd80011";
/// SHA-256 of "sample" and its signature there.
pub const DIGEST: &str = "ryvb4aqbbsHireHWlPQfxxqDHQJo6YkVYhE9imKt0b8=";
const SIGNATURE: &str =
    "MEYCIQDv1IsqrLao/RFA3ZzUXoHWnSyHe1aq+ZHDTQ6oTq83FgIhAPfLHJQtZXxB1DbHobbin2Xz6QDbua/0Bk3Eqy+EOs2o";

/// The SM2 key that encrypts, with the private key of GB/T 32918.5, appendix C; the ciphertext there, and its message.
pub const SM2: &str = "202b9877-5a25-46e3-a763-e20791b50012";
pub const SM2_VERSION: &str = "7c5e1d40-9d3a-4f0e-8b6c-584b5bd80012";
const SM2_CIPHERTEXT: &str = "BATr/HGOjReYYgQyJo53/rZBXi7eDgc8D09kDs0uFJpz6Fj52B5UMKV7Ntqrj5UKPGTm7mpjCU2ZKDr/dn4STfBZmDwY+AniYpI8U67CldMDg7VOO\
     dYJ0WCvyxkI0L2HZiGIbKmJypx9WAhzB8qTCS1lHvo=";
/// The public key of the same pair, as somebody else's to wrap with: SubjectPublicKeyInfo.
pub const SM2_PUBLIC_KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAECfnfMR5UIaFQ3X0WHkvFxnIXn60YM/wHa7CP81bzUCDM6kkM4m\
                                  d1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==";

/// The HMAC-SHA-256 key, and its code of [`PLAINTEXT`].
pub const MAC: &str = "202b9877-5a25-46e3-a763-e20791b50013";
const CODE: &str = "jQLMbd5fFxG+8hoe1LLVLww52qjO8lW8yuU8ok7y8YA=";

/// The managed data key, kept under [`APP`].
pub const DATA_KEY: &str = "app-data";

/// Stands in a sample for what only the service can tell: [`Sample::ready`].
const FROM_SERVICE: &str = "(from the service)";

/// "Hello world" in base64.
pub const PLAINTEXT: &str = "SGVsbG8gd29ybGQ=";

/// An action with parameters.
#[derive(Debug, Clone)]
pub struct Sample {
    pub action: String,
    pub parameters: Vec<(String, String)>,
}

impl Sample {
    #[track_caller]
    pub fn of(action: &str) -> Self {
        let sample = Self { action: action.to_owned(), parameters: Vec::new() };
        match action {
            "CreateKey"
            | "ListKeys"
            | "ListAliases"
            | "DescribeRegions"
            | "DescribeAccountKmsStatus"
            | "OpenKmsService" => sample,
            "DescribeKey"
            | "EnableKey"
            | "DisableKey"
            | "GenerateDataKey"
            | "GenerateDataKeyWithoutPlaintext"
            | "ListAliasesByKeyId"
            | "CreateKeyVersion"
            | "ListKeyVersions"
            | "ListResourceTags" => sample.with("KeyId", APP),
            "SetDeletionProtection" => sample
                .with("ProtectedResourceArn", format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{APP}"))
                .with("EnableDeletionProtection", "true"),
            "UpdateKeyDescription" => sample.with("KeyId", APP).with("Description", "another"),
            "UpdateRotationPolicy" => sample.with("KeyId", APP).with("EnableAutomaticRotation", "false"),
            "DescribeKeyVersion" => sample.with("KeyId", APP).with("KeyVersionId", APP_OLD.id),
            "TagResource" => sample.with("KeyId", APP).with("Tags", r#"[{"TagKey":"team","TagValue":"a"}]"#),
            "UntagResource" => sample.with("KeyId", APP).with("TagKeys", r#"["env"]"#),
            "TagResources" => sample
                .with("ResourceType", "key")
                .with("ResourceId.1", APP)
                .with("Tag.1.Key", "team")
                .with("Tag.1.Value", "a"),
            "UntagResources" => sample.with("ResourceType", "key").with("ResourceId.1", APP),
            "ListTagResources" => sample.with("ResourceType", "key"),
            "UpdateAlias" => sample.with("KeyId", SM4).with("AliasName", "alias/app"),
            "ScheduleKeyDeletion" => sample.with("KeyId", APP).with("PendingWindowInDays", "7"),
            "CancelKeyDeletion" => sample.with("KeyId", PENDING_DELETION),
            "CreateAlias" => sample.with("KeyId", APP).with("AliasName", "alias/new"),
            "DeleteAlias" => sample.with("AliasName", "alias/app"),
            "Encrypt" => sample.with("KeyId", APP).with("Plaintext", PLAINTEXT),
            "Decrypt" => sample.with("CiphertextBlob", APP_NEW.seal(PLAINTEXT.as_bytes(), &[])),
            "ReEncrypt" => {
                sample.with("CiphertextBlob", APP_NEW.seal(PLAINTEXT.as_bytes(), &[])).with("DestinationKeyId", SM4)
            }
            "GenerateAndExportDataKey" => wrapped(sample.with("KeyId", APP)),
            "ExportDataKey" => wrapped(sample.with("CiphertextBlob", APP_NEW.seal(PLAINTEXT.as_bytes(), &[]))),
            "GetManagedDataKey" | "ListManagedDataKeyVersions" => sample.with("DataKeyName", DATA_KEY),
            "AsymmetricSign" => sample
                .with("KeyId", SIGNER)
                .with("KeyVersionId", SIGNER_VERSION)
                .with("Algorithm", "ECDSA_SHA_256")
                .with("Digest", DIGEST),
            "AsymmetricVerify" => {
                let signed = Self::of("AsymmetricSign");
                Self { action: sample.action, ..signed }.with("Value", SIGNATURE)
            }
            "AsymmetricEncrypt" | "AsymmetricDecrypt" => {
                let sample = sample.with("KeyId", SM2).with("KeyVersionId", SM2_VERSION).with("Algorithm", "SM2PKE");
                let is_encryption = action == "AsymmetricEncrypt";
                let (name, value) =
                    if is_encryption { ("Plaintext", PLAINTEXT) } else { ("CiphertextBlob", SM2_CIPHERTEXT) };
                sample.with(name, value)
            }
            "GetPublicKey" => sample.with("KeyId", SIGNER).with("KeyVersionId", SIGNER_VERSION),
            "GenerateMac" | "VerifyMac" => {
                let sample = sample.with("KeyId", MAC).with("Algorithm", "HMAC_SHA_256").with("Message", PLAINTEXT);
                if action == "VerifyMac" { sample.with("Mac", CODE) } else { sample }
            }
            "GetParametersForImport" => sample
                .with("KeyId", PENDING_IMPORT)
                .with("WrappingAlgorithm", "SM2PKE")
                .with("WrappingKeySpec", "EC_SM2"),
            "ImportKeyMaterial" => sample
                .with("KeyId", PENDING_IMPORT)
                .with("EncryptedKeyMaterial", FROM_SERVICE)
                .with("ImportToken", FROM_SERVICE)
                .with("KeyMaterialExpireUnix", "0"),
            "DeleteKeyMaterial" => sample.with("KeyId", PENDING_IMPORT),
            other => panic!("{other} has no sample: give it one"),
        }
    }

    /// With the parameter set so.
    #[must_use]
    pub fn with(self, name: &str, value: impl Into<String>) -> Self {
        let mut sample = self.without(name);
        sample.parameters.push((name.to_owned(), value.into()));
        sample
    }

    /// Without the parameter, or those that a list of this name stands in.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        let is_below = |own: &str| own.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        self.parameters.retain(|(own, _)| own != name && !is_below(own));
        self
    }

    /// The key that the sample is about.
    pub fn key(&self) -> &str {
        self.parameters.iter().find(|(name, _)| name == "KeyId").map_or(APP, |(_, id)| id)
    }

    /// With what only the service can tell: a token, and the material wrapped with its key.
    #[must_use]
    pub fn ready(&self, service: &Service) -> Self {
        if self.parameters.iter().all(|(_, value)| value != FROM_SERVICE) {
            return self.clone();
        }
        let import = wrap::Import::ask(service, PENDING_IMPORT, "SM2PKE", "EC_SM2");
        let material = super::blob::decode(PENDING_IMPORT_VERSION.material);
        let known = |name: &str| match name {
            "EncryptedKeyMaterial" => import.wrap(&material),
            "ImportToken" => import.token.clone(),
            other => panic!("the service does not tell {other}"),
        };
        let ready = |(name, value): &(String, String)| {
            (name.clone(), if value == FROM_SERVICE { known(name) } else { value.clone() })
        };
        Self { action: self.action.clone(), parameters: self.parameters.iter().map(ready).collect() }
    }

    pub fn call(&self, service: &Service, access_key: &str) -> Reply {
        let ready = self.ready(service);
        let parameters: Vec<_> = ready.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        service.call(access_key, &self.action, &parameters)
    }
}

/// With somebody's public key to wrap a data key with.
fn wrapped(sample: Sample) -> Sample {
    sample.with("PublicKeyBlob", SM2_PUBLIC_KEY).with("WrappingKeySpec", "EC_SM2").with("WrappingAlgorithm", "SM2PKE")
}

/// Check that a call of `action` came to what it comes to where nothing stands in its way: success, but for the one
/// action whose deed is done from the start.
#[track_caller]
pub fn done(action: &str, reply: Reply) -> Reply {
    if action == "OpenKmsService" { reply.refused(400, "Forbidden.Opened") } else { reply.ok() }
}

/// A key with imported material that is enabled, as a block of a sandbox file.
pub const EXTERNAL: &str = "202b9877-5a25-46e3-a763-e20791b50009";
pub const EXTERNAL_BLOCK: &str = r#"
[[account.key]]
id = "202b9877-5a25-46e3-a763-e20791b50009"
origin = "EXTERNAL"
created = 2026-01-01T00:00:00Z
"#;

/// `fixtures/sandbox.toml` with `blocks` more in its first account.
pub fn fixture_with(blocks: &str) -> String {
    const BEFORE: &str = "[[account.user]]\nname = \"nobody\"";
    let fixture = include_str!("../../fixtures/sandbox.toml");
    assert_eq!(fixture.matches(BEFORE).count(), 1, "the fixture has changed");
    fixture.replace(BEFORE, &format!("{blocks}\n{BEFORE}"))
}

/// Blocks of a user, its AccessKey of the same name, and its one policy, made of `statements`.
pub fn user(name: &str, statements: &str) -> String {
    user_in_context(name, statements, &[])
}

/// The same, with condition keys set.
pub fn user_in_context(name: &str, statements: &str, context: &[(&str, &str)]) -> String {
    let context: Vec<_> = context.iter().map(|(key, value)| format!("{key:?} = {value:?}")).collect();
    let context = context.join(", ");
    format!(
        r#"
[[account.user]]
name = "{name}"
access_keys = [{{ id = "{name}", secret = "{name}-secret" }}]
policies = ["policy-of-{name}"]
context = {{ {context} }}
[[account.policy]]
name = "policy-of-{name}"
document = '''{{"Version":"1","Statement":[{statements}]}}'''
"#
    )
}

pub fn allow(action: &str, resource: &str) -> String {
    statement("Allow", action, resource)
}

pub fn deny(action: &str, resource: &str) -> String {
    statement("Deny", action, resource)
}

fn statement(effect: &str, action: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}"#)
}
