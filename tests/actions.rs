//! Keys: made, named, described, listed.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use yaoshi::dialect::alibaba::{self, kms};

use crate::support::samples::{APP, MAC, PENDING_DELETION, PLAINTEXT, SIGNER, SM2, SM4, Sample, fixture_with, user};
use crate::support::{ACCOUNT, NOW, Reply, Service};

#[track_caller]
fn names(reply: Reply, parameter: &str) {
    let message = reply.refused(400, "InvalidParameter").message();
    assert_eq!(message, format!("The specified parameter  {parameter}  is not valid."));
}

fn metadata(reply: &Reply) -> Value {
    reply.json()["KeyMetadata"].clone()
}

/// What each action takes for a key: id and key ARN always, an alias and its ARN only where documented.
/// Source: alibaba-errors §1.7.
#[test]
fn forms_of_a_key_id() {
    const ROWS: [(&str, &str, bool); 36] = [
        ("DescribeKey", "KeyId", true),
        ("Encrypt", "KeyId", true),
        ("GenerateDataKey", "KeyId", true),
        ("GenerateDataKeyWithoutPlaintext", "KeyId", true),
        ("ReEncrypt", "DestinationKeyId", true),
        ("AsymmetricSign", "KeyId", true),
        ("AsymmetricVerify", "KeyId", true),
        ("AsymmetricEncrypt", "KeyId", true),
        ("AsymmetricDecrypt", "KeyId", true),
        ("GetPublicKey", "KeyId", true),
        ("GenerateMac", "KeyId", true), // docstring of SDK 3.3.1, as the next
        ("VerifyMac", "KeyId", true),
        ("GenerateAndExportDataKey", "KeyId", true), // metadata of June 2024
        ("EnableKey", "KeyId", false),
        ("DisableKey", "KeyId", false),
        ("ScheduleKeyDeletion", "KeyId", false),
        ("CancelKeyDeletion", "KeyId", false),
        ("CreateAlias", "KeyId", false),
        ("GetParametersForImport", "KeyId", false),
        ("ImportKeyMaterial", "KeyId", false),
        ("DeleteKeyMaterial", "KeyId", false),
        ("CreateKeyVersion", "KeyId", true),
        ("DescribeKeyVersion", "KeyId", true),
        ("ListKeyVersions", "KeyId", true),
        ("TagResource", "KeyId", true), // metadata of June 2024
        ("UntagResource", "KeyId", false),
        ("ListResourceTags", "KeyId", false),
        ("UpdateAlias", "KeyId", false),
        ("UpdateKeyDescription", "KeyId", false),
        ("UpdateRotationPolicy", "KeyId", false),
        ("ListAliasesByKeyId", "KeyId", false),
        ("SetDeletionProtection", "KeyId", false),
        // Choices: the ids of things, which an alias is not.
        ("SetDeletionProtection", "ProtectedResourceArn", false),
        ("TagResources", "ResourceId.1", false),
        ("UntagResources", "ResourceId.1", false),
        ("ListTagResources", "ResourceId.1", false),
    ];
    let names_key = |name: &str| ["KeyId", "DestinationKeyId", "ProtectedResourceArn", "ResourceId"].contains(&name);
    assert_eq!(
        ROWS.len(),
        kms::ACTIONS.iter().flat_map(alibaba::Entry::parameters).filter(|name| names_key(name)).count()
    );
    for (action, name, alias_allowed) in ROWS {
        let sample = Sample::of(action);
        let key = sample.key();
        let arn = |relative: &str| format!("acs:kms:cn-hangzhou:{ACCOUNT}:{relative}");
        let sample = Sample::of(action).without("ProtectedResourceArn");
        let call = |value: &str| sample.clone().with(name, value).call(&Service::with_fixture(), "yaoshi");
        call(&arn(&format!("key/{key}"))).ok();
        if name == "ProtectedResourceArn" {
            names(call(key), name);
        } else {
            call(key).ok();
        }
        // Another region's and another account's, whether they are there or not.
        let elsewhere = "acs:kms:ap-southeast-1:1234567890123456:key/202b9877-5a25-46e3-a763-e20791b50007";
        assert_eq!(call(elsewhere).status, 404, "{action}");
        let foreign = "acs:kms:cn-hangzhou:6543210987654321:key/202b9877-5a25-46e3-a763-e20791b50008";
        call(foreign).refused(403, "Forbidden.NoPermission");
        let alias = match key {
            SIGNER => "alias/signer",
            SM2 => "alias/sm2",
            MAC => "alias/mac",
            _ => "alias/app",
        };
        for alias in [alias.to_owned(), arn(alias)] {
            let reply = call(&alias);
            if name == "ProtectedResourceArn" && !alias.starts_with("acs:") {
                names(reply, name);
            } else if alias_allowed {
                let reply = reply.ok();
                let answered = reply.json();
                let id = match action {
                    "TagResource" => continue, // answers nothing
                    "DescribeKey" => &answered["KeyMetadata"]["KeyId"],
                    "CreateKeyVersion" | "DescribeKeyVersion" => &answered["KeyVersion"]["KeyId"],
                    "ListKeyVersions" => &answered["KeyVersions"]["KeyVersion"][0]["KeyId"],
                    _ => &answered["KeyId"],
                };
                assert_eq!(id, key, "{action} answers the key's id");
            } else {
                assert_eq!(reply.refused(400, "Unsupported.Alias").message(), "Alias is not valid for this api.");
            }
        }
        let parameter = name.trim_end_matches(".1");
        for malformed in [arn("key"), "acs:oss:cn-hangzhou:1:key/k".to_owned(), "acs:".to_owned()] {
            names(call(&malformed), parameter);
        }
        if name == "ProtectedResourceArn" {
            call(&arn("secret/app")).refused(400, "UnsupportedOperation");
        } else {
            names(call(&arn("secret/app")), parameter);
        }
    }
}

