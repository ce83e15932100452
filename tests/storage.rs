//! What every engine of storage promises, as callers see it: the same suite on each.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rstest::rstest;
use tempfile::TempDir;
use yaoshi::call::Limits;
use yaoshi::config::{Data, Options, SandboxFile};
use yaoshi::sandbox::Assembly;
use yaoshi::world::{Chance, ManualClock, World};

use crate::support::samples::{APP, DIGEST, PENDING_DELETION, PLAINTEXT, SM4};
use crate::support::{NOW, Service};

/// A service, and where its keys are kept.
struct Kept {
    service: Service,
    options: Options,
    _folder: TempDir,
}

/// In memory nothing outlives the process: there, the service goes on as it is.
#[derive(Debug, Clone, Copy)]
enum Engine {
    Memory,
    Folder,
    FolderAndRootKeyElsewhere,
}

impl Kept {
    fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = |root_key_file| Data { folder: folder.path().join("data"), root_key_file, reset: false };
        let data = match engine {
            Engine::Memory => None,
            Engine::Folder => Some(data(None)),
            Engine::FolderAndRootKeyElsewhere => {
                let root_key: PathBuf = folder.path().join("root");
                std::fs::write(&root_key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
                Some(data(Some(root_key)))
            }
        };
        let file = SandboxFile::parse("test.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
        let options = Options { file: Some(file), data, limits: Limits::Off, ..Options::default() };
        Self { service: Service::with_options(&options), options, _folder: folder }
    }

    /// End the service and start it again, at the same time of day.
    fn restart(&mut self) {
        if self.options.data.is_some() {
            let now = yaoshi::world::Clock::now(&*self.service.clock);
            drop(std::mem::replace(&mut self.service, Service::with_fixture()));
            self.service = Service::with_options(&self.options);
            self.service.turn_clock_to(now);
        }
    }

    fn call(&self, action: &str, parameters: &[(&str, &str)]) -> crate::support::Reply {
        self.service.call("yaoshi", action, parameters)
    }

    /// Everything that can be told of the keys.
    fn told(&self) -> Vec<String> {
        let without_request_id = |action: &str, parameters: &[(&str, &str)]| {
            let mut json = self.call(action, parameters).json();
            json.as_object_mut().unwrap().remove("RequestId");
            json.to_string()
        };
        let keys = self.call("ListKeys", &[("PageSize", "100")]).ok().json();
        let ids = keys["Keys"]["Key"].as_array().unwrap().iter().map(|key| key["KeyId"].as_str().unwrap().to_owned());
        let of_key = |id: String| {
            let about = |action| without_request_id(action, &[("KeyId", id.as_str())]);
            ["DescribeKey", "ListKeyVersions", "ListAliasesByKeyId", "ListResourceTags"].map(about)
        };
        let mut told: Vec<_> = ids.flat_map(of_key).collect();
        told.push(without_request_id("ListAliases", &[("PageSize", "100")]));
        told
    }
}

#[rstest]
fn what_was_answered_is_there_after_a_restart(
    #[values(Engine::Memory, Engine::Folder, Engine::FolderAndRootKeyElsewhere)] engine: Engine,
) {
    let mut kept = Kept::new(engine);
    let created = kept.call(
        "CreateKey",
        &[
            ("KeySpec", "Aliyun_SM4"),
            ("Description", "ключ \"1\"\n"),
            ("ProtectionLevel", "HSM"),
            ("Tags", r#"[{"TagKey":"a","TagValue":"b"},{"TagKey":"c","TagValue":""}]"#),
            ("EnableAutomaticRotation", "true"),
            ("RotationInterval", "7d"),
        ],
    );
    let key = created.ok().text_at("KeyMetadata.KeyId");
    let imported = kept.call("CreateKey", &[("Origin", "EXTERNAL")]).ok().text_at("KeyMetadata.KeyId");
    kept.call("CreateAlias", &[("KeyId", &key), ("AliasName", "alias/new/one")]).ok();
    kept.call("DeleteAlias", &[("AliasName", "alias/app")]).ok();
    kept.call("UpdateAlias", &[("KeyId", &key), ("AliasName", "alias/disabled")]).ok();
    kept.call("CreateKeyVersion", &[("KeyId", APP)]).ok();
    kept.call(
        "UpdateRotationPolicy",
        &[("KeyId", SM4), ("EnableAutomaticRotation", "true"), ("RotationInterval", "9d")],
    )
    .ok();
    kept.call("UpdateKeyDescription", &[("KeyId", APP), ("Description", "ü")]).ok();
    for key in [APP, SM4] {
        let why = ("DeletionProtectionDescription", if key == APP { "in use" } else { "" });
        kept.call("SetDeletionProtection", &[("KeyId", key), ("EnableDeletionProtection", "true"), why]).ok();
    }
    kept.call(
        "TagResources",
        &[("ResourceType", "key"), ("ResourceId.1", APP), ("ResourceId.2", SM4), ("Tag.1.Key", "team")],
    )
    .ok();
    kept.call("UntagResource", &[("KeyId", APP), ("TagKeys", r#"["env"]"#)]).ok();
    kept.call("DisableKey", &[("KeyId", SM4)]).ok();
    kept.call("ScheduleKeyDeletion", &[("KeyId", &imported), ("PendingWindowInDays", "30")]).ok();
    let blob = |kept: &Kept, key: &str| {
        let sealed = kept.call("Encrypt", &[("KeyId", key), ("Plaintext", PLAINTEXT)]);
        sealed.ok().text_at("CiphertextBlob")
    };
    let blobs = [blob(&kept, &key), blob(&kept, APP)];
    let told = kept.told();
    assert!(told.len() > 8, "{told:?}");
    for _ in 0..2 {
        kept.restart();
        assert_eq!(kept.told(), told);
        for blob in &blobs {
            assert_eq!(kept.call("Decrypt", &[("CiphertextBlob", blob)]).ok().text_at("Plaintext"), PLAINTEXT);
        }
    }
    // A rotation is kept, and so is the version before it.
    kept.service.turn_clock_to(NOW.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(8 * 24));
    let after_rotation = blob(&kept, &key);
    assert_ne!(after_rotation[..48], blobs[0][..48]);
    kept.restart();
    for blob in blobs.iter().chain([&after_rotation]) {
        assert_eq!(kept.call("Decrypt", &[("CiphertextBlob", blob)]).ok().text_at("Plaintext"), PLAINTEXT);
    }
}

/// A key of each kind with what it made: parameters of a call that tells whether it still has the same material.
fn made_by_every_kind(kept: &Kept) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let mut made = Vec::new();
    for (spec, usage, algorithm) in [
        ("RSA_2048", "SIGN/VERIFY", "RSA_PKCS1_SHA_256"),
        ("EC_P256", "SIGN/VERIFY", "ECDSA_SHA_256"),
        ("EC_P256K", "SIGN/VERIFY", "ECDSA_SHA_256"),
        ("EC_SM2", "SIGN/VERIFY", "SM2DSA"),
        ("EC_SM2", "ENCRYPT/DECRYPT", "SM2PKE"),
        ("HMAC_SHA_224", "GENERATE/VERIFY_MAC", "HMAC_SHA_224"),
        ("HMAC_SHA_512", "GENERATE/VERIFY_MAC", "HMAC_SHA_512"),
    ] {
        let created = kept.call("CreateKey", &[("KeySpec", spec), ("KeyUsage", usage)]).ok();
        let mut own = vec![
            ("KeyId", created.text_at("KeyMetadata.KeyId")),
            ("KeyVersionId", created.text_at("KeyMetadata.PrimaryKeyVersion")),
            ("Algorithm", algorithm.to_owned()),
        ];
        let (action, input, output, verification) = match usage {
            "SIGN/VERIFY" => ("AsymmetricSign", ("Digest", DIGEST), ("Value", "Value"), "AsymmetricVerify"),
            "ENCRYPT/DECRYPT" => {
                let output = ("CiphertextBlob", "CiphertextBlob");
                ("AsymmetricEncrypt", ("Plaintext", PLAINTEXT), output, "AsymmetricDecrypt")
            }
            _ => ("GenerateMac", ("Message", PLAINTEXT), ("Mac", "Mac"), "VerifyMac"),
        };
        own.push((input.0, input.1.to_owned()));
        let result = kept.call(action, &borrowed(&own)).ok().text_at(output.0);
        own.push((output.1, result));
        made.push((verification, own));
    }
    made
}

fn borrowed<'p>(parameters: &'p [(&'static str, String)]) -> Vec<(&'static str, &'p str)> {
    parameters.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[rstest]
fn pairs_and_mac_keys_are_the_same_after_a_restart(
    #[values(Engine::Memory, Engine::Folder, Engine::FolderAndRootKeyElsewhere)] engine: Engine,
) {
    let mut kept = Kept::new(engine);
    let made = made_by_every_kind(&kept);
    let told = |kept: &Kept| {
        let told = made.iter().flat_map(|(verification, parameters)| {
            let parameters = borrowed(parameters);
            let has_public_key = !verification.ends_with("Mac");
            let mut replies = vec![kept.call(verification, &parameters).ok()];
            replies.extend(has_public_key.then(|| kept.call("GetPublicKey", &parameters).ok()));
            replies
        });
        let content = |reply: crate::support::Reply| {
            let mut json = reply.json();
            json.as_object_mut().unwrap().remove("RequestId");
            json
        };
        told.map(content).collect::<Vec<_>>()
    };
    let before = told(&kept);
    assert_eq!(before.iter().filter(|reply| reply["Value"] == true).count(), 6);
    assert_eq!(before.iter().filter(|reply| reply["Plaintext"] == PLAINTEXT).count(), 1);
    kept.restart();
    assert_eq!(told(&kept), before);
    // A version that is made later is kept beside the first.
    kept.service.turn_clock_to(NOW.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(8 * 24));
    for (_, parameters) in made.iter().filter(|(verification, _)| *verification != "VerifyMac") {
        kept.call("CreateKeyVersion", &[("KeyId", &parameters[0].1)]).ok();
    }
    kept.restart();
    assert_eq!(told(&kept), before);
}

/// What is kept stays; a file that writes the same material in another form says nothing else.
#[test]
fn a_file_that_gives_other_material_to_a_kept_key_is_told() {
    const MAC_VERSION: &str = "80013\", material = \"AAEC";
    const P256: &str = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
    let folder = tempfile::tempdir().unwrap();
    let start = |fixture: &str| {
        let data = Data { folder: folder.path().join("data"), root_key_file: None, reset: false };
        let file = Some(SandboxFile::parse("test.toml", fixture).unwrap());
        let options = Options { file, data: Some(data), limits: Limits::Off, ..Options::default() };
        let clock = Arc::new(ManualClock::at(NOW.parse().unwrap()));
        let world = World { clock, chance: Arc::new(Chance::system()) };
        Assembly::new(&options, world, &mut |_, _| {}).unwrap().warnings
    };
    let fixture = include_str!("../fixtures/sandbox.toml");
    let other = |material: &str, another: &str| {
        let changed = fixture.replacen(material, another, 1);
        assert_ne!(changed, fixture, "the fixture has changed");
        changed
    };
    assert_eq!(start(fixture), Vec::<String>::new());
    assert_eq!(start(&other(P256, "ya+p2EW6dRZrXCFXZ7HWk05Qw9s26JsSe4piKxIPZyE=")), Vec::<String>::new());
    for (changed, key) in [
        (other(P256, &P256.replace("C9AF", "C9AE")), "202b9877-5a25-46e3-a763-e20791b50011"),
        (other(MAC_VERSION, &MAC_VERSION.replace("AAEC", "AAED")), "202b9877-5a25-46e3-a763-e20791b50013"),
        (other("MDECAQEEIDlFII97", "MDECAQEEIDlFII98"), "202b9877-5a25-46e3-a763-e20791b50012"),
    ] {
        let expected =
            format!("key {key:?} in cn-hangzhou is kept as it is stored; the file says otherwise of: versions");
        assert_eq!(start(&changed), [expected]);
    }
    assert_eq!(start(fixture), Vec::<String>::new());
}

#[rstest]
fn what_was_refused_or_tried_leaves_no_trace(#[values(Engine::Memory, Engine::Folder)] engine: Engine) {
    let mut kept = Kept::new(engine);
    let told = kept.told();
    kept.call("EnableKey", &[("KeyId", PENDING_DELETION)]).refused(409, "Rejected.StateModifiedFailed");
    kept.call("CreateAlias", &[("KeyId", SM4), ("AliasName", "alias/app")]).refused(400, "AliasAlreadyExists");
    kept.call("CreateKey", &[("Origin", "elsewhere")]).refused(400, "InvalidParameter");
    let dry = [("KeyId", APP), ("Plaintext", PLAINTEXT), ("DryRun", "true")];
    kept.call("Encrypt", &dry).refused(400, "DryRunOperationError");
    kept.restart();
    assert_eq!(kept.told(), told);
}

#[rstest]
fn a_key_whose_time_has_come_is_gone_for_good(#[values(Engine::Memory, Engine::Folder)] engine: Engine) {
    let mut kept = Kept::new(engine);
    let key = kept.call("CreateKey", &[]).ok().text_at("KeyMetadata.KeyId");
    kept.call("CreateAlias", &[("KeyId", &key), ("AliasName", "alias/free-again")]).ok();
    kept.call("ScheduleKeyDeletion", &[("KeyId", &key), ("PendingWindowInDays", "7")]).ok();
    kept.service.turn_clock_to(NOW.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(7 * 24));
    kept.restart();
    kept.call("DescribeKey", &[("KeyId", &key)]).refused(404, "Forbidden.KeyNotFound");
    kept.call("CreateAlias", &[("KeyId", APP), ("AliasName", "alias/free-again")]).ok();
    // The write before this erased the key: turning the clock back does not bring it back.
    kept.service.turn_clock_to(NOW.parse().unwrap());
    kept.restart();
    kept.call("DescribeKey", &[("KeyId", &key)]).refused(404, "Forbidden.KeyNotFound");
    assert_eq!(kept.call("DescribeKey", &[("KeyId", "alias/free-again")]).ok().text_at("KeyMetadata.KeyId"), APP);
}

/// A change to the keys.
#[derive(Debug, Clone)]
enum Step {
    Create(bool),
    Alias(usize, u8),
    Unalias(u8),
    Disable(usize),
    Enable(usize),
    Delete(usize),
    Keep(usize),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<bool>().prop_map(Step::Create),
        3 => (any::<usize>(), 0_u8..6).prop_map(|(key, name)| Step::Alias(key, name)),
        1 => (0_u8..6).prop_map(Step::Unalias),
        1 => any::<usize>().prop_map(Step::Disable),
        1 => any::<usize>().prop_map(Step::Enable),
        1 => any::<usize>().prop_map(Step::Delete),
        1 => any::<usize>().prop_map(Step::Keep),
        2 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 64, ..ProptestConfig::default() })]

    /// Whatever is called and whenever it is restarted, a folder tells what memory tells.
    #[test]
    fn a_folder_behaves_as_memory_does(steps in prop::collection::vec(step(), 1..25)) {
        let (mut folder, mut memory) = (Kept::new(Engine::Folder), Kept::new(Engine::Memory));
        let mut keys = [vec![APP.to_owned()], vec![APP.to_owned()]];
        for step in steps {
            let outcomes = [&mut folder, &mut memory].into_iter().zip(&mut keys).map(|(kept, keys)| {
                let key = |at: usize| keys[at % keys.len()].clone();
                let name = |name: u8| format!("alias/{name}");
                let (action, parameters) = match &step {
                    Step::Restart => {
                        kept.restart();
                        return "restarted".to_owned();
                    }
                    Step::Create(sm4) => ("CreateKey", vec![("KeySpec", if *sm4 { "Aliyun_SM4" } else { "Aliyun_AES_256" }.to_owned())]),
                    Step::Alias(at, alias) => ("CreateAlias", vec![("KeyId", key(*at)), ("AliasName", name(*alias))]),
                    Step::Unalias(alias) => ("DeleteAlias", vec![("AliasName", name(*alias))]),
                    Step::Disable(at) => ("DisableKey", vec![("KeyId", key(*at))]),
                    Step::Enable(at) => ("EnableKey", vec![("KeyId", key(*at))]),
                    Step::Delete(at) => ("ScheduleKeyDeletion", vec![("KeyId", key(*at)), ("PendingWindowInDays", "7".to_owned())]),
                    Step::Keep(at) => ("CancelKeyDeletion", vec![("KeyId", key(*at))]),
                };
                let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let reply = kept.call(action, &parameters);
                if action == "CreateKey" {
                    keys.push(reply.text_at("KeyMetadata.KeyId"));
                }
                reply.outcome()
            });
            let outcomes: Vec<_> = outcomes.collect();
            prop_assert_eq!(&outcomes[0], &outcomes[1], "{:?}", step);
        }
        folder.restart();
        // Ids are random: what is told is compared by the order in which keys were made.
        let [folder, memory] = [(folder, &keys[0]), (memory, &keys[1])].map(|(kept, keys)| {
            keys.iter().map(|key| {
                let reply = kept.call("DescribeKey", &[("KeyId", key)]);
                let told = |path: &str| reply.text_at(&format!("KeyMetadata.{path}"));
                ["KeyState", "KeySpec", "DeleteDate", "CreationDate"].map(told)
            }).collect::<Vec<_>>()
        });
        prop_assert_eq!(folder, memory);
    }
}
