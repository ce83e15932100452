//! Alibaba's own policies, as published.

use std::sync::{Arc, LazyLock};

use super::Policy;

/// The policies [`system_policy`] knows.
pub const SYSTEM_POLICY_NAMES: [&str; DOCUMENTS.len()] = {
    let mut names = [""; DOCUMENTS.len()];
    let mut at = 0;
    while at < DOCUMENTS.len() {
        names[at] = DOCUMENTS[at].0;
        at += 1;
    }
    names
};

/// The system policy of this name (case matters), parsed once and shared.
///
/// | name | version | source |
/// | --- | --- | --- |
/// | `AliyunKMSFullAccess` | v3 | system policy reference of KMS |
/// | `AliyunKMSReadOnlyAccess` | v3, 2025-09-23 | system policy reference of KMS |
/// | `AliyunKMSCryptoUserAccess` | v2, 2026-07-09 | system policy reference of KMS |
/// | `AliyunKMSCryptoAdminAccess` | v2, 2023-06-26 | system policy reference of KMS |
/// | `AliyunKMSSecretUserAccess` | v1 | system policy reference of KMS |
/// | `AliyunKMSSecretAdminAccess` | unknown | text not published where we could read it; chosen: `kms:*` on every secret |
/// | `AdministratorAccess` | v1 | RAM documentation |
/// | `AliyunSTSAssumeRoleAccess` | v1 | RAM documentation |
pub fn system_policy(name: &str) -> Option<Arc<Policy>> {
    POLICIES.iter().find(|policy| policy.name() == name).cloned()
}

static POLICIES: LazyLock<Vec<Arc<Policy>>> = LazyLock::new(|| {
    let parse = |(name, document): &(&str, &str)| {
        Arc::new(Policy::parse(name, document).expect("a published policy follows the grammar"))
    };
    DOCUMENTS.iter().map(parse).collect()
});

const DOCUMENTS: &[(&str, &str)] = &[
    ("AliyunKMSFullAccess", include_str!("system/AliyunKMSFullAccess.json")),
    ("AliyunKMSReadOnlyAccess", include_str!("system/AliyunKMSReadOnlyAccess.json")),
    ("AliyunKMSCryptoUserAccess", include_str!("system/AliyunKMSCryptoUserAccess.json")),
    ("AliyunKMSCryptoAdminAccess", include_str!("system/AliyunKMSCryptoAdminAccess.json")),
    ("AliyunKMSSecretUserAccess", include_str!("system/AliyunKMSSecretUserAccess.json")),
    ("AliyunKMSSecretAdminAccess", include_str!("system/AliyunKMSSecretAdminAccess.json")),
    ("AdministratorAccess", include_str!("system/AdministratorAccess.json")),
    ("AliyunSTSAssumeRoleAccess", include_str!("system/AliyunSTSAssumeRoleAccess.json")),
];

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::access::policy::Effect;

    #[test]
    fn every_system_policy_parses_without_a_warning() {
        for name in SYSTEM_POLICY_NAMES {
            let policy = system_policy(name).unwrap();
            assert_eq!((policy.name(), policy.warnings()), (name, &[][..]));
        }
        assert!(system_policy("aliyunkmsfullaccess").is_none());
        assert!(system_policy("AliyunOSSFullAccess").is_none());
    }

    /// Columns: `Full`, `ReadOnly`, `CryptoUser`, `CryptoAdmin`, `SecretUser`, `SecretAdmin`,
    /// `AdministratorAccess`, `AliyunSTSAssumeRoleAccess`; `x` allows, `.` does not.
    #[rstest]
    #[case("kms:CreateKey", "key", "x..x..x.")]
    #[case("kms:ListKeys", "key", "xx.x..x.")]
    #[case("kms:DescribeKey", "key/k", "xx.x..x.")]
    #[case("kms:ScheduleKeyDeletion", "key/k", "x..x..x.")]
    #[case("kms:Encrypt", "key/k", "x.xx..x.")]
    #[case("kms:Decrypt", "key/k", "x.xx..x.")]
    #[case("kms:GenerateDataKeyWithoutPlaintext", "key/k", "x.xx..x.")]
    #[case("kms:GenerateMac", "key/k", "x.xx..x.")]
    #[case("kms:ExportDataKey", "key/k", "x..x..x.")]
    #[case("kms:GenerateAndExportDataKey", "key/k", "x..x..x.")]
    #[case("kms:ReEncryptFrom", "key/k", "x..x..x.")]
    #[case("kms:GetPublicKey", "key/k", "xxxx..x.")]
    #[case("kms:GetKeyPolicy", "key/k", "xx.x..x.")]
    #[case("kms:GetParametersForImport", "key/k", "x..x..x.")]
    #[case("kms:ListAliases", "alias", "xx.x..x.")]
    #[case("kms:CreateAlias", "alias/a", "x..x..x.")]
    #[case("kms:ReleaseKmsInstance", "keystore/kst-1", "x..x..x.")]
    #[case("kms:CreateSecret", "secret", "x....xx.")]
    #[case("kms:ListSecrets", "secret", "xx...xx.")]
    #[case("kms:GetSecretValue", "secret/s", "x...xxx.")]
    #[case("kms:DescribeSecret", "secret/s", "xx..xxx.")]
    #[case("kms:ListSecretVersionIds", "secret/s", "xx..xxx.")]
    #[case("kms:DeleteSecret", "secret/s", "x....xx.")]
    #[case("ecs:TagResources", "key/k", "...x..x.")]
    #[case("ecs:TagResources", "key", "......x.")]
    #[case("ecs:TagResources", "secret/s", "...x..x.")]
    #[case("ram:CreateServiceLinkedRole", "key", "......x.")]
    #[case("sts:AssumeRole", "key", "......xx")]
    fn system_policies_allow_what_they_say(#[case] action: &str, #[case] relative: &str, #[case] expected: &str) {
        let resource = format!("acs:kms:cn-hangzhou:123456:{relative}");
        let allows = |name: &&str| {
            let policy = system_policy(name).unwrap();
            let allows = policy
                .statements()
                .iter()
                .any(|statement| statement.effect() == Effect::Allow && statement.matches(action, &resource, |_| None));
            if allows { 'x' } else { '.' }
        };
        assert_eq!(SYSTEM_POLICY_NAMES.iter().map(allows).collect::<String>(), expected);
    }
}