#[test]
fn a_key_made_of_nothing_has_the_documented_defaults() {
    let service = Service::with_fixture();
    let made = metadata(&service.call("yaoshi", "CreateKey", &[]).ok());
    let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{name}: {made}")).to_owned();
    let (id, version) = (text("KeyId"), text("PrimaryKeyVersion"));
    for id in [&id, &version] {
        assert_eq!(uuid::Uuid::parse_str(id).unwrap().hyphenated().to_string(), *id, "a lower-case UUID");
    }
    assert_eq!(
        made,
        json!({
            "KeyId": id,
            "Arn": format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{id}"),
            "Creator": ACCOUNT,
            "CreationDate": NOW,
            "Description": "",
            "KeySpec": "Aliyun_AES_256",
            "KeyUsage": "ENCRYPT/DECRYPT",
            "KeyState": "Enabled",
            "Origin": "Aliyun_KMS",
            "ProtectionLevel": "SOFTWARE",
            "PrimaryKeyVersion": version,
            "LastRotationDate": NOW,
            "DeleteDate": "",
            "MaterialExpireTime": "",
            "AutomaticRotation": "Disabled",
        })
    );
}

/// Each row: what is asked, and which members of KeyMetadata it sets. `null`: absent.
#[test]
fn what_create_key_is_told_is_read_back() {
    let longest = "ü".repeat(8192);
    let year = json!({
        "AutomaticRotation": "Enabled", "RotationInterval": "31536000s", "NextRotationDate": "2027-11-22T07:00:00Z"
    });
    let rows: &[(&[(&str, &str)], Value)] = &[
        (&[("KeySpec", "Aliyun_AES_256")], json!({ "KeySpec": "Aliyun_AES_256" })),
        (&[("KeySpec", "Aliyun_SM4")], json!({ "KeySpec": "Aliyun_SM4" })),
        (&[("KeyUsage", "ENCRYPT/DECRYPT")], json!({ "KeyUsage": "ENCRYPT/DECRYPT" })),
        (&[("Origin", "Aliyun_KMS")], json!({ "Origin": "Aliyun_KMS", "KeyState": "Enabled" })),
        (
            &[("Origin", "EXTERNAL")],
            json!({ "Origin": "EXTERNAL", "KeyState": "PendingImport", "PrimaryKeyVersion": null }),
        ),
        (&[("ProtectionLevel", "SOFTWARE")], json!({ "ProtectionLevel": "SOFTWARE" })),
        (&[("ProtectionLevel", "HSM")], json!({ "ProtectionLevel": "HSM" })),
        (&[("Description", "<&\"\u{1}ü钥")], json!({ "Description": "<&\"\u{1}ü钥" })),
        (&[("Description", &longest)], json!({ "Description": longest })),
        (&[("EnableAutomaticRotation", "true"), ("RotationInterval", "365d")], year.clone()),
        (&[("EnableAutomaticRotation", "True"), ("RotationInterval", "31536000s")], year),
        (
            &[("EnableAutomaticRotation", "true"), ("RotationInterval", "7d")],
            json!({ "RotationInterval": "604800s", "NextRotationDate": "2026-11-29T07:00:00Z" }),
        ),
        (
            &[("EnableAutomaticRotation", "true"), ("RotationInterval", "730d")],
            json!({ "RotationInterval": "63072000s" }),
        ),
        // Without automatic rotation the interval is ignored.
        (
            &[("EnableAutomaticRotation", "false"), ("RotationInterval", "30d")],
            json!({ "AutomaticRotation": "Disabled", "RotationInterval": null, "NextRotationDate": null }),
        ),
        (&[("RotationInterval", "30d")], json!({ "AutomaticRotation": "Disabled", "RotationInterval": null })),
        // Counts only for keys in instances.
        (&[("KeyStorageMechanism", "x")], json!({ "KeyState": "Enabled" })),
    ];
    for (parameters, expected) in rows {
        let service = Service::with_fixture();
        let made = metadata(&service.call("yaoshi", "CreateKey", parameters).ok());
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(made.get(name).unwrap_or(&Value::Null), value, "{parameters:?}: {name}");
        }
        let mut described =
            metadata(&service.call("yaoshi", "DescribeKey", &[("KeyId", made["KeyId"].as_str().unwrap())]));
        let protection = described.as_object_mut().unwrap().remove("DeletionProtection");
        assert_eq!(protection, Some("Disabled".into()), "DescribeKey tells this too");
        assert_eq!(described, made, "{parameters:?}");
    }
}

