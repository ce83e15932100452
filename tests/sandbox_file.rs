//! The sandbox file: every field has its effect, and every mistake is told with its place.

use proptest::prelude::{ProptestConfig, any, prop, proptest};
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::{BoxedUint, PublicKey};
use yaoshi::config::{Counts, DEFAULT_REGION, SandboxFile, SandboxFileError, load};

use crate::support::samples::{APP, APP_NEW, APP_OLD, PENDING_DELETION, SM4, SM4_VERSION, Sample};
use crate::support::{NOW, Reply, Service};

const FIXTURE: &str = include_str!("../fixtures/sandbox.toml");

fn loaded(text: &str) -> Result<(Counts, Vec<String>), SandboxFileError> {
    let contents = load(Some(&SandboxFile::parse("f.toml", text)?), DEFAULT_REGION, NOW.parse().unwrap())?;
    Ok((contents.counts, contents.warnings))
}

#[test]
fn the_fixture_is_right() {
    let (counts, warnings) = loaded(FIXTURE).unwrap();
    assert_eq!(counts, Counts { accounts: 2, users: 2, policies: 1, keys: 11 });
    assert_eq!(warnings, Vec::<String>::new());
}

fn describe(service: &Service, key: &str) -> Reply {
    service.call("yaoshi", "DescribeKey", &[("KeyId", key)]).ok()
}

/// Key by key, each member of the file where the service tells it.
#[test]
fn fields_of_keys() {
    let service = Service::with_fixture();
    let version = "PrimaryKeyVersion";
    let rows: &[(&str, &[(&str, &str)])] = &[
        (
            APP,
            &[
                ("KeySpec", "Aliyun_AES_256"),
                ("KeyUsage", "ENCRYPT/DECRYPT"),
                ("Origin", "Aliyun_KMS"),
                ("ProtectionLevel", "SOFTWARE"),
                ("Description", "the application's key"),
                ("KeyState", "Enabled"),
                ("CreationDate", "2026-01-01T00:00:00Z"),
                ("DeleteDate", ""),
                (version, APP_NEW.id),
                ("LastRotationDate", "2026-05-31T16:00:00Z"), // 2026-06-01T00:00:00+08:00
            ],
        ),
        // Defaults, but for what the file says.
        (
            SM4,
            &[
                ("KeySpec", "Aliyun_SM4"),
                ("ProtectionLevel", "HSM"),
                ("KeyState", "Enabled"),
                ("CreationDate", NOW),
                ("Description", ""),
                (version, SM4_VERSION.id),
                ("LastRotationDate", NOW),
            ],
        ),
        ("202b9877-5a25-46e3-a763-e20791b50003", &[("KeyState", "Disabled"), ("Origin", "Aliyun_KMS")]),
        (PENDING_DELETION, &[("KeyState", "PendingDeletion"), ("DeleteDate", "2099-01-01T00:00:00Z")]),
        ("202b9877-5a25-46e3-a763-e20791b50005", &[("KeyState", "PendingImport"), ("Origin", "EXTERNAL")]),
        ("202b9877-5a25-46e3-a763-e20791b50006", &[("KeyState", "Unavailable")]),
    ];
    for (key, members) in rows {
        let described = describe(&service, key);
        for (name, value) in *members {
            assert_eq!(described.text_at(&format!("KeyMetadata.{name}")), *value, "{key}: {name}");
        }
    }
    // Where a key lives, and whose it is.
    let there = [("RegionId", "ap-southeast-1"), ("KeyId", "alias/app")];
    let there = service.call("yaoshi", "DescribeKey", &there).ok().text_at("KeyMetadata.KeyId");
    assert_eq!(there, "202b9877-5a25-46e3-a763-e20791b50007");
    service.call("other", "DescribeKey", &[("KeyId", "202b9877-5a25-46e3-a763-e20791b50008")]).ok();
    // Aliases.
    assert_eq!(describe(&service, "alias/app").text_at("KeyMetadata.KeyId"), APP);
    // Material: that of every version, oldest and newest.
    for version in [APP_OLD, APP_NEW, SM4_VERSION] {
        Sample::of("Decrypt").with("CiphertextBlob", version.seal(b"x", &[])).call(&service, "yaoshi").ok();
    }
    // A key that is given no version has one of its own.
    assert_eq!(describe(&service, "alias/disabled").text_at("KeyMetadata.PrimaryKeyVersion").len(), 36);
}

