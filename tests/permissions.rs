//! Who may call what: the checks of every action, and the order of the answers.

use serde_json::{Value, json};
use yaoshi::dialect::Request;
use yaoshi::dialect::alibaba::kms;

use crate::support::samples::{
    APP, DATA_KEY, PLAINTEXT, SM4, Sample, allow, deny, done, fixture_with, user, user_in_context,
};
use crate::support::wire::{Draft, Signing};
use crate::support::{ACCOUNT, Reply, Service, from_loopback};

const OTHER_ACCOUNT: &str = "6543210987654321";

fn key_arn(id: &str) -> String {
    format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{id}")
}

fn alias_arn(name: &str) -> String {
    format!("acs:kms:cn-hangzhou:{ACCOUNT}:alias/{name}")
}

/// What `action`'s sample asks of RAM: action and resource. Source: fixtures/catalogue/ram-actions.json.
fn checks(action: &str) -> Vec<(String, String)> {
    // No page tells what these two ask; the resource is a choice.
    if ["GetManagedDataKey", "ListManagedDataKeyVersions"].contains(&action) {
        return vec![(format!("kms:{action}"), format!("acs:kms:cn-hangzhou:{ACCOUNT}:datakey/{DATA_KEY}"))];
    }
    let table: Value = serde_json::from_str(include_str!("../fixtures/catalogue/ram-actions.json")).unwrap();
    let checks =
        table["actions"][action]["checks"].as_array().unwrap_or_else(|| panic!("{action} is not in the table"));
    let sample = Sample::of(action);
    let key = sample.key();
    let alias = if action == "CreateAlias" { "new" } else { "app" };
    let expanded = |template: &str| {
        let resource = [
            ("${region}", "cn-hangzhou"),
            ("${account}", ACCOUNT),
            ("${KeyId}", key),
            ("${bound key}", key),
            ("${old key}", APP),
            ("${new KeyId}", SM4),
            ("${ProtectedResourceArn}", &key_arn(APP)),
            ("${SourceKeyId or key in ciphertext}", key),
            ("${DestinationKeyId}", SM4),
            ("${AliasName-without-'alias/'}", alias),
        ]
        .iter()
        .fold(template.to_owned(), |text, (variable, value)| text.replace(variable, value));
        assert!(!resource.contains("${"), "{action}: {resource}");
        resource
    };
    // The samples are about keys.
    let counts = |check: &&Value| {
        let when = check["when"].as_str().unwrap();
        assert!(["always", "KeyId", "SecretName", "CertificateId", "ResourceType"].iter().any(|s| when.starts_with(s)));
        ["always", "KeyId given", "ResourceType=key, per ResourceId"].contains(&when)
    };
    let check = |check: &Value| {
        // Without a ResourceId the container is asked about, as the table's note says.
        let template = if action == "ListTagResources" {
            "acs:kms:${region}:${account}:key"
        } else {
            check["resource"].as_str().unwrap()
        };
        (check["action"].as_str().unwrap().to_owned(), expanded(template))
    };
    checks.iter().filter(counts).map(check).collect()
}

fn statements(checks: &[(String, String)]) -> String {
    checks.iter().map(|(action, resource)| allow(action, resource)).collect::<Vec<_>>().join(",")
}

/// The whole of a refusal: status, code, message with the resource's full name, and the detail, all strings.
#[track_caller]
fn is_denied(reply: &Reply, action: &str, resource: &str, kind: &str) {
    let reply = reply.clone().refused(403, "Forbidden.NoPermission");
    let about = if resource == "*" { String::new() } else { format!(" for {resource}") };
    assert_eq!(reply.message(), format!("This operation{about} is forbidden by permission system."));
    let json = reply.json();
    let name = json["AccessDeniedDetail"]["AuthPrincipalDisplayName"].as_str().unwrap().to_owned();
    assert!(name.len() == 18 && name.bytes().all(|byte| byte.is_ascii_digit()), "a user's numeric id: {name}");
    assert_eq!(
        json["AccessDeniedDetail"],
        json!({
            "AuthAction": action,
            "AuthPrincipalDisplayName": name,
            "AuthPrincipalOwnerId": ACCOUNT,
            "AuthPrincipalType": "SubUser",
            "NoPermissionType": kind,
            "PolicyType": "AccountLevelIdentityBasedPolicy",
        })
    );
}