/// Sources: alibaba-errors §§1.2 and 5.2; the choice of codes for values out of bounds is InvalidParameter throughout.
#[test]
fn what_create_key_refuses() {
    const TOO_LONG: &str = "The specified parameter  Description  is not valid.";
    let too_long = "x".repeat(8193);
    let invalid = |name: &str| format!("The specified parameter  {name}  is not valid.");
    let level = || "This protection level is not valid for this region".to_owned();
    let mut rows = vec![
        (vec![("KeySpec", "AES_256")], 400, "InvalidParameter", invalid("KeySpec")),
        (vec![("KeySpec", "aliyun_aes_256")], 400, "InvalidParameter", invalid("KeySpec")),
        (vec![("KeyUsage", "SIGN/VERIFY")], 400, "InvalidParameter", invalid("KeyUsage")),
        (vec![("KeyUsage", "encrypt/decrypt")], 400, "InvalidParameter", invalid("KeyUsage")),
        (vec![("Origin", "external")], 400, "InvalidParameter", invalid("Origin")),
        (vec![("ProtectionLevel", "hsm")], 400, "Unsupported.ProtectionLevel", level()),
        (vec![("ProtectionLevel", "Software")], 400, "Unsupported.ProtectionLevel", level()),
        (vec![("Description", too_long.as_str())], 400, "InvalidParameter", TOO_LONG.to_owned()),
        (
            vec![("DKMSInstanceId", "kst-bjj62d8f5e0sgtx8h****")],
            403,
            "Forbidden.DKMSInstanceNotFound",
            "The specified DKMS Instance is not found.".to_owned(),
        ),
        (
            vec![("Policy", "{}")],
            400,
            "Forbidden.KeyPolicyUnSupported",
            "The specified key does not support key policy.".to_owned(),
        ),
        (
            vec![("EnableAutomaticRotation", "true")],
            400,
            "MissingParameter",
            "The parameter  RotationInterval  needed but no provided.".to_owned(),
        ),
        (
            vec![("EnableAutomaticRotation", "true"), ("RotationInterval", "7d"), ("Origin", "EXTERNAL")],
            400,
            "InvalidParameter",
            invalid("EnableAutomaticRotation"),
        ),
    ];
    for interval in ["6d", "731d", "604799s", "7", "d", "7D", "-7d", "7 d", "1y"] {
        let parameters = vec![("EnableAutomaticRotation", "true"), ("RotationInterval", interval)];
        rows.push((parameters, 400, "InvalidParameter", invalid("RotationInterval")));
    }
    // What keys of a spec cannot be.
    for (spec, name, value) in [
        ("Aliyun_AES_256", "KeyUsage", "SIGN/VERIFY"),
        ("Aliyun_SM4", "KeyUsage", "GENERATE/VERIFY_MAC"),
        ("RSA_2048", "KeyUsage", "GENERATE/VERIFY_MAC"),
        ("EC_P256", "KeyUsage", "ENCRYPT/DECRYPT"),
        ("EC_P256K", "KeyUsage", "ENCRYPT/DECRYPT"),
        ("EC_SM2", "KeyUsage", "GENERATE/VERIFY_MAC"),
        ("HMAC_SHA_256", "KeyUsage", "ENCRYPT/DECRYPT"),
        ("HMAC_SM3", "KeyUsage", "SIGN/VERIFY"),
        ("RSA_2048", "Origin", "EXTERNAL"),
        ("HMAC_SHA_256", "Origin", "EXTERNAL"),
        ("RSA_2048", "EnableAutomaticRotation", "true"),
        ("HMAC_SHA_512", "EnableAutomaticRotation", "true"),
    ] {
        let parameters = vec![("KeySpec", spec), (name, value), ("RotationInterval", "365d")];
        rows.push((parameters, 400, "InvalidParameter", invalid(name)));
    }
    let service = Service::with_fixture();
    let count = || service.call("yaoshi", "ListKeys", &[]).ok().json()["TotalCount"].clone();
    let before = count();
    for (parameters, status, code, message) in rows {
        let refused = service.call("yaoshi", "CreateKey", &parameters).refused(status, code);
        assert_eq!(refused.message(), message, "{parameters:?}");
    }
    assert_eq!(count(), before, "nothing was made");
}