/// AccessKeys and their status, users, policies (own and published), context; tags are seen in `permissions.rs`.
#[test]
fn fields_of_identities() {
    let service = Service::with_fixture();
    let call = |access_key: &str, action: &str| Sample::of(action).call(&service, access_key);
    call("yaoshi", "CreateKey").ok();
    call("reader", "DescribeKey").ok(); // AliyunKMSReadOnlyAccess
    call("reader", "Decrypt").ok(); // decrypt-app, from the address in its context
    call("reader", "Encrypt").refused(403, "Forbidden.NoPermission");
    call("reader-old", "DescribeKey").refused(403, "Forbidden.AccessKey");
    call("nobody", "DescribeKey").refused(403, "Forbidden.NoPermission");
    let elsewhere = FIXTURE.replace("\"acs:SourceIp\" = \"203.0.113.7\"", "\"acs:SourceIp\" = \"198.51.100.7\"");
    let elsewhere = Service::with_file(&elsewhere);
    Sample::of("Decrypt").call(&elsewhere, "reader").refused(403, "Forbidden.NoPermission");
}

#[test]
fn keys_without_a_region_live_in_the_default_one() {
    let file = SandboxFile::parse("f.toml", FIXTURE).unwrap();
    let options = yaoshi::config::Options { file: Some(file), region: "eu-central-1".into(), ..Default::default() };
    let service = Service::with_options(&options);
    let describe =
        |region: &str, key: &str| service.call("yaoshi", "DescribeKey", &[("RegionId", region), ("KeyId", key)]);
    describe("eu-central-1", SM4).ok();
    describe("cn-hangzhou", SM4).refused(404, "Forbidden.KeyNotFound");
    describe("cn-hangzhou", APP).ok();
}

/// What stands before the blocks under test; they begin in line 5.
const HEAD: &str = "version = 1\n[[account]]\nid = \"12\"\naccess_keys = [{ id = \"ak\", secret = \"s\" }]\n";