#[test]
fn every_action_needs_every_check_of_its_row_and_nothing_else() {
    for entry in kms::ACTIONS {
        let (checks, sample) = (checks(entry.name), Sample::of(entry.name));
        if checks.is_empty() {
            assert_eq!(entry.name, "DescribeRegions", "only this one is free for everybody");
            sample.call(&Service::with_fixture(), "nobody").ok();
            continue;
        }
        let as_user = |statements: &str| sample.call(&Service::with_file(&fixture_with(&user("u", statements))), "u");
        done(entry.name, as_user(&statements(&checks)));
        for missing in 0..checks.len() {
            let (action, resource) = &checks[missing];
            let mut others = checks.clone();
            others.remove(missing);
            // A policy has at least one statement.
            let others = [statements(&others), allow("kms:ListSecrets", "*")].join(",");
            is_denied(&as_user(others.trim_start_matches(',')), action, resource, "ImplicitDeny");
            let denied = [allow("kms:*", "*"), deny(action, resource)].join(",");
            is_denied(&as_user(&denied), action, resource, "ExplicitDeny");
        }
    }
}

/// Documented twice (2025): the alias itself is not asked about.
#[test]
fn an_alias_in_key_id_is_checked_on_the_key() {
    let on_key = user("on-key", &allow("kms:Encrypt", &key_arn(APP)));
    let on_alias = user("on-alias", &allow("kms:Encrypt", &alias_arn("app")));
    let service = Service::with_file(&fixture_with(&[on_key, on_alias].concat()));
    for name in ["alias/app", &alias_arn("app")] {
        let sample = Sample::of("Encrypt").with("KeyId", name);
        sample.call(&service, "on-key").ok();
        is_denied(&sample.call(&service, "on-alias"), "kms:Encrypt", &key_arn(APP), "ImplicitDeny");
    }
}