/// Source: alibaba-errors §5.2, key tags.
#[test]
fn tags_of_a_new_key() {
    let service = Service::with_fixture();
    let longest = "k".repeat(128);
    let tags = |count: usize| {
        let tags: Vec<_> = (0..count).map(|n| json!({ "TagKey": format!("k{n}"), "TagValue": "v" })).collect();
        Value::from(tags).to_string()
    };
    let one = |key: &str, value: &str| json!([{ "TagKey": key, "TagValue": value }]).to_string();
    for right in [
        tags(20),
        one(&longest, &longest),
        one("/\\_-.+=:@aZ09", ""),
        one("myaliyun", "acs:aliyun"),
        r#"[{"TagKey":"k"}]"#.to_owned(),
        "[]".to_owned(),
    ] {
        service.call("yaoshi", "CreateKey", &[("Tags", &right)]).ok();
    }
    for wrong in [
        tags(21),
        one(&format!("{longest}k"), "v"),
        one("k", &format!("{longest}k")),
        one("", "v"),
        one("a b", "v"),
        one("k", "a,b"),
        one("ключ", "v"),
        one("aliyun", "v"),
        one("acs:k", "v"),
        r#"[{"TagKey":"k","TagValue":"1"},{"TagKey":"k","TagValue":"2"}]"#.to_owned(),
        r#"[{"TagValue":"v"}]"#.to_owned(),
        r#"[{"TagKey":"k","Color":"v"}]"#.to_owned(),
        r#"{"k":"v"}"#.to_owned(),
        "k=v".to_owned(),
    ] {
        names(service.call("yaoshi", "CreateKey", &[("Tags", &wrong)]), "Tags");
    }
}