/// Each row: what follows [`HEAD`], and the whole error without the file's name.
const WRONG_BLOCKS: &[(&str, &str)] = &[
    // The form.
    (
        "color = 1\n",
        "5:1: unknown field `color`, expected one of `id`, `access_keys`, `bearer_tokens`, `user`, `policy`, `key`, `data_key`",
    ),
    (
        "[[account.user]]\nname = \"u\"\nmail = \"m\"\n",
        "7:1: unknown field `mail`, expected one of `name`, `access_keys`, `bearer_tokens`, `policies`, `context`",
    ),
    ("[[account.key]]\nid = 7\n", "6:6: invalid type: integer `7`, expected a string"),
    ("[[account.key]]\nid = \"k\"\nid = \"k\"\n", "7:1: duplicate key"),
    ("[[account.key]]\nstate = \"Enabled\"\n", "5:1: missing field `id`"),
    (
        "[[account.user]]\nname = \"u\"\naccess_keys = [{ id = \"a\" }]\n",
        "7:16: AccessKey \"a\" has neither a secret nor a public_key",
    ),
    (
        "[[account.user]]\nname = \"u\"\naccess_keys = [{ id = \"a\", secret = \"s\", status = \"active\" }]\n",
        "7:51: unknown variant `active`, expected `Active` or `Inactive`",
    ),
    // Identities.
    ("[[account]]\nid = \"12\"\n", "5:1: account \"12\" stands twice"),
    ("[[account]]\nid = \"12a\"\n", "5:1: account id \"12a\" is not 1 to 20 digits"),
    (
        "[[account.user]]\nname = \"u v\"\n",
        "5:1: user \"u v\": user name \"u v\" is not 1 to 64 letters, digits, '.', '-' or '_'",
    ),
    ("[[account.user]]\nname = \"u\"\n[[account.user]]\nname = \"u\"\n", "7:1: user \"u\" stands twice"),
    (
        "[[account.user]]\nname = \"u\"\naccess_keys = [{ id = \"ak\", secret = \"s\" }]\n",
        "7:16: AccessKey \"ak\" stands twice",
    ),
    (
        "[[account.user]]\nname = \"u\"\naccess_keys = [{ id = \"a b\", secret = \"s\" }]\n",
        "7:16: AccessKey id \"a b\" is not 1 to 128 letters, digits, '.', '-' or '_'",
    ),
    (
        "[[account.user]]\nname = \"u\"\naccess_keys = [{ id = \"a\", secret = \"\" }]\n",
        "7:16: AccessKey a has an empty secret",
    ),
    (
        "[[account.user]]\nname = \"u\"\ncontext = { \"acs:SourceIp\" = \"here\" }\n",
        "5:1: user \"u\": condition key \"acs:SourceIp\" cannot be \"here\": an IPv4 or IPv6 address is expected",
    ),
    (
        "[[account.user]]\nname = \"u\"\ncontext = { SourceIp = \"1.2.3.4\" }\n",
        "5:1: user \"u\": condition key \"SourceIp\" is not of the form acs:<name> or <service>:<name>, or stands twice",
    ),
    (
        "[[account.user]]\nname = \"u\"\naccess_keys = [{ id = \"a\", secret = 12345678 }]\n",
        "7:37: a secret is a text in quotes",
    ),
    (
        "[[account.user]]\nname = \"u\"\naccess_keys = [{ id = \"a\", secret = \"s\", public_key = \"hush\" }]\n",
        "7:16: AccessKey \"a\" has both a secret and a public_key: it signs with one of them",
    ),
    (
        "[[account.user]]\nname = \"u\"\naccess_keys = [{ id = \"a\", public_key = \"hush\" }]\n",
        "7:16: AccessKey \"a\" has a public_key that is not the PEM of an RSA public key",
    ),
    ("bearer_tokens = [7]\n", "5:17: a secret is a text in quotes"),
    (
        "bearer_tokens = [\"hush-hush-hush\"]\n",
        "5:18: acs:ram::12:root: a bearer token has 16 to 4096 visible ASCII characters",
    ),
    (
        "[[account.user]]\nname = \"u\"\nbearer_tokens = [\"hush hush hush hush\"]\n",
        "7:18: acs:ram::12:user/u: a bearer token has 16 to 4096 visible ASCII characters",
    ),
    (
        "bearer_tokens = [\"hush-hush-hush-hush\", \"hush-hush-hush-hush\"]\n",
        "5:41: acs:ram::12:root: a bearer token stands twice",
    ),
    (
        "bearer_tokens = [\"hush-hush-hush-hush\"]\n[[account.user]]\nname = \"u\"\nbearer_tokens = [\"hush-hush-hush-hush\"]\n",
        "8:18: acs:ram::12:user/u: a bearer token stands twice",
    ),
    // Policies.
    (
        "[[account.user]]\nname = \"u\"\npolicies = [\"AliyunKMSReadOnlyAccess\", \"mine\"]\n",
        "7:40: user \"u\" has policy \"mine\", which is neither in this account nor a system policy we know",
    ),
    (
        "[[account.policy]]\nname = \"AliyunKMSFullAccess\"\ndocument = '{}'\n",
        "5:1: policy \"AliyunKMSFullAccess\" is a system policy and cannot be defined here",
    ),
    ("[[account.policy]]\nname = \"p\"\ndocument = '{}'\n", "5:1: policy \"p\": Version is missing"),
    (
        "[[account.policy]]\nname = \"p\"\ndocument = '{'\n",
        "5:1: policy \"p\": the document is not JSON: EOF while parsing an object at line 1 column 1",
    ),
    (
        r#"[[account.policy]]
name = "p"
document = '''{"Version":"1","Statement":[
  {"Effect":"Allow","Action":"kms:*","Resource":"*"},
  {"Effect":"allow","Action":"kms:*","Resource":"*"}]}'''
"#,
        "5:1: policy \"p\", statement 2: Effect must be exactly \"Allow\" or \"Deny\", not \"allow\"",
    ),
    (
        r#"[[account.policy]]
name = "p"
document = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"key/k"}]}'
"#,
        "5:1: policy \"p\", statement 1: Resource \"key/k\" is neither \"*\" nor of the form \
         acs:<service>:<region>:<account>:<relative id>",
    ),
    (
        "[[account.policy]]\nname = \"p\"\ndocument = '{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\
         \"Resource\":\"*\"}]}'\n[[account.policy]]\nname = \"p\"\ndocument = '{\"Version\":\"1\",\"Statement\":[{\"Effect\":\
         \"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}'\n",
        "8:1: policy \"p\" stands twice",
    ),
    // Keys.
    ("[[account.key]]\nid = \"a/b\"\n", "5:1: key \"a/b\": a key id has 1 to 64 letters, digits, '-' and '_'"),
    ("[[account.key]]\nid = \"\"\n", "5:1: key \"\": a key id has 1 to 64 letters, digits, '-' and '_'"),
    ("[[account.key]]\nid = \"k\"\n[[account.key]]\nid = \"k\"\n", "7:1: key \"k\": it stands twice in cn-hangzhou"),
    ("[[account.key]]\nid = \"k\"\nregion = \"CN\"\n", "5:1: key \"k\": \"CN\" is no region"),
    (
        "[[account.key]]\nid = \"k\"\nspec = \"AES_256\"\n",
        "5:1: key \"k\": \"AES_256\" is not one of Aliyun_AES_256, Aliyun_SM4, RSA_2048, RSA_3072, RSA_4096, EC_P256, \
         EC_P256K, EC_SM2, HMAC_SHA_224, HMAC_SHA_256, HMAC_SHA_384, HMAC_SHA_512, HMAC_SM3",
    ),
    (
        "[[account.key]]\nid = \"k\"\nusage = \"SIGN/VERIFY\"\n",
        "5:1: key \"k\": a key of spec Aliyun_AES_256 is for ENCRYPT/DECRYPT, not SIGN/VERIFY",
    ),
    (
        "[[account.key]]\nid = \"k\"\norigin = \"External\"\n",
        "5:1: key \"k\": \"External\" is not one of Aliyun_KMS, EXTERNAL",
    ),
    (
        "[[account.key]]\nid = \"k\"\nprotection_level = \"hsm\"\n",
        "5:1: key \"k\": \"hsm\" is not one of SOFTWARE, HSM",
    ),
    (
        "[[account.key]]\nid = \"k\"\nstate = \"enabled\"\n",
        "5:1: key \"k\": \"enabled\" is not one of Enabled, Disabled, PendingDeletion, PendingImport, Unavailable",
    ),
    (
        "[[account.key]]\nid = \"k\"\nstate = \"PendingDeletion\"\n",
        "5:1: key \"k\": a key that is PendingDeletion has a delete_at",
    ),
    (
        "[[account.key]]\nid = \"k\"\ndelete_at = 2099-01-01T00:00:00Z\n",
        "5:1: key \"k\": only a key that is PendingDeletion has a delete_at",
    ),
    (
        "[[account.key]]\nid = \"k\"\nstate = \"PendingImport\"\n",
        "5:1: key \"k\": only a key of origin EXTERNAL is PendingImport",
    ),
    (
        "[[account.key]]\nid = \"k\"\ncreated = 2026-01-01\n",
        "7:11: \"2026-01-01\" is not RFC 3339, with Z or an offset",
    ),
    (
        "[[account.key]]\nid = \"k\"\ncreated = \"2026-01-01T00:00:00\"\n",
        "7:11: \"2026-01-01T00:00:00\" is not RFC 3339, with Z or an offset",
    ),
    ("[[account.key]]\nid = \"k\"\ncreated = 7\n", "7:11: a date is RFC 3339, as 2026-11-22T07:03:49Z"),
    ("[[account.key]]\nid = \"k\"\naliases = [\"app\"]\n", "5:1: key \"k\": alias \"app\" does not begin with alias/"),
    (
        "[[account.key]]\nid = \"k\"\naliases = [\"alias/a.b\"]\n",
        "5:1: key \"k\": alias \"alias/a.b\": an alias is made of letters, digits, '_', '-' and '/'",
    ),
    (
        "[[account.key]]\nid = \"k\"\naliases = [\"alias/acs/x\"]\n",
        "5:1: key \"k\": alias \"alias/acs/x\": aliases that begin with 'acs' are reserved",
    ),
    (
        "[[account.key]]\nid = \"k\"\naliases = [\"alias/a\"]\n[[account.key]]\nid = \"l\"\naliases = [\"alias/a\"]\n",
        "8:1: key \"l\": alias \"a\" stands for another key already",
    ),
    (
        "[[account.key]]\nid = \"k\"\ntags = { \"acs:x\" = \"v\" }\n",
        "5:1: key \"k\": tag \"acs:x\": keys that begin with aliyun or acs: are reserved",
    ),
    (
        "[[account.key]]\nid = \"k\"\ntags = { k = \"a b\" }\n",
        "5:1: key \"k\": tag \"k\": values are made of letters, digits and / \\ _ - . + = : @",
    ),
    // Versions.
    (
        "[[account.key]]\nid = \"k\"\nversions = [{ id = \"v1\", material = \"\" }]\n",
        "7:13: key \"k\": version id \"v1\" is not a lower-case UUID",
    ),
    (
        "[[account.key]]\nid = \"k\"\nversions = [{ id = \"2AB1A983-7072-4bbc-a582-584b5bd80000\", material = \"\" }]\n",
        "7:13: key \"k\": version id \"2AB1A983-7072-4bbc-a582-584b5bd80000\" is not a lower-case UUID",
    ),
    (
        "[[account.key]]\nid = \"k\"\nversions = [{ id = \"2ab1a983-7072-4bbc-a582-584b5bd80000\", material = \"AA==\" }]\n",
        "7:13: key \"k\": the material of version 2ab1a983-7072-4bbc-a582-584b5bd80000 has 1 bytes, Aliyun_AES_256 wants 32",
    ),
    (
        "[[account.key]]\nid = \"k\"\nspec = \"Aliyun_SM4\"\nversions = [{ id = \"2ab1a983-7072-4bbc-a582-584b5bd80000\", \
         material = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\" }]\n",
        "8:13: key \"k\": the material of version 2ab1a983-7072-4bbc-a582-584b5bd80000 has 32 bytes, Aliyun_SM4 wants 16",
    ),
    (
        "[[account.key]]\nid = \"k\"\nversions = [{ id = \"2ab1a983-7072-4bbc-a582-584b5bd80000\", material = \"?\" }]\n",
        "7:13: key \"k\": the material of version 2ab1a983-7072-4bbc-a582-584b5bd80000 is neither base64 nor hex nor PEM",
    ),
    (
        "[[account.key]]\nid = \"k\"\nspec = \"Aliyun_SM4\"\nversions = [\n  { id = \"2ab1a983-7072-4bbc-a582-584b5bd80000\", \
         material = \"AAECAwQFBgcICQoLDA0ODw==\" },\n  { id = \"2ab1a983-7072-4bbc-a582-584b5bd80000\", material = \
         \"AAECAwQFBgcICQoLDA0ODw==\" },\n]\n",
        "10:3: key \"k\": version 2ab1a983-7072-4bbc-a582-584b5bd80000 stands twice in cn-hangzhou",
    ),
];