/// The order of design.md: permission is asked for what the caller named; only who has it learns that it is not there.
#[test]
fn permission_comes_before_existence() {
    const UNKNOWN: &str = "202b9877-0000-46e3-a763-e20791b50001";
    const UNKNOWN_VERSION: &str = "2ab1a983-0000-4bbc-a582-584b5bd80001";
    let service = Service::with_fixture();
    let blob = crate::support::blob::Version { id: UNKNOWN_VERSION, ..crate::support::samples::APP_NEW }
        .seal(PLAINTEXT.as_bytes(), &[]);
    let elsewhere = format!("acs:kms:cn-beijing:{ACCOUNT}:key/{APP}");
    let alias_elsewhere = format!("acs:kms:cn-beijing:{ACCOUNT}:alias/app");
    for (action, name, value, resource, code) in [
        ("DescribeKey", "KeyId", UNKNOWN, key_arn(UNKNOWN), "Forbidden.KeyNotFound"),
        ("DescribeKey", "KeyId", "no id at all", key_arn("no id at all"), "Forbidden.KeyNotFound"),
        ("EnableKey", "KeyId", UNKNOWN, key_arn(UNKNOWN), "Forbidden.KeyNotFound"),
        ("Encrypt", "KeyId", &key_arn(UNKNOWN), key_arn(UNKNOWN), "Forbidden.KeyNotFound"),
        ("Encrypt", "KeyId", "alias/none", alias_arn("none"), "Forbidden.AliasNotFound"),
        ("Encrypt", "KeyId", &alias_arn("none"), alias_arn("none"), "Forbidden.AliasNotFound"),
        ("Encrypt", "KeyId", "alias/acs/none", alias_arn("acs/none"), "Forbidden.AliasNotFound"),
        ("DeleteAlias", "AliasName", "alias/none", alias_arn("none"), "Forbidden.AliasNotFound"),
        ("CreateAlias", "KeyId", UNKNOWN, key_arn(UNKNOWN), "Forbidden.KeyNotFound"),
        ("UpdateAlias", "AliasName", "alias/none", alias_arn("none"), "Forbidden.AliasNotFound"),
        ("UpdateAlias", "KeyId", UNKNOWN, alias_arn("app"), "Forbidden.KeyNotFound"),
        ("CreateKeyVersion", "KeyId", "alias/none", alias_arn("none"), "Forbidden.AliasNotFound"),
        ("SetDeletionProtection", "ProtectedResourceArn", &key_arn(UNKNOWN), key_arn(UNKNOWN), "Forbidden.KeyNotFound"),
        ("SetDeletionProtection", "ProtectedResourceArn", &elsewhere, elsewhere.clone(), "Forbidden.KeyNotFound"),
        ("TagResource", "KeyId", "alias/none", alias_arn("none"), "Forbidden.AliasNotFound"),
        ("TagResources", "ResourceId.1", UNKNOWN, key_arn(UNKNOWN), "InvalidResourceId.NotFound"),
        ("UntagResources", "ResourceId.1", &elsewhere, elsewhere.clone(), "InvalidResourceId.NotFound"),
        ("ListTagResources", "ResourceId.1", UNKNOWN, key_arn(UNKNOWN), "InvalidResourceId.NotFound"),
        ("Decrypt", "CiphertextBlob", &blob, key_arn(UNKNOWN_VERSION), "Forbidden.KeyNotFound"),
        ("ReEncrypt", "CiphertextBlob", &blob, key_arn(UNKNOWN_VERSION), "Forbidden.KeyNotFound"),
        ("Encrypt", "KeyId", &elsewhere, elsewhere.clone(), "Forbidden.KeyNotFound"),
        ("Encrypt", "KeyId", &alias_elsewhere, alias_elsewhere.clone(), "Forbidden.AliasNotFound"),
    ] {
        let sample = Sample::of(action).with(name, value);
        let refused = sample.call(&service, "nobody").refused(403, "Forbidden.NoPermission");
        assert_eq!(
            refused.message(),
            format!("This operation for {resource} is forbidden by permission system."),
            "{action} {value}"
        );
        sample.call(&service, "yaoshi").refused(404, code);
    }
    // The destination is looked for, and asked about, after the source.
    let sample = Sample::of("ReEncrypt").with("DestinationKeyId", UNKNOWN);
    sample.call(&service, "yaoshi").refused(404, "Forbidden.KeyNotFound");
    let source_only = Service::with_file(&fixture_with(&user("u", &allow("kms:ReEncryptFrom", "*"))));
    is_denied(&sample.call(&source_only, "u"), "kms:ReEncryptTo", &key_arn(UNKNOWN), "ImplicitDeny");
}

#[test]
fn a_key_is_found_only_in_its_own_region_and_account() {
    let service = Service::with_fixture();
    let describe = |access_key: &str, region: &str, key: &str| {
        service.call(access_key, "DescribeKey", &[("RegionId", region), ("KeyId", key)])
    };
    describe("yaoshi", "cn-hangzhou", APP).ok();
    describe("yaoshi", "cn-beijing", APP).refused(404, "Forbidden.KeyNotFound");
    describe("yaoshi", "cn-beijing", "alias/app").refused(404, "Forbidden.AliasNotFound");
    // The other account has a key of its own, and neither sees the other's.
    let foreign = "202b9877-5a25-46e3-a763-e20791b50008";
    describe("other", "cn-hangzhou", foreign).ok();
    describe("yaoshi", "cn-hangzhou", foreign).refused(404, "Forbidden.KeyNotFound");
    describe("other", "cn-hangzhou", APP).refused(404, "Forbidden.KeyNotFound");
}