#[test]
fn tags_are_seen_by_conditions() {
    let statement =
        r#"{"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"kms:tag/team":"a"}}}"#;
    let service = Service::with_file(&fixture_with(&user("u", statement)));
    for (tags, status) in
        [(r#"[{"TagKey":"team","TagValue":"a"}]"#, 200), (r#"[{"TagKey":"team","TagValue":"b"}]"#, 403)]
    {
        let id = service.call("yaoshi", "CreateKey", &[("Tags", tags)]).ok().text_at("KeyMetadata.KeyId");
        assert_eq!(service.call("u", "Encrypt", &[("KeyId", &id), ("Plaintext", PLAINTEXT)]).status, status, "{tags}");
    }
}

/// (ids of a page, total, page number, page size)
fn page_of_keys(service: &Service, parameters: &[(&str, &str)]) -> (Vec<String>, u64, u64, u64) {
    let reply = service.call("yaoshi", "ListKeys", parameters).ok();
    let json = reply.json();
    let number = |name: &str| json[name].as_u64().unwrap_or_else(|| panic!("{name}: {json}"));
    let keys = json["Keys"]["Key"].as_array().unwrap();
    let ids = keys.iter().map(|key| key["KeyId"].as_str().unwrap().to_owned()).collect();
    (ids, number("TotalCount"), number("PageNumber"), number("PageSize"))
}

#[test]
fn keys_are_listed_page_by_page_in_the_order_of_their_ids() {
    let service = Service::with_fixture();
    let region = ("RegionId", "cn-beijing"); // where the fixture has none
    let mut ids: Vec<_> =
        (0..25).map(|_| service.call("yaoshi", "CreateKey", &[region]).ok().text_at("KeyMetadata.KeyId")).collect();
    ids.sort();
    assert_eq!(page_of_keys(&service, &[region]), (ids[..10].to_vec(), 25, 1, 10), "defaults");
    for (number, size, expected) in [
        ("1", "10", &ids[..10]),
        ("2", "10", &ids[10..20]),
        ("3", "10", &ids[20..]),
        ("4", "10", &[]),
        ("1", "100", &ids[..]),
        ("25", "1", &ids[24..]),
        ("2147483647", "100", &[]),
    ] {
        let parameters = [region, ("PageNumber", number), ("PageSize", size)];
        let (page, total, answered_number, answered_size) = page_of_keys(&service, &parameters);
        assert_eq!((page.as_slice(), total), (expected, 25), "page {number} of {size}");
        assert_eq!((answered_number.to_string().as_str(), answered_size.to_string().as_str()), (number, size));
    }
    let listed = service.call("yaoshi", "ListKeys", &[region, ("PageSize", "1")]).ok();
    let arn = format!("acs:kms:cn-beijing:{ACCOUNT}:key/{}", ids[0]);
    assert_eq!(listed.json()["Keys"]["Key"], json!([{ "KeyId": ids[0], "KeyArn": arn }]));
    for (name, value) in [
        ("PageNumber", "0"),
        ("PageNumber", "2147483648"),
        ("PageNumber", "-1"),
        ("PageSize", "0"),
        ("PageSize", "101"),
    ] {
        names(service.call("yaoshi", "ListKeys", &[(name, value)]), name);
    }
}

/// Source: alibaba-errors §5.2, ListKeys Filters; between properties AND, between values OR.
#[test]
fn keys_are_filtered() {
    const DISABLED: &str = "202b9877-5a25-46e3-a763-e20791b50003";
    const PENDING_IMPORT: &str = "202b9877-5a25-46e3-a763-e20791b50005";
    const UNAVAILABLE: &str = "202b9877-5a25-46e3-a763-e20791b50006";
    const ALL: &[&str] = &[APP, DISABLED, PENDING_DELETION, PENDING_IMPORT, UNAVAILABLE, SIGNER, SM2, MAC, SM4];
    const ENCRYPT: &[&str] = &[APP, DISABLED, PENDING_DELETION, PENDING_IMPORT, UNAVAILABLE, SM2, SM4];
    const AES: &[&str] = &[APP, DISABLED, PENDING_DELETION, PENDING_IMPORT, UNAVAILABLE];
    let service = Service::with_fixture();
    for (filters, expected) in [
        ("", ALL),
        ("[]", ALL),
        (r#"[{"Key":"KeyState","Values":["Enabled"]}]"#, &[APP, SIGNER, SM2, MAC, SM4]),
        (r#"[{"Key":"KeyState","Values":["Disabled","PendingImport"]}]"#, &[DISABLED, PENDING_IMPORT]),
        (r#"[{"Key":"KeyState","Values":["PendingDeletion"]}]"#, &[PENDING_DELETION]),
        (r#"[{"Key":"KeySpec","Values":["Aliyun_AES_256"]}]"#, AES),
        (r#"[{"Key":"KeySpec","Values":["Aliyun_SM4"]},{"Key":"KeyState","Values":["Enabled"]}]"#, &[SM4]),
        (r#"[{"Key":"KeySpec","Values":["Aliyun_SM4"]},{"Key":"KeyState","Values":["Disabled"]}]"#, &[]),
        (r#"[{"Key":"KeyUsage","Values":["ENCRYPT/DECRYPT"]}]"#, ENCRYPT),
        (r#"[{"Key":"KeyUsage","Values":["SIGN/VERIFY"]}]"#, &[SIGNER]),
        (r#"[{"Key":"KeyUsage","Values":["SIGN/VERIFY","GENERATE/VERIFY_MAC"]}]"#, &[SIGNER, MAC]),
        (r#"[{"Key":"KeySpec","Values":["EC_P256","EC_SM2","RSA_2048"]}]"#, &[SIGNER, SM2]),
        (r#"[{"Key":"ProtectionLevel","Values":["HSM"]}]"#, &[SM4]),
        (r#"[{"Key":"CreatorType","Values":["User"]}]"#, ALL),
        (r#"[{"Key":"CreatorType","Values":["Service"]}]"#, &[]),
        (r#"[{"Key":"DKMSInstanceId","Values":["kst-1"]}]"#, &[]),
        (r#"[{"Key":"KeyState","Values":[]}]"#, ALL),
        (r#"[{"Key":"KeyState","Values":["enabled"]}]"#, &[]),
    ] {
        let (ids, total, ..) = page_of_keys(&service, &[("Filters", filters)]);
        assert_eq!(
            (ids, total),
            (expected.iter().map(|id| (*id).to_owned()).collect(), expected.len() as u64),
            "{filters}"
        );
    }
    let values = |count: usize| json!([{ "Key": "KeyState", "Values": vec!["Enabled"; count] }]).to_string();
    let properties = |count: usize| json!(vec![json!({ "Key": "KeyState", "Values": ["Enabled"] }); count]).to_string();
    for filters in [values(10), properties(10)] {
        service.call("yaoshi", "ListKeys", &[("Filters", &filters)]).ok();
    }
    for filters in [
        values(11),
        properties(11),
        "{}".to_owned(),
        "KeyState".to_owned(),
        r#"[{"Key":"Color","Values":["red"]}]"#.to_owned(),
        r#"[{"Key":"KeyState","Values":"Enabled"}]"#.to_owned(),
        r#"[{"Values":["Enabled"]}]"#.to_owned(),
    ] {
        names(service.call("yaoshi", "ListKeys", &[("Filters", &filters)]), "Filters");
    }
}

#[test]
fn regions_are_those_that_have_the_service() {
    let json = Service::with_fixture().call("nobody", "DescribeRegions", &[]).ok().json();
    let regions: Vec<_> =
        json["Regions"]["Region"].as_array().unwrap().iter().map(|region| &region["RegionId"]).collect();
    assert_eq!(regions, alibaba::REGIONS);
    assert!(alibaba::REGIONS.contains(&"cn-hangzhou"));
    assert_eq!(alibaba::REGIONS.iter().collect::<BTreeSet<_>>().len(), alibaba::REGIONS.len(), "none stands twice");
}