#[test]
fn mistakes_are_told_with_their_place() {
    loaded(HEAD).unwrap();
    for (block, expected) in WRONG_BLOCKS {
        let text = format!("{HEAD}{block}");
        let error = loaded(&text).map_or_else(|error| error.to_string(), |_| "nothing is wrong".to_owned());
        assert_eq!(error, format!("f.toml:{expected}"), "{block}");
    }
}

/// An RSA public key of so many bits, which nobody has the private half of.
fn public_key(bits: u32) -> PublicKey {
    let top = BoxedUint::one_with_precision(8192) << (bits - 1);
    PublicKey::new_unchecked(top | BoxedUint::one_with_precision(8192), BoxedUint::from(65_537_u64))
}

#[test]
fn public_keys_are_pem_of_rsa() {
    let spki = |bits| public_key(bits).to_public_key_pem(LineEnding::LF).unwrap();
    let wrong_length =
        |bits| format!("f.toml:4:16: AccessKey a has a public key of {bits} bits; 2048 to 4096 are accepted");
    let no_key = "f.toml:4:16: AccessKey \"a\" has a public_key that is not the PEM of an RSA public key";
    for (pem, expected) in [
        (spki(2048), ""),
        (spki(3072), ""),
        (spki(4096), ""),
        (public_key(2048).to_pkcs1_pem(LineEnding::LF).unwrap(), ""),
        (spki(2048).replace('\n', "\r\n"), ""),
        (format!("\n\n{}\n \n", spki(2048)), ""),
        (spki(1024), &wrong_length(1024)),
        (spki(2040), &wrong_length(2040)),
        (spki(2047), &wrong_length(2047)),
        (spki(4097), &wrong_length(4097)),
        (spki(8192), &wrong_length(8192)),
        (spki(512), no_key),
        (spki(2048).replacen("MIIB", "MIIC", 1), no_key),
        (spki(2048).replacen("BEGIN PUBLIC KEY", "BEGIN", 1), no_key),
        (spki(2048).lines().nth(1).unwrap().to_owned(), no_key),
        (include_str!("../fixtures/keys/rsa-2048.pem").to_owned(), no_key),
        (EC_PUBLIC_KEY.to_owned(), no_key),
        (String::new(), no_key),
    ] {
        let text = format!(
            "version = 1\n[[account]]\nid = \"12\"\naccess_keys = [{{ id = \"a\", public_key = '''{pem}''' }}]\n"
        );
        let told = loaded(&text).map_or_else(|error| error.to_string(), |_| String::new());
        assert_eq!(told, expected, "{pem}");
    }
}