/// Until key policies exist nobody is let into another account, whether the key is there or not.
#[test]
fn another_accounts_arn_is_refused_even_to_root() {
    let service = Service::with_fixture();
    for relative in ["key/202b9877-5a25-46e3-a763-e20791b50008", "key/none", "alias/none"] {
        let arn = format!("acs:kms:cn-hangzhou:{OTHER_ACCOUNT}:{relative}");
        let refused = Sample::of("Encrypt").with("KeyId", &arn).call(&service, "yaoshi");
        let refused = refused.refused(403, "Forbidden.NoPermission");
        assert_eq!(refused.message(), format!("This operation for {arn} is forbidden by permission system."));
        assert_eq!(refused.json()["AccessDeniedDetail"]["AuthPrincipalType"], "Account");
        assert_eq!(refused.json()["AccessDeniedDetail"]["AuthPrincipalDisplayName"], ACCOUNT);
    }
}

/// Each row breaks everything from its own stage on; the answer is that of the earliest stage.
#[test]
fn the_order_of_checks() {
    let service = Service::with_fixture();
    let disabled = "202b9877-5a25-46e3-a763-e20791b50003";
    for (access_key, parameters, status, code) in [
        ("unknown", vec![("KeyId", "none")], 404, "InvalidAccessKeyId.NotFound"),
        ("nobody", vec![("KeyId", "none")], 400, "MissingParameter"),
        ("nobody", vec![("KeyId", "none"), ("Plaintext", PLAINTEXT)], 403, "Forbidden.NoPermission"),
        ("nobody", vec![("KeyId", disabled), ("Plaintext", PLAINTEXT)], 403, "Forbidden.NoPermission"),
        ("yaoshi", vec![("KeyId", "none"), ("Plaintext", PLAINTEXT)], 404, "Forbidden.KeyNotFound"),
        ("yaoshi", vec![("KeyId", disabled), ("Plaintext", PLAINTEXT)], 409, "Rejected.Disabled"),
    ] {
        service.call(access_key, "Encrypt", &parameters).refused(status, code);
    }
    // A taken alias is told only to who may make it; a blob that does not open, only to who may decrypt.
    let taken = Sample::of("CreateAlias").with("AliasName", "alias/app");
    taken.call(&service, "nobody").refused(403, "Forbidden.NoPermission");
    taken.call(&service, "yaoshi").refused(400, "AliasAlreadyExists");
    let other_context = Sample::of("Decrypt").with("EncryptionContext", r#"{"a":"b"}"#);
    other_context.call(&service, "nobody").refused(403, "Forbidden.NoPermission");
    other_context.call(&service, "yaoshi").refused(400, "InvalidParameter");
}

/// Conditions, on what the connection shows (127.0.0.1, no TLS, the clock, the key's tags) or the file sets.
#[test]
fn conditions_end_to_end() {
    const LATER: &str = "2026-12-01T00:00:00Z";
    for (condition, context, now, key, may) in [
        (r#""IpAddress":{"acs:SourceIp":"203.0.113.0/24"}"#, None, None, APP, false),
        (r#""IpAddress":{"acs:SourceIp":"127.0.0.1"}"#, None, None, APP, true),
        (r#""IpAddress":{"acs:SourceIp":"203.0.113.0/24"}"#, Some(("acs:SourceIp", "203.0.113.7")), None, APP, true),
        (r#""NotIpAddress":{"acs:SourceIp":"127.0.0.0/8"}"#, None, None, APP, false),
        (r#""NotIpAddress":{"acs:SourceIp":"127.0.0.0/8"}"#, Some(("acs:SourceIp", "2001:db8::1")), None, APP, true),
        (r#""StringEquals":{"kms:tag/env":"dev"}"#, None, None, APP, true),
        (r#""StringEquals":{"kms:tag/env":"prod"}"#, None, None, APP, false),
        (r#""StringEqualsIgnoreCase":{"kms:tag/env":["prod","DEV"]}"#, None, None, APP, true),
        (r#""StringEquals":{"kms:tag/env":"dev"}"#, None, None, SM4, false),
        (r#""StringNotEquals":{"kms:tag/env":"dev"}"#, None, None, SM4, true),
        (r#""DateLessThan":{"acs:CurrentTime":"2026-11-30T00:00:00Z"}"#, None, None, APP, true),
        (r#""DateLessThan":{"acs:CurrentTime":"2026-11-30T00:00:00Z"}"#, None, Some(LATER), APP, false),
        (r#""DateGreaterThan":{"acs:CurrentTime":"2026-11-30T00:00:00+08:00"}"#, None, Some(LATER), APP, true),
        (r#""Bool":{"acs:SecureTransport":"true"}"#, None, None, APP, false),
        (r#""Bool":{"acs:SecureTransport":"false"}"#, None, None, APP, true),
        (r#""Bool":{"acs:SecureTransport":"true"}"#, Some(("acs:SecureTransport", "true")), None, APP, true),
        // Absent from a call signed with an AccessKey, whatever the value asked for.
        (r#""Bool":{"acs:MFAPresent":"false"}"#, None, None, APP, false),
        (r#""Bool":{"acs:MFAPresent":"true"}"#, Some(("acs:MFAPresent", "true")), None, APP, true),
        (r#""StringLike":{"acs:PrincipalARN":"acs:ram:*:*:user/u"}"#, None, None, APP, true),
        (r#""StringEquals":{"acs:SourceVpc":"vpc-1"}"#, Some(("acs:SourceVpc", "vpc-1")), None, APP, true),
        (r#""StringEquals":{"acs:SourceVpc":"vpc-1"}"#, None, None, APP, false),
    ] {
        let statement =
            format!(r#"{{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*","Condition":{{{condition}}}}}"#);
        let context: Vec<_> = context.into_iter().collect();
        let service = Service::with_file(&fixture_with(&user_in_context("u", &statement, &context)));
        if let Some(now) = now {
            service.turn_clock_to(now.parse().unwrap());
        }
        let reply = Sample::of("Encrypt").with("KeyId", key).call(&service, "u");
        let expected = if may { (200, "OK") } else { (403, "Forbidden.NoPermission") };
        assert_eq!((reply.status, reply.outcome().as_str()), expected, "{condition} {context:?} {now:?} {key}");
    }
}

#[test]
fn the_fixtures_reader_reads_and_decrypts_from_its_address() {
    let service = Service::with_fixture();
    Sample::of("Decrypt").call(&service, "reader").ok();
    Sample::of("DescribeKey").call(&service, "reader").ok();
    is_denied(&Sample::of("Encrypt").call(&service, "reader"), "kms:Encrypt", &key_arn(APP), "ImplicitDeny");
}

/// The published policies: every built action by a user who has that policy alone.
/// Columns: `AliyunKMSFullAccess`, `…ReadOnlyAccess`, `…CryptoUserAccess`, `…CryptoAdminAccess`, `…SecretUserAccess`,
/// `…SecretAdminAccess`, `AdministratorAccess`, `AliyunSTSAssumeRoleAccess`. Source: alibaba-ram §2.
#[test]
fn what_the_system_policies_allow() {
    const POLICIES: [&str; 8] = [
        "AliyunKMSFullAccess",
        "AliyunKMSReadOnlyAccess",
        "AliyunKMSCryptoUserAccess",
        "AliyunKMSCryptoAdminAccess",
        "AliyunKMSSecretUserAccess",
        "AliyunKMSSecretAdminAccess",
        "AdministratorAccess",
        "AliyunSTSAssumeRoleAccess",
    ];
    const ROWS: [(&str, &str); 46] = [
        ("CreateKey", "x..x..x."),
        ("DescribeKey", "xx.x..x."),
        ("ListKeys", "xx.x..x."),
        ("EnableKey", "x..x..x."),
        ("DisableKey", "x..x..x."),
        ("ScheduleKeyDeletion", "x..x..x."),
        ("CancelKeyDeletion", "x..x..x."),
        ("SetDeletionProtection", "x..x..x."),
        ("UpdateKeyDescription", "x..x..x."),
        ("UpdateRotationPolicy", "x..x..x."),
        ("CreateAlias", "x..x..x."),
        ("UpdateAlias", "x..x..x."),
        ("DeleteAlias", "x..x..x."),
        ("ListAliases", "xx.x..x."),
        ("ListAliasesByKeyId", "xx.x..x."),
        ("CreateKeyVersion", "x..x..x."),
        ("DescribeKeyVersion", "xx.x..x."),
        ("ListKeyVersions", "xx.x..x."),
        ("TagResource", "x..x..x."),
        ("UntagResource", "x..x..x."),
        ("ListResourceTags", "xx.x..x."),
        ("TagResources", "x..x..x."),
        ("UntagResources", "x..x..x."),
        ("ListTagResources", "xx.x..x."),
        ("Encrypt", "x.xx..x."),
        ("Decrypt", "x.xx..x."),
        ("ReEncrypt", "x..x..x."), // CryptoUser has no kms:ReEncrypt*
        ("GenerateDataKey", "x.xx..x."),
        ("GenerateDataKeyWithoutPlaintext", "x.xx..x."),
        ("GenerateAndExportDataKey", "x..x..x."),
        ("ExportDataKey", "x..x..x."),
        ("GetManagedDataKey", "x.....x."),
        ("ListManagedDataKeyVersions", "xx....x."),
        ("AsymmetricSign", "x.xx..x."),
        ("AsymmetricVerify", "x.xx..x."),
        ("AsymmetricEncrypt", "x.xx..x."),
        ("AsymmetricDecrypt", "x.xx..x."),
        ("GetPublicKey", "xxxx..x."),
        ("GenerateMac", "x.xx..x."),
        ("VerifyMac", "x.xx..x."),
        ("GetParametersForImport", "x..x..x."),
        ("ImportKeyMaterial", "x..x..x."),
        ("DeleteKeyMaterial", "x..x..x."),
        ("DescribeRegions", "xxxxxxxx"),
        ("DescribeAccountKmsStatus", "xx....x."),
        ("OpenKmsService", "x.....x."),
    ];
    assert_eq!(
        ROWS.map(|(action, _)| action).as_slice(),
        kms::ACTIONS.iter().map(|entry| entry.name).collect::<Vec<_>>()
    );
    let block = |(at, policy): (usize, &&str)| {
        format!(
            "[[account.user]]\nname = \"u{at}\"\naccess_keys = [{{ id = \"u{at}\", secret = \"u{at}-secret\" }}]\n\
             policies = [{policy:?}]\n"
        )
    };
    let blocks: Vec<_> = POLICIES.iter().enumerate().map(block).collect();
    let file = fixture_with(&blocks.concat());
    for (action, expected) in ROWS {
        let may = |at: usize| match Sample::of(action).call(&Service::with_file(&file), &format!("u{at}")) {
            reply if reply.status == 403 => {
                reply.refused(403, "Forbidden.NoPermission");
                '.'
            }
            reply => {
                done(action, reply);
                'x'
            }
        };
        assert_eq!((0..POLICIES.len()).map(may).collect::<String>(), expected, "{action}");
    }
}

/// The address is the connection's, in whatever form it comes; no header says otherwise.
#[test]
fn the_address_is_that_of_the_connection() {
    let condition = r#"{"IpAddress":{"acs:SourceIp":"203.0.113.0/24"}}"#;
    let statement = format!(r#"{{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*","Condition":{condition}}}"#);
    let service = Service::with_file(&fixture_with(&user("u", &statement)));
    for (peer, may) in [
        ("203.0.113.7", true),
        ("::ffff:203.0.113.7", true),
        ("203.0.114.7", false),
        ("127.0.0.1", false),
        ("2001:db8::1", false),
    ] {
        let mut draft = Draft::new(Signing::V3, "ListKeys", &[]).by("u");
        draft.headers.extend(["x-forwarded-for", "x-real-ip"].map(|name| (name, "203.0.113.7".to_owned())));
        let request = Request { peer: peer.parse().unwrap(), ..from_loopback(draft.sign().to_http()) };
        let reply = Reply::from(service.front.answer(request));
        assert_eq!(reply.status, if may { 200 } else { 403 }, "{peer}: {}", reply.text);
    }
}