/// On P-256.
const EC_PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE5MmIQawHADGGL1TxooX5H1NA5Wzd
niZpDrGcBGZ4/M65GXqEsgHPVw/6rgq4GtwaPYKIIBUOWTmJJWt3U5emEg==
-----END PUBLIC KEY-----
";

#[test]
fn mistakes_of_the_document() {
    for (text, expected) in [
        ("", "1:1: missing field `version`"),
        ("version = 2\n", "1:11: version 2 of the sandbox file is not known, only 1 is"),
        ("version = \"1\"\n", "1:11: invalid type: string \"1\", expected u32"),
        ("version = 1\nregion = \"cn-hangzhou\"\n", "2:1: unknown field `region`, expected `version` or `account`"),
        ("version = 1\n[[account]]\n", "2:1: missing field `id`"),
    ] {
        let error = loaded(text).unwrap_err().to_string();
        assert_eq!(error, format!("f.toml:{expected}"));
    }
    // Whatever the TOML parser says is one line.
    for text in ["version =", "version = 1\n[[account", "version = 1\nü", "= 1", "version = 1\n'''"] {
        let error = loaded(text).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

/// RAM has neither. Source: alibaba-ram §1.
#[test]
fn operators_that_ram_lacks_refuse_to_load() {
    for operator in ["StringEqualsIfExists", "Null", "ForAnyValue:StringLike", "ArnLike"] {
        let block = format!(
            "[[account.policy]]\nname = \"p\"\ndocument = '''{{\"Version\":\"1\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\
             \"*\",\"Resource\":\"*\",\"Condition\":{{\"{operator}\":{{\"acs:SourceIp\":\"1.2.3.4\"}}}}}}]}}'''\n"
        );
        let error = loaded(&format!("{HEAD}{block}")).unwrap_err().to_string();
        assert!(error.starts_with("f.toml:5:1: policy \"p\", statement 1: The condition operator "), "{error}");
        assert!(error.contains(operator) && error.contains(" is not supported"), "{error}");
    }
}

#[test]
fn what_is_probably_not_meant_is_a_warning_with_its_place() {
    let block = "[[account.policy]]\nname = \"p\"\ndocument = '{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\
                 \"*\",\"Resource\":\"acs:kms:*:${account}:key/*\"}]}'\n";
    let (_, warnings) = loaded(&format!("{HEAD}{block}")).unwrap();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("f.toml:5:1: policy \"p\", statement 1: Resource "), "{}", warnings[0]);
}

/// The same id may stand in another region or account, the same alias too.
#[test]
fn what_may_stand_twice() {
    let key = |region: &str| format!("[[account.key]]\nid = \"k\"\nregion = {region:?}\naliases = [\"alias/a\"]\n");
    let text =
        format!("{HEAD}{}{}[[account]]\nid = \"13\"\n{}", key("cn-hangzhou"), key("cn-beijing"), key("cn-hangzhou"));
    assert_eq!(loaded(&text).unwrap().0.keys, 3);
}

/// A deletion date may have passed already: the key is gone, and its alias is free for another.
#[test]
fn a_key_whose_deletion_date_has_passed_is_not_there() {
    let block = "[[account.key]]\nid = \"gone\"\nstate = \"PendingDeletion\"\ndelete_at = 2026-11-22T07:00:00Z\n\
                 aliases = [\"alias/a\"]\n[[account.key]]\nid = \"here\"\naliases = [\"alias/a\"]\n";
    let head = HEAD.replace("{ id = \"ak\", secret = \"s\" }", "{ id = \"yaoshi\", secret = \"yaoshi\" }");
    let service = Service::with_file(&format!("{head}{block}"));
    service.call("yaoshi", "DescribeKey", &[("KeyId", "gone")]).refused(404, "Forbidden.KeyNotFound");
    assert_eq!(describe(&service, "alias/a").text_at("KeyMetadata.KeyId"), "here");
    assert_eq!(service.call("yaoshi", "ListKeys", &[]).ok().json()["TotalCount"], 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// However the fixture is mangled, it loads or is refused in one line with a place in it.
    #[test]
    fn no_mutation_of_the_fixture_panics(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, "[\\PC\n]{0,6}"), 1..4),
    ) {
        let mut characters: Vec<char> = FIXTURE.chars().collect();
        for (at, length, inserted) in cuts {
            let at = at.index(characters.len().max(1));
            let end = (at + length).min(characters.len());
            characters.splice(at..end, inserted.chars());
        }
        let text: String = characters.into_iter().collect();
        if let Err(error) = loaded(&text) {
            assert!(error.line >= 1 && error.line <= text.lines().count() + 1, "{error}");
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
        }
    }
}
